//! Counts by site, time and one dimension, as rows, and the times in which somebody counted.
//!
//! It refuses a row that crosses two dimensions: there is no column for a second. Invariant: each row goes into its hour and into its
//! day, in one transaction, so that days are the sums of their hours.

use std::fmt::Write as _;

use policies::Timestamp;

use super::measure::{Counts, Measure, PurposeMeasure};

/// The name under which all sites are counted together: no site has it.
pub const ALL_SITES: &str = "";

/// How long the time is that a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grain {
    /// Hours since 1970 of the site's own clock.
    Hour,
    /// Days of it.
    Day,
}

impl Grain {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Where an hour lies.
    #[must_use]
    pub const fn of_hour(self, hour: i64) -> i64 {
        match self {
            Self::Hour => hour,
            Self::Day => hour.div_euclid(24),
        }
    }
}

/// Which cell was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// The site's name in the configuration, or [`ALL_SITES`].
    pub site: String,
    /// The dimension's name; empty for everything together.
    pub dimension: String,
    /// The hour or the day.
    pub at: i64,
    /// Which of the dimension's values; empty where there is no dimension.
    pub value: String,
}

/// Counts of one cell. Storing adds to what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureRow {
    /// Which; written, `at` is an hour.
    pub cell: Cell,
    /// How many.
    pub counts: Counts,
}

/// One gateway's time, from its beginning to what it stored last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Drawn when the gateway began.
    pub id: [u8; 16],
    /// When it began.
    pub began: Timestamp,
    /// Up to when all that it counted is stored.
    pub until: Timestamp,
}

/// Which counts somebody wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiguresAsked {
    /// Hours or days.
    pub grain: Grain,
    /// Of which site, or [`ALL_SITES`].
    pub site: String,
    /// Of which dimension; empty for everything together.
    pub dimension: String,
    /// Of which value; None: of each.
    pub value: Option<String>,
    /// The first hour or day.
    pub from: i64,
    /// The last.
    pub to: i64,
}

/// One value of a dimension, over some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueRow {
    /// The dimension's name.
    pub dimension: String,
    /// The value.
    pub value: String,
    /// Its pages and answers in those days.
    pub count: u64,
}

/// The two kinds of tables, by what their columns count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Everything,
    Purposes,
}

impl Of {
    pub(super) const fn table(self) -> &'static str {
        match self {
            Self::Everything => "figure",
            Self::Purposes => "purpose",
        }
    }

    /// Columns of the key beside the purpose's.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Everything => "site, dimension, at, value",
            Self::Purposes => "site, dimension, at, value, purpose",
        }
    }

    pub(super) fn counted(self) -> Vec<&'static str> {
        match self {
            Self::Everything => Measure::ALL.into_iter().map(Measure::name).collect(),
            Self::Purposes => PurposeMeasure::ALL.into_iter().map(PurposeMeasure::name).collect(),
        }
    }

    pub(super) fn columns(self) -> String {
        format!("{}, {}", self.key(), self.counted().join(", "))
    }

    /// Inserts `rows` (an SQL text) into a table, adding to what is there, or in its place.
    pub(super) fn upsert(self, grain: Grain, rows: &str, adding: bool) -> String {
        let table = format!("{}_{}", self.table(), grain.name());
        let mut sql =
            format!("INSERT INTO {table} ({}) {rows} ON CONFLICT ({}) DO UPDATE SET ", self.columns(), self.key());
        for (place, name) in self.counted().into_iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            let before = if adding { format!("{table}.{name} + ") } else { String::new() };
            // Writing to a string can't fail.
            write!(sql, "{comma}{name} = {before}excluded.{name}").ok();
        }
        sql
    }
}

/// Reads rows of everything and of purposes, each in the order of their keys, into one list.
pub(super) fn joined(
    everything: Vec<(Cell, Vec<u64>)>,
    purposes: impl IntoIterator<Item = (Cell, String, Vec<u64>)>,
) -> Vec<FigureRow> {
    let row = |(cell, counts): (Cell, Vec<u64>)| {
        let mut row = FigureRow { cell, counts: Counts::default() };
        Measure::ALL.into_iter().zip(counts).for_each(|(measure, count)| row.counts.add(measure, count));
        row
    };
    let mut rows: Vec<FigureRow> = everything.into_iter().map(row).collect();
    let mut at = 0;
    for (cell, purpose, counts) in purposes {
        // A purpose's row is written with its cell's.
        while rows.get(at).is_some_and(|row| row.cell < cell) {
            at += 1;
        }
        let Some(row) = rows.get_mut(at).filter(|row| row.cell == cell) else { continue };
        for (measure, count) in PurposeMeasure::ALL.into_iter().zip(counts) {
            row.counts.add_of_purpose(&purpose, measure, count);
        }
    }
    rows
}
