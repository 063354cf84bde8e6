//! The walk of a request through the house: the one place that knows the order. It takes one snapshot of the
//! configuration and one reading of the clock; both are arguments from here on. What comes before the origin's answer stands here, what
//! is made of that in `passing`.

mod https;
mod live;
mod passing;

pub(crate) use passing::Passing;

pub use live::{Gateways, SetupError};

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use policies::{Decision, Timestamp, Token};
use tokio::time::Instant;

use crate::body::{Body, Patience, UploadClock, full, upload};
use crate::books::Books;
use crate::class::Class;
use crate::client::AnswerBody;
use crate::config::{Doubt, Limits};
use crate::enforcement::{self, Passes};
use crate::error::Error;
use crate::origin;
use crate::portal;
use crate::request;
use crate::request::Seen;
use crate::response::{self, Exchange, OwnLines};
use crate::site::{Site, Treatment};
use crate::telemetry::Account;
use crate::visitor::{Approach, Names, Peer, Recent, Visitor};
use crate::wire::path::{self, Standing};
use live::Live;

/// An answer to come.
type Answering = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// What the origin answers.
pub(crate) type OfOrigin = Pin<Box<dyn Future<Output = Result<Response<AnswerBody>, origin::Error>> + Send>>;

/// How far a request came before anything is waited for.
pub(crate) enum Met {
    /// It is answered.
    Answered(Response<Body>),
    /// The portal answers it.
    Portal(Answering),
    /// It has been handed on.
    Passing(Passing, OfOrigin),
}

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

    /// Goes with a request as far as nothing is waited for, and tells of it in `account` as far as it came.
    ///
    /// # Errors
    /// See [`Error`]; the error knows the answer to give.
    pub(crate) fn meet(
        self: &Arc<Self>,
        mut request: Request<Incoming>,
        peer: Peer,
        recent: &Recent,
        account: &mut Account,
    ) -> Result<Met, Error> {
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
            return Ok(Met::Answered(response));
        }
        if request::is_too_large(request.headers(), limits.request_body_bytes) {
            return Err(Error::Request(request::Error::TooLarge));
        }
        let passes = Passes::take(request.headers_mut(), &live.runtime.seal, now);
        let (parts, body) = request.into_parts();
        let mut visitor = Visitor::read(&parts, approach, &site, &live.runtime, recent, now);
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
                return Ok(Met::Portal(self.at_portal(request, path, live, site, visitor, now)));
            }
        }
        if request.uri().path() == GPC_PATH
            && !site.config.policy_missing
            && matches!(*request.method(), Method::GET | Method::HEAD)
        {
            return Ok(Met::Answered(gpc_support(&site)));
        }
        self.hand_on(request, Walker { live, site, visitor, passes, upload, now, begun }, account)
    }

    /// What the portal answers.
    fn at_portal(
        self: &Arc<Self>,
        request: Request<Body>,
        path: String,
        live: Arc<Live>,
        site: Arc<Site>,
        visitor: Visitor,
        now: Timestamp,
    ) -> Answering {
        let gateway = Arc::clone(self);
        Box::pin(async move {
            let (runtime, books) = (&live.runtime, &gateway.books);
            portal::answer(request, &path, portal::Guest { site: &site, visitor: &visitor, runtime, books, now }).await
        })
    }

    /// Hands a request on to the origin.
    fn hand_on(&self, mut request: Request<Body>, walker: Walker, account: &mut Account) -> Result<Met, Error> {
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
            return Ok(Met::Answered(response::nothing()));
        }
        let arrears = portal::settle(&site, &visitor, &decision, treatment, runtime, &self.books);
        let own_lines = OwnLines { consent: arrears.cookie, deletions: arrears.deletions };
        let method = request.method().clone();
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let from_visitor = hyper::upgrade::on(&mut request);
        let learned = self.books.inventory.loaders().edition(&site.config.name);
        // Of most answers that are no pages nobody asks it.
        let asked_for = passes.debug || visitor.navigation.wants_html || request::is_conditional(request.headers());
        let class =
            (asked_for && treatment == Treatment::Enforce).then(|| Class::of(&site, &visitor, &decision, learned, now));
        let (mut request, seen) =
            request::prepare(request, &site, &visitor, &decision, treatment, class.as_ref(), now)?;
        if let Some(word) = runtime.origin_words.get(&site.config.name).filter(|_| treatment != Treatment::Bypass) {
            request::tell_granted(request.headers_mut(), &site, &decision, word, now);
        }
        let Seen { names, again, kept_pages, reads_trailers } = seen;
        // What a connection says again shows nothing new; in shadow mode every request is counted.
        if !again || treatment == Treatment::Shadow {
            self.note_names(&site, &visitor, &decision, treatment, &names, now);
        }
        let form_seal = if visitor.navigation.to_page || site.config.cacheable {
            runtime.seal.form_seal(&site.config.name, site.config.policy.version, now)
        } else {
            String::new()
        };
        let asked = Instant::now();
        let answering = live.origins.call(&site, request, upload, patience.end);
        let exchange = Exchange {
            site,
            visitor,
            decision,
            treatment,
            class,
            form_seal,
            method,
            target,
            names,
            kept_pages,
            reads_trailers,
            now,
            patience,
        };
        let debug = passes.debug;
        let passing =
            Passing { live, exchange: Arc::new(exchange), own_lines, learned, debug, from_visitor, begun, asked };
        Ok(Met::Passing(passing, Box::pin(answering)))
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
        let settled = visitor.has_settled(now);
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
struct Walker {
    live: Arc<Live>,
    site: Arc<Site>,
    visitor: Visitor,
    passes: Passes,
    upload: UploadClock,
    now: Timestamp,
    begun: Instant,
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
