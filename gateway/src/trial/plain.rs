//! Visits by HTTP alone, where no browser is installed: cookies that answers set, and the places that a page's markup names.
//!
//! Refuses to run scripts, so that what they set and call stays unseen, and says so. Invariant: it asks nobody but the gateway on loopback.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Collected, Empty, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use policies::Timestamp;
use url::Url;

use super::found::{Found, Kept};
use crate::html::{self, Base, Charset, Limits, PagePlan, Rewriter, Syntax, TagJudge};
use crate::wire::set_cookie::SetCookie;

/// The longest page that is read.
const LONGEST_PAGE: usize = 4 << 20;

/// How long one answer may take, its body with it.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many redirects are followed.
const MOST_STEPS: usize = 5;

/// What one address led to.
#[derive(Debug)]
pub(crate) enum Led {
    /// A page, with the addresses that it links to.
    Page(Vec<String>),
    /// Another host: the address there.
    Away(Url),
    /// Something else, said in a word or two.
    Nothing(String),
}

/// A visitor without scripts, who keeps cookies.
pub(crate) struct Plain {
    client: Client<HttpConnector, Empty<Bytes>>,
    jar: BTreeMap<String, String>,
}

impl Plain {
    /// One without any cookie.
    pub(crate) fn new() -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), jar: BTreeMap::new() }
    }

    /// Opens a page, following the site's own redirects.
    pub(crate) async fn visit(&mut self, address: &Url, now: Timestamp, found: &mut Found) -> Led {
        let mut address = address.clone();
        for _ in 0..MOST_STEPS {
            let Ok(answer) = tokio::time::timeout(PATIENCE, self.ask(&address, now, found)).await else {
                return Led::Nothing(format!("gave no answer within {} s", PATIENCE.as_secs()));
            };
            let answer = match answer {
                Ok(answer) => answer,
                Err(why) => return Led::Nothing(why),
            };
            match answer {
                Answer::Redirect(next) if next.origin() == address.origin() => address = next,
                Answer::Redirect(next) => return Led::Away(next),
                Answer::Page(markup) => return Led::Page(read(&markup, &address, found)),
                Answer::Other(what) => return Led::Nothing(what),
            }
        }
        Led::Nothing(format!("leads on more than {MOST_STEPS} times"))
    }

    async fn ask(&mut self, address: &Url, now: Timestamp, found: &mut Found) -> Result<Answer, String> {
        let mut request = Request::get(address.as_str())
            .header(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")
            .header(USER_AGENT, concat!("consent-gateway/", env!("CARGO_PKG_VERSION")));
        if !self.jar.is_empty() {
            let pairs: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let request = request.body(Empty::new()).map_err(|error| error.to_string())?;
        let answer = self.client.request(request).await.map_err(|error| error.to_string())?;
        self.keep(&answer, now, found);
        let target = answer.headers().get(LOCATION).filter(|_| answer.status().is_redirection());
        if let Some(next) = target.and_then(|target| address.join(target.to_str().ok()?).ok()) {
            return Ok(Answer::Redirect(next));
        }
        match answer.status() {
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => return Err("can't be reached".to_owned()),
            status if status.is_server_error() => return Ok(Answer::Other(format!("answers {}", status.as_u16()))),
            _ => {}
        }
        let kind = answer.headers().get(CONTENT_TYPE).map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned());
        let kind = kind.unwrap_or_default();
        if !kind.contains("html") {
            return Ok(Answer::Other(format!("is no page but \"{kind}\"")));
        }
        Ok(Answer::Page(page(answer.into_body()).await?))
    }

    fn keep(&mut self, answer: &Response<Incoming>, now: Timestamp, found: &mut Found) {
        for line in answer.headers().get_all(SET_COOKIE) {
            let cookie = SetCookie::parse(line.as_bytes());
            let name = String::from_utf8_lossy(cookie.judged_name()).into_owned();
            if cookie.is_deletion(now.0) {
                self.jar.remove(&name);
                continue;
            }
            self.jar.insert(name.clone(), String::from_utf8_lossy(cookie.value).into_owned());
            let life = cookie.max_age.or_else(|| Some(cookie.expires?.saturating_sub(now.0)));
            found.kept(Kept { name, host: "127.0.0.1".to_owned(), life });
        }
    }
}

/// A page's bytes; one that is too long is said to be.
async fn page(body: Incoming) -> Result<Bytes, String> {
    #[expect(clippy::disallowed_methods, reason = "the body is limited")]
    let body = Limited::new(body, LONGEST_PAGE).collect().await;
    body.map(Collected::to_bytes).map_err(|error| error.to_string())
}

enum Answer {
    Page(Bytes),
    Redirect(Url),
    Other(String),
}

/// Hears of every place that a page loads from, and holds none.
#[derive(Default)]
struct Listener {
    places: Mutex<Vec<(String, String)>>,
}

impl TagJudge for Listener {
    fn hold(&self, host: &str, path: &str, _query: &str) -> Option<&str> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.push((host.to_owned(), path.to_owned()));
        None
    }
}

/// Notes where a page loads from; its links.
fn read(markup: &[u8], address: &Url, found: &mut Found) -> Vec<String> {
    let listener = Arc::new(Listener::default());
    let judge: Arc<dyn TagJudge> = Arc::<Listener>::clone(&listener);
    let mut rewriter = Rewriter::new(PagePlan {
        judge,
        insertion: None,
        address: Base::of_page(address.as_str()),
        syntax: Syntax::Html,
        charset: Charset::from_label(None),
        limits: Limits::default(),
    });
    // A page that can't be read to its end is read as far as it goes.
    if rewriter.push(markup).is_ok() {
        rewriter.finish().ok();
    }
    let places = std::mem::take(&mut *listener.places.lock().unwrap_or_else(PoisonError::into_inner));
    places.iter().for_each(|(host, path)| found.called_at(host, path));
    links(markup, address)
}

fn links(markup: &[u8], address: &Url) -> Vec<String> {
    html::links(markup).iter().filter_map(|href| address.join(href).ok()).map(String::from).collect()
}
