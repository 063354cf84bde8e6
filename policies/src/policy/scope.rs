//! What a yes to a purpose covers: the purpose as it stood, by its words, who receives what, and for how long.
//!
//! Refuses to weigh: whatever is more than before is a growth, and each is told. Invariant: a purpose doesn't outgrow itself.

use std::collections::{BTreeMap, BTreeSet};

use super::Policy;
use crate::purpose::{Category, PurposeIndex};
use crate::rules::tracker::TrackerUse;
use crate::rules::{Lifetime, Recipient, Relation};
use crate::text::Text;
use crate::time::{Date, Period};

/// Why a yes to a purpose as it stood is none to the purpose as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Growth {
    /// It is of a more intrusive kind.
    Category(Category, Category),
    /// Its name or its sentence says something else.
    Words(Text, Text),
    /// Somebody else receives it, or somebody who worked for the site receives it for purposes of their own.
    Recipient(Recipient),
    /// Something else is kept or collected.
    Item(Text),
    /// Something is kept longer than anything was; None: until the browser closes.
    Lifetime(Option<Period>, Period),
}

/// One purpose of one version, as a visitor agrees to it.
#[derive(Debug)]
pub struct Scope<'p> {
    category: Category,
    name: &'p Text,
    about: &'p Text,
    /// Since when its meaning has been the same, whatever its words.
    meaning_since: Option<Date>,
    effective: Date,
    /// By company and country.
    recipients: BTreeMap<(&'p str, &'p str, &'p str), &'p Recipient>,
    /// What is kept or collected under each name.
    items: Vec<(String, &'p Text)>,
    longest: Option<Period>,
}

impl<'p> Scope<'p> {
    /// What a policy declares for a purpose; None for a place that it hasn't.
    #[must_use]
    pub fn of(policy: &'p Policy, purpose: PurposeIndex) -> Option<Self> {
        let about = policy.purpose(purpose)?;
        let mut scope = Self {
            category: about.category,
            name: &about.name,
            about: &about.about,
            meaning_since: about.meaning_since,
            effective: policy.effective,
            recipients: BTreeMap::new(),
            items: Vec::new(),
            longest: None,
        };
        for rule in policy.cookies.declared().filter(|rule| rule.purpose == purpose) {
            scope.add(policy, format!("cookie {}", rule.pattern), &rule.what, &rule.recipient, period(rule.lifetime));
        }
        for rule in policy.storage.declared().filter(|rule| rule.purpose == purpose) {
            let name = format!("{} {}", rule.area.word(), rule.pattern);
            scope.add(policy, name, &rule.what, &rule.recipient, period(rule.lifetime));
        }
        for rule in policy.trackers.declared().filter(|rule| rule.usage == TrackerUse::Purpose(purpose)) {
            scope.add(policy, format!("{}{}", rule.host, rule.path), &rule.what, &rule.recipient, rule.lifetime);
        }
        Some(scope)
    }

    fn add(&mut self, policy: &'p Policy, name: String, what: &'p Text, recipient: &str, life: Option<Period>) {
        self.items.push((name, what));
        if let Some(recipient) = policy.recipients.get(recipient) {
            self.recipients.insert((&recipient.company.ko, &recipient.company.en, &recipient.country), recipient);
        }
        if seconds(life) > seconds(self.longest) {
            self.longest = life;
        }
    }

    /// Who receives what is collected for it.
    pub fn recipients(&self) -> impl Iterator<Item = &'p Recipient> {
        self.recipients.values().copied()
    }

    /// The longest that anything is kept for it; None: until the browser closes.
    #[must_use]
    pub const fn longest(&self) -> Option<Period> {
        self.longest
    }

    /// Everything in this that an earlier version of it didn't have.
    #[must_use]
    pub fn growth_since(&self, then: &Self) -> Vec<Growth> {
        let mut grown = Vec::new();
        if self.category > then.category {
            grown.push(Growth::Category(then.category, self.category));
        }
        // The owner may have found better words for the same.
        let same_meaning = self.meaning_since.is_some_and(|since| since <= then.effective);
        for (before, after) in [(then.name, self.name), (then.about, self.about)] {
            if !same_meaning && !reads_alike(before, after) {
                grown.push(Growth::Words(before.clone(), after.clone()));
            }
        }
        let known = |who, new: &Recipient| {
            let before = then.recipients.get(who);
            before.is_some_and(|old| new.relation != Relation::ThirdParty || old.relation == Relation::ThirdParty)
        };
        let new = self.recipients.iter().filter(|(who, recipient)| !known(*who, recipient));
        grown.extend(new.map(|(_, recipient)| Growth::Recipient((*recipient).clone())));
        grown.extend(self.new_items(then, same_meaning));
        if let Some(longest) = self.longest.filter(|_| seconds(self.longest) > seconds(then.longest)) {
            grown.push(Growth::Lifetime(then.longest, longest));
        }
        grown
    }

    fn new_items(&self, then: &Self, same_meaning: bool) -> Vec<Growth> {
        let named: BTreeSet<&str> = then.items.iter().map(|(name, _)| name.as_str()).collect();
        let mut told: Vec<&Text> = Vec::new();
        for (name, what) in &self.items {
            let known = then.items.iter().any(|(_, before)| reads_alike(before, what))
                || (same_meaning && named.contains(name.as_str()));
            if !known && !told.contains(what) {
                told.push(what);
            }
        }
        told.into_iter().map(|what| Growth::Item(what.clone())).collect()
    }
}

fn period(lifetime: Lifetime) -> Option<Period> {
    match lifetime {
        Lifetime::Session => None,
        Lifetime::Period(period) => Some(period),
    }
}

fn seconds(period: Option<Period>) -> i64 {
    period.map_or(0, Period::about_seconds)
}

/// Whether two texts say the same in Korean and English, white space aside; a translation more is no other text.
pub(super) fn reads_alike(one: &Text, other: &Text) -> bool {
    let same = |one: &str, other: &str| one.split_whitespace().eq(other.split_whitespace());
    same(&one.ko, &other.ko) && same(&one.en, &other.en)
}
