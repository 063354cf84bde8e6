//! Copies of SQLite's file: made while it is written, checked by reading all of them, and put back.
//!
//! It refuses to write over a file. Invariant: a copy is checked by computing its log anew from its leaves and by opening its entries.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, params};

use super::sqlite::{Reading, file_in, opening, running};
use super::{Asked, Error, Place};
use crate::ledger::merkle::Frontier;
use crate::vault::Vault;

/// How long a lock is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(10);
/// Rows that are read at once.
const PAGE: usize = 1_000;

/// What a copy holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Entries.
    pub entries: u64,
    /// Entries whose keys are there.
    pub readable: u64,
    /// Leaves of its log.
    pub size: u64,
}

/// Copies the file of a store as it is at this moment, for this user alone.
///
/// # Errors
/// A file that is there already, or whatever keeps it from being read or written.
pub fn copy(place: &Place, out: &Path) -> Result<(), Error> {
    let failed = |source| Error::folder(out, source);
    // SQLite takes an empty file; made here it is nobody else's from the first byte.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(out).map(drop).map_err(failed)?;
    let reading = Reading::open(&file_in(&place.folder), LOCK_WAIT, Vault::at(place.record_keys.clone()).into())?;
    reading.copy_into(out)?;
    std::fs::File::open(out).and_then(|file| file.sync_all()).map_err(failed)
}

/// Reads a copy from the first row to the last.
///
/// # Errors
/// A file that is no store, or one that was changed.
pub fn check(copy: &Path, place: &Place) -> Result<Checked, Error> {
    let reading = Reading::open(copy, LOCK_WAIT, Vault::at(place.record_keys.clone()).into())?;
    let changed = || Error::Changed { path: copy.to_owned() };
    if !reading.is_whole()? {
        return Err(changed());
    }
    let head = reading.head()?;
    let (size, mut frontier) = (head.map_or(0, |head| head.size), Frontier::default());
    while frontier.size() < size {
        let leaves = reading.leaves(frontier.size(), PAGE)?;
        if leaves.is_empty() {
            return Err(changed());
        }
        leaves.into_iter().for_each(|leaf| frontier.append(leaf, |_, _| {}));
    }
    if head.is_some_and(|head| head.root != frontier.root()) {
        return Err(changed());
    }
    let (mut checked, mut after) = (Checked { entries: 0, readable: 0, size }, None);
    loop {
        let page = reading.entries(&Asked { after, ..Asked::default() }, PAGE).map_err(|_| changed())?;
        let Some(last) = page.last() else { return Ok(checked) };
        after = Some(last.seq);
        checked.entries += page.len() as u64;
        checked.readable += page.iter().filter(|found| found.entry.is_some()).count() as u64;
    }
}

/// Puts a copy in the place of the store's file, which is moved aside under a name with this ending; where it lies then, if there
/// was one.
///
/// # Errors
/// A gateway that still runs, or whatever keeps files from being moved.
pub fn put_back(copy: &Path, place: &Place, aside: &str) -> Result<Option<PathBuf>, Error> {
    let path = file_in(&place.folder);
    let failed = |source| Error::folder(&path, source);
    let new = path.with_extension("new");
    std::fs::create_dir_all(&place.folder).map_err(failed)?;
    let old = path.exists().then(|| path.with_extension(format!("sqlite.{aside}")));
    if let Some(old) = &old {
        settle(&path)?;
        std::fs::rename(&path, old).map_err(failed)?;
    }
    let write = || -> std::io::Result<()> {
        let mut to = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        std::io::copy(&mut std::fs::File::open(copy)?, &mut to)?;
        to.sync_all()?;
        std::fs::rename(&new, &path)?;
        std::fs::File::open(&place.folder)?.sync_all()
    };
    write().map_err(failed)?;
    Ok(old)
}

/// Takes the file for this process alone and writes its log of changes back, so that it is whole by itself.
fn settle(path: &Path) -> Result<(), Error> {
    let connection = Connection::open(path).map_err(|error| opening(path, error))?;
    let alone = || -> rusqlite::Result<()> {
        let _: String = connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |row| row.get(0))?;
        connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    };
    alone().map_err(|error| match running(error) {
        error if error.reason() == Some(super::Reason::Locked) => Error::Running { path: path.to_owned() },
        error => error,
    })
}

impl Reading {
    fn copy_into(&self, out: &Path) -> Result<(), Error> {
        let out = out.to_string_lossy();
        self.connection.execute("VACUUM INTO ?", params![out]).map(drop).map_err(running)
    }

    /// Whether SQLite finds its file in order.
    fn is_whole(&self) -> Result<bool, Error> {
        let said: String =
            self.connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(running)?;
        Ok(said == "ok")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Limits, Store, sample_record};

    #[tokio::test]
    async fn a_copy_of_a_store_that_runs_is_put_back_whole_once_it_stands_still() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::sample(&folder.path().join("data"));
        let store = Store::open(&place, &Limits::default()).unwrap();
        store.append(sample_record()).await.unwrap();
        let out = folder.path().join("copy.sqlite");
        copy(&place, &out).unwrap();
        assert!(copy(&place, &out).unwrap_err().to_string().contains("copy.sqlite"), "nothing is written over");
        assert_eq!(check(&out, &place).unwrap(), Checked { entries: 1, readable: 1, size: 1 });
        store.append(policies::Record { id: [9; 16], ..sample_record() }).await.unwrap();
        let told = put_back(&out, &place, "before-1").unwrap_err();
        assert!(matches!(told, Error::Running { .. }), "{told:?}");
        store.close().await;
        drop(store);
        let aside = put_back(&out, &place, "before-1").unwrap().unwrap();
        assert_eq!(check(&aside, &place).unwrap().entries, 2, "what was there is whole too");
        let again = Store::open(&place, &Limits::default()).unwrap();
        assert_eq!(again.archive().newest(None, 9).await.unwrap(), [sample_record()]);
        again.append(policies::Record { id: [8; 16], ..sample_record() }).await.unwrap();
    }

    #[tokio::test]
    async fn a_copy_that_was_changed_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::sample(&folder.path().join("data"));
        let store = Store::open(&place, &Limits::default()).unwrap();
        for number in 1..20 {
            store.append(policies::Record { id: [number; 16], ..sample_record() }).await.unwrap();
        }
        let changes = [
            "UPDATE node SET hash = zeroblob(32) WHERE level = 0 AND place = 3",
            "DELETE FROM node WHERE level = 0 AND place = 18",
            "UPDATE entry SET made = made + 1 WHERE seq = 4",
            "UPDATE entry SET body = zeroblob(99) WHERE seq = 5",
            "UPDATE head SET root = zeroblob(32) WHERE size = 19",
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let out = folder.path().join(format!("copy-{number}.sqlite"));
            copy(&place, &out).unwrap();
            Connection::open(&out).unwrap().execute(change, []).unwrap();
            assert!(matches!(check(&out, &place), Err(Error::Changed { .. })), "{change}");
        }
    }
}
