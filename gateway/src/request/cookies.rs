//! The `Cookie` header towards the origin: without our own cookie and without refused ones; every other byte as
//! it came. Refuses to look at values.

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use policies::Decision;

use crate::site::{Judgement, Site, Treatment};
use crate::visitor::Visitor;
use crate::wire::Filtered;
use crate::wire::cookie_header::{self, pairs};

/// At most so many names of one request are remembered.
const MOST_NAMES: usize = 200;

/// What one request carried, by name.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Names that were refused, in order.
    pub refused: Vec<Vec<u8>>,
    /// Names that nobody speaks of.
    pub unknown: Vec<Vec<u8>>,
}

/// Filters every `Cookie` line in place. `in_crumbs` says that the visitor's protocol may part them.
pub(super) fn filter(
    headers: &mut HeaderMap,
    name: &HeaderName,
    site: &Site,
    visitor: &Visitor,
    decision: &Decision,
    treatment: Treatment,
    in_crumbs: bool,
) -> Seen {
    let mut seen = Seen::default();
    let Some(_) = headers.get(name) else { return seen };
    let own = Site::cookie_name(visitor.scheme).as_bytes();
    let mut lines = Vec::new();
    let mut changed = false;
    for line in headers.get_all(name) {
        if treatment != Treatment::Bypass {
            note(line.as_bytes(), site, decision, &mut seen);
        }
        let passes = |name: &[u8]| treatment != Treatment::Enforce || site.reaches_origin(site.judge(decision, name));
        let keep = |name: &[u8]| name != own && passes(name);
        match cookie_header::filter(line.as_bytes(), keep) {
            Filtered::Unchanged => lines.push(line.clone()),
            Filtered::Changed(left) => {
                changed = true;
                lines.extend(HeaderValue::from_bytes(&left).ok());
            }
            Filtered::Empty => changed = true,
        }
    }
    // HTTP/2 may part the cookies into several lines; HTTP/1.1 has one (RFC 9113 8.2.3).
    if in_crumbs && lines.len() > 1 {
        let joined = lines.iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b"; "[..]);
        lines = HeaderValue::from_bytes(&joined).into_iter().collect();
        changed = true;
    }
    if changed {
        headers.remove(name);
        for line in lines {
            headers.append(name, line);
        }
    }
    seen
}

fn note(line: &[u8], site: &Site, decision: &Decision, seen: &mut Seen) {
    for pair in pairs(line).take(MOST_NAMES) {
        let list = match site.judge(decision, pair.name) {
            Judgement::Granted(_) => continue,
            Judgement::Refused(_) => &mut seen.refused,
            Judgement::Unknown => &mut seen.unknown,
        };
        if list.len() < MOST_NAMES {
            list.push(pair.name.to_vec());
        }
    }
}
