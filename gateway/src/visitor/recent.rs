//! What the last request on a connection said of cookies, and what came of it. A browser sends the same cookies with a page and with
//! everything in it, mostly over one connection: they are opened, split and judged once.
//!
//! Refuses to guess: only the very same bytes at the same site, judged in the same circumstances, are the same again. Invariant:
//! what is remembered is bounded, is of one request, and goes with its connection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use policies::{Decision, Token};

use crate::config::{Prefix, Scheme};
use crate::site::{Site, Treatment};
use crate::wire::names::NameList;

/// Bytes of cookies that are remembered.
const MOST: usize = 4 * 1024;

/// What one connection's last request said.
#[derive(Clone, Debug, Default)]
pub struct Recent(Arc<Mutex<Option<Said>>>);

/// Names of a request's cookies that didn't reach the origin, or that nobody speaks of.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Names that were refused, in order; bounded.
    pub refused: NameList,
    /// Names that nobody speaks of; bounded.
    pub unknown: NameList,
}

/// What is left of a request's cookies.
#[derive(Clone, Debug)]
pub struct Left {
    /// The lines as they go on; none where they go as they came.
    pub lines: Option<Vec<HeaderValue>>,
    /// What was judged.
    pub names: Arc<Names>,
}

/// What a judgement of cookies hangs on beside their bytes and their site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// What holds.
    pub decision: Decision,
    /// How far that is acted on.
    pub treatment: Treatment,
    /// Which name our own cookie has.
    pub scheme: Scheme,
    /// Several lines are one.
    pub in_crumbs: bool,
    /// A refusal is old enough to show.
    pub settled: bool,
    /// The network of whoever asks.
    pub from: Option<Prefix>,
}

#[derive(Debug)]
struct Said {
    /// A reload makes others.
    site: Arc<Site>,
    scheme: Scheme,
    /// The lines, each with an end.
    bytes: Vec<u8>,
    token: Option<Token>,
    /// Whether a consent cookie came, ours or not.
    came: bool,
    left: Option<(Circumstances, Left)>,
}

impl Said {
    fn is_of(&self, headers: &HeaderMap, site: &Site) -> bool {
        let mut rest = self.bytes.as_slice();
        let mut same = |line: &HeaderValue| {
            let after = rest.strip_prefix(line.as_bytes()).and_then(|rest| rest.strip_prefix(b"\n"));
            rest = after.unwrap_or_default();
            after.is_some()
        };
        std::ptr::eq(&raw const *self.site, site) && headers.get_all(COOKIE).iter().all(&mut same) && rest.is_empty()
    }
}

impl Recent {
    /// The token that a request's cookies bring, and whether a consent cookie came at all; `read` finds out.
    pub(super) fn token(
        &self,
        headers: &HeaderMap,
        site: &Arc<Site>,
        scheme: Scheme,
        read: impl FnOnce() -> (Option<Token>, bool),
    ) -> (Option<Token>, bool) {
        let mut said = self.said();
        if let Some(said) = said.as_ref().filter(|said| said.scheme == scheme && said.is_of(headers, site)) {
            return (said.token, said.came);
        }
        let (token, came) = read();
        let lines = || headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
        let length = lines().map(|line| line.len() + 1).sum::<usize>();
        *said = (1..=MOST).contains(&length).then(|| {
            let mut bytes = Vec::with_capacity(length);
            lines().for_each(|line| {
                bytes.extend_from_slice(line);
                bytes.push(b'\n');
            });
            Said { site: Arc::clone(site), scheme, bytes, token, came, left: None }
        });
        (token, came)
    }

    /// What is left of a request's cookies, and whether the last request said the same; `judge` finds out.
    pub fn left(
        &self,
        headers: &HeaderMap,
        site: &Site,
        circumstances: Circumstances,
        judge: impl FnOnce() -> Left,
    ) -> (Left, bool) {
        let mut said = self.said();
        let Some(said) = said.as_mut().filter(|said| said.is_of(headers, site)) else { return (judge(), false) };
        if let Some((known, left)) = &said.left
            && *known == circumstances
        {
            return (left.clone(), true);
        }
        let left = judge();
        said.left = Some((circumstances, left.clone()));
        (left, false)
    }

    fn said(&self) -> MutexGuard<'_, Option<Said>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::config::HostMode;
    use crate::wire::header_map;

    fn site() -> Arc<Site> {
        Arc::new(crate::site::sample("http://origin.example", HostMode::Visitor))
    }

    #[test]
    fn the_same_cookies_are_read_once_and_others_anew() {
        let (recent, shop, again) = (Recent::default(), site(), site());
        let reads = Cell::new(0);
        let read = |cookies: &[&str], site: &Arc<Site>, scheme| {
            let pairs: Vec<(&str, &str)> = cookies.iter().map(|line| ("cookie", *line)).collect();
            recent.token(&header_map(&pairs), site, scheme, || {
                reads.set(reads.get() + 1);
                (None, true)
            });
            reads.replace(0) > 0
        };
        assert!(read(&["a=1; b=2"], &shop, Scheme::Http));
        assert!(!read(&["a=1; b=2"], &shop, Scheme::Http));
        for other in [&["a=1; b=3"][..], &["a=1; b=2; "], &["a=1", "b=2"], &["a=1; b=2", ""], &["a=1; b="], &[]] {
            assert!(read(other, &shop, Scheme::Http), "{other:?}");
            assert!(read(&["a=1; b=2"], &shop, Scheme::Http), "{other:?}");
        }
        assert!(read(&["a=1; b=2"], &shop, Scheme::Https));
        assert!(read(&["a=1; b=2"], &again, Scheme::Https), "after a reload");
        let long = "a".repeat(MOST);
        assert!(read(&[&long], &shop, Scheme::Http) && read(&[&long], &shop, Scheme::Http), "too long to remember");
    }
}
