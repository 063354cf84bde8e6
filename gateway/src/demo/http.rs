//! The small HTTP/1.1 server that origins and collectors share: a request is read whole, within bounds, handed
//! to a plain function, and its answer is sent. It refuses long bodies and more than so many connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::cookie::SetCookie;

/// The longest body of a form.
const MOST_BODY: usize = 16 * 1024;
/// Connections to one origin or collector at once.
const MOST_CONNECTIONS: usize = 256;
/// How long a request's head may take, and requests under way when the demo stops.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait where a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// A request, read whole.
#[derive(Debug)]
pub(crate) struct Asked {
    /// `GET`, `POST`, …
    pub(crate) method: Method,
    /// The path, as it came.
    pub(crate) path: String,
    /// The query, as it came, without its question mark.
    pub(crate) query: String,
    /// The header lines.
    pub(crate) headers: HeaderMap,
    /// The body; empty for most requests.
    pub(crate) body: Bytes,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) kind: &'static str,
    pub(crate) caching: &'static str,
    pub(crate) body: Bytes,
    pub(crate) location: Option<String>,
    pub(crate) set: Vec<SetCookie>,
}

impl Reply {
    /// An answer of some media type that is not to be kept.
    pub(crate) fn of(kind: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, kind, caching: "no-store", body: body.into(), location: None, set: Vec::new() }
    }

    /// A short text with a status.
    pub(crate) fn plain(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self { status, ..Self::of("text/plain; charset=utf-8", text) }
    }

    /// Sends the visitor to another page.
    pub(crate) fn see_other(location: String) -> Self {
        Self { status: StatusCode::SEE_OTHER, location: Some(location), ..Self::of("text/plain; charset=utf-8", "") }
    }

    fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.caching));
        if let Some(location) = self.location.and_then(|location| HeaderValue::try_from(location).ok()) {
            headers.insert(LOCATION, location);
        }
        for line in self.set.iter().filter_map(|cookie| HeaderValue::try_from(cookie.line()).ok()) {
            headers.append(SET_COOKIE, line);
        }
        response
    }
}

/// Serves until `stop` turns true, then lets requests under way end.
pub(crate) async fn serve(
    listener: TcpListener,
    answer: impl Fn(Asked) -> Reply + Send + Sync + 'static,
    mut stop: watch::Receiver<bool>,
) {
    let answer = Arc::new(answer);
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // An error means that whoever could say stop is gone: the same.
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Ok((stream, _)) = accepted else {
            // Too many open files, or a visitor who left at once: others may still come, a little later.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else { continue };
        let answer = Arc::clone(&answer);
        let service = service_fn(move |request| respond(request, Arc::clone(&answer)));
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a demo connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(PATIENCE, graceful.shutdown()).await.is_err() {
        tracing::debug!("a demo connection was still open at the end");
    }
}

/// Listens on a free port of loopback.
pub(crate) async fn bind_free() -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

async fn respond(
    request: Request<Incoming>,
    answer: Arc<impl Fn(Asked) -> Reply>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let Some(body) = read_body(body).await? else {
        return Ok(Reply::plain(StatusCode::PAYLOAD_TOO_LARGE, "This form is too long.").into_response());
    };
    let asked = Asked {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
    };
    Ok(answer(asked).into_response())
}

/// The whole body; None if it is longer than a form may be.
async fn read_body(mut body: Incoming) -> Result<Option<Bytes>, hyper::Error> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            if whole.len() + data.len() > MOST_BODY {
                return Ok(None);
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(Some(whole.freeze()))
}
