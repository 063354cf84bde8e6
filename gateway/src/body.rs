//! The one body type that answers are made of: boxed, streamed frame by frame, failing when it stands still.
//! Nothing here reads a body whole.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use tower_http::timeout::TimeoutBody;

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BodyError(Box<dyn std::error::Error + Send + Sync>);

impl BodyError {
    /// Wraps what went wrong.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

/// The body of every request to an origin and of every answer to a visitor.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A body of known bytes.
#[must_use]
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// An empty body.
#[must_use]
pub fn empty() -> Body {
    full(Bytes::new())
}

/// A body from the wire; it fails when no frame comes for `wait`.
#[must_use]
pub fn streamed<B>(body: B, wait: Duration) -> Body
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    TimeoutBody::new(wait, body).map_err(BodyError).boxed_unsync()
}
