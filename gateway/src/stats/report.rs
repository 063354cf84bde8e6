//! A report over some days, made of the stored counts: the same numbers for the page, the terminal and programs.
//!
//! Refuses to guess: a day without counts is a day of zeros, and a report that was cut says so.

use std::collections::BTreeMap;

use policies::Date;
use serde::Serialize;

use crate::store::{ALL_SITES, Archive, Error, FigureRow, FiguresAsked, Grain, Measure, PurposeMeasure};

/// Days in a report where none are asked for.
const DEFAULT_DAYS: i64 = 30;

/// Days in a report at most.
const MOST_DAYS: i64 = 400;

/// Rows read for one report at most.
const MOST_ROWS: usize = 200_000;

/// Choices by act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Choices {
    /// Everything accepted with one button.
    pub accept_all: u64,
    /// Everything optional refused with one button.
    pub refuse_all: u64,
    /// Purpose by purpose.
    pub custom: u64,
    /// Earlier grants taken back.
    pub withdraw: u64,
    /// Those who want each cookie confirmed.
    pub ask_each_time: u64,
    /// Answers about single cookies or services, given beside an earlier choice.
    pub single: u64,
    /// Grants of guardians that a visitor's browser took up.
    pub guardian: u64,
}

impl Choices {
    /// All choices; a single answer is a part of one.
    #[must_use]
    pub const fn sum(&self) -> u64 {
        let Self { accept_all, refuse_all, custom, withdraw, ask_each_time, single: _, guardian } = *self;
        let by_form = accept_all.saturating_add(refuse_all).saturating_add(custom);
        by_form.saturating_add(withdraw).saturating_add(ask_each_time).saturating_add(guardian)
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Visitors who entered.
    pub visits: u64,
    /// Pages shown to somebody who owed an answer.
    pub owed: u64,
    /// Pages asked for with `Sec-GPC: 1`.
    pub gpc: u64,
    /// Choices.
    pub choices: Choices,
    /// Counts that found no room of their own.
    pub other: u64,
}

impl Counts {
    /// The numbers of one line of a report, in the order of its columns: visits, banner due, accept all, custom,
    /// refuse all, ask each time, single answers, guardians' grants, withdraw, GPC pages.
    #[must_use]
    pub const fn numbers(&self) -> [u64; 10] {
        let Choices { accept_all, refuse_all, custom, withdraw, ask_each_time, single, guardian } = self.choices;
        [self.visits, self.owed, accept_all, custom, refuse_all, ask_each_time, single, guardian, withdraw, self.gpc]
    }
}

/// One UTC day over all sites of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Its counts.
    pub counts: Counts,
}

/// What choices said of one purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PurposeCounts {
    /// The site.
    pub site: String,
    /// The purpose's id.
    pub purpose: String,
    /// Choices that granted it.
    pub granted: u64,
    /// Choices that refused it.
    pub refused: u64,
}

/// One site under one policy version, over the whole period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The site.
    pub site: String,
    /// The policy version, 16 hexadecimal digits.
    pub policy: String,
    /// The first day of the period with a count under it.
    pub first: String,
    /// The last.
    pub last: String,
    /// Its counts.
    pub counts: Counts,
}

/// Counts of some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The site, or null for all.
    pub site: Option<String>,
    /// The first day, `YYYY-MM-DD`, UTC.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Over all days.
    pub totals: Counts,
    /// Every day of the period.
    pub days: Vec<Day>,
    /// By site and purpose.
    pub purposes: Vec<PurposeCounts>,
    /// By site and policy version.
    pub policies: Vec<Row>,
    /// Whether there was more than one report may hold.
    pub cut: bool,
}

/// The days of a report: those asked for, else the thirty that end with `today`.
#[must_use]
pub fn period(from: Option<Date>, to: Option<Date>, today: Date) -> (Date, Date) {
    let to = to.unwrap_or(today);
    let from = from.unwrap_or(Date::of_day_number(to.day_number() - DEFAULT_DAYS + 1));
    let earliest = Date::of_day_number(to.day_number() - MOST_DAYS + 1);
    (from.clamp(earliest, to), to)
}

/// The report of a period, both ends included; of one site or of all.
///
/// # Errors
/// See [`Error`].
pub async fn report(archive: &Archive, site: Option<&str>, from: Date, to: Date) -> Result<Report, Error> {
    let of_site = site.unwrap_or(ALL_SITES);
    let asked = |dimension: &str| FiguresAsked {
        grain: Grain::Day,
        site: of_site.to_owned(),
        dimension: dimension.to_owned(),
        value: None,
        from: from.day_number(),
        to: to.day_number(),
    };
    let rows = archive.figures(asked(""), MOST_ROWS).await?;
    let by_policy = archive.figures(asked("policy"), MOST_ROWS).await?;
    Ok(of_rows(site, (from, to), &rows, &by_policy))
}

fn of_rows(site: Option<&str>, (from, to): (Date, Date), rows: &[FigureRow], by_policy: &[FigureRow]) -> Report {
    let mut totals = Counts::default();
    let mut days: BTreeMap<i64, Counts> =
        (from.day_number()..=to.day_number()).map(|day| (day, Counts::default())).collect();
    let mut purposes: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in rows {
        [&mut totals].into_iter().chain(days.get_mut(&row.cell.at)).for_each(|to| to.add(row));
        for (purpose, _) in row.counts.purposes() {
            let sums = purposes.entry(purpose).or_default();
            sums.0 += row.counts.of_purpose(purpose, PurposeMeasure::Granted);
            sums.1 += row.counts.of_purpose(purpose, PurposeMeasure::Refused);
        }
    }
    let mut policies: BTreeMap<&str, (i64, i64, Counts)> = BTreeMap::new();
    for row in by_policy {
        let at = row.cell.at;
        let (first, last, counts) = policies.entry(&row.cell.value).or_insert((at, at, Counts::default()));
        (*first, *last) = ((*first).min(at), (*last).max(at));
        counts.add(row);
    }
    let day = |number| Date::of_day_number(number).to_string();
    let of = site.unwrap_or_default();
    Report {
        site: site.map(str::to_owned),
        from: from.to_string(),
        to: to.to_string(),
        totals,
        days: days.into_iter().map(|(at, counts)| Day { date: day(at), counts }).collect(),
        purposes: purposes
            .into_iter()
            .map(|(purpose, (granted, refused))| PurposeCounts {
                site: of.to_owned(),
                purpose: purpose.to_owned(),
                granted,
                refused,
            })
            .collect(),
        policies: policies
            .into_iter()
            .map(|(policy, (first, last, counts))| Row {
                site: of.to_owned(),
                policy: policy.to_owned(),
                first: day(first),
                last: day(last),
                counts,
            })
            .collect(),
        cut: rows.len() >= MOST_ROWS,
    }
}

impl Counts {
    fn add(&mut self, row: &FigureRow) {
        let choices = &mut self.choices;
        for (to, measure) in [
            (&mut self.visits, Measure::Visits),
            (&mut self.owed, Measure::Owed),
            (&mut self.gpc, Measure::Gpc),
            (&mut choices.accept_all, Measure::AcceptAll),
            (&mut choices.refuse_all, Measure::RefuseAll),
            (&mut choices.custom, Measure::Custom),
            (&mut choices.withdraw, Measure::Withdrawn),
            (&mut choices.ask_each_time, Measure::AskEachTime),
            (&mut choices.single, Measure::Single),
            (&mut choices.guardian, Measure::Guardian),
        ] {
            *to = to.saturating_add(row.counts.of(measure));
        }
    }
}
