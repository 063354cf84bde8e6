//! The books of this process: the store, the counts and the inventory that flow into it, cookies that wait for an answer, the emergency switch and
//! what operators see. They outlive a reload.

use std::ops::Deref;
use std::sync::Arc;

use policies::rules::catalog::Catalog;

use crate::bypass::Bypass;
use crate::config::{Doubt, Outcome};
use crate::held::Held;
use crate::inventory::Inventory;
use crate::rights::Desk;
use crate::shown::Faces;
use crate::site::Site;
use crate::stats::Tally;
use crate::store::Store;
use crate::telemetry::{Meter, Telemetry};

/// One worker's way to the books; clones are that worker's.
#[derive(Clone)]
pub struct Books(Arc<Shelf>);

/// Where choices, counts and sightings are kept.
#[derive(Clone)]
pub struct Shelf {
    /// Records of choices.
    pub store: Store,
    /// What this worker counts of pages and choices.
    pub tally: Arc<Tally>,
    /// What sites were seen to set.
    pub inventory: Arc<Inventory>,
    /// What was shown to everybody alike.
    pub shown: Arc<Faces>,
    /// Cookies that wait for an answer.
    pub held: Arc<Held>,
    /// Requests of visitors that wait.
    pub desk: Arc<Desk>,
    /// What names that nobody declared are said to be; for showing only.
    pub labels: Arc<Catalog>,
    /// The emergency switch.
    pub bypass: Arc<Bypass>,
    /// What operators see.
    pub telemetry: Arc<Telemetry>,
    /// What this worker counts with every request.
    pub meter: Meter,
}

impl Deref for Books {
    type Target = Shelf;

    fn deref(&self) -> &Shelf {
        &self.0
    }
}

impl Books {
    /// The way to what stands on a shelf.
    #[must_use]
    pub fn new(shelf: Shelf) -> Self {
        Self(Arc::new(shelf))
    }

    /// Another worker's way to the same books: what it counts and notes with every request it has for itself.
    #[must_use]
    pub fn for_another(&self) -> Self {
        let (inventory, meter) = (Arc::new(self.inventory.for_another()), self.telemetry.metrics.meter());
        let tally = Arc::new(self.tally.for_another());
        Self::new(Shelf { inventory, meter, tally, ..Shelf::clone(self) })
    }

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
    let telemetry = Arc::new(Telemetry::new(crate::telemetry::Metrics::default(), None));
    let books = Books::new(Shelf {
        store: Store::open(&crate::store::Place::sample(folder.path()), &crate::store::Limits::default())
            .expect("a store"),
        tally: Arc::new(Tally::new(|| policies::Timestamp(1_709_208_000))),
        inventory: Arc::new(Inventory::new(8, Vec::new())),
        shown: Arc::new(Faces::default()),
        held: Arc::new(Held::new(10, 1_000)),
        desk: Arc::new(Desk::new(crate::vault::Folder::within(folder.path()), folder.path().join("archive"))),
        labels: Arc::new(Catalog::bundled().expect("a catalogue")),
        bypass: Arc::new(Bypass::at(folder.path())),
        meter: telemetry.metrics.meter(),
        telemetry,
    });
    (folder, books)
}
