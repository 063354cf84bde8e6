//! The outbox's part of a transaction.
//!
//! It refuses to count the rows of receivers that got none. Invariant: see [`crate::store::outbox`]; with several gateways the bound holds
//! after the commits of each.

use std::collections::BTreeSet;

use policies::Timestamp;
use tokio_postgres::Error as Failure;

use super::transaction::Transaction;
use crate::store::outbox::{Change, ReceiverId, Rules, Settled};

const POST: &str =
    "INSERT INTO outbox (site, receiver, record) SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[])";
const GIVE_UP_OLDEST: &str = "DELETE FROM outbox WHERE receiver = $1 AND seq <= (
        SELECT seq FROM outbox WHERE receiver = $1 ORDER BY seq DESC OFFSET $2 LIMIT 1)";
const TOLD: &str = "DELETE FROM outbox WHERE seq = ANY($1)";
const LATER: &str = "UPDATE outbox SET due = later.due, failures = failures + 1, held = 0
    FROM unnest($1::bigint[], $2::bigint[]) AS later (seq, due) WHERE outbox.seq = later.seq";
const NOTE_SINCE: &str = "UPDATE outbox SET since = $1 WHERE since IS NULL";
const GIVE_UP_OLD: &str = "DELETE FROM outbox WHERE since < $1";

/// What one transaction does to the outbox.
pub(super) struct Posting<'r> {
    rules: &'r Rules,
    rows: Vec<(&'r str, ReceiverId, [u8; 16])>,
    change: Change,
}

impl<'r> Posting<'r> {
    pub(super) fn new(rules: &'r Rules) -> Self {
        Self { rules, rows: Vec::new(), change: Change::default() }
    }

    /// A new record, to all receivers of its site.
    pub(super) fn post(&mut self, site: &str, record: [u8; 16]) {
        if let Some((site, receivers)) = self.rules.receivers.get_key_value(site) {
            self.rows.extend(receivers.iter().map(|receiver| (site.as_str(), *receiver, record)));
        }
    }

    pub(super) async fn settle(&self, transaction: &Transaction<'_>, settled: &Settled) -> Result<(), Failure> {
        if !settled.told.is_empty() {
            transaction.execute(TOLD, &[&settled.told]).await?;
        }
        if !settled.later.is_empty() {
            let (rows, due): (Vec<i64>, Vec<i64>) = settled.later.iter().map(|(seq, due)| (*seq, due.0)).unzip();
            transaction.execute(LATER, &[&rows, &due]).await?;
        }
        Ok(())
    }

    pub(super) async fn tidy(
        &mut self,
        transaction: &Transaction<'_>,
        now: Timestamp,
        oldest: Timestamp,
    ) -> Result<(), Failure> {
        transaction.execute(NOTE_SINCE, &[&now.0]).await?;
        self.change.lost += transaction.execute(GIVE_UP_OLD, &[&oldest.0]).await?;
        Ok(())
    }

    /// Writes what was posted, and keeps the bound for whoever got something.
    pub(super) async fn end(mut self, transaction: &Transaction<'_>) -> Result<Change, Failure> {
        if self.rows.is_empty() {
            return Ok(self.change);
        }
        let sites: Vec<_> = self.rows.iter().map(|row| row.0).collect();
        let receivers: Vec<_> = self.rows.iter().map(|row| &row.1[..]).collect();
        let records: Vec<_> = self.rows.iter().map(|row| &row.2[..]).collect();
        transaction.execute(POST, &[&sites, &receivers, &records]).await?;
        let most = i64::try_from(self.rules.most).unwrap_or(i64::MAX);
        let touched: BTreeSet<ReceiverId> = self.rows.iter().map(|row| row.1).collect();
        for receiver in touched {
            self.change.lost += transaction.execute(GIVE_UP_OLDEST, &[&&receiver[..], &most]).await?;
        }
        self.change.posted = true;
        Ok(self.change)
    }
}
