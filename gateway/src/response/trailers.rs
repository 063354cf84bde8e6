//! Trailers of an answer: they pass when the answer announced them and the visitor reads them, and what they set is
//! judged like any header. All others are dropped here, whatever the protocol in front would do with them.
//!
//! Refuses trailers that nobody announced. Invariant: no refused cookie gets past a head by standing behind a body.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{HeaderName, TRAILER};
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt;

use super::{Exchange, set_cookie};
use crate::books::Books;
use crate::wire::{hop, list};

/// At most so many names are read of an announcement.
const MOST_NAMES: usize = 64;

/// What of an answer's trailers passes.
pub(super) struct Rule {
    announced: Vec<HeaderName>,
    exchange: Arc<Exchange>,
    books: Books,
}

impl Rule {
    /// The rule for an answer's head; an announcement that isn't kept goes.
    pub(super) fn read(headers: &mut HeaderMap, exchange: &Arc<Exchange>, books: &Books) -> Self {
        let lines = headers.get_all(TRAILER).iter().flat_map(|line| list::members(line.as_bytes()));
        let names = lines.take(MOST_NAMES).filter_map(|name| HeaderName::from_bytes(name).ok());
        let announced: Vec<HeaderName> = names.filter(|_| exchange.reads_trailers).collect();
        if !exchange.reads_trailers {
            headers.remove(TRAILER);
        }
        Self { announced, exchange: Arc::clone(exchange), books: books.clone() }
    }

    /// The body with its trailers judged.
    pub(super) fn judging<B>(self, body: B) -> impl HttpBody<Data = Bytes, Error = B::Error> + Send + 'static
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
    {
        body.map_frame(move |frame| match frame.into_trailers() {
            Err(data) => data,
            Ok(trailers) => {
                let kept = self.judged(trailers);
                // Nothing to say behind the body: an empty piece ends it as well.
                if kept.is_empty() { Frame::data(Bytes::new()) } else { Frame::trailers(kept) }
            }
        })
    }

    fn judged(&self, mut trailers: HeaderMap) -> HeaderMap {
        let strange: Vec<HeaderName> = trailers.keys().filter(|name| !self.announced.contains(name)).cloned().collect();
        for name in strange {
            trailers.remove(name);
        }
        hop::remove(&mut trailers);
        set_cookie::judge(&mut trailers, &self.exchange, &self.books.inventory, &self.books.held);
        trailers
    }
}
