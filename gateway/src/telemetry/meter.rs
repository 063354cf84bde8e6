//! What a worker counts with every request, in a place of its own: nobody else touches it but who reads the numbers, so
//! that a count costs no wait and moves no memory between cores. The numbers of all workers are added up as they are read.
//!
//! Refuses what is counted rarely; that stands in [`super::Metrics`]. Invariant: series are bounded by the sites.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::Account;
use super::metrics::{Site, TakenAway};

/// Seconds at which waits are parted.
const WAITS: [f64; 13] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Methods that are told apart.
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "other"];
/// Classes of status.
const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// What is taken away of cookies.
const TAKEN: [&str; 3] = ["kept_back", "dropped", "expired"];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    site: Arc<str>,
    method: &'static str,
    status: &'static str,
}

/// One worker's counts.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Counts>>);

/// All workers' meters.
#[derive(Clone, Debug, Default)]
pub(super) struct Meters(Arc<Mutex<Vec<Meter>>>);

/// By site.
type Counts = BTreeMap<Arc<str>, OfSite>;

#[derive(Clone, Debug, Default)]
struct OfSite {
    answers: [[u64; STATUSES.len()]; METHODS.len()],
    waits: Waits,
    origin_waits: Waits,
    taken: [u64; TAKEN.len()],
}

/// Waits, by the first mark that they don't pass.
#[derive(Clone, Debug, Default)]
struct Waits {
    seconds: f64,
    buckets: [u64; WAITS.len() + 1],
}

impl Meter {
    /// Counts an answer whose head is ready after `wait`.
    pub fn answered(&self, account: &Account, method: &Method, status: StatusCode, wait: Duration) {
        let mut counts = self.counts();
        let site = match counts.get_mut(&account.site) {
            Some(site) => site,
            None => counts.entry(Arc::clone(&account.site)).or_default(),
        };
        let of_method = match *method {
            Method::GET => 0,
            Method::HEAD => 1,
            Method::POST => 2,
            _ => 3,
        };
        let of_status = usize::from(status.as_u16() / 100).clamp(1, STATUSES.len()) - 1;
        if let Some(count) = site.answers.get_mut(of_method).and_then(|counts| counts.get_mut(of_status)) {
            *count += 1;
        }
        site.waits.add(wait);
        if let Some(wait) = account.origin_wait {
            site.origin_waits.add(wait);
        }
        for (sum, count) in site.taken.iter_mut().zip([account.kept_back, account.dropped, account.expired]) {
            *sum = sum.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        }
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waits {
    fn add(&mut self, wait: Duration) {
        let seconds = wait.as_secs_f64();
        self.seconds += seconds;
        let at = WAITS.iter().position(|mark| seconds <= *mark).unwrap_or(WAITS.len());
        if let Some(count) = self.buckets.get_mut(at) {
            *count += 1;
        }
    }

    fn join(&mut self, other: &Self) {
        self.seconds += other.seconds;
        self.buckets.iter_mut().zip(other.buckets).for_each(|(sum, count)| *sum += count);
    }
}

impl OfSite {
    fn join(&mut self, other: &Self) {
        let answers = self.answers.iter_mut().flatten().zip(other.answers.iter().flatten());
        let taken = self.taken.iter_mut().zip(&other.taken);
        answers.chain(taken).for_each(|(sum, count)| *sum += count);
        self.waits.join(&other.waits);
        self.origin_waits.join(&other.origin_waits);
    }
}

impl Meters {
    /// A meter for another worker.
    pub(super) fn another(&self) -> Meter {
        let meter = Meter::default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(meter.clone());
        meter
    }

    fn sum(&self) -> Counts {
        let mut sum = Counts::new();
        for meter in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            for (site, counts) in &*meter.counts() {
                sum.entry(Arc::clone(site)).or_default().join(counts);
            }
        }
        sum
    }
}

impl Collector for Meters {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let sum = self.sum();
        let answers = sum.iter().flat_map(|(site, counts)| {
            let of_method = METHODS.iter().zip(&counts.answers);
            let each = of_method.flat_map(|(method, counts)| STATUSES.iter().zip(counts).map(move |of| (method, of)));
            each.map(|(method, (status, count))| (Answer { site: Arc::clone(site), method, status }, *count))
        });
        counters(&mut encoder, "requests", "Requests answered.", answers)?;
        let taken = sum.iter().flat_map(|(site, counts)| {
            TAKEN.iter().zip(&counts.taken).map(|(what, count)| (TakenAway { site: Arc::clone(site), what }, *count))
        });
        counters(&mut encoder, "cookies", "Cookies kept from the origin, not set, or expired.", taken)?;
        let waits = sum.iter().map(|(site, counts)| (site, &counts.waits));
        histograms(&mut encoder, "request_duration_seconds", "Time until the head of the answer.", waits)?;
        let waits = sum.iter().map(|(site, counts)| (site, &counts.origin_waits));
        histograms(&mut encoder, "origin_duration_seconds", "Time until the origin's head.", waits)
    }
}

/// Writes what was counted at all.
fn counters<L: EncodeLabelSet>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    counts: impl Iterator<Item = (L, u64)>,
) -> fmt::Result {
    let mut counts = counts.filter(|(_, count)| *count > 0).peekable();
    if counts.peek().is_none() {
        return Ok(());
    }
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    counts.try_for_each(|(labels, count)| {
        family.encode_family(&labels)?.encode_counter::<NoLabelSet, u64, u64>(&count, None)
    })
}

fn histograms<'w>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    waits: impl Iterator<Item = (&'w Arc<str>, &'w Waits)>,
) -> fmt::Result {
    let marks = || WAITS.into_iter().chain([f64::INFINITY]);
    let told = waits.map(|(site, waits)| (site, waits, waits.buckets.iter().sum::<u64>()));
    let mut told = told.filter(|(_, _, count)| *count > 0).peekable();
    if told.peek().is_none() {
        return Ok(());
    }
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
    told.try_for_each(|(site, waits, count)| {
        let buckets: Vec<(f64, u64)> = marks().zip(waits.buckets).collect();
        let site = Site { site: Arc::clone(site) };
        family.encode_family(&site)?.encode_histogram::<NoLabelSet>(waits.seconds, count, &buckets, None)
    })
}
