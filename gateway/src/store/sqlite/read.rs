//! Reading: questions that people ask, on a connection that can't write.
//!
//! It refuses to keep anything open longer than one question. Invariant: every answer is bounded by its caller.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use policies::consent::Reference;
use policies::{Record, Timestamp};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::entries::{COLUMNS, WIDTH, sealed};
use super::{Error, Reason, open_to_read, refuse_half_moved, running};
use crate::ledger::{EntryId, document};
use crate::store::outbox::{Owed, ReceiverId};
use crate::store::rows::{Claim, ContentKind, InForce, SameSite, SeenIn, SeenRow};
use crate::vault::{SealedEntry, Vault};

const SEEN: &str = "SELECT site, key, domain, path, partitioned, seen_in, secure, http_only, same_site, declared,
    lifetime, purpose, first_seen, last_seen, count, returned FROM seen WHERE ?1 IS NULL OR site = ?1
    ORDER BY site, key, domain, path LIMIT ?2";

/// The one connection that reads.
pub(in crate::store) struct Reading {
    pub(in crate::store) connection: Connection,
    pub(super) vault: Arc<Vault>,
}

impl Reading {
    pub(in crate::store) fn open(path: &Path, lock_wait: Duration, vault: Arc<Vault>) -> Result<Self, Error> {
        open_to_read(path, lock_wait).map(|connection| Self { connection, vault })
    }

    /// Refuses a file into which a move was broken off.
    pub(in crate::store) fn whole(self, path: &Path) -> Result<Self, Error> {
        refuse_half_moved(&self.connection, path).map(|()| self)
    }

    pub(in crate::store) fn record(&self, id: EntryId) -> Result<Option<Record>, Error> {
        self.one_record("SELECT {} FROM entry WHERE class = 'consent' AND id = ?", params![id])
    }

    pub(in crate::store) fn agreement(&self, site: &str, reference: Reference) -> Result<Option<Record>, Error> {
        let sql = "SELECT {} FROM entry
            WHERE id = (SELECT record FROM agreement WHERE site = ? AND reference = ?) AND class = 'consent'";
        self.one_record(sql, params![site, reference.0])
    }

    pub(in crate::store) fn newest(&self, site: Option<&str>, most: usize) -> Result<Vec<Record>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM entry WHERE class = 'consent' AND (?1 IS NULL OR site = ?1) ORDER BY seq DESC LIMIT ?2"
        );
        let rows = self.all(&sql, params![site, limit(most)], sealed)?;
        rows.into_iter().filter_map(|sealed| self.record_of(sealed).transpose()).collect()
    }

    pub(in crate::store) fn content(&self, kind: ContentKind, hash: [u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        self.connection
            .query_row("SELECT bytes FROM content WHERE kind = ? AND hash = ?", params![kind.name(), hash], |row| {
                row.get(0)
            })
            .optional()
            .map_err(running)
    }

    /// There is no other gateway to do it.
    pub(in crate::store) fn claim(&self, _: &str, _: &str) -> Result<Claim, Error> {
        Ok(Claim::Ours)
    }

    /// Nobody waits for it.
    pub(in crate::store) fn hold(&self, _: &str, _: &str) -> Result<(), Error> {
        Ok(())
    }

    /// Nobody else would do it.
    pub(in crate::store) fn finish(&self, _: &str, _: &str) -> Result<(), Error> {
        Ok(())
    }

    /// Nobody else writes here.
    pub(in crate::store) fn in_force(&self) -> Result<Vec<InForce>, Error> {
        Ok(Vec::new())
    }

    pub(in crate::store) fn seen(&self, site: Option<&str>, most: usize) -> Result<Vec<SeenRow>, Error> {
        self.all(SEEN, params![site, limit(most)], seen)
    }

    pub(in crate::store) fn owed(&self, receiver: ReceiverId, most: usize) -> Result<Vec<Owed>, Error> {
        let columns = COLUMNS.split(", ").map(|column| format!("e.{column}")).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT {columns}, o.seq, o.due, o.failures FROM outbox o JOIN entry e ON e.id = o.record
            WHERE o.receiver = ?1 ORDER BY o.due, o.seq LIMIT ?2"
        );
        let rows = self.all(&sql, params![receiver, limit(most)], |row| {
            Ok((sealed(row)?, row.get(WIDTH)?, Timestamp(row.get(WIDTH + 1)?), row.get(WIDTH + 2)?))
        })?;
        let owed = |(sealed, seq, due, failures)| {
            Ok(self.record_of(sealed)?.map(|record| Owed { seq, due, failures, record }))
        };
        rows.into_iter().filter_map(|row| owed(row).transpose()).collect()
    }

    fn one_record(&self, sql: &str, values: impl rusqlite::Params) -> Result<Option<Record>, Error> {
        let sql = sql.replace("{}", COLUMNS);
        let found = self.connection.query_row(&sql, values, sealed).optional().map_err(running)?;
        found.map_or(Ok(None), |sealed| self.record_of(sealed))
    }

    /// None where its key was destroyed.
    fn record_of(&self, sealed: SealedEntry) -> Result<Option<Record>, Error> {
        let Some((entry, _)) = self.opened(sealed)? else { return Ok(None) };
        let read = document::read(&entry.contents);
        read.map(Some).map_err(|error| Error::Unavailable { reason: Reason::Keys, source: Some(Arc::new(error)) })
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let ask =
            || self.connection.prepare_cached(sql)?.query_map(values, read)?.collect::<rusqlite::Result<Vec<_>>>();
        ask().map_err(running)
    }
}

fn seen(row: &Row<'_>) -> rusqlite::Result<SeenRow> {
    let domain: String = row.get(2)?;
    Ok(SeenRow {
        site: row.get(0)?,
        key: row.get(1)?,
        domain: (!domain.is_empty()).then_some(domain),
        path: row.get(3)?,
        partitioned: row.get(4)?,
        seen_in: word(row, 5, |name| [SeenIn::Response, SeenIn::Request].into_iter().find(|seen| seen.name() == name))?,
        secure: row.get(6)?,
        http_only: row.get(7)?,
        same_site: word(row, 8, |name| SameSite::ALL.into_iter().find(|same_site| same_site.name() == name))?,
        declared: row.get(9)?,
        lifetime: row.get(10)?,
        purpose: row.get(11)?,
        first_seen: Timestamp(row.get(12)?),
        last_seen: Timestamp(row.get(13)?),
        count: count(row, 14)?,
        returned: count(row, 15)?,
    })
}

pub(super) fn word<T>(row: &Row<'_>, column: usize, read: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    read(&text).ok_or_else(|| {
        let unknown = format!("the word {text:?} means nothing to this version");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, unknown.into())
    })
}

pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or_default())
}

pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}
