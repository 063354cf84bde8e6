//! The one body type that requests to an origin and answers are made of: boxed, streamed frame by frame, failing when
//! it stands still, is too large or takes too long. Nothing here reads a body whole.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use tokio::time::{Instant, Sleep};

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The visitor sends more than is allowed.
    #[error("the visitor's body is larger than limits.request_body_bytes")]
    TooLarge,
    /// The visitor sends nothing any more.
    #[error("the visitor's body stood still")]
    Stalled,
    /// The visitor's body breaks off, or its framing is broken.
    #[error("the visitor's body broke off")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The origin's answer stands still or takes too long.
    #[error("the origin's body took too long")]
    TooSlow,
    /// Anything else.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl BodyError {
    /// Wraps what went wrong.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
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
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// How long an answer's body may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long it may stand still.
    pub stall: Duration,
    /// When it must have ended, if ever.
    pub end: Option<Instant>,
}

/// An answer's body from the wire; it fails when its origin loses the patience.
#[must_use]
pub fn streamed<B>(body: B, patience: Patience) -> Body
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let body = body.map_err(BodyError::new);
    Timed { body, patience, timer: None, due: None, late: || BodyError::TooSlow }.boxed_unsync()
}

/// A visitor's body, which may stand still for `stall` and hold `most` bytes; 0: as many as come. The clock tells
/// when it moved last.
#[must_use]
pub fn upload<B>(body: B, stall: Duration, most: u64) -> (Body, UploadClock)
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if body.is_end_stream() {
        return (empty(), UploadClock::Over(Instant::now()));
    }
    let moved = Arc::new(Mutex::new(Instant::now()));
    let left = if most == 0 { u64::MAX } else { most };
    let body = body.map_err(|error| BodyError::Broken(error.into()));
    let patience = Patience { stall, end: None };
    let body = Timed { body, patience, timer: None, due: None, late: || BodyError::Stalled };
    (Upload { body, left, moved: Arc::clone(&moved) }.boxed_unsync(), UploadClock::Running(moved))
}

/// When a visitor's body moved last: the origin's time to answer begins there.
#[derive(Clone, Debug)]
pub enum UploadClock {
    /// It had come whole then.
    Over(Instant),
    /// It is still coming.
    Running(Arc<Mutex<Instant>>),
}

impl UploadClock {
    /// The moment.
    #[must_use]
    pub fn moved(&self) -> Instant {
        match self {
            Self::Over(then) => *then,
            Self::Running(moved) => *moved.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// A body with a patience: the clock runs only while somebody waits for a frame. One timer serves all waits: it is set
/// when it has run out, not with each frame.
struct Timed<B> {
    body: B,
    patience: Patience,
    timer: Option<Pin<Box<Sleep>>>,
    /// When the wait for this frame is over.
    due: Option<Instant>,
    late: fn() -> BodyError,
}

impl<B: HttpBody<Data = Bytes, Error = BodyError> + Unpin> HttpBody for Timed<B> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if this.patience.end.is_some_and(|end| end <= Instant::now()) {
            return Poll::Ready(Some(Err((this.late)())));
        }
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.due = None;
            return Poll::Ready(frame);
        }
        let Patience { stall, end } = this.patience;
        let due = *this.due.get_or_insert_with(|| {
            let stalled = Instant::now() + stall;
            end.map_or(stalled, |end| end.min(stalled))
        });
        let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        while timer.as_mut().poll(cx).is_ready() {
            if due <= Instant::now() {
                return Poll::Ready(Some(Err((this.late)())));
            }
            timer.as_mut().reset(due);
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A visitor's body, counted.
struct Upload<B> {
    body: B,
    left: u64,
    moved: Arc<Mutex<Instant>>,
}

impl<B: HttpBody<Data = Bytes, Error = BodyError> + Unpin> HttpBody for Upload<B> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if polled.is_ready() {
            *this.moved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let length = frame.data_ref().map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX));
            match this.left.checked_sub(length) {
                Some(left) => this.left = left,
                None => return Poll::Ready(Some(Err(BodyError::TooLarge))),
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
