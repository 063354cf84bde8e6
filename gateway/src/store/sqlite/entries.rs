//! Entries and their log: adding, numbering and destroying, as parts of one transaction.
//!
//! It refuses to number an entry twice. Invariant: an entry that is committed has its place, and a signed head that covers it.

use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, Transaction, named_params, params};

use crate::ledger::merkle::{Frontier, Node};
use crate::ledger::{EntryClass, EntryId, Hash};
use crate::store::notary::Notary;
use crate::vault::{SealedEntry, Wrapped};

/// How many columns [`sealed`] reads; a question's own stand behind them.
pub(in crate::store) const WIDTH: usize = 10;

/// The columns that [`sealed`] reads, in its order.
pub(in crate::store) const COLUMNS: &str = "id, site, class, subject, made, ends, leaf, key, wrapped, body";

const ADD: &str = "INSERT INTO entry (id, site, class, subject, made, ends, leaf, place, key, wrapped, body)
    VALUES (:id, :site, :class, :subject, :made, :ends, :leaf, :place, :key, :wrapped, :body) ON CONFLICT (id) DO NOTHING";
const NODE: &str = "INSERT INTO node (level, place, hash) VALUES (?, ?, ?)";
const HEAD: &str = "INSERT INTO head (size, made, root, key, signature) VALUES (?, ?, ?, ?, ?)";
const NOTE_KEY: &str = "INSERT INTO spent (key) SELECT key FROM entry WHERE id = ? ON CONFLICT DO NOTHING";

/// What hangs on an entry, and the entry last.
const TAKE_OUT: [&str; 3] =
    ["DELETE FROM outbox WHERE record = ?", "DELETE FROM agreement WHERE record = ?", "DELETE FROM entry WHERE id = ?"];

/// The log within a transaction; read when the first entry comes.
pub(super) struct Logging<'t, 'c> {
    transaction: &'t Transaction<'c>,
    frontier: Option<Frontier>,
}

impl<'t, 'c> Logging<'t, 'c> {
    pub(super) const fn new(transaction: &'t Transaction<'c>) -> Self {
        Self { transaction, frontier: None }
    }

    /// Whether the entry is new.
    pub(super) fn add(&mut self, sealed: &SealedEntry) -> rusqlite::Result<bool> {
        let transaction = self.transaction;
        let frontier = match &mut self.frontier {
            Some(frontier) => frontier,
            none => none.insert(frontier(transaction)?),
        };
        let place = signed(frontier.size());
        if insert(transaction, sealed, Some(place))? == 0 {
            return Ok(false);
        }
        let mut complete = Vec::new();
        frontier.append(sealed.leaf, |node, hash| complete.push((node, hash)));
        let mut statement = transaction.prepare_cached(NODE)?;
        for (node, hash) in complete {
            statement.execute(params![node.level, signed(node.place), hash])?;
        }
        Ok(true)
    }

    /// Signs what the log has become.
    pub(super) fn end(self, notary: &Notary) -> rusqlite::Result<()> {
        let Some(frontier) = self.frontier.filter(|frontier| frontier.size() > 0) else { return Ok(()) };
        if newest_size(self.transaction)? == frontier.size() {
            return Ok(());
        }
        let head = notary.head(frontier.size(), frontier.root());
        let row = params![signed(head.size), head.made.0, head.root, head.key, head.signature];
        self.transaction.prepare_cached(HEAD)?.execute(row).map(drop)
    }
}

/// How many rows that made: none where the id is stored.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    sealed: &SealedEntry,
    place: Option<i64>,
) -> rusqlite::Result<usize> {
    let values = named_params! {
        ":id": sealed.id,
        ":site": sealed.site,
        ":class": sealed.class.name(),
        ":subject": sealed.subject,
        ":made": sealed.made.0,
        ":ends": sealed.ends.map(|ends| ends.0),
        ":leaf": sealed.leaf,
        ":place": place,
        ":key": sealed.wrapped.by,
        ":wrapped": sealed.wrapped.bytes,
        ":body": sealed.body,
    };
    transaction.prepare_cached(ADD)?.execute(values)
}

/// Takes entries away, and notes under which keys they lay.
pub(super) fn destroy(transaction: &Transaction<'_>, ids: &[EntryId]) -> rusqlite::Result<()> {
    for id in ids {
        transaction.prepare_cached(NOTE_KEY)?.execute(params![id])?;
    }
    take_out(transaction, ids)
}

/// Takes entries away, with what hangs on them.
pub(super) fn take_out(transaction: &Transaction<'_>, ids: &[EntryId]) -> rusqlite::Result<()> {
    for id in ids {
        for statement in TAKE_OUT {
            transaction.prepare_cached(statement)?.execute(params![id])?;
        }
    }
    Ok(())
}

pub(in crate::store) fn sealed(row: &Row<'_>) -> rusqlite::Result<SealedEntry> {
    let class: String = row.get(2)?;
    let class = EntryClass::of_name(&class).ok_or_else(|| {
        let unknown = format!("the class {class:?} means nothing to this version");
        rusqlite::Error::FromSqlConversionFailure(2, Type::Text, unknown.into())
    })?;
    Ok(SealedEntry {
        id: row.get(0)?,
        site: row.get(1)?,
        class,
        subject: row.get(3)?,
        made: policies::Timestamp(row.get(4)?),
        ends: row.get::<_, Option<i64>>(5)?.map(policies::Timestamp),
        leaf: row.get(6)?,
        wrapped: Wrapped { by: row.get(7)?, bytes: row.get(8)? },
        body: row.get(9)?,
    })
}

/// How many leaves the newest head covers.
pub(super) fn newest_size(connection: &rusqlite::Connection) -> rusqlite::Result<u64> {
    let size: Option<i64> =
        connection.prepare_cached("SELECT max(size) FROM head")?.query_row([], |row| row.get(0)).optional()?.flatten();
    Ok(unsigned(size.unwrap_or_default()))
}

pub(super) fn node(connection: &rusqlite::Connection, node: Node) -> rusqlite::Result<Hash> {
    let mut statement = connection.prepare_cached("SELECT hash FROM node WHERE level = ? AND place = ?")?;
    statement.query_row(params![node.level, signed(node.place)], |row| row.get(0))
}

fn frontier(connection: &rusqlite::Connection) -> rusqlite::Result<Frontier> {
    let size = newest_size(connection)?;
    let peaks = Frontier::needs(size).into_iter().map(|peak| node(connection, peak));
    let peaks = peaks.collect::<rusqlite::Result<Vec<_>>>()?;
    Frontier::at(size, peaks).ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// SQLite's numbers are signed.
pub(in crate::store) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(in crate::store) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
