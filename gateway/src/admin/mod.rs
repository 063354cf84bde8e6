//! What owners and analysts reach, on a listener of its own that is bound to this machine: statistics as pages, files and
//! for programs, what the sites were seen to set, what shadow mode would have taken away, and how the process does.
//!
//! Refuses every host name but this machine's, so that no page elsewhere can read it through a name it controls, and posts
//! that another site's page sends. Invariant: no answer may be stored, and none runs a script but pages `/admin.js`, which comes with this
//! program; whatever came from traffic is text.

mod api;
mod board;
mod fault;
mod health;
mod here;
mod listing;
mod notes;
mod query;
mod scope;
mod shape;
mod voice;

use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full, Limited};
use policies::Timestamp;

use crate::books::Books;
use crate::config::Config;
use board::Reader;
use query::{Pairs, language};

/// Bytes of a body that is read: a note, as a form or as JSON.
const LONGEST_BODY: usize = 8 << 10;

/// How long a body may take to come.
const BODY_WAIT: Duration = Duration::from_secs(10);

/// Answers a request of the admin listener.
pub async fn answer<B>(request: Request<B>, books: &Books, config: &Config, now: Timestamp) -> Response<Full<Bytes>>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    if !here::is_for_this_machine(&parts) {
        return shape::text(StatusCode::MISDIRECTED_REQUEST, "Ask for this page by localhost or a loopback address.\n");
    }
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let body = if reads {
        Bytes::new()
    } else if !here::is_from_here(&parts.headers) {
        return shape::text(StatusCode::FORBIDDEN, "Another site's page may not change anything here.\n");
    } else {
        match tokio::time::timeout(BODY_WAIT, whole(body, LONGEST_BODY)).await {
            Ok(Some(body)) => body,
            Ok(None) => return shape::text(StatusCode::PAYLOAD_TOO_LARGE, "That is more than a note.\n"),
            Err(_) => return shape::text(StatusCode::REQUEST_TIMEOUT, "The note took too long to come.\n"),
        }
    };
    let pairs = Pairs::of(parts.uri.query().unwrap_or_default());
    let reader = Reader { lang: language(&parts, &pairs), books, config, now };
    let response = match parts.uri.path().strip_prefix(api::PREFIX) {
        Some(path) => api::answer(&reader, &parts, path, &pairs, &body).await,
        None if reads => page(&reader, &parts, &pairs).await,
        None => change(&reader, &parts, &body).await,
    };
    if parts.method == Method::HEAD { response.map(|_| Full::new(Bytes::new())) } else { response }
}

async fn page(reader: &Reader<'_>, parts: &Parts, pairs: &Pairs) -> Response<Full<Bytes>> {
    let (books, config) = (reader.books, reader.config);
    let sites: Vec<String> = config.sites.iter().map(|site| site.name.clone()).collect();
    match parts.uri.path() {
        board::HERE => board::page(reader, pairs, board::HERE).await,
        board::REPORT => board::page(reader, pairs, board::REPORT).await,
        "/inventory" => listing::inventory(reader.lang, books, &sites),
        "/inventory.json" => listing::inventory_json(books, &sites),
        "/healthz" => health::alive(),
        "/readyz" => health::ready(books, &sites).await,
        "/metrics" => health::metrics(books, &sites),
        "/shadow" => listing::shadow(reader.lang, books, &sites),
        "/admin.css" => shape::sheet(crate::view::admin::SHEET),
        "/admin.js" => shape::script(crate::view::admin::SCRIPT),
        notes::ADD | notes::REMOVE => shape::method_not_allowed("POST"),
        _ => shape::text(StatusCode::NOT_FOUND, "There is no such page.\n"),
    }
}

/// A body of at most so many bytes; None for a longer one, and for one that breaks off.
async fn whole<B: Body>(body: B, most: usize) -> Option<Bytes>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    #[expect(clippy::disallowed_methods, reason = "the body is limited")]
    let collected = Limited::new(body, most).collect().await;
    collected.ok().map(http_body_util::Collected::to_bytes)
}

async fn change(reader: &Reader<'_>, parts: &Parts, body: &[u8]) -> Response<Full<Bytes>> {
    let form = Pairs::of(&String::from_utf8_lossy(body));
    match (&parts.method, parts.uri.path()) {
        (&Method::POST, notes::ADD) => notes::add_from_page(reader, &form).await,
        (&Method::POST, notes::REMOVE) => notes::remove_from_page(reader, &form).await,
        _ => shape::method_not_allowed("GET, HEAD"),
    }
}

#[cfg(test)]
mod tests;
