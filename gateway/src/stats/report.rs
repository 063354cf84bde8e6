//! A report over some days, made of the stored counts: the same numbers for the page, the terminal and programs.
//!
//! Refuses to guess: a day without counts is a day of zeros, and a report that was cut says so.

use std::collections::BTreeMap;

use policies::{Act, Date};
use serde::Serialize;

use crate::store::{Archive, Error, TallyRow};

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

/// The days of a report: those asked for, else the thirty that end with the last one counted, or with `today` where
/// nothing was counted yet.
///
/// # Errors
/// See [`Error`].
pub async fn period(
    archive: &Archive,
    site: Option<&str>,
    from: Option<Date>,
    to: Option<Date>,
    today: Date,
) -> Result<(Date, Date), Error> {
    let last = match to {
        Some(day) => Some(day),
        None => archive.last_day(site.map(str::to_owned)).await?,
    };
    let to = last.or(from).unwrap_or(today);
    let from = from.unwrap_or(Date::of_day_number(to.day_number() - DEFAULT_DAYS + 1));
    let earliest = Date::of_day_number(to.day_number() - MOST_DAYS + 1);
    Ok((from.clamp(earliest, to), to))
}

/// The report of a period, both ends included; of one site or of all.
///
/// # Errors
/// See [`Error`].
pub async fn report(archive: &Archive, site: Option<&str>, from: Date, to: Date) -> Result<Report, Error> {
    let rows = archive.tallies(site.map(str::to_owned), from, to, MOST_ROWS).await?;
    Ok(of_rows(site, from, to, &rows))
}

pub(super) fn of_rows(site: Option<&str>, from: Date, to: Date, rows: &[TallyRow]) -> Report {
    let mut totals = Counts::default();
    let mut days: BTreeMap<i64, Counts> =
        (from.day_number()..=to.day_number()).map(|day| (day, Counts::default())).collect();
    let mut purposes: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    let mut policies: BTreeMap<(&str, _), (Date, Date, Counts)> = BTreeMap::new();
    for row in rows {
        match row.kind.as_str() {
            "granted" => purposes.entry((&row.site, &row.name)).or_default().0 += row.count,
            "refused" => purposes.entry((&row.site, &row.name)).or_default().1 += row.count,
            _ => {
                let (first, last, counts) =
                    policies.entry((&row.site, row.policy)).or_insert((row.day, row.day, Counts::default()));
                (*first, *last) = ((*first).min(row.day), (*last).max(row.day));
                [counts, &mut totals].into_iter().chain(days.get_mut(&row.day.day_number())).for_each(|to| to.add(row));
            }
        }
    }
    Report {
        site: site.map(str::to_owned),
        from: from.to_string(),
        to: to.to_string(),
        totals,
        days: days
            .into_iter()
            .map(|(day, counts)| Day { date: Date::of_day_number(day).to_string(), counts })
            .collect(),
        purposes: purposes
            .into_iter()
            .map(|((site, purpose), (granted, refused))| PurposeCounts {
                site: site.to_owned(),
                purpose: purpose.to_owned(),
                granted,
                refused,
            })
            .collect(),
        policies: policies
            .into_iter()
            .map(|((site, policy), (first, last, counts))| Row {
                site: site.to_owned(),
                policy: policy.to_string(),
                first: first.to_string(),
                last: last.to_string(),
                counts,
            })
            .collect(),
        cut: rows.len() >= MOST_ROWS,
    }
}

impl Counts {
    fn add(&mut self, row: &TallyRow) {
        let to = match (row.kind.as_str(), Act::of_name(&row.name)) {
            ("visit", _) => &mut self.visits,
            ("owed", _) => &mut self.owed,
            ("gpc", _) => &mut self.gpc,
            ("act", Some(Act::AcceptAll)) => &mut self.choices.accept_all,
            ("act", Some(Act::RefuseAll)) => &mut self.choices.refuse_all,
            ("act", Some(Act::Custom)) => &mut self.choices.custom,
            ("act", Some(Act::Withdraw)) => &mut self.choices.withdraw,
            ("act", Some(Act::AskEachTime)) => &mut self.choices.ask_each_time,
            ("act", Some(Act::Single)) => &mut self.choices.single,
            ("act", Some(Act::Guardian)) => &mut self.choices.guardian,
            _ => &mut self.other,
        };
        *to = to.saturating_add(row.count);
    }
}
