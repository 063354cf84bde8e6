//! What machines ask: whether the process lives, whether visitors may be sent to it, and its numbers.
//!
//! Refuses to call a gateway unready for what another one wouldn't do better: an origin that is away is not its
//! fault, and is told by the numbers. Invariant: none of these waits longer than a choice may.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

use super::shape;
use crate::books::Books;
use crate::telemetry::Readings;

/// `GET /healthz`: this very answer says that the process lives.
pub(super) fn alive() -> Response<Full<Bytes>> {
    shape::text(StatusCode::OK, "alive\n")
}

/// `GET /readyz`: a configuration is in force (else nothing would listen), choices can be recorded, and the process is
/// not about to end.
pub(super) async fn ready(books: &Books, sites: &[String]) -> Response<Full<Bytes>> {
    let stopping = books.telemetry.is_stopping();
    let writable = !stopping && books.store.can_write().await;
    let bypass = books.bypass.state();
    let bypassed: Vec<&str> = sites.iter().map(String::as_str).filter(|site| bypass.of(site).is_some()).collect();
    let word = |ready: bool| if ready { "yes" } else { "no" };
    let text = format!(
        "configuration in force: yes\nstore writable: {}\nstopping: {}\nbypassed sites: {}\n",
        if stopping { "not asked" } else { word(writable) },
        word(stopping),
        if bypassed.is_empty() { "none".to_owned() } else { bypassed.join(" ") },
    );
    shape::text(if writable { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, text)
}

/// `GET /metrics`: everything that is counted, for Prometheus.
pub(super) fn metrics(books: &Books, sites: &[String]) -> Response<Full<Bytes>> {
    let bypass = books.bypass.state();
    let (media, text) = books.telemetry.metrics.text(&Readings {
        bypass: sites.iter().map(|site| (site.as_str(), bypass.of(site).is_some())).collect(),
        store_writable: books.store.is_writable(),
        store_queue: books.store.waiting(),
        late_records: books.store.late_waiting(),
        webhooks_lost: books.store.lost(),
    });
    let mut answer = shape::text(StatusCode::OK, text);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    answer
}
