//! Tracker rules, compiled: a URL's host and path in, its rule out. A rule for a host covers its subdomains;
//! of several that match, the one with the longer host, then the longer path, knows better.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::RuleSource;
use super::shape::{LoaderRule, ShapeRule};
use crate::purpose::PurposeIndex;
use crate::text::Text;
use crate::time::Period;

/// What to do with requests to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackerUse {
    /// It serves this purpose: held until that is granted.
    Purpose(PurposeIndex),
    /// Payment, login or a check against robots: never held, whatever else its host serves.
    NeverHold,
}

/// One tracker: a host and its subdomains, and where given the beginning of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackerRule {
    /// ASCII in lower case, without port: punycode where it has other letters.
    pub host: String,
    /// The beginning of the path, with its slash; empty for every path.
    pub path: String,
    /// What it serves.
    pub usage: TrackerUse,
    /// Key of the recipient in the policy.
    pub recipient: String,
    /// What it collects.
    pub what: Text,
    /// How long what is collected is kept there.
    pub lifetime: Option<Period>,
    /// Who says so.
    pub source: RuleSource,
}

/// What can't be avoided in the inline script that a service publishes for pages, where that puts its address together
/// or loads from a host of the site's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnippetRule {
    /// Texts that all stand in it.
    pub texts: Vec<String>,
    /// What it serves.
    pub usage: TrackerUse,
    /// Key of the recipient in the policy.
    pub recipient: String,
}

/// All tracker rules of a policy.
#[derive(Clone, Debug, Default)]
pub struct TrackerRules {
    rules: Vec<TrackerRule>,
    snippets: Vec<SnippetRule>,
    /// Those that say most first.
    shapes: Vec<ShapeRule>,
    /// Those that say most first.
    loaders: Vec<LoaderRule>,
    /// By host; the longest path first.
    by_host: BTreeMap<String, Vec<usize>>,
    /// Recipients whose tags go by Google's consent mode.
    in_consent_mode: BTreeSet<String>,
}

impl TrackerRules {
    /// Compiles rules; of two for the same host and path the first stays, so the policy's own come first.
    #[must_use]
    pub fn new(candidates: impl IntoIterator<Item = TrackerRule>) -> Self {
        let mut compiled = Self::default();
        for rule in candidates {
            let Self { rules, by_host, .. } = &mut compiled;
            let places = by_host.entry(rule.host.clone()).or_default();
            if places.iter().any(|place| rules.get(*place).is_some_and(|known| known.path == rule.path)) {
                continue;
            }
            places.push(rules.len());
            rules.push(rule);
        }
        let Self { rules, by_host, .. } = &mut compiled;
        for places in by_host.values_mut() {
            places.sort_by_key(|place| core::cmp::Reverse(rules.get(*place).map_or(0, |rule| rule.path.len())));
        }
        compiled
    }

    /// The same with snippets; of two with the same texts the first stays.
    #[must_use]
    pub fn with_snippets(mut self, candidates: impl IntoIterator<Item = SnippetRule>) -> Self {
        for rule in candidates {
            if self.snippets.iter().all(|known| known.texts != rule.texts) {
                self.snippets.push(rule);
            }
        }
        self
    }

    /// The same, where the tags of these recipients go by Google's consent mode.
    #[must_use]
    pub fn with_consent_mode(self, recipients: impl IntoIterator<Item = String>) -> Self {
        Self { in_consent_mode: recipients.into_iter().collect(), ..self }
    }

    /// Whether a recipient's tags go by Google's consent mode.
    #[must_use]
    pub fn goes_by_consent_mode(&self, recipient: &str) -> bool {
        self.in_consent_mode.contains(recipient)
    }

    /// The same with shapes; of two that say the same the first stays.
    #[must_use]
    pub fn with_shapes(mut self, candidates: impl IntoIterator<Item = ShapeRule>) -> Self {
        for rule in candidates {
            let says = |known: &ShapeRule| {
                (&known.within, &known.ends, &known.query) == (&rule.within, &rule.ends, &rule.query)
            };
            if !self.shapes.iter().any(says) {
                self.shapes.push(rule);
            }
        }
        self.shapes.sort_by_key(|rule| core::cmp::Reverse(rule.exactness()));
        self
    }

    /// The same with loaders; of two that say the same the first stays.
    #[must_use]
    pub fn with_loaders(mut self, candidates: impl IntoIterator<Item = LoaderRule>) -> Self {
        for rule in candidates {
            if !self.loaders.iter().any(|known| (&known.starts, &known.texts) == (&rule.starts, &rule.texts)) {
                self.loaders.push(rule);
            }
        }
        self.loaders.sort_by_key(|rule| core::cmp::Reverse(rule.texts.len()));
        self
    }

    /// The shape that an address has, whatever its host; most addresses have no query and none.
    #[must_use]
    pub fn shape(&self, path: &str, query: &str) -> Option<&ShapeRule> {
        if query.is_empty() {
            return None;
        }
        self.shapes.iter().find(|rule| rule.matches(path, query))
    }

    /// Every way in which known scripts begin.
    #[must_use]
    pub fn loaders(&self) -> &[LoaderRule] {
        &self.loaders
    }

    /// The snippets that an inline script is or carries.
    pub fn snippets(&self, script: &str) -> impl Iterator<Item = &SnippetRule> {
        self.snippets.iter().filter(move |rule| rule.texts.iter().all(|text| script.contains(text.as_str())))
    }

    /// The rule for a host (lower case, no port) and a path; None for places that nobody speaks of.
    #[must_use]
    pub fn find(&self, host: &str, path: &str) -> Option<&TrackerRule> {
        let host = host.strip_suffix('.').unwrap_or(host);
        let parents = host.match_indices('.').filter_map(|(dot, _)| host.get(dot + 1..));
        core::iter::once(host).chain(parents).find_map(|host| self.at_host(host, path))
    }

    fn at_host(&self, host: &str, path: &str) -> Option<&TrackerRule> {
        let places = self.by_host.get(host)?;
        places.iter().filter_map(|place| self.rules.get(*place)).find(|rule| path.starts_with(rule.path.as_str()))
    }

    /// Who gets something for which purpose.
    pub fn served(&self) -> impl Iterator<Item = (PurposeIndex, &str)> {
        let places = self.rules.iter().map(|rule| (rule.usage, rule.recipient.as_str()));
        let snippets = self.snippets.iter().map(|rule| (rule.usage, rule.recipient.as_str()));
        places.chain(snippets).filter_map(|(usage, recipient)| match usage {
            TrackerUse::Purpose(purpose) => Some((purpose, recipient)),
            TrackerUse::NeverHold => None,
        })
    }

    /// Every host with its rules, the longest path first.
    pub fn by_host(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &TrackerRule>)> {
        self.by_host
            .iter()
            .map(|(host, places)| (host.as_str(), places.iter().filter_map(|place| self.rules.get(*place))))
    }

    /// The rules that visitors are told of, in the policy's order.
    pub fn declared(&self) -> impl Iterator<Item = &TrackerRule> {
        self.rules.iter().filter(|rule| rule.source.is_declared())
    }
}
