//! Questions, over a small pool of connections with a runtime of its own, so that whoever asks from whatever thread shares them.
//!
//! It refuses to wait without a bound for a connection or an answer. Invariant: every answer is bounded by its caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, Runtime};
use policies::consent::Reference;
use policies::{Record, Timestamp};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as Failure, Row};

use super::connect::{Door, running};
use super::migrate;
use super::proofs::{COLUMNS, WIDTH, sealed};
use crate::config;
use crate::ledger::{EntryId, document};
use crate::store::outbox::{Owed, ReceiverId};
use crate::store::rows::{Claim, ContentKind, InForce, SameSite, SeenIn, SeenRow};
use crate::store::{Error, Reason};
use crate::vault::{SealedEntry, Vault};

const SEEN: &str = "SELECT site, key, domain, path, partitioned, seen_in, secure, http_only, same_site, declared,
    lifetime, purpose, first_seen, last_seen, count, returned FROM seen WHERE $1::text IS NULL OR site = $1
    ORDER BY site, key, domain, path LIMIT $2";

// Rows are held for whoever asked first: several gateways ask at once.
const OWED: &str = "WITH mine AS (
        UPDATE outbox SET holder = $2, held = extract(epoch FROM now())::bigint + $4 WHERE (site, seq) IN (
            SELECT site, seq FROM outbox WHERE receiver = $1
                AND (holder = $2 OR held <= extract(epoch FROM now())::bigint)
            ORDER BY due, seq LIMIT $3 FOR UPDATE SKIP LOCKED)
        RETURNING site, record, seq, due, failures)
    SELECT {}, mine.seq, mine.due, mine.failures FROM mine JOIN named ON named.site = mine.site AND named.id = mine.record
    JOIN entry ON entry.site = named.site AND entry.made = named.made AND entry.id = named.id";

const CLAIM: &str =
    "INSERT INTO in_force (site, what, id, since) VALUES ('', $1, $2, extract(epoch FROM now())::bigint)
    ON CONFLICT (site, what) DO UPDATE SET id = excluded.id, since = excluded.since
        WHERE in_force.id < excluded.id OR (in_force.id = excluded.id AND in_force.since <= excluded.since - $3)
    RETURNING id";

/// Behind the day: sorts after it, and before the next.
const DONE: &str = " done";
/// Seconds after which what nobody holds any more is another's.
const LEFT: i64 = 3_600;

/// Seconds for which rows of the outbox are held: longer than a message takes, so that it is sent twice only after a crash.
const HELD: i64 = 60;
/// How long a question waits for a lock.
const LOCK: Duration = Duration::from_secs(2);
/// The longest that a person's question may take.
const QUESTION: Duration = Duration::from_secs(30);
/// How long a question waits for a connection.
const POOL_WAIT: Duration = Duration::from_secs(10);

/// Where questions are asked; clones share the connections.
#[derive(Clone)]
pub(in crate::store) struct Reading {
    desk: Arc<Desk>,
}

struct Desk {
    place: config::Postgres,
    vault: Arc<Vault>,
    /// Names this process among those that ask what is owed.
    asker: i64,
    pool: Pool,
    /// None only while it is being dropped.
    runtime: Option<tokio::runtime::Runtime>,
    /// See [`Place::taking_over`](crate::store::Place).
    taking_over: bool,
    /// Whether the schema was looked at.
    known: AtomicBool,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.pool.close();
        // The last handle may be dropped by a task, which must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Reading {
    /// Connects at the first question.
    pub(in crate::store) fn of(
        place: &config::Postgres,
        vault: Arc<Vault>,
        (connections, lock_wait): (usize, Duration),
        taking_over: bool,
    ) -> Result<Self, Error> {
        let door = Door::new(place, QUESTION, lock_wait.max(LOCK))?;
        let manager = Manager::from_connect(place.server().clone(), door, ManagerConfig::default());
        let pool = Pool::builder(manager)
            .max_size(connections.max(1))
            .wait_timeout(Some(POOL_WAIT))
            .create_timeout(Some(POOL_WAIT))
            .recycle_timeout(Some(POOL_WAIT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::server(place, error))?;
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).thread_name("store-questions").enable_all().build();
        let runtime = Some(runtime.map_err(|error| Error::server(place, error))?);
        let mut asker = [0; 8];
        aws_lc_rs::rand::fill(&mut asker).ok();
        let desk = Desk {
            place: place.clone(),
            vault,
            asker: i64::from_be_bytes(asker),
            pool,
            runtime,
            taking_over,
            known: AtomicBool::new(false),
        };
        Ok(Self { desk: Arc::new(desk) })
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.desk.vault
    }

    pub(in crate::store) fn record(&self, id: EntryId) -> Result<Option<Record>, Error> {
        let asked =
            "SELECT {} FROM named JOIN entry USING (site, made, id) WHERE named.id = $1 AND class = 'consent' LIMIT 1";
        self.records(asked, &[&&id[..]]).map(|found| found.into_iter().next())
    }

    pub(in crate::store) fn agreement(&self, site: &str, reference: Reference) -> Result<Option<Record>, Error> {
        let asked = "SELECT {} FROM agreement JOIN named ON named.site = agreement.site AND named.id = agreement.record
            JOIN entry ON entry.site = named.site AND entry.made = named.made AND entry.id = named.id
            WHERE agreement.site = $1 AND agreement.reference = $2 AND class = 'consent'";
        self.records(asked, &[&site, &&reference.0[..]]).map(|found| found.into_iter().next())
    }

    pub(in crate::store) fn newest(&self, site: Option<&str>, most: usize) -> Result<Vec<Record>, Error> {
        let asked = "SELECT {} FROM entry WHERE class = 'consent' AND ($1::text IS NULL OR site = $1) ORDER BY seq DESC LIMIT $2";
        self.records(asked, &[&site, &limit(most)])
    }

    /// What is owed is this process's to tell for a while: another that asks meanwhile is shown other rows.
    pub(in crate::store) fn owed(&self, receiver: ReceiverId, most: usize) -> Result<Vec<Owed>, Error> {
        let rows = self.ask(&OWED.replace("{}", COLUMNS), &[&&receiver[..], &self.desk.asker, &limit(most), &HELD])?;
        let mut owed = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(record) = self.record_of(sealed(row).map_err(running)?)? else { continue };
            let read = || {
                let failures: i32 = row.try_get(WIDTH + 2)?;
                let (seq, due) = (row.try_get(WIDTH)?, Timestamp(row.try_get(WIDTH + 1)?));
                Ok(Owed { seq, due, failures: u32::try_from(failures).unwrap_or_default(), record })
            };
            owed.push(read().map_err(running)?);
        }
        owed.sort_unstable_by_key(|owed| (owed.due, owed.seq));
        Ok(owed)
    }

    fn records(&self, asked: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Record>, Error> {
        let rows = self.ask(&asked.replace("{}", COLUMNS), values)?;
        let records = rows.iter().map(|row| self.record_of(sealed(row).map_err(running)?));
        records.filter_map(Result::transpose).collect()
    }

    /// None where its key was destroyed.
    fn record_of(&self, sealed: SealedEntry) -> Result<Option<Record>, Error> {
        let Some((entry, _)) = self.opened(sealed)? else { return Ok(None) };
        let read = document::read(&entry.contents);
        read.map(Some).map_err(|error| Error::Unavailable { reason: Reason::Keys, source: Some(Arc::new(error)) })
    }

    pub(in crate::store) fn content(&self, kind: ContentKind, hash: [u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        let asked = "SELECT bytes FROM content WHERE kind = $1 AND hash = $2";
        let rows = self.ask(asked, &[&kind.name(), &&hash[..]])?;
        rows.first().map(|row| row.try_get(0)).transpose().map_err(running)
    }

    /// A later day than the last: days are written so that they sort.
    pub(in crate::store) fn claim(&self, what: &str, day: &str) -> Result<Claim, Error> {
        if !self.ask(CLAIM, &[&what, &day, &LEFT])?.is_empty() {
            return Ok(Claim::Ours);
        }
        let later = "SELECT FROM in_force WHERE site = '' AND what = $1 AND id > $2";
        self.ask(later, &[&what, &day]).map(|rows| if rows.is_empty() { Claim::Others } else { Claim::Done })
    }

    /// Says that it is still being done.
    pub(in crate::store) fn hold(&self, what: &str, day: &str) -> Result<(), Error> {
        let held = "UPDATE in_force SET since = extract(epoch FROM now())::bigint
            WHERE site = '' AND what = $1 AND id = $2";
        self.ask(held, &[&what, &day]).map(drop)
    }

    /// Says that it is done.
    pub(in crate::store) fn finish(&self, what: &str, day: &str) -> Result<(), Error> {
        let done = "UPDATE in_force SET id = $3 WHERE site = '' AND what = $1 AND id = $2";
        self.ask(done, &[&what, &day, &format!("{day}{DONE}")]).map(drop)
    }

    pub(in crate::store) fn in_force(&self) -> Result<Vec<InForce>, Error> {
        let rows = self.ask("SELECT site, what, id FROM in_force ORDER BY site, what LIMIT 10000", &[])?;
        let read = |row: &Row| Ok(InForce { site: row.try_get(0)?, what: row.try_get(1)?, id: row.try_get(2)? });
        rows.iter().map(read).collect::<Result<_, _>>().map_err(running)
    }

    pub(in crate::store) fn seen(&self, site: Option<&str>, most: usize) -> Result<Vec<SeenRow>, Error> {
        let rows = self.ask(SEEN, &[&site, &limit(most)])?;
        rows.iter().map(seen).collect::<Result<_, _>>().map_err(running)
    }

    /// The rows of an answer.
    pub(super) fn ask(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.wait_for(async {
            let connection = self.connection().await?;
            let statement = connection.prepare_cached(sql).await.map_err(running)?;
            connection.query(&statement, values).await.map_err(running)
        })
    }

    pub(super) fn wait_for<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        match &self.desk.runtime {
            Some(runtime) => runtime.block_on(answer),
            None => Err(Error::unavailable(Reason::Stopped)),
        }
    }

    pub(super) async fn connection(&self) -> Result<Object, Error> {
        let connection = self.desk.pool.get().await.map_err(waited)?;
        if !self.desk.known.load(Ordering::Relaxed) {
            let found = migrate::schema(&connection).await.map_err(running)?;
            if !migrate::usable(found, &self.desk.place)? {
                let path = self.desk.place.to_string().into();
                return Err(match found {
                    migrate::Schema::Ours(_) => Error::Older { path },
                    migrate::Schema::Empty | migrate::Schema::Foreign => Error::Nothing { path },
                });
            }
            if !self.desk.taking_over {
                migrate::refuse_half_moved(&connection, &self.desk.place).await?;
            }
            self.desk.known.store(true, Ordering::Relaxed);
        }
        Ok(connection)
    }
}

fn waited(error: PoolError) -> Error {
    match error {
        PoolError::Backend(error) => running(error),
        PoolError::Timeout(_) => Error::unavailable(Reason::Slow),
        PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            Error::unavailable(Reason::Stopped)
        }
    }
}

fn seen(row: &Row) -> Result<SeenRow, Failure> {
    let domain: String = row.try_get(2)?;
    let (seen_in, same_site): (&str, &str) = (row.try_get(5)?, row.try_get(8)?);
    Ok(SeenRow {
        site: row.try_get(0)?,
        key: row.try_get(1)?,
        domain: (!domain.is_empty()).then_some(domain),
        path: row.try_get(3)?,
        partitioned: row.try_get(4)?,
        // The table holds no other word.
        seen_in: if seen_in == SeenIn::Response.name() { SeenIn::Response } else { SeenIn::Request },
        secure: row.try_get(6)?,
        http_only: row.try_get(7)?,
        same_site: SameSite::ALL.into_iter().find(|word| word.name() == same_site).unwrap_or(SameSite::Unset),
        declared: row.try_get(9)?,
        lifetime: row.try_get(10)?,
        purpose: row.try_get(11)?,
        first_seen: Timestamp(row.try_get(12)?),
        last_seen: Timestamp(row.try_get(13)?),
        count: count(row, 14)?,
        returned: count(row, 15)?,
    })
}

/// A column of so many bytes, which the table's checks hold.
pub(super) fn bytes<const N: usize>(row: &Row, column: usize) -> Result<[u8; N], Failure> {
    row.try_get::<_, &[u8]>(column).map(|bytes| bytes.try_into().unwrap_or([0; N]))
}

pub(super) fn count(row: &Row, column: usize) -> Result<u64, Failure> {
    row.try_get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or_default())
}

pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}
