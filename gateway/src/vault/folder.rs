//! The folder of key files, and its rolling backup: one file a day with all keys, kept for a window of days. What was destroyed can be
//! brought back from a backup for that long and no longer, which is the time that people are told.
//!
//! It refuses names that aren't its own. Invariant: folder 0700, files 0600; a key is on disk before its name is handed out.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use policies::time::DAY;
use policies::{Date, Timestamp};

use super::keys::KeyId;
use super::{Error, KEY_BYTES};
use crate::key_file;
use crate::ledger::letters::{hex, of_hex};

/// The ending of a key file.
const KEY: &str = ".key";
/// The ending of a day's backup.
const BACKUP: &str = ".keys";
/// Days that a backup is kept, unless written otherwise.
const USUAL_WINDOW: u32 = 7;

/// Where keys lie, and their backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// One file for each key: `2026-11-23-<name>.key`.
    pub path: PathBuf,
    /// One file for each day: `2026-11-23.keys`.
    pub backup: PathBuf,
    /// Days that a backup is kept.
    pub window_days: u32,
}

impl Folder {
    /// The folder that a data folder has where nothing else is written.
    #[must_use]
    pub fn within(data: &Path) -> Self {
        Self::at(data.join("record-keys"))
    }

    /// A folder with its backup in itself, kept for the usual window.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { backup: path.join("backup"), path, window_days: USUAL_WINDOW }
    }

    /// In so many days at the latest nothing that is destroyed now can be brought back: a key of today rests until tomorrow, and a
    /// backup is let go on the day after its window.
    #[must_use]
    pub const fn recovery_days(&self) -> u32 {
        self.window_days + 2
    }

    /// From when no backup can hold a key of what is destroyed now.
    #[must_use]
    pub fn beyond_recovery(&self, now: Timestamp) -> Timestamp {
        Timestamp((now.date().day_number() + i64::from(self.recovery_days())) * DAY)
    }

    pub(super) fn add(&self, day: Date, id: KeyId, key: &[u8; KEY_BYTES]) -> Result<PathBuf, Error> {
        make_folder(&self.path)?;
        let path = self.path.join(format!("{day}-{}{KEY}", hex(&id)));
        write_new(&path, &format!("{}\n", STANDARD.encode(key)))?;
        Ok(path)
    }

    pub(super) fn find(&self, id: KeyId) -> Result<(PathBuf, Vec<u8>), Error> {
        let path = self.path_of(id)?.ok_or(Error::Destroyed)?;
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::Destroyed),
            read => read.map_err(|source| failed(&path, source))?,
        };
        let key = STANDARD.decode(text.trim()).map_err(|_| Error::Damaged)?;
        Ok((path, key))
    }

    /// Overwrites the file and takes it away.
    pub(super) fn destroy(&self, id: KeyId) -> Result<(), Error> {
        let Some(path) = self.path_of(id)? else { return Ok(()) };
        destroy_file(&path)?;
        sync(&self.path)
    }

    /// The keys that lie there, with their days.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn keys(&self) -> Result<Vec<(Date, KeyId)>, Error> {
        let names = names(&self.path)?;
        Ok(names.iter().filter_map(|name| parse(name)).collect())
    }

    /// Copies all keys into the backup of a day and takes away the backups that are older than the window. A key that is made after
    /// it is in the next day's.
    ///
    /// # Errors
    /// A folder.
    pub fn back_up(&self, today: Date) -> Result<(), Error> {
        make_folder(&self.backup)?;
        let mut text = String::new();
        for (day, id) in self.keys()? {
            match self.find(id) {
                Ok((_, key)) => text.push_str(&format!("{day}-{} {}\n", hex(&id), STANDARD.encode(key))),
                // Destroyed since the folder was listed.
                Err(Error::Destroyed) => {}
                Err(error) => return Err(error),
            }
        }
        let (path, new) = (self.backup.join(format!("{today}{BACKUP}")), self.backup.join(format!("{today}.new")));
        remove(&new)?;
        write_new(&new, &text)?;
        std::fs::rename(&new, &path).map_err(|source| failed(&path, source))?;
        self.prune(today)
    }

    /// The days of which a backup lies there, the oldest first.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn backups(&self) -> Result<Vec<Date>, Error> {
        let names = names(&self.backup)?;
        let mut days: Vec<Date> = names.iter().filter_map(|name| Date::parse(name.strip_suffix(BACKUP)?)).collect();
        days.sort_unstable();
        Ok(days)
    }

    /// Brings back the keys of a day's backup that don't lie in the folder. How many those were.
    ///
    /// # Errors
    /// A folder, or a backup that isn't one.
    pub fn restore(&self, day: Date) -> Result<usize, Error> {
        let path = self.backup.join(format!("{day}{BACKUP}"));
        let text = std::fs::read_to_string(&path).map_err(|source| failed(&path, source))?;
        let mut restored = 0;
        for line in text.lines() {
            let (name, key) = line.split_once(' ').ok_or(Error::Damaged)?;
            let (day, id) = parse(&format!("{name}{KEY}")).ok_or(Error::Damaged)?;
            if self.path_of(id)?.is_none() {
                let key = STANDARD.decode(key).ok().and_then(|key| key.try_into().ok()).ok_or(Error::Damaged)?;
                self.add(day, id, &key)?;
                restored += 1;
            }
        }
        Ok(restored)
    }

    fn prune(&self, today: Date) -> Result<(), Error> {
        let oldest = today.day_number() - i64::from(self.window_days);
        for day in self.backups()?.into_iter().filter(|day| day.day_number() < oldest) {
            destroy_file(&self.backup.join(format!("{day}{BACKUP}")))?;
        }
        sync(&self.backup)
    }

    fn path_of(&self, id: KeyId) -> Result<Option<PathBuf>, Error> {
        let ending = format!("-{}{KEY}", hex(&id));
        let name = names(&self.path)?.into_iter().find(|name| name.ends_with(&ending));
        Ok(name.map(|name| self.path.join(name)))
    }
}

fn parse(name: &str) -> Option<(Date, KeyId)> {
    let (day, id) = name.strip_suffix(KEY)?.rsplit_once('-')?;
    Some((Date::parse(day)?, of_hex(id)?))
}

/// No folder is an empty one.
fn names(folder: &Path) -> Result<Vec<String>, Error> {
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(failed(folder, source)),
        Ok(entries) => {
            let name = |entry: std::io::Result<std::fs::DirEntry>| {
                entry.map(|entry| entry.file_name().to_string_lossy().into_owned())
            };
            entries.map(name).collect::<Result<_, _>>().map_err(|source| failed(folder, source))
        }
    }
}

fn make_folder(path: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| failed(path, source))
}

fn write_new(path: &Path, text: &str) -> Result<(), Error> {
    key_file::make(path, text).map_err(|source| failed(path, source))?;
    path.parent().map_or(Ok(()), sync)
}

fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| failed(folder, source))
}

fn destroy_file(path: &Path) -> Result<(), Error> {
    let overwrite = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).mode(0o600).open(path)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or_default();
        file.write_all_at(&vec![0; length], 0)?;
        file.flush()?;
        file.sync_all()
    };
    match overwrite() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        done => done.map_err(|source| failed(path, source))?,
    }
    remove(path)
}

fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|source| failed(path, source)),
    }
}

fn failed(path: &Path, source: std::io::Error) -> Error {
    Error::Folder { path: path.to_owned(), source }
}
