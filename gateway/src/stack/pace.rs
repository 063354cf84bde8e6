//! How a connection spends its time: hyper bounds the wait for a head, but not that for a first byte, not the idle time
//! of HTTP/2, not a visitor who takes nothing of an answer, and not requests that are begun and given up. This notes
//! what happens on one connection and says, when asked, whether it is still worth keeping.
//!
//! It refuses to know about sockets: whoever drives the connection acts. Invariant: a connection that neither asks, nor
//! is answered, nor takes its answer is told to end within its bounds.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Version;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

use crate::body::{Body, BodyError};
use crate::config::Limits;

/// When the process stops, an idle connection may still bring the request that is on its way.
const LINGER: Duration = Duration::from_secs(1);
/// A connection that was told to leave is cut off when it has done nothing for so long.
const LEAVE_WAIT: Duration = Duration::from_secs(5);

/// When nothing was asked for so long, HTTP/1.1's buffers are given back.
const REST: Duration = Duration::from_secs(2);

/// What to do with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Look again then, at the latest.
    Keep(Instant),
    /// Let it finish what is under way and take nothing more; look again then.
    Leave(Instant),
    /// Let HTTP go, and keep the stream alone.
    Rest,
    /// End it now.
    Cut(&'static str),
}

/// The notes on one connection.
#[derive(Clone, Debug)]
pub(crate) struct Pace(Arc<Mutex<Notes>>);

#[derive(Debug)]
struct Notes {
    limits: Limits,
    http2: bool,
    served: bool,
    under_way: usize,
    /// Since when nothing is under way.
    quiet_since: Instant,
    /// When the first byte came after that.
    heard: Option<Instant>,
    /// Since when answers wait for the visitor to take more of them.
    untaken: Vec<(u64, Instant)>,
    next: u64,
    /// How many more requests may be given up.
    resets: usize,
    /// Whether HTTP has it; otherwise it rests.
    in_http: bool,
    /// Whether nothing came behind the last head.
    whole_heads: bool,
    /// Whether a request had a body: what is left of one would be taken for a request by whoever begins to read there.
    bodies: bool,
    /// Whether bytes wait to be sent.
    unsent: bool,
    stopping: Option<Instant>,
    leaving: Option<Instant>,
}

impl Pace {
    /// For a connection that begins now.
    pub(crate) fn new(limits: Limits) -> Self {
        Self(Arc::new(Mutex::new(Notes {
            limits,
            http2: false,
            served: false,
            under_way: 0,
            quiet_since: Instant::now(),
            heard: None,
            untaken: Vec::new(),
            next: 0,
            resets: limits.resets,
            in_http: false,
            whole_heads: false,
            bodies: false,
            unsent: false,
            stopping: None,
            leaving: None,
        })))
    }

    /// Bytes came; `whole` says that they end a head.
    pub(crate) fn heard(&self, whole: bool) {
        let mut notes = self.notes();
        notes.in_http = true;
        notes.whole_heads = whole;
        if notes.under_way == 0 && notes.heard.is_none() {
            notes.heard = Some(Instant::now());
        }
    }

    /// Bytes were sent, or wait to be.
    pub(crate) fn sends(&self, waits: bool) {
        self.notes().unsent = waits;
    }

    /// The process stops.
    pub(crate) fn stop(&self) {
        self.notes().stopping.get_or_insert_with(Instant::now);
    }

    /// A request begins.
    pub(super) fn begin(&self, version: Version, has_body: bool) -> Exchange {
        let mut notes = self.notes();
        notes.bodies |= has_body;
        notes.http2 = version == Version::HTTP_2;
        notes.served = true;
        notes.under_way += 1;
        notes.next += 1;
        let number = notes.next;
        drop(notes);
        Exchange { pace: self.clone(), number, whole: false, begun: true }
    }

    /// What to do with the connection now.
    pub(crate) fn verdict(&self) -> Verdict {
        self.notes().verdict(Instant::now())
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes {
    fn verdict(&mut self, now: Instant) -> Verdict {
        if self.resets == 0 {
            return Verdict::Cut("it gives up too many requests");
        }
        if self.under_way > 0 { self.busy(now) } else { self.quiet(now) }
    }

    fn quiet(&mut self, now: Instant) -> Verdict {
        if let Some(leaving) = self.leaving {
            let last = leaving.max(self.quiet_since) + LEAVE_WAIT;
            return if last <= now { Verdict::Cut("it does not leave") } else { Verdict::Leave(last) };
        }
        let (last, slow) = match self.heard {
            // The bytes of HTTP/2 between requests are not the beginning of a head: pings and the like.
            Some(heard) if !self.http2 => (heard + self.limits.head_wait, true),
            _ if !self.served => (self.quiet_since + self.limits.head_wait, true),
            _ => (self.quiet_since + self.limits.idle_wait, false),
        };
        if last <= now {
            return if slow { Verdict::Cut("its request takes too long to come") } else { self.leave(now) };
        }
        match self.stopping {
            Some(_) if self.http2 => self.leave(now),
            Some(stopping) if self.heard.is_none() && stopping + LINGER <= now => self.leave(now),
            Some(stopping) => Verdict::Keep(last.min(stopping + LINGER).max(now + Duration::from_millis(50))),
            None if self.may_rest() && self.quiet_since + REST <= now => {
                self.in_http = false;
                Verdict::Rest
            }
            None if self.may_rest() => Verdict::Keep(last.min(self.quiet_since + REST)),
            None => Verdict::Keep(last),
        }
    }

    /// Whether HTTP holds nothing that is not known here: no byte that was read or is to be sent.
    const fn may_rest(&self) -> bool {
        let nothing_read = self.heard.is_none() && self.whole_heads && !self.bodies;
        self.in_http && self.served && !self.http2 && nothing_read && !self.unsent
    }

    fn busy(&mut self, now: Instant) -> Verdict {
        let wait = self.limits.download_wait;
        let since = || self.untaken.iter().map(|(_, since)| *since);
        let stalled = since().filter(|since| *since + wait <= now).count();
        let oldest = since().filter(|since| *since + wait > now).min();
        let next = oldest.map_or(now + wait, |since| since + wait);
        // Others on the same connection are answered first.
        if stalled == self.under_way {
            return Verdict::Cut("its visitor takes nothing of the answer");
        }
        if stalled > 0 || self.stopping.is_some() || self.leaving.is_some() {
            self.leaving.get_or_insert(now);
            return Verdict::Leave(if stalled > 0 { next.min(now + LEAVE_WAIT) } else { next });
        }
        Verdict::Keep(next)
    }

    /// Notes that an answer waits to be taken, or that nothing of it is there.
    fn waits(&mut self, number: u64, since: Option<Instant>) {
        let at = self.untaken.iter().position(|(known, _)| *known == number);
        match (at.and_then(|at| self.untaken.get_mut(at)), since, at) {
            (Some(known), Some(since), _) => known.1 = since,
            (None, Some(since), _) => self.untaken.push((number, since)),
            (_, None, Some(at)) => drop(self.untaken.swap_remove(at)),
            (_, None, None) => {}
        }
    }

    fn leave(&mut self, now: Instant) -> Verdict {
        self.leaving.get_or_insert(now);
        Verdict::Leave(now + LEAVE_WAIT)
    }
}

/// One request and its answer; over when it is dropped.
#[derive(Debug)]
pub(super) struct Exchange {
    pace: Pace,
    number: u64,
    /// Whether nothing of the answer is left to send.
    whole: bool,
    /// Whether somebody still waits for it.
    begun: bool,
}

impl Exchange {
    /// The answer's body, watched while it is taken.
    pub(super) fn paced(mut self, body: Body) -> Paced {
        self.whole = body.is_end_stream();
        // A body that is never asked for (HEAD) is not given up.
        self.begun = false;
        Paced { body, exchange: self }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut notes = self.pace.notes();
        notes.waits(self.number, None);
        notes.under_way = notes.under_way.saturating_sub(1);
        if self.begun && !self.whole {
            notes.resets = notes.resets.saturating_sub(1);
        } else if notes.resets > 0 {
            notes.resets = (notes.resets + 1).min(notes.limits.resets);
        }
        if notes.under_way == 0 {
            notes.quiet_since = Instant::now();
            notes.heard = None;
        }
    }
}

/// An answer's body, watched while it is taken.
pub(crate) struct Paced {
    body: Body,
    exchange: Exchange,
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Self { body, exchange } = &mut *self;
        exchange.begun = true;
        let polled = Pin::new(&mut *body).poll_frame(cx);
        exchange.whole = matches!(polled, Poll::Ready(None | Some(Err(_)))) || body.is_end_stream();
        exchange.pace.notes().waits(exchange.number, polled.is_ready().then(Instant::now));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
