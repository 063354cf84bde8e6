//! The two backends behind one face: whoever writes or asks doesn't know which it is.
//!
//! It refuses differences that aren't said: what one backend alone can do is a method that says so. Invariant: both answer the same
//! questions.

use std::sync::Arc;
use std::time::Duration;

use policies::consent::Reference;
use policies::{Date, Record, Timestamp};

use super::ending::{Aging, Sealed};
use super::figures::{Cell, FigureRow, FiguresAsked, Grain, RunRow, ValueRow};
use super::moving::{Agreed, Content, Posted};
use super::notary::{Notary, Task};
use super::notes::Note;
use super::outbox::{Change, Owed, ReceiverId, Rules};
use super::rows::{Asked, Claim, ContentKind, InForce, Numbered, SeenRow};
use super::{Error, Limits, Place, postgres, sqlite};
use crate::ledger::{EntryClass, EntryId, Hash, Head, Proof, Proven};
use crate::vault::{KeyId, Vault, Wrapped};

/// What writes.
pub(super) enum Writing {
    Sqlite(sqlite::Writing),
    Postgres(Box<postgres::Writing>),
}

impl Writing {
    pub(super) fn open(place: &Place, limits: &Limits, notary: &Notary) -> Result<Self, Error> {
        Ok(match &place.postgres {
            Some(server) => Self::Postgres(Box::new(postgres::Writing::open(server, limits, notary.taking_over)?)),
            None => Self::Sqlite(sqlite::Writing::open(sqlite::file_in(&place.folder), limits.lock_wait, notary)?),
        })
    }

    /// Commits all tasks, or none. `max_bytes` bounds a file; a server's disk is the server's.
    pub(super) fn commit(
        &mut self,
        tasks: &[Task<'_>],
        notary: &Notary,
        max_bytes: u64,
        rules: &Rules,
    ) -> Result<Change, Error> {
        match self {
            Self::Sqlite(disk) => disk.commit(tasks, notary, max_bytes, rules),
            Self::Postgres(server) => server.commit(tasks, notary, rules),
        }
    }

    /// Whether a round without tasks has something to do: leaves wait for their places. A file has one writer at a time, and never does.
    pub(super) const fn is_behind(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(server) => server.is_behind(),
        }
    }

    /// Whether what was deleted has left the log of changes. A server's rows go in its own time; that their keys go is what counts.
    pub(super) fn compact(&mut self, notary: &Notary) -> Result<bool, Error> {
        match self {
            Self::Sqlite(disk) => disk.compact(notary),
            Self::Postgres(_) => Ok(true),
        }
    }

    pub(super) fn close(&mut self) {
        match self {
            Self::Sqlite(disk) => disk.close(),
            Self::Postgres(server) => server.close(),
        }
    }
}

/// What is asked.
pub(super) enum Reading {
    Sqlite(sqlite::Reading),
    Postgres(postgres::Reading),
}

impl Reading {
    pub(super) fn open(
        place: &Place,
        connections: usize,
        lock_wait: Duration,
        vault: Arc<Vault>,
    ) -> Result<Self, Error> {
        let Some(server) = &place.postgres else {
            let file = sqlite::file_in(&place.folder);
            let reading = sqlite::Reading::open(&file, lock_wait, vault)?;
            return if place.taking_over { Ok(reading) } else { reading.whole(&file) }.map(Self::Sqlite);
        };
        let reading = postgres::Reading::of(server, vault, (connections, lock_wait), place.taking_over)?;
        Ok(Self::Postgres(reading))
    }

    /// Another handle on the same connections, where several may ask at once.
    pub(super) fn shared(&self) -> Option<Self> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(reading) => Some(Self::Postgres(reading.clone())),
        }
    }
}

/// Hands each question to the backend that is there.
macro_rules! questions {
    ($($name:ident($($value:ident: $kind:ty),*) -> $answer:ty;)*) => {
        impl Reading {
            $(pub(super) fn $name(&self, $($value: $kind),*) -> Result<$answer, Error> {
                match self {
                    Self::Sqlite(reading) => reading.$name($($value),*),
                    Self::Postgres(reading) => reading.$name($($value),*),
                }
            })*
        }
    };
}

questions! {
    record(id: EntryId) -> Option<Record>;
    proven(id: EntryId) -> Option<Proven>;
    proof(place: u64) -> Option<Proof>;
    entries(asked: &Asked, most: usize) -> Vec<Numbered>;
    head() -> Option<Head>;
    heads(from: u64, most: usize) -> Vec<Head>;
    growth(from: u64) -> Option<(Head, Vec<Hash>)>;
    leaves(from: u64, most: usize) -> Vec<Hash>;
    aging(site: &str, class: EntryClass, before: Timestamp, after: i64, most: usize) -> Vec<Aging>;
    oldest_choice() -> Option<Timestamp>;
    unshown(before: Date) -> u64;
    crowded_heads(before: Timestamp, most: usize) -> Vec<u64>;
    spent() -> Vec<KeyId>;
    under(key: KeyId, most: usize) -> Vec<(EntryId, Wrapped)>;
    sealed(ids: &[EntryId]) -> Vec<Sealed>;
    stored(after: i64, most: usize) -> Vec<(i64, Sealed)>;
    contents(after: Option<(String, Hash)>, most: usize) -> Vec<Content>;
    agreements(after: Option<(String, [u8; 10])>, most: usize) -> Vec<Agreed>;
    waiting_posts(after: i64, most: usize) -> Vec<Posted>;
    agreement(site: &str, reference: Reference) -> Option<Record>;
    newest(site: Option<&str>, most: usize) -> Vec<Record>;
    content(kind: ContentKind, hash: [u8; 32]) -> Option<Vec<u8>>;
    figures(asked: &FiguresAsked, most: usize) -> Vec<FigureRow>;
    figures_after(grain: Grain, after: &Cell, most: usize) -> Vec<FigureRow>;
    values(site: &str, from: i64, to: i64, most: usize) -> Vec<ValueRow>;
    firsts(site: &str, dimension: &str) -> Vec<(String, i64)>;
    runs(from: Timestamp, until: Timestamp, most: usize) -> Vec<RunRow>;
    began() -> Option<Timestamp>;
    first_day(site: &str) -> Option<i64>;
    in_force() -> Vec<InForce>;
    notes(site: Option<&str>, from: Date, to: Date, most: usize) -> Vec<Note>;
    claim(what: &str, day: &str) -> Claim;
    hold(what: &str, day: &str) -> ();
    finish(what: &str, day: &str) -> ();
    seen(site: Option<&str>, most: usize) -> Vec<SeenRow>;
    owed(receiver: ReceiverId, most: usize) -> Vec<Owed>;
}
