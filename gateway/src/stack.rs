//! The layers around the walk, in order, each with the reason for its place. Nothing here knows consent.

mod bound;
mod ids;
mod pace;

pub(crate) use bound::Bound;
pub(crate) use ids::Ids;
pub(crate) use pace::{Pace, Paced, Verdict};

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::header::{HeaderName, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use policies::policy::wording::Wording;
use policies::{Lang, Timestamp};
use tower::Service;
use tracing::Instrument;

use crate::body::Body;
use crate::books::Books;
use crate::config::Prefix;
use crate::error::{Error, Source};
use crate::proxy::{Gateway, Met, OfOrigin, Passing, now};
use crate::telemetry::{Account, Failure, Line, MeasuredBody, Telemetry};
use crate::visitor::{Peer, Recent};
use bound::Place;
use pace::Exchange;

/// The header that names a request in every log on its way.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Bytes of an id that a trusted proxy may choose.
const LONGEST_ID: usize = 128;

/// What answers one connection's requests. `bound` is its worker's, `pace` its own.
#[derive(Clone)]
pub(crate) struct Stack {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) peer: Peer,
    pub(crate) bound: Bound,
    pub(crate) pace: Pace,
    /// What the connection's last request said.
    pub(crate) recent: Recent,
    pub(crate) ids: Ids,
}

impl Service<Request<Incoming>> for Stack {
    type Response = Response<Paced>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Paced>, Infallible>> + Send>>;

    /// What is too much is answered, not kept waiting.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        // Noted at once: a visitor may give up what is begun before it is first looked at.
        let exchange = self.pace.begin(request.version(), !request.body().is_end_stream());
        let gateway = Arc::clone(&self.gateway);
        let telemetry = &gateway.books().telemetry;
        let strict_transport = gateway.strict_transport(&request, &self.peer);
        // Named and noted before anything can refuse it, so that every answer is counted and written.
        let trusted = gateway.trusts(self.peer.address.ip());
        let asked = Asked::of(&mut request, &self.peer, &self.ids, trusted, telemetry.access().is_some());
        let span = tracing::debug_span!("request", id = %asked.id);
        let mut account = Account::default();
        // What is over the bound is answered at once instead of waiting unseen.
        let place = self.bound.enter();
        let met = match &place {
            Some(_) => span.in_scope(|| met(&gateway, request, self.peer, &self.recent, &mut account)),
            None => Err(Error::Busy),
        };
        let layers = Layers { gateway, asked, account, strict_transport, exchange, _place: place };
        match met {
            Ok(Met::Passing(passing, of_origin)) => Box::pin(layers.passing(passing, of_origin).instrument(span)),
            Ok(Met::Portal(answering)) => Box::pin(layers.answering(answering).instrument(span)),
            Ok(Met::Answered(response)) => Box::pin(ready(layers.around(Ok(response)))),
            Err(error) => Box::pin(ready(layers.around(Err(error)))),
        }
    }
}

/// What is around a request until its answer has a head.
struct Layers {
    gateway: Arc<Gateway>,
    asked: Asked,
    account: Account,
    strict_transport: Option<HeaderValue>,
    exchange: Exchange,
    _place: Option<Place>,
}

impl Layers {
    async fn passing(mut self, passing: Passing, of_origin: OfOrigin) -> Result<Response<Paced>, Infallible> {
        let answer = caught(passing.answer(of_origin, &self.gateway, &mut self.account)).await;
        self.around(answer)
    }

    async fn answering(self, answering: impl Future<Output = Response<Body>>) -> Result<Response<Paced>, Infallible> {
        let answer = caught(async { Ok(answering.await) }).await;
        self.around(answer)
    }

    /// What the visitor gets; the answer is counted now.
    fn around(self, answer: Result<Response<Body>, Error>) -> Result<Response<Paced>, Infallible> {
        let Self { gateway, asked, account, strict_transport, exchange, .. } = self;
        let books = gateway.books();
        let mut answer = answer.unwrap_or_else(|error| told(&books.telemetry, &account, &asked.id, &error));
        // On every answer, our own and those of failures too; what the origin says itself stays.
        if let Some(value) = strict_transport {
            answer.headers_mut().entry(STRICT_TRANSPORT_SECURITY).or_insert(value);
        }
        Ok(asked.answered(answer, account, books).map(|body| exchange.paced(body)))
    }
}

/// The first half of the walk; a mistake anywhere in it costs one request and not the connection.
fn met(
    gateway: &Arc<Gateway>,
    request: Request<Incoming>,
    peer: Peer,
    recent: &Recent,
    account: &mut Account,
) -> Result<Met, Error> {
    catch_unwind(AssertUnwindSafe(|| gateway.meet(request, peer, recent, account))).unwrap_or(Err(Error::Internal))
}

/// The same of its second half.
async fn caught<T>(walking: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let mut walking = pin!(walking);
    // What panicked is not asked again.
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| walking.as_mut().poll(cx)));
        polled.unwrap_or(Poll::Ready(Err(Error::Internal)))
    })
    .await
}

/// The answer for an error, and its line in the log.
fn told(telemetry: &Telemetry, account: &Account, id: &Id, error: &Error) -> Response<Body> {
    let failure = match error.source_of() {
        _ if matches!(error, Error::Busy) => Failure::Shed,
        Source::Visitor => Failure::Visitor,
        Source::Origin => Failure::Origin,
        Source::Gateway => Failure::Gateway,
    };
    telemetry.failed(failure, &account.site, Some(id), error);
    error.answer(account.wording.as_deref().unwrap_or(Wording::built_in()), Lang::En)
}

/// What a request is called.
#[derive(Clone, Debug)]
enum Id {
    /// By a trusted proxy in front.
    Given(String),
    /// By us.
    Own(u128),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(id) => f.write_str(id),
            Self::Own(number) => write!(f, "{number:032x}"),
        }
    }
}

/// What is kept of a request until its answer has gone out.
struct Asked {
    id: Id,
    method: Method,
    /// Only for the access log.
    target: Option<Uri>,
    peer: Peer,
    came: Timestamp,
    begun: Instant,
}

impl Asked {
    /// Names a request and notes what the access log needs of it.
    fn of(request: &mut Request<Incoming>, peer: &Peer, ids: &Ids, trusted: bool, written: bool) -> Self {
        Self {
            id: name(request.headers_mut(), ids, trusted),
            method: request.method().clone(),
            target: written.then(|| request.uri().clone()),
            peer: *peer,
            came: now(),
            begun: Instant::now(),
        }
    }

    /// Counts the answer now, and writes its line when its body has gone out.
    fn answered(self, answer: Response<Body>, account: Account, books: &Books) -> Response<Body> {
        let status = answer.status();
        books.meter.answered(&account, &self.method, status, self.begun.elapsed());
        let Some(target) = self.target else { return answer };
        let telemetry = Arc::clone(&books.telemetry);
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
                    id: self.id.to_string(),
                    path: Line::path(target.path()),
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
fn name(headers: &mut HeaderMap, ids: &Ids, trusted: bool) -> Id {
    let mut given = headers.get_all(&REQUEST_ID).iter();
    let only = given.next().filter(|_| trusted && given.next().is_none()).and_then(|id| id.to_str().ok());
    let fits = |id: &&str| (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    if let Some(id) = only.filter(fits) {
        return Id::Given(id.to_owned());
    }
    let number = ids.next();
    if let Ok(value) = HeaderValue::from_bytes(&hex(number)) {
        headers.insert(&REQUEST_ID, value);
    }
    Id::Own(number)
}

/// A number in 32 hexadecimal digits.
fn hex(number: u128) -> [u8; 32] {
    let mut left = number;
    let mut digits = [b'0'; 32];
    for digit in digits.iter_mut().rev() {
        let low = u8::try_from(left & 15).unwrap_or_default();
        *digit = if low < 10 { b'0' + low } else { b'a' + low - 10 };
        left >>= 4;
    }
    digits
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
            let id = name(&mut headers, &Ids::new(), trusted).to_string();
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
