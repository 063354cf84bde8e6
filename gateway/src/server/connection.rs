//! Connections: a permit each, then TLS, then hyper over HTTP/1.1 or HTTP/2. Heads and waits are bounded. When the
//! server stops, each connection finishes what is under way.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tower::limit::GlobalConcurrencyLimitLayer;

use crate::admin;
use crate::books::Books;
use crate::config::Limits;
use crate::proxy::{Gateway, now};
use crate::stack::stack;
use crate::visitor::Peer;

/// Connections to owners and analysts at once.
const ADMIN_CONNECTIONS: usize = 64;
/// After a failed accept (no file descriptors left) nothing is accepted for so long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What every connection of a listener shares.
#[derive(Clone)]
pub(super) struct Connections {
    pub(super) gateway: Arc<Gateway>,
    pub(super) bound: GlobalConcurrencyLimitLayer,
    pub(super) permits: Arc<Semaphore>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) graceful: Arc<GracefulShutdown>,
    pub(super) limits: Limits,
}

/// Accepts visitors until `stop`.
pub(super) async fn accept(listener: TcpListener, connections: Connections, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    loop {
        let next = async {
            // The permit comes first: what we can't serve stays in the system's queue.
            let permit = Arc::clone(&connections.permits).acquire_owned().await.ok()?;
            Some((accept_one(&listener).await, permit))
        };
        let (stream, peer, permit) = tokio::select! {
            () = &mut stop => return,
            accepted = next => match accepted {
                Some((Some((stream, peer)), permit)) => (stream, peer, permit),
                Some((None, _)) => continue,
                None => return,
            },
        };
        connections.clone().serve(stream, peer, permit);
    }
}

async fn accept_one(listener: &TcpListener) -> Option<(TcpStream, std::net::SocketAddr)> {
    match listener.accept().await {
        Ok((stream, peer)) => {
            stream.set_nodelay(true).ok();
            Some((stream, peer))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

impl Connections {
    fn serve(self, stream: TcpStream, address: std::net::SocketAddr, permit: OwnedSemaphorePermit) {
        let watcher = self.graceful.watcher();
        // A listener's handle on the shutdown must not outlive its accepting.
        let Self { gateway, bound, tls, limits, .. } = self;
        let peer = Peer { address, tls: tls.is_some() };
        let open = gateway.books().telemetry.metrics.connected();
        tokio::spawn(async move {
            let service = TowerToHyperService::new(stack(gateway, peer, bound));
            match tls {
                None => drive(TokioIo::new(stream), service, &limits, watcher).await,
                Some(acceptor) => match tokio::time::timeout(limits.head_wait, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => drive(TokioIo::new(stream), service, &limits, watcher).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                },
            }
            drop((permit, open));
        });
    }
}

async fn drive<S>(
    io: TokioIo<S>,
    service: TowerToHyperService<crate::stack::Stack>,
    limits: &Limits,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let builder = builder(limits);
    let connection = builder.serve_connection_with_upgrades(io, service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection broke off");
    }
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    let head_list = u32::try_from(limits.head_bytes).unwrap_or(u32::MAX);
    builder
        .http1()
        // Without a timer hyper's time-out for heads does nothing.
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_wait.max(limits.idle_wait))
        .max_buf_size(limits.head_bytes)
        .max_headers(limits.headers)
        .preserve_header_case(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.idle_wait)
        .max_header_list_size(head_list)
        .max_concurrent_streams(200);
    builder
}

/// Accepts owners and analysts until `stop`.
pub(super) async fn accept_admin(
    listener: TcpListener,
    books: Books,
    sites: Vec<String>,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let permits = Arc::new(Semaphore::new(ADMIN_CONNECTIONS));
    let sites: Arc<[String]> = sites.into();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => return,
            accepted = accept_one(&listener) => accepted,
        };
        let (Some((stream, _)), Ok(permit)) = (accepted, Arc::clone(&permits).try_acquire_owned()) else { continue };
        let (books, sites) = (books.clone(), Arc::clone(&sites));
        tokio::spawn(async move {
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let (books, sites) = (books.clone(), Arc::clone(&sites));
                async move {
                    Ok::<_, std::convert::Infallible>(
                        admin::answer(&request.into_parts().0, &books, &sites, now().date()).await,
                    )
                }
            });
            let serving = builder(&limits);
            let served = serving.serve_connection(TokioIo::new(stream), service).await;
            if let Err(error) = served {
                tracing::debug!(%error, "an admin connection broke off");
            }
            drop(permit);
        });
    }
}
