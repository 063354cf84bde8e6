//! Which buckets have their label below the plot.
//!
//! Refuses labels that run into each other: a dozen at the most, and four or five on a phone. Invariant: what begins something (a day, a
//! month, a year) comes before what doesn't.

use super::Bucket;

/// Labels where there is room.
const MOST: usize = 12;

/// Labels on a phone.
const MOST_NARROW: usize = 4;

/// A label that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) bucket: usize,
    /// Whether it stands on narrow screens, too.
    pub(super) always: bool,
}

pub(super) fn ticks(buckets: &[Bucket]) -> Vec<Tick> {
    let of_weight = |least: u8| {
        let wanted = buckets.iter().enumerate().filter(move |(_, bucket)| bucket.weight >= least);
        wanted.map(|(place, _)| place).collect::<Vec<_>>()
    };
    let highest = buckets.iter().map(|bucket| bucket.weight).max().unwrap_or_default();
    let mut chosen = Vec::new();
    for least in (1..=highest).rev() {
        let wanted = of_weight(least);
        if wanted.len() > MOST && !chosen.is_empty() {
            break;
        }
        chosen = wanted;
    }
    let chosen = apart(buckets, chosen);
    let kept: Vec<usize> = chosen.iter().copied().step_by(chosen.len().div_ceil(MOST).max(1)).collect();
    let often = kept.len().div_ceil(MOST_NARROW).max(1);
    kept.iter().enumerate().map(|(place, bucket)| Tick { bucket: *bucket, always: place % often == 0 }).collect()
}

/// Without those that would run into one that is wanted more.
fn apart(buckets: &[Bucket], mut chosen: Vec<usize>) -> Vec<usize> {
    let room = buckets.len().div_ceil(MOST);
    let weight = |place: usize| buckets.get(place).map_or(0, |bucket| bucket.weight);
    let mut kept: Vec<usize> = Vec::new();
    chosen.sort_by_key(|place| (std::cmp::Reverse(weight(*place)), *place));
    for place in chosen {
        if kept.iter().all(|other| other.abs_diff(place) >= room) {
            kept.push(place);
        }
    }
    kept.sort_unstable();
    kept
}
