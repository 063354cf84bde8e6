//! Counts, written and read.
//!
//! It refuses half a row: hour, day and purposes are written together. Invariant: rows come back in the order of their keys.

use policies::Timestamp;
use rusqlite::{CachedStatement, Connection, Row, Transaction, params, params_from_iter, types::Value};

use super::read::{Reading, count, limit};
use super::write::whole;
use super::{Error, running};
use crate::store::figures::{Cell, FigureRow, FiguresAsked, Grain, Of, RunRow, ValueRow, joined};
use crate::store::measure::{Measure, PurposeMeasure};

const RUN: &str = "INSERT INTO run (id, began, until) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)";

/// Adds rows of hours to their hours and days.
pub(super) fn add(transaction: &Transaction<'_>, rows: &[FigureRow]) -> rusqlite::Result<()> {
    Grain::ALL.into_iter().try_for_each(|grain| put(transaction, grain, rows, true))
}

/// Puts rows of hours or days in the place of what is there.
pub(super) fn replace(transaction: &Transaction<'_>, grain: Grain, rows: &[FigureRow]) -> rusqlite::Result<()> {
    put(transaction, grain, rows, false)
}

fn put(transaction: &Transaction<'_>, grain: Grain, rows: &[FigureRow], adding: bool) -> rusqlite::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut figures = statement(transaction, Of::Everything, grain, adding)?;
    let mut purposes = statement(transaction, Of::Purposes, grain, adding)?;
    for FigureRow { cell, counts } in rows {
        // What is put in place stands for its own time already.
        let at = if adding { grain.of_hour(cell.at) } else { cell.at };
        let key = || [text(&cell.site), text(&cell.dimension), Value::Integer(at), text(&cell.value)];
        let counted = Measure::ALL.into_iter().map(|measure| Value::Integer(whole(counts.of(measure))));
        figures.execute(params_from_iter(key().into_iter().chain(counted)))?;
        for (purpose, of) in counts.purposes() {
            let counted = of.iter().map(|count| Value::Integer(whole(*count)));
            purposes.execute(params_from_iter(key().into_iter().chain([text(purpose)]).chain(counted)))?;
        }
    }
    Ok(())
}

fn statement<'c>(
    connection: &'c Connection,
    of: Of,
    grain: Grain,
    adding: bool,
) -> rusqlite::Result<CachedStatement<'c>> {
    let width = of.columns().split(", ").count();
    let values = format!("VALUES ({})", vec!["?"; width].join(", "));
    connection.prepare_cached(&of.upsert(grain, &values, adding))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn add_runs(transaction: &Transaction<'_>, runs: &[RunRow]) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(RUN)?;
    runs.iter().try_for_each(|run| statement.execute(params![run.id, run.began.0, run.until.0]).map(drop))
}

/// Takes away what lies before an hour or a day.
pub(super) fn forget(transaction: &Transaction<'_>, grain: Grain, site: &str, before: i64) -> rusqlite::Result<()> {
    for of in [Of::Purposes, Of::Everything] {
        // Along the key: a table of hours is large.
        let sql = format!(
            "DELETE FROM {0}_{1} WHERE site = ?1 AND at < ?2 AND dimension IN
                (SELECT DISTINCT dimension FROM {0}_day WHERE site = ?1)",
            of.table(),
            grain.name()
        );
        transaction.prepare_cached(&sql)?.execute(params![site, before])?;
    }
    Ok(())
}

impl Reading {
    pub(in crate::store) fn figures(&self, asked: &FiguresAsked, most: usize) -> Result<Vec<FigureRow>, Error> {
        let FiguresAsked { grain, site, dimension, value, from, to } = asked;
        let sql = |of: Of| {
            format!(
                "SELECT {} FROM {}_{} WHERE site = ?1 AND dimension = ?2 AND at BETWEEN ?3 AND ?4
                    AND (?5 IS NULL OR value = ?5) ORDER BY {} LIMIT ?6",
                of.columns(),
                of.table(),
                grain.name(),
                of.key()
            )
        };
        self.rows(sql, &[&site, &dimension, from, to, value, &limit(most)])
    }

    pub(in crate::store) fn figures_after(
        &self,
        grain: Grain,
        after: &Cell,
        most: usize,
    ) -> Result<Vec<FigureRow>, Error> {
        let Cell { site, dimension, at, value } = after;
        let sql = |of: Of| {
            let (table, key) = (format!("{}_{}", of.table(), grain.name()), Of::Everything.key());
            format!(
                "SELECT {} FROM {table} WHERE ({key}) > (?1, ?2, ?3, ?4) AND ({key}) IN (
                    SELECT {key} FROM figure_{} WHERE ({key}) > (?1, ?2, ?3, ?4) ORDER BY {key} LIMIT ?5) ORDER BY {}",
                of.columns(),
                grain.name(),
                of.key()
            )
        };
        self.rows(sql, &[site, dimension, at, value, &limit(most)])
    }

    fn rows(&self, sql: impl Fn(Of) -> String, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<FigureRow>, Error> {
        let everything =
            self.all(&sql(Of::Everything), values, |row| Ok((cell(row)?, counts(row, 4, Measure::ALL.len())?)))?;
        let purposes = self.all(&sql(Of::Purposes), values, |row| {
            Ok((cell(row)?, row.get(4)?, counts(row, 5, PurposeMeasure::ALL.len())?))
        })?;
        Ok(joined(everything, purposes))
    }

    pub(in crate::store) fn values(&self, site: &str, from: i64, to: i64, most: usize) -> Result<Vec<ValueRow>, Error> {
        let sql = "SELECT dimension, value, sum(pages + answers) AS counted FROM figure_day
            WHERE site = ?1 AND at BETWEEN ?2 AND ?3 GROUP BY dimension, value ORDER BY dimension, counted DESC, value LIMIT ?4";
        self.all(sql, params![site, from, to, limit(most)], |row| {
            Ok(ValueRow { dimension: row.get(0)?, value: row.get(1)?, count: count(row, 2)? })
        })
    }

    pub(in crate::store) fn firsts(&self, site: &str, dimension: &str) -> Result<Vec<(String, i64)>, Error> {
        let sql = "SELECT value, min(at) FROM figure_day WHERE site = ? AND dimension = ? GROUP BY value ORDER BY 2, 1";
        self.all(sql, params![site, dimension], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    pub(in crate::store) fn runs(&self, from: Timestamp, until: Timestamp, most: usize) -> Result<Vec<RunRow>, Error> {
        let sql = "SELECT id, began, until FROM run WHERE until >= ? AND began <= ? ORDER BY began, id LIMIT ?";
        self.all(sql, params![from.0, until.0, limit(most)], |row| {
            Ok(RunRow { id: row.get(0)?, began: Timestamp(row.get(1)?), until: Timestamp(row.get(2)?) })
        })
    }

    pub(in crate::store) fn began(&self) -> Result<Option<Timestamp>, Error> {
        let began = self.connection.query_row("SELECT min(began) FROM run", [], |row| row.get::<_, Option<i64>>(0));
        Ok(began.map_err(running)?.map(Timestamp))
    }

    pub(in crate::store) fn first_day(&self, site: &str) -> Result<Option<i64>, Error> {
        let sql = "SELECT min(at) FROM figure_day WHERE site = ? AND dimension = ''";
        self.connection.query_row(sql, params![site], |row| row.get(0)).map_err(running)
    }
}

fn cell(row: &Row<'_>) -> rusqlite::Result<Cell> {
    Ok(Cell { site: row.get(0)?, dimension: row.get(1)?, at: row.get(2)?, value: row.get(3)? })
}

fn counts(row: &Row<'_>, from: usize, width: usize) -> rusqlite::Result<Vec<u64>> {
    (from..from + width).map(|column| count(row, column)).collect()
}
