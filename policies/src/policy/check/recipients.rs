//! Whether each recipient is told with its purpose, items and period, and whether anything lives longer than the policy says.
//!
//! Refuses to take the operator for a recipient: the retention table speaks of what it keeps. Invariant: each row is told once.

use super::Look;
use crate::policy::Policy;
use crate::purpose::PurposeIndex;
use crate::rules::tracker::TrackerUse;
use crate::rules::{Lifetime, Recipient, Relation};
use crate::time::Period;

/// What a declared rule says of its recipient: for what, and for how long.
struct Given<'p> {
    recipient: &'p str,
    life: Option<Period>,
}

pub(super) fn look(look: &mut Look<'_>) {
    let policy = look.policy;
    let given: Vec<Given<'_>> = declared(policy).collect();
    for (key, recipient) in policy.recipients.iter().filter(|(_, one)| one.relation != Relation::Operator) {
        let of_it: Vec<&Given<'_>> = given.iter().filter(|one| one.recipient == key).collect();
        recipient_is_told(look, key, recipient, &of_it);
    }
    lifetimes(look);
}

fn declared(policy: &Policy) -> impl Iterator<Item = Given<'_>> {
    let cookies =
        policy.cookies.declared().map(|rule| Given { recipient: &rule.recipient, life: period(rule.lifetime) });
    let storage =
        policy.storage.declared().map(|rule| Given { recipient: &rule.recipient, life: period(rule.lifetime) });
    let trackers = policy.trackers.declared().map(|rule| Given { recipient: &rule.recipient, life: rule.lifetime });
    cookies.chain(storage).chain(trackers)
}

const fn period(lifetime: Lifetime) -> Option<Period> {
    match lifetime {
        Lifetime::Session => None,
        Lifetime::Period(period) => Some(period),
    }
}

fn recipient_is_told(look: &mut Look<'_>, key: &str, recipient: &Recipient, given: &[&Given<'_>]) {
    // A service of the catalogue stands where its row does, unless the policy wrote its recipient down.
    let written = look.file.recipients.iter().any(|(own, _)| own == key);
    let service =
        look.file.services.iter().find(|service| service.catalog == key).map(|service| service.at.key.clone());
    let place = service.filter(|_| !written).unwrap_or_else(|| format!("recipients.{key}"));
    if given.is_empty() {
        let message = "receives nothing that is declared: name it in [[cookies]], [[storage]] or [[trackers]], so that its purpose is told, or take it out";
        look.fault(&place, message);
        return;
    }
    if recipient.country == "ZZ" && written {
        look.fault(&format!("{place}.country"), "is not known: write where the company sits, as two capital letters");
    }
    if recipient.period.is_none() && given.iter().all(|one| one.life.is_none()) {
        let message = "is missing: nothing says how long this recipient keeps what it receives; write period = \"P…\"";
        look.fault(&format!("{place}.period"), message);
    }
}

fn lifetimes(look: &mut Look<'_>) {
    let file = look.file;
    let cookies = file.cookies.iter().map(|cookie| &cookie.kept);
    let kept = cookies.chain(file.storage.iter().map(|key| &key.kept));
    let kept = kept.map(|kept| (&kept.at.key, &kept.purpose, &kept.recipient, period(kept.lifetime)));
    let trackers =
        file.trackers.iter().map(|tracker| (&tracker.at.key, &tracker.purpose, &tracker.recipient, tracker.lifetime));
    for (at, purpose, recipient, life) in kept.chain(trackers) {
        let Some(life) = life else { continue };
        let key = format!("{at}.lifetime");
        let of_recipient = look.policy.recipients.get(recipient.as_str()).and_then(|recipient| recipient.period);
        if let Some(most) = of_recipient.filter(|most| longer(life, *most)) {
            look.fault(&key, format!("is {life}, longer than the {most} that [recipients.{recipient}] keeps what it receives: shorten the one or tell the other"));
        }
        let index = look.policy.index_of(purpose);
        if let Some(most) = row_for(look.policy, index).filter(|most| longer(life, *most)) {
            look.fault(&key, format!("is {life}, longer than the {most} that the retention table gives \"{purpose}\": shorten the one or tell the other"));
        }
    }
}

/// The period that the retention table gives a purpose.
fn row_for(policy: &Policy, purpose: Option<PurposeIndex>) -> Option<Period> {
    let rows = policy.retention.iter().filter(|row| purpose.is_some() && row.purpose == purpose);
    rows.map(|row| row.period).max_by_key(|period| period.about_seconds())
}

/// Whether a period is surely longer than another: twelve months are a year.
fn longer(one: Period, than: Period) -> bool {
    one.about_seconds() > than.most_seconds()
}

/// Whether a policy declares anything for a purpose.
pub(super) fn serves(policy: &Policy, purpose: PurposeIndex) -> bool {
    policy.cookies.declared().any(|rule| rule.purpose == purpose)
        || policy.storage.declared().any(|rule| rule.purpose == purpose)
        || policy.trackers.declared().any(|rule| rule.usage == TrackerUse::Purpose(purpose))
}
