//! How numbers, days and names are said to a reader.
//!
//! Refuses to say more than is shown: what is too little to tell stays so in words, shares and bars alike. Invariant: a share is made of
//! shown counts only.

use policies::policy::texts::Texts;
use policies::{Date, Lang};

use crate::chart::Point;
use crate::config::SiteConfig;
use crate::stats::definitions::definitions;
use crate::stats::figures::{Bucket, Shown, State};
use crate::stats::measure::Measure;
use crate::stats::question::{Dimension, Resolution};
use crate::view::admin::Words;

/// A figure of a step or a period: a count, or a part of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    Count(Shown),
    /// The part and the whole.
    Share(Shown, Shown),
}

impl Quantity {
    /// The number, where there is one: of a share from 0 to 1.
    pub(super) fn value(self) -> Option<f64> {
        match self {
            Self::Count(shown) => shown.count().map(|count| count as f64),
            Self::Share(part, whole) => {
                let (part, whole) = (part.count()?, whole.count()?);
                (whole > 0).then(|| part as f64 / whole as f64)
            }
        }
    }

    /// Whether it is too little to be told.
    pub(super) fn is_few(self) -> bool {
        match self {
            Self::Count(shown) => shown.count().is_none(),
            Self::Share(part, whole) => whole != Shown::Count(0) && (part.count().is_none() || whole.count().is_none()),
        }
    }

    pub(super) fn point(self) -> Point {
        match self.value() {
            Some(value) => Point::Known(value),
            None if self.is_few() => Point::Few,
            None => Point::Missing,
        }
    }
}

/// Two counts together; too little where one of them is.
pub(super) fn sum(one: Shown, other: Shown) -> Shown {
    match (one, other) {
        (Shown::Count(one), Shown::Count(other)) => Shown::Count(one.saturating_add(other)),
        (few @ Shown::Below(_), _) | (_, few @ Shown::Below(_)) => few,
    }
}

/// What stands where nothing can be said.
pub(super) const NOTHING: &str = "–";

/// A number with commas between thousands, as both languages write it.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A share in percent, with one digit behind the point.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// A count beside a chart.
pub(super) fn axis_count(value: f64) -> String {
    grouped(value.round().max(0.0) as u64)
}

/// A share beside a chart.
pub(super) fn axis_share(value: f64) -> String {
    format!("{:.0}%", value * 100.0)
}

/// Says things in a reader's language, with the names that a site has for them.
#[derive(Clone, Copy)]
pub(super) struct Voice<'c> {
    pub(super) words: Words,
    /// The site that is shown; None: all together.
    pub(super) site: Option<&'c SiteConfig>,
}

impl Voice<'_> {
    pub(super) const fn lang(&self) -> Lang {
        self.words.0
    }

    pub(super) fn of(&self, key: &str) -> String {
        self.words.of(key)
    }

    pub(super) fn filled(&self, key: &str, places: &[(&str, &str)]) -> String {
        self.words.filled(key, places)
    }

    pub(super) fn quantity(&self, quantity: Quantity) -> String {
        match quantity {
            Quantity::Count(Shown::Count(count)) => grouped(count),
            Quantity::Count(few @ Shown::Below(_)) => few.to_string(),
            Quantity::Share(..) => match quantity.value() {
                Some(share) => percent(share),
                None if quantity.is_few() => self.of("said.few"),
                None => NOTHING.to_owned(),
            },
        }
    }

    pub(super) fn count(&self, shown: Shown) -> String {
        self.quantity(Quantity::Count(shown))
    }

    /// How a figure was in the period before, beside how it is now.
    /// `whole`: whether all of that period was counted; parts of periods aren't compared.
    pub(super) fn before(&self, now: Quantity, before: Quantity, whole: bool) -> String {
        let was = self.quantity(before);
        if !whole && matches!(now, Quantity::Count(_)) {
            return self.filled("said.before_partly", &[("was", &was)]);
        }
        let change = match (now, now.value(), before.value()) {
            (Quantity::Share(..), Some(now), Some(before)) => {
                let points = format!("{:+.1}", (now - before) * 100.0);
                self.filled("said.points", &[("points", &signed(&points))])
            }
            (Quantity::Count(_), Some(now), Some(before)) if before > 0.0 => {
                signed(&format!("{:+.0}%", (now - before) / before * 100.0))
            }
            _ => return self.filled("said.before_only", &[("was", &was)]),
        };
        self.filled("said.before", &[("change", &change), ("was", &was)])
    }

    /// A day with its year.
    pub(super) fn day(&self, day: Date) -> String {
        self.dated("date.whole", day)
    }

    /// A day of a year that is known.
    pub(super) fn short_day(&self, day: Date) -> String {
        self.dated("date.short", day)
    }

    fn dated(&self, key: &str, day: Date) -> String {
        let name = self.of(&format!("month.of_{}", day.month));
        let [year, date] = [day.year.to_string(), day.day.to_string()];
        self.filled(key, &[("year", &year), ("month", &name), ("day", &date)])
    }

    /// A step of time, in a table.
    pub(super) fn step(&self, bucket: &Bucket, resolution: Resolution) -> String {
        let named = match (bucket.hour, resolution) {
            (Some(hour), _) => format!("{} {hour:02}:00", self.short_day(bucket.from)),
            (None, Resolution::Week) if bucket.from != bucket.to => {
                format!("{} – {}", self.short_day(bucket.from), self.short_day(bucket.to))
            }
            (None, Resolution::Month) => self.dated("date.month", bucket.from),
            (None, _) => self.short_day(bucket.from),
        };
        match bucket.state {
            State::Running => self.filled("said.so_far", &[("step", &named)]),
            State::Partly => self.filled("said.partly", &[("step", &named)]),
            State::Whole | State::Gap | State::Before | State::ToCome => named,
        }
    }

    /// A step of time below a chart, and how much its label is wanted.
    pub(super) fn tick(&self, bucket: &Bucket, resolution: Resolution) -> (String, u8) {
        let day = bucket.from;
        let is_monday = (day.day_number() + 3).rem_euclid(7) == 0;
        match (bucket.hour, resolution) {
            (Some(0), _) => (self.short_day(day), 3),
            (Some(hour), _) => (format!("{hour:02}:00"), if hour % 6 == 0 { 2 } else { 1 }),
            (None, Resolution::Month) if day.month == 1 => (self.dated("date.month", day), 2),
            (None, Resolution::Month) => (self.of(&format!("month.of_{}", day.month)), 1),
            (None, Resolution::Week) => (self.short_day(day), if day.day <= 7 { 2 } else { 1 }),
            (None, _) if day.day == 1 => (self.short_day(day), 3),
            (None, _) => (self.short_day(day), if is_monday { 2 } else { 1 }),
        }
    }

    /// What a dimension is called at the head of a column.
    pub(super) fn dimension(&self, dimension: Dimension) -> String {
        let name = self.of(&format!("dimension.{dimension}"));
        let mut letters = name.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    /// What a value of a dimension is called.
    pub(super) fn value(&self, dimension: Dimension, value: &str) -> String {
        let named = |key: String| if self.words.has(&key) { self.of(&key) } else { value.to_owned() };
        match (dimension, value) {
            (_, "other") => self.of("value.other"),
            (_, "") => self.of("value.unknown"),
            (Dimension::Language, tag) => Lang::of_tag(tag).map_or_else(
                || tag.to_owned(),
                |lang| format!("{} ({tag})", Texts::bundled(lang).banner.this_language),
            ),
            (Dimension::Region, "unknown") => self.of("value.unknown"),
            (Dimension::Region, "-") => self.of("value.not_told_apart"),
            (Dimension::Region, code) => {
                let country = code.split('-').next().unwrap_or(code).to_ascii_lowercase();
                match Texts::bundled(self.lang()).country.by_key(&country) {
                    Some(name) => format!("{name} ({code})"),
                    None => code.to_owned(),
                }
            }
            (Dimension::Policy, version) => self.version(version),
            (Dimension::Device | Dimension::Regime | Dimension::Signal, value) => {
                named(format!("value.{}", value.replace('-', "_")))
            }
            (Dimension::PageGroup, group) => group.to_owned(),
        }
    }

    /// A version of the policy: the day on which it came into force, and the beginning of its hash.
    pub(super) fn version(&self, hash: &str) -> String {
        let short: String = hash.chars().take(8).collect();
        let versions = self.site.map(|site| site.life.history.versions()).unwrap_or_default();
        match versions.iter().find(|version| version.policy.version.to_string() == hash) {
            Some(version) => {
                self.filled("value.version", &[("day", &self.day(version.policy.effective)), ("hash", &short)])
            }
            None => short,
        }
    }

    /// What a measure is called, as its definition says it.
    pub(super) fn measure(&self, measure: Measure) -> String {
        let found = definitions().of(measure.name());
        found.map_or_else(|| measure.name().to_owned(), |found| found.label.in_lang(self.lang()).to_owned())
    }

    /// What a purpose is called.
    pub(super) fn purpose(&self, id: &str) -> String {
        let purposes = self.site.map(|site| site.policy.purposes.as_slice()).unwrap_or_default();
        let named = purposes.iter().find(|purpose| purpose.id == id);
        named.map_or_else(|| id.to_owned(), |purpose| purpose.name.in_lang(self.lang()).to_owned())
    }
}

/// A minus as it is set in print, and none of nothing.
fn signed(number: &str) -> String {
    match number {
        "+0.0" | "-0.0" => String::from("±0.0"),
        "+0%" | "-0%" => String::from("±0%"),
        _ => number.replace('-', "−"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: Voice<'_> = Voice { words: Words(Lang::En), site: None };

    #[test]
    fn a_share_is_never_more_exact_than_what_is_shown() {
        let check = |part, whole, expect: &str| assert_eq!(ENGLISH.quantity(Quantity::Share(part, whole)), expect);
        check(Shown::Count(1), Shown::Count(3), "33.3%");
        check(Shown::Count(0), Shown::Count(3), "0.0%");
        check(Shown::Count(0), Shown::Count(0), NOTHING);
        check(Shown::Below(5), Shown::Count(10), "too few");
        check(Shown::Count(10), Shown::Below(5), "too few");
        assert_eq!(sum(Shown::Below(5), Shown::Count(10)), Shown::Below(5));
        assert_eq!(Quantity::Count(Shown::Below(5)).point(), Point::Few);
    }

    #[test]
    fn changes_are_percent_of_counts_and_points_of_shares() {
        let count = |count| Quantity::Count(Shown::Count(count));
        let share = |part| Quantity::Share(Shown::Count(part), Shown::Count(1_000));
        let check = |now, before, expect: &str| assert_eq!(ENGLISH.before(now, before, true), expect);
        check(count(1_100), count(1_000), "+10% · before: 1,000");
        check(count(900), count(1_000), "−10% · before: 1,000");
        check(count(900), count(0), "before: 0");
        check(share(402), share(402), "±0.0 points · before: 40.2%");
        assert_eq!(ENGLISH.before(count(900), count(100), false), "before: 100, partly counted");
        check(share(402), share(381), "+2.1 points · before: 38.1%");
        check(share(402), Quantity::Share(Shown::Below(5), Shown::Count(5)), "before: too few");
    }

    #[test]
    fn days_are_said_in_both_languages() {
        let day = Date { year: 2026, month: 11, day: 24 };
        let korean = Voice { words: Words(Lang::Ko), ..ENGLISH };
        assert_eq!([ENGLISH.day(day), ENGLISH.short_day(day)], ["24 Nov 2026", "24 Nov"]);
        assert_eq!([korean.day(day), korean.short_day(day)], ["2026년 11월 24일", "11월 24일"]);
    }
}
