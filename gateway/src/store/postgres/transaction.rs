//! One transaction, by its number: so that, when the connection is cut while it is being committed, the next one can ask what became of it.
//!
//! It refuses to guess. Invariant: whoever is told that something was not stored is told the truth, or what was stored is taken back.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as Failure, Row};

type Values<'v> = &'v [&'v (dyn ToSql + Sync)];

/// A transaction under way. Dropped uncommitted it stays open: whoever drops it closes the connection or says [`roll_back`].
pub(super) struct Transaction<'c> {
    client: &'c ClientWrapper,
    number: String,
}

/// How a commit ended.
pub(super) enum End {
    Committed,
    /// The server took it back.
    Failed(Failure),
    /// The connection was cut before the server's word.
    Unknown {
        number: String,
        failure: Failure,
    },
}

/// What became of a transaction whose end was not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Committed,
    Aborted,
    /// The server hasn't noticed yet that the connection is gone.
    Open,
}

impl<'c> Transaction<'c> {
    pub(super) async fn begin(client: &'c ClientWrapper) -> Result<Self, Failure> {
        client.batch_execute("BEGIN").await?;
        let asked = client.prepare_cached("SELECT pg_current_xact_id()::text").await?;
        let number = client.query_one(&asked, &[]).await?.get(0);
        Ok(Self { client, number })
    }

    pub(super) async fn execute(&self, sql: &str, values: Values<'_>) -> Result<u64, Failure> {
        let statement = self.client.prepare_cached(sql).await?;
        self.client.execute(&statement, values).await
    }

    pub(super) async fn query(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>, Failure> {
        let statement = self.client.prepare_cached(sql).await?;
        self.client.query(&statement, values).await
    }

    pub(super) async fn commit(self) -> End {
        match self.client.batch_execute("COMMIT").await {
            Ok(()) => End::Committed,
            // What the server says of a commit that failed is an error of its own; anything else is silence.
            Err(failure) if failure.code().is_some_and(|code| !is_ending(code)) => End::Failed(failure),
            Err(failure) => End::Unknown { number: self.number, failure },
        }
    }
}

/// The server may have committed before it said this.
fn is_ending(code: &SqlState) -> bool {
    [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW].contains(code)
}

pub(super) async fn roll_back(client: &ClientWrapper) -> Result<(), Failure> {
    client.batch_execute("ROLLBACK").await
}

/// Asks the server, on another connection.
pub(super) async fn fate(client: &ClientWrapper, number: &str) -> Result<Fate, Failure> {
    let asked = "SELECT pg_xact_status($1::text::xid8)";
    let row = match client.query_one(asked, &[&number]).await {
        // A number that the server hasn't given out: another server took over before it heard of the transaction.
        Err(failure) if failure.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => return Ok(Fate::Aborted),
        row => row?,
    };
    Ok(match row.get::<_, Option<&str>>(0) {
        Some("committed") => Fate::Committed,
        Some("in progress") => Fate::Open,
        Some(_) | None => Fate::Aborted,
    })
}
