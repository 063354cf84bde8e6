//! The register of requests and complaints, and what a visitor can have done with their records.
//!
//! It refuses to keep state of its own beside the store: what is known here can be read from it again. Invariant: a request that somebody was
//! given a reference for is stored.

mod apart;
mod entrance;
mod own;
mod pending;
mod register;

pub use apart::kept_apart;
pub use entrance::Entrance;
pub use own::{Erasing, erase, records};
pub use pending::{Pending, Waiting, watch};
pub use register::{Error, all, appeal, enter, find, follow};

use std::path::PathBuf;

use crate::vault::Folder;

/// What this process knows of requests without asking the store.
#[derive(Debug)]
pub struct Desk {
    /// Where the keys of records lie: how long their backups last says when nothing that is destroyed can be brought back.
    pub record_keys: Folder,
    /// The folder of what is kept for the law alone.
    pub deposit: PathBuf,
    /// How many come in.
    pub entrance: Entrance,
    /// Which wait.
    pub pending: Pending,
}

impl Desk {
    /// A desk that knows of no request yet.
    #[must_use]
    pub fn new(record_keys: Folder, deposit: PathBuf) -> Self {
        Self { record_keys, deposit, entrance: Entrance::default(), pending: Pending::default() }
    }
}
