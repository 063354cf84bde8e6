//! By when a request is due.
//!
//! The Enforcement Decree of Korea's Personal Information Protection Act gives ten days from the day of receipt: for access Art. 41(4),
//! for correction and deletion Art. 43(3), for suspension Art. 44(2). Days are counted by the Civil Act: the day on which a request comes in
//! doesn't count (Art. 157), and the period ends with the end of its last day (Art. 159). That a last day on a Saturday or a holiday would
//! move to the next working day (Art. 161) is left unused: the earlier day keeps every calendar's word. Ten days are also within the one
//! month of GDPR Art. 12(3). A complaint, for which the law names no period, is given the same.
//!
//! Refuses to know a time zone: days are the site's own, and come in as such. Invariant: a later receipt is never due earlier.

use crate::time::{Date, Period};

/// Days until a request is due.
pub const DAYS: i64 = 10;
/// Days from its receipt beyond which no request can be put off.
pub const LONGEST_DELAY: i64 = 90;
/// Days before the due one from which a request is told of.
const SOON: i64 = 3;

/// How urgent a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Its day is over, by so many days.
    Overdue(i64),
    /// Its day is today or in so few days that it is told of.
    Soon(i64),
    /// It has so many days.
    Later(i64),
}

impl Urgency {
    /// How urgent it is today.
    #[must_use]
    pub const fn of(due: Date, today: Date) -> Self {
        let left = due.day_number() - today.day_number();
        if left < 0 {
            Self::Overdue(-left)
        } else if left <= SOON {
            Self::Soon(left)
        } else {
            Self::Later(left)
        }
    }
}

/// The last day for a request that came in on this one.
#[must_use]
pub const fn due_on(received: Date) -> Date {
    Date::of_day_number(received.day_number() + DAYS)
}

/// The day on which a period that began on a day is over. A month has as many days as it has: from 31 January one month is
/// the last of February.
#[must_use]
pub fn after(day: Date, period: Period) -> Date {
    let months = i64::from(day.month) - 1 + i64::from(period.months);
    let year = i64::from(day.year) + i64::from(period.years) + months.div_euclid(12);
    let first = Date { year: i32::try_from(year).unwrap_or(i32::MAX), month: month_of(months), day: 1 };
    let next = Date {
        year: first.year.saturating_add(i32::from(first.month == 12)),
        month: if first.month == 12 { 1 } else { first.month + 1 },
        day: 1,
    };
    let days = next.day_number() - first.day_number();
    let last = i64::from(day.day).min(days);
    Date::of_day_number(first.day_number() + last - 1 + i64::from(period.days))
}

fn month_of(months: i64) -> u8 {
    u8::try_from(months.rem_euclid(12) + 1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    fn date(written: &str) -> Date {
        Date::parse(written).expect("a day")
    }

    #[test]
    fn the_day_of_receipt_does_not_count() {
        let check = |received: &str, expect: &str| assert_eq!(due_on(date(received)).to_string(), expect, "{received}");
        check("2026-03-01", "2026-03-11");
        check("2026-12-25", "2027-01-04");
        check("2024-02-25", "2024-03-06");
    }

    #[test]
    fn urgency_counts_days() {
        let check = |today: &str, expect| assert_eq!(Urgency::of(date("2026-03-11"), date(today)), expect, "{today}");
        check("2026-03-01", Urgency::Later(10));
        check("2026-03-07", Urgency::Later(4));
        check("2026-03-08", Urgency::Soon(3));
        check("2026-03-11", Urgency::Soon(0));
        check("2026-03-12", Urgency::Overdue(1));
    }

    #[test]
    fn a_period_ends_by_the_calendar() {
        let check = |from: &str, period: &str, expect: &str| {
            assert_eq!(
                after(date(from), Period::parse(period).expect("a period")).to_string(),
                expect,
                "{from} {period}"
            );
        };
        check("2026-01-31", "P1M", "2026-02-28");
        check("2024-01-31", "P1M", "2024-02-29");
        check("2024-02-29", "P1Y", "2025-02-28");
        check("2026-11-30", "P3M", "2027-02-28");
        check("2026-03-15", "P3Y", "2029-03-15");
        check("2026-12-31", "P1D", "2027-01-01");
        check("2026-12-01", "P1M15D", "2027-01-16");
    }

    proptest! {
        #[test]
        fn later_receipt_is_due_later_and_a_longer_period_ends_later(number in 0i64..40_000, years in 0u16..9, months in 0u16..30, days in 0u16..400) {
            let (day, next) = (Date::of_day_number(number), Date::of_day_number(number + 1));
            prop_assert!(due_on(day) < due_on(next));
            prop_assert_eq!(due_on(day).day_number() - number, DAYS);
            let period = Period { years, months, days };
            prop_assert!(after(day, period) <= after(next, period));
            prop_assert!(after(day, period) >= day);
            let longer = Period { days: days + 1, ..period };
            prop_assert!(after(day, longer) > after(day, period));
            prop_assert!(after(day, period).day_number() - number <= period.most_seconds() / crate::time::DAY);
        }
    }
}
