//! Cookie rules, compiled: a name in, its rule out. An exact name wins over a pattern, a longer pattern over a
//! shorter one, and what the policy itself says over what the catalogue adds.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
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

/// Lists of rules that could mean a name: a request asks for some thirty names, a policy knows some hundreds.
const LISTS: usize = 256;

/// The list of a whole name: by its length and three of its bytes.
fn whole(name: &[u8]) -> usize {
    let byte = |at: usize| name.get(at).copied().map_or(0, usize::from);
    let last = byte(name.len().saturating_sub(1));
    (name.len() * 31 + byte(0) * 7 + byte(name.len() / 2) * 131 + last * 17) % LISTS
}

/// The list of what starts with the same three bytes; None for shorter names.
fn start(name: &[u8]) -> Option<usize> {
    let [one, two, three] = *name.first_chunk::<3>()?;
    Some((usize::from(one) * 7 + usize::from(two) * 31 + usize::from(three) * 131) % LISTS)
}

/// All cookie rules of a policy.
#[derive(Clone, Debug, Default)]
pub struct CookieRules {
    rules: Vec<CookieRule>,
    exact: BTreeMap<String, usize>,
    /// Prefix and suffix rules, the longest first.
    families: Vec<usize>,
    /// Whole names in lists by [`whole`].
    by_whole: Vec<Vec<usize>>,
    /// Families, in their order, in lists by [`start`]: those that could mean a name that starts so.
    by_start: Vec<Vec<usize>>,
    /// Families that could mean a name too short to have a start.
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
        let pattern = |place: usize| self.rules.get(place).map(|rule| &rule.pattern);
        let mut by_whole = vec![Vec::new(); LISTS];
        for (name, place) in &self.exact {
            if let Some(list) = by_whole.get_mut(whole(name.as_bytes())) {
                list.push(*place);
            }
        }
        let starts = |place: usize| match pattern(place) {
            Some(NamePattern::Prefix(prefix)) => start(prefix.as_bytes()),
            _ => None,
        };
        let starts: Vec<(usize, Option<usize>)> = self.families.iter().map(|place| (*place, starts(*place))).collect();
        let could_mean = |list: Option<usize>| {
            let meant = starts.iter().filter(|(_, start)| start.is_none() || *start == list);
            meant.map(|(place, _)| *place).collect::<Vec<_>>()
        };
        self.by_start = (0..LISTS).map(|list| could_mean(Some(list))).collect();
        self.by_end = could_mean(None);
        self.by_whole = by_whole;
    }

    /// The rule for a name as a server would read it; None is an unknown name.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<&CookieRule> {
        let same = |rule: &&CookieRule| matches!(&rule.pattern, NamePattern::Exact(exact) if exact.as_bytes() == name);
        let list = self.by_whole.get(whole(name)).map_or(&[][..], Vec::as_slice);
        let exact = list.iter().filter_map(|place| self.rules.get(*place)).find(same);
        // A reviewed catalogue row, though exact, does not outrank what the policy itself declares.
        match exact {
            Some(rule) if rule.source.is_declared() => Some(rule),
            _ => self.family(name).filter(|family| exact.is_none() || family.source.is_declared()).or(exact),
        }
    }

    fn family(&self, name: &[u8]) -> Option<&CookieRule> {
        let meant = start(name).and_then(|list| self.by_start.get(list)).unwrap_or(&self.by_end);
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

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned;

    use proptest::prelude::*;

    use super::*;

    fn rule(kind: u8, text: &str, source: RuleSource) -> CookieRule {
        let pattern = match kind {
            0 => NamePattern::Exact(text.to_owned()),
            1 => NamePattern::Prefix(text.to_owned()),
            _ => NamePattern::Suffix(text.to_owned()),
        };
        CookieRule {
            pattern,
            purpose: PurposeIndex::new(1).expect("a purpose"),
            recipient: String::new(),
            what: Text::new(String::new(), String::new()),
            lifetime: Lifetime::Session,
            on_request: false,
            despite_catalog: None,
            source,
        }
    }

    proptest! {
        #[test]
        fn a_name_has_the_rule_that_a_look_at_every_rule_finds(
            written in proptest::collection::vec((0..3_u8, "[ab_]{1,5}"), 0..40),
            names in proptest::collection::vec("[ab_]{0,7}", 1..40),
        ) {
            let rules = CookieRules::new(written.iter().map(|(kind, text)| rule(*kind, text, RuleSource::Policy)));
            for name in names {
                let exact = rules.rules.iter().find(|rule| rule.pattern == NamePattern::Exact(name.clone()));
                let mut families = rules.families.iter().filter_map(|place| rules.rules.get(*place));
                let expect = exact.or_else(|| families.find(|rule| rule.pattern.matches(name.as_bytes())));
                prop_assert_eq!(rules.find(name.as_bytes()), expect, "{}", name);
            }
        }
    }
}
