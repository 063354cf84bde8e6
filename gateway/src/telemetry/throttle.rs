//! One log line per class of failure and site in ten seconds, with the number of those not written in between.
//!
//! Refuses to grow: sites past the bound share one line. Invariant: a class that was silent is told at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a class stays silent after a line.
const SILENCE: Duration = Duration::from_secs(10);

/// Different lines that are kept apart.
const MOST: usize = 4_096;

/// What can fail, by whom it concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Failure {
    /// A request that makes no sense.
    Visitor,
    /// The origin is away, too slow or broken.
    Origin,
    /// Our own.
    Gateway,
    /// Too much at once: answered with 503 unseen.
    Shed,
    /// A page that was cut off.
    Page,
}

impl Failure {
    /// All.
    pub const ALL: [Self; 5] = [Self::Visitor, Self::Origin, Self::Gateway, Self::Shed, Self::Page];

    /// The word in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Origin => "origin",
            Self::Gateway => "gateway",
            Self::Shed => "shed",
            Self::Page => "page",
        }
    }
}

/// Who was told when.
#[derive(Debug, Default)]
pub struct Throttle {
    told: Mutex<HashMap<(&'static str, Arc<str>), Told>>,
}

#[derive(Debug)]
struct Told {
    at: Instant,
    suppressed: u64,
}

impl Throttle {
    /// Whether a line may be written now; then how many were not written since the last one.
    pub fn pass(&self, class: &'static str, site: &Arc<str>, now: Instant) -> Option<u64> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (class, Arc::clone(site));
        if told.len() >= MOST && !told.contains_key(&key) {
            key.1 = Arc::from("");
        }
        match told.get_mut(&key) {
            Some(last) if now.saturating_duration_since(last.at) < SILENCE => {
                last.suppressed = last.suppressed.saturating_add(1);
                None
            }
            Some(last) => {
                last.at = now;
                Some(std::mem::take(&mut last.suppressed))
            }
            None => {
                told.insert(key, Told { at: now, suppressed: 0 });
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_told_once_in_a_while_with_the_number_of_those_left_out() {
        let (throttle, site, start) = (Throttle::default(), Arc::from("shop"), Instant::now());
        let check = |failure: Failure, seconds, expect| {
            assert_eq!(
                throttle.pass(failure.name(), &site, start + Duration::from_secs(seconds)),
                expect,
                "{seconds} s"
            );
        };
        check(Failure::Origin, 0, Some(0));
        check(Failure::Origin, 1, None);
        check(Failure::Gateway, 1, Some(0));
        check(Failure::Origin, 9, None);
        check(Failure::Origin, 10, Some(2));
        check(Failure::Origin, 11, None);
        check(Failure::Origin, 30, Some(1));
    }

    #[test]
    fn sites_are_kept_apart_up_to_a_bound() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for site in 0..MOST {
            assert_eq!(throttle.pass("origin", &Arc::from(site.to_string()), now), Some(0));
        }
        assert_eq!(throttle.pass("origin", &Arc::from("one more"), now), Some(0));
        assert_eq!(throttle.pass("origin", &Arc::from("and another"), now), None);
        assert_eq!(throttle.pass("origin", &Arc::from("0"), now), None, "those known stay apart");
    }
}
