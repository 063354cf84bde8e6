//! What a reload swaps as one: the sites and the seal. A request takes one snapshot and keeps it to its end.

use crate::config::{Config, Front, Limits};
use crate::seal::{self, Seal};
use crate::site::Sites;

/// One consistent state of the configuration.
#[derive(Debug)]
pub struct Runtime {
    /// By host.
    pub sites: Sites,
    /// Of the consent cookies.
    pub seal: Seal,
    /// How visitors come here, and who is believed about it.
    pub front: Front,
    /// Bounds.
    pub limits: Limits,
}

impl Runtime {
    /// The state that a configuration means.
    ///
    /// # Errors
    /// The seal's key can't be had.
    pub fn new(config: &Config) -> Result<Self, seal::Error> {
        Ok(Self {
            sites: Sites::new(config),
            seal: Seal::open(&config.data)?,
            front: config.front.clone(),
            limits: config.limits,
        })
    }
}
