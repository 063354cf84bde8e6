//! A bound on the whole way to an origin: name, TCP and TLS together. hyper's own covers TCP alone, and an origin that
//! accepts and then says nothing would hold a handshake for ever.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use tower::Service;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A connector that gives up after a time.
#[derive(Clone, Debug)]
pub(crate) struct Bounded<C> {
    connector: C,
    wait: Duration,
}

impl<C> Bounded<C> {
    pub(crate) const fn new(connector: C, wait: Duration) -> Self {
        Self { connector, wait }
    }
}

impl<C> Service<Uri> for Bounded<C>
where
    C: Service<Uri, Error = Failure>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.connector.poll_ready(cx)
    }

    fn call(&mut self, origin: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(self.wait, self.connector.call(origin));
        Box::pin(async move {
            connecting.await.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
        })
    }
}
