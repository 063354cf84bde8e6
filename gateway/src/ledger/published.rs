//! The public halves of the keys that receipts and heads are signed with: the one in use, and those that were in use before it. They lie
//! beside the key's file as the set of keys that everybody gets (RFC 7517, 8037), so that a receipt of last year is still checked.
//!
//! It refuses to learn a key from anywhere else: whoever writes the database could otherwise sign. Invariant: what stands in the file stays;
//! the key in use is added to it.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::head::{HeadKey, name_of};
use super::letters::hex;
use super::receipt::Keys;

/// What a file's name has behind the key's.
const BESIDE: &str = ".public.json";

/// A longer file is no set of keys of ours.
const LONGEST: u64 = 64 * 1024;

/// One half.
type Public = [u8; 32];

/// The key in use first, then those of before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published(Vec<Public>);

impl Published {
    /// The key in use, with those of before out of the file beside it; the file is left as it is.
    #[must_use]
    pub fn of(path: &Path, key: &HeadKey) -> Self {
        Self::read(path, key).0
    }

    /// The same, and the key in use is noted in the file, so that it is known when another takes its place.
    #[must_use]
    pub fn noted(path: &Path, key: &HeadKey) -> Self {
        let (all, known) = Self::read(path, key);
        if known == Some(false)
            && let Err(error) = all.write(&beside(path))
        {
            tracing::warn!(
                path = %beside(path).display(),
                %error,
                "the public half of the receipts' key can't be noted: once another key takes its place, receipts of now can't be checked any more"
            );
        }
        all
    }

    /// And whether the key in use stands in the file; None where something else stands there.
    fn read(path: &Path, key: &HeadKey) -> (Self, Option<bool>) {
        let path = beside(path);
        let mut text = Vec::new();
        let read = std::fs::File::open(&path).and_then(|file| file.take(LONGEST).read_to_end(&mut text));
        let earlier = match read {
            Ok(_) => of_set(&text),
            Err(error) if error.kind() == ErrorKind::NotFound => Some(Vec::new()),
            Err(_) => None,
        };
        if earlier.is_none() {
            tracing::warn!(path = %path.display(), "this is no set of public keys, or can't be read: receipts that earlier keys signed can't be checked; put the file back, or move it away");
        }
        let known = earlier.as_ref().map(|earlier| earlier.contains(key.public()));
        let before = earlier.unwrap_or_default().into_iter().filter(|public| public != key.public());
        (Self(std::iter::once(*key.public()).chain(before).collect()), known)
    }

    /// Whole or not at all, since other processes read it.
    fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}", std::process::id()));
        let new = PathBuf::from(name);
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o644).open(&new)?;
        file.write_all(self.json().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    }

    /// As every library of JOSE reads it.
    #[must_use]
    pub fn json(&self) -> String {
        let key = |public: &Public| {
            json!({
                "alg": "EdDSA", "crv": "Ed25519", "kid": hex(&name_of(public)), "kty": "OKP", "use": "sig",
                "x": URL_SAFE_NO_PAD.encode(public),
            })
        };
        format!("{}\n", json!({ "keys": self.0.iter().map(key).collect::<Vec<_>>() }))
    }

    /// To check with.
    #[must_use]
    pub fn keys(&self) -> Keys {
        Keys::of(self.0.iter().copied())
    }
}

/// The file beside a key's.
fn beside(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(BESIDE);
    PathBuf::from(name)
}

/// The Ed25519 keys of a JSON Web Key Set; None where there is none.
#[must_use]
pub fn of_set(text: &[u8]) -> Option<Vec<Public>> {
    let set: Value = serde_json::from_slice(text).ok()?;
    let key = |key: &Value| {
        let is_ours = key.get("crv").and_then(Value::as_str) == Some("Ed25519");
        let x = key.get("x").and_then(Value::as_str).filter(|_| is_ours)?;
        URL_SAFE_NO_PAD.decode(x).ok()?.try_into().ok()
    };
    let keys: Vec<Public> = set.get("keys")?.as_array()?.iter().filter_map(key).collect();
    (!keys.is_empty()).then_some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_another_replaced_stays_published() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipt.key");
        let first = HeadKey::open(&path).unwrap();
        assert_eq!(Published::noted(&path, &first), Published(vec![*first.public()]));
        std::fs::remove_file(&path).unwrap();
        let second = HeadKey::open(&path).unwrap();
        let both = Published::of(&path, &second);
        assert_eq!(both, Published(vec![*second.public(), *first.public()]), "the one in use stands first");
        assert_eq!(Published::noted(&path, &second), both);
        std::fs::remove_file(&path).unwrap();
        let third = HeadKey::open(&path).unwrap();
        assert_eq!(Published::noted(&path, &third).0.len(), 3);
        assert_eq!(Published::noted(&path, &third).0.len(), 3, "none twice");
        let signed = first.head(1, [7; 32], policies::Timestamp(1));
        assert!(Published::of(&path, &third).keys().signed(&signed));
        assert!(!Published(vec![*third.public()]).keys().signed(&signed));
        assert_eq!(of_set(Published::of(&path, &third).json().as_bytes()).unwrap().len(), 3);
    }

    #[test]
    fn a_file_with_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipt.key");
        let key = HeadKey::open(&path).unwrap();
        std::fs::write(beside(&path), "notes of mine").unwrap();
        assert_eq!(Published::noted(&path, &key), Published(vec![*key.public()]));
        assert_eq!(std::fs::read_to_string(beside(&path)).unwrap(), "notes of mine");
    }

    #[test]
    fn keys_of_a_set_are_read_and_others_passed_over() {
        let other = r#"{"keys":[{"crv":"P-256","x":"AA"},{"crv":"Ed25519","x":"AA"}]}"#;
        for text in ["", "{}", "{\"keys\":[]}", other] {
            assert_eq!(of_set(text.as_bytes()), None, "{text}");
        }
    }
}
