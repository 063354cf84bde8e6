//! The walk of a request through the house: the one place that knows the order. It takes one snapshot of the
//! configuration and one reading of the clock; both are arguments from here on.

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use policies::{Timestamp, decide};

use crate::body::{Body, full, streamed};
use crate::books::Books;
use crate::class::Class;
use crate::config::Config;
use crate::error::Error;
use crate::origin::{self, Origins};
use crate::portal;
use crate::request::Seen;
use crate::response::{self, Exchange};
use crate::runtime::Runtime;
use crate::site::Site;
use crate::visitor::{Peer, Visitor};
use crate::wire::path::{self, Standing};
use crate::{request, seal};

/// Where browsers and others look whether Global Privacy Control is honoured.
const GPC_PATH: &str = "/.well-known/gpc.json";

/// What a reload swaps as one.
#[derive(Debug)]
struct Live {
    runtime: Runtime,
    origins: Origins,
}

/// Why a configuration can't be put to work.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The seal's key.
    #[error(transparent)]
    Seal(#[from] seal::Error),
    /// The way to the origins.
    #[error(transparent)]
    Origins(#[from] origin::SetupError),
}

/// The gateway: answers requests.
pub struct Gateway {
    live: ArcSwap<Live>,
    books: Books,
}

impl Gateway {
    /// A gateway for a configuration.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn new(config: &Config, books: Books) -> Result<Self, SetupError> {
        Ok(Self { live: ArcSwap::from_pointee(live(config)?), books })
    }

    /// Puts another configuration to work; requests under way keep the old one. On error the old one stays.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn reload(&self, config: &Config) -> Result<(), SetupError> {
        self.live.store(Arc::new(live(config)?));
        self.books.store.limit_database(config.limits.database_bytes());
        Ok(())
    }

    /// Answers one request.
    ///
    /// # Errors
    /// See [`Error`]; the error knows the answer to give.
    pub async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Result<Response<Body>, Error> {
        let live = self.live.load_full();
        let now = now();
        if request.method() == Method::CONNECT {
            return Err(Error::Connect);
        }
        let host = host_of(&request).ok_or(Error::Host)?;
        let site = Arc::clone(live.runtime.sites.find(&host).ok_or(Error::NoSite)?);
        let limits = &live.runtime.limits;
        let (parts, body) = request.into_parts();
        let visitor = Visitor::read(&parts, &host, &site, &live.runtime, &peer);
        let mut request = Request::from_parts(parts, streamed(body, limits.body_wait));
        match path::standing(request.uri().path(), &site.config.prefix) {
            Standing::Outside => {}
            Standing::Disguised => return Err(Error::Disguised),
            Standing::Inside(path) => {
                let path = path.to_owned();
                let guest =
                    portal::Guest { site: &site, visitor: &visitor, runtime: &live.runtime, books: &self.books, now };
                return Ok(portal::answer(request, &path, guest).await);
            }
        }
        if request.uri().path() == GPC_PATH && matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(gpc_support(&site));
        }
        let decision = decide(&site.config.policy, site.config.regime, visitor.token.as_ref(), visitor.signals, now);
        let clean_cookie = portal::settle_late(&site, &visitor, &live.runtime, &self.books);
        let method = request.method().clone();
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let from_visitor = hyper::upgrade::on(&mut request);
        let class = Class::of(&site, &visitor, &decision, now);
        let (request, seen) = request::prepare(request, &site, &visitor, &decision, class.as_ref(), &peer)?;
        let Seen { names, kept_pages, reads_trailers } = seen;
        let without_rule = names.refused.iter().chain(&names.unknown);
        without_rule.for_each(|name| self.books.inventory.saw_in_request(&site, name, now));
        let mut response = live.origins.call(&site, request).await?;
        if response.status() == http::StatusCode::SWITCHING_PROTOCOLS {
            origin::upgrade::tunnel(from_visitor, hyper::upgrade::on(&mut response), limits.body_wait);
        }
        let refused = names.refused.len();
        let form_seal = if visitor.navigation.to_page || site.config.cacheable {
            live.runtime.seal.form_seal(&site.config.name, site.config.policy.version, now)
        } else {
            String::new()
        };
        let exchange = Arc::new(Exchange {
            site,
            visitor,
            decision,
            class,
            form_seal,
            method,
            target,
            refused_names: names.refused,
            kept_pages,
            reads_trailers,
            now,
        });
        let (response, report) = response::finish(response, &exchange, &self.books, limits, clean_cookie)?;
        tracing::debug!(
            site = exchange.site.config.name,
            method = %exchange.method,
            status = response.status().as_u16(),
            basis = decision.basis.name(),
            cookies_kept_back = refused,
            set_cookies_dropped = report.cookies.dropped,
            cookies_expired = report.expired,
            page = report.page,
            "answered"
        );
        Ok(response)
    }
}

fn live(config: &Config) -> Result<Live, SetupError> {
    Ok(Live { runtime: Runtime::new(config)?, origins: Origins::new(config)? })
}

/// The host that is asked: the target's authority (HTTP/2, absolute form), else the one `Host`. Several are none:
/// whoever is behind might believe another of them (RFC 9112 3.2).
fn host_of<B>(request: &Request<B>) -> Option<String> {
    let mut named = request.headers().get_all(HOST).iter();
    let only = named.next().filter(|_| named.next().is_none());
    let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let several = request.headers().contains_key(HOST) && only.is_none();
    authority.filter(|_| !several).or_else(|| only?.to_str().ok().filter(|host| !host.is_empty()).map(str::to_owned))
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
