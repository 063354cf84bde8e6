//! A page in shadow mode: a copy of it is decoded and judged, so that what would be held is listed, while every frame
//! goes on as it came, trailers too.
//!
//! Refuses to cost the page anything: where the copy can't be judged any further, judging ends. Invariant: the bytes
//! are the origin's.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};

use super::coding::Decoder;
use crate::client::AnswerBody;
use crate::html::Rewriter;

/// Decoded bytes that are judged at once.
const PORTION: usize = 64 * 1024;

/// A page's body on its way, overheard.
pub(super) struct Overheard {
    origin: AnswerBody,
    /// None once the page has ended, or can't be judged.
    judging: Option<(Decoder, Rewriter)>,
}

impl Overheard {
    pub(super) const fn new(origin: AnswerBody, decoder: Decoder, rewriter: Rewriter) -> Self {
        Self { origin, judging: Some((decoder, rewriter)) }
    }

    fn hear(&mut self, bytes: &[u8]) {
        let Some((mut decoder, mut rewriter)) = self.judging.take() else { return };
        decoder.feed(bytes);
        loop {
            match decoder.take(PORTION) {
                Ok(decoded) if decoded.is_empty() => break,
                Ok(decoded) if rewriter.push(&decoded).is_ok() => {}
                Ok(_) | Err(_) => return,
            }
        }
        self.judging = Some((decoder, rewriter));
    }

    fn end(&mut self) {
        // What it says of the page is of no use here: the judge has listed what it was asked about.
        drop(self.judging.take().map(|(_, rewriter)| rewriter.finish()));
    }
}

impl HttpBody for Overheard {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.origin).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.hear(data);
                }
                if self.origin.is_end_stream() {
                    self.end();
                }
            }
            Poll::Ready(None) => self.end(),
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.origin.is_end_stream()
    }
}
