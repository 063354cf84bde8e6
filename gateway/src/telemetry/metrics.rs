//! Numbers for Prometheus: what happened, by site, in classes. Labels are types, so that their values are few.
//!
//! Refuses labels that a stranger could choose: no path, no host, no cookie name. Invariant: every family has a bound
//! on its series, which is the number of configured sites times a constant.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::{Account, Failure, exposition};

/// Seconds at which waits are parted.
const WAITS: [f64; 13] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Site {
    site: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    site: Arc<str>,
    method: Verb,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Verb(&'static str);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Status(&'static str);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Class {
    class: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reload {
    in_force: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Settled {
    site: Arc<str>,
    doubt: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TakenAway {
    site: Arc<str>,
    what: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Sent {
    site: Arc<str>,
    outcome: &'static str,
}

/// Every metric of one process.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answer, Counter>,
    waits: Family<Site, Histogram, fn() -> Histogram>,
    origin_waits: Family<Site, Histogram, fn() -> Histogram>,
    connections: Gauge,
    failures: Family<Class, Counter>,
    doubts: Family<Settled, Counter>,
    cookies: Family<TakenAway, Counter>,
    reloads: Family<Reload, Counter>,
    tags: Family<Site, Counter>,
    stopped: Family<TakenAway, Counter>,
    bypass: Family<Site, Gauge>,
    webhooks: Family<Sent, Counter>,
    webhooks_lost: Counter,
    writable: Gauge,
    queue: Gauge,
    late: Gauge,
    /// Lines of the access log that found no room.
    pub(super) lost_lines: Counter,
}

/// What is only known when somebody asks.
#[derive(Clone, Debug)]
pub struct Readings<'r> {
    /// Each site, and whether it is bypassed.
    pub bypass: Vec<(&'r str, bool)>,
    /// Whether the store's last write went well.
    pub store_writable: bool,
    /// Writes that wait for the store.
    pub store_queue: usize,
    /// Records that are owed.
    pub late_records: usize,
    /// Webhooks that were given up.
    pub webhooks_lost: u64,
}

/// One connection that is open; it is closed when this is dropped.
pub struct Connection(Gauge);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let waits: fn() -> Histogram = || Histogram::new(WAITS);
        let mut metrics = Self {
            registry: Registry::with_prefix("consent_gateway"),
            requests: Family::default(),
            waits: Family::new_with_constructor(waits),
            origin_waits: Family::new_with_constructor(waits),
            connections: Gauge::default(),
            failures: Family::default(),
            doubts: Family::default(),
            cookies: Family::default(),
            reloads: Family::default(),
            tags: Family::default(),
            stopped: Family::default(),
            bypass: Family::default(),
            webhooks: Family::default(),
            webhooks_lost: Counter::default(),
            writable: Gauge::default(),
            queue: Gauge::default(),
            late: Gauge::default(),
            lost_lines: Counter::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        let build: Family<Build, Gauge> = Family::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "The version that runs", build);
        registry.register("requests", "Requests answered", self.requests.clone());
        registry.register("request_duration_seconds", "Time until the head of the answer", self.waits.clone());
        registry.register("origin_duration_seconds", "Time until the origin's head", self.origin_waits.clone());
        registry.register("connections", "Connections of visitors that are open", self.connections.clone());
        registry.register("failures", "Requests that failed, by whom it concerns", self.failures.clone());
        registry.register("doubts", "Doubts, and how the site's choice settled them", self.doubts.clone());
        registry.register("cookies", "Cookies kept from the origin, not set, or expired", self.cookies.clone());
        registry.register("reloads", "Configurations read again, put in force or refused", self.reloads.clone());
        registry.register("held_tags", "Tags of pages that were put to sleep", self.tags.clone());
        registry.register("stopped_requests", "Trackers' requests to the site's own paths", self.stopped.clone());
        registry.register("bypass", "Whether the bypass is on", self.bypass.clone());
        registry.register("webhooks", "Tries to tell a receiver of a choice, by outcome", self.webhooks.clone());
        registry.register("webhooks_lost", "Webhooks given up: too many or too old", self.webhooks_lost.clone());
        registry.register("store_writable", "Whether the last write to the store went well", self.writable.clone());
        registry.register("store_queue", "Writes that wait for the store", self.queue.clone());
        registry.register("late_records", "Records of refusals that are still owed", self.late.clone());
        registry.register("access_log_dropped_lines", "Lines without room in the queue", self.lost_lines.clone());
        for failure in Failure::ALL {
            // A class that never failed is told as zero.
            drop(self.failures.get_or_create(&Class { class: failure.name() }));
        }
    }

    /// Counts an answer whose head is ready after `wait`.
    pub fn answered(&self, account: &Account, method: &Method, status: StatusCode, wait: Duration) {
        let site = || Arc::clone(&account.site);
        let answer = Answer { site: site(), method: Verb::of(method), status: Status::of(status) };
        self.requests.get_or_create(&answer).inc();
        self.waits.get_or_create(&Site { site: site() }).observe(wait.as_secs_f64());
        let counts = [("kept_back", account.kept_back), ("dropped", account.dropped), ("expired", account.expired)];
        for (what, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            self.cookies
                .get_or_create(&TakenAway { site: site(), what })
                .inc_by(u64::try_from(count).unwrap_or(u64::MAX));
        }
    }

    /// Notes how long an origin took until its head.
    pub fn origin_answered(&self, site: &Arc<str>, wait: Duration) {
        self.origin_waits.get_or_create(&Site { site: Arc::clone(site) }).observe(wait.as_secs_f64());
    }

    /// Counts tags that were put to sleep.
    pub fn held_tags(&self, site: &Arc<str>, count: u32) {
        self.tags.get_or_create(&Site { site: Arc::clone(site) }).inc_by(u64::from(count));
    }

    /// Counts a tracker's request to the site's own host that was answered here: a `hit`, or a `loader`.
    pub fn stopped(&self, site: &Arc<str>, what: &'static str) {
        self.stopped.get_or_create(&TakenAway { site: Arc::clone(site), what }).inc();
    }

    /// Counts a connection until the answer is dropped.
    #[must_use]
    pub fn connected(&self) -> Connection {
        self.connections.inc();
        Connection(self.connections.clone())
    }

    pub(super) fn reloaded(&self, in_force: bool) {
        self.reloads.get_or_create(&Reload { in_force }).inc();
    }

    pub(super) fn failed(&self, failure: Failure) {
        self.failures.get_or_create(&Class { class: failure.name() }).inc();
    }

    pub(super) fn doubted(&self, site: &Arc<str>, doubt: &'static str, outcome: &'static str) {
        self.doubts.get_or_create(&Settled { site: Arc::clone(site), doubt, outcome }).inc();
    }

    pub(super) fn webhook(&self, site: &Arc<str>, outcome: &'static str) {
        self.webhooks.get_or_create(&Sent { site: Arc::clone(site), outcome }).inc();
    }

    /// The media type and the text for Prometheus.
    #[must_use]
    pub fn text(&self, readings: &Readings<'_>) -> (&'static str, String) {
        self.bypass.clear();
        for (site, on) in &readings.bypass {
            self.bypass.get_or_create(&Site { site: Arc::from(*site) }).set(i64::from(*on));
        }
        self.writable.set(i64::from(readings.store_writable));
        self.queue.set(whole(readings.store_queue));
        self.late.set(whole(readings.late_records));
        self.webhooks_lost.inner().store(readings.webhooks_lost, Ordering::Relaxed);
        let mut open_metrics = String::new();
        // Writing to a string can't fail.
        text::encode(&mut open_metrics, &self.registry).ok();
        (exposition::MEDIA, exposition::plain(&open_metrics))
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Verb {
    fn of(method: &Method) -> Self {
        Self(match *method {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            _ => "other",
        })
    }
}

impl Status {
    fn of(status: StatusCode) -> Self {
        Self(match status.as_u16() {
            ..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            500.. => "5xx",
        })
    }
}

impl EncodeLabelValue for Verb {
    fn encode(&self, encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.0.encode(encoder)
    }
}

impl EncodeLabelValue for Status {
    fn encode(&self, encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.0.encode(encoder)
    }
}
