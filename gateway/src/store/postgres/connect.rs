//! The way to PostgreSQL: one connection, made ready for this gateway, and what its errors mean to whoever asked.
//!
//! It refuses a certificate that isn't the server's. Invariant: no statement and no wait for a lock is without a bound, and a
//! commit that is answered lies on the server's disk.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Connect};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::client;
use crate::config;
use crate::store::{Error, Reason};

/// Everything of the gateway's in a database.
pub(super) const SCHEMA: &str = "consent_gateway";

/// How long connecting may take in all, over every address of a server.
const CONNECT: Duration = Duration::from_secs(8);

/// How a connection is made.
#[derive(Clone)]
pub(super) struct Door {
    place: config::Postgres,
    tls: Option<MakeRustlsConnect>,
    /// Said first on each connection.
    session: Arc<str>,
}

impl Door {
    /// With these bounds for each statement, and for each lock that it waits for.
    pub(super) fn new(place: &config::Postgres, statement: Duration, lock: Duration) -> Result<Self, Error> {
        let unusable = |error| Error::server(place, error);
        let tls = place.is_encrypted().then(|| match place.authorities() {
            Some(file) => client::with_authorities(file),
            None => client::of_system(),
        });
        let tls = tls.transpose().map_err(unusable)?.map(MakeRustlsConnect::new);
        Ok(Self { place: place.clone(), tls, session: session(statement, lock).into() })
    }

    /// What messages call the place.
    pub(super) const fn place(&self) -> &config::Postgres {
        &self.place
    }

    /// A connection, driven by a task of the runtime that asks.
    pub(super) async fn open(&self) -> Result<ClientWrapper, Error> {
        match tokio::time::timeout(CONNECT, self.connected()).await {
            Ok(Ok((client, task))) => Ok(ClientWrapper::new(client, task)),
            Ok(Err(error)) => Err(running(error)),
            Err(_) => Err(Error::unavailable(Reason::Away)),
        }
    }

    async fn connected(&self) -> Result<(Client, JoinHandle<()>), tokio_postgres::Error> {
        let server = self.place.server();
        // An end of the connection is told by the next statement on it.
        let (client, task) = match &self.tls {
            Some(tls) => {
                let (client, connection) = server.connect(tls.clone()).await?;
                (client, tokio::spawn(connection.map(drop)))
            }
            None => {
                let (client, connection) = server.connect(NoTls).await?;
                (client, tokio::spawn(connection.map(drop)))
            }
        };
        client.batch_execute(&self.session).await?;
        Ok((client, task))
    }
}

impl Connect for Door {
    fn connect(
        &self,
        _: &tokio_postgres::Config,
    ) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), tokio_postgres::Error>> {
        self.connected().boxed()
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>())
}

fn session(statement: Duration, lock: Duration) -> String {
    let (statement, lock) = (statement.as_millis().max(1), lock.as_millis().max(1));
    // Between two statements of a transaction this gateway does no more than arithmetic.
    format!(
        "SET search_path = {SCHEMA}; SET timezone = 'UTC'; SET statement_timeout = {statement}; SET lock_timeout = {lock};
        SET idle_in_transaction_session_timeout = {idle};
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        idle = statement.saturating_mul(4).max(10_000)
    )
}

/// What an error means to a gateway that runs.
pub(super) fn running(error: tokio_postgres::Error) -> Error {
    let reason = reason(&error);
    Error::Unavailable { reason, source: Some(Arc::new(error)) }
}

fn reason(error: &tokio_postgres::Error) -> Reason {
    let Some(code) = error.code() else { return Reason::Away };
    if [SqlState::DISK_FULL, SqlState::PROGRAM_LIMIT_EXCEEDED].contains(code) {
        Reason::Full
    } else if [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED].contains(code) {
        Reason::Locked
    } else if *code == SqlState::QUERY_CANCELED {
        Reason::Slow
    } else if [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME].contains(code) {
        Reason::Unready
    } else if is_away(code) {
        Reason::Away
    } else {
        Reason::Disk
    }
}

/// Whether the server is there and doesn't serve this gateway: shutting down, recovering, a standby, no more connections, no rights.
fn is_away(code: &SqlState) -> bool {
    let class = code.code().get(..2).unwrap_or_default();
    ["08", "28", "42", "53", "57"].contains(&class) || [SqlState::READ_ONLY_SQL_TRANSACTION].contains(code)
}

/// Why a round was not written.
pub(super) enum Trouble {
    /// The server, or the way to it.
    Server(tokio_postgres::Error),
    /// The log lacks hashes of its own edge.
    Log,
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Server(error) => running(error),
            Trouble::Log => Self::unavailable(Reason::Log),
        }
    }
}

/// Whether the connection itself is over, so that what was asked may be asked again on another.
pub(super) fn is_cut(trouble: &Trouble) -> bool {
    let Trouble::Server(error) = trouble else { return false };
    match error.code() {
        // An error of this side's own making, such as a value that doesn't fit, is told without a code too.
        None => error.is_closed() || is_io(error),
        Some(code) => [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ]
        .contains(code),
    }
}
