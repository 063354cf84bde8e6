//! What a reload swaps: for each worker the configuration's state and the ways to the origins, in memory of its own.
//!
//! Refuses half a configuration: everything is made before anything is swapped. Invariant: what one worker changes with
//! every request, be it a count of who holds something, no other worker touches.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Gateway;
use crate::books::Books;
use crate::config::Config;
use crate::origin::{self, Origins};
use crate::runtime::{self, Runtime};

/// What one worker goes by.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) runtime: Runtime,
    pub(super) origins: Origins,
}

/// Why a configuration can't be put to work.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A key.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// The way to the origins.
    #[error(transparent)]
    Origins(#[from] origin::SetupError),
}

/// The gateways of all workers, which are swapped together.
#[derive(Clone)]
pub struct Gateways(Arc<[Arc<Gateway>]>);

impl Gateways {
    /// A gateway for each worker of a configuration.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn new(config: &Config, books: &Books) -> Result<Self, SetupError> {
        let gateway = |live| Arc::new(Gateway { live: ArcSwap::from_pointee(live), books: books.for_another() });
        Ok(Self(lives(config, config.workers)?.into_iter().map(gateway).collect()))
    }

    /// One for each worker.
    pub fn each(&self) -> impl Iterator<Item = &Arc<Gateway>> {
        self.0.iter()
    }

    /// Puts another configuration to work; requests under way keep the old one. On error the old one stays.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn reload(&self, config: &Config) -> Result<(), SetupError> {
        let lives = lives(config, self.0.len())?;
        for (gateway, live) in self.0.iter().zip(lives) {
            gateway.live.store(Arc::new(live));
        }
        Ok(())
    }
}

fn lives(config: &Config, workers: usize) -> Result<Vec<Live>, SetupError> {
    let runtime = Runtime::new(config)?;
    let ways = Origins::for_workers(config, workers)?;
    Ok(ways.into_iter().map(|origins| Live { runtime: runtime.copied(), origins }).collect())
}
