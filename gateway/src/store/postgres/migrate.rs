//! The schema's versions on PostgreSQL, in order, and the months' partitions. A file that is here is never changed; a new version
//! is a new file.
//!
//! It refuses to go back: an older program leaves a newer schema alone. Invariant: all missing versions are applied in one transaction, by
//! one gateway at a time.

use policies::time::DAY;
use policies::{Date, Timestamp};
use tokio_postgres::{Client, Error as Failure};

use super::connect::{SCHEMA, running};
use crate::config;
use crate::store::Error;
use crate::store::moving::MARK;

/// The first makes version 1.
const VERSIONS: [&str; 4] = [
    include_str!("../../../migrations/postgres/0001_beginning.sql"),
    include_str!("../../../migrations/postgres/0002_figures.sql"),
    include_str!("../../../migrations/postgres/0003_last_shown.sql"),
    include_str!("../../../migrations/postgres/0004_notes.sql"),
];

/// The newest schema that this program knows.
pub(super) const NEWEST: i64 = VERSIONS.len() as i64;

/// The first half of this gateway's advisory locks ("cgw1"); the second names the lock.
pub(super) const LOCKS: i32 = 0x6367_7731;
const LOCK_OF_SCHEMA: i32 = 1;
const LOCK_OF_PARTITIONS: i32 = 2;

/// Tables with a partition a month, and how many of their unit make a day.
const MONTHLY: [(&str, i64); 1] = [("entry", DAY)];

/// Months for which partitions are made ahead, beside the one that runs.
const AHEAD: u8 = 2;

/// What a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// Nothing of ours in it.
    Empty,
    /// Ours, at a version.
    Ours(i64),
    /// Somebody else's schema has our name.
    Foreign,
}

pub(super) async fn schema(client: &Client) -> Result<Schema, Failure> {
    let asked = "SELECT to_regclass($1) IS NOT NULL, EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace($2)::oid)";
    let row = client.query_one(asked, &[&format!("{SCHEMA}.version"), &SCHEMA]).await?;
    match (row.get(0), row.get(1)) {
        (true, _) => {
            let row = client.query_one("SELECT version FROM version", &[]).await?;
            Ok(Schema::Ours(row.get(0)))
        }
        (false, false) => Ok(Schema::Empty),
        (false, true) => Ok(Schema::Foreign),
    }
}

/// Whether this program can use what it finds; None where it first has to be brought up to date.
pub(super) fn usable(found: Schema, place: &config::Postgres) -> Result<bool, Error> {
    let path = || place.to_string().into();
    match found {
        Schema::Ours(found) if found > NEWEST => Err(Error::Newer { path: path(), found, known: NEWEST }),
        Schema::Ours(found) => Ok(found == NEWEST),
        Schema::Empty => Ok(false),
        Schema::Foreign => Err(Error::NotOurs { path: path() }),
    }
}

/// Refuses a database into which a move was broken off.
pub(super) async fn refuse_half_moved(client: &Client, place: &config::Postgres) -> Result<(), Error> {
    let asked = "SELECT EXISTS (SELECT FROM content WHERE kind = $1)";
    let row = client.query_one(asked, &[&MARK]).await.map_err(running)?;
    if row.get(0) { Err(Error::HalfMoved { path: place.to_string().into() }) } else { Ok(()) }
}

/// Brings a database to [`NEWEST`]. However many gateways begin at once, one does it and the others wait for that.
pub(super) async fn migrate(client: &mut Client, place: &config::Postgres) -> Result<(), Error> {
    if !usable(schema(client).await.map_err(running)?, place)? {
        apply(client, place).await?;
    }
    partitions(client).await.map_err(running)
}

async fn apply(client: &mut Client, place: &config::Postgres) -> Result<(), Error> {
    let transaction = client.transaction().await.map_err(running)?;
    // Others wait here for whoever was first.
    transaction
        .batch_execute("SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '120s'")
        .await
        .map_err(running)?;
    let lock = "SELECT pg_advisory_xact_lock($1, $2)";
    transaction.query_one(lock, &[&LOCKS, &LOCK_OF_SCHEMA]).await.map_err(running)?;
    let found = schema(transaction.client()).await.map_err(running)?;
    let at = match found {
        found if usable(found, place)? => return Ok(()),
        Schema::Ours(version) => version,
        Schema::Empty | Schema::Foreign => 0,
    };
    let missing = VERSIONS.iter().skip(usize::try_from(at).unwrap_or(usize::MAX));
    let begin = format!(
        "DO $$ BEGIN IF to_regnamespace('{SCHEMA}') IS NULL THEN CREATE SCHEMA {SCHEMA}; END IF; END $$;
        CREATE TABLE IF NOT EXISTS version (version bigint NOT NULL)"
    );
    let end = format!("DELETE FROM version; INSERT INTO version VALUES ({NEWEST})");
    for step in std::iter::once(begin.as_str()).chain(missing.copied()).chain([end.as_str()]) {
        transaction.batch_execute(step).await.map_err(running)?;
    }
    transaction.commit().await.map_err(running)
}

/// Makes the partitions of this month and the next ones, where another gateway isn't about to. The server's clock counts: gateways
/// may have others.
pub(super) async fn partitions(client: &mut Client) -> Result<(), Failure> {
    let transaction = client.transaction().await?;
    let asked = "SELECT pg_try_advisory_xact_lock($1, $2), extract(epoch FROM now())::bigint";
    let row = transaction.query_one(asked, &[&LOCKS, &LOCK_OF_PARTITIONS]).await?;
    if !row.get::<_, bool>(0) {
        return Ok(());
    }
    let mut month = first_of(Timestamp(row.get(1)).date());
    for _ in 0..=AHEAD {
        let next = next_month(month);
        for (table, in_a_day) in MONTHLY {
            let name = format!("{table}_{:04}_{:02}", month.year, month.month);
            let whole = format!("{SCHEMA}.{name}");
            let there = transaction.query_one("SELECT to_regclass($1) IS NOT NULL", &[&whole]).await?;
            if !there.get::<_, bool>(0) {
                let (from, to) = (month.day_number() * in_a_day, next.day_number() * in_a_day);
                // Made beside the table and attached: whoever writes meanwhile is not held up. Where the default partition has rows of
                // that month already, they stay there.
                transaction
                    .batch_execute(&format!(
                        "DO $$ BEGIN
                            CREATE TABLE {name} (LIKE {table} INCLUDING ALL);
                            ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to});
                        EXCEPTION WHEN check_violation THEN NULL;
                        END $$"
                    ))
                    .await?;
            }
        }
        month = next;
    }
    transaction.commit().await
}

const fn first_of(date: Date) -> Date {
    Date { day: 1, ..date }
}

const fn next_month(first: Date) -> Date {
    match first.month {
        12 => Date { year: first.year + 1, month: 1, day: 1 },
        month => Date { month: month + 1, ..first },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other() {
        let date = |year, month, day| Date { year, month, day };
        assert_eq!(next_month(first_of(date(2026, 11, 30))), date(2026, 12, 1));
        assert_eq!(next_month(first_of(date(2026, 12, 31))), date(2027, 1, 1));
    }
}
