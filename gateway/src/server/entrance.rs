//! Who stands at the other end of a fresh connection: as the system says, or as a balancer says by the PROXY
//! protocol where the listener asks for it.
//!
//! Refuses such a head from anybody but a believed proxy. Invariant: no byte after the head is taken.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::proxy::Gateway;
use crate::visitor::{Entry, Peer};
use crate::wire::proxy_protocol::{self, Head};

/// Bytes looked at in one go; a head has rarely more.
const LOOK: usize = 512;

/// What a listener asks of its connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entrance {
    /// Which kind it is.
    pub(super) entry: Entry,
    /// Whether they begin with a PROXY protocol head.
    pub(super) proxy_protocol: bool,
}

/// Why a connection is closed before it is served.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("its address is not among trusted_proxies")]
    Stranger,
    #[error("its head took too long")]
    TooSlow(#[from] tokio::time::error::Elapsed),
    #[error(transparent)]
    Malformed(#[from] proxy_protocol::Malformed),
    #[error("it broke off")]
    Broken(#[from] std::io::Error),
}

impl Entrance {
    /// Meets who connected, within `wait`; None: the connection is to be closed.
    pub(super) async fn meet(
        self,
        stream: &mut TcpStream,
        address: SocketAddr,
        gateway: &Gateway,
        wait: Duration,
    ) -> Option<Peer> {
        let plain = Peer { address, entry: self.entry, passes_bytes: false };
        if !self.proxy_protocol {
            return Some(plain);
        }
        match told_head(stream, address, gateway, wait).await {
            Ok(Head { source: Some(address), .. }) => Some(Peer { address, ..plain }),
            Ok(Head { source: None, .. }) => Some(Peer { passes_bytes: true, ..plain }),
            Err(refused) => {
                tracing::debug!(%refused, "a connection without a believed PROXY protocol head was closed");
                None
            }
        }
    }
}

async fn told_head(
    stream: &mut TcpStream,
    address: SocketAddr,
    gateway: &Gateway,
    wait: Duration,
) -> Result<Head, Refused> {
    if !gateway.trusts(address.ip()) {
        return Err(Refused::Stranger);
    }
    tokio::time::timeout(wait, read_head(stream)).await?
}

/// Looks before it takes: what the head doesn't need stays with the connection.
async fn read_head(stream: &mut TcpStream) -> Result<Head, Refused> {
    let mut taken = Vec::with_capacity(LOOK);
    let mut ahead = [0; LOOK];
    loop {
        let seen = stream.peek(&mut ahead).await?;
        if seen == 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
        let before = taken.len();
        taken.extend_from_slice(ahead.get(..seen).unwrap_or_default());
        let head = proxy_protocol::parse(&taken)?;
        let ours = head.map_or(seen, |head| head.length - before);
        stream.read_exact(ahead.get_mut(..ours).unwrap_or_default()).await?;
        if let Some(head) = head {
            return Ok(head);
        }
    }
}
