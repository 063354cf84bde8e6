//! Signed heads of the log: how many leaves it has, and the root over them, by the gateway's own Ed25519 key.
//!
//! It refuses to write over a key that is there. Invariant: what is signed is `TreeHeadDataV2` of RFC 9162 4.9, so that any
//! library that knows the RFC can check it.

use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use policies::Timestamp;

use super::{Hash, sha256};
use crate::key_file;

/// Names a key: the beginning of its public half's SHA-256.
pub type KeyName = [u8; 8];

/// What the log was at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many leaves.
    pub size: u64,
    /// When it was signed.
    pub made: Timestamp,
    /// The root over them.
    pub root: Hash,
    /// Who signed.
    pub key: KeyName,
    /// Ed25519 over [`Self::signed`].
    pub signature: [u8; 64],
}

impl Head {
    /// The bytes that are signed: time in milliseconds, size, root, no extensions (RFC 9162 4.9).
    #[must_use]
    pub fn signed(size: u64, made: Timestamp, root: &Hash) -> Vec<u8> {
        let milliseconds = u64::try_from(made.0).unwrap_or_default().saturating_mul(1_000);
        let mut bytes = Vec::with_capacity(8 + 8 + 1 + 32 + 2);
        bytes.extend(milliseconds.to_be_bytes());
        bytes.extend(size.to_be_bytes());
        bytes.push(32);
        bytes.extend(root);
        bytes.extend([0, 0]);
        bytes
    }

    /// Whether the key with this public half signed it.
    #[must_use]
    pub fn is_signed_by(&self, public: &[u8]) -> bool {
        is_signed(public, &Self::signed(self.size, self.made, &self.root), &self.signature)
    }
}

/// The key that signs heads and receipts.
pub struct HeadKey {
    pair: Ed25519KeyPair,
    public: [u8; 32],
}

/// Why a key file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The system's word.
    #[error("{path} can't be read or made: look at the rights of its folder")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Something else stands in it.
    #[error("{path} holds no key: 32 random bytes in base64 are expected; move the file away and a new key is made")]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The system has no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
}

impl HeadKey {
    /// Opens the key in a file, made if missing, for this user alone.
    ///
    /// # Errors
    /// See [`Unusable`].
    pub fn open(path: &Path) -> Result<Self, Unusable> {
        let failed = |source| Unusable::File { path: path.to_owned(), source };
        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed).map_err(|_| Unusable::NoRandomness)?;
        let text = key_file::read_or_make(path, &format!("{}\n", STANDARD.encode(seed))).map_err(failed)?;
        Self::read(&text).ok_or_else(|| Unusable::NoKey { path: path.to_owned() })
    }

    fn read(text: &str) -> Option<Self> {
        Self::of_seed(&STANDARD.decode(text.trim()).ok()?)
    }

    fn of_seed(seed: &[u8]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public = pair.public_key().as_ref().try_into().ok()?;
        Some(Self { pair, public })
    }

    /// The half that everybody may have.
    #[must_use]
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// What the key is called.
    #[must_use]
    pub fn name(&self) -> KeyName {
        name_of(&self.public)
    }

    /// Signs any bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.iter_mut().zip(self.pair.sign(bytes).as_ref()).for_each(|(to, from)| *to = *from);
        signature
    }

    /// Signs a head.
    #[must_use]
    pub fn head(&self, size: u64, root: Hash, made: Timestamp) -> Head {
        let signature = self.sign(&Head::signed(size, made, &root));
        Head { size, made, root, key: self.name(), signature }
    }
}

/// Whether the key with this public half signed these bytes.
#[must_use]
pub(super) fn is_signed(public: &[u8], bytes: &[u8], signature: &[u8; 64]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(bytes, signature).is_ok()
}

/// The name of the key with this public half.
#[must_use]
pub fn name_of(public: &[u8]) -> KeyName {
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[public]);
    [a, b, c, d, e, f, g, h]
}

/// Nothing of the key.
impl std::fmt::Debug for HeadKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeadKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_known_by_the_public_half_and_by_every_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipt.key");
        let key = HeadKey::open(&path).unwrap();
        let head = key.head(7, [9; 32], Timestamp(1_790_000_000));
        assert!(head.is_signed_by(key.public()) && head.key == key.name());
        for changed in [
            Head { size: 8, ..head },
            Head { made: Timestamp(1_790_000_001), ..head },
            Head { root: [8; 32], ..head },
            Head { signature: [0; 64], ..head },
        ] {
            assert!(!changed.is_signed_by(key.public()));
        }
        assert_eq!(HeadKey::open(&path).unwrap().public(), key.public(), "a key that is there stays");
        let other = HeadKey::open(&folder.path().join("other.key")).unwrap();
        assert!(!head.is_signed_by(other.public()) && other.name() != key.name());
        assert!(!format!("{key:?}").contains(&STANDARD.encode(key.public())));
    }

    #[test]
    fn a_file_with_something_else_is_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipt.key");
        for text in ["", "AAAA", "no key at all", &STANDARD.encode([1; 33])] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(HeadKey::open(&path), Err(Unusable::NoKey { .. })), "{text}");
        }
        assert!(matches!(HeadKey::open(folder.path()), Err(Unusable::File { .. })));
    }
}
