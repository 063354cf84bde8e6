//! Changes as text for a terminal and as JSON for programs.
//!
//! Refuses to leave something out: both say every change. Invariant: the material ones come first in the text.

use std::fmt::Write as _;

use serde_json::{Value, json as object};

use super::facts::name_of;
use super::words::{filled, plain, said};
use super::{Change, Kind, Weight, weight};
use crate::policy::Policy;
use crate::text::{Lang, Text};

/// Changes for people to read, in one language.
#[must_use]
pub fn text(old: &Policy, new: &Policy, changes: &[Change], lang: Lang) -> String {
    let caption = filled("page.caption", &[("from", &day(old)), ("to", &day(new))]);
    let mut out = format!("{}\n", caption.in_lang(lang));
    if let Some(reason) = &new.reason {
        writeln!(out, "{}: {}", said("page.reason").in_lang(lang), reason.in_lang(lang)).ok();
    }
    if changes.is_empty() {
        writeln!(out, "\n{}", said("page.nothing").in_lang(lang)).ok();
    }
    for (of, key) in [(Weight::Material, "page.count_material"), (Weight::Ordinary, "page.count_ordinary")] {
        let some: Vec<&Change> = changes.iter().filter(|change| change.weight == of).collect();
        if some.is_empty() {
            continue;
        }
        let count = plain(&some.len().to_string());
        writeln!(out, "\n{}", filled(key, &[("n", &count)]).in_lang(lang)).ok();
        some.into_iter().for_each(|change| row(&mut out, change, lang));
    }
    out
}

fn row(out: &mut String, change: &Change, lang: Lang) {
    writeln!(out, "\n* {}\n  {}", change.what.in_lang(lang), change.reason.in_lang(lang)).ok();
    for (mark, said) in [('-', &change.before), ('+', &change.after)] {
        let Some(said) = said.as_ref().map(|said| said.in_lang(lang)).filter(|said| !said.is_empty()) else { continue };
        said.lines().for_each(|line| {
            writeln!(out, "  {mark} {line}").ok();
        });
    }
}

fn day(policy: &Policy) -> Text {
    plain(&policy.effective.to_string())
}

/// Changes for programs.
#[must_use]
pub fn json(old: &Policy, new: &Policy, changes: &[Change]) -> String {
    let side = |policy: &Policy| {
        object!({
            "version": policy.version.to_string(),
            "announced": policy.announced.map(|day| day.to_string()),
            "effective": policy.effective.to_string(),
        })
    };
    let rows: Vec<Value> = changes.iter().map(in_json).collect();
    let whole = object!({
        "old": side(old),
        "new": side(new),
        "reason": new.reason.as_ref().map(words),
        "weight": weight(changes).map(weight_word),
        "changes": rows,
    });
    format!("{whole:#}")
}

fn in_json(change: &Change) -> Value {
    object!({
        "about": name_of(change.subject),
        "key": change.key,
        "kind": kind_word(change.kind),
        "weight": weight_word(change.weight),
        "what": words(&change.what),
        "before": change.before.as_ref().map(words),
        "after": change.after.as_ref().map(words),
        "reason": words(&change.reason),
    })
}

fn words(text: &Text) -> Value {
    object!({ "ko": text.ko, "en": text.en })
}

const fn weight_word(weight: Weight) -> &'static str {
    match weight {
        Weight::Ordinary => "ordinary",
        Weight::Material => "material",
    }
}

const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Added => "added",
        Kind::Removed => "removed",
        Kind::Wider => "wider",
        Kind::Narrower => "narrower",
        Kind::Changed => "changed",
    }
}
