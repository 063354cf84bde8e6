//! Listening: bound addresses, workers, permits, TLS, connections, and an end without cutting anybody off. The server
//! takes a configuration that is valid and a future that says when to stop.

mod configured;
mod connection;
mod descriptors;
mod drive;
mod entrance;
mod evidence;
mod fleet;
mod gate;
mod heads;
mod listening;
mod origin_watch;
mod reload;
mod tls;
mod visitor_stream;
mod worker;

pub use reload::Reload;
pub use tls::Unusable;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::books::{Books, Shelf};
use crate::bypass::Bypass;
use crate::config::{Config, Scheme, SiteConfig};
use crate::held::Held;
use crate::inventory::Inventory;
use crate::origin::Origins;
use crate::proxy::{self, Gateways};
use crate::retention;
use crate::rights::{self, Desk};
use crate::runtime;
use crate::shown::Faces;
use crate::stack::Bound;
use crate::stats::{self, Tally};
use crate::store::{self, Store};
use crate::telemetry::{AccessLog, Metrics, Telemetry};
use crate::visitor::Entry;
use crate::webhooks::{self, Receivers};

use connection::{Connections, Shared};
use entrance::Entrance;
use heads::Heads;
use listening::Listening;
use tls::Certificates;
use worker::Worker;

/// How often the emergency switch is looked at: what is turned is in force within a second.
const BYPASS_LOOKS: Duration = Duration::from_millis(250);

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
    /// The system gives no more threads.
    #[error("a worker can't be started; set workers to fewer")]
    Worker(#[source] std::io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The configuration can't be put to work.
    #[error(transparent)]
    Setup(#[from] proxy::SetupError),
    /// The access log.
    #[error("{path}: the access log can't be opened; check that its folder is there and writable")]
    AccessLog {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A certificate's or a key's file.
    #[error("{path} can't be used")]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        #[source]
        source: Unusable,
    },
    /// A key that isn't the certificate's.
    #[error("{path}: the key doesn't fit the certificate in {other}; name the key that it was issued for")]
    OtherKey {
        /// The key's file.
        path: PathBuf,
        /// The certificate's.
        other: PathBuf,
    },
    /// Who is told of choices.
    #[error(transparent)]
    Webhooks(#[from] webhooks::Error),
    /// TLS refuses the settings.
    #[error("TLS can't be set up")]
    TlsSetup(#[from] rustls::Error),
}

/// What is wrong with the files that a configuration names beside policies: certificates, keys, authorities. Makes none.
#[must_use]
pub fn check(config: &Config) -> Vec<Error> {
    let origins = Origins::for_workers(config, 1).err().map(|error| Error::Setup(error.into()));
    let keys = runtime::key_faults(config).into_iter().map(|error| Error::Setup(error.into()));
    let receivers = webhooks::faults(config).into_iter().map(Error::Webhooks);
    tls::faults(&config.front.certificates).into_iter().chain(origins).chain(keys).chain(receivers).collect()
}

/// A server that listens and doesn't answer yet.
pub struct Server {
    gateways: Gateways,
    books: Books,
    workers: Vec<Worker>,
    public: Vec<Listening>,
    admin: Option<TcpListener>,
    certificates: Option<Arc<Certificates>>,
    tls: Option<TlsAcceptor>,
    started: Arc<Config>,
    current: Arc<watch::Sender<Arc<Config>>>,
    receivers: Arc<watch::Sender<Arc<Receivers>>>,
}

impl Server {
    /// Opens the data folder and binds every address.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn bind(config: Config) -> Result<Self, Error> {
        descriptors::raise(&config.limits);
        let store = Store::open(&store_place(&config), &store_limits(&config))?;
        let telemetry = Arc::new(watching(&config)?);
        let inventory = Arc::new(Inventory::load(&store).await?.saying_at_once(config.tried_alone));
        let books = Books::new(Shelf {
            store,
            tally: Arc::new(Tally::new(proxy::now)),
            inventory,
            shown: Arc::new(Faces::default()),
            held: Arc::new(Held::new(config.limits.held_lines, config.limits.held_bytes)),
            desk: Arc::new(Desk::new(config.records.keys.clone(), config.records.archive.clone())),
            labels: Arc::clone(&config.catalog),
            bypass: Arc::new(Bypass::at(&config.data)),
            meter: telemetry.metrics.meter(),
            telemetry,
        });
        let gateways = Gateways::new(&config, &books)?;
        let receivers = Receivers::new(&config)?;
        webhooks::post_to_all(&books.store, &config);
        let certificates = &config.front.certificates;
        let certificates = (!certificates.is_empty()).then(|| Certificates::open(certificates)).transpose()?;
        let certificates = certificates.map(Arc::new);
        let tls = certificates.clone().map(tls::acceptor).transpose()?;
        let entry = if certificates.is_some() { Entry::Tls } else { Entry::Plain };
        let redirecting = config.front.redirect_http.iter().map(|address| (*address, Entry::Redirect));
        let addresses = config.listen.iter().map(|address| (*address, entry)).chain(redirecting);
        let public = addresses.map(|(address, entry)| Listening::on(address, entry, config.workers));
        let public = public.collect::<Result<_, _>>()?;
        let admin = config.admin.map(listening::alone).transpose()?;
        let workers = (0..config.workers).map(Worker::start).collect::<Result<_, _>>().map_err(Error::Worker)?;
        let started = Arc::new(config);
        let current = Arc::new(watch::Sender::new(Arc::clone(&started)));
        let receivers = Arc::new(watch::Sender::new(Arc::new(receivers)));
        Ok(Self { gateways, books, workers, public, admin, certificates, tls, started, current, receivers })
    }

    /// To put other configurations to work.
    #[must_use]
    pub fn reload(&self) -> Reload {
        Reload {
            gateways: self.gateways.clone(),
            store: self.books.store.clone(),
            certificates: self.certificates.clone(),
            started: Arc::clone(&self.started),
            current: Arc::clone(&self.current),
            receivers: Arc::clone(&self.receivers),
        }
    }

    /// What watches it.
    #[must_use]
    pub fn telemetry(&self) -> Arc<Telemetry> {
        Arc::clone(&self.books.telemetry)
    }

    /// Where visitors connect.
    #[must_use]
    pub fn addresses(&self) -> Vec<(Scheme, SocketAddr)> {
        let scheme = |entry: Entry| if entry == Entry::Tls { Scheme::Https } else { Scheme::Http };
        self.public.iter().map(|listening| (scheme(listening.entry), listening.address)).collect()
    }

    /// Where owners and analysts connect.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref()?.local_addr().ok()
    }

    /// Answers until `stop` is ready; then no new connection is taken, those open may finish within the bound, and
    /// what was counted is written.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { gateways, books, workers, public, admin, certificates, tls, started, current, receivers } = self;
        let limits = started.limits;
        let (stopping, stopped) = watch::channel(false);
        let (closing, closed) = watch::channel(false);
        let sources: Vec<Arc<dyn store::Unsaved>> =
            vec![Arc::clone(&books.tally) as _, Arc::clone(&books.inventory) as _];
        let flushing = tokio::spawn(stats::flush(sources, books.store.clone(), ended(stopped.clone())));
        let mut watching = JoinSet::new();
        watching.spawn(evidence::run(current.subscribe(), books.store.clone()));
        watching.spawn(origin_watch::run(current.subscribe()));
        let heads = Arc::new(Heads::new(started.records.heads.clone(), books.store.clone()));
        watching.spawn(Arc::clone(&heads).run());
        watching.spawn(fleet::run(current.subscribe(), books.store.clone(), Arc::clone(&books.telemetry)));
        watching.spawn(retention::run(current.subscribe(), books.store.clone(), proxy::now));
        let (desk, archive) = (Arc::clone(&books.desk), books.store.archive().clone());
        watching.spawn(rights::watch(current.subscribe(), desk, archive, proxy::now));
        let (store, telemetry) = (books.store.clone(), Arc::clone(&books.telemetry));
        watching.spawn(webhooks::run(receivers.subscribe(), store, telemetry, proxy::now));
        if let Some(certificates) = &certificates {
            watching.spawn(Arc::clone(certificates).watch());
        }
        watching.spawn(watch_bypass(Arc::clone(&books.bypass)));
        let (shared, bounds) = (Shared::new(), Bound::of(limits.requests, workers.len()));
        let (leave, leaving) = watch::channel(false);
        let mut taking = Vec::new();
        for Listening { entry, listeners, .. } in public {
            let each = workers.iter().zip(gateways.each()).zip(&bounds);
            for (listener, ((worker, gateway), bound)) in listeners.into_iter().zip(each) {
                let connections = Connections {
                    gateway: Arc::clone(gateway),
                    shared: shared.clone(),
                    bound: bound.clone(),
                    tls: tls.clone().filter(|_| entry == Entry::Tls),
                    entrance: Entrance { entry, proxy_protocol: started.front.proxy_protocol },
                    leaving: leaving.clone(),
                };
                taking.push(worker.spawn(connection::accept(listener, connections, ended(stopped.clone()))));
            }
        }
        if let Some(listener) = admin {
            // It stays until the last visitor is served, to say that this process is about to end.
            let admin = connection::accept_admin(listener, books.clone(), current.subscribe(), limits, ended(closed));
            tokio::spawn(admin);
        }
        drop(leaving);
        pin!(stop).await;
        books.telemetry.stop();
        stopping.send_replace(true);
        watching.shutdown().await;
        for task in taking {
            task.await.ok();
        }
        leave.send_replace(true);
        // Each connection holds a receiver until it has ended.
        if tokio::time::timeout(limits.stop_wait, leave.closed()).await.is_err() {
            tracing::warn!("some connections were cut off: they took longer than limits.stop_seconds");
        }
        closing.send_replace(true);
        flushing.await.ok();
        books.store.close().await;
        heads.tell_last().await;
        let telemetry = Arc::clone(&books.telemetry);
        // Whatever a worker still does is cut off with it; what it wrote is in the log then.
        tokio::task::spawn_blocking(move || drop(workers)).await.ok();
        tokio::task::spawn_blocking(move || telemetry.access().map(AccessLog::close)).await.ok();
        report_shadow(&current.borrow(), &books);
    }
}

fn watching(config: &Config) -> Result<Telemetry, Error> {
    let metrics = Metrics::default();
    let open = |path: &PathBuf| {
        let opened = AccessLog::open(path, config.limits.access_log_lines, &metrics);
        opened.map_err(|source| Error::AccessLog { path: path.clone(), source })
    };
    let access = config.access_log.as_ref().map(open).transpose()?;
    Ok(Telemetry::new(metrics, access))
}

/// Looks at the emergency switch again and again.
async fn watch_bypass(bypass: Arc<Bypass>) {
    loop {
        tokio::time::sleep(BYPASS_LOOKS).await;
        let bypass = Arc::clone(&bypass);
        tokio::task::spawn_blocking(move || bypass.look()).await.ok();
    }
}

/// What shadow mode would have taken away, for the terminal.
fn report_shadow(config: &Config, books: &Books) {
    let in_part = |site: &SiteConfig| site.switches.enforce_share < 100 || !site.switches.enforce_paths.is_empty();
    if config.sites.iter().any(|site| site.shadow || in_part(site)) {
        let (shadow, tools) = (books.inventory.shadow().text(), books.inventory.other_tools().text());
        for line in shadow.lines().chain(tools.lines()) {
            tracing::info!("{line}");
        }
    }
}

async fn ended(mut stopped: watch::Receiver<bool>) {
    stopped.wait_for(|stopped| *stopped).await.ok();
}

/// How long a row that another gateway writes is waited for.
const SERVER_LOCK: Duration = Duration::from_secs(1);

/// Where a configuration's evidence lies.
pub(crate) fn store_place(config: &Config) -> store::Place {
    store::Place::of(&config.data, &config.records, config.store.clone(), proxy::now)
}

pub(crate) fn store_limits(config: &Config) -> store::Limits {
    store::Limits {
        queue: config.limits.store_queue,
        wait: config.limits.commit_wait,
        connections: config.limits.store_connections,
        // Another gateway may be adding to the same counts: that takes a commit.
        lock_wait: if config.store.is_some() { SERVER_LOCK } else { store::Limits::default().lock_wait },
        max_database_bytes: config.limits.database_bytes(),
        ..store::Limits::default()
    }
}
