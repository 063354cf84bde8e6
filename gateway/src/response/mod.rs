//! What the visitor gets of an answer: every cookie judged, refused trackers asleep in pages, the banner where an
//! answer is owed, and headers that are true of what was changed. Other bodies stream untouched.

mod body;
pub mod coding;
mod headers;
mod judge;
mod page;
mod plan;
mod set_cookie;

pub use body::Error as PageError;

use std::sync::Arc;

use http::header::SET_COOKIE;
use http::{HeaderValue, Method, Response};
use hyper::body::Incoming;
use policies::{Decision, Timestamp};

use crate::body::{Body, streamed};
use crate::books::Books;
use crate::config::Limits;
use crate::expiry::deletions;
use crate::html::Base;
use crate::site::Site;
use crate::visitor::Visitor;

use judge::SiteJudge;

/// Everything about the request that its answer hangs on.
#[derive(Clone)]
pub struct Exchange {
    /// Whose site.
    pub site: Arc<Site>,
    /// Who asks.
    pub visitor: Visitor,
    /// What holds.
    pub decision: Decision,
    /// The request's method.
    pub method: Method,
    /// Path and query, to come back to.
    pub target: String,
    /// Names of cookies that came and were kept from the origin.
    pub refused_names: Vec<Vec<u8>>,
    /// When the request came.
    pub now: Timestamp,
}

impl Exchange {
    /// The answer's address as the browser knows it: what it names is relative to that.
    fn address(&self) -> Base {
        let Visitor { scheme, host, .. } = &self.visitor;
        Base::of_page(&format!("{}://{host}{}", scheme.name(), self.target))
    }
}

/// What was done to an answer's head, for the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Its cookies.
    pub cookies: set_cookie::Outcome,
    /// Cookies expired.
    pub expired: usize,
    /// Whether its body is a page that is read on the way.
    pub page: bool,
}

/// Makes the visitor's answer of the origin's. `clean_cookie` is a consent cookie to send along, if one is due.
///
/// # Errors
/// The page's codec can't be set up.
pub fn finish(
    response: Response<Incoming>,
    exchange: &Exchange,
    books: &Books,
    limits: &Limits,
    clean_cookie: Option<HeaderValue>,
) -> Result<(Response<Body>, Report), coding::Error> {
    let (mut parts, body) = response.into_parts();
    let Exchange { site, visitor, .. } = exchange;
    let judge = Arc::new(SiteJudge::new(exchange, books));
    headers::remove_hop_by_hop(parts.status, &mut parts.headers);
    headers::map_locations(&mut parts.headers, site, visitor);
    headers::gate_links(&mut parts.headers, judge.as_ref(), &exchange.address());
    let cookies = set_cookie::judge(&mut parts.headers, exchange, &books.inventory);
    let mut report = Report { cookies, ..Report::default() };
    if let Some(clean) = clean_cookie {
        parts.headers.append(SET_COOKIE, clean);
        headers::mark_unstorable(&mut parts.headers);
    }
    if exchange.visitor.navigation.to_page && !site.config.shadow {
        let names = exchange.refused_names.iter().map(Vec::as_slice);
        let lines = deletions(site, visitor, &exchange.decision, &books.inventory, names, limits.expiries);
        report.expired = lines.len();
        for line in lines {
            parts.headers.append(SET_COOKIE, line);
            headers::mark_private(&mut parts.headers);
        }
    }
    let page = plan::page(&exchange.method, parts.status, &parts.headers);
    let plan = page.and_then(|page| page::plan(page, exchange, judge, &parts, limits));
    let body = match plan {
        None => streamed(body, limits.body_wait),
        Some(plan) => {
            report.page = true;
            headers::mark_changed(&mut parts.headers, site.config.cacheable && report.expired == 0);
            headers::vary_on_signal(&mut parts.headers);
            streamed(page::body(body, plan, exchange, books)?, limits.body_wait)
        }
    };
    Ok((Response::from_parts(parts, body), report))
}
