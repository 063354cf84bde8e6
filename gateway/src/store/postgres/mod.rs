//! PostgreSQL: one connection that writes, a few that are asked, and as many gateways as one likes.
//!
//! It refuses a server that is another program's or a newer version's. Invariant: a round is stored whole or not at all, and what was
//! said of it holds even where the connection is cut while it is being committed.

mod connect;
mod counts;
mod ending;
mod entries;
mod figures;
mod migrate;
mod moving;
mod notes;
mod outbox;
mod proofs;
mod read;
mod transaction;
mod write;

pub(super) use read::Reading;

use std::time::{Duration, Instant};

use deadpool_postgres::ClientWrapper;

use super::notary::{Notary, Task};
use super::outbox::{Change, Rules};
use super::rows::Batch;
use super::{Error, Limits, Reason};
use crate::config;
use crate::ledger::merkle::Frontier;
use connect::{Door, is_cut, running};
use transaction::{Fate, fate, roll_back};
use write::{Desk, Outcome, Written};

/// The pause after a connection that could not be made: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// How often the months' partitions are looked at.
const PARTITIONS: Duration = Duration::from_secs(3_600);
/// How often, and at what distance, a server is asked what became of a commit before the round is given up.
const ASKED: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(50);

/// The one connection that writes, with a runtime that runs while a round is written.
pub(in crate::store) struct Writing {
    runtime: tokio::runtime::Runtime,
    pen: Pen,
}

struct Pen {
    door: Door,
    open: Option<ClientWrapper>,
    pause: Duration,
    not_before: Option<Instant>,
    partitions_at: Instant,
    /// A commit whose end was not heard, with the counts in it.
    unheard: Option<(String, Vec<Batch>)>,
    /// Counts that were stored although their sender was told that they weren't; the next round takes them back.
    excess: Vec<Batch>,
    /// The log's edge after the last round that had it in hand.
    edge: Option<Frontier>,
    /// Whether leaves wait for their places.
    behind: bool,
}

impl Writing {
    /// Connects, and brings the schema up to date.
    pub(in crate::store) fn open(place: &config::Postgres, limits: &Limits, taking_over: bool) -> Result<Self, Error> {
        // On a thread of its own, since whoever asks may be a runtime's task, which must neither wait nor end another runtime.
        let (place, limits) = (place.clone(), limits.clone());
        let opened = std::thread::spawn(move || Self::opened(&place, &limits, taking_over)).join();
        opened.unwrap_or_else(|_| Err(Error::unavailable(Reason::Stopped)))
    }

    fn opened(place: &config::Postgres, limits: &Limits, taking_over: bool) -> Result<Self, Error> {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().map_err(|error| Error::server(place, error))?;
        let mut pen = Pen {
            door: Door::new(place, limits.wait, limits.lock_wait)?,
            open: None,
            pause: FIRST_PAUSE,
            not_before: None,
            partitions_at: Instant::now(),
            unheard: None,
            excess: Vec::new(),
            edge: None,
            // A gateway that ended may have left some.
            behind: true,
        };
        runtime.block_on(pen.begin(taking_over))?;
        Ok(Self { runtime, pen })
    }

    /// Commits all tasks, or none. Records are posted after the rules.
    pub(in crate::store) fn commit(
        &mut self,
        tasks: &[Task<'_>],
        notary: &Notary,
        rules: &Rules,
    ) -> Result<Change, Error> {
        let Self { runtime, pen } = self;
        runtime.block_on(pen.commit(tasks, notary, rules))
    }

    /// Whether leaves wait for their places: a round without tasks gives them some.
    pub(in crate::store) const fn is_behind(&self) -> bool {
        self.pen.behind
    }

    /// Says goodbye to the server.
    pub(in crate::store) fn close(&mut self) {
        let Self { runtime, pen } = self;
        runtime.block_on(async {
            drop(pen.open.take());
            tokio::task::yield_now().await;
        });
    }
}

impl Pen {
    async fn begin(&mut self, taking_over: bool) -> Result<(), Error> {
        let place = self.door.place().clone();
        let mut client = self.door.open().await.map_err(|error| Error::server(&place, error))?;
        migrate::migrate(&mut client, &place).await.map_err(|error| match error.reason() {
            Some(_) => Error::server(&place, error),
            None => error,
        })?;
        if !taking_over {
            migrate::refuse_half_moved(&client, &place).await?;
        }
        self.open = Some(client);
        Ok(())
    }

    async fn commit(&mut self, tasks: &[Task<'_>], notary: &Notary, rules: &Rules) -> Result<Change, Error> {
        // A connection that lay idle may have been cut long ago: that costs a second try, not the round.
        let mut tries = if self.open.is_some() { 2 } else { 1 };
        loop {
            tries -= 1;
            let client = self.connection().await?;
            self.settle_unheard(&client).await?;
            let desk = Desk { notary, rules, excess: &self.excess, edge: self.edge.as_ref() };
            match write::round(&client, tasks, &desk).await {
                Outcome::Done(written) => {
                    self.open = Some(client);
                    return Ok(self.done(written));
                }
                Outcome::Failed(trouble) if is_cut(&trouble) && tries > 0 => {}
                Outcome::Failed(trouble) => {
                    if !is_cut(&trouble) && roll_back(&client).await.is_ok() {
                        self.open = Some(client);
                    }
                    return Err(trouble.into());
                }
                Outcome::Unknown { number, failure, written } => {
                    self.unheard = Some((number, write::batches(tasks).cloned().collect()));
                    match self.was_committed().await {
                        Some(true) => return Ok(self.done(written)),
                        Some(false) if tries > 0 => {}
                        Some(false) | None => return Err(running(failure)),
                    }
                }
            }
        }
    }

    fn done(&mut self, written: Written) -> Change {
        self.excess.clear();
        self.behind = written.waiting;
        if written.edge.is_some() {
            self.edge = written.edge;
        }
        written.change
    }

    /// The connection, made anew where there is none; not more often than the pause allows.
    async fn connection(&mut self) -> Result<ClientWrapper, Error> {
        if let Some(client) = self.open.take().filter(|client| !client.is_closed()) {
            return Ok(self.with_partitions(client).await);
        }
        if self.not_before.is_some_and(|moment| Instant::now() < moment) {
            return Err(Error::unavailable(Reason::Away));
        }
        match self.door.open().await {
            Ok(client) => {
                (self.pause, self.not_before) = (FIRST_PAUSE, None);
                Ok(client)
            }
            Err(error) => {
                self.not_before = Some(Instant::now() + jittered(self.pause));
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                Err(error)
            }
        }
    }

    async fn with_partitions(&mut self, mut client: ClientWrapper) -> ClientWrapper {
        if self.partitions_at.elapsed() >= PARTITIONS {
            self.partitions_at = Instant::now();
            if let Err(error) = migrate::partitions(&mut client).await {
                let error = running(error);
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "partitions for the next months could not be made; rows go into the default one meanwhile"
                );
            }
        }
        client
    }

    /// What became of the last commit must be known before the next.
    async fn settle_unheard(&mut self, client: &ClientWrapper) -> Result<(), Error> {
        let Some((number, _)) = &self.unheard else { return Ok(()) };
        match fate(client, number).await.map_err(running)? {
            Fate::Open => Err(Error::unavailable(Reason::Slow)),
            Fate::Committed => {
                // It took back what was to be taken back before, and added what nobody was told of.
                self.excess = self.unheard.take().map(|(_, batches)| batches).unwrap_or_default();
                Ok(())
            }
            Fate::Aborted => {
                self.unheard = None;
                Ok(())
            }
        }
    }

    /// Asks for a moment what became of the commit that was just cut; None where that is not to be learned now.
    async fn was_committed(&mut self) -> Option<bool> {
        for _ in 0..ASKED {
            if let Ok(client) = self.connection().await {
                let number = self.unheard.as_ref().map(|(number, _)| number.clone())?;
                let found = fate(&client, &number).await;
                self.open = found.is_ok().then_some(client);
                match found {
                    Ok(Fate::Committed) => {
                        self.unheard = None;
                        return Some(true);
                    }
                    Ok(Fate::Aborted) => {
                        self.unheard = None;
                        return Some(false);
                    }
                    Ok(Fate::Open) | Err(_) => {}
                }
            }
            tokio::time::sleep(BETWEEN).await;
        }
        None
    }
}

/// Between half the pause and all of it, so that many gateways don't come back at once.
fn jittered(pause: Duration) -> Duration {
    let mut random = [0];
    aws_lc_rs::rand::fill(&mut random).ok();
    pause / 2 + pause / 2 * u32::from(random[0]) / 255
}
