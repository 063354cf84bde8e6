//! Keys that the gateway shares with others, and what is signed with them: what the origin is told, what receivers of
//! webhooks are sent, and calls of a site's own server.
//!
//! Refuses short keys, and never shows one: a key is known by its id. Invariant: a key that this made is readable by
//! this user alone.

mod call;
mod granted;
mod message;
mod webhook;

pub use call::{Call, CallError};
pub use granted::{Granted, OriginWord};
pub use message::{LABEL, authority};
pub use webhook::WebhookHeaders;

use std::path::{Path, PathBuf};

use aws_lc_rs::{digest, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::key_file;

/// Bytes of a key that is made here.
const KEY_BYTES: usize = 32;
/// Bytes that a key may have.
const FITTING: std::ops::RangeInclusive<usize> = 24..=128;
/// Bytes of the key's hash that name it.
const ID_BYTES: usize = 8;
/// What Standard Webhooks writes before a key.
const WEBHOOK_MARK: &str = "whsec_";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read or made.
    #[error("{path}: the key can't be read or made; check that the folder is there and writable")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{0}: must hold one key of 24 to 128 bytes in base64; restore it, or remove it to have a new one made")]
    Malformed(PathBuf),
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// A key for HMAC-SHA-256 that a receiver has as well.
#[derive(Clone)]
pub struct SharedKey {
    key: hmac::Key,
    id: String,
}

impl std::fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SharedKey({})", self.id)
    }
}

impl SharedKey {
    /// The key of a file; makes the file with a new key where there is none.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::File { path: path.to_owned(), source };
        let mut bytes = [0; KEY_BYTES];
        rand::fill(&mut bytes).map_err(|_| Error::Random)?;
        let text = key_file::read_or_make(path, &format!("{}\n", STANDARD.encode(bytes))).map_err(failed)?;
        Self::of_text(&text).ok_or_else(|| Error::Malformed(path.to_owned()))
    }

    /// Whether [`Self::open`] would have a key here; makes nothing. `made` is the folder that a start makes.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn check(path: &Path, made: &Path) -> Result<(), Error> {
        let failed = |source| Error::File { path: path.to_owned(), source };
        match std::fs::read_to_string(path) {
            Ok(text) => Self::of_text(&text).map(drop).ok_or_else(|| Error::Malformed(path.to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let is_there = folder == made || folder.is_dir();
                if is_there { Ok(()) } else { Err(failed(error)) }
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        let written = text.trim();
        let bytes = STANDARD.decode(written.strip_prefix(WEBHOOK_MARK).unwrap_or(written)).ok()?;
        FITTING.contains(&bytes.len()).then(|| Self::of_bytes(&bytes))
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, bytes);
        let id = hash.as_ref().iter().take(ID_BYTES).map(|byte| format!("{byte:02x}")).collect();
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, bytes), id }
    }

    /// Sixteen letters that name the key and tell nothing of it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The signature of some bytes, in base64.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> String {
        STANDARD.encode(hmac::sign(&self.key, bytes))
    }

    /// Whether this is the signature of some bytes, in base64.
    #[must_use]
    pub fn has_signed(&self, bytes: &[u8], signature: &str) -> bool {
        STANDARD.decode(signature).is_ok_and(|given| hmac::verify(&self.key, bytes, &given).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_this_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.key");
        let made = SharedKey::open(&path).unwrap();
        let again = SharedKey::open(&path).unwrap();
        assert_eq!((made.id(), made.sign(b"x")), (again.id(), again.sign(b"x")));
        assert_eq!(made.id().len(), 16);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{made:?}").contains(std::fs::read_to_string(&path).unwrap().trim()));
        let missing = folder.path().join("nowhere").join("shop.key");
        assert!(matches!(SharedKey::open(&missing), Err(Error::File { .. })));
    }

    #[test]
    fn a_check_tells_what_a_start_would_and_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (data, path) = (folder.path().join("data"), folder.path().join("shop.key"));
        let check = |path: &Path, fits: bool| assert_eq!(SharedKey::check(path, &data).is_ok(), fits, "{path:?}");
        check(&path, true);
        assert!(!path.exists());
        check(&data.join("origin-shop.key"), true);
        check(&folder.path().join("nowhere").join("shop.key"), false);
        check(folder.path(), false);
        std::fs::write(&path, "no key").unwrap();
        check(&path, false);
        std::fs::write(&path, STANDARD.encode([7; 32])).unwrap();
        check(&path, true);
    }

    #[test]
    fn a_key_file_holds_a_key_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.key");
        let check = |text: &str, fits: bool| {
            std::fs::write(&path, text).unwrap();
            assert_eq!(SharedKey::open(&path).is_ok(), fits, "{text}");
        };
        check(&STANDARD.encode([7; 32]), true);
        check(&format!("whsec_{}\n", STANDARD.encode([7; 24])), true);
        check(&STANDARD.encode([7; 23]), false);
        check(&STANDARD.encode([7; 129]), false);
        check("not a key!", false);
        check("", false);
    }
}
