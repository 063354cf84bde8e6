//! The outbox's part of a transaction.
//!
//! It refuses to count the rows of receivers that got none. Invariant: see [`crate::store::outbox`].

use std::collections::BTreeSet;

use policies::{Record, Timestamp};
use rusqlite::{Transaction, params};

use crate::store::outbox::{Change, ReceiverId, Rules, Settled};

const POST: &str = "INSERT INTO outbox (receiver, record) VALUES (?, ?)";
const WAITING: &str = "SELECT count(*) FROM outbox WHERE receiver = ?";
const GIVE_UP_OLDEST: &str =
    "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE receiver = ? ORDER BY seq LIMIT ?)";
const TOLD: &str = "DELETE FROM outbox WHERE seq = ?";
const LATER: &str = "UPDATE outbox SET due = ?2, failures = failures + 1 WHERE seq = ?1";
const NOTE_SINCE: &str = "UPDATE outbox SET since = ? WHERE since IS NULL";
const GIVE_UP_OLD: &str = "DELETE FROM outbox WHERE since < ?";

/// What one transaction does to the outbox.
pub(super) struct Posting<'t, 'c> {
    transaction: &'t Transaction<'c>,
    rules: &'t Rules,
    touched: BTreeSet<ReceiverId>,
    change: Change,
}

impl<'t, 'c> Posting<'t, 'c> {
    pub(super) const fn new(transaction: &'t Transaction<'c>, rules: &'t Rules) -> Self {
        Self { transaction, rules, touched: BTreeSet::new(), change: Change { posted: false, lost: 0 } }
    }

    /// A new record, to all receivers of its site.
    pub(super) fn post(&mut self, record: &Record) -> rusqlite::Result<()> {
        for receiver in self.rules.receivers.get(&record.site).into_iter().flatten() {
            self.transaction.prepare_cached(POST)?.execute(params![receiver, record.id])?;
            self.touched.insert(*receiver);
        }
        Ok(())
    }

    pub(super) fn settle(&self, settled: &Settled) -> rusqlite::Result<()> {
        let mut told = self.transaction.prepare_cached(TOLD)?;
        for seq in &settled.told {
            told.execute(params![seq])?;
        }
        let mut later = self.transaction.prepare_cached(LATER)?;
        for (seq, due) in &settled.later {
            later.execute(params![seq, due.0])?;
        }
        Ok(())
    }

    pub(super) fn tidy(&mut self, now: Timestamp, oldest: Timestamp) -> rusqlite::Result<()> {
        self.transaction.prepare_cached(NOTE_SINCE)?.execute(params![now.0])?;
        let lost = self.transaction.prepare_cached(GIVE_UP_OLD)?.execute(params![oldest.0])?;
        self.change.lost += whole(lost);
        Ok(())
    }

    /// Keeps the bound for whoever got something.
    pub(super) fn end(mut self) -> rusqlite::Result<Change> {
        for receiver in &self.touched {
            let waiting: i64 =
                self.transaction.prepare_cached(WAITING)?.query_row(params![receiver], |row| row.get(0))?;
            let excess = waiting.saturating_sub(i64::try_from(self.rules.most).unwrap_or(i64::MAX));
            if excess > 0 {
                let lost = self.transaction.prepare_cached(GIVE_UP_OLDEST)?.execute(params![receiver, excess])?;
                self.change.lost += whole(lost);
            }
        }
        self.change.posted = !self.touched.is_empty();
        Ok(self.change)
    }
}

fn whole(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
