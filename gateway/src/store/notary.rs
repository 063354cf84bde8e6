//! What makes an entry of the store evidence: it is sealed by the vault, and the log's heads are signed.
//!
//! It refuses to keep anything. Invariant: both stores have their entries from here, so that neither sees what they say.

use std::path::{Path, PathBuf};

use policies::{Date, Record, Timestamp};

use super::writer::Work;
use super::{Error, Reason};
use crate::config;
use crate::ledger::{Entry, EntryClass, Hash, Head, HeadKey, Unusable, document};
use crate::vault::{self, Folder, SealedEntry, Vault};

/// Where a store lies, and what belongs to it beside.
#[derive(Clone, Debug)]
pub struct Place {
    /// The data folder.
    pub folder: PathBuf,
    /// The server that keeps it; None: a file in the data folder does.
    pub postgres: Option<config::Postgres>,
    /// Keys that seal entries.
    pub record_keys: Folder,
    /// The key that signs heads and receipts.
    pub receipt_key: PathBuf,
    /// The clock.
    pub clock: fn() -> Timestamp,
    /// Whether a part of another store may lie there: whoever moves it says so, and nobody else.
    pub taking_over: bool,
}

impl Place {
    /// What a configuration says.
    #[must_use]
    pub fn of(
        folder: &Path,
        records: &config::Records,
        postgres: Option<config::Postgres>,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self {
            folder: folder.to_owned(),
            postgres,
            record_keys: records.keys.clone(),
            receipt_key: records.receipt_key.clone(),
            clock,
            taking_over: false,
        }
    }

    /// A data folder that has everything in itself.
    #[must_use]
    pub fn in_folder(folder: &Path, clock: fn() -> Timestamp) -> Self {
        Self::of(folder, &config::Records::within(folder), None, clock)
    }

    /// The same with a server; the keys stay in files.
    #[must_use]
    pub fn on(self, postgres: config::Postgres) -> Self {
        Self { postgres: Some(postgres), ..self }
    }

    /// The same with a clock that stands still.
    #[cfg(test)]
    pub(crate) fn sample(folder: &Path) -> Self {
        Self::in_folder(folder, || Timestamp(1_790_000_000))
    }
}

pub(super) struct Notary {
    pub(super) vault: Vault,
    key: HeadKey,
    clock: fn() -> Timestamp,
    /// See [`Place::taking_over`].
    pub(super) taking_over: bool,
}

/// A work with its entry sealed, where it has one.
pub(super) struct Task<'w> {
    pub(super) work: &'w Work,
    pub(super) sealed: Option<SealedEntry>,
}

impl Notary {
    pub(super) fn open(place: &Place) -> Result<Self, Error> {
        let key = HeadKey::open(&place.receipt_key)?;
        let vault = Vault::at(place.record_keys.clone());
        Ok(Self { vault, key, clock: place.clock, taking_over: place.taking_over })
    }

    /// Seals what is to be entered.
    pub(super) fn tasks<'w>(&self, works: &'w [Work]) -> Result<Vec<Task<'w>>, Error> {
        works.iter().map(|work| Ok(Task { work, sealed: self.sealed(work)? })).collect()
    }

    fn sealed(&self, work: &Work) -> Result<Option<SealedEntry>, Error> {
        match work {
            Work::Record(record) | Work::Agreement { record, .. } => self.seal(&entry_of(record)).map(Some),
            Work::Entry(entry) => self.seal(entry).map(Some),
            Work::Content { .. }
            | Work::Batch(_)
            | Work::Settled(_)
            | Work::Tidy { .. }
            | Work::Destroy(_)
            | Work::Announce(_)
            | Work::Note(_)
            | Work::Adopt(_)
            | Work::End(_)
            | Work::Trial => Ok(None),
        }
    }

    pub(super) fn seal(&self, entry: &Entry) -> Result<SealedEntry, Error> {
        self.vault.seal(entry, self.today()).map_err(Error::from)
    }

    pub(super) fn today(&self) -> Date {
        (self.clock)().date()
    }

    pub(super) fn head(&self, size: u64, root: Hash) -> Head {
        self.key.head(size, root, (self.clock)())
    }
}

/// The entry of a record.
pub(super) fn entry_of(record: &Record) -> Entry {
    Entry {
        id: record.id,
        site: record.site.clone(),
        class: EntryClass::Consent,
        subject: record.visitor,
        made: record.made,
        ends: record.circumstances.valid_until,
        contents: document::write(record),
    }
}

impl From<Unusable> for Error {
    fn from(unusable: Unusable) -> Self {
        Self::Keys(std::sync::Arc::new(unusable))
    }
}

impl From<vault::Error> for Error {
    fn from(error: vault::Error) -> Self {
        Self::Unavailable { reason: Reason::Keys, source: Some(std::sync::Arc::new(error)) }
    }
}
