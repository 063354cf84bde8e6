//! Rules for what scripts keep in a browser beside cookies: keys of local and session storage, databases. A name in an
//! area in, its rule out. An exact name wins over a pattern, a longer pattern over a shorter one, and what the policy itself
//! says over what the catalogue adds.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::{Lifetime, NamePattern, RuleSource};
use crate::purpose::PurposeIndex;
use crate::text::Text;

/// Where scripts keep something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StorageArea {
    /// `localStorage`: keys that stay.
    Local,
    /// `sessionStorage`: keys that end with the tab.
    Session,
    /// `IndexedDB`: databases, by name.
    IndexedDb,
}

impl StorageArea {
    /// Every area.
    pub const ALL: [Self; 3] = [Self::Local, Self::Session, Self::IndexedDb];

    /// The word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Session => "session",
            Self::IndexedDb => "indexeddb",
        }
    }

    /// What browsers call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "localStorage",
            Self::Session => "sessionStorage",
            Self::IndexedDb => "IndexedDB",
        }
    }
}

#[cfg(feature = "author")]
impl crate::policy::FileWord for StorageArea {
    const WORDS: &'static [(&'static str, Self)] =
        &[("local", Self::Local), ("session", Self::Session), ("indexeddb", Self::IndexedDb)];
}

/// One key, one family of keys, or databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageRule {
    /// Where.
    pub area: StorageArea,
    /// Which names.
    pub pattern: NamePattern,
    /// Why it is stored.
    pub purpose: PurposeIndex,
    /// Key of the recipient in the policy.
    pub recipient: String,
    /// What it holds.
    pub what: Text,
    /// How long it is declared to stay.
    pub lifetime: Lifetime,
    /// Who says so.
    pub source: RuleSource,
}

/// All storage rules of a policy, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub struct StorageRules {
    rules: Vec<StorageRule>,
}

impl StorageRules {
    /// Compiles rules; of two for the same names the first stays, so the policy's own come first.
    #[must_use]
    pub fn new(candidates: impl IntoIterator<Item = StorageRule>) -> Self {
        let mut rules: Vec<StorageRule> = Vec::new();
        for rule in candidates {
            let known = |known: &StorageRule| known.area == rule.area && known.pattern == rule.pattern;
            // A catalogue's exact name doesn't outrank a family that the policy itself declares.
            let told = |known: &StorageRule| {
                let NamePattern::Exact(name) = &rule.pattern else { return false };
                let family = !matches!(known.pattern, NamePattern::Exact(_)) && known.source.is_declared();
                family && known.area == rule.area && known.pattern.matches(name.as_bytes())
            };
            if !rules.iter().any(known) && (rule.source.is_declared() || !rules.iter().any(told)) {
                rules.push(rule);
            }
        }
        rules.sort_by_key(|rule| {
            let family = !matches!(rule.pattern, NamePattern::Exact(_));
            (
                family,
                family && !rule.source.is_declared(),
                if family { Reverse(rule.pattern.len()) } else { Reverse(0) },
            )
        });
        Self { rules }
    }

    /// The rule for a name in an area; None is an unknown one.
    #[must_use]
    pub fn find(&self, area: StorageArea, name: &str) -> Option<&StorageRule> {
        self.of(area).find(|rule| rule.pattern.matches(name.as_bytes()))
    }

    /// Every rule.
    pub fn iter(&self) -> impl Iterator<Item = &StorageRule> {
        self.rules.iter()
    }

    /// The rules of one area, exact names first.
    pub fn of(&self, area: StorageArea) -> impl Iterator<Item = &StorageRule> {
        self.rules.iter().filter(move |rule| rule.area == area)
    }

    /// The rules that visitors are told of.
    pub fn declared(&self) -> impl Iterator<Item = &StorageRule> {
        self.rules.iter().filter(|rule| rule.source.is_declared())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(pattern: NamePattern, what: &str, source: RuleSource) -> StorageRule {
        let text = Text::new(what.into(), what.into());
        let purpose = PurposeIndex::new(1).expect("a place");
        let area = StorageArea::Local;
        StorageRule { area, pattern, purpose, recipient: what.into(), what: text, lifetime: Lifetime::Session, source }
    }

    #[test]
    fn the_most_exact_of_the_policy_s_own_words_counts() {
        let exact = |name: &str| NamePattern::Exact(name.into());
        let prefix = |name: &str| NamePattern::Prefix(name.into());
        let of_catalog = || RuleSource::Catalog("vendor".into());
        let rules = StorageRules::new([
            rule(prefix("app_"), "own family", RuleSource::Policy),
            rule(exact("app_theme"), "own key", RuleSource::Policy),
            rule(exact("app_id"), "known key", of_catalog()),
            rule(prefix("app_id_"), "known family", of_catalog()),
            rule(exact("app_theme"), "known theme", of_catalog()),
            rule(exact("vendor"), "known", of_catalog()),
        ]);
        let check = |name: &str, expect: Option<&str>| {
            let found = rules.find(StorageArea::Local, name).map(|rule| rule.recipient.as_str());
            assert_eq!(found, expect, "{name}");
        };
        check("app_theme", Some("own key"));
        check("app_id", Some("own family"));
        check("app_id_7", Some("own family"));
        check("vendor", Some("known"));
        check("else", None);
        assert_eq!(rules.find(StorageArea::Session, "vendor"), None);
        assert_eq!(rules.declared().count(), 2);
    }
}
