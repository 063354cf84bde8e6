//! When somebody counted: the steps of a period, how far each was counted, and the gaps between.
//!
//! It refuses to take a time without counts for a time in which nothing happened. Invariant: what no run covers, up to now, is a gap.

use policies::{Date, Timestamp};

use super::figures::{Bucket, Gap, State};
use super::question::{Question, Resolution};
use crate::store::RunRow;

/// Seconds that may lie between two gateways without being a gap: a restart hands over within one.
const SEAM: i64 = 1;

/// How long the newest run may be behind: an idle gateway tells of its time once a minute.
const LAG: i64 = 70;

/// The steps of a question, each not looked at yet, with where their counts lie: the first and last hour or day.
pub(super) fn steps(question: &Question) -> Vec<(Bucket, i64, i64)> {
    let (from, to) = (question.from.day_number(), question.to.day_number());
    let bucket = |from, to, hour| Bucket {
        from: Date::of_day_number(from),
        to: Date::of_day_number(to),
        hour,
        state: State::Whole,
    };
    let mut steps = Vec::new();
    let mut day = from;
    while day <= to {
        let last = last_day(question.resolution, day).min(to);
        if question.resolution == Resolution::Hour {
            steps.extend((0..24).map(|hour| {
                let at = day * 24 + i64::from(hour);
                (bucket(day, day, Some(hour)), at, at)
            }));
        } else {
            steps.push((bucket(day, last, None), day, last));
        }
        day = last + 1;
    }
    steps
}

/// The last day of the step that a day lies in.
fn last_day(resolution: Resolution, day: i64) -> i64 {
    match resolution {
        Resolution::Hour | Resolution::Day => day,
        // 1970-01-01 was a Thursday: Mondays are those with remainder 4.
        Resolution::Week => day + (3 - day).rem_euclid(7),
        Resolution::Month => {
            let Date { year, month, .. } = Date::of_day_number(day);
            let next = if month == 12 {
                Date { year: year + 1, month: 1, day: 1 }
            } else {
                Date { year, month: month + 1, day: 1 }
            };
            next.day_number() - 1
        }
    }
}

/// Times between `from` and `until` that no run covers. The newest run covers up to now, unless it is far behind.
pub(super) fn gaps(runs: &[RunRow], from: Timestamp, until: Timestamp, now: Timestamp) -> Vec<Gap> {
    let end = until.min(now);
    let mut gaps = Vec::new();
    let mut reached = from;
    for run in runs {
        if run.began.0 > reached.0 + SEAM {
            gaps.push(Gap { from: reached, until: run.began.min(end) });
        }
        reached = reached.max(run.until);
    }
    if reached.0 + LAG < end.0 {
        gaps.push(Gap { from: reached, until: end });
    }
    gaps.retain(|gap| gap.from < gap.until);
    gaps
}

/// How far a step was counted that lasts from `begin` to `end`.
pub(super) fn state(gaps: &[Gap], begin: Timestamp, end: Timestamp, began: Option<Timestamp>, now: Timestamp) -> State {
    let missing = |gap: &Gap| (gap.until.min(end).0 - gap.from.max(begin).0).max(0);
    let missing: i64 = gaps.iter().map(missing).sum();
    if now <= begin {
        State::ToCome
    } else if began.is_none_or(|began| end <= began) {
        State::Before
    } else if now < end {
        State::Running
    } else if missing >= end.0 - begin.0 {
        State::Gap
    } else if missing > 0 || began.is_some_and(|began| began > begin) {
        State::Partly
    } else {
        State::Whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::question::Cut;

    fn run(began: i64, until: i64) -> RunRow {
        RunRow { id: [0; 16], began: Timestamp(began), until: Timestamp(until) }
    }

    #[test]
    fn what_no_run_covers_is_a_gap() {
        let check = |runs: &[RunRow], expect: &[(i64, i64)]| {
            let gaps = gaps(runs, Timestamp(1_000), Timestamp(2_000), Timestamp(1_900));
            let gaps: Vec<_> = gaps.iter().map(|gap| (gap.from.0, gap.until.0)).collect();
            assert_eq!(gaps, expect, "{runs:?}");
        };
        check(&[], &[(1_000, 1_900)]);
        check(&[run(0, 1_895)], &[]);
        check(&[run(0, 1_200), run(1_205, 1_890)], &[(1_200, 1_205)]);
        check(&[run(0, 1_200), run(1_201, 1_890)], &[]);
        check(&[run(0, 1_500), run(900, 1_100), run(1_400, 1_890)], &[]);
        check(&[run(1_100, 1_200)], &[(1_000, 1_100), (1_200, 1_900)]);
        check(&[run(0, 500)], &[(1_000, 1_900)]);
    }

    #[test]
    fn a_step_says_how_far_it_was_counted() {
        let gaps = [Gap { from: Timestamp(100), until: Timestamp(150) }];
        let check = |begin, end, expect| {
            assert_eq!(
                state(&gaps, Timestamp(begin), Timestamp(end), Some(Timestamp(50)), Timestamp(500)),
                expect,
                "{begin}"
            );
        };
        check(0, 50, State::Before);
        check(0, 60, State::Partly);
        check(60, 90, State::Whole);
        check(90, 110, State::Partly);
        check(110, 140, State::Gap);
        check(400, 600, State::Running);
        check(500, 600, State::ToCome);
        assert_eq!(state(&[], Timestamp(0), Timestamp(1), None, Timestamp(500)), State::Before);
    }

    #[test]
    fn steps_follow_the_calendar_and_end_with_the_period() {
        let steps = |from, to, resolution| {
            let day = |text| Date::parse(text).unwrap();
            let question = Question { site: None, from: day(from), to: day(to), resolution, cut: Cut::Whole };
            steps(&question).iter().map(|(bucket, ..)| format!("{}", bucket.from)).collect::<Vec<_>>()
        };
        assert_eq!(steps("2024-02-28", "2024-03-01", Resolution::Day), ["2024-02-28", "2024-02-29", "2024-03-01"]);
        assert_eq!(steps("2024-02-28", "2024-03-12", Resolution::Week), ["2024-02-28", "2024-03-04", "2024-03-11"]);
        assert_eq!(steps("2023-12-31", "2024-02-01", Resolution::Month), ["2023-12-31", "2024-01-01", "2024-02-01"]);
        assert_eq!(steps("2024-02-28", "2024-02-28", Resolution::Hour).len(), 24);
    }
}
