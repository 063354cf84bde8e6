//! What Korean law asks a policy to tell, as far as a policy file can tell it: Article 30(1) of the Personal Information Protection Act with
//! Article 31 of its decree, the six items of the behavioural-information guideline, and a period for each class of the gateway's records.
//!
//! Refuses to apply Korean law where the operator is at home elsewhere. Invariant: an item is told once, whoever asks for it.

use super::Look;
use super::recipients::serves;
use crate::policy::{FileWord, RecordClass, RefusalMode};
use crate::purpose::Category;

pub(super) fn look(look: &mut Look<'_>) {
    records(look);
    if look.policy.home != "KR" {
        return;
    }
    pipa(look);
    if look.policy.purposes.iter().any(|purpose| purpose.category.refused_by_gpc()) {
        behaviour(look);
    }
}

fn records(look: &mut Look<'_>) {
    for (word, class) in RecordClass::WORDS {
        let rows = look.policy.retention.iter().filter(|row| row.classes.contains(class)).count();
        let named = said(*class);
        match rows {
            1 => {}
            0 => look.fault(
                "retention",
                format!(
                    "has no row for {named}: add [[retention]] with record, period, basis and classes = [\"{word}\"]"
                ),
            ),
            _ => look.fault(
                "retention",
                format!("has {rows} rows for {named} (classes = [\"{word}\"]): which period holds?"),
            ),
        }
    }
}

const fn said(class: RecordClass) -> &'static str {
    match class {
        RecordClass::Consent => "records of consent and refusal",
        RecordClass::Withdrawn => "records of what was withdrawn",
        RecordClass::Requests => "people's requests to see, correct, delete or suspend",
        RecordClass::Statistics => "what was counted",
        RecordClass::StaffAccess => "the log of staff access",
        RecordClass::AccessLog => "the log of visits",
    }
}

/// Article 30(1): the numbers behind each are its items.
fn pipa(look: &mut Look<'_>) {
    let policy = look.policy;
    let handling = &policy.handling;
    let asked = [
        (policy.retention.is_empty(), "retention", "how long data is kept (item 2): add [[retention]] rows"),
        (
            handling.destruction.is_none(),
            "handling.destruction",
            "what happens to data when its period is over, and how it is destroyed (item 3-2; the guideline on behavioural information asks it as well)",
        ),
        (
            policy.rights.is_empty(),
            "rights",
            "what people may ask for (item 5): access, correction, deletion, suspension, withdrawal",
        ),
        (handling.exercise.is_none(), "handling.exercise", "how people use their rights (item 5)"),
        (handling.safety.is_none(), "handling.safety", "how data is kept safe (item 8, Article 31(1) of the decree)"),
    ];
    for (missing, key, what) in asked {
        if missing {
            look.fault(
                key,
                format!(
                    "is missing: Article 30(1) of the Personal Information Protection Act asks a policy to tell {what}"
                ),
            );
        }
    }
    if !policy.section.refusal_modes.iter().any(|mode| *mode != RefusalMode::AllowAll) {
        let message = "names no way to refuse: Article 30(1) of the Personal Information Protection Act asks a policy to tell how automatic collection is refused (item 7), and the guideline on behavioural information how it is controlled";
        look.fault("section.refusal_modes", message);
    }
}

/// The guideline's items that Article 30(1) doesn't ask for: what is collected, how, how long, and who helps.
fn behaviour(look: &mut Look<'_>) {
    const GUIDELINE: &str = "the guideline on behavioural information asks";
    let policy = look.policy;
    for (index, purpose) in policy.indexed().filter(|(_, purpose)| purpose.category.refused_by_gpc()) {
        if !serves(policy, index) {
            let kind = if purpose.category == Category::Marketing { "marketing" } else { "analytics" };
            let message = format!(
                "is a purpose of {kind} for which nothing is declared: {GUIDELINE} what is collected; add its [[services]], [[cookies]] or [[trackers]]"
            );
            look.fault(&format!("purposes[{}]", index.place()), message);
        }
    }
    if policy.handling.collection.is_none() {
        look.fault("handling.collection", format!("is missing: {GUIDELINE} how behaviour is collected"));
    }
    for tracker in look.file.trackers.iter().filter(|tracker| tracker.lifetime.is_none()) {
        let of_recipient = policy.recipients.get(&tracker.recipient).and_then(|recipient| recipient.period);
        let tracks = policy.index_of(&tracker.purpose).and_then(|index| policy.purpose(index));
        if of_recipient.is_none() && tracks.is_some_and(|purpose| purpose.category.refused_by_gpc()) {
            let message = format!(
                "is missing: {GUIDELINE} how long what is collected is kept; write lifetime here, or period in [recipients.{}]",
                tracker.recipient
            );
            look.fault(&format!("{}.lifetime", tracker.at.key), message);
        }
    }
    if policy.redress.is_empty() {
        look.fault("redress", format!("is empty: {GUIDELINE} who helps where rights were hurt"));
    }
}
