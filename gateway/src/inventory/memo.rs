//! What one worker has seen before: a sighting that changes nothing but a count is counted here, where no other worker
//! waits, and the counts are added to the rows when somebody reads those.
//!
//! Refuses to decide anything: what it doesn't know goes to the rows as if it weren't there. Invariant: no sighting is
//! counted twice or lost; memory is bounded.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Mutex};

use foldhash::fast::RandomState;
use policies::{PolicyVersion, Timestamp};

use super::lock;
use super::rows::{SiteRows, Spot};
use crate::store::SameSite;

/// Sightings that one worker remembers; then it begins anew.
const MOST: usize = 1_024;

/// One worker's memory.
#[derive(Debug, Default)]
pub(super) struct Memo {
    hasher: RandomState,
    known: HashMap<u64, Known, RandomState>,
}

/// What a sighting says beside what it is of. The same again changes no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) policy: PolicyVersion,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    pub(super) same_site: SameSite,
    /// Seconds; the longest counts.
    pub(super) lifetime: i64,
}

/// Where a sighting counts.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) rows: Arc<Mutex<SiteRows>>,
    pub(super) key: String,
    pub(super) spot: Spot,
}

#[derive(Debug)]
enum Known {
    Row {
        said: Said,
        place: Place,
        count: u64,
        last: Timestamp,
    },
    /// It counts nowhere: a name that responses set is not listed again for requests.
    Nowhere {
        said: Said,
    },
    /// A name that too few networks have shown, seen from this one, that day, when so many rows were listed.
    Stranger {
        day: i64,
        listed: u64,
    },
}

impl Memo {
    /// The number of whatever tells one sighting from another.
    pub(super) fn number(&self, of: impl Hash) -> u64 {
        self.hasher.hash_one(of)
    }

    /// Counts a sighting that is known; false: it isn't.
    pub(super) fn again(&mut self, number: u64, now_said: Said, now: Timestamp) -> bool {
        let same =
            |said: &Said| Said { lifetime: said.lifetime, ..now_said } == *said && now_said.lifetime <= said.lifetime;
        match self.known.get_mut(&number) {
            Some(Known::Row { said, count, last, .. }) if same(said) => {
                *count = count.saturating_add(1);
                *last = now.max(*last);
                true
            }
            Some(Known::Nowhere { said }) => same(said),
            _ => false,
        }
    }

    /// Whether a name was a stranger's from this network on that day, with no row listed since.
    pub(super) fn is_stranger(&self, number: u64, on: i64, listed_now: u64) -> bool {
        matches!(self.known.get(&number), Some(Known::Stranger { day, listed }) if (*day, *listed) == (on, listed_now))
    }

    /// Remembers where a sighting counts; None: nowhere.
    pub(super) fn learn(&mut self, number: u64, said: Said, place: Option<Place>, now: Timestamp) {
        let known = match place {
            Some(place) => Known::Row { said, place, count: 0, last: now },
            None => Known::Nowhere { said },
        };
        self.keep(number, known);
    }

    /// Remembers a stranger.
    pub(super) fn learn_stranger(&mut self, number: u64, day: i64, listed: u64) {
        self.keep(number, Known::Stranger { day, listed });
    }

    fn keep(&mut self, number: u64, known: Known) {
        if self.known.len() >= MOST {
            self.settle();
            self.known.clear();
        }
        if let Some(Known::Row { place, count, last, .. }) = self.known.insert(number, known) {
            place.add(count, last);
        }
    }

    /// Adds what was counted to the rows.
    pub(super) fn settle(&mut self) {
        for known in self.known.values_mut() {
            if let Known::Row { place, count, last, .. } = known {
                place.add(std::mem::take(count), *last);
            }
        }
    }
}

impl Place {
    fn add(&self, count: u64, last: Timestamp) {
        if count > 0 {
            lock(&self.rows).again(&self.key, &self.spot, count, last);
        }
    }
}
