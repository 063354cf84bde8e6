//! A body that tells once how many bytes of it went out, and whether it ended or was dropped before its end.
//!
//! Refuses to change anything of it. Invariant: it tells exactly once.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// What became of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Bytes handed to the connection.
    pub bytes: u64,
    /// Whether that was all.
    pub complete: bool,
}

type AtEnd = Box<dyn FnOnce(Sent) + Send>;

/// A body whose bytes are counted on their way out.
pub struct MeasuredBody<B: Body> {
    inner: B,
    bytes: u64,
    complete: bool,
    at_end: Option<AtEnd>,
}

impl<B: Body> MeasuredBody<B> {
    /// Counts a body; `at_end` is told once.
    pub fn new(inner: B, at_end: impl FnOnce(Sent) + Send + 'static) -> Self {
        Self { inner, bytes: 0, complete: false, at_end: Some(Box::new(at_end)) }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for MeasuredBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
            }
            Poll::Ready(None) => self.complete = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Body> Drop for MeasuredBody<B> {
    fn drop(&mut self) {
        if let Some(at_end) = self.at_end.take() {
            // A body of known length is dropped after its last byte without another look.
            at_end(Sent { bytes: self.bytes, complete: self.complete || self.inner.is_end_stream() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    use http_body_util::{BodyExt, Full};

    #[tokio::test]
    async fn what_went_out_is_told_once() {
        let (tell, told) = sync_channel(4);
        let mut whole = MeasuredBody::new(Full::new(Bytes::from("twelve bytes")), {
            let tell = tell.clone();
            move |sent| tell.send(sent).unwrap()
        });
        assert_eq!(whole.size_hint().exact(), Some(12));
        assert_eq!(whole.frame().await.unwrap().unwrap().into_data().unwrap(), "twelve bytes");
        drop(whole);
        assert_eq!(told.try_recv(), Ok(Sent { bytes: 12, complete: true }));
        drop(MeasuredBody::new(Full::new(Bytes::from("never sent")), move |sent| tell.send(sent).unwrap()));
        assert_eq!(told.try_recv(), Ok(Sent { bytes: 0, complete: false }));
        assert!(told.try_recv().is_err());
    }
}
