//! A gateway under attack, in exact bytes: what can be read in two ways is refused or made unambiguous, and whatever a stranger could make
//! grow has a bound. Refuses client libraries, which would tidy the bytes. Invariant: the origin tells what it received, byte for byte.

mod answers;
mod bounds;
mod framing;
mod heads;
mod http2;
mod http2_floods;
mod slow;
mod targets;
mod upgrades;

use std::net::SocketAddr;

use gateway_tests::raw_origin::{Answer, Asked};
use gateway_tests::{Client, Gateway, RawOrigin};

use crate::visitors::HOST;

/// A request that must never be taken for one of its own when it stands behind a broken one.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: shop.example\r\n\r\n";

/// A gateway before an origin of exact bytes that answers everything with its path.
struct Stage {
    origin: RawOrigin,
    gateway: Gateway,
}

/// What came of bytes.
struct Outcome {
    /// Everything that the gateway wrote until it closed.
    heard: String,
    /// What reached the origin meanwhile.
    asked: Vec<Asked>,
}

impl Outcome {
    fn statuses(&self) -> Vec<u16> {
        let heads = self.heard.split("HTTP/1.").skip(1);
        heads.filter_map(|head| head.split(' ').nth(1)?.parse().ok()).collect()
    }
}

impl Stage {
    async fn set() -> Self {
        let origin = RawOrigin::start(path).await;
        let gateway = Gateway::before(&origin.url()).start().await;
        Self { origin, gateway }
    }

    /// With these lines under `[limits]`.
    async fn with_limits(limits: &str) -> Self {
        let origin = RawOrigin::start(path).await;
        let gateway = limited(&origin.url(), limits).await;
        Self { origin, gateway }
    }

    fn address(&self) -> SocketAddr {
        self.gateway.address()
    }

    /// Sends bytes on a connection of their own and listens until the gateway closes it.
    async fn send(&self, bytes: &[u8]) -> Outcome {
        let before = self.origin.asked().len();
        let mut client = Client::connect(self.address(), HOST).await;
        client.send(bytes).await;
        let heard = String::from_utf8_lossy(&client.rest().await).into_owned();
        Outcome { heard, asked: self.origin.asked().split_off(before) }
    }

    /// The bytes are refused with one of these statuses and the connection is closed; nothing reached the origin, neither they nor what stood
    /// behind them.
    async fn refuses(&self, what: &str, request: &str, statuses: &[u16]) {
        let outcome = self.send(format!("{request}{SMUGGLED}").as_bytes()).await;
        let heard = outcome.statuses();
        assert!(matches!(heard.as_slice(), [only] if statuses.contains(only)), "{what}: {:?}", outcome.heard);
        assert!(outcome.asked.is_empty(), "{what} reached the origin: {:?}", outcome.asked);
    }

    /// The bytes are one request to the origin, whose head and body are handed over, and one answer; then the connection is closed.
    async fn makes_one(&self, what: &str, request: &str) -> Asked {
        let outcome = self.send(request.as_bytes()).await;
        assert_eq!(outcome.statuses(), [200], "{what}: {:?}", outcome.heard);
        assert_eq!(outcome.asked.len(), 1, "{what}: {:?}", outcome.asked);
        outcome.asked.into_iter().next().expect("one request")
    }
}

/// A gateway before this origin with these lines under `[limits]`.
async fn limited(origin: &str, limits: &str) -> Gateway {
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n[limits]\n{limits}\n[[sites]]\nname = \"shop\"\norigin = \"{origin}\"\n"
    );
    Gateway::configured(&text).start().await
}

fn path(asked: &Asked) -> Answer {
    let head = asked.head_text();
    let path = head.split(' ').nth(1).unwrap_or_default();
    Answer::Bytes(
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{path}", path.len())
            .into_bytes(),
    )
}
