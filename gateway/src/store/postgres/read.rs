//! Questions, over a small pool of connections with a runtime of its own, so that whoever asks from whatever thread shares them.
//!
//! It refuses to wait without a bound for a connection or an answer. Invariant: every answer is bounded by its caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, Runtime};
use policies::{Date, PolicyVersion, Timestamp};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as Failure, Row};

use super::connect::{Door, running};
use super::migrate;
use crate::config;
use crate::store::outbox::{Owed, ReceiverId};
use crate::store::rows::{ContentKind, SameSite, SeenIn, SeenRow, TallyRow};
use crate::store::{Error, Limits, Reason};

const TALLY: &str = "SELECT site, day, policy, kind, name, count FROM tally
    WHERE day BETWEEN $1 AND $2 AND ($3::text IS NULL OR site = $3) ORDER BY day, site, policy, kind, name LIMIT $4";

const SEEN: &str = "SELECT site, key, domain, path, partitioned, seen_in, secure, http_only, same_site, declared,
    lifetime, purpose, first_seen, last_seen, count, returned FROM seen WHERE $1::text IS NULL OR site = $1
    ORDER BY site, key, domain, path LIMIT $2";

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
    pool: Pool,
    /// None only while it is being dropped.
    runtime: Option<tokio::runtime::Runtime>,
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
    pub(in crate::store) fn of(place: &config::Postgres, limits: &Limits) -> Result<Self, Error> {
        let door = Door::new(place, QUESTION, limits.lock_wait.max(Duration::from_secs(2)))?;
        let manager = Manager::from_connect(place.server().clone(), door, ManagerConfig::default());
        let pool = Pool::builder(manager)
            .max_size(limits.connections.max(1))
            .wait_timeout(Some(POOL_WAIT))
            .create_timeout(Some(POOL_WAIT))
            .recycle_timeout(Some(POOL_WAIT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::server(place, error))?;
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).thread_name("store-questions").enable_all().build();
        let runtime = Some(runtime.map_err(|error| Error::server(place, error))?);
        Ok(Self { desk: Arc::new(Desk { place: place.clone(), pool, runtime, known: AtomicBool::new(false) }) })
    }

    pub(in crate::store) fn content(&self, kind: ContentKind, hash: [u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        let asked = "SELECT bytes FROM content WHERE kind = $1 AND hash = $2";
        let rows = self.ask(asked, &[&kind.name(), &&hash[..]])?;
        rows.first().map(|row| row.try_get(0)).transpose().map_err(running)
    }

    pub(in crate::store) fn tallies(
        &self,
        site: Option<&str>,
        from: Date,
        to: Date,
        most: usize,
    ) -> Result<Vec<TallyRow>, Error> {
        let rows = self.ask(TALLY, &[&day(from), &day(to), &site, &limit(most)])?;
        let read = |row: &Row| {
            Ok(TallyRow {
                site: row.try_get(0)?,
                day: Date::of_day_number(row.try_get::<_, i32>(1)?.into()),
                policy: PolicyVersion(bytes(row, 2)?),
                kind: row.try_get(3)?,
                name: row.try_get(4)?,
                count: count(row, 5)?,
            })
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(running)
    }

    pub(in crate::store) fn last_day(&self, site: Option<&str>) -> Result<Option<Date>, Error> {
        let rows = self.ask("SELECT max(day) FROM tally WHERE $1::text IS NULL OR site = $1", &[&site])?;
        let day = rows.first().and_then(|row| row.try_get::<_, Option<i32>>(0).transpose()).transpose();
        Ok(day.map_err(running)?.map(|day| Date::of_day_number(day.into())))
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

    fn wait_for<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        match &self.desk.runtime {
            Some(runtime) => runtime.block_on(answer),
            None => Err(Error::unavailable(Reason::Stopped)),
        }
    }

    async fn connection(&self) -> Result<Object, Error> {
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

fn count(row: &Row, column: usize) -> Result<u64, Failure> {
    row.try_get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or_default())
}

fn day(date: Date) -> i32 {
    i32::try_from(date.day_number()).unwrap_or(if date.year < 1970 { i32::MIN } else { i32::MAX })
}

pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}
