//! A visitor's stream as HTTP sees it. It tells its connection's pace of bytes that come and of bytes that wait to go,
//! and holds the connection's place at the gate for as long as it is open: also as a tunnel, after HTTP has ended on it.
//! When HTTP lets it go, it goes home, to rest there without the buffers that HTTP keeps, or to be closed.
//!
//! Refuses nothing. Invariant: what was read ahead is read again, before anything else.

use std::io::{Error, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::gate::Ticket;
use crate::stack::Pace;

/// Bytes that wake a connection; HTTP/2 is known by as many.
const AHEAD: usize = 24;
/// How long the end of a stream may take to be said.
const CLOSING: Duration = Duration::from_secs(1);
/// How a head ends: bytes behind it would be of a head that has only begun.
const END_OF_HEAD: [u8; 4] = *b"\r\n\r\n";

/// A stream that is open.
pub(super) struct Open<S> {
    stream: S,
    pace: Pace,
    _place: Ticket,
    ahead: [u8; AHEAD],
    /// Of these, those that nobody has read again.
    unread: std::ops::Range<usize>,
    /// The last bytes that came.
    tail: [u8; END_OF_HEAD.len()],
}

/// Where a stream goes when it is let go.
pub(super) struct Home<S>(Arc<Mutex<Option<Open<S>>>>);

/// A stream that HTTP has.
pub(super) struct VisitorStream<S> {
    open: Option<Open<S>>,
    home: Weak<Mutex<Option<Open<S>>>>,
}

impl<S> Open<S> {
    pub(super) const fn new(stream: S, pace: Pace, place: Ticket) -> Self {
        Self { stream, pace, _place: place, ahead: [0; AHEAD], unread: 0..0, tail: [0; 4] }
    }
}

impl<S> Open<S> {
    /// Notes bytes that came.
    fn heard(&mut self, bytes: &[u8]) {
        for byte in bytes.get(bytes.len().saturating_sub(self.tail.len())..).unwrap_or_default() {
            self.tail.rotate_left(1);
            self.tail[END_OF_HEAD.len() - 1] = *byte;
        }
        if !bytes.is_empty() {
            self.pace.heard(self.tail == END_OF_HEAD);
        }
    }
}

impl<S: AsyncWrite + Unpin> Open<S> {
    /// Closes a stream that rests: over TLS its end is said, so that it is none that was cut off.
    pub(super) async fn close(mut self) {
        tokio::time::timeout(CLOSING, self.stream.shutdown()).await.ok();
    }
}

impl<S: AsyncRead + Unpin> Open<S> {
    /// Waits for first bytes; false: there will be none.
    pub(super) fn poll_wakes(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut ahead = [0; AHEAD];
        let mut room = ReadBuf::new(&mut ahead);
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut room));
        let came = room.filled().len();
        (self.ahead, self.unread) = (ahead, 0..came);
        self.heard(ahead.get(..came).unwrap_or_default());
        Poll::Ready(read.is_ok() && came > 0)
    }
}

impl<S> Home<S> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Lends a stream to HTTP.
    pub(super) fn lend(&self, open: Open<S>) -> VisitorStream<S> {
        VisitorStream { open: Some(open), home: Arc::downgrade(&self.0) }
    }

    /// The stream, if it came back.
    pub(super) fn take(&self) -> Option<Open<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<S> Drop for VisitorStream<S> {
    fn drop(&mut self) {
        if let Some(home) = self.home.upgrade() {
            *home.lock().unwrap_or_else(PoisonError::into_inner) = self.open.take();
        }
    }
}

impl<S> VisitorStream<S> {
    fn open(&mut self) -> std::io::Result<&mut Open<S>> {
        self.open.as_mut().ok_or_else(|| Error::from(ErrorKind::NotConnected))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for VisitorStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let open = self.open()?;
        if !open.unread.is_empty() {
            let count = open.unread.len().min(buffer.remaining());
            let until = open.unread.start + count;
            buffer.put_slice(open.ahead.get(open.unread.start..until).unwrap_or_default());
            open.unread.start = until;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut open.stream).poll_read(cx, buffer);
        open.heard(buffer.filled().get(before..).unwrap_or_default());
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for VisitorStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let open = self.open()?;
        let polled = Pin::new(&mut open.stream).poll_write(cx, bytes);
        open.pace.sends(polled.is_pending());
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let open = self.open()?;
        let polled = Pin::new(&mut open.stream).poll_write_vectored(cx, slices);
        open.pace.sends(polled.is_pending());
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.stream.is_write_vectored())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let open = self.open()?;
        let polled = Pin::new(&mut open.stream).poll_flush(cx);
        open.pace.sends(polled.is_pending());
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.open()?.stream).poll_shutdown(cx)
    }
}
