//! A page on its way: decoded, judged tag by tag, encoded again, frame by frame. A page that can't be judged any
//! further is cut off, because the rest would wake what the visitor refused; or, where the site chose so, its rest
//! passes unjudged.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};

use super::coding::{self, Decoder, Encoder};
use super::headers::DIGESTS;
use crate::body::BodyError;
use crate::books::Books;
use crate::client::AnswerBody;
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
}

/// The stages that bytes go through.
struct Stages {
    decoder: Decoder,
    /// None once the rest passes unjudged.
    rewriter: Option<Rewriter>,
    encoder: Encoder,
    doubts: Doubts,
}

/// A page's body as the visitor gets it.
pub(super) struct PageBody {
    origin: AnswerBody,
    /// None once the page has ended.
    stages: Option<Stages>,
    /// Whether the decoder may have more to give before it needs more of the origin.
    more: bool,
    at_end: Option<AtEnd>,
    /// Why the page was cut off, until it is told.
    failed: Option<BodyError>,
    /// What the origin sent behind the page.
    trailers: Option<HeaderMap>,
}

impl PageBody {
    pub(super) fn new(
        origin: AnswerBody,
        decoder: Decoder,
        rewriter: Rewriter,
        doubts: Doubts,
        at_end: AtEnd,
    ) -> Result<Self, coding::Error> {
        let encoder = Encoder::new(decoder.coding())?;
        let stages = Stages { decoder, rewriter: Some(rewriter), encoder, doubts };
        Ok(Self { origin, stages: Some(stages), more: false, at_end: Some(at_end), failed: None, trailers: None })
    }

    /// Judges the next portion; an empty one says that more of the origin is needed.
    fn portion(&mut self) -> Result<Vec<u8>, Error> {
        let Some(stages) = self.stages.as_mut() else { return Ok(Vec::new()) };
        let decoded = stages.decoder.take(PORTION)?;
        self.more = !decoded.is_empty();
        stages.push(decoded)
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
    /// Judges decoded bytes. Without any, what was decided before travels at once, so that pages still appear while
    /// they are being made.
    fn push(&mut self, decoded: Vec<u8>) -> Result<Vec<u8>, Error> {
        if decoded.is_empty() {
            return Ok(self.encoder.flush()?);
        }
        let judged = self.judge(decoded)?;
        Ok(self.encoder.push(judged)?)
    }

    fn judge(&mut self, decoded: Vec<u8>) -> Result<Vec<u8>, Error> {
        let Some(rewriter) = &mut self.rewriter else { return Ok(decoded) };
        let judged = rewriter.push(&decoded);
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
        let mut out = encoder.push(tail)?;
        out.extend(encoder.finish()?);
        Ok((out, report))
    }
}

impl HttpBody for PageBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(failed) = self.failed.take() {
            return Poll::Ready(Some(Err(failed)));
        }
        while self.stages.is_some() {
            // A small coded piece may be a large page: it goes out in portions, each when it is asked for.
            let out = if self.more {
                self.portion()
            } else {
                match ready!(Pin::new(&mut self.origin).poll_frame(cx)).transpose() {
                    Err(error) => return Poll::Ready(Some(Err(BodyError::new(error)))),
                    Ok(None) => self.end(),
                    Ok(Some(frame)) => match (frame.into_data(), self.stages.as_mut()) {
                        (Ok(data), Some(stages)) => {
                            stages.decoder.feed(&data);
                            self.portion()
                        }
                        (Err(frame), _) => {
                            self.trailers = frame.into_trailers().ok();
                            continue;
                        }
                        (Ok(_), None) => continue,
                    },
                }
            };
            match out {
                Ok(out) if out.is_empty() => {}
                Ok(out) => return Poll::Ready(Some(Ok(Frame::data(out.into())))),
                Err(error) => {
                    if let Some(Stages { doubts, .. }) = self.stages.take() {
                        doubts.books.telemetry.failed(Failure::Page, &doubts.site.label, None, &error);
                    }
                    self.trailers = None;
                    // A body that fails takes along what its connection hasn't written yet: that gets a turn first.
                    self.failed = Some(BodyError::new(error));
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(self.trailers.take().map(|mut trailers| {
            // These speak of the bytes as the origin sent them.
            DIGESTS.iter().for_each(|name| drop(trailers.remove(*name)));
            Ok(Frame::trailers(trailers))
        }))
    }
}
