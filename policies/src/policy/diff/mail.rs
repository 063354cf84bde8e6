//! The letter that tells people of a revision: what changes, when, where to read it, how to refuse.
//!
//! Refuses to plead: facts, the material ones first. Invariant: every change is in it.

use std::fmt::Write as _;

use super::words::{filled, plain, said};
use super::{Change, Weight};
use crate::policy::{Policy, Regime};
use crate::text::{Lang, Text};

/// The letter in one language: its subject, an empty line, its body. `portal` is where the site's consent pages stand, such as
/// `https://shop.example/.consent/`.
#[must_use]
pub fn mail(new: &Policy, changes: &[Change], lang: Lang, portal: Option<&str>) -> String {
    let date = plain(&new.effective.to_string());
    let places: [(&str, &Text); 3] = [("service", &new.service), ("operator", &new.operator), ("date", &date)];
    let mut lines = vec![filled("mail.subject", &places), plain("")];
    lines.extend([filled("mail.greeting", &places), filled("mail.opening", &places), plain("")]);
    if let Some(announced) = new.announced {
        lines.push(filled("mail.announced", &[("date", &plain(&announced.to_string()))]));
    }
    lines.push(filled("mail.effective", &places));
    let mut out = String::new();
    lines.iter().for_each(|line| {
        writeln!(out, "{}", line.in_lang(lang)).ok();
    });
    if let Some(reason) = &new.reason {
        writeln!(out, "{}: {}", said("page.reason").in_lang(lang), reason.in_lang(lang)).ok();
    }
    for (weight, heading) in [(Weight::Material, "mail.material"), (Weight::Ordinary, "mail.ordinary")] {
        let some: Vec<&Change> = changes.iter().filter(|change| change.weight == weight).collect();
        if !some.is_empty() {
            writeln!(out, "\n{}", said(heading).in_lang(lang)).ok();
        }
        some.into_iter().for_each(|change| row(&mut out, change, lang));
    }
    let grew = changes.iter().any(|change| change.weight == Weight::Material);
    closing(&mut out, (new, grew), lang, portal);
    out
}

fn row(out: &mut String, change: &Change, lang: Lang) {
    let side = |text: &Option<Text>, none: &str| {
        let said_now = text.as_ref().map(|text| text.in_lang(lang).replace('\n', " "));
        said_now.filter(|now| !now.is_empty()).unwrap_or_else(|| said(none).in_lang(lang).to_owned())
    };
    let (before, after) = (side(&change.before, "page.added"), side(&change.after, "page.removed"));
    let what = change.what.in_lang(lang);
    let once = |said: &str, mark: &str| {
        // What its name says already needs no second word.
        if what.ends_with(said) { format!("({mark})") } else { format!("{said} ({mark})") }
    };
    let line = match (&change.before, &change.after) {
        (None, _) => once(&after, &before),
        (_, None) => once(&before, &after),
        _ => format!("{before} → {after}"),
    };
    writeln!(out, "- {what}: {line}\n  {}", change.reason.in_lang(lang)).ok();
}

fn closing(out: &mut String, (new, grew): (&Policy, bool), lang: Lang, portal: Option<&str>) {
    let at = |key: &str, place: Option<String>| match place {
        Some(place) => filled(key, &[("address", &plain(&place))]),
        None => said(&format!("{key}_there")),
    };
    let portal = portal.map(|portal| portal.trim_end_matches('/'));
    let read = at("mail.read", portal.map(|portal| format!("{portal}/policy")));
    let refuse = at("mail.refuse", portal.map(|portal| format!("{portal}/")));
    let contact = filled("mail.contact", &[("role", &new.contact.role), ("address", &plain(&new.contact.address))]);
    // Where nobody is asked, nobody is asked again.
    let covered = if grew && new.regime == Regime::OptIn { Some(said("mail.covered")) } else { None };
    let blank = plain("");
    let lines =
        [Some(blank.clone()), covered, Some(said("mail.told")), Some(refuse), Some(read), Some(blank), Some(contact)];
    for line in lines.iter().flatten() {
        writeln!(out, "{}", line.in_lang(lang)).ok();
    }
}
