//! The end of what is kept, as the store's callers see it: what is old enough to be looked at, and what is done with it.
//!
//! It refuses to know why: periods are the caller's. Invariant: what was done is committed before it is answered.

use policies::{Date, Timestamp};

use super::writer::{Job, Work};
use super::{Error, Reason, Store};
use crate::ledger::EntryId;
use crate::vault::{KeyId, SealedEntry, Wrapped};

/// An entry that may be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aging {
    /// Names it.
    pub id: EntryId,
    /// In the order of storing: to page on.
    pub seq: i64,
    /// When it was made.
    pub made: Timestamp,
    /// When it stopped to hold, or will: replaced, run out, the last step of its request.
    pub ended: Timestamp,
}

/// An entry as it lies in a store, with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The entry.
    pub entry: SealedEntry,
    /// None until it has one.
    pub place: Option<u64>,
}

/// What is done with what is at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// These are wrapped by other keys now.
    Wrapped(Vec<(EntryId, Wrapped)>),
    /// This key is destroyed.
    KeyGone(KeyId),
    /// These lie in the archive now: they go from here, and their keys stay.
    Archived(Vec<EntryId>),
    /// Contents that were shown last before a day, and that records name: no record names them any more.
    Contents {
        /// The first day that stays.
        before: Date,
    },
    /// Heads of these sizes: nothing needs them.
    Heads(Vec<u64>),
    /// Something under these keys was destroyed elsewhere.
    Spent(Vec<KeyId>),
    /// Counts of a site before a day.
    Counts {
        /// The site.
        site: String,
        /// The first day that stays.
        before: Date,
    },
    /// Its counts by the hour before a day; by the day they stay.
    Hours {
        /// The site.
        site: String,
        /// The first day that stays.
        before: Date,
    },
    /// Times in which somebody counted, that were over before then.
    Runs {
        /// The first moment of which it is still to be known.
        before: Timestamp,
    },
}

impl Store {
    /// Does what is to be done with what is at its end.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end(&self, ending: Ending) -> Result<(), Error> {
        self.write(Work::End(ending)).await
    }

    /// Has the log of changes written back and emptied, without waiting for it. Where that doesn't go now, the day's purge does it.
    pub fn compact_soon(&self) {
        let (reply, _) = tokio::sync::oneshot::channel();
        self.jobs.try_send(Job::Compact { reply }).ok();
    }

    /// Writes the log of changes back and empties it, so that no copy of what was deleted is left in it. False where a reader kept
    /// it from doing so: try again later.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn compact(&self) -> Result<bool, Error> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.jobs.try_send(Job::Compact { reply }).map_err(|_| Error::unavailable(Reason::Overloaded))?;
        match tokio::time::timeout(self.wait * 10, answer).await {
            Ok(answer) => answer?,
            Err(_) => Err(Error::unavailable(Reason::Slow)),
        }
    }
}
