//! What operators see of a gateway that runs: the log, the metrics, the access log. It outlives a reload.
//!
//! Refuses what could tell visitors apart: no cookie value, query string or whole address reaches anything here.
//! Invariant: nothing here waits, so no request is slower for being watched.

mod access;
mod exposition;
mod measured;
mod meter;
mod metrics;
mod throttle;

pub use access::{AccessLog, Line};
pub use measured::{MeasuredBody, Sent};
pub use meter::Meter;
pub use metrics::{Metrics, Readings};
pub use throttle::{Failure, Throttle};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use policies::policy::wording::Wording;
use tracing_subscriber::EnvFilter;

/// Everything that watches one process.
pub struct Telemetry {
    /// Numbers for Prometheus.
    pub metrics: Metrics,
    access: Option<AccessLog>,
    throttle: Throttle,
    stopping: AtomicBool,
}

/// What the walk of a request tells of it, for metrics and the access log. Empty where the walk did not come so far.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The site's name.
    pub site: Arc<str>,
    /// Its words, for what can't be answered; none where it isn't known or has none of its own.
    pub wording: Option<Arc<Wording>>,
    /// Where the visitor's address lies, cut to a prefix.
    pub network: String,
    /// On what the decision rests.
    pub basis: &'static str,
    /// How far the site acted on it.
    pub treatment: &'static str,
    /// How long the origin took until its answer's head, where it was asked.
    pub origin_wait: Option<Duration>,
    /// Cookies that came and were kept from the origin.
    pub kept_back: usize,
    /// `Set-Cookie` lines that did not reach the visitor.
    pub dropped: usize,
    /// Cookies expired.
    pub expired: usize,
}

impl Telemetry {
    /// Watches with these metrics, and writes the access log where there is one.
    #[must_use]
    pub fn new(metrics: Metrics, access: Option<AccessLog>) -> Self {
        Self { metrics, access, throttle: Throttle::default(), stopping: AtomicBool::new(false) }
    }

    /// The access log, where one is configured.
    #[must_use]
    pub const fn access(&self) -> Option<&AccessLog> {
        self.access.as_ref()
    }

    /// Counts a failure, and writes its line unless its class has just been written for this site. `id` names the request,
    /// where it still waits for its answer.
    pub fn failed(
        &self,
        failure: Failure,
        site: &Arc<str>,
        id: Option<&dyn std::fmt::Display>,
        error: &(dyn std::error::Error + 'static),
    ) {
        self.metrics.failed(failure);
        let Some(suppressed) = self.throttle.pass(failure.name(), site, Instant::now()) else { return };
        let id = id.map(tracing::field::display);
        match failure {
            // Strangers send what they like: what is their own fault is told only to those who ask for it.
            Failure::Visitor => {
                tracing::debug!(class = failure.name(), site = &**site, id, suppressed, error, "a request was refused");
            }
            _ => tracing::warn!(class = failure.name(), site = &**site, id, suppressed, error, "a request failed"),
        }
    }

    /// Counts a doubt, and writes its line in the same way.
    pub fn doubted(&self, site: &Arc<str>, doubt: &'static str, outcome: &'static str) {
        self.metrics.doubted(site, doubt, outcome);
        if let Some(suppressed) = self.throttle.pass(doubt, site, Instant::now()) {
            tracing::warn!(site = &**site, suppressed, doubt, outcome, "a doubt was settled");
        }
    }

    /// Counts a webhook that its receiver has.
    pub fn webhook_told(&self, site: &Arc<str>) {
        self.metrics.webhook(site, "told");
    }

    /// Counts a webhook that its receiver does not have yet, and writes a line in the same way. `receiver` is the
    /// authority alone: the rest of an address may be a secret.
    pub fn webhook_failed(&self, site: &Arc<str>, receiver: &str, outcome: &'static str, why: &str) {
        self.metrics.webhook(site, outcome);
        if let Some(suppressed) = self.throttle.pass("webhook", site, Instant::now()) {
            tracing::warn!(
                site = &**site,
                receiver,
                suppressed,
                why,
                "a webhook was not taken; choices wait in the store and are sent again"
            );
        }
    }

    /// Counts a reload; without success the old configuration stays.
    pub fn reloaded(&self, in_force: bool) {
        self.metrics.reloaded(in_force);
    }

    /// From now on nobody new is to be sent here.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the process is about to end.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// Starts the log: to standard error, readable by people, JSON with `CONSENT_GATEWAY_LOG_JSON=1`.
/// `CONSENT_GATEWAY_LOG` holds a filter such as `debug` or `gateway=debug`; without it, `usual`.
pub fn start(usual: &str) {
    let filter = EnvFilter::try_from_env("CONSENT_GATEWAY_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    if std::env::var_os("CONSENT_GATEWAY_LOG_JSON").is_some_and(|json| json == "1") {
        log.json().init();
    } else {
        log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init();
    }
}
