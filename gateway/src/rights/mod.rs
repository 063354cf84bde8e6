//! The register of requests and complaints, and what a visitor can have done with their records.
//!
//! It refuses to keep state of its own beside the store: what is known here can be read from it again. Invariant: a request that somebody was
//! given a reference for is stored.

mod entrance;
mod own;
mod pending;
mod register;

pub use entrance::Entrance;
pub use own::{Erasing, erase, records};
pub use pending::{Pending, Waiting, watch};
pub use register::{Error, all, appeal, enter, find, follow};

use policies::Timestamp;
use policies::time::DAY;

/// What this process knows of requests without asking the store.
#[derive(Debug)]
pub struct Desk {
    /// Days for which a backup keeps the keys of what was destroyed.
    pub key_backup_days: u32,
    /// How many come in.
    pub entrance: Entrance,
    /// Which wait.
    pub pending: Pending,
}

impl Desk {
    /// From when no backup can hold a key of what is destroyed now: a key of today rests until tomorrow, and a backup is let go on
    /// the day after its window.
    #[must_use]
    pub fn beyond_recovery(&self, now: Timestamp) -> Timestamp {
        Timestamp((now.date().day_number() + i64::from(self.recovery_days())) * DAY)
    }

    /// In so many days at the latest nothing that is destroyed now can be brought back.
    #[must_use]
    pub const fn recovery_days(&self) -> u32 {
        self.key_backup_days + 2
    }

    /// A desk that knows of no request yet.
    #[must_use]
    pub fn new(key_backup_days: u32) -> Self {
        Self { key_backup_days, entrance: Entrance::default(), pending: Pending::default() }
    }
}
