//! What changes from one version of a policy to the next, by meaning: purposes, cookies, recipients, periods, rights, contacts.
//! Each change is ordinary or matters to visitors' rights, and says why.
//!
//! Refuses to compare spelling: white space, order and comments change nothing. Invariants: a policy doesn't differ from itself;
//! what appears in one direction appears mirrored in the other; where a purpose outgrows what visitors agreed to, something is material.

mod facts;
mod kept;
mod mail;
mod render;
#[cfg(test)]
mod tests;
mod weigh;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

pub use mail::mail;
pub use render::{json, text};

use self::facts::{Fact, FactKey, Measure};
use self::weigh::Context;
use super::Policy;
use crate::policy::scope::reads_alike;
use crate::text::Text;

/// What a change is about, in the order in which changes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Who runs the site, and what it is called.
    Operator,
    /// How it asks.
    Regime,
    /// A purpose.
    Purpose,
    /// A catalogued service.
    Service,
    /// A cookie, or a family of them.
    Cookie,
    /// A key of browser storage, or a database.
    Storage,
    /// A tracker.
    Tracker,
    /// Who receives data.
    Recipient,
    /// A row of the retention table.
    Retention,
    /// A right of visitors.
    Right,
    /// A way to refuse.
    Refusal,
    /// How early changes are told.
    Notice,
    /// Whom to ask.
    Contact,
    /// What becomes of data, in words.
    Handling,
    /// A body that helps.
    Redress,
    /// The cookie section's words.
    Section,
}

/// Which way something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It wasn't there before.
    Added,
    /// It isn't there any more.
    Removed,
    /// More of it: longer, more intrusive, less asked.
    Wider,
    /// Less of it.
    Narrower,
    /// Something else stands there.
    Changed,
}

/// How much a change matters to visitors' rights, and so how early it has to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// It leaves visitors' rights as they are.
    Ordinary,
    /// It changes them in what matters.
    Material,
}

/// One change, as a row of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is about.
    pub subject: Subject,
    /// Which way it went.
    pub kind: Kind,
    /// Its name among the changes, the same in both directions, such as `cookie:_ga:lifetime`.
    pub key: String,
    /// What it is about, in words: `Cookie _ga: lifetime`.
    pub what: Text,
    /// What stood there; None where it is new.
    pub before: Option<Text>,
    /// What stands there; None where it is gone.
    pub after: Option<Text>,
    /// How much it matters.
    pub weight: Weight,
    /// Why, in a sentence.
    pub reason: Text,
}

/// Everything that changes from one version to another, by subject.
#[must_use]
pub fn diff(old: &Policy, new: &Policy) -> Vec<Change> {
    let context = Context::new(old, new);
    let (before, after) = (facts::of(old), facts::of(new));
    let partial = half_there(&before, &after);
    let keys: BTreeSet<&FactKey> = before.keys().chain(after.keys()).collect();
    let told = keys.into_iter().filter(|key| key.field.is_empty() || !partial.contains(&(key.subject, &key.id)));
    told.filter_map(|key| {
        let (before, after) = (before.get(key), after.get(key));
        let kind = kind_of(before, after)?;
        let (weight, reason) = context.weigh(key, kind, before, after);
        let what = before.or(after)?.what.clone();
        let said = |fact: Option<&Fact>, other: Option<&Fact>| fact.map(|fact| own_lines(&fact.said, other));
        let (before, after) = (said(before, after), said(after, before));
        let reason = words::said(&format!("reason.{reason}"));
        Some(Change { subject: key.subject, kind, key: key.to_string(), what, before, after, weight, reason })
    })
    .collect()
}

/// How much a whole revision matters: as its weightiest change; None where nothing changes.
#[must_use]
pub fn weight(changes: &[Change]) -> Option<Weight> {
    changes.iter().map(|change| change.weight).max()
}

/// Things that only one version has: they are told as a whole, not part by part.
fn half_there<'f>(
    before: &'f BTreeMap<FactKey, Fact>,
    after: &'f BTreeMap<FactKey, Fact>,
) -> BTreeSet<(Subject, &'f String)> {
    let wholes = |facts: &'f BTreeMap<FactKey, Fact>| -> BTreeSet<(Subject, &'f String)> {
        facts.keys().filter(|key| key.field.is_empty()).map(|key| (key.subject, &key.id)).collect()
    };
    wholes(before).symmetric_difference(&wholes(after)).copied().collect()
}

/// The lines of a text that the other side doesn't have; the whole text where lines only changed places.
fn own_lines(said: &Text, other: Option<&Fact>) -> Text {
    let Some(other) = other else { return said.clone() };
    words::by_language(|lang| {
        let (here, there) = (said.in_lang(lang), other.said.in_lang(lang));
        let not_in = |one: &str, other: &str| -> Vec<String> {
            let own = one.lines().filter(|line| !other.lines().any(|there| there == *line));
            own.map(str::to_owned).collect()
        };
        let moved = not_in(here, there).is_empty() && not_in(there, here).is_empty();
        if moved { here.to_owned() } else { not_in(here, there).join("\n") }
    })
}

fn kind_of(before: Option<&Fact>, after: Option<&Fact>) -> Option<Kind> {
    let (before, after) = match (before, after) {
        (None, None) => return None,
        (None, Some(_)) => return Some(Kind::Added),
        (Some(_), None) => return Some(Kind::Removed),
        (Some(before), Some(after)) => (&before.measure, &after.measure),
    };
    match (before, after) {
        (Measure::Amount(before), Measure::Amount(after)) if before < after => Some(Kind::Wider),
        (Measure::Amount(before), Measure::Amount(after)) if before > after => Some(Kind::Narrower),
        (Measure::Words(before), Measure::Words(after)) if !reads_alike(before, after) => Some(Kind::Changed),
        (Measure::Parts(before), Measure::Parts(after)) if before != after => Some(Kind::Changed),
        _ => None,
    }
}
