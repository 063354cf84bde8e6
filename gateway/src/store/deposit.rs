//! The deposit: what has served its purpose and is kept because a law asks for it, in a database of its own with permissions of its
//! own. Entries lie there as sealed as they lay in the store, and their leaves stay in its log.
//!
//! It refuses to be written by a gateway's requests: only what ends retention moves entries here. Invariant: an entry is committed
//! here before it leaves the store.

use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use policies::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::ending::{Aging, Sealed};
use super::sqlite::entries::{COLUMNS, WIDTH, sealed, signed, unsigned};
use super::sqlite::running;
use super::{Error, Reason};
use crate::ledger::{EntryClass, EntryId};
use crate::vault::{KeyId, Wrapped};

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS entry (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    site    TEXT    NOT NULL,
    class   TEXT    NOT NULL,
    subject BLOB    CHECK (subject IS NULL OR length(subject) = 16),
    made    INTEGER NOT NULL,
    ends    INTEGER,
    ended   INTEGER NOT NULL,           -- since when it is kept for the law alone
    leaf    BLOB    NOT NULL CHECK (length(leaf) = 32),
    place   INTEGER,
    key     BLOB    NOT NULL CHECK (length(key) = 16),
    wrapped BLOB    NOT NULL,
    body    BLOB    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entry_by_end ON entry (site, class, ended);
CREATE INDEX IF NOT EXISTS entry_by_key ON entry (key);
CREATE INDEX IF NOT EXISTS entry_by_made ON entry (made);
CREATE INDEX IF NOT EXISTS entry_by_subject ON entry (site, subject) WHERE subject IS NOT NULL;
PRAGMA user_version = 2;";

/// The schema's number.
const NEWEST: i64 = 2;

const ADD: &str = "INSERT INTO entry (id, site, class, subject, made, ends, ended, leaf, place, key, wrapped, body)
    VALUES (:id, :site, :class, :subject, :made, :ends, :ended, :leaf, :place, :key, :wrapped, :body)
    ON CONFLICT (id) DO NOTHING";

/// The open database.
pub struct Deposit {
    connection: Connection,
}

impl Deposit {
    /// Whether a folder has one.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        file_in(folder).exists()
    }

    /// Opens the one of a folder, made where it is missing, for this user alone.
    ///
    /// # Errors
    /// Whatever keeps this version from using the folder.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = file_in(folder);
        let make = || -> std::io::Result<()> {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600).open(&path).map(drop)
        };
        make().map_err(|source| Error::folder(&path, source))?;
        let failed = |error| Error::folder(&path, error);
        let connection = Connection::open(&path).map_err(failed)?;
        connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(failed)?;
        // A journal that is overwritten with zeros after each commit: nothing is left beside the file.
        let settings = "PRAGMA journal_mode = DELETE; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL;
            PRAGMA temp_store = MEMORY;";
        connection.execute_batch(settings).map_err(failed)?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
        if version < NEWEST {
            connection.execute_batch(SCHEMA).map_err(failed)?;
        }
        Ok(Self { connection })
    }

    /// Takes entries in, each with the moment since when it is kept for the law alone. One that is there already is no error.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with none taken in.
    pub fn add(&mut self, entries: &[(Sealed, Timestamp)]) -> Result<(), Error> {
        let transaction = self.connection.transaction().map_err(running)?;
        for (Sealed { entry, place }, ended) in entries {
            let values = named_params! {
                ":id": entry.id,
                ":site": entry.site,
                ":class": entry.class.name(),
                ":subject": entry.subject,
                ":made": entry.made.0,
                ":ends": entry.ends.map(|ends| ends.0),
                ":ended": ended.0,
                ":leaf": entry.leaf,
                ":place": place.map(signed),
                ":key": entry.wrapped.by,
                ":wrapped": entry.wrapped.bytes,
                ":body": entry.body,
            };
            transaction.execute(ADD, values).map_err(running)?;
        }
        transaction.commit().map_err(running)
    }

    /// Entries of a class that ended before a moment.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn aging(
        &self,
        site: &str,
        class: EntryClass,
        before: Timestamp,
        after: i64,
        most: usize,
    ) -> Result<Vec<Aging>, Error> {
        let sql = "SELECT id, seq, made, ended FROM entry
            WHERE site = ? AND class = ? AND ended < ? AND seq > ? ORDER BY seq LIMIT ?";
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.all(sql, params![site, class.name(), before.0, after, most], |row| {
            let (made, ended) = (Timestamp(row.get(2)?), Timestamp(row.get(3)?));
            Ok(Aging { id: row.get(0)?, seq: row.get(1)?, made, ended })
        })
    }

    /// When the oldest entry was made.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn oldest(&self) -> Result<Option<Timestamp>, Error> {
        let read = |row: &rusqlite::Row<'_>| Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp));
        self.connection.query_row("SELECT min(made) FROM entry", [], read).map_err(running)
    }

    /// One entry as it lies there, with the moment since when it is kept for the law alone.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn find(&self, id: EntryId) -> Result<Option<(Sealed, Timestamp)>, Error> {
        let sql = format!("SELECT {COLUMNS}, place, ended FROM entry WHERE id = ?");
        let read = |row: &rusqlite::Row<'_>| {
            let place: Option<i64> = row.get(WIDTH)?;
            let sealed = Sealed { entry: sealed(row)?, place: place.map(unsigned) };
            Ok((sealed, Timestamp(row.get(WIDTH + 1)?)))
        };
        self.connection.query_row(&sql, params![id], read).optional().map_err(running)
    }

    /// Entries of a visitor of a site as they lie there, the newest first; at most `most`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn of_subject(&self, site: &str, subject: [u8; 16], most: usize) -> Result<Vec<Sealed>, Error> {
        let sql = format!(
            "SELECT {COLUMNS}, place FROM entry WHERE site = ? AND subject = ? ORDER BY made DESC, seq LIMIT ?"
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.all(&sql, params![site, subject, most], |row| {
            let place: Option<i64> = row.get(WIDTH)?;
            Ok(Sealed { entry: sealed(row)?, place: place.map(unsigned) })
        })
    }

    /// Destroys entries; the keys that they lay under.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with none destroyed.
    pub fn destroy(&mut self, ids: &[EntryId]) -> Result<Vec<KeyId>, Error> {
        let transaction = self.connection.transaction().map_err(running)?;
        let mut keys = Vec::new();
        for id in ids {
            let sql = "DELETE FROM entry WHERE id = ? RETURNING key";
            let key: Option<KeyId> =
                transaction.query_row(sql, params![id], |row| row.get(0)).optional().map_err(running)?;
            keys.extend(key);
        }
        transaction.commit().map_err(running)?;
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// The wrapped keys of entries under a key.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn under(&self, key: KeyId, most: usize) -> Result<Vec<(EntryId, Wrapped)>, Error> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.all("SELECT id, key, wrapped FROM entry WHERE key = ? LIMIT ?", params![key, most], |row| {
            Ok((row.get(0)?, Wrapped { by: row.get(1)?, bytes: row.get(2)? }))
        })
    }

    /// Puts other wrapped keys in the place of entries' own.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with none changed.
    pub fn wrap(&mut self, wrapped: &[(EntryId, Wrapped)]) -> Result<(), Error> {
        let transaction = self.connection.transaction().map_err(running)?;
        for (id, Wrapped { by, bytes }) in wrapped {
            let sql = "UPDATE entry SET key = ?2, wrapped = ?3 WHERE id = ?1";
            transaction.execute(sql, params![id, by, bytes]).map_err(running)?;
        }
        transaction.commit().map_err(running)
    }

    fn all<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let ask = || self.connection.prepare(sql)?.query_map(values, read)?.collect::<rusqlite::Result<Vec<_>>>();
        ask().map_err(running)
    }
}

/// The file in the folder.
fn file_in(folder: &Path) -> PathBuf {
    folder.join("deposit.sqlite")
}

impl From<tokio::task::JoinError> for Error {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::unavailable(Reason::Stopped)
    }
}
