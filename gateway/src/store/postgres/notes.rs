//! Notes of analysts on a server. Refuses a second one of the same content. Invariant: read by day, and within a day as they are numbered.

use policies::Date;
use tokio_postgres::{Error as Failure, Row};

use super::connect::running;
use super::read::{Reading, limit};
use super::transaction::Transaction;
use crate::store::Error;
use crate::store::notes::{Note, Noted};

const ADD: &str = "INSERT INTO note (site, id, day, words) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
const NOTES: &str =
    "SELECT site, id, day, words FROM note WHERE day BETWEEN $1 AND $2 AND ($3::text IS NULL OR site = $3)
    ORDER BY day, site, id LIMIT $4";

pub(super) async fn note(transaction: &Transaction<'_>, noted: &Noted) -> Result<(), Failure> {
    let changed = match noted {
        Noted::Add(Note { site, id, day: on, words }) => transaction.execute(ADD, &[site, id, &day(*on), words]).await,
        Noted::Remove { site, id } => {
            transaction.execute("DELETE FROM note WHERE site = $1 AND id = $2", &[site, id]).await
        }
    };
    changed.map(drop)
}

impl Reading {
    pub(in crate::store) fn notes(
        &self,
        site: Option<&str>,
        from: Date,
        to: Date,
        most: usize,
    ) -> Result<Vec<Note>, Error> {
        let rows = self.ask(NOTES, &[&day(from), &day(to), &site, &limit(most)])?;
        let read = |row: &Row| {
            let on = Date::of_day_number(row.try_get::<_, i32>(2)?.into());
            Ok(Note { site: row.try_get(0)?, id: row.try_get(1)?, day: on, words: row.try_get(3)? })
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(running)
    }
}

/// Days since 1970, as far as a column has room.
fn day(date: Date) -> i32 {
    i32::try_from(date.day_number()).unwrap_or(if date.year < 1970 { i32::MIN } else { i32::MAX })
}
