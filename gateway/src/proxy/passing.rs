//! The second half of the walk: what the visitor gets of an origin's answer.
//!
//! Refuses to know the request any more: what its answer hangs on was noted when it was handed on. Invariant: while the
//! origin is waited for, a request has room for that alone.

use std::sync::Arc;
use std::time::Duration;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use tokio::time::Instant;

use super::live::Live;
use super::{Gateway, OfOrigin};
use crate::body::Body;
use crate::class::Class;
use crate::error::Error;
use crate::origin;
use crate::response::{self, Exchange, OwnLines, Report};
use crate::site::Treatment;
use crate::telemetry::Account;

/// A request that was handed on.
pub(crate) struct Passing {
    pub(super) live: Arc<Live>,
    pub(super) exchange: Arc<Exchange>,
    pub(super) own_lines: OwnLines,
    /// Which of the site's own trackers were known.
    pub(super) learned: u64,
    /// An operator asks what was done to the answer.
    pub(super) debug: bool,
    /// The visitor's side, should protocols be switched.
    pub(super) from_visitor: OnUpgrade,
    pub(super) begun: Instant,
    pub(super) asked: Instant,
}

impl Passing {
    /// Waits for the origin's answer and makes the visitor's of it.
    ///
    /// # Errors
    /// See [`Error`]; the error knows the answer to give.
    pub(crate) async fn answer(
        mut self,
        of_origin: OfOrigin,
        gateway: &Gateway,
        account: &mut Account,
    ) -> Result<Response<Body>, Error> {
        let mut response = of_origin.await?;
        let origin_wait = self.asked.elapsed();
        account.origin_wait = Some(origin_wait);
        let (books, limits) = (&gateway.books, &self.live.runtime.limits);
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            origin::upgrade::tunnel(self.from_visitor, hyper::upgrade::on(&mut response), limits.body_wait);
        }
        note_class(&mut self.exchange, response.headers(), self.learned);
        let (response, report) = response::finish(response, &self.exchange, books, limits, self.own_lines)?;
        let mut response = response::settle_loader(response, &self.exchange, books).await;
        let (exchange, headers) = (&self.exchange, response.headers_mut());
        tell(account, exchange, &report);
        if self.debug {
            response::explain(headers, exchange, &report);
        }
        if exchange.site.config.switches.server_timing {
            tell_times(headers, origin_wait, self.begun.elapsed());
        }
        tracing::debug!(
            site = exchange.site.config.name,
            method = %exchange.method,
            status = response.status().as_u16(),
            basis = exchange.decision.basis.name(),
            treatment = exchange.treatment.name(),
            cookies_kept_back = account.kept_back,
            set_cookies_dropped = account.dropped,
            cookies_expired = account.expired,
            page = report.page,
            "answered"
        );
        Ok(response)
    }
}

/// A page is of a class even if nobody asked for one.
fn note_class(exchange: &mut Arc<Exchange>, headers: &HeaderMap, learned: u64) {
    let Exchange { site, visitor, decision, treatment, class, now, .. } = &**exchange;
    if class.is_some() || *treatment != Treatment::Enforce || !response::brings_page(headers) {
        return;
    }
    let class = Class::of(site, visitor, decision, learned, *now);
    // Nobody else has it yet.
    if let Some(exchange) = Arc::get_mut(exchange) {
        exchange.class = Some(class);
    }
}

fn tell(account: &mut Account, exchange: &Exchange, report: &Report) {
    if exchange.treatment == Treatment::Enforce {
        account.kept_back = exchange.names.refused.len();
        account.dropped = report.dropped.len();
        account.expired = report.expired;
    }
}

/// How long an answer's head took (W3C Server Timing), in milliseconds.
fn tell_times(headers: &mut HeaderMap, origin: Duration, whole: Duration) {
    let milliseconds = |wait: Duration| wait.as_secs_f64() * 1_000.0;
    let (own, origin) = (milliseconds(whole.saturating_sub(origin)), milliseconds(origin));
    let text = format!("origin;dur={origin:.3}, gateway;dur={own:.3}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.append(HeaderName::from_static("server-timing"), value);
    }
}
