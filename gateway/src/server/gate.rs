//! Who may connect: so many connections in all, and so many from one address prefix. A prefix is what one visitor can
//! be expected to have: an IPv4 address, or the first 56 bits of an IPv6 address (what a home is given).
//!
//! Addresses are forgotten with their last connection. Invariant: a place is given back when its ticket is dropped.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_prefix: HashMap<IpAddr, usize>,
}

/// A place for one connection.
#[derive(Debug)]
pub(super) struct Ticket {
    gate: Gate,
    prefix: Option<IpAddr>,
}

impl Gate {
    /// A place, unless `most` are taken or `most_of_one` by this address; a trusted proxy speaks for many (None).
    pub(super) fn enter(&self, address: Option<IpAddr>, most: usize, most_of_one: usize) -> Option<Ticket> {
        let prefix = address.map(prefix_of);
        let mut counts = self.counts();
        if counts.all >= most {
            return None;
        }
        if let Some(prefix) = prefix {
            let own = counts.by_prefix.entry(prefix).or_default();
            if *own >= most_of_one {
                return None;
            }
            *own += 1;
        }
        counts.all += 1;
        drop(counts);
        Some(Ticket { gate: self.clone(), prefix })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut counts = self.gate.counts();
        counts.all = counts.all.saturating_sub(1);
        let Some(prefix) = self.prefix else { return };
        if let Some(own) = counts.by_prefix.get_mut(&prefix) {
            *own -= 1;
            if *own == 0 {
                counts.by_prefix.remove(&prefix);
            }
        }
    }
}

fn prefix_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 72)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn places_are_counted_in_all_and_by_prefix_and_given_back() {
        let gate = Gate::default();
        let one = gate.enter(address("192.0.2.1"), 4, 1);
        assert!(one.is_some());
        assert!(gate.enter(address("::ffff:192.0.2.1"), 4, 1).is_none(), "the same address, written as IPv6");
        assert!(gate.enter(address("192.0.2.2"), 4, 1).is_some());
        let home = gate.enter(address("2001:db8:0:ff01::1"), 4, 1);
        assert!(home.is_some());
        assert!(gate.enter(address("2001:db8:0:ff02::9"), 4, 1).is_none(), "the same 56 bits");
        let proxies = [gate.enter(None, 4, 1), gate.enter(None, 4, 1)];
        assert!(proxies.iter().all(Option::is_some), "a trusted proxy counts only in all");
        assert!(gate.enter(address("198.51.100.7"), 4, 1).is_none(), "all places are taken");
        drop(proxies);
        drop(one);
        assert!(gate.enter(address("192.0.2.1"), 4, 1).is_some());
        drop(home);
        assert!(gate.counts().by_prefix.is_empty() && gate.counts().all == 0);
    }
}
