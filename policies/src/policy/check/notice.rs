//! Whether a version keeps what the one before it promised about changes.
//!
//! Refuses to guess a day of announcement. Invariant: the day that a finding names is the earliest that would do.

use super::Look;
use crate::policy::diff::{Weight, diff, weight};
use crate::policy::{Notice, Policy};
use crate::time::Date;

/// How many days before it holds a revision must be told, by the version before it: those for changes that matter to rights where one
/// does, else those for any. None where no time is promised.
#[must_use]
pub fn promised(notice: Notice, weight: Weight) -> Option<u16> {
    match weight {
        Weight::Ordinary => notice.ordinary_days,
        Weight::Material => notice.material_days.or(notice.ordinary_days),
    }
}

/// The earliest day on which a revision may begin to hold that is told on a day: after it, and as late as was promised.
#[must_use]
pub fn earliest(announced: Date, days: Option<u16>) -> Date {
    Date::of_day_number(announced.day_number() + i64::from(days.unwrap_or_default()).max(1))
}

pub(super) fn look(look: &mut Look<'_>) {
    let policy = look.policy;
    if let Some(announced) = policy.announced.filter(|announced| *announced >= policy.effective) {
        let message = format!(
            "is {}, the day of its announcement: it holds from {} at the earliest",
            policy.effective,
            earliest(announced, None)
        );
        look.fault("effective", message);
    }
    if let Some(since) = policy.purposes.iter().position(|purpose| purpose.meaning_since > Some(policy.effective)) {
        let key = format!("purposes[{since}].meaning_since");
        look.fault(
            &key,
            format!(
                "lies after {}, the first day of this version: write a day from which the purpose has meant this",
                policy.effective
            ),
        );
    }
    if let Some(before) = look.before {
        after(look, before);
    }
}

fn after(look: &mut Look<'_>, before: &Policy) {
    let policy = look.policy;
    if policy.reason.is_none() {
        look.advice("reason", "is missing: say why this version was written, as reason = { ko = \"…\", en = \"…\" }");
    }
    let Some(weight) = weight(&diff(before, policy)) else { return };
    let Some(days) = promised(before.notice, weight) else { return };
    let (kind, then) = (
        if weight == Weight::Material { "a change that matters to visitors' rights" } else { "any change" },
        before.effective,
    );
    let Some(announced) = policy.announced else {
        let message = format!(
            "is missing: the version of {then} promises {days} days' notice of {kind}; write the day on which this one was told"
        );
        look.fault("announced", message);
        return;
    };
    let given = policy.effective.day_number() - announced.day_number();
    if given < i64::from(days) {
        let day = earliest(announced, Some(days));
        let message = format!(
            "is {} days after the announcement, but the version of {then} promises {days} of {kind}: write {day} or later",
            given.max(0)
        );
        look.fault("effective", message);
    }
}
