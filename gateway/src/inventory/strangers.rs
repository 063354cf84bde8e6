//! Names that nobody speaks of, until visitors of several networks showed them: a name that one visitor alone has may be
//! that visitor's.
//!
//! Refuses to remember networks: they are told apart by a hash with a salt that is drawn anew each day and is never
//! stored. Invariant: a name is listed only after [`NETWORKS`] networks showed it within one UTC day.

use std::collections::HashMap;

use aws_lc_rs::digest;
use policies::Timestamp;
use policies::time::DAY;

use crate::config::Prefix;
use crate::seal::random;

/// So many networks must show a name.
pub(super) const NETWORKS: usize = 5;

/// What became of a sighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Enough networks showed the name.
    Common,
    /// Not yet; whether it is the first sighting of the day.
    Strange { first: bool },
    /// There is no room for another name today.
    NoRoom,
}

/// The names of one day that are not listed yet.
#[derive(Debug)]
pub(super) struct Strangers {
    most: usize,
    day: i64,
    salt: Option<[u8; 16]>,
    names: HashMap<String, Vec<[u8; 8]>>,
}

impl Strangers {
    pub(super) fn new(most: usize) -> Self {
        Self { most, day: i64::MIN, salt: None, names: HashMap::new() }
    }

    /// Notes that a name, folded, was seen from a network.
    pub(super) fn saw(&mut self, name: &str, from: Prefix, now: Timestamp) -> Standing {
        self.turn_to(now.0.div_euclid(DAY));
        // Without random bytes nobody can be told apart, so that nothing is listed.
        let Some(salt) = self.salt else { return Standing::NoRoom };
        let network = hash(&salt, from);
        let full = self.names.len() >= self.most;
        let Some(networks) = self.names.get_mut(name) else {
            if full {
                return Standing::NoRoom;
            }
            self.names.insert(name.to_owned(), vec![network]);
            return Standing::Strange { first: true };
        };
        if !networks.contains(&network) {
            networks.push(network);
        }
        if networks.len() < NETWORKS {
            return Standing::Strange { first: false };
        }
        self.names.remove(name);
        Standing::Common
    }

    /// A new day forgets what the old one's salt hashed.
    fn turn_to(&mut self, day: i64) {
        if self.day != day {
            self.day = day;
            self.salt = random().ok();
            self.names.clear();
        }
    }
}

fn hash(salt: &[u8; 16], network: Prefix) -> [u8; 8] {
    let mut bytes = salt.to_vec();
    match network.address {
        std::net::IpAddr::V4(address) => bytes.extend(address.octets()),
        std::net::IpAddr::V6(address) => bytes.extend(address.octets()),
    }
    let hash = digest::digest(&digest::SHA256, &bytes);
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u8) -> Prefix {
        Prefix::around([198, 51, number, 7].into())
    }

    #[test]
    fn five_networks_make_a_name_common_and_one_network_never_does() {
        let mut strangers = Strangers::new(9);
        let mut saw = |number, now| strangers.saw("theme", network(number), Timestamp(now));
        assert_eq!(saw(1, 10), Standing::Strange { first: true });
        for _ in 0..20 {
            assert_eq!(saw(1, 11), Standing::Strange { first: false });
        }
        for number in 2..5 {
            assert_eq!(saw(number, 12), Standing::Strange { first: false });
        }
        assert_eq!(saw(5, 13), Standing::Common);
    }

    #[test]
    fn a_new_day_begins_from_nothing() {
        let mut strangers = Strangers::new(9);
        for number in 1..5 {
            strangers.saw("theme", network(number), Timestamp(DAY - 1));
        }
        let salt = strangers.salt;
        assert_eq!(strangers.saw("theme", network(5), Timestamp(DAY)), Standing::Strange { first: true });
        assert_ne!(strangers.salt, salt);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_holds_no_network() {
        let mut strangers = Strangers::new(2);
        assert_eq!(strangers.saw("a", network(1), Timestamp(0)), Standing::Strange { first: true });
        assert_eq!(strangers.saw("b", network(1), Timestamp(0)), Standing::Strange { first: true });
        assert_eq!(strangers.saw("c", network(1), Timestamp(0)), Standing::NoRoom);
        let kept: Vec<_> = strangers.names.values().flatten().collect();
        assert!(kept.iter().all(|kept| !kept.starts_with(&[198, 51, 1])));
    }
}
