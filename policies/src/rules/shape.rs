//! What gives a service away on any host: the shape of its addresses (path and query), and how its script begins. Sites
//! forward both from paths of their own, where no rule for a host could know them.
//!
//! Refuses regular expressions and bare paths: a shape always names keys of the query, so that its reach is plain to
//! whoever reads it. Invariant: whether a shape matches doesn't hang on the order of the query's pairs.

use alloc::string::String;
use alloc::vec::Vec;

use super::NamePattern;
use super::tracker::TrackerUse;

/// A key of a query, and what its value may be. Both are compared percent-decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryKey {
    name: String,
    /// Empty: any value.
    values: Vec<NamePattern>,
}

/// How a service's requests look on any host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeRule {
    /// Stands somewhere in the path; empty: in every path.
    pub within: String,
    /// Ends the path; empty: every path.
    pub ends: String,
    /// What its query has, all of it.
    pub query: Vec<QueryKey>,
    /// What it serves.
    pub usage: TrackerUse,
    /// Key of the recipient in the policy.
    pub recipient: String,
}

/// How a service's script begins, wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoaderRule {
    /// Its first characters, blanks aside.
    pub starts: String,
    /// Texts that all follow within its first 4 kB.
    pub texts: Vec<String>,
    /// What it serves.
    pub usage: TrackerUse,
    /// Key of the recipient in the policy.
    pub recipient: String,
}

impl QueryKey {
    /// Reads `key`, `key=value`, `key=beginning*`, or several of the latter parted by `|`.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        let (name, values) = written.split_once('=').map_or((written, None), |(name, values)| (name, Some(values)));
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*');
        let value = |text: &str| match text.strip_suffix('*') {
            Some(beginning) => plain(beginning).then(|| NamePattern::Prefix(beginning.into())),
            None => plain(text).then(|| NamePattern::Exact(text.into())),
        };
        let values = values.map(|values| values.split('|').map(value).collect::<Option<Vec<_>>>());
        match values {
            Some(None) => None,
            _ if !plain(name) => None,
            Some(Some(values)) => Some(Self { name: name.into(), values }),
            None => Some(Self { name: name.into(), values: Vec::new() }),
        }
    }

    /// Whether the value of this key is fixed, in whole or in its beginning.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        !self.values.is_empty()
    }

    fn is_in(&self, query: &str) -> bool {
        query.split('&').any(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            decoded(name).eq(self.name.bytes())
                && (self.values.is_empty() || self.values.iter().any(|pattern| fits(pattern, value)))
        })
    }
}

impl ShapeRule {
    /// Whether an address has this shape. `query` is what stands behind the question mark.
    #[must_use]
    pub fn matches(&self, path: &str, query: &str) -> bool {
        path.ends_with(self.ends.as_str())
            && path.contains(self.within.as_str())
            && self.query.iter().all(|key| key.is_in(query))
    }

    /// Of two shapes that match, the one that says more knows better.
    pub(super) fn exactness(&self) -> (usize, usize) {
        (self.query.len(), self.within.len() + self.ends.len())
    }
}

impl LoaderRule {
    /// Whether a script with this beginning is the service's.
    #[must_use]
    pub fn matches(&self, head: &str) -> bool {
        bare(head)
            .strip_prefix(self.starts.as_str())
            .is_some_and(|rest| self.texts.iter().all(|text| rest.contains(text.as_str())))
    }

    /// Whether a script that begins so may turn out to be the service's.
    #[must_use]
    pub fn may_match(&self, head: &str) -> bool {
        let head = bare(head);
        head.starts_with(self.starts.as_str()) || self.starts.starts_with(head)
    }
}

/// A script's text from its first sign on.
fn bare(script: &str) -> &str {
    script.trim_start_matches(|sign: char| sign == '\u{feff}' || sign.is_whitespace())
}

fn fits(pattern: &NamePattern, value: &str) -> bool {
    let mut bytes = decoded(value);
    match pattern {
        NamePattern::Exact(exact) => bytes.eq(exact.bytes()),
        NamePattern::Prefix(beginning) => beginning.bytes().all(|byte| bytes.next() == Some(byte)),
        NamePattern::Suffix(_) => false,
    }
}

/// The bytes that a piece of a query stands for (WHATWG URL, `application/x-www-form-urlencoded`).
fn decoded(text: &str) -> impl Iterator<Item = u8> {
    let mut rest = text.as_bytes();
    core::iter::from_fn(move || {
        let (first, after) = rest.split_first()?;
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let code = digit(0).zip(digit(1)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        let (byte, after) = match (*first, code) {
            (b'%', Some(code)) => (code, after.get(2..).unwrap_or_default()),
            (b'+', _) => (b' ', after),
            (byte, _) => (byte, after),
        };
        rest = after;
        Some(byte)
    })
}

#[cfg(all(test, feature = "author"))]
#[path = "shape_tests.rs"]
mod tests;
