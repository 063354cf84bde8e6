//! What can go wrong in the store, sorted by what the caller does: refuse to start, or carry on without it.
//!
//! It refuses to leak a backend's own error type. Invariant: every message is one sentence for the operator.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::Arc;

/// The cause as the backend told it; shared, since one failed commit answers many.
pub(crate) type Cause = Arc<dyn StdError + Send + Sync>;

/// A failure of the store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The data folder or file can't be made, read or written. Don't start.
    #[error("the data in {path} can't be used: make sure that this user may read and write there")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Cause,
    },
    /// The file is not a database, or another program's. Don't start.
    #[error("{path} is not a database of this gateway: name another data folder, or move the file away")]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// A newer version wrote it. Don't start.
    #[error("{path} was written by a newer version (schema {found}, this one knows {known}): run that version")]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema found.
        found: i64,
        /// The newest schema this version knows.
        known: i64,
    },
    /// Read only: an older version wrote it, and only a gateway that runs brings it up to date.
    #[error("{path} was written by an older version: start the gateway once to bring it up to date")]
    Older {
        /// The file.
        path: PathBuf,
    },
    /// Read only: no gateway has run with this folder yet.
    #[error("nothing is stored in {path} yet")]
    Nothing {
        /// The file looked for.
        path: PathBuf,
    },
    /// A copy of the data is not as it was written.
    #[error("{path} is damaged or was changed: its log does not verify, or an entry does not open; take another copy")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A move into it was broken off: what is there is a part. Don't start.
    #[error(
        "{path} holds only a part of what was to be moved there: run the same `records migrate` again, which goes on with it, or use the store that it came from"
    )]
    HalfMoved {
        /// The file, or the database without user and password.
        path: PathBuf,
    },
    /// A gateway has the data in hand.
    #[error("{path} is in use: stop the gateway first")]
    Running {
        /// The file.
        path: PathBuf,
    },
    /// The server can't be reached, or doesn't let this gateway in. Don't start.
    #[error(
        "{place} can't be used: make sure that it runs, and that its user may make and use the schema consent_gateway"
    )]
    Server {
        /// The database, without user and password.
        place: String,
        /// What it said.
        #[source]
        source: Cause,
    },
    /// A key beside the data can't be used. Don't start.
    #[error(transparent)]
    Keys(Arc<crate::ledger::Unusable>),
    /// The store can't answer now and may later. Nothing that asked has to be undone; the same record may be
    /// handed in again, since its id stores it once.
    #[error("the store can't be used at the moment: {reason}")]
    Unavailable {
        /// Why.
        reason: Reason,
        /// What the backend said, where it said something.
        #[source]
        source: Option<Cause>,
    },
}

/// Why the store is unavailable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// No room.
    #[error("the disk is full, or the database has reached `limits.database_mb`; make room or raise the limit")]
    Full,
    /// The server doesn't answer, or refuses.
    #[error("the database server does not answer or does not let this gateway in; look at the server and at `store`")]
    Away,
    /// Hashes of the log are missing.
    #[error("the log of the evidence lacks hashes that it is made of; restore the database from a backup")]
    Log,
    /// Nothing of ours is in the database.
    #[error("the database has not been prepared yet; start a gateway with it once")]
    Unready,
    /// Another process holds the database.
    #[error("another program has locked the database; end it or wait for it")]
    Locked,
    /// Reading or writing failed.
    #[error("reading or writing the database failed; look at the disk and at the rights of the data folder")]
    Disk,
    /// A record can't be sealed or opened.
    #[error("the keys of the records can't be used; look at their folder")]
    Keys,
    /// No answer within the bound.
    #[error("the disk did not answer in time")]
    Slow,
    /// The queue is full.
    #[error("too much waits to be stored")]
    Overloaded,
    /// It was closed.
    #[error("the gateway is stopping")]
    Stopped,
}

impl Error {
    pub(crate) const fn unavailable(reason: Reason) -> Self {
        Self::Unavailable { reason, source: None }
    }

    pub(crate) fn folder(path: impl Into<PathBuf>, source: impl StdError + Send + Sync + 'static) -> Self {
        Self::Folder { path: path.into(), source: Arc::new(source) }
    }

    pub(crate) fn server(place: &crate::config::Postgres, source: impl StdError + Send + Sync + 'static) -> Self {
        Self::Server { place: place.to_string(), source: Arc::new(source) }
    }

    /// Why it is unavailable; None for what keeps a gateway from starting.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Unavailable { reason, .. } => Some(*reason),
            Self::Keys(_)
            | Self::Changed { .. }
            | Self::Running { .. }
            | Self::Folder { .. }
            | Self::NotOurs { .. }
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::Server { .. }
            | Self::Nothing { .. }
            | Self::HalfMoved { .. } => None,
        }
    }
}
