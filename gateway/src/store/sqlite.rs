//! SQLite: opening the file, and what its errors mean to whoever asked. Write-ahead log, synced at every commit.
//!
//! It refuses files of other programs and of newer versions. Invariant: folder 0700, file 0600 where this made them.

mod agreement;
mod ending;
pub(super) mod entries;
mod figures;
mod older;
mod moving;
mod notes;
mod outbox;
mod proofs;
mod read;
mod write;

pub(super) use read::Reading;
pub(super) use write::Writing;

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrate::{self, NEWEST, Schema};
use super::moving::MARK;
use super::notary::Notary;
use super::{Error, Reason};

/// The file within the data folder.
pub(super) fn file_in(folder: &Path) -> PathBuf {
    folder.join("consent.sqlite")
}

fn open_to_write(path: &Path, lock_wait: Duration, notary: &Notary) -> Result<Connection, Error> {
    make(path).map_err(|source| Error::folder(path, source))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| opening(path, error))?;
    prepare_to_write(&connection, path, lock_wait, notary).map(|()| connection)
}

fn prepare_to_write(connection: &Connection, path: &Path, lock_wait: Duration, notary: &Notary) -> Result<(), Error> {
    let failed = |error| opening(path, error);
    connection.busy_timeout(lock_wait).map_err(failed)?;
    match migrate::schema(connection).map_err(failed)? {
        Schema::Foreign => return Err(Error::NotOurs { path: path.to_owned() }),
        Schema::Ours(found) if found > NEWEST => {
            return Err(Error::Newer { path: path.to_owned(), found, known: NEWEST });
        }
        Schema::Ours(_) | Schema::Empty => {}
    }
    let _: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    // A log that once grew is cut back, or it would keep the disk full.
    let _: i64 =
        connection.pragma_update_and_check(None, "journal_size_limit", 8 << 20, |row| row.get(0)).map_err(failed)?;
    // What is deleted is overwritten, and nothing is sorted on disk: a page that is let go must not say what stood on it.
    connection.pragma_update(None, "secure_delete", "ON").map_err(failed)?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(failed)?;
    if migrate::schema(connection).map_err(failed)? == Schema::Ours(NEWEST) {
        return Ok(());
    }
    migrate::migrate(connection, |old| older::take_over(old, notary)).map_err(failed)?;
    // What stood in the clear is overwritten in the log of changes first: it must reach the file itself.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(failed)
}

fn open_to_read(path: &Path, lock_wait: Duration) -> Result<Connection, Error> {
    if !path.try_exists().map_err(|source| Error::folder(path, source))? {
        return Err(Error::Nothing { path: path.to_owned() });
    }
    let failed = |error| opening(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(lock_wait).map_err(failed)?;
    match migrate::schema(&connection).map_err(failed)? {
        Schema::Ours(NEWEST) => Ok(connection),
        Schema::Ours(found) if found > NEWEST => Err(Error::Newer { path: path.to_owned(), found, known: NEWEST }),
        Schema::Ours(_) => Err(Error::Older { path: path.to_owned() }),
        Schema::Empty => Err(Error::Nothing { path: path.to_owned() }),
        Schema::Foreign => Err(Error::NotOurs { path: path.to_owned() }),
    }
}

/// Refuses a file into which a move was broken off.
fn refuse_half_moved(connection: &Connection, path: &Path) -> Result<(), Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM content WHERE kind = ?)";
    match connection.query_row(sql, [MARK], |row| row.get(0)) {
        Ok(true) => Err(Error::HalfMoved { path: path.to_owned() }),
        Ok(false) => Ok(()),
        Err(error) => Err(opening(path, error)),
    }
}

/// Makes what is missing, for this user alone; what is there keeps its rights.
fn make(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map(drop)
}

/// What an error means while opening.
pub(super) fn opening(path: &Path, error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Error::NotOurs { path: path.to_owned() },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull) => running(error),
        _ => Error::folder(path, error),
    }
}

/// What an error means to a gateway that runs.
pub(super) fn running(error: rusqlite::Error) -> Error {
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Reason::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Reason::Locked,
        _ => Reason::Disk,
    };
    Error::Unavailable { reason, source: Some(Arc::new(error)) }
}
