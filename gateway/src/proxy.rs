//! The walk of a request through the house: the one place that knows the order. It takes one snapshot of the
//! configuration and one reading of the clock; both are arguments from here on.

mod https;
mod live;

pub use live::{Gateways, SetupError};

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use policies::{Decision, Timestamp, Token};
use tokio::time::Instant;

use crate::body::{Body, Patience, UploadClock, full, upload};
use crate::books::Books;
use crate::class::Class;
use crate::config::{Doubt, Limits};
use crate::enforcement::{self, Passes};
use crate::error::Error;
use crate::origin;
use crate::portal;
use crate::request;
use crate::request::{Names, Seen};
use crate::response::{self, Exchange, OwnLines};
use crate::site::{Site, Treatment};
use crate::telemetry::Account;
use crate::visitor::{Approach, Peer, Visitor};
use crate::wire::path::{self, Standing};
use live::Live;

/// Where browsers and others look whether Global Privacy Control is honoured.
const GPC_PATH: &str = "/.well-known/gpc.json";

/// The gateway of one worker: answers requests.
pub struct Gateway {
    live: ArcSwap<Live>,
    books: Books,
}

impl Gateway {
    /// What outlives a reload.
    #[must_use]
    pub const fn books(&self) -> &Books {
        &self.books
    }

    /// The bounds in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.live.load().runtime.limits
    }

    /// Whether an address is that of a proxy in front that is believed.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.live.load().runtime.front.trust.believes(address)
    }

    /// Answers one request, and tells of it in `account` as far as it came.
    ///
    /// # Errors
    /// See [`Error`]; the error knows the answer to give.
    pub async fn answer(
        &self,
        mut request: Request<Incoming>,
        peer: Peer,
        account: &mut Account,
    ) -> Result<Response<Body>, Error> {
        let (live, now, begun) = (self.live.load_full(), now(), Instant::now());
        if request.method() == Method::CONNECT {
            return Err(Error::Connect);
        }
        let limits = &live.runtime.limits;
        let host = request::strict::host_of(&request, limits.headers)?;
        let approach = Approach::read(request.headers(), host, &peer, &live.runtime.front);
        let site = Arc::clone(live.runtime.sites.find(&approach.host, now).ok_or(Error::NoSite)?);
        account.site = Arc::clone(&site.label);
        account.wording = Some(Arc::clone(&site.config.wording));
        if let Some(response) = https::redirect(&request, &approach, &peer, &live.runtime.front) {
            return Ok(response);
        }
        if request::is_too_large(request.headers(), limits.request_body_bytes) {
            return Err(Error::Request(request::Error::TooLarge));
        }
        let passes = Passes::take(request.headers_mut(), &live.runtime.seal, now);
        let (parts, body) = request.into_parts();
        let mut visitor = Visitor::read(&parts, approach, &site, &live.runtime, now);
        visitor.pending = self.books.desk.pending.holds(&site.config.name, visitor.number());
        if self.books.telemetry.access().is_some() {
            account.network = visitor.network();
        }
        let (body, upload) = upload(body, limits.upload_wait, limits.request_body_bytes);
        let request = Request::from_parts(parts, body);
        match path::standing(request.uri().path(), &site.config.prefix) {
            Standing::Outside => {}
            Standing::Disguised => return Err(Error::Disguised),
            Standing::Inside(_) if site.config.policy_missing => return Err(Error::NoPolicy),
            Standing::Inside(path) => {
                let path = path.to_owned();
                let guest =
                    portal::Guest { site: &site, visitor: &visitor, runtime: &live.runtime, books: &self.books, now };
                // Boxed, so that requests that go on have no room for it.
                return Ok(Box::pin(portal::answer(request, &path, guest)).await);
            }
        }
        if request.uri().path() == GPC_PATH
            && !site.config.policy_missing
            && matches!(*request.method(), Method::GET | Method::HEAD)
        {
            return Ok(gpc_support(&site));
        }
        self.hand_on(request, Walker { live: &live, site, visitor, passes, upload, now, begun }, account).await
    }

    /// Hands a request on to the origin, and its answer back.
    async fn hand_on(
        &self,
        mut request: Request<Body>,
        walker: Walker<'_>,
        account: &mut Account,
    ) -> Result<Response<Body>, Error> {
        let Walker { live, site, mut visitor, passes, upload, now, begun } = walker;
        let (runtime, limits) = (&live.runtime, &live.runtime.limits);
        let patience =
            Patience { stall: limits.body_wait, end: limits.exchange_wait.map(|wait| Instant::now() + wait) };
        let path = request.uri().path();
        let treatment = enforcement::treatment(path, &site, &visitor, passes, &self.books.bypass, &runtime.seal);
        if treatment == Treatment::Enforce {
            portal::adopt(&site, &mut visitor, runtime, &self.books, now);
        }
        let decision = visitor.decision(&site, now);
        account.treatment = treatment.name();
        account.basis = decision.basis.name();
        self.note_doubts(&site, &visitor);
        if request::is_stopped(request.uri(), &site, &visitor, &decision, treatment, &self.books) {
            return Ok(response::nothing());
        }
        let arrears = portal::settle(&site, &visitor, &decision, treatment, runtime, &self.books);
        let method = request.method().clone();
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let from_visitor = hyper::upgrade::on(&mut request);
        let learned = self.books.inventory.loaders().edition(&site.config.name);
        // Of most answers that are no pages nobody asks it.
        let class = |asked: bool| {
            (asked && treatment == Treatment::Enforce).then(|| Class::of(&site, &visitor, &decision, learned, now))
        };
        let asked_for = passes.debug || visitor.navigation.wants_html || request::is_conditional(request.headers());
        let known_class = class(asked_for);
        let (mut request, seen) =
            request::prepare(request, &site, &visitor, &decision, treatment, known_class.as_ref())?;
        if let Some(word) = runtime.origin_words.get(&site.config.name).filter(|_| treatment != Treatment::Bypass) {
            request::tell_granted(request.headers_mut(), &site, &decision, word, now);
        }
        let Seen { names, kept_pages, reads_trailers } = seen;
        self.note_names(&site, &visitor, &decision, treatment, &names, now);
        let asked = Instant::now();
        let mut response = live.origins.call(&site, request, &upload, patience.end).await?;
        let origin_wait = asked.elapsed();
        account.origin_wait = Some(origin_wait);
        if response.status() == http::StatusCode::SWITCHING_PROTOCOLS {
            origin::upgrade::tunnel(from_visitor, hyper::upgrade::on(&mut response), limits.body_wait);
        }
        let timed = site.config.switches.server_timing;
        let form_seal = if visitor.navigation.to_page || site.config.cacheable {
            runtime.seal.form_seal(&site.config.name, site.config.policy.version, now)
        } else {
            String::new()
        };
        let class = known_class.or_else(|| class(response::brings_page(response.headers())));
        let exchange = Arc::new(Exchange {
            site,
            visitor,
            decision,
            treatment,
            class,
            form_seal,
            method,
            target,
            refused_names: names.refused,
            kept_pages,
            reads_trailers,
            now,
            patience,
        });
        let own_lines = OwnLines { consent: arrears.cookie, deletions: arrears.deletions };
        let (response, report) = response::finish(response, &exchange, &self.books, limits, own_lines)?;
        let mut response = response::settle_loader(response, &exchange, &self.books).await;
        if treatment == Treatment::Enforce {
            account.kept_back = exchange.refused_names.len();
            account.dropped = report.dropped.len();
            account.expired = report.expired;
        }
        if passes.debug {
            response::explain(response.headers_mut(), &exchange, &report);
        }
        if timed {
            tell_times(response.headers_mut(), origin_wait, begun.elapsed());
        }
        tracing::debug!(
            site = exchange.site.config.name,
            method = %exchange.method,
            status = response.status().as_u16(),
            basis = decision.basis.name(),
            treatment = treatment.name(),
            cookies_kept_back = account.kept_back,
            set_cookies_dropped = account.dropped,
            cookies_expired = account.expired,
            page = report.page,
            "answered"
        );
        Ok(response)
    }

    /// Notes names that came without a grant; a refusal is given a minute until it must show.
    fn note_names(
        &self,
        site: &Site,
        visitor: &Visitor,
        decision: &Decision,
        treatment: Treatment,
        names: &Names,
        now: Timestamp,
    ) {
        let settled = visitor.token.is_some_and(|token| token.made.plus_seconds(60) < now);
        let returned = |name: &[u8]| {
            settled && site.config.policy.cookies.find(name).is_some_and(|rule| decision.was_refused(rule))
        };
        for name in names.refused.iter().chain(names.unknown.iter()) {
            self.books.inventory.saw_in_request(site, name, treatment, returned(name), visitor.prefix(), now);
        }
    }

    fn note_doubts(&self, site: &Site, visitor: &Visitor) {
        // A full refusal holds under every policy, and what an earlier version's answer is worth is known.
        let policy = &site.config.policy;
        let is_known = |token: Token| {
            token.policy == policy.version || policy.earlier.iter().any(|earlier| earlier.version == token.policy)
        };
        let of_other = |token: Token| !is_known(token) && !token.is_pure_refusal();
        let other_policy = visitor.token.is_some_and(of_other);
        let doubts = [
            (Doubt::PolicyMissing, site.config.policy_missing),
            (Doubt::BrokenToken, visitor.broken_token && !site.config.policy_missing),
            (Doubt::OtherPolicy, other_policy && !site.config.policy_missing),
        ];
        for (doubt, _) in doubts.into_iter().filter(|(_, holds)| *holds) {
            self.books.settle(site, doubt);
        }
    }
}

/// What is known of a request before it is handed on.
struct Walker<'w> {
    live: &'w Live,
    site: Arc<Site>,
    visitor: Visitor,
    passes: Passes,
    upload: UploadClock,
    now: Timestamp,
    begun: Instant,
}

/// How long an answer's head took (W3C Server Timing), in milliseconds.
fn tell_times(headers: &mut HeaderMap, origin: Duration, whole: Duration) {
    let milliseconds = |wait: Duration| wait.as_secs_f64() * 1_000.0;
    let (own, origin) = (milliseconds(whole.saturating_sub(origin)), milliseconds(origin));
    let text = format!("origin;dur={origin:.3}, gateway;dur={own:.3}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.append(HeaderName::from_static("server-timing"), value);
    }
}

/// `GET /.well-known/gpc.json` (Global Privacy Control, W3C).
fn gpc_support(site: &Site) -> Response<Body> {
    let mut response =
        Response::new(full(format!("{{\"gpc\": true, \"lastUpdate\": \"{}\"}}\n", site.config.policy.effective)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The clock: read once for a request, and for people who ask what was counted.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_second())
}
