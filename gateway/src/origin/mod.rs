//! The way to the origins: pooled HTTP/1.1 connections, deadlines, TLS. It knows nothing of consent. In each worker one
//! pool serves every site of an origin; one with certificate authorities or a server name of its own has another.

mod answer;
pub mod upgrade;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use foldhash::fast::FixedState;
use http::header::UPGRADE;
use http::{Request, Response, Uri};
use hyper::client::conn::http1;
use hyper_rustls::FixedServerNameResolver;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::ServerName;
use tokio::sync::Notify;
use tokio::time::Instant;

pub use crate::client::SetupError;

use crate::body::{Body, BodyError, UploadClock};
use crate::client::{self, AnswerBody, Bounded, Connector, Pool};
use crate::config::{Config, Limits, SiteConfig, USUAL_HEADERS};
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
        source: client::CallError,
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

/// Bytes of an answer that are read at a time, once it turns out to be large.
const PIECE: usize = 128 * 1024;

/// One worker's ways to all origins of one configuration.
#[derive(Clone, Debug)]
pub struct Origins {
    /// By the site's name.
    pools: HashMap<String, Arc<Pool>, FixedState>,
    answer_wait: Duration,
    interim_answers: u32,
}

impl Origins {
    /// The ways of each of so many workers for a configuration: whom they trust is read once.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn for_workers(config: &Config, workers: usize) -> Result<Vec<Self>, SetupError> {
        let limits = &config.limits;
        let common = client::of_system()?;
        let connectors = config.sites.iter().map(|site| {
            let tls = site.origin_ca.as_deref().map_or_else(|| Ok(common.clone()), client::with_authorities)?;
            Ok(connector(limits, tls, site.origin_name.as_deref()))
        });
        let connectors = connectors.collect::<Result<Vec<_>, SetupError>>()?;
        let (http, most) = (http(limits), limits.origin_idle_each(workers));
        let ways = || Self {
            pools: pools(&config.sites, &connectors, &http, most),
            answer_wait: limits.answer_wait,
            interim_answers: limits.interim_answers,
        };
        Ok(std::iter::repeat_with(ways).take(workers).collect())
    }

    /// Sends a request to a site's origin; the answer's body streams. `upload` is the clock of the request's body,
    /// `end` when everything must be over. It is sent before anybody waits, if a connection is there.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn call(
        &self,
        site: &Arc<Site>,
        mut request: Request<Body>,
        upload: UploadClock,
        end: Option<Instant>,
    ) -> impl Future<Output = Result<Response<AnswerBody>, Error>> + Send + use<> {
        let (site, answer_wait) = (Arc::clone(site), self.answer_wait);
        let protocol = request.headers().get(UPGRADE).cloned();
        let flood = self.count_interim(&mut request);
        let answering = self.pools.get(&site.config.name).map(|pool| pool.call(request));
        async move {
            let origin = || site.config.origin.clone();
            let broken = |source: &'static str| Error::Broken { origin: origin(), source: source.into() };
            let answering = answering.ok_or_else(|| broken("it is not of this configuration"))?;
            let answered = tokio::select! {
                // Most answers are there before anything else is asked.
                biased;
                answered = answering => answered.map_err(|source| named(origin(), source)),
                () = too_late(&upload, answer_wait, end) => Err(Error::TooSlow(origin())),
                () = flood.notified() => Err(broken("it gives only 1xx answers")),
            };
            let mut response = answered?;
            match answer::check(&mut response, protocol.as_ref()) {
                Ok(()) => Ok(response),
                Err(why) => Err(broken(why)),
            }
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

/// Ready when the origin has had its time: it begins when the visitor's body has come.
async fn too_late(upload: &UploadClock, answer_wait: Duration, end: Option<Instant>) {
    loop {
        let own = upload.moved() + answer_wait;
        let last = end.map_or(own, |end| end.min(own));
        if last <= Instant::now() {
            return;
        }
        tokio::time::sleep_until(last).await;
    }
}

/// Whose fault it was, by what hyper says.
fn named(origin: Uri, source: client::CallError) -> Error {
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
        None if matches!(source, client::CallError::Connect(_)) && too_slow => Error::TooSlow(origin),
        None => Error::Unreachable { origin, source },
    }
}

/// What makes connections the same: the origin, its authorities, and the name that its certificate bears.
type Way<'c> = (&'c Uri, Option<&'c Path>, Option<&'c str>);

/// One worker's pools by site. Sites with one origin share its connections, unless one of them trusts others.
fn pools(
    sites: &[SiteConfig],
    connectors: &[Connector],
    http: &http1::Builder,
    most: usize,
) -> HashMap<String, Arc<Pool>, FixedState> {
    let mut shared: HashMap<Way<'_>, Arc<Pool>> = HashMap::new();
    let own = sites.iter().zip(connectors).map(|(site, connector)| {
        let pool = || Pool::new(site.origin.clone(), connector.clone(), http.clone(), most);
        let way = (&site.origin, site.origin_ca.as_deref(), site.origin_name.as_deref());
        (site.name.clone(), Arc::clone(shared.entry(way).or_insert_with(pool)))
    });
    own.collect()
}

/// How connections of one trust are made; with `name`, every certificate must bear it, whatever the address says.
fn connector(limits: &Limits, tls: rustls::ClientConfig, name: Option<&str>) -> Connector {
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
    Bounded::new(connector.enable_http1().wrap_connector(tcp), limits.connect_wait)
}

/// How HTTP/1.1 is spoken on them.
fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    if limits.headers != USUAL_HEADERS {
        http.max_headers(limits.headers);
    }
    http.preserve_header_case(true).max_header_size(limits.head_bytes).max_buf_size(limits.head_bytes.max(PIECE));
    http
}

/// Whether something accepts connections where an origin should be. For the word at start; nothing is sent.
pub async fn answers(origin: &Uri, wait: Duration) -> Result<(), std::io::Error> {
    let port = origin.port_u16().unwrap_or(if origin.scheme_str() == Some("https") { 443 } else { 80 });
    let host = origin.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let connecting = tokio::net::TcpStream::connect((host, port));
    tokio::time::timeout(wait, connecting).await.map_err(|_| std::io::ErrorKind::TimedOut)?.map(drop)
}
