//! Cookies that wait for an answer, as people read them: name, what it holds, whose it is, how long, and for which purpose.
//!
//! Refuses to show a value. Invariant: a row answers for the rule that judges the cookie, so that the next line of the same
//! family is not asked about again.

use policies::Period;
use policies::consent::ItemKey;
use policies::rules::CookieRule;
use policies::time::DAY;
use serde::Serialize;

use super::said::Said;
use super::{Scene, listing, words};

/// A cookie that waits.
#[derive(Clone, Debug, Serialize)]
pub struct WaitingRow {
    /// What an answer names.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The language of what the policy says of it, where that isn't the visitor's.
    pub lang: &'static str,
    /// What it holds.
    pub what: String,
    /// Who receives it.
    pub whose: String,
    /// How long it would be kept.
    pub lifetime: String,
    /// Id of its purpose.
    pub purpose: String,
    /// The words for allowing that purpose.
    pub always: String,
    /// What waits, to be posted with the answer; empty for a cookie that waits in the page itself.
    pub envelope: String,
}

/// A row; `seconds` is how long the cookie would live, 0 until the browser closes, None where only its rule tells.
#[must_use]
pub fn waiting_row(
    scene: &Scene<'_>,
    rule: &CookieRule,
    name: &[u8],
    seconds: Option<i64>,
    envelope: String,
) -> WaitingRow {
    let texts = scene.texts();
    let purpose = scene.policy.purpose(rule.purpose);
    let always = purpose.map(|purpose| texts.ask.always.replace("{purpose}", purpose.name.in_lang(scene.lang)));
    let what = Said::new(&rule.what, scene.lang);
    WaitingRow {
        key: ItemKey::of_cookie(&rule.pattern).to_string(),
        name: String::from_utf8_lossy(name).into_owned(),
        lang: what.tag(),
        what: what.text.to_owned(),
        whose: listing::company(scene, &rule.recipient).text.to_owned(),
        lifetime: match seconds {
            None => words::lifetime(rule.lifetime, texts),
            Some(0) => texts.period.session.clone(),
            Some(seconds) => words::period(days(seconds), texts),
        },
        purpose: purpose.map(|purpose| purpose.id.clone()).unwrap_or_default(),
        always: always.unwrap_or_default(),
        envelope,
    }
}

/// Whole days, one at least.
fn days(seconds: i64) -> Period {
    let days = u16::try_from(seconds.saturating_add(DAY - 1) / DAY).unwrap_or(u16::MAX).max(1);
    Period { years: 0, months: 0, days }
}
