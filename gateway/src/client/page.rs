//! One page of somebody's site, fetched for whoever runs a command: redirects are followed, a few.
//!
//! Refuses to leave https once it is there, to send a cookie, to wait longer than [`PATIENCE`] in all, and to read more than
//! the longest page that the command takes. Invariant: what can't be read as text is told in a sentence, never handed on.

use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, USER_AGENT};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use url::Url;

use super::{Bounded, SetupError, of_system};

/// How long everything may take, redirects and the page's end with it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(10);
/// How many redirects are followed.
const MOST_STEPS: usize = 5;

/// A page as it came.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its bytes, in whatever letters.
    pub(crate) bytes: Bytes,
    /// What the answer calls it, in lower case: `text/html; charset=euc-kr`.
    pub(crate) kind: String,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The way can't be built.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// It did not come in time.
    #[error("gave no whole answer within {} s", PATIENCE.as_secs())]
    TooSlow(#[from] tokio::time::error::Elapsed),
    /// There is no connection, or it broke.
    #[error("can't be reached: is the address right, and may this machine go there?")]
    Unreachable(#[source] hyper_util::client::legacy::Error),
    /// It answers something else than a page.
    #[error("{0}")]
    NoPage(String),
}

/// Fetches a page of at most so many bytes.
///
/// # Errors
/// See [`Error`].
pub(crate) async fn fetch(address: &Url, longest: usize) -> Result<Page, Error> {
    let way = way()?;
    tokio::time::timeout(PATIENCE, follow(&way, address.clone(), longest)).await?
}

type Way = Client<Bounded<HttpsConnector<HttpConnector>>, Empty<Bytes>>;

fn way() -> Result<Way, SetupError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let connector = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(of_system()?).https_or_http();
    let connector = connector.enable_http1().wrap_connector(tcp);
    let builder = Client::builder(TokioExecutor::new()).timer(TokioTimer::new()).clone();
    Ok(builder.build(Bounded::new(connector, CONNECTING)))
}

async fn follow(way: &Way, mut address: Url, longest: usize) -> Result<Page, Error> {
    for _ in 0..=MOST_STEPS {
        let answer = ask(way, &address).await?;
        let target = answer.headers().get(LOCATION).filter(|_| answer.status().is_redirection());
        let Some(next) = target.and_then(|target| address.join(target.to_str().ok()?).ok()) else {
            return page(answer, longest).await;
        };
        if !matches!((address.scheme(), next.scheme()), ("http", "http" | "https") | ("https", "https")) {
            return Err(Error::NoPage(format!("leads to {next}, which is not followed: save the page from a browser")));
        }
        address = next;
    }
    Err(Error::NoPage(format!("leads on more than {MOST_STEPS} times")))
}

async fn ask(way: &Way, address: &Url) -> Result<Response<Incoming>, Error> {
    let request = Request::get(address.as_str())
        .header(ACCEPT, "text/html,application/xhtml+xml,text/markdown,text/plain;q=0.9,*/*;q=0.1")
        .header(ACCEPT_ENCODING, "identity")
        .header(USER_AGENT, concat!("consent-gateway/", env!("CARGO_PKG_VERSION")));
    let request = request.body(Empty::new()).map_err(|error| Error::NoPage(format!("can't be asked for: {error}")))?;
    way.request(request).await.map_err(Error::Unreachable)
}

async fn page(answer: Response<Incoming>, longest: usize) -> Result<Page, Error> {
    let no_page = |what: String| Err(Error::NoPage(format!("{what}: save the page from a browser and name the file")));
    if !answer.status().is_success() {
        return no_page(format!("answers {}", answer.status().as_u16()));
    }
    let header =
        |name| answer.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase());
    let kind = header(CONTENT_TYPE).unwrap_or_default();
    if !kind.is_empty() && !kind.starts_with("text/") && !kind.starts_with("application/xhtml") {
        return no_page(format!("is no page but \"{kind}\""));
    }
    if let Some(coding) = header(CONTENT_ENCODING).filter(|coding| coding != "identity") {
        return no_page(format!("comes as {coding}, though it was asked for as it is"));
    }
    #[expect(clippy::disallowed_methods, reason = "the body is limited")]
    let body = Limited::new(answer.into_body(), longest).collect().await;
    match body {
        Ok(body) => Ok(Page { bytes: body.to_bytes(), kind }),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            no_page(format!("is longer than {} MiB", longest >> 20))
        }
        Err(_) => no_page("broke off".to_owned()),
    }
}
