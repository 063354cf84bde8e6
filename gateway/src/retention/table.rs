//! What a policy's table says of the records that the gateway keeps: for how long, and whether a law asks for it.
//!
//! It refuses to guess: of a class without a row nothing is destroyed, and that is told. Invariant: periods are counted by the calendar
//! of the site's time zone, from the moment at which an entry ceased to hold.

use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use policies::policy::{RecordClass, RetentionBasis};
use policies::time::{DAY, Period};
use policies::{Policy, Timestamp};

use crate::ledger::EntryClass;

/// One class's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// How long.
    pub period: Period,
    /// Why.
    pub basis: RetentionBasis,
}

impl Rule {
    /// The row of a class; where there are several, the longest: what another row asks for less long is the same record. None
    /// where there is none.
    #[must_use]
    pub fn of(policy: &Policy, class: RecordClass) -> Option<Self> {
        let rows = policy.retention.iter().filter(|row| row.classes.contains(&class));
        let longest = rows.max_by_key(|row| row.period.about_seconds())?;
        Some(Self { period: longest.period, basis: longest.basis })
    }

    /// Whether what is past its purpose is kept apart, because a law makes one keep it (PIPA Art. 21(3)).
    #[must_use]
    pub fn is_law(&self) -> bool {
        self.basis == RetentionBasis::Law
    }

    /// When a period that began at a moment is over.
    #[must_use]
    pub fn over(&self, began: Timestamp, zone: &TimeZone) -> Timestamp {
        let rough = Timestamp(began.0.saturating_add(self.period.most_seconds()));
        let exact = || {
            let began = jiff::Timestamp::from_second(began.0).ok()?.to_zoned(zone.clone());
            Some(Timestamp(began.checked_add(span(self.period)).ok()?.timestamp().as_second()))
        };
        exact().unwrap_or(rough)
    }

    /// A moment before which nothing that is due can have begun.
    #[must_use]
    pub const fn earliest(&self, now: Timestamp) -> Timestamp {
        let Period { years, months, days } = self.period;
        // A year has 365 days at least, a month 28; one day for what clocks are set forward.
        let least = years as i64 * 365 + months as i64 * 28 + days as i64 - 1;
        Timestamp(now.0.saturating_sub(if least > 0 { least * DAY } else { 0 }))
    }
}

fn span(period: Period) -> Span {
    i64::from(period.years).years().months(i64::from(period.months)).days(i64::from(period.days))
}

/// The class of the table for an entry that has ceased to hold, or not yet. None for what says nothing of anybody: the register of
/// destruction and the configuration's changes stay.
#[must_use]
pub const fn class_of(class: EntryClass, holds: bool) -> Option<RecordClass> {
    match (class, holds) {
        (EntryClass::Consent, true) => Some(RecordClass::Consent),
        (EntryClass::Consent, false) => Some(RecordClass::Withdrawn),
        (EntryClass::Request, _) => Some(RecordClass::Requests),
        (EntryClass::Access, _) => Some(RecordClass::StaffAccess),
        (EntryClass::Destruction | EntryClass::Configuration, _) => None,
    }
}

/// The word of a class in policy files.
#[must_use]
pub fn word(class: RecordClass) -> &'static str {
    use policies::policy::FileWord;
    RecordClass::WORDS.iter().find(|(_, named)| *named == class).map_or("", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(period: &str) -> Rule {
        Rule { period: Period::parse(period).unwrap(), basis: RetentionBasis::Law }
    }

    fn moment(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_second())
    }

    #[test]
    fn a_period_is_over_by_the_sites_calendar() {
        let seoul = TimeZone::get("Asia/Seoul").unwrap();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let check = |period: &str, began: &str, zone: &TimeZone, over: &str| {
            assert_eq!(rule(period).over(moment(began), zone), moment(over), "{period} from {began}");
        };
        check("P3Y", "2024-02-29T00:00:00+09:00", &seoul, "2027-02-28T00:00:00+09:00");
        check("P3M", "2026-01-31T12:00:00+09:00", &seoul, "2026-04-30T12:00:00+09:00");
        check("P10D", "2026-12-28T00:00:00+09:00", &seoul, "2027-01-07T00:00:00+09:00");
        // The day on which clocks are set forward has 23 hours.
        check("P1D", "2026-03-28T12:00:00+01:00", &berlin, "2026-03-29T12:00:00+02:00");
    }

    #[test]
    fn what_is_due_began_before_the_earliest_moment() {
        let zones = ["Asia/Seoul", "Europe/Berlin", "America/Sao_Paulo"].map(|name| TimeZone::get(name).unwrap());
        for period in ["P1D", "P3M", "P1Y", "P3Y", "P1Y6M10D"] {
            for began in (0..800).map(|day| Timestamp(1_700_000_000 + day * DAY + day * 61)) {
                for zone in &zones {
                    let over = rule(period).over(began, zone);
                    assert!(began < rule(period).earliest(over), "{period} {began:?}");
                    assert!(over > began);
                }
            }
        }
    }
}
