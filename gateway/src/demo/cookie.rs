//! The origins' side of cookies: the header read into names and values, and lines to set. These are the demo's
//! own cookies with values of its own making; it refuses to set a value that a header line can't carry.

use super::form::{decode, encode};

/// How many received cookies a page lists.
const MOST_SHOWN: usize = 80;

/// A cookie as the origin received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    /// Its name; empty where the browser sent none.
    pub(crate) name: String,
    /// Its value, decoded for reading.
    pub(crate) value: String,
}

/// The cookies of a request's `Cookie` lines, in their order.
pub(crate) fn read<'h>(lines: impl Iterator<Item = &'h [u8]>) -> Vec<Received> {
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';'));
    let pairs = pairs.map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty()).take(MOST_SHOWN);
    pairs
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let (first, second) = (halves.next().unwrap_or_default(), halves.next());
            let (name, value) = second.map_or((&b""[..], first), |value| (first, value));
            Received { name: String::from_utf8_lossy(name).into_owned(), value: decode(value, false) }
        })
        .collect()
}

/// A cookie that the origin sets with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetCookie {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its value, as meant; encoded on the way out.
    pub(crate) value: String,
    /// How many days it lasts; None: until the browser closes; 0: it is deleted.
    pub(crate) days: Option<u32>,
    /// Whether scripts can't read it.
    pub(crate) http_only: bool,
}

impl SetCookie {
    /// A cookie that lasts until the browser closes and that scripts can't read.
    pub(crate) fn session(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), days: None, http_only: true }
    }

    /// A cookie that lasts for days.
    pub(crate) fn lasting(name: &'static str, value: impl Into<String>, days: u32) -> Self {
        Self { name, value: value.into(), days: Some(days), http_only: false }
    }

    /// The end of a cookie.
    pub(crate) fn deleted(name: &'static str) -> Self {
        Self { name, value: String::new(), days: Some(0), http_only: false }
    }

    /// The same, unreadable for scripts.
    pub(crate) fn http_only(mut self) -> Self {
        self.http_only = true;
        self
    }

    /// Whether it ends a cookie.
    pub(crate) fn is_deletion(&self) -> bool {
        self.days == Some(0)
    }

    /// The header's value.
    pub(crate) fn line(&self) -> String {
        let age = self.days.map(|days| format!("; Max-Age={}", u64::from(days) * 86_400)).unwrap_or_default();
        let hidden = if self.http_only { "; HttpOnly" } else { "" };
        format!("{}={}; Path=/{age}; SameSite=Lax{hidden}", self.name, encode(&self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_header_is_read_pair_by_pair() {
        let check = |lines: &[&str], expect: &[(&str, &str)]| {
            let found = read(lines.iter().map(|line| line.as_bytes()));
            let found: Vec<(&str, &str)> =
                found.iter().map(|cookie| (cookie.name.as_str(), cookie.value.as_str())).collect();
            assert_eq!(found, expect);
        };
        check(&["saved_id=care01; sort_order=grade"], &[("saved_id", "care01"), ("sort_order", "grade")]);
        check(&["a=1", "b=2=3"], &[("a", "1"), ("b", "2=3")]);
        check(&["nameless; =alone;; x="], &[("", "nameless"), ("", "alone"), ("x", "")]);
        check(&["v=%EA%B0%80+b"], &[("v", "가+b")]);
        check(&[], &[]);
    }

    #[test]
    fn a_line_says_how_long_and_who_may_read() {
        let check = |cookie: SetCookie, expect: &str| assert_eq!(cookie.line(), expect);
        check(SetCookie::session("EZSESSION", "ab12"), "EZSESSION=ab12; Path=/; SameSite=Lax; HttpOnly");
        check(
            SetCookie::lasting("sort_order", "grade", 180),
            "sort_order=grade; Path=/; Max-Age=15552000; SameSite=Lax",
        );
        check(
            SetCookie::lasting("rm_ad", "x;y", 1).http_only(),
            "rm_ad=x%3By; Path=/; Max-Age=86400; SameSite=Lax; HttpOnly",
        );
        check(SetCookie::deleted("saved_id"), "saved_id=; Path=/; Max-Age=0; SameSite=Lax");
    }
}
