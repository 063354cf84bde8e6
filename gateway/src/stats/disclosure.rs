//! How counts may be shown, so that nobody is found in a narrow figure: pure arithmetic on one number and the whole that it is a part of.
//!
//! It refuses exact narrow figures, and thresholds below [`LEAST`]. Invariant: no two figures of a step say exactly what a narrow count from 1 to
//! below the threshold is: the tests try all pairs, the whole among them.
//!
//! A figure is narrow where anything but site and time was cut. Narrow figures below the threshold are not told, the others are rounded
//! to its multiples. That alone would not do: from an exact whole and the other parts a small part follows. So wholes are rounded too,
//! each by itself; and a whole that is itself below the threshold is told exactly (an owner's first visits are no secret to them), but
//! then nothing is told of its parts, not even that one is empty.
//!
//! What it doesn't guard against: somebody who takes all parts of a step and their whole together, where rounding went to its ends everywhere
//! (`15` of `10`, `10` and `<5` leaves a one), or who asks for many overlapping periods and solves for a day.

use super::figures::Shown;

/// The lowest threshold, and the usual one.
pub const LEAST: u64 = 5;

/// Below how many a narrow figure isn't told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold(u64);

impl Default for Threshold {
    fn default() -> Self {
        Self(LEAST)
    }
}

impl Threshold {
    /// A threshold of that many; None below [`LEAST`]: it can't be switched off.
    #[must_use]
    pub const fn of(count: u64) -> Option<Self> {
        if count >= LEAST { Some(Self(count)) } else { None }
    }

    /// Below how many.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.0
    }

    /// A figure that nothing but site and time cuts.
    #[must_use]
    pub const fn whole(self, count: u64) -> Shown {
        Shown::Count(if count < self.0 { count } else { self.rounded(count) })
    }

    /// A part of a whole, which is the same count without the cut.
    #[must_use]
    pub const fn narrow(self, count: u64, whole: u64) -> Shown {
        match (count, whole) {
            (_, 0) => Shown::Count(0),
            (_, whole) if whole < self.0 => Shown::Below(self.0),
            (0, _) => Shown::Count(0),
            (count, _) if count < self.0 => Shown::Below(self.0),
            (count, _) => Shown::Count(self.rounded(count)),
        }
    }

    /// The nearest multiple; the greater one from the middle on.
    const fn rounded(self, count: u64) -> u64 {
        let over = count % self.0;
        if over * 2 >= self.0 { count - over + self.0 } else { count - over }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Threshold = Threshold(5);

    #[test]
    fn small_parts_are_not_told_and_others_are_rounded() {
        let check = |count, whole, expect| assert_eq!(FIVE.narrow(count, whole), expect, "{count} of {whole}");
        check(0, 0, Shown::Count(0));
        check(0, 4, Shown::Below(5));
        check(4, 4, Shown::Below(5));
        check(0, 5, Shown::Count(0));
        check(4, 5, Shown::Below(5));
        check(5, 5, Shown::Count(5));
        check(7, 20, Shown::Count(5));
        check(8, 20, Shown::Count(10));
        assert_eq!(
            [3, 4, 5, 7, 8, 1_002, 1_003].map(|count| FIVE.whole(count)),
            [3, 4, 5, 5, 10, 1_000, 1_005].map(Shown::Count)
        );
    }

    #[test]
    fn it_can_be_raised_and_not_switched_off() {
        assert_eq!([0, 1, 4].map(Threshold::of), [None; 3]);
        assert_eq!(
            Threshold::of(20).map(|twenty| (twenty.narrow(19, 100), twenty.narrow(31, 100))),
            Some((Shown::Below(20), Shown::Count(40)))
        );
    }

    /// Everything that somebody can be shown of a step of a dimension with these values.
    fn shown(threshold: Threshold, parts: &[u64]) -> Vec<Shown> {
        let whole = parts.iter().sum();
        std::iter::once(threshold.whole(whole)).chain(parts.iter().map(|part| threshold.narrow(*part, whole))).collect()
    }

    /// All populations of three values up to so many each.
    fn populations(most: u64) -> impl Iterator<Item = [u64; 3]> {
        (0..=most).flat_map(move |a| (0..=most).flat_map(move |b| (0..=most).map(move |c| [a, b, c])))
    }

    #[test]
    fn no_difference_of_two_figures_gives_a_small_count_away() {
        for threshold in [Threshold(5), Threshold(6), Threshold(8)] {
            let most = threshold.0 * 2 + 3;
            // By what is shown of two filters (no filter among them): what the counts may be.
            let mut may_be =
                std::collections::HashMap::<(Vec<usize>, Vec<Shown>), Vec<std::collections::HashSet<u64>>>::new();
            let views = [vec![0, 1], vec![0, 2], vec![0, 3], vec![1, 2], vec![1, 3], vec![2, 3]];
            for parts in populations(most) {
                let all = shown(threshold, &parts);
                for view in &views {
                    let seen: Vec<Shown> = view.iter().filter_map(|at| all.get(*at).copied()).collect();
                    let counts =
                        may_be.entry((view.clone(), seen)).or_insert_with(|| vec![Default::default(); parts.len()]);
                    for (counts, part) in counts.iter_mut().zip(parts) {
                        counts.insert(part);
                    }
                }
            }
            for ((view, seen), counts) in may_be {
                for counts in counts {
                    let small = |count: &u64| (1..threshold.0).contains(count);
                    let told = counts.len() == 1 && counts.iter().all(small);
                    assert!(!told, "figures {view:?} shown as {seen:?} say that a count is {counts:?}");
                }
            }
        }
    }
}
