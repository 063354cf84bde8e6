//! Names and hosts, and the purpose that each serves. A rule may strip; a label may only name.

#[cfg(feature = "author")]
pub mod catalog;
pub mod cookie;
pub mod pattern;
pub mod shape;
pub mod storage;
pub mod tracker;

pub use cookie::{CookieRule, CookieRules, Lifetime};
pub use pattern::NamePattern;
pub use shape::{LoaderRule, QueryKey, ShapeRule};
pub use storage::{StorageArea, StorageRule, StorageRules};
pub use tracker::{SnippetRule, TrackerRule, TrackerRules};

use alloc::string::String;

use crate::text::Text;
use crate::time::Period;

/// Who receives what a cookie or tracker collects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The company's name.
    pub company: Text,
    /// ISO 3166 alpha-2.
    pub country: String,
    /// Where to write about privacy, or where its policy stands: an e-mail address or a URL.
    pub privacy: String,
    /// What it receives, in words; where none are written, what its cookies and trackers hold says it.
    pub items: Option<Text>,
    /// How long it keeps that, where that is written.
    pub period: Option<Period>,
    /// Why it has it.
    pub relation: Relation,
    /// How its part can be refused, beside the settings page.
    pub how_to_refuse: Option<Text>,
}

/// In which capacity somebody receives data (Personal Information Protection Act, Articles 17 and 26).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It runs the site.
    Operator,
    /// It works for the operator, who answers for it (위탁).
    Processor,
    /// It uses what it is given for ends of its own (제3자 제공).
    ThirdParty,
}

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleSource {
    /// Written in the policy itself.
    Policy,
    /// Taken over from the catalogue by the policy's `[[services]]`: declared to visitors.
    Service(String),
    /// A reviewed row of the catalogue that the policy doesn't name but has a purpose for: enforced, not declared.
    Catalog(String),
}

impl RuleSource {
    /// Whether the policy tells visitors about it.
    #[must_use]
    pub const fn is_declared(&self) -> bool {
        !matches!(self, Self::Catalog(_))
    }
}
