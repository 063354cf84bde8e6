//! How much a change matters to visitors' rights, and why.
//!
//! Material is what widens what visitors agreed to, or takes something from them: a new or wider purpose, a new recipient or country,
//! more items, a longer time, a right or a way to refuse lost, consent asked for less. Refuses doubt: where words changed and nobody said
//! that they mean the same, they mean more. Invariant: where a purpose in both versions has grown, a change of it is material.

use std::collections::BTreeMap;

use super::facts::{Fact, FactKey, Measure, Reach};
use super::{Kind, Subject, Weight};
use crate::policy::Policy;
use crate::policy::scope::{Growth, Scope, reads_alike};
use crate::purpose::Category;
use crate::rules::{Recipient, Relation};
use crate::text::Text;
use crate::time::Period;

/// What one purpose outgrew.
struct Grown {
    growth: Vec<Growth>,
    /// The longest that anything was kept for it, in seconds.
    longest: i64,
}

/// What both versions say as a whole.
pub(super) struct Context<'p> {
    old: &'p Policy,
    new: &'p Policy,
    /// By id, for the purposes that both have.
    grown: BTreeMap<&'p str, Grown>,
}

impl<'p> Context<'p> {
    pub(super) fn new(old: &'p Policy, new: &'p Policy) -> Self {
        let both = new.indexed().filter_map(|(now, purpose)| {
            let then = Scope::of(old, old.index_of(&purpose.id)?)?;
            let growth = Scope::of(new, now)?.growth_since(&then);
            let longest = then.longest().map_or(0, Period::about_seconds);
            Some((purpose.id.as_str(), Grown { growth, longest }))
        });
        Self { old, new, grown: both.collect() }
    }

    /// The weight of a change, and the key of the sentence that gives the reason.
    pub(super) fn weigh(
        &self,
        key: &FactKey,
        kind: Kind,
        before: Option<&Fact>,
        after: Option<&Fact>,
    ) -> (Weight, &'static str) {
        let material = |reason| (Weight::Material, reason);
        let ordinary = |reason| (Weight::Ordinary, reason);
        match key.subject {
            Subject::Operator => match key.field {
                "operator_name" => material("other_operator"),
                "home" => material("other_country"),
                _ => ordinary("renamed"),
            },
            Subject::Regime if kind == Kind::Wider => material("asks_less"),
            Subject::Regime => ordinary("asks_more"),
            Subject::Purpose => self.purpose(key, kind),
            Subject::Service | Subject::Cookie | Subject::Storage | Subject::Tracker => self.kept(key, kind, after),
            Subject::Recipient => self.recipient(key, kind, after),
            Subject::Retention => self.retention(key, kind, before),
            Subject::Right if kind == Kind::Removed => material("right_lost"),
            Subject::Right => ordinary("right_new"),
            Subject::Refusal if key.id == "allow_all" => ordinary("choice_changed"),
            Subject::Refusal if kind == Kind::Removed => material("refusal_lost"),
            Subject::Refusal => ordinary("refusal_new"),
            Subject::Notice if matches!(kind, Kind::Wider | Kind::Removed) => material("less_notice"),
            Subject::Notice if kind == Kind::Added => ordinary("new_notice"),
            Subject::Notice => ordinary("more_notice"),
            Subject::Contact | Subject::Redress => ordinary("contact"),
            Subject::Handling | Subject::Section => ordinary("reworded"),
        }
    }

    fn purpose(&self, key: &FactKey, kind: Kind) -> (Weight, &'static str) {
        let is_necessary = |policy: &Policy| {
            let place = policy.index_of(&key.id).and_then(|index| policy.purpose(index));
            place.is_some_and(|purpose| purpose.category == Category::Necessary)
        };
        match (key.field, kind) {
            ("", Kind::Added) => (Weight::Material, "new_purpose"),
            ("", _) => (Weight::Ordinary, "purpose_gone"),
            ("category", _) if is_necessary(self.new) => (Weight::Material, "not_refusable"),
            ("category", Kind::Wider) => (Weight::Material, "category_wider"),
            ("category", _) => (Weight::Ordinary, "category_narrower"),
            ("name" | "about", _) if self.means_the_same(&key.id) => (Weight::Ordinary, "same_meaning"),
            ("name" | "about", _) => (Weight::Material, "wider_meaning"),
            _ => (Weight::Ordinary, "reworded"),
        }
    }

    /// Whether the owner says that a purpose means what it meant.
    fn means_the_same(&self, purpose: &str) -> bool {
        let since = self.new.index_of(purpose).and_then(|index| self.new.purpose(index)?.meaning_since);
        since.is_some_and(|since| since <= self.old.effective)
    }

    fn kept(&self, key: &FactKey, kind: Kind, after: Option<&Fact>) -> (Weight, &'static str) {
        let outgrows = || after.is_some_and(|fact| fact.reach.iter().any(|reach| self.outgrows(reach)));
        match (key.field, kind) {
            ("" | "rules", Kind::Added | Kind::Changed) if outgrows() => (Weight::Material, "collects_more"),
            ("" | "rules", Kind::Added | Kind::Changed) => (Weight::Ordinary, "within_scope"),
            ("", _) => (Weight::Ordinary, "no_longer_used"),
            ("of_purpose", _) => (Weight::Material, "other_purpose"),
            ("of_recipient", _) => (Weight::Material, "new_recipient"),
            ("what", _) if outgrows() => (Weight::Material, "other_items"),
            ("what", _) => (Weight::Ordinary, "reworded"),
            ("lifetime", Kind::Wider) => (Weight::Material, "longer"),
            ("lifetime", _) => (Weight::Ordinary, "shorter"),
            ("on_request", Kind::Wider) => (Weight::Material, "without_asking"),
            ("on_request", _) => (Weight::Ordinary, "after_asking"),
            _ => (Weight::Material, "collects_more"),
        }
    }

    /// Whether something is more than its purpose was.
    fn outgrows(&self, reach: &Reach) -> bool {
        // A purpose that one version alone has: whoever agreed to others didn't agree to it.
        let Some(grown) = self.grown.get(reach.purpose.as_str()) else { return true };
        grown.growth.iter().any(|growth| match growth {
            Growth::Item(what) => reads_alike(what, &reach.what),
            Growth::Recipient(new) => reach.recipient.as_ref().is_some_and(|recipient| same_company(new, recipient)),
            Growth::Lifetime(..) => reach.seconds > grown.longest,
            Growth::Category(..) | Growth::Words(..) => false,
        })
    }

    fn recipient(&self, key: &FactKey, kind: Kind, after: Option<&Fact>) -> (Weight, &'static str) {
        let told_before = || {
            let recipient = after.and_then(|fact| fact.reach.first()?.recipient.as_ref());
            recipient.is_some_and(|new| self.old.recipients.values().any(|old| covers(old, new)))
        };
        match (key.field, kind) {
            ("", Kind::Added) if told_before() => (Weight::Ordinary, "known_recipient"),
            ("", Kind::Added) | ("company", _) => (Weight::Material, "new_recipient"),
            ("", _) => (Weight::Ordinary, "recipient_gone"),
            ("country", _) => (Weight::Material, "other_country"),
            ("privacy", _) => (Weight::Ordinary, "contact"),
            ("relation", Kind::Wider) => (Weight::Material, "third_party"),
            ("relation", _) => (Weight::Ordinary, "narrower_relation"),
            ("how_to_refuse", Kind::Removed) => (Weight::Material, "refusal_lost"),
            ("period", Kind::Wider) => (Weight::Material, "longer"),
            ("period", Kind::Removed) => (Weight::Material, "no_longer_promised"),
            ("period", Kind::Narrower) => (Weight::Ordinary, "shorter"),
            ("items", Kind::Changed) => (Weight::Material, "other_items"),
            (_, Kind::Added) => (Weight::Ordinary, "now_told"),
            (_, Kind::Removed) => (Weight::Ordinary, "no_longer_told"),
            _ => (Weight::Ordinary, "reworded"),
        }
    }

    fn retention(&self, key: &FactKey, kind: Kind, before: Option<&Fact>) -> (Weight, &'static str) {
        let row = self.new.retention.iter().find(|row| row.record.ko == key.id);
        let by_consent = |fact: &Fact| matches!(&fact.measure, Measure::Words(said) if is_consent(said));
        match (key.field, kind) {
            ("", Kind::Added) if row.is_some_and(|row| !row.classes.is_empty()) => (Weight::Ordinary, "own_records"),
            ("", Kind::Added) => (Weight::Material, "more_kept"),
            ("", _) => (Weight::Ordinary, "no_longer_kept"),
            ("period", Kind::Wider) => (Weight::Material, "longer"),
            ("period", _) => (Weight::Ordinary, "shorter"),
            ("basis", _) if before.is_some_and(by_consent) => (Weight::Material, "basis_lost"),
            _ => (Weight::Ordinary, "basis_changed"),
        }
    }
}

fn is_consent(said: &Text) -> bool {
    *said == super::words::value("basis", crate::policy::RetentionBasis::Consent)
}

/// Whether two entries are one company in one country.
fn same_company(one: &Recipient, other: &Recipient) -> bool {
    one.company.ko == other.company.ko && one.company.en == other.company.en && one.country == other.country
}

/// Whether a recipient was told of before in no lesser capacity.
fn covers(old: &Recipient, new: &Recipient) -> bool {
    same_company(old, new) && (new.relation != Relation::ThirdParty || old.relation == Relation::ThirdParty)
}
