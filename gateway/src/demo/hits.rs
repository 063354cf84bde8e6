//! How many requests the collectors have counted, by collector, site and kind. A table of fixed size: nothing
//! that a request says can make it grow, and a count that is full stays full.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::service::Service;

/// A third party of the demo, on a host of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collector {
    /// Counts visits.
    Stats,
    /// Works out interests.
    Interest,
    /// Shows adverts.
    Ads,
}

impl Collector {
    /// Every collector.
    pub(crate) const ALL: [Self; 3] = [Self::Stats, Self::Interest, Self::Ads];

    /// The word in its host and in tables.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Stats => "stats",
            Self::Interest => "interest",
            Self::Ads => "ads",
        }
    }

    /// Its host, which browsers resolve to this computer by themselves.
    pub(crate) const fn host(self) -> &'static str {
        match self {
            Self::Stats => "stats-collector.localhost",
            Self::Interest => "interest-collector.localhost",
            Self::Ads => "ads-collector.localhost",
        }
    }
}

/// What was asked of a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its script.
    Script,
    /// Its picture of one point.
    Pixel,
    /// Its page in a frame.
    Frame,
    /// What its script reported.
    Beacon,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Self; 4] = [Self::Script, Self::Pixel, Self::Frame, Self::Beacon];

    /// The word in tables.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Pixel => "pixel",
            Self::Frame => "frame",
            Self::Beacon => "beacon",
        }
    }

    /// Where a collector serves it.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Script => "/tag.js",
            Self::Pixel => "/pixel.gif",
            Self::Frame => "/frame",
            Self::Beacon => "/beacon",
        }
    }

    /// What a path of a collector is.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.path() == path)
    }
}

type Row = [AtomicU64; Kind::ALL.len()];

/// All counts since the demo started, or since they were last set to nought.
#[derive(Debug, Default)]
pub(crate) struct Hits([[Row; Service::ALL.len()]; Collector::ALL.len()]);

impl Hits {
    /// Counts one request.
    pub(crate) fn count(&self, collector: Collector, service: Service, kind: Kind) {
        if let Some(cell) = self.cell(collector, service, kind) {
            // Ordering between counts means nothing here; only the sums do.
            cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_add(1)).ok();
        }
    }

    /// How many requests of a kind a collector saw from a site.
    pub(crate) fn of(&self, collector: Collector, service: Service, kind: Kind) -> u64 {
        self.cell(collector, service, kind).map_or(0, |cell| cell.load(Ordering::Relaxed))
    }

    /// How many requests all collectors saw from a site.
    pub(crate) fn total(&self, service: Service) -> u64 {
        let cells = Collector::ALL.into_iter().flat_map(|collector| Kind::ALL.map(|kind| (collector, kind)));
        cells.map(|(collector, kind)| self.of(collector, service, kind)).fold(0, u64::saturating_add)
    }

    /// Sets every count to nought.
    pub(crate) fn reset(&self) {
        self.0.iter().flatten().flatten().for_each(|cell| cell.store(0, Ordering::Relaxed));
    }

    /// All counts as JSON: `{"remotemeeting:stats:script": 3, …, "remotemeeting": 7}`.
    pub(crate) fn json(&self) -> String {
        let mut counts = BTreeMap::new();
        for service in Service::ALL {
            counts.insert(service.key().to_owned(), self.total(service));
            for collector in Collector::ALL {
                for kind in Kind::ALL {
                    counts.insert(hit_key(service, collector, kind), self.of(collector, service, kind));
                }
            }
        }
        serde_json::to_string(&counts).unwrap_or_else(|_| "{}".to_owned())
    }

    fn cell(&self, collector: Collector, service: Service, kind: Kind) -> Option<&AtomicU64> {
        self.0.get(collector as usize)?.get(service.place())?.get(kind as usize)
    }
}

/// The name of one count, in JSON and on pages.
pub(crate) fn hit_key(service: Service, collector: Collector, kind: Kind) -> String {
    format!("{}:{}:{}", service.key(), collector.key(), kind.key())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_apart_and_added_up() {
        let hits = Hits::default();
        hits.count(Collector::Stats, Service::RemoteMeeting, Kind::Script);
        hits.count(Collector::Stats, Service::RemoteMeeting, Kind::Script);
        hits.count(Collector::Ads, Service::RemoteMeeting, Kind::Pixel);
        hits.count(Collector::Ads, Service::EzCare, Kind::Pixel);
        assert_eq!(hits.of(Collector::Stats, Service::RemoteMeeting, Kind::Script), 2);
        assert_eq!(hits.of(Collector::Interest, Service::RemoteMeeting, Kind::Script), 0);
        assert_eq!(hits.total(Service::RemoteMeeting), 3);
        assert!(hits.json().contains(r#""remotemeeting:stats:script":2"#));
        hits.reset();
        assert_eq!(hits.total(Service::RemoteMeeting) + hits.total(Service::EzCare), 0);
    }

    #[test]
    fn paths_lead_to_their_kinds() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_path(kind.path()), Some(kind));
        }
        assert_eq!(Kind::of_path("/favicon.ico"), None);
    }
}
