//! The one writer: a thread that takes all that waits, commits it together with one sync of the disk, and only
//! then answers each. When the store fails it says so once, keeps answering, and mends itself.
//!
//! It refuses to hold anybody: whoever gave up waiting is skipped. Invariant: Ok is sent after the commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use policies::consent::Reference;
use policies::{Record, Timestamp};
use tokio::sync::oneshot;

use super::backend::Writing;
use super::ending::Ending;
use super::moving::Adopted;
use super::notary::Notary;
use super::notes::Noted;
use super::outbox::{Change, Settled};
use super::rows::{Batch, ContentKind, InForce};
use super::{Error, Limits, Reason, Shared};
use crate::ledger::{Entry, EntryId};

/// How long leaves that wait for their places wait for a next choice.
const BEHIND: Duration = Duration::from_millis(100);

/// One thing to write.
#[derive(Debug)]
pub(super) enum Work {
    Record(Box<Record>),
    /// A guardian's agreement, for the browser that was given the code.
    Agreement {
        reference: Reference,
        record: Box<Record>,
    },
    /// Evidence of another class.
    Entry(Box<Entry>),
    /// Entries that are to be destroyed.
    Destroy(Vec<EntryId>),
    /// What is at its end otherwise.
    End(Ending),
    Content {
        kind: ContentKind,
        hash: [u8; 32],
        bytes: Vec<u8>,
    },
    Batch(Batch),
    /// Rows of another store.
    Adopt(Box<Adopted>),
    /// What this gateway runs.
    Announce(Vec<InForce>),
    /// What an analyst notes, or takes away.
    Note(Noted),
    /// What became of rows of the outbox.
    Settled(Settled),
    /// Notes since when rows of the outbox wait, and gives up those that wait since before `oldest`.
    Tidy {
        now: Timestamp,
        oldest: Timestamp,
    },
    /// Nothing that stays: only whether writing goes well.
    Trial,
}

/// What the writer is told.
#[derive(Debug)]
pub(super) enum Job {
    Write {
        work: Work,
        reply: oneshot::Sender<Result<(), Error>>,
    },
    /// A late record came.
    Wake,
    /// Empty the log of changes; the answer is whether that went.
    Compact {
        reply: oneshot::Sender<Result<bool, Error>>,
    },
    /// Write what waits and end.
    Stop {
        reply: oneshot::Sender<()>,
    },
}

pub(super) struct Writer {
    pub(super) jobs: Receiver<Job>,
    pub(super) shared: Arc<Shared>,
    pub(super) disk: Writing,
    pub(super) notary: Arc<Notary>,
    pub(super) limits: Limits,
}

/// What one round gathered.
#[derive(Default)]
struct Round {
    works: Vec<Work>,
    replies: Vec<oneshot::Sender<Result<(), Error>>>,
    compact: Vec<oneshot::Sender<Result<bool, Error>>>,
    ending: bool,
    stopped: Option<oneshot::Sender<()>>,
}

impl Round {
    fn take(&mut self, job: Job) {
        match job {
            Job::Write { reply, .. } if reply.is_closed() => {}
            Job::Write { work, reply } => {
                self.works.push(work);
                self.replies.push(reply);
            }
            Job::Wake => {}
            Job::Compact { reply } => self.compact.push(reply),
            Job::Stop { reply } => {
                self.ending = true;
                self.stopped = Some(reply);
            }
        }
    }
}

impl Writer {
    pub(super) fn run(mut self) {
        loop {
            let mut round = self.gather();
            let late = self.shared.late().oldest(self.limits.batch);
            round.works.extend(late.iter().cloned().map(|record| Work::Record(Box::new(record))));
            if !round.works.is_empty() || (self.disk.is_behind() && !round.ending) {
                let outcome = self.commit(&round.works).map(|change| self.shared.outbox.changed(change));
                self.tell(&outcome);
                if outcome.is_ok() {
                    self.shared.commits.fetch_add(1, Ordering::Relaxed);
                    self.shared.late().stored(&late);
                }
                for reply in round.replies {
                    // Whoever stopped waiting has no use for the answer.
                    reply.send(outcome.clone()).ok();
                }
            }
            if !round.compact.is_empty() {
                let outcome = self.disk.compact(&self.notary);
                for reply in round.compact {
                    reply.send(outcome.clone()).ok();
                }
            }
            if round.ending {
                self.disk.close();
                if let Some(stopped) = round.stopped {
                    stopped.send(()).ok();
                }
                return;
            }
        }
    }

    fn commit(&mut self, works: &[Work]) -> Result<Change, Error> {
        let tasks = self.notary.tasks(works)?;
        let rules = self.shared.outbox.rules();
        self.disk.commit(&tasks, &self.notary, self.shared.max_bytes.load(Ordering::Relaxed), &rules)
    }

    /// Waits for something to do, then takes all that is there, up to a batch.
    fn gather(&self) -> Round {
        let mut round = Round::default();
        let take = |round: &mut Round, job: Job| {
            if matches!(job, Job::Write { .. }) {
                self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            }
            round.take(job);
        };
        match self.next() {
            Ok(job) => take(&mut round, job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => round.ending = true,
        }
        while !round.ending && round.works.len() < self.limits.batch {
            match self.jobs.try_recv() {
                Ok(job) => take(&mut round, job),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => round.ending = true,
            }
        }
        round
    }

    fn next(&self) -> Result<Job, RecvTimeoutError> {
        let failing = !self.shared.writable.load(Ordering::Relaxed);
        let nothing_late = self.shared.late().is_empty();
        let pause = match (nothing_late, self.disk.is_behind()) {
            (true, false) => return self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            (false, _) if !failing => Duration::ZERO,
            (true, true) if !failing => BEHIND,
            _ => self.limits.retry,
        };
        self.jobs.recv_timeout(pause)
    }

    /// Once per change of state, not per request.
    fn tell(&self, outcome: &Result<(), Error>) {
        let writable = outcome.is_ok();
        let before = self.shared.writable.swap(writable, Ordering::Relaxed);
        match outcome {
            Err(error) if before => {
                let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                tracing::error!(
                    cause,
                    "{error}; the site keeps working, refusals take effect, grants wait until choices can be stored"
                );
            }
            Ok(()) if !before => tracing::info!("the store writes again"),
            Ok(()) | Err(_) => {}
        }
    }
}

impl From<oneshot::error::RecvError> for Error {
    fn from(_: oneshot::error::RecvError) -> Self {
        Self::unavailable(Reason::Stopped)
    }
}
