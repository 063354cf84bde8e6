//! Patterns over cookie names: the whole name, its beginning or its end. No regular expressions, so that a
//! pattern's reach is plain to whoever reads it. Names are compared byte for byte, as cookies are.

use alloc::string::String;
use core::fmt;

/// Which cookie names are meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NamePattern {
    /// This very name.
    Exact(String),
    /// Every name that begins so.
    Prefix(String),
    /// Every name that ends so.
    Suffix(String),
}

impl NamePattern {
    /// The shortest beginning or end that a policy may name: a shorter one would swallow names that it doesn't mean.
    pub const SHORTEST_PART: usize = 3;

    /// Whether it means this name.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => name == exact.as_bytes(),
            Self::Prefix(prefix) => name.starts_with(prefix.as_bytes()),
            Self::Suffix(suffix) => name.ends_with(suffix.as_bytes()),
        }
    }

    /// Whether both mean some name, as people would write it. A prefix and a suffix could always be put together
    /// into one name, which says nothing, so they don't count as overlapping.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(name), pattern) | (pattern, Self::Exact(name)) => pattern.matches(name.as_bytes()),
            (Self::Prefix(one), Self::Prefix(two)) => one.starts_with(two.as_str()) || two.starts_with(one.as_str()),
            (Self::Suffix(one), Self::Suffix(two)) => one.ends_with(two.as_str()) || two.ends_with(one.as_str()),
            (Self::Prefix(_), Self::Suffix(_)) | (Self::Suffix(_), Self::Prefix(_)) => false,
        }
    }

    /// Whether it means every name that the other means.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (pattern, Self::Exact(name)) => pattern.matches(name.as_bytes()),
            (Self::Prefix(short), Self::Prefix(long)) => long.starts_with(short.as_str()),
            (Self::Suffix(short), Self::Suffix(long)) => long.ends_with(short.as_str()),
            _ => false,
        }
    }

    /// How much of a name it fixes, in bytes: of two that match, the longer knows better.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Exact(text) | Self::Prefix(text) | Self::Suffix(text) => text.len(),
        }
    }

    /// Whether it fixes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::Suffix(suffix) => write!(f, "*{suffix}"),
        }
    }
}
