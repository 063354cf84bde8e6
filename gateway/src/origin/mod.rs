//! The way to the origins: pooled HTTP/1.1 connections, deadlines, TLS. It knows nothing of consent. In each worker one
//! pool serves every site; a site with certificate authorities or a server name of its own has one for itself.

mod answer;
pub mod upgrade;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::header::UPGRADE;
use http::{Method, Request, Response, Uri};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector};
use hyper_util::client::legacy::{self, Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::ServerName;
use tokio::sync::Notify;
use tokio::time::Instant;

pub use crate::client::SetupError;

use crate::body::{self, Body, BodyError, UploadClock};
use crate::client::{self, Bounded};
use crate::config::{Config, Limits, USUAL_HEADERS};
use crate::site::Site;

/// Why an origin gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It can't be reached, or broke off before an answer's head.
    #[error("the origin {origin} gave no answer")]
    Unreachable {
        /// Scheme and authority.
        origin: Uri,
        /// What went wrong.
        #[source]
        source: legacy::Error,
    },
    /// It answered with something that is no answer, or could be two.
    #[error("the origin {origin} gave a broken answer")]
    Broken {
        /// Scheme and authority.
        origin: Uri,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It took too long.
    #[error("the origin {0} took too long")]
    TooSlow(Uri),
    /// The visitor's own body could not be sent to its end.
    #[error("the request's body can't be handed on")]
    Upload(#[source] UploadFault),
}

/// What was wrong with a visitor's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UploadFault {
    /// It is larger than allowed.
    #[error("it is larger than limits.request_body_bytes")]
    TooLarge,
    /// It stood still.
    #[error("it stood still for limits.upload_seconds")]
    Stalled,
    /// It broke off, or its framing is broken.
    #[error("it broke off, or its framing is broken")]
    Broken,
}

type Pool = Client<Bounded<HttpsConnector<HttpConnector>>, Body>;

/// One worker's ways to all origins of one configuration.
#[derive(Clone, Debug)]
pub struct Origins {
    common: Pool,
    own_trust: HashMap<String, Pool>,
    answer_wait: Duration,
    interim_answers: u32,
}

impl Origins {
    /// The ways of each of so many workers for a configuration: whom they trust is read once.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn for_workers(config: &Config, workers: usize) -> Result<Vec<Self>, SetupError> {
        let common = client::of_system()?;
        let mut own_trust = Vec::new();
        for site in &config.sites {
            let (authorities, name) = (site.origin_ca.as_deref(), site.origin_name.as_deref());
            if authorities.is_some() || name.is_some() {
                let tls = authorities.map_or_else(|| Ok(common.clone()), client::with_authorities)?;
                own_trust.push((&site.name, tls, name));
            }
        }
        let limits = &config.limits;
        let pool = |tls: &rustls::ClientConfig, name| pool(limits, workers, tls.clone(), name);
        let ways = || Self {
            common: pool(&common, None),
            own_trust: own_trust.iter().map(|(site, tls, name)| ((*site).clone(), pool(tls, *name))).collect(),
            answer_wait: limits.answer_wait,
            interim_answers: limits.interim_answers,
        };
        Ok(std::iter::repeat_with(ways).take(workers).collect())
    }

    /// Sends a request to a site's origin; the answer's body streams. `upload` is the clock of the request's body,
    /// `end` when everything must be over.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn call(
        &self,
        site: &Site,
        mut request: Request<Body>,
        upload: &UploadClock,
        end: Option<Instant>,
    ) -> Result<Response<Incoming>, Error> {
        let pool = self.own_trust.get(&site.config.name).unwrap_or(&self.common);
        let origin = || site.config.origin.clone();
        let protocol = request.headers().get(UPGRADE).cloned();
        let flood = self.count_interim(&mut request);
        let answered = tokio::select! {
            // Most answers are there before anything else is asked.
            biased;
            answered = ask(pool, request) => answered.map_err(|source| named(origin(), source)),
            () = self.too_late(upload, end) => Err(Error::TooSlow(origin())),
            () = flood.notified() => Err(Error::Broken { origin: origin(), source: "it gives only 1xx answers".into() }),
        };
        let mut response = answered?;
        match answer::check(&mut response, protocol.as_ref()) {
            Ok(()) => Ok(response),
            Err(why) => Err(Error::Broken { origin: origin(), source: why.into() }),
        }
    }

    /// Ready when the origin has had its time: it begins when the visitor's body has come.
    async fn too_late(&self, upload: &UploadClock, end: Option<Instant>) {
        loop {
            let own = upload.moved() + self.answer_wait;
            let last = end.map_or(own, |end| end.min(own));
            if last <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(last).await;
        }
    }

    /// Notified when more 1xx answers came than one request may have: hyper would skip them for ever.
    fn count_interim(&self, request: &mut Request<Body>) -> Arc<Notify> {
        let flood = Arc::new(Notify::new());
        let (told, most, count) = (Arc::clone(&flood), self.interim_answers, AtomicU32::new(0));
        hyper::ext::on_informational(request, move |_| {
            if count.fetch_add(1, Ordering::Relaxed) >= most {
                told.notify_one();
            }
        });
        flood
    }
}

/// Asks, and asks once more what may be asked twice: an origin may close a kept connection in the very moment when a
/// request is sent on it. The pool itself repeats only what was never sent.
async fn ask(pool: &Pool, request: Request<Body>) -> Result<Response<Incoming>, legacy::Error> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let spare = (safe && request.body().is_end_stream()).then(|| {
        let mut spare = Request::new(body::empty());
        *spare.method_mut() = request.method().clone();
        *spare.uri_mut() = request.uri().clone();
        *spare.headers_mut() = request.headers().clone();
        *spare.extensions_mut() = request.extensions().clone();
        spare
    });
    match (pool.request(request).await, spare) {
        (Err(error), Some(spare)) if was_closed(&error) => pool.request(spare).await,
        (answered, _) => answered,
    }
}

/// Whether the connection ended before a byte of an answer came.
fn was_closed(error: &legacy::Error) -> bool {
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    !error.is_connect()
        && causes.any(|cause| match (cause.downcast_ref::<hyper::Error>(), cause.downcast_ref::<std::io::Error>()) {
            (Some(error), _) => error.is_incomplete_message(),
            (_, Some(error)) => {
                matches!(error.kind(), std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe)
            }
            _ => false,
        })
}

/// Whose fault it was, by what hyper says.
fn named(origin: Uri, source: legacy::Error) -> Error {
    let causes = || std::iter::successors(std::error::Error::source(&source), |cause| cause.source());
    let upload = causes().find_map(|cause| match cause.downcast_ref::<BodyError>()? {
        BodyError::TooLarge => Some(UploadFault::TooLarge),
        BodyError::Stalled => Some(UploadFault::Stalled),
        BodyError::Broken(_) => Some(UploadFault::Broken),
        BodyError::TooSlow | BodyError::Other(_) => None,
    });
    let late = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::TimedOut;
    let too_slow = causes().filter_map(|cause| cause.downcast_ref()).any(late);
    let broken = causes().filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse);
    match upload {
        Some(fault) => Error::Upload(fault),
        None if broken => Error::Broken { origin, source: source.into() },
        None if source.is_connect() && too_slow => Error::TooSlow(origin),
        None => Error::Unreachable { origin, source },
    }
}

/// Connections of one trust; with `name`, every certificate must bear it, whatever the address says.
fn pool(limits: &Limits, workers: usize, tls: rustls::ClientConfig, name: Option<&str>) -> Pool {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(limits.connect_wait));
    let connector = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    let name = name.and_then(|name| ServerName::try_from(name.to_owned()).ok());
    let connector = match name {
        Some(name) => connector.with_server_name_resolver(FixedServerNameResolver::new(name)),
        None => connector,
    };
    let connector = connector.enable_http1().wrap_connector(tcp);
    let mut builder = Client::builder(TokioExecutor::new());
    if limits.headers != USUAL_HEADERS {
        builder.http1_max_headers(limits.headers);
    }
    builder
        .pool_idle_timeout(Duration::from_secs(55))
        .pool_max_idle_per_host(limits.origin_idle_each(workers))
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .http1_preserve_header_case(true)
        .http1_max_buf_size(limits.head_bytes)
        .set_host(false)
        .build(Bounded::new(connector, limits.connect_wait))
}

/// Whether something accepts connections where an origin should be. For the word at start; nothing is sent.
pub async fn answers(origin: &Uri, wait: Duration) -> Result<(), std::io::Error> {
    let port = origin.port_u16().unwrap_or(if origin.scheme_str() == Some("https") { 443 } else { 80 });
    let host = origin.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let connecting = tokio::net::TcpStream::connect((host, port));
    tokio::time::timeout(wait, connecting).await.map_err(|_| std::io::ErrorKind::TimedOut)?.map(drop)
}
