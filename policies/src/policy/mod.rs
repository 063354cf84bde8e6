//! What a site tells its visitors, in one version, valid by construction: whoever holds a [`Policy`] needn't
//! check it. With the feature `author` it is compiled from a file by [`compile`], or every [`Fault`] is told.

#[cfg(feature = "author")]
pub mod check;
#[cfg(feature = "author")]
mod compile;
mod covered;
#[cfg(feature = "author")]
pub mod diff;
#[cfg(all(test, feature = "author"))]
mod documents_tests;
mod fault;
#[cfg(feature = "author")]
mod file;
#[cfg(feature = "author")]
pub mod history;
#[cfg(all(test, feature = "author"))]
mod history_tests;
#[cfg(feature = "author")]
mod lint;
mod regime;
mod retention;
#[cfg(feature = "author")]
pub mod scope;
#[cfg(all(test, feature = "author"))]
pub(crate) mod tests;
#[cfg(feature = "author")]
pub mod texts;
#[cfg(feature = "author")]
pub mod wording;

#[cfg(feature = "author")]
pub use compile::compile;
pub use covered::{Carried, Covered};
pub use fault::Fault;
#[cfg(feature = "author")]
pub(crate) use file::{read_lifetime, read_pattern};
pub use regime::Regime;
pub use retention::{FileWord, Handling, Notice, RecordClass, Redress, RefusalMode, Retention, RetentionBasis, Right};

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::purpose::{Category, Purpose, PurposeIndex, PurposeSet};
use crate::rules::{CookieRules, Recipient, StorageRules, TrackerRules};
use crate::text::Text;
use crate::time::Date;

/// Which text a choice was made under: the first eight bytes of the SHA-256 of the policy file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyVersion(pub [u8; 8]);

impl PolicyVersion {
    /// Reads what its `Display` writes: sixteen hexadecimal digits in small letters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let fits = text.len() == 16 && text.bytes().all(is_digit);
        let number = fits.then(|| u64::from_str_radix(text, 16).ok()).flatten()?;
        Some(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for PolicyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PolicyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolicyVersion({self})")
    }
}

/// The part of the policy that the banner shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieSection {
    /// Its heading.
    pub title: Text,
    /// Its paragraphs, at least one.
    pub paragraphs: Vec<Text>,
    /// The ways to refuse that it promises.
    pub refusal_modes: Vec<RefusalMode>,
}

/// Whom to write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The office, never a person.
    pub role: Text,
    /// An e-mail address or URL.
    pub address: String,
    /// The office's phone number, where it is told.
    pub phone: Option<String>,
}

/// One version of a site's policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Which text this is.
    pub version: PolicyVersion,
    /// What the site is called.
    pub service: Text,
    /// Who runs it.
    pub operator: Text,
    /// When this version was told, if it says so.
    pub announced: Option<Date>,
    /// From when it holds.
    pub effective: Date,
    /// Why it was revised, if it says so.
    pub reason: Option<Text>,
    /// The operator's country, ISO 3166 alpha-2: whose law holds, and from where "abroad" is counted.
    pub home: String,
    /// Keys whose value the published text doesn't give.
    pub assumed: Vec<String>,
    /// How the site asks, unless the site's configuration says otherwise.
    pub regime: Regime,
    /// Rights that it names.
    pub rights: Vec<Right>,
    /// Whom to write to.
    pub contact: Contact,
    /// How early changes are told.
    pub notice: Notice,
    /// What the banner shows.
    pub section: CookieSection,
    /// At most sixteen; the first is `necessary`.
    pub purposes: Vec<Purpose>,
    /// By key.
    pub recipients: BTreeMap<String, Recipient>,
    /// What it says of cookies, and what the catalogue adds.
    pub cookies: CookieRules,
    /// What it says of what scripts keep beside cookies, and what the catalogue adds.
    pub storage: StorageRules,
    /// What it says of trackers, and what the catalogue adds.
    pub trackers: TrackerRules,
    /// How long records are kept.
    pub retention: Vec<Retention>,
    /// What choices under earlier versions still cover, the newest first; empty without a history.
    pub earlier: Vec<Covered>,
    /// What becomes of people's data, in words.
    pub handling: Handling,
    /// Who helps where somebody's rights were hurt.
    pub redress: Vec<Redress>,
}

impl Policy {
    /// The purposes with their places.
    pub fn indexed(&self) -> impl Iterator<Item = (PurposeIndex, &Purpose)> {
        self.purposes.iter().enumerate().filter_map(|(place, purpose)| Some((PurposeIndex::new(place)?, purpose)))
    }

    /// Every purpose.
    #[must_use]
    pub fn all(&self) -> PurposeSet {
        self.indexed().map(|(index, _)| index).collect()
    }

    /// What needs no grant.
    #[must_use]
    pub fn always(&self) -> PurposeSet {
        self.of_categories(|category| category == Category::Necessary)
    }

    /// What visitors are asked about.
    #[must_use]
    pub fn optional(&self) -> PurposeSet {
        self.all().without(self.always())
    }

    /// The purposes of some categories.
    #[must_use]
    pub fn of_categories(&self, wanted: impl Fn(Category) -> bool) -> PurposeSet {
        self.indexed().filter(|(_, purpose)| wanted(purpose.category)).map(|(index, _)| index).collect()
    }

    /// The purpose at a place; None for a place this policy hasn't.
    #[must_use]
    pub fn purpose(&self, index: PurposeIndex) -> Option<&Purpose> {
        self.purposes.get(index.place())
    }

    /// The place of a purpose by its id.
    #[must_use]
    pub fn index_of(&self, id: &str) -> Option<PurposeIndex> {
        self.indexed().find(|(_, purpose)| purpose.id == id).map(|(index, _)| index)
    }

    /// Whether what this recipient is given leaves the operator's country. Of one whose country isn't known ("ZZ": software
    /// that a site runs itself) nothing is said.
    #[must_use]
    pub fn goes_abroad(&self, recipient: &Recipient) -> bool {
        recipient.country != self.home && recipient.country != "ZZ"
    }

    /// The ids of a set, in the policy's order.
    #[must_use]
    pub fn ids(&self, set: PurposeSet) -> Vec<&str> {
        self.indexed().filter(|(index, _)| set.contains(*index)).map(|(_, purpose)| purpose.id.as_str()).collect()
    }
}
