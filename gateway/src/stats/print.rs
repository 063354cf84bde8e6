//! `consent-gateway stats`: a report for the terminal or for programs, read beside a gateway that runs.
//!
//! Refuses to write anything, also where nothing is stored yet.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use policies::{Date, Timestamp};

use super::report::{Counts, Report, period, report};
use crate::store::{Archive, Error, Place};

/// What to print.
#[derive(Clone, Debug, clap::Args)]
pub struct StatsArgs {
    /// The gateway's data folder.
    #[arg(long, default_value = ".data")]
    pub data: PathBuf,
    /// One site; without it, all.
    #[arg(long)]
    pub site: Option<String>,
    /// The first day, YYYY-MM-DD (UTC); without it, the thirtieth before the last.
    #[arg(long, value_parser = day)]
    pub from: Option<Date>,
    /// The last day, YYYY-MM-DD (UTC); without it, the last one counted.
    #[arg(long, value_parser = day)]
    pub to: Option<Date>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// The report as text.
///
/// # Errors
/// See [`Error`].
pub async fn print(args: &StatsArgs, clock: fn() -> Timestamp) -> Result<String, Error> {
    let archive = Archive::at(&Place::in_folder(&args.data, clock), Duration::from_secs(2));
    let site = args.site.as_deref();
    let (from, to) = period(&archive, site, args.from, args.to, clock().date()).await?;
    let report = report(&archive, site, from, to).await?;
    if args.json {
        return Ok(serde_json::to_string_pretty(&report).unwrap_or_default());
    }
    Ok(text(&report))
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| String::from("a day is written like 2024-02-29"))
}

/// The report as tables of plain text; days without a count are left out.
pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    let site = report.site.as_deref().unwrap_or("all sites");
    // Writing to a string can't fail; so below.
    writeln!(text, "{site}, {} to {} (UTC days)\n", report.from, report.to).ok();
    let head = [
        "",
        "visits",
        "banner due",
        "accept all",
        "custom",
        "refuse all",
        "ask each",
        "single",
        "guardian",
        "withdraw",
        "GPC pages",
    ];
    let empty = Counts::default();
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(report.days.iter().filter(|day| day.counts != empty).map(|day| row(day.date.clone(), &day.counts)));
    rows.push(row(String::from("total"), &report.totals));
    table(&mut text, &rows);
    if report.totals.other > 0 {
        writeln!(
            text,
            "{} more were counted without a kind: too many different ones came at once.",
            report.totals.other
        )
        .ok();
    }
    if !report.purposes.is_empty() {
        let mut rows = vec![["site", "purpose", "granted", "refused"].map(str::to_owned).to_vec()];
        rows.extend(report.purposes.iter().map(|purpose| {
            vec![
                purpose.site.clone(),
                purpose.purpose.clone(),
                purpose.granted.to_string(),
                purpose.refused.to_string(),
            ]
        }));
        text.push('\n');
        table(&mut text, &rows);
    }
    if !report.policies.is_empty() {
        let mut rows = vec![["site", "policy version", "from", "to", "visits", "choices"].map(str::to_owned).to_vec()];
        rows.extend(report.policies.iter().map(|row| {
            let counts = [row.counts.visits, row.counts.choices.sum()].map(|count| count.to_string());
            [row.site.clone(), row.policy.clone(), row.first.clone(), row.last.clone()]
                .into_iter()
                .chain(counts)
                .collect()
        }));
        text.push('\n');
        table(&mut text, &rows);
    }
    if report.cut {
        text.push_str("\nThere is more than one report holds: ask for fewer days or for one site.\n");
    }
    text
}

fn row(name: String, counts: &Counts) -> Vec<String> {
    std::iter::once(name).chain(counts.numbers().map(|number| number.to_string())).collect()
}

/// Words to the left, numbers to the right.
fn table(text: &mut String, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let widths: Vec<usize> =
        (0..columns).map(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0)).collect();
    let numeric: Vec<bool> = (0..columns)
        .map(|column| column > 0 && cells(column).skip(1).all(|cell| cell.bytes().all(|byte| byte.is_ascii_digit())))
        .collect();
    for row in rows {
        let mut line = String::new();
        for ((cell, width), numeric) in row.iter().zip(&widths).zip(&numeric) {
            if *numeric {
                write!(line, "{cell:>width$}  ").ok();
            } else {
                write!(line, "{cell:<width$}  ").ok();
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
