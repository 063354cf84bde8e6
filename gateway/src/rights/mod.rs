//! The register of requests and complaints, and what a visitor can have done with their records.
//!
//! It refuses to keep state of its own beside the store: what is known here can be read from it again. Invariant: a request that somebody was
//! given a reference for is stored.

mod entrance;
mod own;
mod pending;
mod register;

pub use entrance::Entrance;
pub use own::{erase, records};
pub use pending::{Pending, Waiting, watch};
pub use register::{Error, all, appeal, enter, find, follow};

/// What this process knows of requests without asking the store.
#[derive(Debug, Default)]
pub struct Desk {
    /// How many come in.
    pub entrance: Entrance,
    /// Which wait.
    pub pending: Pending,
}
