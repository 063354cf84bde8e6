//! Trackers' scripts that a site serves from paths of its own: the head of each script is looked at before the answer's
//! head goes out. One whose purpose isn't granted is answered with an empty script; the others pass byte for byte.
//!
//! Refuses to wait for more than the first bytes: whatever can't begin a known script goes on with its first piece.
//! Invariant: no more of a body is kept than what was looked at and the piece it came in.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG, EXPIRES, LAST_MODIFIED, LINK,
    TRAILER,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use policies::rules::LoaderRule;
use tokio::time::{Instant, timeout_at};

use super::coding::{Bounds, Coding, Decoder};
use super::{Exchange, headers, told_by};
use crate::body::{Body, BodyError, empty};
use crate::books::Books;
use crate::html::is_java_script;
use crate::site::{Treatment, without_port};
use crate::wire::path::plain;

/// Decoded bytes that tell a script.
const HEAD: usize = 4 * 1024;

/// Decoded bytes that tell most scripts to be nobody's.
const FIRST_LOOK: usize = 256;

/// Coded bytes that are read for them: a block of zstd, the largest piece that gives nothing out before its end.
const MOST_CODED: usize = 128 * 1024 + 64;

/// How long the rest of a head may take once its first piece came.
const REST_WAIT: Duration = Duration::from_millis(500);

/// What a tracker's stopped request is answered: nothing, kept by nobody.
#[must_use]
pub fn nothing() -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Looks whether an answer is a tracker's script, and settles it.
pub async fn settle_loader(response: Response<Body>, exchange: &Exchange, books: &Books) -> Response<Body> {
    let Exchange { site, decision, treatment, .. } = exchange;
    let config = &site.config;
    let rules = config.policy.trackers.loaders();
    if *treatment == Treatment::Bypass || !config.switches.tag_gateways || rules.is_empty() {
        return response;
    }
    let (path, query) = exchange.target.split_once('?').unwrap_or((exchange.target.as_str(), ""));
    let path = plain(path);
    let known = books.inventory.loaders().at(&config.name, &path);
    let (response, seen) =
        // Boxed, so that other answers have no room for it.
        if is_script(&response, exchange) { Box::pin(look(response, rules)).await } else { (response, Seen::Unread) };
    let service = match seen {
        Seen::Loader(rule) => {
            if books.inventory.loaders().learn(&config.name, &path, &rule.recipient) {
                tracing::info!(site = config.name, path = &*path, service = rule.recipient, "a tracker's script");
            }
            Some(rule.recipient.clone())
        }
        Seen::Another => {
            if known.is_some() {
                books.inventory.loaders().forget(&config.name, &path);
            }
            None
        }
        Seen::Unread => known.filter(|_| speaks_of_script(&response, exchange)),
    };
    let Some(service) = service else {
        let shaped = config.policy.trackers.shape(&path, query).is_some();
        return if shaped { kept_from_shared(response, exchange) } else { response };
    };
    let host = without_port(&exchange.visitor.host).to_ascii_lowercase();
    match (site.held_loader(decision, &host, &path, &service), treatment) {
        (None, _) => kept_from_shared(response, exchange),
        (Some(purpose), Treatment::Shadow) => {
            books.inventory.would_hold(site, &format!("{path} ({service})"), purpose);
            response
        }
        (Some(_), _) => {
            books.telemetry.metrics.stopped(&site.label, "loader");
            without_script(response)
        }
    }
}

/// What a look at a script showed.
enum Seen<'r> {
    Loader(&'r LoaderRule),
    /// It is no known one.
    Another,
    /// It couldn't be looked at.
    Unread,
}

/// Whether an answer brings a whole script.
fn is_script(response: &Response<Body>, exchange: &Exchange) -> bool {
    response.status() == StatusCode::OK
        && exchange.method != Method::HEAD
        && !response.headers().contains_key(CONTENT_RANGE)
        && speaks_of_script(response, exchange)
}

/// Whether an answer speaks of a script: one to HEAD, a part, and the word that it is unchanged do so too.
fn speaks_of_script(response: &Response<Body>, exchange: &Exchange) -> bool {
    let navigation = exchange.visitor.navigation;
    let media = response.headers().get(CONTENT_TYPE);
    let media = media.and_then(|kind| kind.as_bytes().split(|byte| *byte == b';').next()).map(<[u8]>::trim_ascii);
    let unchanged = response.status() == StatusCode::NOT_MODIFIED && !navigation.wants_html;
    unchanged || (response.status().is_success() && (navigation.scripted || media.is_some_and(is_java_script)))
}

/// Reads the beginning of a script; the answer is whole again afterwards.
async fn look<'r>(response: Response<Body>, rules: &'r [LoaderRule]) -> (Response<Body>, Seen<'r>) {
    let coding = coding_of(response.headers());
    let bounds = Bounds { most: u64::MAX, ratio: u64::MAX };
    let Some(decoder) = coding.and_then(|coding| Decoder::new(coding, bounds).ok()) else {
        return (response, Seen::Unread);
    };
    let (parts, body) = response.into_parts();
    let mut ahead = Ahead { first: VecDeque::new(), rest: body };
    let mut head = Head { decoder, text: Vec::new(), fed: 0 };
    let mut last = None;
    let seen = loop {
        // Nothing is waited for without bound that the visitor wouldn't wait for: the first piece comes with the head.
        let frame = match last {
            None => Ok(ahead.rest.frame().await),
            Some(last) => timeout_at(last, ahead.rest.frame()).await,
        };
        last = last.or_else(|| Some(Instant::now() + REST_WAIT));
        let Ok(Some(frame)) = frame else { break head.tells(rules) };
        let data = frame.as_ref().ok().and_then(Frame::data_ref).cloned();
        ahead.first.push_back(frame);
        if data.is_none_or(|data| head.read(&data, rules)) {
            break head.tells(rules);
        }
    };
    (Response::from_parts(parts, ahead.boxed_unsync()), seen)
}

fn coding_of(headers: &HeaderMap) -> Option<Coding> {
    let mut named = headers.get_all(CONTENT_ENCODING).iter();
    match (named.next(), named.next()) {
        (None, _) => Some(Coding::Identity),
        (Some(one), None) => Coding::parse(one.as_bytes()),
        _ => None,
    }
}

/// The beginning of a script, decoded.
struct Head {
    decoder: Decoder,
    text: Vec<u8>,
    fed: usize,
}

impl Head {
    /// Reads a piece; says whether nothing more can be learned.
    fn read(&mut self, data: &[u8], rules: &[LoaderRule]) -> bool {
        let room =
            if self.decoder.coding() == Coding::Identity { HEAD - self.text.len() } else { MOST_CODED - self.fed };
        let piece = data.get(..room).unwrap_or(data);
        self.fed += piece.len();
        self.decoder.feed(piece);
        while self.text.len() < HEAD {
            let most = if self.text.len() < FIRST_LOOK { FIRST_LOOK } else { HEAD };
            match self.decoder.take(most - self.text.len()) {
                Ok(decoded) if decoded.is_empty() => return self.fed >= MOST_CODED,
                Ok(decoded) => self.text.extend(decoded),
                Err(_) => return true,
            }
            if !self.may_tell(rules) {
                return true;
            }
        }
        true
    }

    fn may_tell(&self, rules: &[LoaderRule]) -> bool {
        let text = String::from_utf8_lossy(&self.text);
        rules.iter().any(|rule| rule.may_match(&text))
    }

    fn tells<'r>(&self, rules: &'r [LoaderRule]) -> Seen<'r> {
        let text = String::from_utf8_lossy(&self.text);
        rules.iter().find(|rule| rule.matches(&text)).map_or(Seen::Another, Seen::Loader)
    }
}

/// A body of which the first pieces were looked at.
struct Ahead {
    first: VecDeque<Result<Frame<Bytes>, BodyError>>,
    rest: Body,
}

impl HttpBody for Ahead {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.first.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let pieces = self.first.iter().filter_map(|frame| frame.as_ref().ok()?.data_ref());
        let ahead = pieces.fold(0, |sum: u64, data| sum.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX)));
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(ahead));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(ahead));
        }
        hint
    }
}

/// What hangs on a grant is for browsers to keep, each for its own visitor.
fn kept_from_shared(mut response: Response<Body>, exchange: &Exchange) -> Response<Body> {
    if exchange.treatment == Treatment::Enforce {
        headers::keep_from_shared(response.headers_mut());
        headers::vary_on_visitor(response.headers_mut(), told_by(exchange));
    }
    response
}

/// An empty script in a tracker's place. Cookies were judged, and what lets other origins read it stays true.
fn without_script(response: Response<Body>) -> Response<Body> {
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::OK;
    headers::drop_descriptions(&mut parts.headers);
    for name in [ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_RANGE, ETAG, EXPIRES, LAST_MODIFIED, LINK, TRAILER] {
        parts.headers.remove(name);
    }
    headers::mark_unstorable(&mut parts.headers);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    parts.headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Response::from_parts(parts, empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Vec<LoaderRule> {
        let usage = policies::rules::tracker::TrackerUse::NeverHold;
        let texts = vec![String::from("known")];
        vec![LoaderRule { starts: String::from("// A tracker."), texts, usage, recipient: String::from("x") }]
    }

    /// Whether a script in these pieces is known, and how many pieces were read for that.
    fn check(coding: Coding, pieces: &[&[u8]], expect: (bool, usize)) {
        let decoder = Decoder::new(coding, Bounds { most: u64::MAX, ratio: u64::MAX }).expect("a decoder");
        let (rules, mut read) = (rules(), 0);
        let mut head = Head { decoder, text: Vec::new(), fed: 0 };
        for piece in pieces {
            read += 1;
            if head.read(piece, &rules) {
                break;
            }
        }
        assert_eq!((matches!(head.tells(&rules), Seen::Loader(_)), read), expect, "{coding:?} {}", pieces.len());
    }

    #[test]
    fn a_head_is_read_as_far_as_it_may_tell_something() {
        let plain = Coding::Identity;
        check(plain, &[b"\n// A tracker.\nknown"], (true, 1));
        check(plain, &[b"// A tr", b"acker. kn", b"own", b""], (true, 4));
        check(plain, &[b"var own;", b"known"], (false, 1));
        check(plain, &[b"// A trace", b"known"], (false, 1));
        check(plain, &[b"", b"  ", b"// A tracker.", b"known"], (true, 4));
        let long = [b"// A tracker.".as_slice(), &[b' '; HEAD], b"known"].concat();
        check(plain, &[&long, b"known"], (false, 1));
        check(plain, &[b"\xff\xfe/", b"x"], (false, 1));
        check(Coding::Gzip, &[b"no gzip at all, however long it may be", b"x"], (false, 1));
    }

    #[test]
    fn coded_heads_are_read_from_any_pieces() {
        let script = format!("// A tracker.\nknown\n{}", "own();".repeat(40_000));
        for coding in [Coding::Gzip, Coding::Brotli, Coding::Zstd] {
            let mut encoder = super::super::coding::Encoder::new(coding).expect("an encoder");
            let mut coded = encoder.push(script.as_bytes().to_vec()).expect("coded");
            coded.extend(encoder.finish().expect("coded"));
            let pieces: Vec<&[u8]> = coded.chunks(7).collect();
            let decoder = Decoder::new(coding, Bounds { most: u64::MAX, ratio: u64::MAX }).expect("a decoder");
            let (rules, mut head) = (rules(), Head { decoder, text: Vec::new(), fed: 0 });
            let read = pieces.iter().position(|piece| head.read(piece, &rules));
            assert!(matches!(head.tells(&rules), Seen::Loader(_)), "{coding:?} {read:?}");
            assert!(head.text.len() <= HEAD, "{coding:?}");
        }
    }
}
