//! Cookie rules, compiled: a name in, its rule out. An exact name wins over a pattern, a longer pattern over a
//! shorter one, and what the policy itself says over what the catalogue adds.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::{NamePattern, RuleSource};
use crate::purpose::PurposeIndex;
use crate::text::Text;
use crate::time::Period;

/// How long a cookie is declared to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until the browser closes.
    Session,
    /// At most so long.
    Period(Period),
}

/// One cookie, or one family of cookies, of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieRule {
    /// Which names.
    pub pattern: NamePattern,
    /// Why it is stored.
    pub purpose: PurposeIndex,
    /// Key of the recipient in the policy.
    pub recipient: String,
    /// What it holds.
    pub what: Text,
    /// How long it is declared to last.
    pub lifetime: Lifetime,
    /// Set by the visitor's own act: listed and refusable, but not held back until an answer.
    pub on_request: bool,
    /// Why a name that is known for analytics or marketing is necessary here.
    pub despite_catalog: Option<Text>,
    /// Who says so.
    pub source: RuleSource,
}

/// All cookie rules of a policy.
#[derive(Clone, Debug, Default)]
pub struct CookieRules {
    rules: Vec<CookieRule>,
    exact: BTreeMap<String, usize>,
    /// Prefix and suffix rules, the longest first.
    families: Vec<usize>,
    /// Of these, those that can mean a name by its first byte; other names can only be meant by their end.
    by_first: BTreeMap<u8, Vec<usize>>,
    by_end: Vec<usize>,
}

impl CookieRules {
    /// Compiles rules; of two with the same pattern the first stays, so the policy's own come first.
    #[must_use]
    pub fn new(candidates: impl IntoIterator<Item = CookieRule>) -> Self {
        let mut compiled = Self::default();
        for rule in candidates {
            let place = compiled.rules.len();
            match &rule.pattern {
                NamePattern::Exact(name) if compiled.exact.contains_key(name) => continue,
                NamePattern::Exact(name) => drop(compiled.exact.insert(name.clone(), place)),
                NamePattern::Prefix(_) | NamePattern::Suffix(_) => {
                    if compiled
                        .families
                        .iter()
                        .any(|known| compiled.rules.get(*known).is_some_and(|known| known.pattern == rule.pattern))
                    {
                        continue;
                    }
                    compiled.families.push(place);
                }
            }
            compiled.rules.push(rule);
        }
        let Self { rules, families, .. } = &mut compiled;
        families.sort_by_key(|place| {
            let rule = rules.get(*place);
            (
                rule.is_some_and(|rule| !rule.source.is_declared()),
                core::cmp::Reverse(rule.map_or(0, |rule| rule.pattern.len())),
            )
        });
        compiled.index();
        compiled
    }

    fn index(&mut self) {
        let first = |place: &usize| match &self.rules.get(*place)?.pattern {
            NamePattern::Prefix(prefix) => prefix.bytes().next(),
            NamePattern::Exact(_) | NamePattern::Suffix(_) => None,
        };
        let firsts: Vec<(usize, Option<u8>)> = self.families.iter().map(|place| (*place, first(place))).collect();
        let meant = |byte: Option<u8>| {
            let stays = move |(_, first): &&(usize, Option<u8>)| first.is_none() || *first == byte;
            firsts.iter().filter(stays).map(|(place, _)| *place).collect::<Vec<_>>()
        };
        self.by_first =
            firsts.iter().filter_map(|(_, first)| Some((first.as_ref().copied()?, meant(*first)))).collect();
        self.by_end = meant(None);
    }

    /// The rule for a name as a server would read it; None is an unknown name.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<&CookieRule> {
        let exact = core::str::from_utf8(name)
            .ok()
            .and_then(|name| self.exact.get(name))
            .and_then(|place| self.rules.get(*place));
        // A reviewed catalogue row, though exact, does not outrank what the policy itself declares.
        match exact {
            Some(rule) if rule.source.is_declared() => Some(rule),
            _ => self.family(name).filter(|family| exact.is_none() || family.source.is_declared()).or(exact),
        }
    }

    fn family(&self, name: &[u8]) -> Option<&CookieRule> {
        let meant = name.first().and_then(|first| self.by_first.get(first)).unwrap_or(&self.by_end);
        meant.iter().filter_map(|place| self.rules.get(*place)).find(|rule| rule.pattern.matches(name))
    }

    /// The rules by whole name, each where no other rule knows that name better.
    pub fn exact(&self) -> impl Iterator<Item = (&str, &CookieRule)> {
        let named = self.exact.iter().filter_map(|(name, place)| Some((name.as_str(), self.rules.get(*place)?)));
        named.filter(|(name, rule)| self.find(name.as_bytes()).is_some_and(|found| found.pattern == rule.pattern))
    }

    /// The rules by beginning or end, in the order in which they are tried where [`Self::exact`] has nothing.
    pub fn families(&self) -> impl Iterator<Item = &CookieRule> {
        self.families.iter().filter_map(|place| self.rules.get(*place))
    }

    /// The rules that visitors are told of, in the policy's order.
    pub fn declared(&self) -> impl Iterator<Item = &CookieRule> {
        self.rules.iter().filter(|rule| rule.source.is_declared())
    }

    /// Every rule, the policy's own first.
    pub fn iter(&self) -> impl Iterator<Item = &CookieRule> {
        self.rules.iter()
    }
}
