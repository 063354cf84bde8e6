//! What somebody wants to look at: a site, a period, how finely, of whom, beside the period before. Every view is an address.
//!
//! Refuses to fail: what can't be read is told ([`Fault`]) and the usual stands in its place; who must not go on then looks at the faults.
//! Invariant: the address that a scope writes is read as the same scope.

use policies::{Date, Timestamp};

use super::fault::{Fault, Wrong};
use super::query::{Pairs, written};
use crate::config::{Config, Life};
use crate::stats::question::{Cut, Dimension, Question, Resolution};

/// Letters of a value to narrow by.
const LONGEST_VALUE: usize = 120;

/// The parameters of a scope.
pub(super) const PARAMETERS: [&str; 7] = ["site", "period", "from", "to", "every", "only", "by"];

/// Which days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Period {
    /// As many days, the last one today.
    Days(i64),
    /// Twelve months to this day.
    Year,
    /// From the first of this month.
    Month,
    /// The month before.
    MonthBefore,
    /// Days of one's own.
    Own,
}

impl Period {
    pub(super) const ALL: [(&'static str, Self); 7] = [
        ("7d", Self::Days(7)),
        ("30d", Self::Days(30)),
        ("90d", Self::Days(90)),
        ("month", Self::Month),
        ("month-before", Self::MonthBefore),
        ("12m", Self::Year),
        ("own", Self::Own),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, period)| *period == self).map_or("own", |(name, _)| name)
    }

    /// Its days; of one's own, those given.
    fn days(self, today: Date, own: (Option<Date>, Option<Date>)) -> (Date, Date) {
        let first_of = |day: Date| Date { day: 1, ..day };
        let before = |day: Date, days: i64| Date::of_day_number(day.day_number() - days);
        match self {
            Self::Days(days) => (before(today, days - 1), today),
            Self::Year => (before(today, 364), today),
            Self::Month => (first_of(today), today),
            Self::MonthBefore => {
                let last = before(first_of(today), 1);
                (first_of(last), last)
            }
            Self::Own => {
                let to = own.1.unwrap_or_else(|| own.0.map_or(today, |from| from.max(today)));
                (own.0.unwrap_or_else(|| before(to, 29)), to)
            }
        }
    }
}

/// What somebody wants to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// One site; None: all together.
    pub(super) site: Option<String>,
    pub(super) period: Period,
    pub(super) from: Date,
    pub(super) to: Date,
    /// How finely; None: as fits the period.
    pub(super) every: Option<Resolution>,
    /// Beside the period before.
    pub(super) compare: bool,
    pub(super) cut: Cut,
}

impl Scope {
    /// Reads a query; `today` is the day where the site is.
    pub(super) fn read(pairs: &Pairs, config: &Config, now: Timestamp) -> (Self, Vec<Fault>) {
        let mut faults = Vec::new();
        let site = site(pairs, config, &mut faults);
        let today = calendar(config, site.as_deref()).map_or_else(|| now.date(), |life| life.day(now));
        let (period, from, to) = period(pairs, today, &mut faults);
        let every = one_of(pairs, "every", &with_auto(), &mut faults).and_then(Resolution::of_name);
        // A box that isn't ticked leaves the word of the hidden field behind it.
        let compare = one_of(pairs, "compare", &["before", "none"], &mut faults).is_none_or(|word| word == "before");
        let mut scope = Self { site, period, from, to, every, compare, cut: cut(pairs, &mut faults) };
        if let Err(refused) = scope.question().check() {
            faults.push(Fault::of_refused(&refused));
            scope.mend(today);
        }
        let days = config.statistics.hours_days;
        if scope.resolution() == Resolution::Hour && scope.from.day_number() < today.day_number() - i64::from(days) {
            faults.extend(scope.every.map(|_| Fault::of("every", Wrong::HoursGone { days })));
            scope.every = Some(Resolution::Day);
        }
        (scope, faults)
    }

    /// What can be answered in the place of what can't.
    fn mend(&mut self, today: Date) {
        let Question { from, to, .. } = self.question();
        if from > to {
            (self.from, self.to) = (to, from);
        }
        if self.question().check().is_err() {
            self.every = None;
        }
        if self.question().check().is_err() {
            self.cut = Cut::Whole;
        }
        if self.question().check().is_err() {
            (self.from, self.to) = Period::Days(30).days(today, (None, None));
        }
    }

    /// How finely it is shown.
    pub(super) fn resolution(&self) -> Resolution {
        let days = self.to.day_number() - self.from.day_number() + 1;
        self.every.unwrap_or(match days {
            ..=2 => Resolution::Hour,
            3..=100 => Resolution::Day,
            101..=740 => Resolution::Week,
            _ => Resolution::Month,
        })
    }

    /// The question to the statistics.
    pub(super) fn question(&self) -> Question {
        Question {
            site: self.site.clone(),
            from: self.from,
            to: self.to,
            resolution: self.resolution(),
            cut: self.cut.clone(),
        }
    }

    /// The query that asks for the same.
    pub(super) fn query(&self) -> String {
        let mut pairs =
            vec![("site", self.site.clone().unwrap_or_default()), ("period", self.period.name().to_owned())];
        if self.period == Period::Own {
            pairs.extend([("from", self.from.to_string()), ("to", self.to.to_string())]);
        }
        pairs.extend(self.every.map(|every| ("every", every.name().to_owned())));
        pairs.push(("compare", if self.compare { "before" } else { "none" }.to_owned()));
        pairs.extend(self.cut_pair());
        written(pairs)
    }

    /// The same as a program asks for it: with its days said.
    pub(super) fn fixed_query(&self) -> String {
        let mut pairs: Vec<_> = self.site.iter().map(|site| ("site", site.clone())).collect();
        pairs.extend([("from", self.from.to_string()), ("to", self.to.to_string())]);
        pairs.push(("every", self.resolution().name().to_owned()));
        pairs.extend(self.cut_pair());
        written(pairs)
    }

    fn cut_pair(&self) -> Option<(&'static str, String)> {
        match &self.cut {
            Cut::Whole => None,
            Cut::Only(dimension, value) => Some(("only", format!("{dimension}={value}"))),
            Cut::By(dimension) => Some(("by", dimension.name().to_owned())),
        }
    }

    /// The same with another cut.
    pub(super) fn cut_by(&self, cut: Cut) -> Self {
        Self { cut, ..self.clone() }
    }

    /// The same over days of one's own.
    pub(super) fn over(&self, from: Date, to: Date) -> Self {
        Self { period: Period::Own, from, to, ..self.clone() }
    }
}

/// The calendar of a site, or of the first one.
pub(super) fn calendar<'c>(config: &'c Config, site: Option<&str>) -> Option<&'c Life> {
    let named = config.sites.iter().find(|each| Some(each.name.as_str()) == site);
    named.or_else(|| config.sites.first()).map(|site| &site.life)
}

/// One site where there is one; all together where nothing else is asked for.
fn site(pairs: &Pairs, config: &Config, faults: &mut Vec<Fault>) -> Option<String> {
    let names = || config.sites.iter().map(|site| site.name.clone());
    let only = || names().next().filter(|_| config.sites.len() == 1);
    let Some(asked) = pairs.value("site") else { return only() };
    if !names().any(|name| name == asked) {
        faults.push(Fault::of("site", Wrong::Site(names().collect())));
        return only();
    }
    Some(asked.to_owned())
}

fn period(pairs: &Pairs, today: Date, faults: &mut Vec<Fault>) -> (Period, Date, Date) {
    let mut day = |name: &'static str| {
        let day = pairs.value(name).map(|value| (Date::parse(value), name))?;
        match day {
            (Some(day), _) if (1_990..=2_200).contains(&day.year) => return Some(day),
            (Some(_), name) => faults.push(Fault::of(name, Wrong::DayRange)),
            (None, name) => faults.push(Fault::of(name, Wrong::Day)),
        }
        None
    };
    let own = (day("from"), day("to"));
    let named = one_of(pairs, "period", &Period::ALL.map(|(name, _)| name), faults);
    let named =
        named.and_then(|name| Period::ALL.into_iter().find(|(each, _)| *each == name)).map(|(_, period)| period);
    let usual = if own == (None, None) { Period::Days(30) } else { Period::Own };
    let period = named.unwrap_or(usual);
    let (from, to) = period.days(today, own);
    (period, from, to)
}

/// One cut at the most: `only`, `by`, or the form's list that has both (`of`).
fn cut(pairs: &Pairs, faults: &mut Vec<Fault>) -> Cut {
    let of = pairs.value("of");
    let of_split = of.and_then(|of| of.strip_prefix("by:"));
    let only = pairs.value("only").or_else(|| of.filter(|_| of_split.is_none())).and_then(|text| {
        let read = narrowing(text);
        if read.is_none() {
            faults.push(Fault::of("only", Wrong::Narrowing));
        }
        read
    });
    let by = pairs.value("by").or(of_split).and_then(|name| {
        let read = Dimension::of_name(name);
        if read.is_none() {
            faults.push(Fault::of("by", Wrong::NotOneOf(Dimension::ALL.map(Dimension::name).into())));
        }
        read
    });
    match (only, by) {
        (Some((dimension, value)), by) => {
            if by.is_some() {
                faults.push(Fault::of("by", Wrong::TwoCuts));
            }
            Cut::Only(dimension, value)
        }
        (None, Some(dimension)) => Cut::By(dimension),
        (None, None) => Cut::Whole,
    }
}

/// `dimension=value`.
fn narrowing(text: &str) -> Option<(Dimension, String)> {
    let (name, value) = text.split_once('=')?;
    let fits = !value.is_empty() && value.chars().count() <= LONGEST_VALUE;
    Dimension::of_name(name).filter(|_| fits).map(|dimension| (dimension, value.to_owned()))
}

fn with_auto() -> Vec<&'static str> {
    std::iter::once("auto").chain(Resolution::ALL.map(Resolution::name)).collect()
}

/// A word of a list, where one is given.
fn one_of<'p>(
    pairs: &'p Pairs,
    name: &'static str,
    allowed: &[&'static str],
    faults: &mut Vec<Fault>,
) -> Option<&'p str> {
    let value = pairs.value(name)?;
    if !allowed.contains(&value) {
        faults.push(Fault::of(name, Wrong::NotOneOf(allowed.to_vec())));
        return None;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: Timestamp = Timestamp(1_709_208_000);

    fn config(names: &[&str]) -> Config {
        let site = |name: &&str| {
            format!("[[sites]]\nname = \"{name}\"\nhosts = [\"{name}.example\"]\norigin = \"http://127.0.0.1:3000\"\n")
        };
        let text = format!("listen = [\"127.0.0.1:0\"]\n{}", names.iter().map(site).collect::<String>());
        crate::config::compile(&text, std::path::Path::new("gateway.toml"), NOON).unwrap()
    }

    fn read(query: &str) -> (Scope, Vec<Fault>) {
        Scope::read(&Pairs::of(query), &config(&["shop", "blog"]), NOON)
    }

    #[test]
    fn without_a_word_it_is_the_last_thirty_days_beside_the_thirty_before() {
        let (scope, faults) = read("");
        assert_eq!((scope.from.to_string().as_str(), scope.to.to_string().as_str()), ("2024-01-31", "2024-02-29"));
        assert_eq!((scope.site, scope.compare, scope.cut, faults), (None, true, Cut::Whole, Vec::new()));
        let (alone, _) = Scope::read(&Pairs::of(""), &config(&["shop"]), NOON);
        assert_eq!(alone.site.as_deref(), Some("shop"), "where there is one site it is meant");
    }

    #[test]
    fn periods_are_days_of_the_sites_calendar() {
        let check = |query: &str, from: &str, to: &str, every: Resolution| {
            let (scope, faults) = read(query);
            assert_eq!((scope.from.to_string(), scope.to.to_string()), (from.to_owned(), to.to_owned()), "{query}");
            assert_eq!((scope.resolution(), faults), (every, Vec::new()), "{query}");
        };
        check("period=7d", "2024-02-23", "2024-02-29", Resolution::Day);
        check("period=month", "2024-02-01", "2024-02-29", Resolution::Day);
        check("period=month-before", "2024-01-01", "2024-01-31", Resolution::Day);
        check("period=12m", "2023-03-02", "2024-02-29", Resolution::Week);
        check("from=2024-02-28&to=2024-02-29", "2024-02-28", "2024-02-29", Resolution::Hour);
        check("from=2024-01-28&to=2024-01-28", "2024-01-28", "2024-01-28", Resolution::Day);
        check("period=own&to=2020-01-31", "2020-01-02", "2020-01-31", Resolution::Day);
        check("from=2015-01-01&to=2024-02-29", "2015-01-01", "2024-02-29", Resolution::Month);
        // Seoul is nine hours ahead: what is noon in London is the evening there, and seven hours later tomorrow.
        let (scope, _) = Scope::read(&Pairs::of("period=7d"), &config(&["shop"]), NOON.plus_seconds(7 * 3_600));
        assert_eq!(scope.to.to_string(), "2024-03-01");
    }

    #[test]
    fn what_cannot_be_asked_is_told_and_something_else_is_shown() {
        let check = |query: &str, parameter: &str| {
            let (scope, faults) = read(query);
            let named: Vec<_> = faults.iter().map(|fault| fault.parameter).collect();
            assert_eq!(named, [parameter], "{query}");
            assert!(scope.question().check().is_ok(), "{query}: {scope:?}");
        };
        check("site=else", "site");
        check("period=decade", "period");
        check("from=2024-13-01", "from");
        check("to=0001-01-01", "to");
        check("from=2024-02-02&to=2024-01-01", "from");
        check("every=second", "every");
        check("every=hour&period=12m", "every");
        check("every=hour&from=2024-02-01&to=2024-02-02", "every");
        check("from=1990-01-01&to=2200-01-01", "every");
        check("only=phone", "only");
        check("only=device%3D", "only");
        check("by=shoe", "by");
        check("only=device%3Dphone&by=device", "by");
        check("by=page_group", "site");
    }

    proptest! {
        #[test]
        fn the_address_of_a_scope_is_read_as_the_same_scope(
            site in proptest::option::of(proptest::sample::select(vec!["shop", "blog"])),
            period in 0..Period::ALL.len(),
            (from, days) in (7_400_i64..40_000, 0_i64..700),
            every in proptest::option::of(proptest::sample::select(vec![Resolution::Day, Resolution::Week])),
            compare: bool,
            place in 0_usize..3,
            value in "[^\\s\\p{C}][^\\p{C}]{0,30}[^\\s\\p{C}]",
        ) {
            let (_, period) = Period::ALL[period];
            let own = (Some(Date::of_day_number(from)), Some(Date::of_day_number(from + days)));
            let (from, to) = period.days(Date { year: 2024, month: 2, day: 29 }, own);
            let cuts: [Cut; 3] = [Cut::Whole, Cut::By(Dimension::Device), Cut::Only(Dimension::Language, value)];
            let cut = cuts[place].clone();
            let scope = Scope { site: site.map(str::to_owned), period, from, to, every, compare, cut };
            prop_assert_eq!(read(&scope.query()), (scope, Vec::new()));
        }
    }
}
