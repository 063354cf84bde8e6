//! A page on its way: decoded, judged tag by tag, encoded again, frame by frame. A page that can't be judged any
//! further is cut off, because the rest would wake what the visitor refused; or, where the site chose so, its rest
//! passes unjudged.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use hyper::body::Incoming;

use super::coding::{self, Coding, Decoder, Encoder};
use crate::body::BodyError;
use crate::books::Books;
use crate::config::{Doubt, Outcome};
use crate::html::{self, PageReport, Rewriter};
use crate::site::Site;
use crate::telemetry::Failure;

/// Decoded bytes that are judged at once.
const PORTION: usize = 64 * 1024;

/// What is called when the page has ended, with what was done to it.
pub(super) type AtEnd = Box<dyn FnOnce(&PageReport) + Send>;

/// What the site chose for doubts, and who is told of them.
pub(super) struct Doubts {
    pub(super) site: Arc<Site>,
    pub(super) books: Books,
}

impl Doubts {
    /// What was taken in and not given out goes on as it is, and then all that follows; or nothing does.
    fn settle_page(&self, error: html::Error) -> Result<Vec<u8>, Error> {
        match self.books.settle(&self.site, Doubt::PageTooLarge) {
            Outcome::Closed => Err(Error::Page(error)),
            Outcome::Open => Ok(error.unflushed),
        }
    }
}

/// Why a page was cut off.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The origin broke off, or sent bytes that its coding doesn't explain.
    #[error("the origin's page can't be decoded")]
    Coding(#[from] coding::Error),
    /// The page can't be judged any further.
    #[error("the page was cut off where it could not be judged any further")]
    Page(#[from] html::Error),
    /// The page turned out to be in a charset that can't be read.
    #[error("the page was cut off at its beginning: its charset can't be read")]
    Charset,
}

/// The stages that bytes go through.
struct Stages {
    decoder: Decoder,
    /// None once the rest passes unjudged.
    rewriter: Option<Rewriter>,
    encoder: Encoder,
    doubts: Doubts,
    charset_settled: bool,
}

/// A page's body as the visitor gets it.
pub(super) struct PageBody {
    origin: Incoming,
    /// None once the page has ended.
    stages: Option<Stages>,
    at_end: Option<AtEnd>,
}

impl PageBody {
    pub(super) fn new(
        origin: Incoming,
        coding: Coding,
        rewriter: Rewriter,
        doubts: Doubts,
        at_end: AtEnd,
    ) -> Result<Self, coding::Error> {
        let (decoder, encoder) = (Decoder::new(coding)?, Encoder::new(coding)?);
        let stages = Stages { decoder, rewriter: Some(rewriter), encoder, doubts, charset_settled: false };
        Ok(Self { origin, stages: Some(stages), at_end: Some(at_end) })
    }

    fn end(&mut self) -> Result<Vec<u8>, Error> {
        let Some(stages) = self.stages.take() else { return Ok(Vec::new()) };
        let (last, report) = stages.finish()?;
        if let (Some(at_end), Some(report)) = (self.at_end.take(), report) {
            at_end(&report);
        }
        Ok(last)
    }
}

impl Stages {
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        self.decoder.feed(bytes);
        let mut out = Vec::new();
        loop {
            let decoded = self.decoder.take(PORTION)?;
            if decoded.is_empty() {
                break;
            }
            let judged = self.judge(decoded)?;
            out.extend(self.encoder.push(&judged)?);
        }
        // What was decided travels at once, so that pages still appear while they are being made.
        out.extend(self.encoder.flush()?);
        Ok(out)
    }

    fn judge(&mut self, decoded: Vec<u8>) -> Result<Vec<u8>, Error> {
        let Some(rewriter) = &mut self.rewriter else { return Ok(decoded) };
        let judged = rewriter.push(&decoded);
        if rewriter.is_passing() && !std::mem::replace(&mut self.charset_settled, true) {
            match self.doubts.books.settle(&self.doubts.site, Doubt::UnknownCharset) {
                Outcome::Closed => return Err(Error::Charset),
                Outcome::Open => {}
            }
        }
        if judged.is_err() {
            self.rewriter = None;
        }
        judged.or_else(|error| self.doubts.settle_page(error))
    }

    fn finish(self) -> Result<(Vec<u8>, Option<PageReport>), Error> {
        let Self { decoder, rewriter, mut encoder, doubts, .. } = self;
        decoder.finish()?;
        let (tail, report) = match rewriter.map(Rewriter::finish).transpose() {
            Ok(Some(finished)) => (finished.tail, Some(finished.report)),
            Ok(None) => (Vec::new(), None),
            Err(error) => (doubts.settle_page(error)?, None),
        };
        let mut out = encoder.push(&tail)?;
        out.extend(encoder.finish()?);
        Ok((out, report))
    }
}

impl HttpBody for PageBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        while self.stages.is_some() {
            let frame = match Pin::new(&mut self.origin).poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(BodyError::new(error)))),
                Poll::Ready(Some(Ok(frame))) => Some(frame),
                Poll::Ready(None) => None,
            };
            let out = match frame.map(Frame::into_data) {
                Some(Ok(data)) => self.stages.as_mut().map_or_else(|| Ok(Vec::new()), |stages| stages.push(&data)),
                // Trailers speak of the bytes as the origin sent them.
                Some(Err(_trailers)) => continue,
                None => self.end(),
            };
            match out {
                Ok(out) if out.is_empty() => {}
                Ok(out) => return Poll::Ready(Some(Ok(Frame::data(out.into())))),
                Err(error) => {
                    if let Some(Stages { doubts, .. }) = self.stages.take() {
                        doubts.books.telemetry.failed(Failure::Page, &doubts.site.label, &error);
                    }
                    return Poll::Ready(Some(Err(BodyError::new(error))));
                }
            }
        }
        Poll::Ready(None)
    }
}
