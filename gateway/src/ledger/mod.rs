//! The evidence as it is proved: entries of one form, whatever they are of, as leaves of an append-only log (RFC 9162) whose heads are
//! signed.
//!
//! It refuses to know where anything is kept: it hashes, signs and checks. Invariant: an entry's leaf commits to its contents through a
//! random salt, so that a leaf alone tells nothing of what was destroyed.

pub mod access;
pub mod document;
pub mod facts;
mod head;
mod kantara;
pub mod letters;
pub mod merkle;
mod published;
pub mod receipt;
pub mod step;
mod strict;

pub use head::{Head, HeadKey, KeyName, Unusable, name_of};
pub use kantara::kantara;
pub use published::{Published, of_set};

use aws_lc_rs::digest::{Context, SHA256};
use policies::Timestamp;

/// SHA-256.
pub type Hash = [u8; 32];

/// Names an entry: random.
pub type EntryId = [u8; 16];

/// Bytes of a leaf's salt.
pub const SALT_BYTES: usize = 32;

/// What an entry is evidence of. Each class is kept as long as the policy's table says for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryClass {
    /// A visitor's choice.
    Consent,
    /// What became of a request: entered, answered, refused.
    Request,
    /// Who of the staff looked at what, and why.
    Access,
    /// What was destroyed, and when.
    Destruction,
    /// A configuration that came into force.
    Configuration,
}

impl EntryClass {
    /// All.
    pub const ALL: [Self; 5] = [Self::Consent, Self::Request, Self::Access, Self::Destruction, Self::Configuration];

    /// The word it is stored under.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Request => "request",
            Self::Access => "access",
            Self::Destruction => "destruction",
            Self::Configuration => "configuration",
        }
    }

    /// The class of a word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// One piece of evidence. It is never changed; what must go is destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub id: EntryId,
    /// The site's name in the configuration.
    pub site: String,
    /// What it is of.
    pub class: EntryClass,
    /// Whose: the visitor's random number, or the request that it belongs to.
    pub subject: Option<[u8; 16]>,
    /// When.
    pub made: Timestamp,
    /// When it stops to hold by itself; None where that isn't known, or it is about a moment.
    pub ends: Option<Timestamp>,
    /// Canonical JSON (RFC 8785).
    pub contents: Vec<u8>,
}

/// That a leaf stands in the log, at one of its heads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Which leaf, from 0.
    pub place: u64,
    /// The hashes beside its way to the root, from the leaf up.
    pub path: Vec<Hash>,
    /// The head whose root it leads to.
    pub head: Head,
}

/// An entry with what shows that it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The entry.
    pub entry: Entry,
    /// What its leaf was salted with.
    pub salt: [u8; SALT_BYTES],
    /// None until the log has given it a place.
    pub proof: Option<Proof>,
}

impl Proof {
    /// Whether these contents stand in the log under the head. Whether the head is anybody's, [`Head::is_signed_by`] says.
    #[must_use]
    pub fn holds(&self, salt: &[u8; SALT_BYTES], contents: &[u8]) -> bool {
        merkle::verify_inclusion(self.place, self.head.size, leaf(salt, contents), &self.path, self.head.root)
    }
}

/// The leaf of an entry: the hash (RFC 9162 2.1.1) of a commitment to its contents.
#[must_use]
pub fn leaf(salt: &[u8; SALT_BYTES], contents: &[u8]) -> Hash {
    merkle::leaf_hash(&sha256(&[salt, contents]))
}

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut hash = [0; 32];
    hash.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    hash
}
