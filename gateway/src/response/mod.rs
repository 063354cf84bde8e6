//! What the visitor gets of an answer: every cookie judged, refused trackers asleep in pages, the banner where an
//! answer is owed, and headers that are true of what was changed. Other bodies stream untouched.

mod body;
pub mod coding;
mod csp;
mod explain;
mod framing;
mod headers;
mod judge;
mod loader;
mod overheard;
mod page;
mod plan;
mod set_cookie;
mod trailers;

pub use body::Error as PageError;
pub use explain::explain;
pub use loader::{nothing, settle_loader};
pub use plan::brings_page;

use std::sync::Arc;

use http::header::{HeaderName, LINK, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use policies::{Decision, Mode, Timestamp};

use crate::body::{Body, Patience, streamed};
use crate::books::Books;
use crate::class::Class;
use crate::client::AnswerBody;
use crate::config::{Doubt, Limits, Outcome};
use crate::expiry::deletions;
use crate::html::Base;
use crate::site::{Site, Treatment};
use crate::view::Kept;
use crate::visitor::{Names, Visitor};
use crate::wire::names::NameList;

use judge::SiteJudge;

/// Everything about the request that its answer hangs on.
pub struct Exchange {
    /// Whose site.
    pub site: Arc<Site>,
    /// Who asks.
    pub visitor: Visitor,
    /// What holds.
    pub decision: Decision,
    /// How far that is acted on.
    pub treatment: Treatment,
    /// The class of its page; None where nothing is enforced.
    pub class: Option<Class>,
    /// What a form in its page is sealed with.
    pub form_seal: String,
    /// The request's method.
    pub method: Method,
    /// Path and query, to come back to.
    pub target: String,
    /// Names of cookies that came: those that were refused were kept from the origin.
    pub names: Arc<Names>,
    /// The origin's tags of pages of this class that the visitor has.
    pub kept_pages: Vec<Vec<u8>>,
    /// The visitor reads trailers.
    pub reads_trailers: bool,
    /// When the request came.
    pub now: Timestamp,
    /// How long the answer's body may take.
    pub patience: Patience,
}

impl Exchange {
    /// The answer's address as the browser knows it: what it names is relative to that.
    fn address(&self) -> Base {
        let Visitor { scheme, host, .. } = &self.visitor;
        Base::of_page(&format!("{}://{host}{}", scheme.name(), self.target))
    }

    /// What a form in the page repeats of the visitor's answer to an earlier version.
    fn kept(&self) -> Kept {
        self.visitor.kept(&self.site, &self.decision, self.now)
    }

    /// The reserved path as the browser knows it, whatever a page's `<base>` makes of paths.
    fn own_address(&self) -> String {
        let Visitor { scheme, host, .. } = &self.visitor;
        format!("{}://{host}{}", scheme.name(), self.site.config.prefix)
    }
}

/// `Set-Cookie` lines of the gateway's own that an answer carries.
#[derive(Debug, Default)]
pub struct OwnLines {
    /// The consent cookie, where it changed.
    pub consent: Option<HeaderValue>,
    /// Deletions of what an earlier choice refused.
    pub deletions: Vec<HeaderValue>,
}

/// What was done to an answer's head, for the log.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Names of its cookies that were dropped; in shadow mode, that would have been.
    pub dropped: NameList,
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

/// Makes the visitor's answer of the origin's.
///
/// # Errors
/// See [`Error`].
pub fn finish(
    response: Response<AnswerBody>,
    exchange: &Arc<Exchange>,
    books: &Books,
    limits: &Limits,
    own_lines: OwnLines,
) -> Result<(Response<Body>, Report), Error> {
    let (mut parts, body) = response.into_parts();
    let headers = &mut parts.headers;
    headers::remove_hop_by_hop(parts.status, headers);
    headers::map_locations(headers, &exchange.site, &exchange.visitor);
    let set_cookie::Outcome { granted, dropped, held, lost } =
        set_cookie::judge(headers, exchange, &books.inventory, &books.held);
    count_as_it_came(parts.status, headers, exchange, books);
    if exchange.treatment == Treatment::Bypass {
        let trailers = trailers::Rule::read(headers, exchange, books);
        let body = streamed(trailers.judging(body), exchange.patience);
        return Ok((Response::from_parts(parts, body), Report::default()));
    }
    if headers.contains_key(LINK) {
        headers::gate_links(headers, &SiteJudge::new(exchange, books), &exchange.address());
    }
    if granted || held + lost > 0 {
        headers::keep_from_shared(headers);
    }
    headers::tell_waiting(headers, waiting(exchange, books, held), lost);
    if exchange.site.config.origin_key.is_some() && headers::hang_on_word(headers) {
        headers::keep_from_shared(headers);
        headers::vary_on_visitor(headers, told_by(exchange));
    }
    let expired = expire(headers, exchange, books, limits, own_lines.deletions);
    let page = plan::page(&exchange.method, parts.status, headers);
    let page = page.or_else(|doubt| settled(doubt, exchange, books).map(|()| None))?;
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
    if let Some(consent) = own_lines.consent {
        headers.append(SET_COOKIE, consent);
        headers::mark_unstorable(headers);
    }
    let trailers = trailers::Rule::read(headers, exchange, books);
    let report = Report { dropped, expired, page: plan.is_some() };
    let body = match plan {
        None => streamed(trailers.judging(body), exchange.patience),
        Some(plan) if exchange.treatment == Treatment::Shadow => {
            streamed(trailers.judging(page::overheard(body, plan, limits)?), exchange.patience)
        }
        Some(plan) => streamed(trailers.judging(page::body(body, plan, exchange, books, limits)?), exchange.patience),
    };
    Ok((Response::from_parts(parts, body), report))
}

/// Counts a page that nothing is put into: where nothing is enforced, and where the visitor has the page already.
fn count_as_it_came(status: StatusCode, headers: &HeaderMap, exchange: &Exchange, books: &Books) {
    let is_had = status == StatusCode::NOT_MODIFIED;
    let is_sent = exchange.treatment != Treatment::Enforce && status.is_success() && brings_page(headers);
    if is_had || (is_sent && !page::is_attached(headers)) {
        page::count(exchange, true, books);
    }
}

/// How many cookies wait for this visitor's answer, as far as this answer should say so: a page tells of all, since a
/// redirect before it had nobody to tell.
fn waiting(exchange: &Exchange, books: &Books, held: usize) -> usize {
    let Exchange { site, visitor, decision, now, .. } = exchange;
    let asks = decision.mode == Mode::Ask && visitor.navigation.to_page;
    match visitor.token.and_then(|token| token.ids).filter(|_| asks) {
        Some(ids) => books.held.of(&site.config.name, ids.visitor, *now).len(),
        None => held,
    }
}

/// Expires what the visitor refused and what came all the same, beside what is `due` by an earlier choice; how many lines
/// that took.
fn expire(
    headers: &mut HeaderMap,
    exchange: &Exchange,
    books: &Books,
    limits: &Limits,
    due: Vec<HeaderValue>,
) -> usize {
    let Exchange { site, visitor, decision, .. } = exchange;
    if !visitor.navigation.to_page || exchange.treatment != Treatment::Enforce {
        return 0;
    }
    let names = exchange.names.refused.iter();
    let room = limits.expiries.saturating_sub(due.len());
    let lines = deletions(site, visitor, decision, &books.inventory, names, room);
    let count = due.len() + lines.len();
    headers.extend(due.into_iter().chain(lines).map(|line| (SET_COOKIE, line)));
    count
}

/// A page, its head or the word that it is unchanged: of this class alone, whatever the origin says. Where nothing is
/// enforced pages stay the origin's own.
fn mark_page(headers: &mut HeaderMap, exchange: &Exchange, changed: bool) {
    let Some(class) = &exchange.class else { return };
    if changed {
        headers::drop_descriptions(headers);
        csp::mend(headers, exchange);
    }
    headers::mark_class(headers, class);
    if !exchange.site.config.cacheable {
        headers::mark_private(headers);
        headers::vary_on_visitor(headers, told_by(exchange));
    }
}

/// The headers by which a visitor's country changes the answer.
fn told_by(exchange: &Exchange) -> &[HeaderName] {
    let regions = &exchange.site.config.regions;
    if regions.tell_apart() { &regions.told_by } else { &[] }
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

#[cfg(test)]
mod tests;
