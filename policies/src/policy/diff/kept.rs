//! Facts on what is kept in browsers and called by pages: cookies, storage and trackers that the policy declares, and its services,
//! each of which is one thing whatever the catalogue knows of it.
//!
//! Refuses what the policy doesn't declare. Invariant: every declared rule reaches into a fact.

use std::collections::BTreeMap;

use super::Subject;
use super::facts::{Facts, Reach, Thing};
use super::words::{joined, period, plain, said};
use crate::policy::Policy;
use crate::purpose::PurposeIndex;
use crate::rules::tracker::TrackerUse;
use crate::rules::{Lifetime, RuleSource};
use crate::text::Text;
use crate::time::Period;

/// One declared rule, of whatever sort.
struct Kept<'p> {
    subject: Subject,
    name: String,
    purpose: Option<PurposeIndex>,
    recipient: &'p str,
    what: &'p Text,
    /// None: until the browser closes, or unsaid.
    life: Option<Period>,
    said_life: Text,
    on_request: Option<bool>,
    source: &'p RuleSource,
}

/// Collects them.
pub(super) fn collect(policy: &Policy, facts: &mut Facts) {
    let mut services: BTreeMap<&str, Vec<Kept<'_>>> = BTreeMap::new();
    for kept in declared(policy) {
        match kept.source {
            RuleSource::Service(id) => services.entry(id).or_default().push(kept),
            _ => own(policy, &kept, facts),
        }
    }
    for (id, rules) in services {
        service(policy, id, &rules, facts);
    }
}

fn declared(policy: &Policy) -> impl Iterator<Item = Kept<'_>> {
    let cookies = policy.cookies.declared().map(|rule| Kept {
        subject: Subject::Cookie,
        name: rule.pattern.to_string(),
        purpose: Some(rule.purpose),
        recipient: &rule.recipient,
        what: &rule.what,
        life: length(rule.lifetime),
        said_life: period(length(rule.lifetime)),
        on_request: Some(rule.on_request),
        source: &rule.source,
    });
    let storage = policy.storage.declared().map(|rule| Kept {
        subject: Subject::Storage,
        name: format!("{} {}", rule.area.word(), rule.pattern),
        purpose: Some(rule.purpose),
        recipient: &rule.recipient,
        what: &rule.what,
        life: length(rule.lifetime),
        said_life: period(length(rule.lifetime)),
        on_request: None,
        source: &rule.source,
    });
    let trackers = policy.trackers.declared().map(|rule| Kept {
        subject: Subject::Tracker,
        name: format!("{}{}", rule.host, rule.path),
        purpose: match rule.usage {
            TrackerUse::Purpose(purpose) => Some(purpose),
            TrackerUse::NeverHold => None,
        },
        recipient: &rule.recipient,
        what: &rule.what,
        life: rule.lifetime,
        said_life: rule.lifetime.map_or_else(|| said("value.unsaid"), |life| period(Some(life))),
        on_request: None,
        source: &rule.source,
    });
    cookies.chain(storage).chain(trackers)
}

const fn length(lifetime: Lifetime) -> Option<Period> {
    match lifetime {
        Lifetime::Session => None,
        Lifetime::Period(period) => Some(period),
    }
}

impl Kept<'_> {
    fn seconds(&self) -> i64 {
        self.life.map_or(0, Period::about_seconds)
    }

    fn reach(&self, policy: &Policy) -> Reach {
        let purpose = self.purpose.and_then(|index| policy.purpose(index)).map(|purpose| purpose.id.clone());
        Reach {
            purpose: purpose.unwrap_or_default(),
            what: self.what.clone(),
            recipient: policy.recipients.get(self.recipient).cloned(),
            seconds: self.seconds(),
        }
    }
}

fn own(policy: &Policy, kept: &Kept<'_>, facts: &mut Facts) {
    let mut thing = facts.thing(kept.subject, &kept.name, &plain(&kept.name));
    thing.reach.push(kept.reach(policy));
    let company = company(policy, kept.recipient);
    let purpose = purpose_name(policy, kept.purpose);
    thing.there(joined(&[kept.what, &purpose, &company, &kept.said_life], ", ")).words("what", kept.what);
    for_whom(&mut thing, policy, kept);
    thing.words("of_recipient", &company).amount("lifetime", kept.seconds(), kept.said_life.clone());
    if let Some(on_request) = kept.on_request {
        let when = said(if on_request { "value.on_request_yes" } else { "value.on_request_no" });
        thing.amount("on_request", i64::from(on_request), when);
    }
}

fn service(policy: &Policy, id: &str, rules: &[Kept<'_>], facts: &mut Facts) {
    let Some(first) = rules.first() else { return };
    let Some(longest) = rules.iter().max_by_key(|rule| rule.seconds()) else { return };
    let company = company(policy, first.recipient);
    let mut thing = facts.thing(Subject::Service, id, &plain(id));
    thing.reach.extend(rules.iter().map(|rule| rule.reach(policy)));
    let purpose = purpose_name(policy, first.purpose);
    let life = if longest.life.is_some() { longest.said_life.clone() } else { plain("") };
    thing.there(joined(&[&company, first.what, &purpose, &life], ", ")).words("what", first.what);
    for_whom(&mut thing, policy, first);
    thing.amount("lifetime", longest.seconds(), life);
    thing.parts("rules", rules.iter().map(|rule| rule.name.clone()).collect());
}

/// The purpose: compared by its id, since its name may be put into better words.
fn for_whom(thing: &mut Thing<'_>, policy: &Policy, kept: &Kept<'_>) {
    if let Some(purpose) = kept.purpose.and_then(|index| policy.purpose(index)) {
        thing.named("of_purpose", &purpose.id, &purpose.name);
    }
}

fn purpose_name(policy: &Policy, purpose: Option<PurposeIndex>) -> Text {
    purpose.and_then(|index| policy.purpose(index)).map_or_else(|| plain(""), |purpose| purpose.name.clone())
}

/// Company and country: what a recipient is known by, whatever its key.
fn company(policy: &Policy, key: &str) -> Text {
    policy.recipients.get(key).map_or_else(
        || plain(key),
        |recipient| joined(&[&recipient.company, &super::words::country(&recipient.country)], ", "),
    )
}
