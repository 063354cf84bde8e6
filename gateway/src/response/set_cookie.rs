//! Each `Set-Cookie` of an answer is judged on its own, on every kind of answer. Lines that delete, as a browser
//! computes it, always pass; what passes keeps its bytes, except where the policy's mode or the origin's other
//! host name changes an attribute.

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};

use super::Exchange;
use crate::config::HostMode;
use crate::expiry::{is_optional, kept};
use crate::held::{Held, HeldLine, Kept};
use crate::inventory::{Inventory, Sighting};
use crate::site::{Judgement, Site, Treatment};
use crate::visitor::Visitor;
use crate::wire::cookie_line;
use crate::wire::names::NameList;
use crate::wire::set_cookie::{SetCookie, default_path};

/// Names of one answer that are told; a name may be long.
const MOST_NAMES: usize = 200;

/// What happened to an answer's cookies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Whether a line passed because the visitor granted its purpose.
    pub(super) granted: bool,
    /// Names of those that were dropped; in shadow mode, that would have been.
    pub(super) dropped: NameList,
    /// How many wait for the visitor's answer.
    pub(super) held: usize,
    /// How many should wait and found no room.
    pub(super) lost: usize,
}

/// Judges every line in place; under the emergency switch only lines in our own name go.
pub(super) fn judge(headers: &mut HeaderMap, exchange: &Exchange, inventory: &Inventory, held: &Held) -> Outcome {
    let Exchange { site, visitor, decision, treatment, target, now, .. } = exchange;
    let mut outcome = Outcome::default();
    if *treatment == Treatment::Bypass {
        pass(headers, site, visitor);
        return outcome;
    }
    for line in taken(headers) {
        let line = mapped(line, site);
        let cookie = SetCookie::parse(line.as_bytes());
        let judgement = site.judge(decision, cookie.judged_name());
        let deletes = cookie.is_deletion(now.0);
        if !deletes {
            let (treatment, from) = (*treatment, visitor.prefix());
            inventory.saw(Sighting { site, judgement, cookie: &cookie, target, treatment, from, now: *now });
        }
        let ours = Site::is_own_cookie(visitor.scheme, cookie.judged_name());
        let passes = !ours && (deletes || site.may_be_set(judgement));
        if let (Judgement::Unanswered(_), Treatment::Enforce, false) = (judgement, treatment, ours) {
            outcome.hold(&line, deletes, exchange, held);
        }
        if !passes && outcome.dropped.len() < MOST_NAMES {
            outcome.dropped.push(cookie.judged_name());
        }
        if *treatment == Treatment::Enforce && passes {
            outcome.granted |= is_optional(site, judgement);
            let as_kept = if deletes { None } else { kept(&line, site, judgement, decision, *now) };
            headers.append(SET_COOKIE, as_kept.unwrap_or(line));
        } else if *treatment != Treatment::Enforce && !ours {
            headers.append(SET_COOKIE, line);
        }
    }
    outcome
}

impl Outcome {
    /// Lets a line wait for its answer. One that deletes passes, and takes what waits with it.
    fn hold(&mut self, line: &HeaderValue, deletes: bool, exchange: &Exchange, room: &Held) {
        let Exchange { site, visitor, target, now, .. } = exchange;
        let folder = default_path(target).to_vec();
        let held = HeldLine { at: *now, folder, line: line.as_bytes().to_vec() };
        let visitor = visitor.token.and_then(|token| token.ids).map(|ids| ids.visitor);
        match visitor {
            Some(visitor) if deletes => {
                room.take(&site.config.name, visitor, |waiting| waiting.is_same_cookie(&held));
            }
            Some(visitor) => match room.keep(&site.config.name, visitor, held) {
                Kept::Waiting => self.held += 1,
                Kept::Lost => self.lost += 1,
            },
            None => self.lost += 1,
        }
    }
}

/// Lets every line pass but those in our own name, which no site may write.
fn pass(headers: &mut HeaderMap, site: &Site, visitor: &Visitor) {
    // All our names begin so, and a name that is nowhere in a line is not what the line sets.
    let own = Site::cookie_name(visitor.scheme).as_bytes();
    let speaks_of_us = |line: &HeaderValue| memchr::memmem::find(line.as_bytes(), own).is_some();
    let as_they_are = !site.config.plain && site.config.host == HostMode::Visitor;
    if as_they_are && !headers.get_all(SET_COOKIE).iter().any(speaks_of_us) {
        return;
    }
    for line in taken(headers) {
        let line = mapped(line, site);
        if !Site::is_own_cookie(visitor.scheme, SetCookie::parse(line.as_bytes()).judged_name()) {
            headers.append(SET_COOKIE, line);
        }
    }
}

fn taken(headers: &mut HeaderMap) -> Vec<HeaderValue> {
    let lines: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().cloned().collect();
    headers.remove(SET_COOKIE);
    lines
}

/// A line as the visitor's host can have it; the same bytes, unless the origin is seen under another host or scheme.
fn mapped(line: HeaderValue, site: &Site) -> HeaderValue {
    let line = mapped_domain(line, site);
    if !site.config.plain {
        return line;
    }
    HeaderValue::from_bytes(&cookie_line::without_secure(line.as_bytes())).unwrap_or(line)
}

/// Where the origin has another host name, its cookies belong to the visitor's host; otherwise the same bytes.
fn mapped_domain(line: HeaderValue, site: &Site) -> HeaderValue {
    let of_origin = site.config.host == HostMode::Origin
        && SetCookie::parse(line.as_bytes()).domain.is_some_and(|domain| covers_origin(domain, site));
    if !of_origin {
        return line;
    }
    HeaderValue::from_bytes(&cookie_line::with_domain(line.as_bytes(), None)).unwrap_or(line)
}

fn covers_origin(domain: &[u8], site: &Site) -> bool {
    let host = site.config.origin.host().unwrap_or_default().as_bytes();
    let domain = domain.strip_prefix(b".").unwrap_or(domain);
    let ends_so = host.len() >= domain.len()
        && host.iter().rev().zip(domain.iter().rev()).all(|(one, two)| one.eq_ignore_ascii_case(two));
    ends_so && (host.len() == domain.len() || host.get(host.len() - domain.len() - 1) == Some(&b'.'))
}
