//! What happens to an answer's body: it passes untouched, or it is a page and is read on the way. Other types,
//! ranges, HEAD, 304 and codings that can't be read are never touched.

use http::header::{CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode};

use super::coding::Coding;
use crate::config::Doubt;
use crate::html::{Charset, Syntax};

/// What a page is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) coding: Coding,
    pub(super) charset: Charset,
    pub(super) syntax: Syntax,
}

/// The page that an answer carries; None for everything that passes untouched.
///
/// # Errors
/// It is a page, and can't be read.
pub(super) fn page(method: &Method, status: StatusCode, headers: &HeaderMap) -> Result<Option<Page>, Doubt> {
    let without_body = *method == Method::HEAD
        || status.is_informational()
        || matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::RESET_CONTENT | StatusCode::PARTIAL_CONTENT
        );
    if without_body || headers.contains_key(CONTENT_RANGE) {
        return Ok(None);
    }
    let Some((syntax, charset)) = markup(headers) else { return Ok(None) };
    let coding = match headers.get_all(CONTENT_ENCODING).iter().collect::<Vec<_>>().as_slice() {
        [] => Some(Coding::Identity),
        [one] => Coding::parse(one.as_bytes()),
        _ => None,
    };
    let coding = coding.ok_or(Doubt::UnknownCoding)?;
    if charset == Charset::Untouchable {
        Err(Doubt::UnknownCharset)
    } else {
        Ok(Some(Page { coding, charset, syntax }))
    }
}

/// Whether this is the head of a page that would come with GET.
pub(super) fn head_of_page(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::HEAD && !headers.contains_key(CONTENT_RANGE) && markup(headers).is_some()
}

/// Whether an answer's head speaks of a page, whole or not.
#[must_use]
pub fn brings_page(headers: &HeaderMap) -> bool {
    markup(headers).is_some()
}

/// How an answer's markup is read, and what its header says of its charset; None where it is none.
fn markup(headers: &HeaderMap) -> Option<(Syntax, Charset)> {
    let written = headers.get(CONTENT_TYPE)?.as_bytes();
    let mut parts = written.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let media = parts.next()?;
    let known = [(&b"text/html"[..], Syntax::Html), (b"application/xhtml+xml", Syntax::Xhtml)];
    let (_, syntax) = known.into_iter().find(|(name, _)| media.eq_ignore_ascii_case(name))?;
    let label = parts.find_map(|parameter| {
        let (name, value) = parameter.split_at_checked(8)?;
        name.eq_ignore_ascii_case(b"charset=").then(|| value.trim_ascii())
    });
    let unquoted =
        label.map(|label| label.strip_prefix(b"\"").and_then(|label| label.strip_suffix(b"\"")).unwrap_or(label));
    Some((syntax, Charset::from_label(unquoted)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::header_map;

    fn check(method: &Method, status: u16, pairs: &[(&str, &str)], expect: bool) {
        let status = StatusCode::from_u16(status).expect("a status");
        assert_eq!(
            matches!(page(method, status, &header_map(pairs)), Ok(Some(_))),
            expect,
            "{method} {status} {pairs:?}"
        );
    }

    #[test]
    fn the_head_of_a_page_is_that_of_no_other_answer() {
        let check = |method: &Method, pairs: &[(&str, &str)], expect: bool| {
            assert_eq!(head_of_page(method, &header_map(pairs)), expect, "{method} {pairs:?}");
        };
        let html = ("content-type", "text/html");
        check(&Method::HEAD, &[html], true);
        check(&Method::GET, &[html], false);
        check(&Method::HEAD, &[("content-type", "image/png")], false);
        check(&Method::HEAD, &[html, ("content-range", "bytes 0-9/20")], false);
        check(&Method::GET, &[html, ("content-range", "bytes 0-9/20")], false);
        check(&Method::GET, &[("content-type", "image/png")], false);
    }

    #[test]
    fn only_whole_pages_that_can_be_read_are_pages() {
        let html = ("content-type", "text/html; charset=utf-8");
        check(&Method::GET, 200, &[html], true);
        check(&Method::POST, 404, &[("content-type", "Text/HTML;Charset=\"EUC-KR\"")], true);
        check(&Method::GET, 200, &[("content-type", "application/json")], false);
        check(&Method::GET, 200, &[], false);
        check(&Method::HEAD, 200, &[html], false);
        check(&Method::GET, 304, &[html], false);
        check(&Method::GET, 206, &[html, ("content-range", "bytes 0-9/20")], false);
        check(&Method::GET, 200, &[html, ("content-encoding", "br")], true);
        check(&Method::GET, 200, &[html, ("content-encoding", "gzip, br")], false);
        check(&Method::GET, 200, &[html, ("content-encoding", "dcb")], false);
        check(&Method::GET, 200, &[("content-type", "text/html; charset=utf-16")], true);
        check(&Method::GET, 200, &[("content-type", "text/html; charset=iso-2022-jp")], false);
        check(&Method::GET, 200, &[("content-type", "application/xhtml+xml")], true);
    }
}
