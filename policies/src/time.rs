//! Moments, calendar days and periods, without a clock: whoever knows the time hands it in.
//!
//! Days are counted in the proleptic Gregorian calendar; a period is calendar-aware (a month is a month).

use core::fmt;

/// Seconds in a day.
pub const DAY: i64 = 86_400;

/// A moment: whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The UTC day of this moment.
    #[must_use]
    pub const fn date(self) -> Date {
        Date::of_day_number(self.0.div_euclid(DAY))
    }

    /// This moment and some seconds, saturating.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year, 1 to 9999 when read from text.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31, as the month allows.
    pub day: u8,
}

impl Date {
    /// Reads `YYYY-MM-DD`; None for anything else and for days that don't exist.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
        let date =
            Self { year: i32::try_from(year).ok()?, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? };
        let real = date.year > 0
            && (1..=12).contains(&date.month)
            && date.day >= 1
            && date.day <= days_in(date.year, date.month);
        real.then_some(date)
    }

    /// Days since 1970-01-01 (the day count by eras of 400 years).
    #[must_use]
    pub const fn day_number(self) -> i64 {
        let (month, day) = (self.month as i64, self.day as i64);
        let year = self.year as i64 - (month <= 2) as i64;
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }

    /// The day that many days after 1970-01-01.
    #[must_use]
    pub const fn of_day_number(number: i64) -> Self {
        let shifted = number + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + (month <= 2) as i64;
        Self { year: year as i32, month: month as u8, day: (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8 }
    }

    /// Midnight UTC at the start of this day.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp(self.day_number() * DAY)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// An ISO 8601 period of whole years, months, weeks and days, such as `P3M` or `P1Y6M`; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// Whole years.
    pub years: u16,
    /// Whole months.
    pub months: u16,
    /// Whole days; a week is read as seven.
    pub days: u16,
}

impl Period {
    /// Reads `P…` with `Y`, `M`, `W`, `D` in this order; None for anything else, a time part included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('P')?;
        let mut period = Self { years: 0, months: 0, days: 0 };
        let mut found = false;
        for unit in ['Y', 'M', 'W', 'D'] {
            let Some((number, after)) = rest.split_once(unit) else { continue };
            let count = u16::try_from(digits(number, number.len())?).ok()?;
            match unit {
                'Y' => period.years = count,
                'M' => period.months = count,
                'W' => period.days = count.checked_mul(7)?,
                _ => period.days = period.days.checked_add(count)?,
            }
            rest = after;
            found = true;
        }
        (found && rest.is_empty() && (period.years, period.months, period.days) != (0, 0, 0)).then_some(period)
    }

    /// About how many seconds it lasts: a year is 365 days, a month 30. For comparing lifetimes, not for dates.
    #[must_use]
    pub const fn about_seconds(self) -> i64 {
        (self.years as i64 * 365 + self.months as i64 * 30 + self.days as i64) * DAY
    }

    /// As many seconds as it can last by any calendar: a leap year, months of 31 days.
    #[must_use]
    pub const fn most_seconds(self) -> i64 {
        (self.years as i64 * 366 + self.months as i64 * 31 + self.days as i64) * DAY
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P")?;
        for (count, unit) in [(self.years, 'Y'), (self.months, 'M'), (self.days, 'D')] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

fn digits(text: &str, length: usize) -> Option<u32> {
    let only_digits = !text.is_empty() && text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if only_digits { text.parse().ok() } else { None }
}

const fn days_in(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn periods_are_read_and_written() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(Period::parse(text).map(|period| period.to_string()).as_deref(), expect, "{text}");
        };
        check("P3M", Some("P3M"));
        check("P1Y6M", Some("P1Y6M"));
        check("P2W", Some("P14D"));
        check("P30D", Some("P30D"));
        check("P", None);
        check("P0D", None);
        check("3M", None);
        check("P1D2Y", None);
        check("PT1H", None);
        check("P-1D", None);
        check("P99999999D", None);
    }

    #[test]
    fn days_that_do_not_exist_are_not_read() {
        let check = |text: &str, expect: bool| assert_eq!(Date::parse(text).is_some(), expect, "{text}");
        check("2024-02-29", true);
        check("2023-02-29", false);
        check("2023-13-01", false);
        check("2023-1-01", false);
        check("+023-01-01", false);
        assert_eq!(Date::parse("1970-01-01").map(Date::day_number), Some(0));
        assert_eq!(Date::parse("2000-03-01").map(Date::day_number), Some(11_017));
    }

    proptest! {
        #[test]
        fn a_day_number_comes_back_as_itself(number in -700_000i64..2_900_000) {
            prop_assert_eq!(Date::of_day_number(number).day_number(), number);
        }

        #[test]
        fn a_written_date_reads_as_itself(number in -719_000i64..2_900_000) {
            let date = Date::of_day_number(number);
            prop_assume!(date.year > 0 && date.year < 10_000);
            prop_assert_eq!(Date::parse(&date.to_string()), Some(date));
        }
    }
}
