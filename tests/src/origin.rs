//! A site of one's own behind the gateway: a real HTTP/1.1 server on loopback (with TLS and HTTP/2 where asked) whose answers a test gives
//! as a closure, and which remembers every request. Refuses to invent headers beyond what HTTP asks. Invariant: requests are remembered in
//! the order they came, before they are answered.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Bodies of requests above this size end the test's connection.
const BODY_LIMIT: usize = 8 << 20;

/// A request as the origin saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The host asked for, without its port.
    pub host: String,
    /// The version spoken on this hop.
    pub version: Version,
    /// Header names in lower case with their values as bytes, in the order hyper keeps.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Bytes,
    /// The names of what stood behind the body.
    pub trailers: Vec<String>,
}

impl Seen {
    /// The only or first value of a header, as text.
    pub fn header(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    /// All values of a header, as text.
    pub fn all(&self, name: &str) -> Vec<String> {
        let named = self.headers.iter().filter(|(own, _)| own == name);
        named.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
    }

    /// The names in the `Cookie` header, in order.
    pub fn cookie_names(&self) -> Vec<String> {
        let lines = self.all("cookie").join("; ");
        let pairs = lines.split(';').map(str::trim).filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name)).map(String::from).collect()
    }

    /// The path without its query.
    pub fn path_only(&self) -> &str {
        self.path.split_once('?').map_or(self.path.as_str(), |(path, _)| path)
    }
}

/// What an origin answers.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Bytes,
}

impl Reply {
    /// An HTML page in UTF-8.
    pub fn page(html: impl Into<String>) -> Self {
        Self::of("text/html; charset=utf-8", html.into())
    }

    /// A body of any type.
    pub fn of(content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![(String::from("content-type"), content_type.as_bytes().to_vec())];
        Self { status: 200, headers, body: body.into() }
    }

    /// An empty answer with this status.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// A redirect.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).with("location", location)
    }

    /// The same with one more header line.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((String::from(name), value.as_ref().to_vec()));
        self
    }

    /// The same with one more `Set-Cookie` line.
    #[must_use]
    pub fn cookie(self, line: &str) -> Self {
        self.with("set-cookie", line)
    }

    /// The same as a part of the whole (206).
    #[must_use]
    pub fn partial(mut self) -> Self {
        self.status = 206;
        self
    }

    fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status.try_into().expect("a status between 100 and 999");
        for (name, value) in self.headers {
            let name: HeaderName = name.parse().expect("a header name");
            response.headers_mut().append(name, HeaderValue::from_bytes(&value).expect("a header value"));
        }
        response
    }
}

type Answer = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// A running origin.
pub struct Origin {
    /// Where it listens.
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    accepting: JoinHandle<()>,
}

impl Origin {
    /// Starts an origin on a free port that answers with the closure.
    pub async fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(free_listener().await, None, answer)
    }

    /// The same with TLS.
    pub async fn start_tls(
        tls: Arc<rustls::ServerConfig>,
        answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listen(free_listener().await, Some(tls), answer)
    }

    /// Starts at an address that was known before (a site that comes up late).
    pub async fn start_at(address: SocketAddr, answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener =
            TcpListener::bind(address).await.unwrap_or_else(|error| panic!("can't listen at {address}: {error}"));
        Self::listen(listener, None, answer)
    }

    fn listen(
        listener: TcpListener,
        tls: Option<Arc<rustls::ServerConfig>>,
        answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().expect("a bound listener has an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answer: Answer = Arc::new(answer);
        let accepting = tokio::spawn(accept(listener, tls, answer, Arc::clone(&seen)));
        Self { address, seen, accepting }
    }

    /// The address as a URL of plain http.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request until now.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The requests for a path (query aside), in order.
    pub fn seen_at(&self, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path_only() == path).collect()
    }

    /// The latest request for a path; panics when there was none.
    pub fn last_at(&self, path: &str) -> Seen {
        self.seen_at(path).pop().unwrap_or_else(|| panic!("the origin was never asked for {path}"))
    }

    /// Forgets the requests until now.
    pub fn forget(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// An address on loopback that was free a moment ago.
pub async fn free_address() -> SocketAddr {
    free_listener().await.local_addr().expect("a bound listener has an address")
}

async fn free_listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port")
}

async fn accept(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    answer: Answer,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, tls.clone(), Arc::clone(&answer), Arc::clone(&seen)));
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<Arc<rustls::ServerConfig>>,
    answer: Answer,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    // Small answers over loopback otherwise wait for the other side's delayed acknowledgement.
    stream.set_nodelay(true).ok();
    match tls {
        None => serve(stream, answer, seen).await,
        Some(tls) => {
            // A client that gives up during the handshake is no fault of the site.
            if let Ok(stream) = tokio_rustls::TlsAcceptor::from(tls).accept(stream).await {
                serve(stream, answer, seen).await;
            }
        }
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    answer: Answer,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
        async move {
            let request = remember(request).await;
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
            Ok::<_, Infallible>(answer(&request).into_response())
        }
    });
    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    // A browser closes connections as it likes.
    builder.serve_connection(TokioIo::new(stream), service).await.ok();
}

async fn remember(request: Request<hyper::body::Incoming>) -> Seen {
    let (parts, mut incoming) = request.into_parts();
    let (mut body, mut trailers) = (Vec::new(), Vec::new());
    while let Some(Ok(frame)) = incoming.frame().await {
        match frame.into_data() {
            Ok(data) => body.extend_from_slice(&data),
            Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default().keys().map(ToString::to_string)),
        }
        assert!(body.len() <= BODY_LIMIT, "a request body above {BODY_LIMIT} bytes reached the origin");
    }
    let named = parts.headers.get("host").and_then(|value| value.to_str().ok());
    let host = parts.uri.host().or(named).unwrap_or_default();
    Seen {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map_or_else(|| String::from("*"), ToString::to_string),
        host: host.split(':').next().unwrap_or_default().to_ascii_lowercase(),
        version: parts.version,
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
        body: body.into(),
        trailers,
    }
}
