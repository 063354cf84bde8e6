//! The `Cookie` header towards the origin: without our own cookie and without refused ones; every other byte as
//! it came. Refuses to look at values.

use std::sync::Arc;

use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use policies::{Decision, Timestamp};

use crate::config::Scheme;
use crate::site::{Judgement, Site, Treatment};
use crate::visitor::{Circumstances, Left, Names, Visitor};
use crate::wire::Filtered;
use crate::wire::cookie_header::{self, MOST_NAMES};

/// Filters every `Cookie` line in place, and tells whether the connection's last request said the very same. `in_crumbs` says that
/// the visitor's protocol may part the lines.
pub(super) fn filter(
    headers: &mut HeaderMap,
    site: &Site,
    visitor: &Visitor,
    decision: &Decision,
    treatment: Treatment,
    in_crumbs: bool,
    now: Timestamp,
) -> (Arc<Names>, bool) {
    if !headers.contains_key(COOKIE) {
        return (Arc::default(), false);
    }
    let circumstances = Circumstances {
        decision: *decision,
        treatment,
        scheme: visitor.scheme,
        in_crumbs,
        settled: visitor.has_settled(now),
        from: visitor.prefix(),
    };
    let (Left { lines, names }, again) = visitor
        .recent
        .left(headers, site, circumstances, || left(headers, site, visitor.scheme, decision, treatment, in_crumbs));
    if let Some(lines) = lines {
        headers.remove(COOKIE);
        for line in lines {
            headers.append(COOKIE, line);
        }
    }
    (names, again)
}

/// What is left of the lines.
fn left(
    headers: &HeaderMap,
    site: &Site,
    scheme: Scheme,
    decision: &Decision,
    treatment: Treatment,
    in_crumbs: bool,
) -> Left {
    let mut names = Names::default();
    let mut keep = |name: &[u8]| {
        if Site::is_own_cookie(scheme, name) {
            return false;
        }
        if treatment == Treatment::Bypass {
            return true;
        }
        let judgement = site.judge(decision, name);
        note(&mut names, name, judgement);
        treatment == Treatment::Shadow || site.reaches_origin(judgement)
    };
    let mut lines = Vec::new();
    let mut changed = false;
    for line in headers.get_all(COOKIE) {
        match cookie_header::filter(line.as_bytes(), &mut keep) {
            Filtered::Unchanged => lines.push(line.clone()),
            Filtered::Changed(left) => {
                changed = true;
                lines.extend(HeaderValue::from_maybe_shared(Bytes::from(left)).ok());
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
    // A line as it came is a part of the whole head: what is remembered must not keep that.
    let lines =
        changed.then(|| lines.iter().filter_map(|line| HeaderValue::from_bytes(line.as_bytes()).ok()).collect());
    Left { lines, names: Arc::new(names) }
}

fn note(names: &mut Names, name: &[u8], judgement: Judgement<'_>) {
    let list = match judgement {
        Judgement::Granted(_) => return,
        Judgement::Refused(_) | Judgement::Unanswered(_) => &mut names.refused,
        Judgement::Unknown => &mut names.unknown,
    };
    if list.len() < MOST_NAMES {
        list.push(name);
    }
}
