//! The `Cookie` header towards the origin: without our own cookie and without refused ones; every other byte as
//! it came. Refuses to look at values.

use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use policies::Decision;

use crate::site::{Judgement, Site, Treatment};
use crate::visitor::Visitor;
use crate::wire::Filtered;
use crate::wire::cookie_header::{self, MOST_NAMES};
use crate::wire::names::NameList;

/// The names that one request carried beside ours.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Names that were refused, in order; at most [`MOST_NAMES`].
    pub refused: NameList,
    /// Names that nobody speaks of; at most [`MOST_NAMES`].
    pub unknown: NameList,
}

/// Filters every `Cookie` line in place. `in_crumbs` says that the visitor's protocol may part them.
pub(super) fn filter(
    headers: &mut HeaderMap,
    site: &Site,
    visitor: &Visitor,
    decision: &Decision,
    treatment: Treatment,
    in_crumbs: bool,
) -> Names {
    let mut names = Names::default();
    if !headers.contains_key(COOKIE) {
        return names;
    }
    let mut keep = |name: &[u8]| {
        if Site::is_own_cookie(visitor.scheme, name) {
            return false;
        }
        if treatment == Treatment::Bypass {
            return true;
        }
        let judgement = site.judge(decision, name);
        names.note(name, judgement);
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
    if changed {
        headers.remove(COOKIE);
        for line in lines {
            headers.append(COOKIE, line);
        }
    }
    names
}

impl Names {
    fn note(&mut self, name: &[u8], judgement: Judgement<'_>) {
        let list = match judgement {
            Judgement::Granted(_) => return,
            Judgement::Refused(_) | Judgement::Unanswered(_) => &mut self.refused,
            Judgement::Unknown => &mut self.unknown,
        };
        if list.len() < MOST_NAMES {
            list.push(name);
        }
    }
}
