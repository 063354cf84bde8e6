//! A policy as facts, each with a name that is the same in every version: what two versions can be compared by.
//!
//! Refuses to weigh. Invariant: whatever visitors are told is a fact, so that no change goes unseen.

use std::collections::BTreeMap;
use std::fmt;

use super::words::{country, joined, period, plain, said, value};
use super::{Subject, kept};
use crate::policy::{FileWord, Policy, RefusalMode, Retention, Right};
use crate::purpose::Purpose;
use crate::rules::{Recipient, Relation};
use crate::text::Text;

/// Which fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FactKey {
    pub(super) subject: Subject,
    /// Which one of its subject; empty where there is one only.
    pub(super) id: String,
    /// Which part; empty is that it is there at all.
    pub(super) field: &'static str,
}

impl fmt::Display for FactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [name_of(self.subject), &self.id, self.field];
        f.write_str(&parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(":"))
    }
}

/// By what two values of one fact are told apart.
#[derive(Clone, Debug)]
pub(super) enum Measure {
    /// It is there, or it isn't.
    There,
    /// More is wider.
    Amount(i64),
    /// Its words.
    Words(Text),
    /// Parts that have no order.
    Parts(Vec<String>),
}

/// What is collected under one name, for whom and how long: what may outgrow a purpose.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    pub(super) purpose: String,
    pub(super) what: Text,
    /// Company and country.
    pub(super) recipient: Option<Recipient>,
    pub(super) seconds: i64,
}

/// One fact.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) what: Text,
    pub(super) said: Text,
    pub(super) measure: Measure,
    pub(super) reach: Vec<Reach>,
}

/// Facts under collection.
pub(super) struct Facts {
    found: BTreeMap<FactKey, Fact>,
}

/// One thing whose facts are collected.
pub(super) struct Thing<'f> {
    facts: &'f mut Facts,
    subject: Subject,
    id: String,
    /// What it is called: `Cookie _ga`.
    name: Text,
    /// What is collected under it.
    pub(super) reach: Vec<Reach>,
}

impl Facts {
    pub(super) fn thing(&mut self, subject: Subject, id: &str, name: &Text) -> Thing<'_> {
        let name = joined(&[&said(&format!("subject.{}", name_of(subject))), name], " ");
        Thing { facts: self, subject, id: id.to_owned(), name, reach: Vec::new() }
    }
}

impl Thing<'_> {
    fn put(&mut self, field: &'static str, said_now: Text, measure: Measure) {
        let part = if field.is_empty() { plain("") } else { said(&format!("field.{field}")) };
        let what = joined(&[&self.name, &part], ": ");
        let key = FactKey { subject: self.subject, id: self.id.clone(), field };
        let fact = Fact { what, said: said_now, measure, reach: self.reach.clone() };
        self.facts.found.entry(key).or_insert(fact);
    }

    /// It is there; `said` tells it whole.
    pub(super) fn there(&mut self, said: Text) -> &mut Self {
        self.put("", said, Measure::There);
        self
    }

    pub(super) fn words(&mut self, field: &'static str, words: &Text) -> &mut Self {
        self.put(field, words.clone(), Measure::Words(words.clone()));
        self
    }

    pub(super) fn written(&mut self, field: &'static str, words: Option<&Text>) -> &mut Self {
        if let Some(words) = words {
            self.words(field, words);
        }
        self
    }

    pub(super) fn amount(&mut self, field: &'static str, amount: i64, said: Text) -> &mut Self {
        self.put(field, said, Measure::Amount(amount));
        self
    }

    /// What is known by a name of its own, whatever it is called.
    pub(super) fn named(&mut self, field: &'static str, id: &str, called: &Text) -> &mut Self {
        self.put(field, called.clone(), Measure::Parts(vec![id.to_owned()]));
        self
    }

    pub(super) fn parts(&mut self, field: &'static str, mut parts: Vec<String>) -> &mut Self {
        parts.sort_unstable();
        self.put(field, plain(&parts.join(", ")), Measure::Parts(parts));
        self
    }
}

/// All facts of a policy.
pub(super) fn of(policy: &Policy) -> BTreeMap<FactKey, Fact> {
    let mut facts = Facts { found: BTreeMap::new() };
    people(policy, &mut facts);
    policy.purposes.iter().for_each(|one| purpose(one, &mut facts));
    kept::collect(policy, &mut facts);
    policy.recipients.iter().for_each(|(key, one)| recipient(key, one, &mut facts));
    policy.retention.iter().for_each(|row| retention(row, &mut facts));
    promises(policy, &mut facts);
    texts(policy, &mut facts);
    facts.found
}

fn people(policy: &Policy, facts: &mut Facts) {
    let nothing = plain("");
    facts
        .thing(Subject::Operator, "", &nothing)
        .words("service_name", &policy.service)
        .words("operator_name", &policy.operator)
        .words("home", &country(&policy.home));
    let regime = value("regime", policy.regime);
    facts.thing(Subject::Regime, "", &nothing).amount("category", policy.regime as i64, regime);
    let contact = &policy.contact;
    let mut thing = facts.thing(Subject::Contact, "", &nothing);
    thing.words("role", &contact.role).words("address", &plain(&contact.address));
    thing.written("phone", contact.phone.as_deref().map(plain).as_ref());
}

fn purpose(purpose: &Purpose, facts: &mut Facts) {
    let kind = value("category", purpose.category);
    facts
        .thing(Subject::Purpose, &purpose.id, &purpose.name)
        .there(purpose.about.clone())
        .words("name", &purpose.name)
        .words("about", &purpose.about)
        .written("consequence", purpose.consequence.as_ref())
        .amount("category", purpose.category as i64, kind);
}

fn recipient(key: &str, one: &Recipient, facts: &mut Facts) {
    let place = country(&one.country);
    let capacity = match one.relation {
        Relation::Operator => said("value.relation_operator"),
        other => value("relation", other),
    };
    let items = one.items.clone().unwrap_or_else(|| plain(""));
    let kept = one.period.map_or_else(|| plain(""), |kept| period(Some(kept)));
    let mut thing = facts.thing(Subject::Recipient, key, &one.company);
    thing.reach.push(Reach { purpose: String::new(), what: items.clone(), recipient: Some(one.clone()), seconds: 0 });
    thing
        .there(joined(&[&place, &capacity, &items, &kept], ", "))
        .words("company", &one.company)
        .words("country", &place)
        .words("privacy", &plain(&one.privacy))
        .written("items", one.items.as_ref())
        .amount("relation", one.relation as i64, capacity)
        .written("how_to_refuse", one.how_to_refuse.as_ref());
    if let Some(length) = one.period {
        thing.amount("period", length.about_seconds(), kept);
    }
}

fn retention(row: &Retention, facts: &mut Facts) {
    let (length, basis) = (period(Some(row.period)), value("basis", row.basis));
    let law = row.law.clone().unwrap_or_else(|| plain(""));
    let mut thing = facts.thing(Subject::Retention, &row.record.ko, &row.record);
    thing
        .there(joined(&[&length, &basis, &law], ", "))
        .amount("period", row.period.about_seconds(), length)
        .words("basis", &basis)
        .written("law", row.law.as_ref());
}

fn promises(policy: &Policy, facts: &mut Facts) {
    for right in &policy.rights {
        let name = value("right", *right);
        facts.thing(Subject::Right, word::<Right>(*right), &name).there(name.clone());
    }
    for mode in &policy.section.refusal_modes {
        let name = value("refusal", *mode);
        facts.thing(Subject::Refusal, word::<RefusalMode>(*mode), &name).there(name.clone());
    }
    let notice = policy.notice;
    for (field, days) in [("ordinary_days", notice.ordinary_days), ("material_days", notice.material_days)] {
        let Some(days) = days else { continue };
        let told = super::words::filled("value.days", &[("n", &plain(&days.to_string()))]);
        // Fewer days are more that the operator may do.
        facts.thing(Subject::Notice, "", &plain("")).amount(field, -i64::from(days), told);
    }
}

fn texts(policy: &Policy, facts: &mut Facts) {
    let handling = &policy.handling;
    let mut thing = facts.thing(Subject::Handling, "", &plain(""));
    thing
        .written("collection", handling.collection.as_ref())
        .written("destruction", handling.destruction.as_ref())
        .written("exercise", handling.exercise.as_ref())
        .written("safety", handling.safety.as_ref());
    for body in &policy.redress {
        let phone = body.phone.as_deref().map_or_else(|| plain(""), plain);
        let whole = joined(&[&plain(&body.address), &phone], ", ");
        let mut thing = facts.thing(Subject::Redress, &body.name.ko, &body.name);
        thing.there(whole).words("address", &plain(&body.address));
        thing.written("phone", body.phone.as_deref().map(plain).as_ref());
    }
    let paragraphs: Vec<&Text> = policy.section.paragraphs.iter().collect();
    let mut thing = facts.thing(Subject::Section, "", &plain(""));
    thing.words("title", &policy.section.title).words("paragraphs", &joined(&paragraphs, "\n"));
}

fn word<W: FileWord + PartialEq>(value: W) -> &'static str {
    W::WORDS.iter().find(|(_, one)| *one == value).map_or("", |(word, _)| word)
}

/// What a subject is called in keys.
pub(super) const fn name_of(subject: Subject) -> &'static str {
    match subject {
        Subject::Operator => "operator",
        Subject::Regime => "regime",
        Subject::Purpose => "purpose",
        Subject::Service => "service",
        Subject::Cookie => "cookie",
        Subject::Storage => "storage",
        Subject::Tracker => "tracker",
        Subject::Recipient => "recipient",
        Subject::Retention => "retention",
        Subject::Right => "right",
        Subject::Refusal => "refusal",
        Subject::Notice => "notice",
        Subject::Contact => "contact",
        Subject::Handling => "handling",
        Subject::Redress => "redress",
        Subject::Section => "section",
    }
}
