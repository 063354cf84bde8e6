//! Notes of analysts in a file. Refuses a second one of the same content. Invariant: read by day, and within a day as they are numbered.

use policies::Date;
use rusqlite::{Transaction, params};

use super::Error;
use super::read::{Reading, limit};
use crate::store::notes::{Note, Noted};

const NOTES: &str = "SELECT site, id, day, words FROM note WHERE day BETWEEN ?1 AND ?2 AND (?3 IS NULL OR site = ?3)
    ORDER BY day, site, id LIMIT ?4";

pub(super) fn note(transaction: &Transaction<'_>, noted: &Noted) -> rusqlite::Result<()> {
    let sql = "INSERT INTO note (site, id, day, words) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let changed = match noted {
        Noted::Add(Note { site, id, day, words }) => {
            transaction.execute(sql, params![site, id, day.day_number(), words])
        }
        Noted::Remove { site, id } => {
            transaction.execute("DELETE FROM note WHERE site = ? AND id = ?", params![site, id])
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
        self.all(NOTES, params![from.day_number(), to.day_number(), site, limit(most)], |row| {
            Ok(Note { site: row.get(0)?, id: row.get(1)?, day: Date::of_day_number(row.get(2)?), words: row.get(3)? })
        })
    }
}
