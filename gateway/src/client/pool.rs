//! One worker's connections to one origin: those that are kept between requests, the one used last first, and new ones.
//!
//! Refuses to keep more than so many, any for longer than [`KEPT`], and one that its origin has closed. Invariant: a request is sent twice only
//! if it may be, and the second time on a new connection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use http::{Method, Request, Response, Uri};
use http_body::Body as _;
use hyper::client::conn::http1::Builder;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;
use tower::Service as _;

use super::Bounded;
use super::answer::AnswerBody;
use super::link::{Answering, Link, Unanswered};
use crate::body::{Body, empty};

/// How long a connection is kept that nobody uses: many origins close theirs after a minute.
const KEPT: Duration = Duration::from_secs(55);

/// How connections are made.
pub(crate) type Connector = Bounded<HttpsConnector<HttpConnector>>;

/// Why an origin gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no connection to it.
    #[error("no connection")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection or the answer is broken, or the request's body is.
    #[error("no answer")]
    Answer(#[from] hyper::Error),
}

/// The connections.
#[derive(Debug)]
pub(crate) struct Pool {
    origin: Uri,
    connector: Connector,
    http: Builder,
    most: usize,
    kept: Mutex<Kept>,
    /// Rung when a kept connection wakes: its origin has closed it.
    woken: Arc<Notify>,
}

#[derive(Default)]
struct Kept {
    /// Since when each is kept, the oldest first.
    links: Vec<(Instant, Link)>,
    /// Whether somebody looks after them.
    swept: bool,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("links", &self.links.len()).finish_non_exhaustive()
    }
}

/// A request that was sent.
struct Asked {
    link: Link,
    answer: Answering,
    /// Whether nothing of it was left to send.
    whole: bool,
    /// A second one like it, if it may be sent twice.
    spare: Option<Box<Request<Body>>>,
}

/// A request without an answer.
struct Failed {
    unanswered: Unanswered,
    spare: Option<Box<Request<Body>>>,
}

impl Asked {
    fn on(mut link: Link, request: Request<Body>, again: bool) -> Self {
        let whole = request.body().is_end_stream();
        let spare = if again { spare(&request).map(Box::new) } else { None };
        let answer = link.send(request);
        Self { link, answer, whole, spare }
    }

    async fn answered(self, pool: &Arc<Pool>) -> Result<Response<AnswerBody>, Failed> {
        let Self { mut link, answer, whole, spare } = self;
        let response = match link.answered(answer).await {
            Ok(response) => response,
            Err(unanswered) => return Err(Failed { unanswered, spare }),
        };
        if whole && response.status() != http::StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response.map(|body| AnswerBody::new(body, link, pool)));
        }
        let pool = Arc::clone(pool);
        // The request may outlast its answer, and a visitor may send it all before taking anything of that.
        tokio::spawn(async move {
            if link.finish().await {
                pool.keep(link);
            }
        });
        Ok(response.map(AnswerBody::alone))
    }
}

impl Failed {
    /// What to send now, and whether it may be sent once more after that; `is_new` says that the connection was.
    fn next(self, is_new: bool) -> Result<(Box<Request<Body>>, bool), Error> {
        let Self { unanswered: Unanswered { error, unsent }, spare } = self;
        match (unsent, spare) {
            (Some(unsent), _) if !is_new => Ok((Box::new(unsent), true)),
            (_, Some(spare)) if was_closed(&error) => Ok((spare, false)),
            _ => Err(error.into()),
        }
    }
}

impl Pool {
    /// Connections to the server that an address names; at most so many are kept.
    pub(crate) fn new(origin: Uri, connector: Connector, http: Builder, most: usize) -> Arc<Self> {
        Arc::new(Self { origin, connector, http, most, kept: Mutex::default(), woken: Arc::default() })
    }

    /// Sends a request, and once more what may be sent twice: an origin may close a kept connection in the very moment
    /// when a request is sent on it. The request's target is a path.
    ///
    /// What a kept connection is handed it is handed at once, so that whoever waits has no room for a request.
    pub(crate) fn call(
        self: &Arc<Self>,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<AnswerBody>, Error>> + Send + use<> {
        let pool = Arc::clone(self);
        let begun = match self.take() {
            Some(link) => Ok(Asked::on(link, request, true)),
            None => Err(Box::new(request)),
        };
        async move {
            let (request, again) = match begun {
                Ok(asked) => match asked.answered(&pool).await {
                    Ok(response) => return Ok(response),
                    Err(failed) => failed.next(false)?,
                },
                Err(request) => (request, true),
            };
            // Boxed, so that requests on kept connections have no room for it.
            Box::pin(pool.persist(request, again)).await
        }
    }

    /// The same on whatever connections it takes; `again` says that it may still be sent once more.
    async fn persist(
        self: &Arc<Self>,
        mut request: Box<Request<Body>>,
        mut again: bool,
    ) -> Result<Response<AnswerBody>, Error> {
        loop {
            let kept = if again { self.take() } else { None };
            let is_new = kept.is_none();
            let link = match kept {
                Some(link) => link,
                None => self.connect().await?,
            };
            match Asked::on(link, *request, again).answered(self).await {
                Ok(response) => return Ok(response),
                Err(failed) => (request, again) = failed.next(is_new)?,
            }
        }
    }

    async fn connect(&self) -> Result<Link, Error> {
        let mut connector = self.connector.clone();
        std::future::poll_fn(|cx| connector.poll_ready(cx)).await.map_err(Error::Connect)?;
        let stream = connector.call(self.origin.clone()).await.map_err(Error::Connect)?;
        let (sender, connection) = self.http.handshake(stream).await?;
        Ok(Link::new(sender, connection, Arc::clone(&self.woken)))
    }

    /// The connection used last that is still open.
    fn take(&self) -> Option<Link> {
        let mut kept = self.kept();
        std::iter::from_fn(|| kept.links.pop())
            .map(|(_, link)| link)
            .find_map(|mut link| link.has_rested().then_some(link))
    }

    /// Keeps a connection if it can be used again and there is room for it.
    pub(super) fn keep(self: &Arc<Self>, mut link: Link) {
        if !link.rest() {
            return;
        }
        let mut kept = self.kept();
        if kept.links.len() >= self.most {
            return;
        }
        kept.links.push((Instant::now(), link));
        if !kept.swept
            && let Ok(worker) = Handle::try_current()
        {
            kept.swept = true;
            worker.spawn(sweep(Arc::downgrade(self), Arc::clone(&self.woken)));
        }
    }

    /// Drops what is closed or was kept for too long; when the next one is due, if any is left.
    fn swept(&self) -> Option<Instant> {
        let mut kept = self.kept();
        let now = Instant::now();
        kept.links.retain_mut(|(since, link)| *since + KEPT > now && link.has_rested());
        let next = kept.links.first().map(|(since, _)| *since + KEPT);
        kept.swept = next.is_some();
        next
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.woken.notify_one();
    }
}

/// Looks after a pool's kept connections for as long as there are any.
async fn sweep(pool: Weak<Pool>, woken: Arc<Notify>) {
    while let Some(next) = pool.upgrade().and_then(|pool| pool.swept()) {
        tokio::select! {
            () = woken.notified() => {}
            () = tokio::time::sleep_until(next) => {}
        }
    }
}

/// A second request like this one, if it may be sent twice.
fn spare(request: &Request<Body>) -> Option<Request<Body>> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    (safe && request.body().is_end_stream()).then(|| {
        let mut spare = Request::new(empty());
        *spare.method_mut() = request.method().clone();
        *spare.uri_mut() = request.uri().clone();
        *spare.headers_mut() = request.headers().clone();
        *spare.extensions_mut() = request.extensions().clone();
        spare
    })
}

/// Whether the connection ended before a byte of an answer came.
fn was_closed(error: &hyper::Error) -> bool {
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    error.is_incomplete_message()
        || causes.any(|cause| {
            let kind = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            matches!(kind, Some(std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe))
        })
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
