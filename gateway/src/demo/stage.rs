//! What all sites of the demo share: where they are reached, what the collectors counted, who is logged in.

use std::net::SocketAddr;
use std::time::Instant;

use super::hits::Hits;
use super::revision::Revision;
use super::sessions::Sessions;

/// What all sites of the demo share.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The port at which visitors reach the gateway.
    pub(crate) port: u16,
    /// Where the owners' pages are.
    pub(crate) admin: SocketAddr,
    /// The collectors' ports, in the order of `Collector::ALL`.
    pub(crate) collector_ports: [u16; 3],
    pub(crate) hits: Hits,
    pub(crate) sessions: Sessions,
    /// When the demo started; visit times are told from here.
    pub(crate) started: Instant,
    /// The days of the site whose policy is about to change.
    pub(crate) revision: Revision,
}
