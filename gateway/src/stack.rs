//! The layers around the walk, in order, each with the reason for its place. Nothing here knows consent.

mod pace;

pub(crate) use pace::{Pace, Verdict};

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{HeaderName, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use policies::policy::wording::Wording;
use policies::{Lang, Timestamp};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_http::catch_panic::{CatchPanicLayer, ResponseForPanic};
use tracing::Instrument;

use crate::body::{Body, BodyError};
use crate::config::Prefix;
use crate::error::{Error, Source};
use crate::proxy::{Gateway, now};
use crate::seal::random;
use crate::telemetry::{Account, Failure, Line, MeasuredBody, Telemetry};
use crate::visitor::Peer;

/// What answers one connection's requests.
pub(crate) type Stack = BoxCloneSyncService<Request<Incoming>, Response<Body>, Infallible>;

/// The header that names a request in every log on its way.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Bytes of an id that a trusted proxy may choose.
const LONGEST_ID: usize = 128;

/// The stack for a connection; `bound` is shared by all connections, `pace` is the connection's own.
pub(crate) fn stack(gateway: Arc<Gateway>, peer: Peer, bound: GlobalConcurrencyLimitLayer, pace: Pace) -> Stack {
    let walker = Arc::clone(&gateway);
    let walk = service_fn(move |request: Request<Incoming>| {
        let gateway = Arc::clone(&walker);
        async move {
            let mut account = Account::default();
            let answer = gateway.answer(request, peer, &mut account).await;
            let telemetry = &gateway.books().telemetry;
            let mut answer = answer.unwrap_or_else(|error| told(telemetry, &account, &error));
            answer.extensions_mut().insert(account);
            Ok::<Response<Body>, Infallible>(answer)
        }
    });
    // Boxed inside and outside: the compiler can't follow the future of the whole stack at once.
    let walk: Stack = BoxCloneSyncService::new(walk);
    let telemetry = Arc::clone(&gateway.books().telemetry);
    let layered = ServiceBuilder::new()
        // Outermost, so that a mistake anywhere below costs one request and not the connection.
        .layer(CatchPanicLayer::custom(Panicked(telemetry)))
        // What is over the bound is answered at once instead of waiting unseen.
        .layer(LoadShedLayer::new())
        .layer(bound)
        .service(walk);
    BoxCloneSyncService::new(service_fn(move |mut request: Request<Incoming>| {
        let strict_transport = gateway.strict_transport(&request, &peer);
        let exchange = pace.begin(request.version());
        // Named and noted before anything can refuse it, so that every answer is counted and written.
        let asked = Asked::of(&mut request, &peer, gateway.trusts(peer.address.ip()));
        let span = tracing::info_span!("request", id = asked.id);
        let answering = layered.clone().oneshot(request).instrument(span);
        let telemetry = Arc::clone(&gateway.books().telemetry);
        async move {
            let mut answer = answering.await.map_or_else(
                |_| told(&telemetry, &Account::default(), &Error::Busy),
                |answer| answer.map(|body| body.map_err(BodyError::new).boxed_unsync()),
            );
            // On every answer, our own and those of failures too; what the origin says itself stays.
            if let Some(value) = strict_transport {
                answer.headers_mut().entry(STRICT_TRANSPORT_SECURITY).or_insert(value);
            }
            Ok(asked.answered(answer, telemetry).map(|body| exchange.paced(body)))
        }
    }))
}

/// Answers for what panicked.
#[derive(Clone)]
struct Panicked(Arc<Telemetry>);

impl ResponseForPanic for Panicked {
    type ResponseBody = Body;

    fn response_for_panic(&mut self, _: Box<dyn std::any::Any + Send + 'static>) -> Response<Body> {
        told(&self.0, &Account::default(), &Error::Internal)
    }
}

/// The answer for an error, and its line in the log.
fn told(telemetry: &Telemetry, account: &Account, error: &Error) -> Response<Body> {
    let failure = match error.source_of() {
        _ if matches!(error, Error::Busy) => Failure::Shed,
        Source::Visitor => Failure::Visitor,
        Source::Origin => Failure::Origin,
        Source::Gateway => Failure::Gateway,
    };
    telemetry.failed(failure, &account.site, error);
    error.answer(account.wording.as_deref().unwrap_or(Wording::built_in()), Lang::En)
}

/// What is kept of a request until its answer has gone out.
struct Asked {
    id: String,
    method: Method,
    target: Uri,
    peer: Peer,
    came: Timestamp,
    begun: Instant,
}

impl Asked {
    /// Names a request and notes what the access log needs of it.
    fn of(request: &mut Request<Incoming>, peer: &Peer, trusted: bool) -> Self {
        Self {
            id: name(request.headers_mut(), trusted),
            method: request.method().clone(),
            target: request.uri().clone(),
            peer: *peer,
            came: now(),
            begun: Instant::now(),
        }
    }

    /// Counts the answer now, and writes its line when its body has gone out.
    fn answered(self, mut answer: Response<Body>, telemetry: Arc<Telemetry>) -> Response<Body> {
        let account = answer.extensions_mut().remove::<Account>().unwrap_or_default();
        let status = answer.status();
        telemetry.metrics.answered(&account, &self.method, status, self.begun.elapsed());
        if telemetry.access().is_none() {
            return answer;
        }
        answer.map(|body| {
            let measured = MeasuredBody::new(body, move |sent| {
                let line = Line {
                    time: jiff::Timestamp::from_second(self.came.0).unwrap_or_default().to_string(),
                    site: account.site.to_string(),
                    method: self.method.to_string(),
                    status: status.as_u16(),
                    bytes: sent.bytes,
                    complete: sent.complete,
                    milliseconds: milliseconds(self.begun.elapsed()),
                    network: if account.network.is_empty() {
                        Prefix::around(self.peer.address.ip()).to_string()
                    } else {
                        account.network
                    },
                    basis: account.basis,
                    treatment: account.treatment,
                    cookies_kept_back: account.kept_back,
                    set_cookies_dropped: account.dropped,
                    cookies_expired: account.expired,
                    id: self.id,
                    path: Line::path(self.target.path()),
                };
                if let Some(log) = telemetry.access() {
                    log.write(line);
                }
            });
            measured.boxed_unsync()
        })
    }
}

fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

/// The request's id: what a trusted proxy in front calls it, else a new one. The origin is told the same.
fn name(headers: &mut HeaderMap, trusted: bool) -> String {
    let mut given = headers.get_all(&REQUEST_ID).iter();
    let only = given.next().filter(|_| trusted && given.next().is_none()).and_then(|id| id.to_str().ok());
    let fits = |id: &&str| (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    let id = only.filter(fits).map_or_else(new_id, str::to_owned);
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    id
}

fn new_id() -> String {
    // Without random bytes TLS and the seal have failed long before; a request without a name still passes.
    random::<16>().map(|bytes| format!("{:032x}", u128::from_be_bytes(bytes))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_names_requests() {
        let check = |given: &[&str], trusted: bool, kept: bool| {
            let mut headers = HeaderMap::new();
            for id in given {
                headers.append(&REQUEST_ID, id.parse().expect("a value"));
            }
            let id = name(&mut headers, trusted);
            assert_eq!(given.first() == Some(&id.as_str()), kept, "{given:?}");
            assert_eq!(headers.get_all(&REQUEST_ID).iter().collect::<Vec<_>>(), [id.as_str()]);
            assert!(kept || id.len() == 32, "{id}");
        };
        check(&["proxy-1"], true, true);
        check(&["proxy-1"], false, false);
        check(&["proxy-1", "proxy-2"], true, false);
        check(&["a b"], true, false);
        check(&[&"x".repeat(129)], true, false);
        check(&[], true, false);
    }
}
