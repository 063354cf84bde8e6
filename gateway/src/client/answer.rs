//! The body of an origin's answer. It moves its connection along as it is read, and gives it back to the pool when it has
//! ended.
//!
//! Refuses to keep a connection whose answer nobody reads to its end: it is closed with the body. Invariant: a
//! connection is given back once, with nothing of this answer left in it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::link::Link;
use super::pool::Pool;

/// An answer's body as it comes from an origin.
pub struct AnswerBody {
    incoming: Incoming,
    /// None: the connection goes on by itself, or was given back.
    source: Option<(Link, Arc<Pool>)>,
}

impl AnswerBody {
    /// A body that is read from this connection.
    pub(super) fn new(incoming: Incoming, link: Link, pool: &Arc<Pool>) -> Self {
        let mut body = Self { incoming, source: Some((link, Arc::clone(pool))) };
        if body.incoming.is_end_stream() {
            body.end();
        }
        body
    }

    /// A body whose connection goes on by itself.
    pub(super) const fn alone(incoming: Incoming) -> Self {
        Self { incoming, source: None }
    }

    fn end(&mut self) {
        if let Some((link, pool)) = self.source.take() {
            pool.keep(link);
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Self { incoming, source } = &mut *self;
        let polled = match source {
            Some((link, _)) => link.poll_piece(incoming, cx),
            None => Pin::new(&mut *incoming).poll_frame(cx),
        };
        let ended = matches!(polled, Poll::Ready(None)) || (polled.is_ready() && incoming.is_end_stream());
        if ended {
            self.end();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
