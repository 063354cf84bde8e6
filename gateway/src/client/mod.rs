//! How this process reaches others: connections with a bound on the whole way, whose certificates are taken, and, for origins,
//! which connections are kept. Receivers of webhooks and pages that a command is given the address of are reached alike.
//!
//! Refuses to know what is sent. Invariant: one crypto provider on every side of TLS.

mod answer;
mod connect;
mod link;
pub(crate) mod page;
mod pool;
mod trust;

pub use answer::AnswerBody;
pub use pool::Error as CallError;

pub(crate) use connect::Bounded;
pub(crate) use pool::{Connector, Pool};
pub(crate) use trust::{of_system, with_authorities};

use std::sync::Arc;

/// Why the way can't be built.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The certificate authorities can't be read.
    #[error("{path}: the certificate authorities can't be read; write a PEM file with at least one certificate")]
    Authorities {
        /// The file.
        path: std::path::PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// TLS refuses the settings.
    #[error("TLS towards others can't be set up")]
    Tls(#[from] rustls::Error),
}

/// The process-wide crypto provider of both TLS sides.
pub(crate) fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
