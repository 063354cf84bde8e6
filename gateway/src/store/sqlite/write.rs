//! Writing: one transaction for all that waits.
//!
//! It refuses to trust a connection after a failure of the disk: the next round opens the file anew. Invariant:
//! a round is stored whole or not at all, and a record's id is stored once.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ToSql, Transaction, TransactionBehavior, named_params, params};

use super::entries::Logging;
use super::outbox::Posting;
use super::{
    Error, Reason, agreement, ending, entries, figures, moving, notes, open_to_write, refuse_half_moved, running,
};
use crate::store::notary::{Notary, Task};
use crate::store::outbox::{Change, Rules};
use crate::store::rows::{Batch, SeenRow};
use crate::store::writer::Work;

const CONTENT: &str = "INSERT INTO content (kind, hash, bytes, last) VALUES (?, ?, ?, ?)
    ON CONFLICT (kind, hash) DO UPDATE SET last = excluded.last WHERE last < excluded.last";

pub(super) const SEEN: &str =
    "INSERT INTO seen (site, key, domain, path, partitioned, seen_in, secure, http_only, same_site,
        declared, lifetime, purpose, first_seen, last_seen, count, returned)
    VALUES (:site, :key, :domain, :path, :partitioned, :seen_in, :secure, :http_only, :same_site,
        :declared, :lifetime, :purpose, :first_seen, :last_seen, :count, :returned)
    ON CONFLICT (site, key, domain, path, partitioned, seen_in) DO UPDATE SET
        secure = excluded.secure, http_only = excluded.http_only, same_site = excluded.same_site,
        declared = excluded.declared, purpose = excluded.purpose,
        lifetime = max(lifetime, excluded.lifetime),
        first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen),
        count = count + excluded.count, returned = returned + excluded.returned";

/// SQLite's own bound.
const MOST_PAGES: u32 = u32::MAX - 1;

/// The one connection that writes.
pub(in crate::store) struct Writing {
    path: PathBuf,
    lock_wait: Duration,
    open: Option<Open>,
}

struct Open {
    connection: Connection,
    /// Device and number of the file, to notice when another stands in its place.
    file: (u64, u64),
    max_bytes: u64,
}

impl Writing {
    pub(in crate::store) fn open(path: PathBuf, lock_wait: Duration, notary: &Notary) -> Result<Self, Error> {
        let mut writing = Self { path, lock_wait, open: None };
        writing.open = Some(writing.opened(notary)?);
        Ok(writing)
    }

    /// Commits all tasks, or none. `max_bytes` 0 is no limit but the disk's. Records are posted after the rules.
    pub(in crate::store) fn commit(
        &mut self,
        tasks: &[Task<'_>],
        notary: &Notary,
        max_bytes: u64,
        rules: &Rules,
    ) -> Result<Change, Error> {
        let mut open = match self.open.take() {
            Some(open) if file_at(&self.path).is_ok_and(|file| file == open.file) => open,
            Some(_) | None => self.opened(notary).map_err(while_running)?,
        };
        let written = open.limit(max_bytes).and_then(|()| write(&mut open.connection, tasks, notary, rules));
        let outcome = written.map_err(running);
        let usable = !matches!(&outcome, Err(error) if error.reason() == Some(Reason::Disk));
        self.open = usable.then_some(open);
        outcome
    }

    /// Whether the log of changes was written back and emptied: a reader keeps it.
    pub(in crate::store) fn compact(&mut self, notary: &Notary) -> Result<bool, Error> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.opened(notary).map_err(while_running)?,
        };
        let busy = open.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        self.open = Some(open);
        busy.map(|busy| busy == 0).map_err(running)
    }

    /// Leaves one tidy file behind where nobody else reads.
    pub(in crate::store) fn close(&mut self) {
        drop(self.open.take());
    }

    fn opened(&self, notary: &Notary) -> Result<Open, Error> {
        let connection = open_to_write(&self.path, self.lock_wait, notary)?;
        if !notary.taking_over {
            refuse_half_moved(&connection, &self.path)?;
        }
        let file = file_at(&self.path).map_err(|source| Error::folder(&self.path, source))?;
        Ok(Open { connection, file, max_bytes: 0 })
    }
}

impl Open {
    fn limit(&mut self, max_bytes: u64) -> rusqlite::Result<()> {
        if self.max_bytes == max_bytes {
            return Ok(());
        }
        let page: u32 = self.connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = match max_bytes / u64::from(page.max(1)) {
            _ if max_bytes == 0 => MOST_PAGES,
            pages => u32::try_from(pages).unwrap_or(MOST_PAGES).clamp(1, MOST_PAGES),
        };
        let _: i64 = self.connection.pragma_update_and_check(None, "max_page_count", pages, |row| row.get(0))?;
        self.max_bytes = max_bytes;
        Ok(())
    }
}

/// What keeps a gateway from starting is, once it runs, a store that is away.
fn while_running(error: Error) -> Error {
    match error.reason() {
        Some(_) => error,
        None => Error::Unavailable { reason: Reason::Disk, source: Some(std::sync::Arc::new(error)) },
    }
}

fn file_at(path: &Path) -> std::io::Result<(u64, u64)> {
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

fn write(connection: &mut Connection, tasks: &[Task<'_>], notary: &Notary, rules: &Rules) -> rusqlite::Result<Change> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (mut posting, mut logging) = (Posting::new(&transaction, rules), Logging::new(&transaction));
    for Task { work, sealed } in tasks {
        let mut add = || sealed.as_ref().map_or(Ok(false), |sealed| logging.add(sealed));
        match work {
            Work::Record(record) => {
                if add()? {
                    posting.post(record)?;
                }
            }
            Work::Agreement { reference, record } => {
                if agreement::add(&transaction, *reference, record)? && add()? {
                    posting.post(record)?;
                }
            }
            Work::Entry(_) => drop(add()?),
            Work::Destroy(ids) => entries::destroy(&transaction, ids)?,
            Work::End(ending) => ending::end(&transaction, ending)?,
            Work::Content { kind, hash, bytes } => {
                transaction.prepare_cached(CONTENT)?.execute(params![
                    kind.name(),
                    hash,
                    bytes,
                    notary.today().day_number()
                ])?;
            }
            Work::Batch(batch) => add_batch(&transaction, batch)?,
            Work::Settled(settled) => posting.settle(settled)?,
            Work::Tidy { now, oldest } => posting.tidy(*now, *oldest)?,
            Work::Adopt(adopted) => moving::adopt(&transaction, adopted)?,
            // There is no other gateway to tell.
            Work::Announce(_) => {}
            Work::Note(noted) => notes::note(&transaction, noted)?,
            Work::Trial => try_out(&transaction)?,
        }
    }
    logging.end(notary)?;
    let change = posting.end()?;
    transaction.commit().map(|()| change)
}

/// Takes room as a record would, and gives it back.
fn try_out(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let (kind, hash) = ("trial", [0_u8; 32]);
    transaction.execute(CONTENT, params![kind, hash, vec![0_u8; 8_192], 0])?;
    transaction.execute("DELETE FROM content WHERE kind = ? AND hash = ?", params![kind, hash]).map(drop)
}

fn add_batch(transaction: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
    figures::add(transaction, &batch.figures)?;
    figures::add_runs(transaction, &batch.runs)?;
    let mut seen = transaction.prepare_cached(SEEN)?;
    for row in &batch.seen {
        add_seen(&mut seen, row)?;
    }
    Ok(())
}

pub(super) fn add_seen(statement: &mut rusqlite::CachedStatement<'_>, row: &SeenRow) -> rusqlite::Result<()> {
    let values: &[(&str, &dyn ToSql)] = named_params! {
        ":site": row.site,
        ":key": row.key,
        ":domain": row.domain.as_deref().unwrap_or_default(),
        ":path": row.path,
        ":partitioned": row.partitioned,
        ":seen_in": row.seen_in.name(),
        ":secure": row.secure,
        ":http_only": row.http_only,
        ":same_site": row.same_site.name(),
        ":declared": row.declared,
        ":lifetime": row.lifetime,
        ":purpose": row.purpose,
        ":first_seen": row.first_seen.0,
        ":last_seen": row.last_seen.0,
        ":count": whole(row.count),
        ":returned": whole(row.returned),
    };
    statement.execute(values).map(drop)
}

/// SQLite's numbers are signed.
pub(super) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
