//! Where the evidence lies: `[records]`. Everything has a place in the data folder where nothing is written.
//!
//! Refuses periods that are no window. Invariant: paths are whole; nothing is opened or made here.

use std::path::{Path, PathBuf};

use policies::reader::Table;

use crate::vault::Folder;

/// Keys of the evidence, and what is done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    /// The keys that seal entries, and their backup.
    pub keys: Folder,
    /// The file of the key that signs heads and receipts.
    pub receipt_key: PathBuf,
    /// A file outside the data folder that the log's heads are written to; None: they are in the store and in receipts alone.
    pub heads: Option<PathBuf>,
    /// The folder of the archive, which has permissions of its own.
    pub archive: PathBuf,
    /// Whether an officer approves what is destroyed; else it is destroyed each day.
    pub approval: bool,
}

impl Records {
    /// All in a data folder.
    #[must_use]
    pub fn within(data: &Path) -> Self {
        Self {
            keys: Folder::within(data),
            receipt_key: data.join("receipt.key"),
            heads: None,
            archive: data.join("archive"),
            approval: false,
        }
    }
}

/// As written, with paths as they stand.
#[derive(Debug, Default)]
pub(super) struct RecordsFile {
    keys: Option<String>,
    key_backup: Option<String>,
    key_backup_days: Option<u32>,
    receipt_key: Option<String>,
    heads: Option<String>,
    archive: Option<String>,
    approval: bool,
}

pub(super) fn read(mut table: Table<'_, '_>) -> RecordsFile {
    RecordsFile {
        keys: table.string("keys"),
        key_backup: table.string("key_backup"),
        key_backup_days: table.integer("key_backup_days", 0..=365).and_then(|days| u32::try_from(days).ok()),
        receipt_key: table.string("receipt_key"),
        heads: table.string("heads"),
        archive: table.string("archive"),
        approval: table.boolean("approval").unwrap_or_default(),
    }
}

impl RecordsFile {
    /// With paths that begin at the configuration's folder.
    pub(super) fn below(self, folder: &Path, data: &Path) -> Records {
        let usual = Records::within(data);
        let keys = self.keys.map_or(usual.keys, |path| Folder::at(folder.join(path)));
        let window_days = self.key_backup_days.unwrap_or(keys.window_days);
        let backup = self.key_backup.map_or_else(|| keys.backup.clone(), |path| folder.join(path));
        Records {
            keys: Folder { backup, window_days, ..keys },
            receipt_key: self.receipt_key.map_or(usual.receipt_key, |path| folder.join(path)),
            heads: self.heads.map(|path| folder.join(path)),
            archive: self.archive.map_or(usual.archive, |path| folder.join(path)),
            approval: self.approval,
        }
    }
}
