//! Counts on a server, written and read.
//!
//! It refuses to touch rows in another order than that of their keys, so that two gateways never wait for each other. Invariant: what was
//! added can be taken away again, to the last count.

use std::collections::BTreeMap;

use policies::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as Failure, Row};

use super::connect::running;
use super::counts::Sign;
use super::read::{Reading, bytes, count, limit};
use super::transaction::Transaction;
use crate::store::Error;
use crate::store::figures::{Cell, FigureRow, FiguresAsked, Grain, Of, RunRow, ValueRow, joined};
use crate::store::measure::{Measure, PurposeMeasure};

const RUN: &str = "INSERT INTO run (id, began, until) SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[])
    ON CONFLICT (id) DO UPDATE SET until = greatest(run.until, excluded.until)";

/// One row to write: its key, with the purpose where there is one, and what is added.
type Sums<'r> = BTreeMap<(&'r str, &'r str, i64, &'r str, &'r str), Vec<i64>>;

/// Adds rows of hours to their hours and days, or takes them away again.
pub(super) async fn add<'r>(
    transaction: &Transaction<'_>,
    rows: impl Iterator<Item = &'r FigureRow> + Clone,
    sign: Sign,
) -> Result<(), Failure> {
    for grain in Grain::ALL {
        put(transaction, grain, rows.clone(), sign).await?;
    }
    Ok(())
}

/// Writes rows to the table of a grain.
pub(super) async fn put<'r>(
    transaction: &Transaction<'_>,
    grain: Grain,
    rows: impl Iterator<Item = &'r FigureRow>,
    sign: Sign,
) -> Result<(), Failure> {
    let (mut figures, mut purposes) = (Sums::new(), Sums::new());
    for FigureRow { cell, counts } in rows {
        // What is put in place stands for its own time already.
        let at = if sign == Sign::Replace { cell.at } else { grain.of_hour(cell.at) };
        let key = |purpose| (cell.site.as_str(), cell.dimension.as_str(), at, cell.value.as_str(), purpose);
        sum(&mut figures, key(""), Measure::ALL.into_iter().map(|measure| sign.of(counts.of(measure))));
        for (purpose, of) in counts.purposes() {
            sum(&mut purposes, key(purpose), of.iter().map(|count| sign.of(*count)));
        }
    }
    write(transaction, Of::Everything, grain, figures, sign).await?;
    write(transaction, Of::Purposes, grain, purposes, sign).await
}

fn sum<'r>(sums: &mut Sums<'r>, key: (&'r str, &'r str, i64, &'r str, &'r str), counts: impl Iterator<Item = i64>) {
    match sums.get_mut(&key) {
        Some(sums) => sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.saturating_add(count)),
        None => drop(sums.insert(key, counts.collect())),
    }
}

async fn write(transaction: &Transaction<'_>, of: Of, grain: Grain, sums: Sums<'_>, sign: Sign) -> Result<(), Failure> {
    if sums.is_empty() {
        return Ok(());
    }
    let keys: Vec<_> = sums.keys().copied().collect();
    let sites: Vec<_> = keys.iter().map(|key| key.0).collect();
    let dimensions: Vec<_> = keys.iter().map(|key| key.1).collect();
    let times: Vec<_> = keys.iter().map(|key| key.2).collect();
    let values: Vec<_> = keys.iter().map(|key| key.3).collect();
    let purposes: Vec<_> = keys.iter().map(|key| key.4).collect();
    let column = |at: usize| sums.values().map(|counts| counts.get(at).copied().unwrap_or_default()).collect();
    let columns: Vec<Vec<i64>> = (0..of.counted().len()).map(column).collect();
    let mut given: Vec<&(dyn ToSql + Sync)> = vec![&sites, &dimensions, &times, &values];
    let mut kinds = vec!["text", "text", "bigint", "text"];
    if of == Of::Purposes {
        given.push(&purposes);
        kinds.push("text");
    }
    for column in &columns {
        given.push(column);
        kinds.push("bigint");
    }
    let places = kinds.iter().enumerate().map(|(place, kind)| format!("${}::{kind}[]", place + 1));
    let rows = format!("SELECT * FROM unnest({})", places.collect::<Vec<_>>().join(", "));
    transaction.execute(&of.upsert(grain, &rows, sign != Sign::Replace), &given).await.map(drop)
}

pub(super) async fn add_runs<'r>(
    transaction: &Transaction<'_>,
    runs: impl Iterator<Item = &'r RunRow>,
) -> Result<(), Failure> {
    let mut latest: BTreeMap<[u8; 16], &RunRow> = BTreeMap::new();
    runs.for_each(|run| {
        let known = latest.entry(run.id).or_insert(run);
        if known.until < run.until {
            *known = run;
        }
    });
    if latest.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = latest.keys().map(|id| &id[..]).collect();
    let began: Vec<_> = latest.values().map(|run| run.began.0).collect();
    let until: Vec<_> = latest.values().map(|run| run.until.0).collect();
    transaction.execute(RUN, &[&ids, &began, &until]).await.map(drop)
}

/// Takes away what lies before an hour or a day.
pub(super) async fn forget(
    transaction: &Transaction<'_>,
    grain: Grain,
    site: &str,
    before: i64,
) -> Result<(), Failure> {
    for of in [Of::Purposes, Of::Everything] {
        let sql = format!(
            "DELETE FROM {0}_{1} WHERE site = $1 AND at < $2 AND dimension IN
                (SELECT DISTINCT dimension FROM {0}_day WHERE site = $1)",
            of.table(),
            grain.name()
        );
        transaction.execute(&sql, &[&site, &before]).await?;
    }
    Ok(())
}

impl Reading {
    pub(in crate::store) fn figures(&self, asked: &FiguresAsked, most: usize) -> Result<Vec<FigureRow>, Error> {
        let FiguresAsked { grain, site, dimension, value, from, to } = asked;
        let sql = |of: Of| {
            format!(
                "SELECT {} FROM {}_{} WHERE site = $1 AND dimension = $2 AND at BETWEEN $3 AND $4
                    AND ($5::text IS NULL OR value = $5) ORDER BY {} LIMIT $6",
                of.columns(),
                of.table(),
                grain.name(),
                of.key()
            )
        };
        self.figure_rows(sql, &[site, dimension, from, to, value, &limit(most)])
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
                "SELECT {} FROM {table} WHERE ({key}) IN (
                    SELECT {key} FROM figure_{} WHERE ({key}) > ($1, $2, $3, $4) ORDER BY {key} LIMIT $5) ORDER BY {}",
                of.columns(),
                grain.name(),
                of.key()
            )
        };
        self.figure_rows(sql, &[site, dimension, at, value, &limit(most)])
    }

    fn figure_rows(&self, sql: impl Fn(Of) -> String, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<FigureRow>, Error> {
        let read = |row: &Row| Ok((cell(row)?, counts(row, 4, Measure::ALL.len())?));
        let rows = self.ask(&sql(Of::Everything), values)?;
        let everything: Vec<_> = rows.iter().map(read).collect::<Result<_, _>>().map_err(running)?;
        let read = |row: &Row| Ok((cell(row)?, row.try_get(4)?, counts(row, 5, PurposeMeasure::ALL.len())?));
        let rows = self.ask(&sql(Of::Purposes), values)?;
        let purposes: Vec<_> = rows.iter().map(read).collect::<Result<_, _>>().map_err(running)?;
        Ok(joined(everything, purposes))
    }

    pub(in crate::store) fn values(&self, site: &str, from: i64, to: i64, most: usize) -> Result<Vec<ValueRow>, Error> {
        let asked = "SELECT dimension, value, sum(pages + answers)::bigint AS counted FROM figure_day
            WHERE site = $1 AND at BETWEEN $2 AND $3 GROUP BY dimension, value ORDER BY dimension, counted DESC, value LIMIT $4";
        let rows = self.ask(asked, &[&site, &from, &to, &limit(most)])?;
        let read =
            |row: &Row| Ok(ValueRow { dimension: row.try_get(0)?, value: row.try_get(1)?, count: count(row, 2)? });
        rows.iter().map(read).collect::<Result<_, _>>().map_err(running)
    }

    pub(in crate::store) fn firsts(&self, site: &str, dimension: &str) -> Result<Vec<(String, i64)>, Error> {
        let asked =
            "SELECT value, min(at) FROM figure_day WHERE site = $1 AND dimension = $2 GROUP BY value ORDER BY 2, 1";
        let rows = self.ask(asked, &[&site, &dimension])?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, _>>().map_err(running)
    }

    pub(in crate::store) fn runs(&self, from: Timestamp, until: Timestamp, most: usize) -> Result<Vec<RunRow>, Error> {
        let asked = "SELECT id, began, until FROM run WHERE until >= $1 AND began <= $2 ORDER BY began, id LIMIT $3";
        let rows = self.ask(asked, &[&from.0, &until.0, &limit(most)])?;
        let read = |row: &Row| {
            Ok(RunRow { id: bytes(row, 0)?, began: Timestamp(row.try_get(1)?), until: Timestamp(row.try_get(2)?) })
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(running)
    }

    pub(in crate::store) fn began(&self) -> Result<Option<Timestamp>, Error> {
        let rows = self.ask("SELECT min(began) FROM run", &[])?;
        let began = rows.first().map(|row| row.try_get::<_, Option<i64>>(0)).transpose();
        Ok(began.map_err(running)?.flatten().map(Timestamp))
    }

    pub(in crate::store) fn first_day(&self, site: &str) -> Result<Option<i64>, Error> {
        let rows = self.ask("SELECT min(at) FROM figure_day WHERE site = $1 AND dimension = ''", &[&site])?;
        rows.first().map(|row| row.try_get(0)).transpose().map(Option::flatten).map_err(running)
    }
}

fn cell(row: &Row) -> Result<Cell, Failure> {
    Ok(Cell { site: row.try_get(0)?, dimension: row.try_get(1)?, at: row.try_get(2)?, value: row.try_get(3)? })
}

fn counts(row: &Row, from: usize, width: usize) -> Result<Vec<u64>, Failure> {
    (from..from + width).map(|column| count(row, column)).collect()
}
