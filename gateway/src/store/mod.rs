//! The store: what must outlast the process. Records of choices, what visitors were shown, counts, and what sites
//! were seen to set. All SQL of the project lives in this room; its face names no backend.
//!
//! It refuses to be waited for by a proxied request: late records are noted without waiting, everything else is
//! asked by choices and by people. Invariant: [`Store::append`] says Ok only after the commit.

mod archive;
mod backend;
pub mod copies;
mod deposit;
mod ending;
mod error;
mod figures;
mod late;
mod measure;
mod migrate;
mod moving;
mod notary;
mod notes;
mod outbox;
mod postgres;
mod rows;
mod sqlite;
mod writer;

pub use archive::Archive;
pub use deposit::Deposit;
pub use ending::{Aging, Ending, Sealed};
pub use error::{Error, Reason};
pub use figures::{ALL_SITES, Cell, FigureRow, FiguresAsked, Grain, RunRow, ValueRow};
pub use late::Late;
pub use measure::{Counts, Measure, PurposeMeasure};
pub use moving::{MoveError, Moved, relocate};
pub use notary::Place;
pub use notes::Note;
pub use outbox::{Owed, ReceiverId, Settled};
pub use rows::{Asked, Batch, Claim, ContentKind, InForce, Numbered, SameSite, SeenIn, SeenRow, Unsaved};

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use policies::Record;
use policies::consent::Reference;
use tokio::sync::oneshot;

use backend::Writing;
use late::LateRecords;
use notary::Notary;
use notes::Noted;
use outbox::Outbox;
use writer::{Job, Work, Writer};

use crate::ledger::{Entry, EntryId};

/// The store's bounds.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How many choices may wait to be written; one more is refused at once.
    pub queue: usize,
    /// How many are written in one transaction.
    pub batch: usize,
    /// How long a choice waits for its commit.
    pub wait: Duration,
    /// How long another process's lock is waited for; shorter than `wait`.
    pub lock_wait: Duration,
    /// How many late records may wait.
    pub late: usize,
    /// How many stored late records are remembered, so that their cookies get unmarked.
    pub late_memory: usize,
    /// How long after a failure the late records are tried again.
    pub retry: Duration,
    /// Connections for questions, where a server is asked.
    pub connections: usize,
    /// `limits.database_mb` in bytes: past it the database is full. None: only the disk bounds it.
    pub max_database_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue: 4096,
            batch: 256,
            wait: Duration::from_secs(2),
            lock_wait: Duration::from_millis(250),
            late: 4096,
            late_memory: 16_384,
            retry: Duration::from_secs(1),
            connections: 4,
            max_database_bytes: None,
        }
    }
}

/// A handle on the store; clones share it.
#[derive(Clone)]
pub struct Store {
    jobs: SyncSender<Job>,
    shared: Arc<Shared>,
    archive: Archive,
    wait: Duration,
    shared_by_many: bool,
}

/// What the handles and the writer both know.
struct Shared {
    late: Mutex<LateRecords>,
    /// Whether the last write went well.
    writable: AtomicBool,
    commits: AtomicU64,
    /// Writes handed in and not taken yet.
    waiting: AtomicUsize,
    max_bytes: AtomicU64,
    outbox: Outbox,
}

impl Shared {
    fn late(&self) -> MutexGuard<'_, LateRecords> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Opens the data folder, made if missing, and starts the writer.
    ///
    /// # Errors
    /// Whatever keeps this version from using the folder; see [`Error`].
    pub fn open(place: &Place, limits: &Limits) -> Result<Self, Error> {
        let folder = place.folder.as_path();
        own_folder(folder).map_err(|source| Error::folder(folder, source))?;
        let notary = Arc::new(Notary::open(place)?);
        let disk = Writing::open(place, limits, &notary)?;
        let (jobs, inbox) = sync_channel(limits.queue.max(1));
        let shared = Arc::new(Shared {
            late: Mutex::new(LateRecords::new(limits.late, limits.late_memory)),
            writable: AtomicBool::new(true),
            commits: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            max_bytes: AtomicU64::new(limits.max_database_bytes.unwrap_or_default()),
            outbox: Outbox::default(),
        });
        let writer = Writer { jobs: inbox, shared: Arc::clone(&shared), disk, notary, limits: limits.clone() };
        std::thread::Builder::new()
            .name(String::from("store"))
            .spawn(move || writer.run())
            .map_err(|source| Error::folder(folder, source))?;
        Ok(Self {
            jobs,
            shared,
            archive: Archive::asking(place, limits),
            wait: limits.wait,
            shared_by_many: place.postgres.is_some(),
        })
    }

    /// Stores a record: Ok only after its commit, an error within [`Limits::wait`]. A record whose id is stored
    /// already is not stored again, and that is Ok. After an error the commit may still come, if it was the disk
    /// that was slow: handing the same record in again is safe.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn append(&self, record: Record) -> Result<(), Error> {
        self.write(Work::Record(Box::new(record))).await
    }

    /// Stores the record of a guardian's agreement for the browser that was given a code, as [`Self::append`] stores a
    /// record. A code serves once: where it has, nothing is stored, and that is Ok. [`Archive::agreement`] tells what it
    /// served for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn agree(&self, reference: Reference, record: Record) -> Result<(), Error> {
        self.write(Work::Agreement { reference, record: Box::new(record) }).await
    }

    /// Stores evidence of another class than a choice: Ok only after its commit. The same id is stored once.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn enter(&self, entry: Entry) -> Result<(), Error> {
        self.write(Work::Entry(Box::new(entry))).await
    }

    /// Destroys entries, with what hangs on them. Their leaves stay in the log; the keys that they were sealed with are noted,
    /// so that they go too. Destroying what is gone is Ok.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn destroy(&self, ids: Vec<EntryId>) -> Result<(), Error> {
        self.write(Work::Destroy(ids)).await
    }

    /// Whether other gateways may store here too.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.shared_by_many
    }

    /// Says to other gateways of the store what this one runs. In a file it is no news.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn announce(&self, in_force: Vec<InForce>) -> Result<(), Error> {
        self.write(Work::Announce(in_force)).await
    }

    /// Keeps what was shown, under the SHA-256 of its bytes. Kept once, however often it is handed in.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn keep_content(&self, kind: ContentKind, hash: [u8; 32], bytes: Vec<u8>) -> Result<(), Error> {
        self.write(Work::Content { kind, hash, bytes }).await
    }

    /// Adds counts and sightings. It waits for the writer's own answer, without a bound of its own, since a batch
    /// that is handed in again after an unknown end would be counted twice.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with nothing of the batch stored.
    pub async fn add(&self, batch: Batch) -> Result<(), Error> {
        self.send(Work::Batch(batch))?.await?
    }

    /// Notes a record that is owed, for a token that is marked unrecorded. Never waits, so that it can be called
    /// on the way of any request. The id must come from the token, the same at every call: it tells whether this
    /// record waits or is stored.
    pub fn note_late(&self, record: Record) -> Late {
        let (noted, is_new) = self.shared.late().note(record);
        if is_new {
            // With a full queue the writer is awake and looks by itself.
            self.jobs.try_send(Job::Wake).ok();
        }
        noted
    }

    /// Stores what an analyst notes; the same again is the same note.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note(&self, note: Note) -> Result<(), Error> {
        self.write(Work::Note(Noted::Add(note))).await
    }

    /// Takes a note away; one that isn't there is Ok.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn remove_note(&self, site: String, id: i64) -> Result<(), Error> {
        self.write(Work::Note(Noted::Remove { site, id })).await
    }

    /// What people read.
    #[must_use]
    pub const fn archive(&self) -> &Archive {
        &self.archive
    }

    /// Whether the last write went well.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.shared.writable.load(Ordering::Relaxed)
    }

    /// Whether a write goes well now: after a failure it is tried, with a row that is taken away again.
    pub async fn can_write(&self) -> bool {
        self.is_writable() || self.write(Work::Trial).await.is_ok()
    }

    /// How many writes wait for the writer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// How many late records wait.
    #[must_use]
    pub fn late_waiting(&self) -> usize {
        self.shared.late().waiting()
    }

    /// How many transactions were committed since the start.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.shared.commits.load(Ordering::Relaxed)
    }

    /// Changes [`Limits::max_database_bytes`] from the next write on.
    pub fn limit_database(&self, max_bytes: Option<u64>) {
        self.shared.max_bytes.store(max_bytes.unwrap_or_default(), Ordering::Relaxed);
    }

    /// Writes what waits and closes the file; afterwards every write is refused. Waits at most [`Limits::wait`].
    pub async fn close(&self) {
        let (reply, stopped) = oneshot::channel();
        // A writer that is gone has closed already; one whose queue is full closes when the handles are dropped.
        if self.jobs.try_send(Job::Stop { reply }).is_ok() {
            tokio::time::timeout(self.wait, stopped).await.ok();
        }
    }

    async fn write(&self, work: Work) -> Result<(), Error> {
        let answer = self.send(work)?;
        match tokio::time::timeout(self.wait, answer).await {
            Ok(answer) => answer?,
            Err(_) => Err(Error::unavailable(Reason::Slow)),
        }
    }

    fn send(&self, work: Work) -> Result<oneshot::Receiver<Result<(), Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        // Counted first: the writer may take it before this thread goes on.
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        let refused = |reason| {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            Err(Error::unavailable(reason))
        };
        match self.jobs.try_send(Job::Write { work, reply }) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_)) => refused(Reason::Overloaded),
            Err(TrySendError::Disconnected(_)) => refused(Reason::Stopped),
        }
    }
}

/// Makes the data folder where it is missing, for this user alone.
fn own_folder(path: &std::path::Path) -> std::io::Result<()> {
    std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700).create(path)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::sample_record;

#[cfg(test)]
mod log_tests;

#[cfg(test)]
mod outbox_tests;

#[cfg(test)]
mod agreement_tests;
