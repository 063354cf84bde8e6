//! What requests are called: a random number for each connection, and from there a step for each request. Random bytes for each
//! request would cost more than reading its head.
//!
//! Refuses to say anything of the visitor. Invariant: no two requests have the same name.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::seal::random;

/// An odd number: its multiples are all different, and names that follow each other look different.
const STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

/// The names of one connection's requests.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    first: u128,
    given: Arc<AtomicU64>,
}

impl Ids {
    /// For a connection that begins now.
    pub(crate) fn new() -> Self {
        // Without random bytes TLS and the seal have failed long before; requests without a good name still pass.
        Self { first: random::<16>().map(u128::from_be_bytes).unwrap_or_default(), given: Arc::default() }
    }

    /// The next one.
    pub(super) fn next(&self) -> u128 {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        self.first.wrapping_add(u128::from(number).wrapping_mul(STEP))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_requests_are_called_the_same() {
        let (one, other) = (Ids::new(), Ids::new());
        let rested = one.clone();
        let names: HashSet<u128> = (0..300).flat_map(|_| [one.next(), other.next(), rested.next()]).collect();
        assert_eq!(names.len(), 900);
    }
}
