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

use crate::vault::Folder;

/// What this process knows of requests without asking the store.
#[derive(Debug)]
pub struct Desk {
    /// Where the keys of records lie: how long their backups last says when nothing that is destroyed can be brought back.
    pub record_keys: Folder,
    /// How many come in.
    pub entrance: Entrance,
    /// Which wait.
    pub pending: Pending,
}

impl Desk {
    /// A desk that knows of no request yet.
    #[must_use]
    pub fn new(record_keys: Folder) -> Self {
        Self { record_keys, entrance: Entrance::default(), pending: Pending::default() }
    }
}
