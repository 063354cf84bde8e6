//! Addresses that are listened on: by each worker for itself, so that the system parts new connections among them
//! (`SO_REUSEPORT`). Where it can't, they take turns at one.
//!
//! Refuses an address that anybody else listens on, another gateway too: two would part their visitors unseen.
//! Invariant: all listeners of an address are bound before the first connection is taken.

use std::io;
use std::net::{SocketAddr, TcpListener as Unwatched};

use tokio::net::{TcpListener, TcpSocket};

use super::Error;
use crate::visitor::Entry;

/// Connections that the system greets before they are taken.
const GREETED: u32 = 1_024;

/// One address, with a listener for each worker.
pub(super) struct Listening {
    pub(super) address: SocketAddr,
    pub(super) entry: Entry,
    pub(super) listeners: Vec<Unwatched>,
}

impl Listening {
    /// Listens on an address for so many workers.
    pub(super) fn on(address: SocketAddr, entry: Entry, workers: usize) -> Result<Self, Error> {
        let failed = |source| Error::Listen { address, source };
        let listeners = listeners(address, workers).map_err(failed)?;
        let address = listeners.first().map_or(Ok(address), Unwatched::local_addr).map_err(failed)?;
        Ok(Self { address, entry, listeners })
    }
}

/// The listener for owners and analysts, who need no workers.
pub(super) fn alone(address: SocketAddr) -> Result<TcpListener, Error> {
    let listen = || socket(address).and_then(|socket| bound(socket, address)?.listen(GREETED));
    listen().map_err(|source| Error::Listen { address, source })
}

#[cfg(target_os = "linux")]
fn listeners(address: SocketAddr, workers: usize) -> io::Result<Vec<Unwatched>> {
    // The first is bound as if alone, which fails where somebody else listens, and only then opened to the others.
    let first = bound(socket(address)?, address)?;
    first.set_reuseport(true)?;
    let first = first.listen(GREETED)?.into_std()?;
    let address = first.local_addr()?;
    let other = |_| {
        let socket = socket(address)?;
        socket.set_reuseport(true)?;
        bound(socket, address)?.listen(GREETED)?.into_std()
    };
    std::iter::once(Ok(first)).chain((1..workers).map(other)).collect()
}

/// Elsewhere the option parts nothing, or means something else.
#[cfg(not(target_os = "linux"))]
fn listeners(address: SocketAddr, workers: usize) -> io::Result<Vec<Unwatched>> {
    let first = bound(socket(address)?, address)?.listen(GREETED)?.into_std()?;
    let others: Vec<Unwatched> = (1..workers).map(|_| first.try_clone()).collect::<io::Result<_>>()?;
    Ok(std::iter::once(first).chain(others).collect())
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that starts again doesn't wait for old connections to fade.
    socket.set_reuseaddr(true)?;
    Ok(socket)
}

fn bound(socket: TcpSocket, address: SocketAddr) -> io::Result<TcpSocket> {
    socket.bind(address)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn workers_share_an_address_and_nobody_else_does() {
        let check = |listening: &Listening, workers: usize| {
            assert_eq!(listening.listeners.len(), workers);
            assert!(listening.listeners.iter().all(|one| one.local_addr().ok() == Some(listening.address)));
            assert_ne!(listening.address.port(), 0);
            assert!(Listening::on(listening.address, Entry::Plain, workers).is_err(), "{workers} workers");
            assert!(alone(listening.address).is_err(), "{workers} workers");
        };
        for workers in [1, 3] {
            let any = SocketAddr::from(([127, 0, 0, 1], 0));
            check(&Listening::on(any, Entry::Plain, workers).expect("a free address"), workers);
        }
    }
}
