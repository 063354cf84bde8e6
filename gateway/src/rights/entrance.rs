//! How many requests may come in. Anybody can send one, and each is kept for years.
//!
//! It refuses to remember anybody: what it counts goes every ten minutes. Invariant: its memory is bounded, and whoever is turned away is told
//! where to write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use policies::Timestamp;

use crate::config::Prefix;

/// Seconds after which counting begins anew.
const WINDOW: i64 = 600;
/// Requests to one site within that time.
const MOST_TO_A_SITE: u32 = 300;
/// Requests from one network to one site within that time.
const MOST_FROM_A_NETWORK: u32 = 10;
/// Networks that are told apart.
const MOST_NETWORKS: usize = 4_096;

/// Counts what comes in.
#[derive(Debug, Default)]
pub struct Entrance(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: i64,
    sites: HashMap<String, u32>,
    networks: HashMap<(String, Prefix), u32>,
}

impl Entrance {
    /// Whether one more may come in; it is counted then.
    pub fn admits(&self, site: &str, network: Option<Prefix>, now: Timestamp) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back begins anew too.
        if !(counts.begun..counts.begun.saturating_add(WINDOW)).contains(&now.0) {
            *counts = Counts { begun: now.0, ..Counts::default() };
        }
        let key = network.map(|network| (site.to_owned(), network));
        let from_network = key.as_ref().and_then(|key| counts.networks.get(key)).copied().unwrap_or_default();
        let to_site = counts.sites.get(site).copied().unwrap_or_default();
        if from_network >= MOST_FROM_A_NETWORK || to_site >= MOST_TO_A_SITE {
            return false;
        }
        counts.sites.insert(site.to_owned(), to_site + 1);
        if let Some(key) = key.filter(|_| from_network > 0 || counts.networks.len() < MOST_NETWORKS) {
            counts.networks.insert(key, from_network + 1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_and_a_site_have_their_bounds_and_begin_anew() {
        let (entrance, now) = (Entrance::default(), Timestamp(1_000_000));
        let network = |last: u16| Some(Prefix::around([10, (last / 250) as u8, (last % 250) as u8, 1].into()));
        let count = |site: &str, network, now| (0..1_000).filter(|_| entrance.admits(site, network, now)).count();
        assert_eq!(count("shop", network(1), now), 10);
        assert_eq!(count("blog", network(1), now), 10, "another site counts for itself");
        assert_eq!((2..200).map(|other| count("shop", network(other), now)).sum::<usize>(), 290);
        assert_eq!(count("shop", None, now), 0, "the site is full");
        assert_eq!(count("shop", network(1), now.plus_seconds(WINDOW - 1)), 0);
        assert_eq!(count("shop", network(1), now.plus_seconds(WINDOW)), 10);
        assert_eq!(count("shop", network(1), now), 10, "a clock set back");
    }
}
