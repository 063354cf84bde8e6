//! Numbers for Prometheus: what happened, by site, in classes. Labels are types, so that their values are few.
//!
//! Refuses labels that a stranger could choose: no path, no host, no cookie name. Invariant: every family has a bound
//! on its series, which is the number of configured sites times a constant.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::meter::{Meter, Meters};
use super::{Failure, exposition};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Site {
    pub(super) site: Arc<str>,
}

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
pub(super) struct TakenAway {
    pub(super) site: Arc<str>,
    pub(super) what: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Sent {
    site: Arc<str>,
    outcome: &'static str,
}

/// Every metric of one process.
pub struct Metrics {
    registry: Registry,
    meters: Meters,
    connections: Gauge,
    failures: Family<Class, Counter>,
    doubts: Family<Settled, Counter>,
    reloads: Family<Reload, Counter>,
    tags: Family<Site, Counter>,
    stopped: Family<TakenAway, Counter>,
    bypass: Family<Site, Gauge>,
    webhooks: Family<Sent, Counter>,
    webhooks_lost: Counter,
    writable: Gauge,
    queue: Gauge,
    late: Gauge,
    fleet: Gauge,
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
        let mut metrics = Self {
            registry: Registry::with_prefix("consent_gateway"),
            meters: Meters::default(),
            connections: Gauge::default(),
            failures: Family::default(),
            doubts: Family::default(),
            reloads: Family::default(),
            tags: Family::default(),
            stopped: Family::default(),
            bypass: Family::default(),
            webhooks: Family::default(),
            webhooks_lost: Counter::default(),
            writable: Gauge::default(),
            queue: Gauge::default(),
            late: Gauge::default(),
            fleet: Gauge::default(),
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
        registry.register_collector(Box::new(self.meters.clone()));
        registry.register("connections", "Connections of visitors that are open", self.connections.clone());
        registry.register("failures", "Requests that failed, by whom it concerns", self.failures.clone());
        registry.register("doubts", "Doubts, and how the site's choice settled them", self.doubts.clone());
        registry.register("reloads", "Configurations read again, put in force or refused", self.reloads.clone());
        registry.register("held_tags", "Tags of pages that were put to sleep", self.tags.clone());
        registry.register("stopped_requests", "Trackers' requests to the site's own paths", self.stopped.clone());
        registry.register("bypass", "Whether the bypass is on", self.bypass.clone());
        registry.register("webhooks", "Tries to tell a receiver of a choice, by outcome", self.webhooks.clone());
        registry.register("webhooks_lost", "Webhooks given up: too many or too old", self.webhooks_lost.clone());
        registry.register("store_writable", "Whether the last write to the store went well", self.writable.clone());
        registry.register("store_queue", "Writes that wait for the store", self.queue.clone());
        registry.register("late_records", "Records of refusals that are still owed", self.late.clone());
        let differing = "Policies and keys of which another gateway of the store has another version";
        registry.register("fleet_differences", differing, self.fleet.clone());
        registry.register("access_log_dropped_lines", "Lines without room in the queue", self.lost_lines.clone());
        for failure in Failure::ALL {
            // A class that never failed is told as zero.
            drop(self.failures.get_or_create(&Class { class: failure.name() }));
        }
    }

    /// What one more worker counts its requests with.
    #[must_use]
    pub fn meter(&self) -> Meter {
        self.meters.another()
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

    /// Notes in how many things other gateways of the store differ.
    pub fn fleet_differs(&self, count: usize) {
        self.fleet.set(whole(count));
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
