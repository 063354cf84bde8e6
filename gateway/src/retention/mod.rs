//! Records last as long as the policy promises, and then they go: planned, destroyed, their keys after them, and what went is
//! written into the register of destruction.
//!
//! It refuses to destroy by anything but the policy's own table. Invariant: what a plan names is destroyed or moved as it was planned,
//! and nothing else is.

mod contents;
mod daily;
mod keys;
mod plan;
mod purge;
mod register;
mod rotated;
mod table;

pub use daily::run;
pub use keys::Keys;
pub use plan::{Fate, Plan, Step, plan};
pub use purge::{Done, Purged, purge};
pub use register::Destroyed;
pub use table::{Rule, class_of, word};

use std::path::PathBuf;
use std::sync::Arc;

use policies::Timestamp;

use crate::config::{Config, SiteConfig};
use crate::store::{Deposit, Error, Store};

/// Whose records, and when.
#[derive(Clone)]
pub struct Desk {
    /// The store.
    pub store: Store,
    /// The configuration: sites with their policies, and where the deposit lies.
    pub config: Arc<Config>,
    /// When.
    pub now: Timestamp,
}

impl Desk {
    fn sites(&self) -> impl Iterator<Item = &SiteConfig> {
        // A site whose policy could not be read has no table: the starter policy's in its place is nobody's promise.
        self.config.sites.iter().filter(|site| !site.policy_missing)
    }

    /// Works on the deposit, where there is one, off the threads that answer.
    async fn deposit<T: Send + 'static>(
        &self,
        none: T,
        work: impl FnOnce(&mut Deposit) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let folder = self.config.records.archive.clone();
        if !Deposit::is_in(&folder) {
            return Ok(none);
        }
        at(folder, work).await
    }
}

async fn at<T: Send + 'static>(
    folder: PathBuf,
    work: impl FnOnce(&mut Deposit) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(move || work(&mut Deposit::open(&folder)?)).await?
}

/// Entries that are worked on together.
const PAGE: usize = 500;

#[cfg(test)]
mod tests;
