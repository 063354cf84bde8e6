//! How many requests may be under way at once, in all workers together. A worker fetches places several at a time and
//! keeps a few that came free, so that with most requests it changes no count that another one reads.
//!
//! Refuses the request that is over the bound at once. Invariant: places given out and places kept are never more than
//! the bound together; a house may be called full while other workers keep a few places.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Most places that are fetched or given back at a time.
const LARGEST_PART: usize = 32;
/// In how many parts each worker could share the whole: a bound of few places is never shared out.
const PARTS_EACH: usize = 16;

/// One worker's way to the places.
#[derive(Clone, Debug)]
pub(crate) struct Bound(Arc<Own>);

#[derive(Debug)]
struct Own {
    /// Places that no worker has.
    common: Arc<AtomicUsize>,
    /// How many are fetched at a time; 0: one by one, and none is kept.
    part: usize,
    /// Places that came free here.
    kept: AtomicUsize,
}

/// A request's place.
#[derive(Debug)]
pub(super) struct Place(Bound);

impl Bound {
    /// Ways to so many places, one for each worker.
    pub(crate) fn of(most: usize, workers: usize) -> Vec<Self> {
        let common = Arc::new(AtomicUsize::new(most));
        let part = (most / (workers.max(1) * PARTS_EACH)).min(LARGEST_PART);
        let way = || Self(Arc::new(Own { common: Arc::clone(&common), part, kept: AtomicUsize::new(0) }));
        std::iter::repeat_with(way).take(workers).collect()
    }

    /// A place, if one is free.
    pub(super) fn enter(&self) -> Option<Place> {
        let Own { common, part, kept } = &*self.0;
        let placed = || Place(self.clone());
        if taken(kept, 1) > 0 {
            return Some(placed());
        }
        let fetched = taken(common, (*part).max(1));
        if let Some(more) = fetched.checked_sub(1).filter(|more| *more > 0) {
            kept.fetch_add(more, Ordering::Relaxed);
        }
        (fetched > 0).then(placed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Own { common, part, kept } = &*self.0.0;
        if *part == 0 {
            common.fetch_add(1, Ordering::Relaxed);
        } else if kept.fetch_add(1, Ordering::Relaxed) >= 2 * part {
            common.fetch_add(taken(kept, *part), Ordering::Relaxed);
        }
    }
}

/// Takes up to so many from a count; how many it took.
fn taken(count: &AtomicUsize, most: usize) -> usize {
    let less = |free: usize| (free > 0).then(|| free.saturating_sub(most));
    let before = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    before.map_or(0, |before| before.min(most))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bound_of_few_places_is_exact_for_all_workers() {
        let ways = Bound::of(3, 2);
        let places: Vec<_> = [0, 1, 0].iter().filter_map(|worker| ways[*worker].enter()).collect();
        assert_eq!(places.len(), 3);
        assert!(ways.iter().all(|way| way.enter().is_none()), "the house is full");
        drop(places);
        assert_eq!(std::iter::from_fn(|| ways[1].enter().map(std::mem::forget)).count(), 3);
    }

    #[test]
    fn one_worker_alone_has_nearly_every_place() {
        let ways = Bound::of(4_096, 4);
        drop(ways[0].enter());
        let all: Vec<_> = std::iter::from_fn(|| ways[1].enter()).collect();
        assert_eq!(all.len(), 4_096 - 32, "the first worker keeps a part");
    }

    proptest! {
        #[test]
        fn never_more_are_inside_than_may_be_and_none_is_lost(
            most in 1..400_usize,
            workers in 1..5_usize,
            moves in proptest::collection::vec((0..5_usize, any::<bool>()), 0..600),
        ) {
            let ways = Bound::of(most, workers);
            let mut inside = Vec::new();
            for (worker, enters) in moves {
                if enters {
                    inside.extend(ways[worker % workers].enter());
                } else {
                    inside.pop();
                }
                let Own { common, .. } = &*ways[0].0;
                let kept: usize = ways.iter().map(|way| way.0.kept.load(Ordering::Relaxed)).sum();
                prop_assert_eq!(inside.len() + kept + common.load(Ordering::Relaxed), most);
            }
        }
    }
}
