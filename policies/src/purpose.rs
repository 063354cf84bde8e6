//! Why something is stored. A policy names at most sixteen purposes; within one policy a set of them is bits.

use alloc::string::String;
use core::fmt;

use crate::text::Text;
use crate::time::Date;

/// The most purposes that one policy may name.
pub const MAX_PURPOSES: usize = 16;

/// What kind of purpose it is, whatever the policy calls it: signals and catalogues speak of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// The site can't work without it, or the visitor asked for it: always granted.
    Necessary,
    /// Remembers how the visitor likes the site.
    Preferences,
    /// Counts and studies what visitors do.
    Analytics,
    /// Advertising, profiling, following across sites.
    Marketing,
}

impl Category {
    /// All, from the least to the most intrusive.
    pub const ALL: [Self; 4] = [Self::Necessary, Self::Preferences, Self::Analytics, Self::Marketing];

    /// The word used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Necessary => "necessary",
            Self::Preferences => "preferences",
            Self::Analytics => "analytics",
            Self::Marketing => "marketing",
        }
    }

    /// Reads the word used in files.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }

    /// Whether Global Privacy Control speaks against it (sharing with others, following across sites).
    #[must_use]
    pub const fn refused_by_gpc(self) -> bool {
        matches!(self, Self::Analytics | Self::Marketing)
    }
}

/// The place of a purpose in its policy: 0 to 15, a bit in a [`PurposeSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PurposeIndex(u8);

impl PurposeIndex {
    /// The purpose at this place; None past the sixteenth.
    #[must_use]
    pub const fn new(place: usize) -> Option<Self> {
        if place < MAX_PURPOSES { Some(Self(place as u8)) } else { None }
    }

    /// The place in the policy's list.
    #[must_use]
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// One purpose of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// `[a-z][a-z0-9_]*`, at most 32 bytes, unique within the policy.
    pub id: String,
    /// What kind it is.
    pub category: Category,
    /// What people call it.
    pub name: Text,
    /// One factual sentence.
    pub about: Text,
    /// What refusing it changes for the visitor; None only for what can't be refused.
    pub consequence: Option<Text>,
    /// Since when it means what it means, where its words changed later without it.
    pub meaning_since: Option<Date>,
}

impl Purpose {
    /// Whether the visitor is asked about it.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.category != Category::Necessary
    }
}

/// A set of one policy's purposes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PurposeSet(u16);

impl PurposeSet {
    /// No purpose.
    pub const EMPTY: Self = Self(0);

    /// The set with these bits, as a token carries it.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The bits, as a token carries them.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether the purpose is in the set.
    #[must_use]
    pub const fn contains(self, purpose: PurposeIndex) -> bool {
        self.0 & (1 << purpose.0) != 0
    }

    /// The set with this purpose.
    #[must_use]
    pub const fn with(self, purpose: PurposeIndex) -> Self {
        Self(self.0 | (1 << purpose.0))
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether everything in this is in the other.
    #[must_use]
    pub const fn is_subset_of(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its purposes, by place.
    pub fn iter(self) -> impl Iterator<Item = PurposeIndex> {
        (0..MAX_PURPOSES).filter_map(PurposeIndex::new).filter(move |purpose| self.contains(*purpose))
    }
}

impl FromIterator<PurposeIndex> for PurposeSet {
    fn from_iter<I: IntoIterator<Item = PurposeIndex>>(purposes: I) -> Self {
        purposes.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for PurposeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PurposeSet({:#018b})", self.0)
    }
}
