//! What the visitor gets of an answer: every cookie judged, refused trackers asleep in pages, the banner where an
//! answer is owed, and headers that are true of what was changed. Other bodies stream untouched.

mod body;
pub mod coding;
mod headers;
mod judge;
mod page;
mod plan;
mod set_cookie;
mod trailers;

pub use body::Error as PageError;

use std::sync::Arc;

use http::header::{LINK, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use hyper::body::Incoming;
use policies::{Decision, Timestamp};

use crate::body::{Body, streamed};
use crate::books::Books;
use crate::class::Class;
use crate::config::Limits;
use crate::expiry::deletions;
use crate::site::Site;
use crate::visitor::Visitor;

use judge::SiteJudge;

/// Everything about the request that its answer hangs on.
pub struct Exchange {
    /// Whose site.
    pub site: Arc<Site>,
    /// Who asks.
    pub visitor: Visitor,
    /// What holds.
    pub decision: Decision,
    /// The class of its page; None in shadow mode.
    pub class: Option<Class>,
    /// What a form in its page is sealed with.
    pub form_seal: String,
    /// The request's method.
    pub method: Method,
    /// Path and query, to come back to.
    pub target: String,
    /// Names of cookies that came and were kept from the origin.
    pub refused_names: Vec<Vec<u8>>,
    /// The origin's tags of pages of this class that the visitor has.
    pub kept_pages: Vec<Vec<u8>>,
    /// The visitor reads trailers.
    pub reads_trailers: bool,
    /// When the request came.
    pub now: Timestamp,
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
    exchange: &Arc<Exchange>,
    books: &Books,
    limits: &Limits,
    clean_cookie: Option<HeaderValue>,
) -> Result<(Response<Body>, Report), coding::Error> {
    let (mut parts, body) = response.into_parts();
    let headers = &mut parts.headers;
    headers::remove_hop_by_hop(parts.status, headers);
    headers::map_locations(headers, &exchange.site, &exchange.visitor);
    if headers.contains_key(LINK) {
        headers::gate_links(headers, &SiteJudge::new(exchange, books));
    }
    let cookies = set_cookie::judge(headers, exchange, &books.inventory);
    if cookies.granted > 0 && !exchange.site.config.shadow {
        headers::keep_from_shared(headers);
    }
    let expired = expire(headers, exchange, books, limits);
    let page = plan::page(&exchange.method, parts.status, headers);
    let plan = page.and_then(|page| page::plan(page, exchange, books, &parts, limits));
    let headers = &mut parts.headers;
    if page.is_some() || plan::head_of_page(&exchange.method, headers) {
        mark_page(headers, exchange, plan.is_some() || page.is_none());
    } else if parts.status == StatusCode::NOT_MODIFIED && headers::speaks_of(headers, &exchange.kept_pages) {
        mark_page(headers, exchange, true);
    }
    if expired > 0 {
        headers::mark_private(headers);
    }
    if let Some(clean) = clean_cookie {
        headers.append(SET_COOKIE, clean);
        headers::mark_unstorable(headers);
    }
    let trailers = trailers::Rule::read(headers, exchange, books);
    let report = Report { cookies, expired, page: plan.is_some() };
    let body = match plan {
        None => streamed(trailers.judging(body), limits.body_wait),
        Some(plan) => streamed(trailers.judging(page::body(body, plan, exchange, books)?), limits.body_wait),
    };
    Ok((Response::from_parts(parts, body), report))
}

/// Expires what the visitor refused and what came all the same; how many lines that took.
fn expire(headers: &mut HeaderMap, exchange: &Exchange, books: &Books, limits: &Limits) -> usize {
    let Exchange { site, visitor, decision, .. } = exchange;
    if !visitor.navigation.to_page || site.config.shadow {
        return 0;
    }
    let names = exchange.refused_names.iter().map(Vec::as_slice);
    let lines = deletions(site, visitor, decision, &books.inventory, names, limits.expiries);
    let count = lines.len();
    headers.extend(lines.into_iter().map(|line| (SET_COOKIE, line)));
    count
}

/// A page, its head or the word that it is unchanged: of this class alone, whatever the origin says. In shadow mode
/// pages are the origin's own, written anew.
fn mark_page(headers: &mut HeaderMap, exchange: &Exchange, changed: bool) {
    if changed {
        headers::drop_descriptions(headers);
    }
    let Some(class) = &exchange.class else { return };
    headers::mark_class(headers, class);
    if !exchange.site.config.cacheable {
        headers::mark_private(headers);
        headers::vary_on_visitor(headers);
    }
}
