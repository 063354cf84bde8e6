//! What the visitor gets of an answer: every cookie judged, refused trackers asleep in pages, the banner where an
//! answer is owed, and headers that are true of what was changed. Other bodies stream untouched.

mod body;
pub mod coding;
mod explain;
mod headers;
mod judge;
mod overheard;
mod page;
mod plan;
mod set_cookie;

pub use body::Error as PageError;
pub use explain::explain;

use std::sync::Arc;

use http::header::SET_COOKIE;
use http::{HeaderValue, Method, Response};
use hyper::body::Incoming;
use policies::{Decision, Timestamp};

use crate::body::{Body, streamed};
use crate::books::Books;
use crate::config::{Doubt, Limits, Outcome};
use crate::expiry::deletions;
use crate::site::{Site, Treatment};
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
    /// How far that is acted on.
    pub treatment: Treatment,
    /// The request's method.
    pub method: Method,
    /// Path and query, to come back to.
    pub target: String,
    /// Names of cookies that came and were kept from the origin.
    pub refused_names: Vec<Vec<u8>>,
    /// When the request came.
    pub now: Timestamp,
}

/// What was done to an answer's head, for the log.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Names of its cookies that were dropped; in shadow mode, that would have been.
    pub dropped: Vec<Vec<u8>>,
    /// Cookies expired.
    pub expired: usize,
    /// Whether its body is a page that is read on the way.
    pub page: bool,
}

/// Why there is no answer for the visitor.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The page's codec can't be set up.
    #[error(transparent)]
    Coding(#[from] coding::Error),
    /// The page can't be judged, and the site chose to answer nothing then.
    #[error("the page can't be judged: {}", .0.name())]
    Doubt(Doubt),
}

/// Makes the visitor's answer of the origin's. `clean_cookie` is a consent cookie to send along, if one is due.
///
/// # Errors
/// See [`Error`].
pub fn finish(
    response: Response<Incoming>,
    exchange: &Exchange,
    books: &Books,
    limits: &Limits,
    clean_cookie: Option<HeaderValue>,
) -> Result<(Response<Body>, Report), Error> {
    let (mut parts, body) = response.into_parts();
    let Exchange { site, visitor, .. } = exchange;
    let judge = Arc::new(SiteJudge::new(exchange, books));
    headers::remove_hop_by_hop(parts.status, &mut parts.headers);
    headers::map_locations(&mut parts.headers, site, visitor);
    if exchange.treatment == Treatment::Bypass {
        set_cookie::pass(&mut parts.headers, site, visitor);
        return Ok((Response::from_parts(parts, streamed(body, limits.body_wait)), Report::default()));
    }
    headers::gate_links(&mut parts.headers, judge.as_ref());
    let mut report =
        Report { dropped: set_cookie::judge(&mut parts.headers, exchange, &books.inventory), ..Report::default() };
    if let Some(clean) = clean_cookie {
        parts.headers.append(SET_COOKIE, clean);
        headers::mark_unstorable(&mut parts.headers);
    }
    if exchange.visitor.navigation.to_page && exchange.treatment == Treatment::Enforce {
        let names = exchange.refused_names.iter().map(Vec::as_slice);
        let lines = deletions(site, visitor, &exchange.decision, &books.inventory, names, limits.expiries);
        report.expired = lines.len();
        for line in lines {
            parts.headers.append(SET_COOKIE, line);
            headers::mark_private(&mut parts.headers);
        }
    }
    let page = plan::page(&exchange.method, parts.status, &parts.headers);
    let page = page.or_else(|doubt| settled(doubt, exchange, books).map(|()| None))?;
    let plan = page.and_then(|page| page::plan(page, exchange, judge, &parts, limits));
    let body = match plan {
        None => streamed(body, limits.body_wait),
        Some(plan) if exchange.treatment == Treatment::Shadow => {
            report.page = true;
            streamed(page::overheard(body, plan)?, limits.body_wait)
        }
        Some(plan) => {
            report.page = true;
            headers::mark_changed(&mut parts.headers, site.config.cacheable && report.expired == 0);
            headers::vary_on_signal(&mut parts.headers);
            streamed(page::body(body, plan, exchange, books)?, limits.body_wait)
        }
    };
    Ok((Response::from_parts(parts, body), report))
}

/// What the site chose for a page that can't be read. Where nothing is enforced there is nothing to settle.
fn settled(doubt: Doubt, exchange: &Exchange, books: &Books) -> Result<(), Error> {
    if exchange.treatment != Treatment::Enforce {
        return Ok(());
    }
    match books.settle(&exchange.site, doubt) {
        Outcome::Open => Ok(()),
        Outcome::Closed => Err(Error::Doubt(doubt)),
    }
}
