//! One header that tells an operator what was decided about this very request. Names and counts, never a value.
//!
//! Refuses to be kept: an answer that explains itself is for whoever asked. Invariant: it holds no byte of a visitor's
//! that isn't percent-encoded.

use http::header::{CACHE_CONTROL, HeaderName};
use http::{HeaderMap, HeaderValue};

use super::{Exchange, Report};
use crate::class::Class;
use crate::wire::names::NameList;

/// The header.
static RESULT: HeaderName = HeaderName::from_static("consent-debug-result");

/// Names that are told of each kind.
const MOST_NAMES: usize = 20;
/// Bytes of a name that are told.
const LONGEST_NAME: usize = 64;

/// Explains the decision in the answer's head.
pub fn explain(headers: &mut HeaderMap, exchange: &Exchange, report: &Report) {
    let Exchange { site, visitor, decision, treatment, names: came, .. } = exchange;
    let policy = &site.config.policy;
    let granted = policy.ids(decision.granted).join(",");
    let token = match &visitor.token {
        Some(token) if token.policy == policy.version => "current",
        Some(token) if policy.carried(token).is_some() => "of-an-earlier-version",
        Some(_) => "of-another-policy",
        None if visitor.broken_token => "broken",
        None => "none",
    };
    let lang = visitor.lang(None, &exchange.site.config.languages).tag();
    let text = format!(
        "site={}; treatment={}; basis={}; granted={granted}; prompt={}; choice={token}; kept-back={}; dropped={}; \
         expired={}; page={}; regime={}; lang={lang}; gpc={}; policy={}; class={}",
        site.config.name,
        treatment.name(),
        decision.basis.name(),
        flag(decision.prompt),
        names(&came.refused),
        names(&report.dropped),
        report.expired,
        if report.page { "judged" } else { "untouched" },
        decision.regime.name(),
        flag(visitor.signals.gpc),
        policy.version,
        exchange.class.as_ref().map_or("none", Class::letters),
    );
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(RESULT.clone(), value);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

const fn flag(on: bool) -> u8 {
    if on { 1 } else { 0 }
}

/// How many, and which.
fn names(list: &NameList) -> String {
    let told = list.iter().take(MOST_NAMES).map(encoded).collect::<Vec<_>>().join(",");
    format!("{}({told})", list.len())
}

fn encoded(name: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$*+".contains(&byte);
    let cut = name.iter().take(LONGEST_NAME);
    cut.map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
