//! What a visitor answered to another consent tool, read from the cookie in which that tool keeps it.
//!
//! Refuses doubt: a cookie that came twice with different values, is too long, is broken, or holds only what the tool
//! assumed before anybody answered, is no answer. Invariant: nothing of a value leaves this file but names of categories, yes
//! or no, a date, and a random number of the tool's own. Usercentrics keeps its answers in the browser's storage, which no
//! request shows.

use policies::Timestamp;
use serde_json::Value;

use super::{COMPLIANZ, COOKIEBOT, KLARO, ONE_TRUST, Tool, VANILLA};

/// Bytes of a cookie's value; browsers keep no longer one.
const LONGEST_VALUE: usize = 4_096;
/// Categories or services in one answer.
const MOST_CATEGORIES: usize = 64;
/// Bytes of a name, and of a random number.
const LONGEST_NAME: usize = 64;

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who was told.
    pub tool: &'static Tool,
    /// Categories or services, each with yes or no.
    pub said: Vec<(String, bool)>,
    /// When, if the cookie says so.
    pub made: Option<Timestamp>,
    /// The random number that the tool gave to the answer, if any.
    pub id: Option<String>,
}

/// Every answer that a request's cookies tell; `find` gives all values of a cookie's name.
pub fn answers<'v>(find: impl Fn(&str) -> Vec<&'v [u8]>) -> Vec<Answer> {
    let one = |name: &str| {
        let values = find(name);
        let first = *values.first()?;
        let alike = values.iter().all(|value| *value == first) && first.len() <= LONGEST_VALUE;
        alike.then(|| decoded(first)).flatten()
    };
    let all = [one_trust(&one), cookiebot(&one), klaro(&one), vanilla(&one), complianz(&one)];
    all.into_iter().flatten().filter(is_sound).collect()
}

fn is_sound(answer: &Answer) -> bool {
    let names = answer.said.iter().all(|(name, _)| !name.is_empty() && name.len() <= LONGEST_NAME);
    let id = answer.id.as_ref().is_none_or(|id| !id.is_empty() && id.len() <= LONGEST_NAME);
    names && id && !answer.said.is_empty() && answer.said.len() <= MOST_CATEGORIES
}

/// Percent-decoded UTF-8; None for anything else.
fn decoded(value: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (high, low) = (char::from(rest.next()?).to_digit(16)?, char::from(rest.next()?).to_digit(16)?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

fn date(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp(at.as_second()))
}

/// `groups=C0001:1,C0002:0` among fields like those of a query. The second cookie is set when somebody has answered, and only then.
fn one_trust(cookie: &dyn Fn(&str) -> Option<String>) -> Option<Answer> {
    let made = date(&cookie("OptanonAlertBoxClosed")?)?;
    let consent = cookie("OptanonConsent")?;
    let field = |name: &str| consent.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    let groups = field("groups")?.split(',').map(|group| match group.rsplit_once(':')? {
        (name, "1") => Some((name.to_owned(), true)),
        (name, "0") => Some((name.to_owned(), false)),
        _ => None,
    });
    let said = groups.collect::<Option<Vec<_>>>()?;
    Some(Answer { tool: &ONE_TRUST, said, made: Some(made), id: field("consentId").map(str::to_owned) })
}

/// `{stamp:'…',necessary:true,preferences:false,…,method:'explicit',ver:1,utc:1700000000000,region:'kr'}`: no JSON.
fn cookiebot(cookie: &dyn Fn(&str) -> Option<String>) -> Option<Answer> {
    let text = cookie("CookieConsent")?;
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let field = |name: &str| inside.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix(':'));
    if field("method")?.trim_matches('\'') != "explicit" {
        return None;
    }
    let said = ["necessary", "preferences", "statistics", "marketing"].map(|name| match field(name)? {
        "true" => Some((name.to_owned(), true)),
        "false" => Some((name.to_owned(), false)),
        _ => None,
    });
    let said = said.into_iter().collect::<Option<Vec<_>>>()?;
    let made = field("utc").and_then(|utc| utc.parse::<i64>().ok()).map(|utc| Timestamp(utc.div_euclid(1_000)));
    let id = field("stamp").map(|stamp| stamp.trim_matches('\'').to_owned());
    Some(Answer { tool: &COOKIEBOT, said, made, id })
}

/// `{"service":true}`, without a date.
fn klaro(cookie: &dyn Fn(&str) -> Option<String>) -> Option<Answer> {
    let Value::Object(services) = serde_json::from_str(&cookie("klaro")?).ok()? else { return None };
    let said = services.into_iter().map(|(name, yes)| Some((name, yes.as_bool()?))).collect::<Option<Vec<_>>>()?;
    Some(Answer { tool: &KLARO, said, made: None, id: None })
}

/// Since version 3: `categories` are those accepted, the keys of `services` are all that were asked about.
fn vanilla(cookie: &dyn Fn(&str) -> Option<String>) -> Option<Answer> {
    let value: Value = serde_json::from_str(&cookie("cc_cookie")?).ok()?;
    let accepted = value.get("categories")?.as_array()?;
    let accepted = accepted.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
    let asked = value.get("services")?.as_object()?;
    if !accepted.iter().all(|name| asked.contains_key(*name)) {
        return None;
    }
    let said = asked.keys().map(|name| (name.clone(), accepted.contains(&name.as_str()))).collect();
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    // What was saved last is what holds.
    let made = text("lastConsentTimestamp").or_else(|| text("consentTimestamp")).and_then(date);
    Some(Answer { tool: &VANILLA, said, made, id: text("consentId").map(str::to_owned) })
}

/// A cookie for each category, `allow` or `deny`, without a date; the last one says that somebody closed its banner.
fn complianz(cookie: &dyn Fn(&str) -> Option<String>) -> Option<Answer> {
    if cookie("cmplz_banner-status")? != "dismissed" {
        return None;
    }
    let named = ["functional", "preferences", "statistics-anonymous", "statistics", "marketing"];
    let said = named.into_iter().filter_map(|name| {
        let yes = match cookie(&format!("cmplz_{name}"))?.as_str() {
            "allow" => Some(true),
            "deny" => Some(false),
            _ => None,
        };
        Some(yes.map(|yes| (name.to_owned(), yes)))
    });
    Some(Answer { tool: &COMPLIANZ, said: said.collect::<Option<Vec<_>>>()?, made: None, id: None })
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
