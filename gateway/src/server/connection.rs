//! Connections: a place each, then TLS, then hyper over HTTP/1.1 or HTTP/2. What is over the bounds is told so at once.
//! When the server stops, whatever has connected by then is still taken, and each connection finishes what is under way.

use std::future::Future;
use std::net::{SocketAddr, TcpListener as Unwatched};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::drive::{builder, drive};
use super::entrance::Entrance;
use super::gate::{Gate, Ticket};
use super::visitor_stream::Open;
use crate::admin;
use crate::books::Books;
use crate::config::{Config, Limits};
use crate::proxy::{Gateway, now};
use crate::stack::{Bound, Ids, Pace, Stack};
use crate::visitor::Recent;

/// Connections to owners and analysts at once.
const ADMIN_CONNECTIONS: usize = 64;
/// After a failed accept (no file descriptors left) nothing is accepted for so long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Failed accepts are one trouble until none has failed for so long.
const TROUBLE: Duration = Duration::from_secs(10);
/// Connections that are told at once that there is no place for them; more are closed without a word.
const TURNED_AWAY: usize = 256;
/// How long somebody who is turned away may take to hear it.
const TURNING_AWAY: Duration = Duration::from_secs(2);
/// What they hear.
const NO_PLACE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\
                          Connection: close\r\n\r\n";

/// What all workers' connections share: bounds that hold for the whole process.
#[derive(Clone)]
pub(super) struct Shared {
    gate: Gate,
    turning_away: Arc<Semaphore>,
    trouble: Arc<Mutex<Trouble>>,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self { gate: Gate::default(), turning_away: Arc::new(Semaphore::new(TURNED_AWAY)), trouble: Arc::default() }
    }
}

/// What every connection of a listener shares.
#[derive(Clone)]
pub(super) struct Connections {
    pub(super) gateway: Arc<Gateway>,
    pub(super) shared: Shared,
    pub(super) bound: Bound,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) entrance: Entrance,
    /// True when the server stops; held until a connection has ended.
    pub(super) leaving: watch::Receiver<bool>,
}

/// Accepts visitors until `stop`, and then those who had connected before it.
pub(super) async fn accept(listener: Unwatched, connections: Connections, stop: impl Future<Output = ()>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "a worker can't listen"),
    };
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = accept_one(&listener, &connections.shared.trouble) => {
                if let Some((stream, address)) = accepted {
                    connections.admit(stream, address);
                }
            }
        }
    }
    // The system has greeted more than we have taken: without this they would be reset.
    let Ok(listener) = listener.into_std() else { return };
    while let Ok((stream, address)) = listener.accept() {
        if stream.set_nonblocking(true).is_ok()
            && let Ok(stream) = TcpStream::from_std(stream)
        {
            connections.admit(stream, address);
        }
    }
}

/// A time in which connections can't be accepted: told once when it begins and once when it is over.
#[derive(Default)]
struct Trouble {
    last: Option<tokio::time::Instant>,
}

impl Trouble {
    fn failed(&mut self, error: &std::io::Error) {
        if self.last.replace(tokio::time::Instant::now()).is_none() {
            tracing::error!(%error, "connections can't be accepted; visitors wait (is the limit of open files too low?)");
        }
    }

    fn succeeded(&mut self) {
        if self.last.is_some_and(|last| last.elapsed() >= TROUBLE) {
            self.last = None;
            tracing::info!("connections are accepted again");
        }
    }
}

async fn accept_one(listener: &TcpListener, trouble: &Mutex<Trouble>) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok((stream, peer)) => {
            trouble.lock().unwrap_or_else(PoisonError::into_inner).succeeded();
            stream.set_nodelay(true).ok();
            Some((stream, peer))
        }
        Err(error) => {
            trouble.lock().unwrap_or_else(PoisonError::into_inner).failed(&error);
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

impl Connections {
    /// Serves a connection if there is a place for it.
    fn admit(&self, stream: TcpStream, address: SocketAddr) {
        let limits = self.gateway.limits();
        let counted = (!self.gateway.trusts(address.ip())).then(|| address.ip());
        match self.shared.gate.enter(counted, limits.connections, limits.connections_per_address) {
            Some(place) => self.clone().serve(stream, address, limits, place),
            None if self.tls.is_some() => {}
            None => {
                if let Ok(permit) = Arc::clone(&self.shared.turning_away).try_acquire_owned() {
                    tokio::spawn(async move {
                        tokio::time::timeout(TURNING_AWAY, turn_away(stream)).await.ok();
                        drop(permit);
                    });
                }
            }
        }
    }

    fn serve(self, mut stream: TcpStream, address: SocketAddr, limits: Limits, place: Ticket) {
        let Self { gateway, bound, tls, entrance, leaving, .. } = self;
        let open = gateway.books().telemetry.metrics.connected();
        tokio::spawn(async move {
            let Some(peer) = entrance.meet(&mut stream, address, &gateway, limits.head_wait).await else { return };
            let pace = Pace::new(limits);
            let service =
                Stack { gateway, peer, bound, pace: pace.clone(), recent: Recent::default(), ids: Ids::new() };
            match tls {
                None => drive(Open::new(stream, pace, place), service, limits, leaving).await,
                Some(acceptor) => {
                    // Boxed, so that connections in the clear have no room for it.
                    let accepting = Box::pin(tokio::time::timeout(limits.head_wait, acceptor.accept(stream)));
                    match accepting.await {
                        Ok(Ok(stream)) => {
                            Box::pin(drive(Open::new(stream, pace, place), service, limits, leaving)).await;
                        }
                        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                        Err(_) => tracing::debug!("a TLS handshake took too long"),
                    }
                }
            }
            drop(open);
        });
    }
}

/// Says that there is no place, and listens until that was heard: closing on unread bytes would take the words back.
async fn turn_away(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(NO_PLACE).await?;
    stream.shutdown().await?;
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

/// Accepts owners and analysts until `stop`.
pub(super) async fn accept_admin(
    listener: TcpListener,
    books: Books,
    current: watch::Receiver<Arc<Config>>,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let permits = Arc::new(Semaphore::new(ADMIN_CONNECTIONS));
    let trouble = Mutex::default();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => return,
            accepted = accept_one(&listener, &trouble) => accepted,
        };
        let (Some((stream, _)), Ok(permit)) = (accepted, Arc::clone(&permits).try_acquire_owned()) else { continue };
        let (books, current) = (books.clone(), current.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let books = books.clone();
                let config = Arc::clone(&current.borrow());
                async move { Ok::<_, std::convert::Infallible>(admin::answer(request, &books, &config, now()).await) }
            });
            let mut serving = builder(&limits);
            serving.http1().header_read_timeout(limits.idle_wait);
            let served = serving.serve_connection(TokioIo::new(stream), service).await;
            if let Err(error) = served {
                tracing::debug!(%error, "an admin connection broke off");
            }
            drop(permit);
        });
    }
}
