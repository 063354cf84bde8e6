//! What owners and analysts reach, on a listener of its own that is bound to this machine: statistics, what the
//! sites were seen to set, what shadow mode would have taken away, and how the process does.
//!
//! Refuses every method but GET and HEAD and every host name but this machine's, so that no page elsewhere can read
//! it through a name it controls. Invariant: no answer runs a script or may be stored.

mod asked;
mod dashboard;
mod health;
mod listing;
mod shape;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use policies::Date;

use crate::books::Books;
use asked::Asked;

/// Answers a request of the admin listener; `sites` are the names in the configuration, `today` is the UTC day.
pub async fn answer(request: &Parts, books: &Books, sites: &[String], today: Date) -> Response<Full<Bytes>> {
    if !asked::is_for_this_machine(request) {
        return shape::text(StatusCode::MISDIRECTED_REQUEST, "Ask for this page by localhost or a loopback address.\n");
    }
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return shape::method_not_allowed();
    }
    let asked = Asked::of(request);
    let response = match request.uri.path() {
        "/" => dashboard::page(&asked, books, sites, today).await,
        "/stats.json" => dashboard::json(&asked, books, today).await,
        "/inventory" => listing::inventory(&asked, books, sites),
        "/inventory.json" => listing::inventory_json(books, sites),
        "/healthz" => health::alive(),
        "/readyz" => health::ready(books, sites).await,
        "/metrics" => health::metrics(books, sites),
        "/shadow" => listing::shadow(&asked, books, sites),
        "/admin.css" => shape::sheet(crate::view::admin::SHEET),
        _ => shape::text(StatusCode::NOT_FOUND, "There is no such page.\n"),
    };
    if request.method == Method::HEAD { response.map(|_| Full::new(Bytes::new())) } else { response }
}

#[cfg(test)]
mod tests;
