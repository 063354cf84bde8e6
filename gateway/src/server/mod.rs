//! Listening: bound addresses, permits, TLS, connections, and an end without cutting anybody off. The server takes
//! a configuration that is valid and a future that says when to stop.

mod connection;
mod descriptors;
mod gate;
mod origin_watch;
mod tls;
mod watched;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use policies::rules::catalog::Catalog;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::limit::GlobalConcurrencyLimitLayer;

use crate::books::Books;
use crate::config::{Config, Scheme};
use crate::inventory::Inventory;
use crate::proxy::{self, Gateway};
use crate::stats::{self, Tally};
use crate::store::{self, Store};

use connection::Connections;
use gate::Gate;

/// Why the server can't start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address can't be listened on.
    #[error("{address} can't be listened on; choose another address or stop what uses it")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The configuration can't be put to work.
    #[error(transparent)]
    Setup(#[from] proxy::SetupError),
    /// The certificate or its key.
    #[error("{path}: the certificate or key can't be used; write PEM files with a chain and its key")]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A server that listens and doesn't answer yet.
pub struct Server {
    gateway: Arc<Gateway>,
    books: Books,
    public: Vec<TcpListener>,
    admin: Option<TcpListener>,
    tls: Option<tokio_rustls::TlsAcceptor>,
    config: Config,
}

impl Server {
    /// Opens the data folder and binds every address.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn bind(config: Config) -> Result<Self, Error> {
        descriptors::raise(&config.limits);
        let store = Store::open(&config.data, &store_limits(&config))?;
        let inventory = Arc::new(Inventory::load(&store).await?);
        let books = Books {
            store,
            tally: Arc::new(Tally::default()),
            inventory,
            labels: Arc::new(Catalog::bundled().unwrap_or_default()),
        };
        let gateway = Arc::new(Gateway::new(&config, books.clone())?);
        let mut public = Vec::new();
        for address in &config.listen {
            public.push(listen(*address).await?);
        }
        let admin = match config.admin {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
        Ok(Self { gateway, books, public, admin, tls, config })
    }

    /// The gateway, to reload it.
    #[must_use]
    pub fn gateway(&self) -> Arc<Gateway> {
        Arc::clone(&self.gateway)
    }

    /// Where visitors connect.
    #[must_use]
    pub fn addresses(&self) -> Vec<(Scheme, SocketAddr)> {
        let scheme = if self.tls.is_some() { Scheme::Https } else { Scheme::Http };
        self.public.iter().filter_map(|listener| Some((scheme, listener.local_addr().ok()?))).collect()
    }

    /// Where owners and analysts connect.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref()?.local_addr().ok()
    }

    /// Answers until `stop` is ready; then no new connection is taken, those open may finish within the bound, and
    /// what was counted is written.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { gateway, books, public, admin, tls, config } = self;
        let limits = config.limits;
        keep_policies(&config, &books).await;
        let (stopping, stopped) = watch::channel(false);
        let sources: Vec<Arc<dyn store::Unsaved>> = vec![books.tally.clone(), books.inventory.clone()];
        let flushing = tokio::spawn(stats::flush(sources, books.store.clone(), ended(stopped.clone())));
        let watching = tokio::spawn(origin_watch::run(config.sites.clone(), limits.connect_wait));
        let gate = Gate::default();
        let bound = GlobalConcurrencyLimitLayer::new(limits.requests);
        let (leave, leaving) = watch::channel(false);
        let mut listening = Vec::new();
        for listener in public {
            let connections = Connections {
                gateway: Arc::clone(&gateway),
                bound: bound.clone(),
                gate: gate.clone(),
                tls: tls.clone(),
                leaving: leaving.clone(),
            };
            listening.push(tokio::spawn(connection::accept(listener, connections, ended(stopped.clone()))));
        }
        if let Some(listener) = admin {
            let sites = config.sites.iter().map(|site| site.name.clone()).collect();
            listening.push(tokio::spawn(connection::accept_admin(
                listener,
                books.clone(),
                sites,
                limits,
                ended(stopped.clone()),
            )));
        }
        drop(leaving);
        pin!(stop).await;
        stopping.send_replace(true);
        watching.abort();
        for task in listening {
            task.await.ok();
        }
        leave.send_replace(true);
        // Each connection holds a receiver until it has ended.
        if tokio::time::timeout(limits.stop_wait, leave.closed()).await.is_err() {
            tracing::warn!("some connections were cut off: they took longer than limits.stop_seconds");
        }
        flushing.await.ok();
        books.store.close().await;
        report_shadow(&config, &books);
    }
}

/// What shadow mode would have taken away, for the terminal.
fn report_shadow(config: &Config, books: &Books) {
    if config.sites.iter().any(|site| site.shadow) {
        for line in books.inventory.shadow().text().lines() {
            tracing::info!("{line}");
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

async fn ended(mut stopped: watch::Receiver<bool>) {
    stopped.wait_for(|stopped| *stopped).await.ok();
}

fn store_limits(config: &Config) -> store::Limits {
    store::Limits {
        queue: config.limits.store_queue,
        wait: config.limits.commit_wait,
        max_database_bytes: config.limits.database_bytes(),
        ..store::Limits::default()
    }
}

/// Keeps the text of each policy in force as evidence of what visitors were shown.
async fn keep_policies(config: &Config, books: &Books) {
    for site in &config.sites {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, site.policy_source.as_bytes());
        let mut hash = [0; 32];
        hash.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        let kept =
            books.store.keep_content(store::ContentKind::Policy, hash, site.policy_source.as_bytes().to_vec()).await;
        if let Err(error) = kept {
            tracing::error!(
                site = site.name,
                error = &error as &dyn std::error::Error,
                "the policy's text could not be kept"
            );
        }
    }
}
