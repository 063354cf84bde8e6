//! The schema's versions, in order. A file that is here is never changed; a new version is a new file.
//!
//! It refuses to go back: an older program leaves a newer database alone. Invariant: all missing versions are
//! applied in one exclusive transaction, or none is.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// SQLite's, the first makes version 1.
const SQLITE: [&str; 10] = [
    include_str!("../../migrations/sqlite/0001_beginning.sql"),
    include_str!("../../migrations/sqlite/0002_single_answers.sql"),
    include_str!("../../migrations/sqlite/0003_outbox.sql"),
    include_str!("../../migrations/sqlite/0004_unknown_names.sql"),
    include_str!("../../migrations/sqlite/0005_guardians.sql"),
    include_str!("../../migrations/sqlite/0006_words.sql"),
    include_str!("../../migrations/sqlite/0007_ledger.sql"),
    include_str!("../../migrations/sqlite/0008_figures.sql"),
    include_str!("../../migrations/sqlite/0009_last_shown.sql"),
    include_str!("../../migrations/sqlite/0010_notes.sql"),
];

/// The schema that brought entries: records that an older one kept are taken over behind it.
const LEDGER: i64 = 7;

/// The newest schema that this program knows.
pub(super) const NEWEST: i64 = SQLITE.len() as i64;

/// Marks a file as this gateway's ("cgw1").
pub(super) const APPLICATION: i64 = 0x6367_7731;

/// What a file is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// Nothing in it yet.
    Empty,
    /// Ours, at a version.
    Ours(i64),
    /// Somebody else's.
    Foreign,
}

pub(super) fn schema(connection: &Connection) -> rusqlite::Result<Schema> {
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (application, version, tables) {
        (APPLICATION, version, _) => Schema::Ours(version),
        (0, 0, 0) => Schema::Empty,
        _ => Schema::Foreign,
    })
}

/// Brings a database of ours, or an empty one, to [`NEWEST`]. Whoever waited for the lock reads the version again. `take_over`
/// makes entries of the records that were kept before there were any.
pub(super) fn migrate(
    connection: &Connection,
    take_over: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Exclusive)?;
    let at = match schema(&transaction)? {
        Schema::Ours(version) => version,
        Schema::Empty => 0,
        Schema::Foreign => return Ok(()),
    };
    for step in SQLITE.iter().skip(usize::try_from(at).unwrap_or(usize::MAX)) {
        transaction.execute_batch(step)?;
    }
    if at < LEDGER {
        take_over(&transaction)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", NEWEST)?;
    transaction.commit()
}
