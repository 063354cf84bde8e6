//! What people read from the store, on connections of its own: of a file one that can't write, of a server a few. While the gateway runs,
//! and from another process too.
//!
//! It refuses to open more connections than that. Invariant: as many questions at a time; the others wait without a thread.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use policies::consent::Reference;
use policies::{Date, Record, Timestamp};
use tokio::sync::Semaphore;

use super::backend::Reading;
use super::ending::{Aging, Sealed};
use super::figures::{Cell, FigureRow, FiguresAsked, Grain, RunRow, ValueRow};
use super::moving::{Agreed, Content, Posted};
use super::notes::Note;
use super::outbox::{Owed, ReceiverId};
use super::rows::{Asked, Claim, ContentKind, InForce, Numbered, SeenRow};
use super::{Error, Limits, Place, Reason};
use crate::ledger::{EntryClass, EntryId, Hash, Head, Proof, Proven};
use crate::vault::{KeyId, Vault, Wrapped};

/// A handle for reading; clones share the connection.
#[derive(Clone)]
pub struct Archive {
    shelf: Arc<Shelf>,
}

struct Shelf {
    place: Place,
    vault: Arc<Vault>,
    connections: usize,
    lock_wait: Duration,
    /// Opened at the first question, and anew after a failure.
    reading: Mutex<Option<Reading>>,
    turns: Semaphore,
}

impl Archive {
    /// The archive of a place. Nothing is opened before the first question.
    #[must_use]
    pub fn at(place: &Place, lock_wait: Duration) -> Self {
        Self::asking(place, &Limits { lock_wait, ..Limits::default() })
    }

    pub(super) fn asking(place: &Place, limits: &Limits) -> Self {
        let connections = if place.postgres.is_some() { limits.connections.max(1) } else { 1 };
        let shelf = Shelf {
            place: place.clone(),
            vault: Arc::new(Vault::at(place.record_keys.clone())),
            connections,
            lock_wait: limits.lock_wait,
            reading: Mutex::new(None),
            turns: Semaphore::new(connections),
        };
        Self { shelf: Arc::new(shelf) }
    }

    /// One record by its id.
    ///
    /// # Errors
    /// See [`Error`]; so for all questions.
    pub async fn record(&self, id: [u8; 16]) -> Result<Option<Record>, Error> {
        self.ask(move |reading| reading.record(id)).await
    }

    /// An entry of any class with what proves it; None where it isn't there, or was destroyed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn proven(&self, id: EntryId) -> Result<Option<Proven>, Error> {
        self.ask(move |reading| reading.proven(id)).await
    }

    /// That a leaf stands at its place in the log, for an entry that lies elsewhere by now; None past the log's end.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn proof(&self, place: u64) -> Result<Option<Proof>, Error> {
        self.ask(move |reading| reading.proof(place)).await
    }

    /// Entries, the oldest first; at most `most` are looked at.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn entries(&self, asked: Asked, most: usize) -> Result<Vec<Numbered>, Error> {
        self.ask(move |reading| reading.entries(&asked, most)).await
    }

    /// Entries of a class of a site that were made before a moment and stored after a number; at most `most`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn aging(
        &self,
        site: String,
        class: EntryClass,
        before: Timestamp,
        after: i64,
        most: usize,
    ) -> Result<Vec<Aging>, Error> {
        self.ask(move |reading| reading.aging(&site, class, before, after, most)).await
    }

    /// When the oldest choice that is kept was made.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn oldest_choice(&self) -> Result<Option<Timestamp>, Error> {
        self.ask(Reading::oldest_choice).await
    }

    /// How many contents that records name were shown last before a day.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn unshown(&self, before: Date) -> Result<u64, Error> {
        self.ask(move |reading| reading.unshown(before)).await
    }

    /// Sizes of heads signed before a moment that are not the last of their day, nor the first of all; at most `most`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn crowded_heads(&self, before: Timestamp, most: usize) -> Result<Vec<u64>, Error> {
        self.ask(move |reading| reading.crowded_heads(before, most)).await
    }

    /// Keys under which something was destroyed and that are still there.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn spent(&self) -> Result<Vec<KeyId>, Error> {
        self.ask(Reading::spent).await
    }

    /// The wrapped keys of entries under a key; at most `most`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn under(&self, key: KeyId, most: usize) -> Result<Vec<(EntryId, Wrapped)>, Error> {
        self.ask(move |reading| reading.under(key, most)).await
    }

    /// Entries as they lie there.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn sealed(&self, ids: Vec<EntryId>) -> Result<Vec<Sealed>, Error> {
        self.ask(move |reading| reading.sealed(&ids)).await
    }

    pub(super) async fn stored(&self, after: i64, most: usize) -> Result<Vec<(i64, Sealed)>, Error> {
        self.ask(move |reading| reading.stored(after, most)).await
    }

    pub(super) async fn contents(&self, after: Option<(String, Hash)>, most: usize) -> Result<Vec<Content>, Error> {
        self.ask(move |reading| reading.contents(after, most)).await
    }

    pub(super) async fn agreements(
        &self,
        after: Option<(String, [u8; 10])>,
        most: usize,
    ) -> Result<Vec<Agreed>, Error> {
        self.ask(move |reading| reading.agreements(after, most)).await
    }

    pub(super) async fn waiting_posts(&self, after: i64, most: usize) -> Result<Vec<Posted>, Error> {
        self.ask(move |reading| reading.waiting_posts(after, most)).await
    }

    /// The keys that entries are sealed with.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.shelf.vault
    }

    /// The newest head of the log.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn head(&self) -> Result<Option<Head>, Error> {
        self.ask(Reading::head).await
    }

    /// The heads from a size on, the smallest first; at most `most`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn heads(&self, from: u64, most: usize) -> Result<Vec<Head>, Error> {
        self.ask(move |reading| reading.heads(from, most)).await
    }

    /// How the log grew out of its first so many leaves: the newest head, and the path to it (RFC 9162 2.1.4). None where it has
    /// no more of them than that, and isn't as long. No head of that size need be there.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn growth(&self, from: u64) -> Result<Option<(Head, Vec<Hash>)>, Error> {
        self.ask(move |reading| reading.growth(from)).await
    }

    /// The leaves of the log from a place on; at most `most`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn leaves(&self, from: u64, most: usize) -> Result<Vec<Hash>, Error> {
        self.ask(move |reading| reading.leaves(from, most)).await
    }

    /// The record of what a guardian agreed to under a code of a site.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn agreement(&self, site: String, reference: Reference) -> Result<Option<Record>, Error> {
        self.ask(move |reading| reading.agreement(&site, reference)).await
    }

    /// The records stored last, the newest first, at most `most`; of one site or of all.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn newest(&self, site: Option<String>, most: usize) -> Result<Vec<Record>, Error> {
        self.ask(move |reading| reading.newest(site.as_deref(), most)).await
    }

    /// What was shown under this hash.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn content(&self, kind: ContentKind, hash: [u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        self.ask(move |reading| reading.content(kind, hash)).await
    }

    /// What analysts noted about some days, both ends included, by day; at most `most`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn notes(&self, site: Option<String>, from: Date, to: Date, most: usize) -> Result<Vec<Note>, Error> {
        self.ask(move |reading| reading.notes(site.as_deref(), from, to, most)).await
    }

    /// What the gateway that began or reloaded last said that it runs. Of a file: nothing.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn in_force(&self) -> Result<Vec<InForce>, Error> {
        self.ask(Reading::in_force).await
    }

    /// Whose what is done once a day by one gateway of the store is: whoever asks first has it, and another may take it where
    /// nobody [held](Self::hold) it for an hour. Of a file: always ours.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn claim(&self, what: &'static str, day: String) -> Result<Claim, Error> {
        self.ask(move |reading| reading.claim(what, &day)).await
    }

    /// Says that a gateway is still at what it claimed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn hold(&self, what: &'static str, day: String) -> Result<(), Error> {
        self.ask(move |reading| reading.hold(what, &day)).await
    }

    /// Says that what was claimed is done for that day.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn finish(&self, what: &'static str, day: String) -> Result<(), Error> {
        self.ask(move |reading| reading.finish(what, &day)).await
    }

    /// Counts, in the order of their cells; at most `most` rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn figures(&self, asked: FiguresAsked, most: usize) -> Result<Vec<FigureRow>, Error> {
        self.ask(move |reading| reading.figures(&asked, most)).await
    }

    /// All counts of hours or of days behind a cell, in the order of their cells: to page on.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn figures_after(&self, grain: Grain, after: Cell, most: usize) -> Result<Vec<FigureRow>, Error> {
        self.ask(move |reading| reading.figures_after(grain, &after, most)).await
    }

    /// The values of every dimension that a site has in some days, the most frequent of each dimension first; at most `most` rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn values(&self, site: String, from: i64, to: i64, most: usize) -> Result<Vec<ValueRow>, Error> {
        self.ask(move |reading| reading.values(&site, from, to, most)).await
    }

    /// The values of a site's dimension, each with the first day with a count of it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn firsts(&self, site: String, dimension: String) -> Result<Vec<(String, i64)>, Error> {
        self.ask(move |reading| reading.firsts(&site, &dimension)).await
    }

    /// When gateways counted, as far as that reaches into a time, by their beginnings; at most `most` rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn runs(&self, from: Timestamp, until: Timestamp, most: usize) -> Result<Vec<RunRow>, Error> {
        self.ask(move |reading| reading.runs(from, until, most)).await
    }

    /// When somebody counted first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn began(&self) -> Result<Option<Timestamp>, Error> {
        self.ask(Reading::began).await
    }

    /// The first day with a count of a site, or of all ([`super::ALL_SITES`]), by its own calendar, as days since 1970.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn first_day(&self, site: String) -> Result<Option<i64>, Error> {
        self.ask(move |reading| reading.first_day(&site)).await
    }

    /// What sites were seen to set, by site and key; at most `most` rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn seen(&self, site: Option<String>, most: usize) -> Result<Vec<SeenRow>, Error> {
        self.ask(move |reading| reading.seen(site.as_deref(), most)).await
    }

    /// What a receiver is to be told: what is due first before the rest; at most `most` rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn owed(&self, receiver: ReceiverId, most: usize) -> Result<Vec<Owed>, Error> {
        self.ask(move |reading| reading.owed(receiver, most)).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reading) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let stopped = || Error::unavailable(Reason::Stopped);
        let _turn = self.shelf.turns.acquire().await.map_err(|_| stopped())?;
        let shelf = Arc::clone(&self.shelf);
        tokio::task::spawn_blocking(move || shelf.answer(question)).await.unwrap_or_else(|_| Err(stopped()))
    }
}

impl Shelf {
    fn answer<T>(&self, question: impl FnOnce(&Reading) -> Result<T, Error>) -> Result<T, Error> {
        let mut place = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = match place.take() {
            Some(reading) => reading,
            None => Reading::open(&self.place, self.connections, self.lock_wait, Arc::clone(&self.vault))?,
        };
        if let Some(shared) = reading.shared() {
            *place = Some(reading);
            drop(place);
            return question(&shared);
        }
        let answer = question(&reading)?;
        *place = Some(reading);
        Ok(answer)
    }
}
