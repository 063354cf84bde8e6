//! What receivers of webhooks are still to be told. A row is written in the transaction of its record, so that a choice
//! which was answered is told even if the process dies the next moment.
//!
//! Refuses addresses: a receiver is known by its id. Invariant: no receiver has more rows than the bound after a commit;
//! the oldest give way, since the newest say what holds.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use policies::{Record, Timestamp};
use tokio::sync::watch;

use super::writer::Work;
use super::{Error, Store};

/// Names a receiver of one site.
pub type ReceiverId = [u8; 8];

/// One row: a record that a receiver is to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Names the row.
    pub seq: i64,
    /// Not before then; zero where it was never sent.
    pub due: Timestamp,
    /// How often it was sent and not taken.
    pub failures: u32,
    /// What it is to be told of.
    pub record: Record,
}

/// What became of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Rows whose receiver has them.
    pub told: Vec<i64>,
    /// Rows that were not taken, and when they are due again.
    pub later: Vec<(i64, Timestamp)>,
}

/// Who is told of which site's choices, and how many may wait for each.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) receivers: HashMap<String, Vec<ReceiverId>>,
    pub(super) most: usize,
}

/// What one commit did to the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) posted: bool,
    pub(super) lost: u64,
}

/// What handles and writer know of it.
#[derive(Debug)]
pub(super) struct Outbox {
    rules: Mutex<Arc<Rules>>,
    posted: watch::Sender<u64>,
    lost: AtomicU64,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { rules: Mutex::default(), posted: watch::Sender::new(0), lost: AtomicU64::new(0) }
    }
}

impl Outbox {
    pub(super) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn changed(&self, change: Change) {
        self.lost.fetch_add(change.lost, Ordering::Relaxed);
        if change.posted {
            self.posted.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

impl Store {
    /// From the next commit on, records of these sites are posted to these receivers, of which each has at most `most`
    /// rows that wait.
    pub fn post_to(&self, receivers: HashMap<String, Vec<ReceiverId>>, most: usize) {
        let rules = Arc::new(Rules { receivers, most });
        *self.shared.outbox.rules.lock().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    /// Changes with every commit that posted something.
    #[must_use]
    pub fn posted(&self) -> watch::Receiver<u64> {
        self.shared.outbox.posted.subscribe()
    }

    /// How many rows were given up since the start: too many, or too old.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.shared.outbox.lost.load(Ordering::Relaxed)
    }

    /// Notes what became of rows.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; noting the same again is safe.
    pub async fn settle(&self, settled: Settled) -> Result<(), Error> {
        self.write(Work::Settled(settled)).await
    }

    /// Notes that the rows posted until now wait since `now` at the latest, and gives up what waits since before `oldest`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn tidy_outbox(&self, now: Timestamp, oldest: Timestamp) -> Result<(), Error> {
        self.write(Work::Tidy { now, oldest }).await
    }
}
