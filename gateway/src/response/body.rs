//! A page on its way: decoded, judged tag by tag, encoded again, frame by frame. A page that can't be judged any
//! further is cut off: letting the rest through would wake what the visitor refused.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};
use hyper::body::Incoming;

use super::coding::{self, Coding, Decoder, Encoder};
use super::headers::DIGESTS;
use crate::body::BodyError;
use crate::html::{self, PageReport, Rewriter};

/// Decoded bytes that are judged at once.
const PORTION: usize = 64 * 1024;

/// What is called when the page has ended, with what was done to it.
pub(super) type AtEnd = Box<dyn FnOnce(&PageReport) + Send>;

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
    rewriter: Rewriter,
    encoder: Encoder,
}

/// A page's body as the visitor gets it.
pub(super) struct PageBody {
    origin: Incoming,
    /// None once the page has ended.
    stages: Option<Stages>,
    at_end: Option<AtEnd>,
    /// What the origin sent behind the page.
    trailers: Option<HeaderMap>,
}

impl PageBody {
    pub(super) fn new(
        origin: Incoming,
        coding: Coding,
        rewriter: Rewriter,
        at_end: AtEnd,
    ) -> Result<Self, coding::Error> {
        let stages = Stages { decoder: Decoder::new(coding)?, rewriter, encoder: Encoder::new(coding)? };
        Ok(Self { origin, stages: Some(stages), at_end: Some(at_end), trailers: None })
    }

    fn end(&mut self) -> Result<Vec<u8>, Error> {
        let Some(stages) = self.stages.take() else { return Ok(Vec::new()) };
        let (last, report) = stages.finish()?;
        if let Some(at_end) = self.at_end.take() {
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
            let judged = self.rewriter.push(&decoded)?;
            out.extend(self.encoder.push(&judged)?);
        }
        // What was decided travels at once, so that pages still appear while they are being made.
        out.extend(self.encoder.flush()?);
        Ok(out)
    }

    fn finish(mut self) -> Result<(Vec<u8>, PageReport), Error> {
        self.decoder.finish()?;
        let finished = self.rewriter.finish()?;
        let mut out = self.encoder.push(&finished.tail)?;
        out.extend(self.encoder.finish()?);
        Ok((out, finished.report))
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
                Some(Err(frame)) => {
                    self.trailers = frame.into_trailers().ok();
                    continue;
                }
                None => self.end(),
            };
            match out {
                Ok(out) if out.is_empty() => {}
                Ok(out) => return Poll::Ready(Some(Ok(Frame::data(out.into())))),
                Err(error) => {
                    self.stages = None;
                    self.trailers = None;
                    tracing::warn!(error = &error as &dyn std::error::Error, "a page was cut off");
                    return Poll::Ready(Some(Err(BodyError::new(error))));
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
