//! The books of this process: the store, the counts and the inventory that flow into it, cookies that wait for an answer, the emergency switch and
//! what operators see. They outlive a reload.

use std::sync::Arc;

use policies::rules::catalog::Catalog;

use crate::bypass::Bypass;
use crate::config::{Doubt, Outcome};
use crate::held::Held;
use crate::inventory::Inventory;
use crate::site::Site;
use crate::stats::Tally;
use crate::store::Store;
use crate::telemetry::Telemetry;

/// Where choices, counts and sightings are kept; clones share them.
#[derive(Clone)]
pub struct Books {
    /// Records of choices.
    pub store: Store,
    /// Counts.
    pub tally: Arc<Tally>,
    /// What sites were seen to set.
    pub inventory: Arc<Inventory>,
    /// Cookies that wait for an answer.
    pub held: Arc<Held>,
    /// What names that nobody declared are said to be; for showing only.
    pub labels: Arc<Catalog>,
    /// The emergency switch.
    pub bypass: Arc<Bypass>,
    /// What operators see.
    pub telemetry: Arc<Telemetry>,
}

impl Books {
    /// What a site chose for a doubt; that it came up is counted.
    pub fn settle(&self, site: &Site, doubt: Doubt) -> Outcome {
        let outcome = site.config.switches.on_doubt.outcome(doubt);
        self.telemetry.doubted(&site.label, doubt.name(), outcome.name());
        outcome
    }
}

/// Empty books over a real store in a folder of their own, for the tests of other rooms.
#[cfg(test)]
pub(crate) fn sample() -> (tempfile::TempDir, Books) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let books = Books {
        store: Store::open(folder.path(), &crate::store::Limits::default()).expect("a store"),
        tally: Arc::new(Tally::default()),
        inventory: Arc::new(Inventory::new(8, Vec::new())),
        held: Arc::new(Held::new(10, 1_000)),
        labels: Arc::new(Catalog::bundled().expect("a catalogue")),
        bypass: Arc::new(Bypass::at(folder.path())),
        telemetry: Arc::new(Telemetry::new(crate::telemetry::Metrics::default(), None)),
    };
    (folder, books)
}
