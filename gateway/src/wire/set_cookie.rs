//! One `Set-Cookie` line as a browser reads it (RFC 6265bis 5.6 and 5.7): a view that borrows the line.
//!
//! Refuses to interpret values and to repair lines. Invariant: an answer here is the one a browser that follows
//! the standard would give, above all whether the line deletes the cookie: deletions always pass.

use super::{cookie_date, cookie_header, split, split_once, trim};

/// Attribute values longer than this are ignored by browsers, in bytes.
const LONGEST_ATTRIBUTE: usize = 1024;

/// When a line's cookie may travel with requests that other sites start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// With every request; browsers ask for `Secure` beside it.
    None,
    /// With the site's own requests and with top-level navigations to it.
    Lax,
    /// With the site's own requests only.
    Strict,
}

/// A parsed `Set-Cookie` line. Of an attribute that stands twice, the last counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCookie<'a> {
    /// The name as the line gives it; empty for a nameless cookie. Rules judge [`Self::judged_name`].
    pub name: &'a [u8],
    /// The value, trimmed, quotes kept. For a line without `=` the whole text.
    pub value: &'a [u8],
    /// `Domain` without its leading dot, case as it came; `None` where absent or empty (a host-only cookie).
    pub domain: Option<&'a [u8]>,
    /// `Path` where it starts with `/`; otherwise browsers use the request's folder.
    pub path: Option<&'a [u8]>,
    /// `Secure` is there.
    pub secure: bool,
    /// `HttpOnly` is there.
    pub http_only: bool,
    /// `SameSite` where it is one of the three words; anything else is the browser's default.
    pub same_site: Option<SameSite>,
    /// `Partitioned` is there.
    pub partitioned: bool,
    /// `Max-Age` in seconds, saturating; `None` where absent or no number.
    pub max_age: Option<i64>,
    /// `Expires` in seconds since 1970; `None` where absent or no date.
    pub expires: Option<i64>,
}

impl<'a> SetCookie<'a> {
    /// Reads a line. Every line can be read; one that browsers would throw away reads as they'd have read it.
    #[must_use]
    pub fn parse(line: &'a [u8]) -> Self {
        let mut segments = split(line, b';');
        let pair = segments.next().unwrap_or_default();
        let (name, value) = split_once(pair, b'=').map_or((&[][..], trim(pair)), |(n, v)| (trim(n), trim(v)));
        let mut cookie = Self {
            name,
            value,
            domain: None,
            path: None,
            secure: false,
            http_only: false,
            same_site: None,
            partitioned: false,
            max_age: None,
            expires: None,
        };
        for segment in segments {
            let (name, value) = attribute(segment);
            if value.len() <= LONGEST_ATTRIBUTE {
                cookie.take(name, value);
            }
        }
        cookie
    }

    fn take(&mut self, name: &[u8], value: &'a [u8]) {
        let is = |word: &[u8]| name.eq_ignore_ascii_case(word);
        // Every line of every answer comes by here: the length parts the words before letters are looked at.
        match name.len() {
            4 if is(b"path") => self.path = value.starts_with(b"/").then_some(value),
            6 if is(b"domain") => {
                let bare = value.strip_prefix(b".").unwrap_or(value);
                self.domain = (!bare.is_empty()).then_some(bare);
            }
            6 if is(b"secure") => self.secure = true,
            7 if is(b"max-age") => self.max_age = seconds(value).or(self.max_age),
            7 if is(b"expires") => self.expires = cookie_date::unix_seconds(value).or(self.expires),
            8 if is(b"httponly") => self.http_only = true,
            8 if is(b"samesite") => self.same_site = same_site(value),
            11 if is(b"partitioned") => self.partitioned = true,
            _ => {}
        }
    }

    /// The name that rules judge: the one an origin will read when the browser sends this cookie back. A
    /// nameless cookie comes back as its value alone, so `=_ga=1` is judged as `_ga`, and so is `_ga`.
    #[must_use]
    pub fn judged_name(&self) -> &'a [u8] {
        if self.name.is_empty() { cookie_header::judged(self.value).0 } else { self.name }
    }

    /// Whether a browser whose clock shows `now` (seconds since 1970) drops the cookie on reading this line:
    /// `Max-Age` counts before `Expires`; without either it is a session cookie and stays.
    #[must_use]
    pub fn is_deletion(&self, now: i64) -> bool {
        match (self.max_age, self.expires) {
            (Some(age), _) => age <= 0,
            (None, Some(expires)) => expires <= now,
            (None, None) => false,
        }
    }

    /// Whether the cookie ends with the browser's session: neither `Max-Age` nor `Expires` counts.
    #[must_use]
    pub const fn is_session(&self) -> bool {
        self.max_age.is_none() && self.expires.is_none()
    }
}

/// Name and value of an attribute segment, both trimmed; the value is empty where there is no `=`.
pub(crate) fn attribute(segment: &[u8]) -> (&[u8], &[u8]) {
    split_once(segment, b'=').map_or((trim(segment), &[][..]), |(name, value)| (trim(name), trim(value)))
}

/// The folder that a browser takes where a line has no `Path` (RFC 6265bis 5.1.4).
#[must_use]
pub fn default_path(target: &str) -> &[u8] {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    match path.rsplit_once('/') {
        Some((folder, _)) if folder.starts_with('/') => folder.as_bytes(),
        Some(_) | None => b"/",
    }
}

/// `Max-Age`: digits, or a minus and digits; anything else is ignored. Too large numbers saturate.
fn seconds(value: &[u8]) -> Option<i64> {
    let (negative, digits) = value.strip_prefix(b"-").map_or((false, value), |rest| (true, rest));
    if !digits.iter().all(u8::is_ascii_digit) || (digits.is_empty() && !negative) {
        return None;
    }
    let magnitude =
        digits.iter().fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    Some(if negative { -magnitude } else { magnitude })
}

fn same_site(value: &[u8]) -> Option<SameSite> {
    let words: [(&[u8], SameSite); 3] =
        [(b"none", SameSite::None), (b"lax", SameSite::Lax), (b"strict", SameSite::Strict)];
    words.into_iter().find(|(word, _)| value.eq_ignore_ascii_case(word)).map(|(_, meant)| meant)
}

#[cfg(test)]
#[path = "set_cookie_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "http_state_tests.rs"]
mod http_state;
