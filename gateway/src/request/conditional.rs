//! Conditions and ranges towards the origin, which knows nothing of classes. A page of this very class may be answered
//! with "not modified"; one of another class, or kept before there were classes, never.
//!
//! Refuses ranges of pages: a part of the origin's page fits no page that was changed. Invariant: a save under a
//! condition (`If-Match`) reaches the origin with the tag that it gave itself.

use http::header::{HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue};

use crate::wire::etag::{Condition, Tag};

/// What a request is, as far as conditions go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// GET or HEAD: the answer may be "not modified".
    pub(super) reads: bool,
    /// A page may come back.
    pub(super) page: bool,
}

/// Whether a request knows a tag that may carry a class.
#[must_use]
pub fn is_conditional(headers: &HeaderMap) -> bool {
    headers.contains_key(IF_NONE_MATCH) || headers.contains_key(IF_RANGE)
}

/// Makes the conditions the origin's own. Returns the origin's tags of pages of this class that were handed on: an
/// answer "not modified" to them speaks of the page as this class knows it. Without a class pages pass as they come: only
/// saves lose the class of the page that they began with.
pub(super) fn settle(headers: &mut HeaderMap, asked: Asked, class: Option<&str>) -> Vec<Vec<u8>> {
    rewrite(headers, &IF_MATCH, |tag| Some(tag.split().0));
    let Some(class) = class.filter(|_| asked.reads) else {
        let saves = !asked.reads;
        rewrite(headers, &IF_NONE_MATCH, |tag| Some(if saves { tag.split().0 } else { tag }));
        return Vec::new();
    };
    let of_page = |value: &HeaderValue| Tag::parse(value.as_bytes()).is_some_and(|tag| tag.split().1.is_some());
    if asked.page || headers.get_all(IF_RANGE).iter().any(of_page) {
        headers.remove(RANGE);
        headers.remove(IF_RANGE);
    }
    let mut handed_on = Vec::new();
    let mut dropped = false;
    rewrite(headers, &IF_NONE_MATCH, |tag| match tag.split() {
        (own, Some(of)) if of == class.as_bytes() => {
            handed_on.push(own.opaque.to_vec());
            Some(own)
        }
        // What isn't a page carries no class; a page without one was kept before there were any.
        (own, None) if !asked.page => Some(own),
        _ => {
            dropped = true;
            None
        }
    });
    if asked.page {
        // What is left beside tags is `*` and nonsense: neither says which page the visitor has.
        let tags = |value: &HeaderValue| matches!(Condition::parse(value.as_bytes()), Condition::Tags(_));
        if !headers.get_all(IF_NONE_MATCH).iter().all(tags) {
            headers.remove(IF_NONE_MATCH);
            handed_on.clear();
        }
    }
    // A page's date says nothing of its class, and is never sent; a date beside tags is not looked at.
    if asked.page || dropped || !handed_on.is_empty() {
        headers.remove(IF_MODIFIED_SINCE);
    }
    handed_on
}

/// Asks `fate` about each tag; lines that hold something else, and lines without a change, stay as they came.
fn rewrite(headers: &mut HeaderMap, name: &HeaderName, mut fate: impl FnMut(Tag<'_>) -> Option<Tag<'_>>) {
    if !headers.contains_key(name) {
        return;
    }
    let lines: Vec<HeaderValue> = headers.get_all(name).iter().cloned().collect();
    headers.remove(name);
    for line in lines {
        let Condition::Tags(tags) = Condition::parse(line.as_bytes()) else {
            headers.append(name, line);
            continue;
        };
        let kept: Vec<Tag<'_>> = tags.iter().filter_map(|tag| fate(*tag)).collect();
        if kept == tags {
            headers.append(name, line);
        } else if !kept.is_empty() {
            let written = kept.iter().map(|tag| tag.write()).collect::<Vec<_>>().join(&b", "[..]);
            headers.extend(HeaderValue::from_bytes(&written).ok().map(|line| (name.clone(), line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::header_map;

    const CLASS: &str = "aaaaaaaaaaaa";

    fn check(asked: (bool, bool), sent: &[(&str, &str)], expect: &[(&str, &str)], handed_on: &[&str]) {
        let mut headers = header_map(sent);
        let on = settle(&mut headers, Asked { reads: asked.0, page: asked.1 }, Some(CLASS));
        assert_eq!(headers, header_map(expect), "{asked:?} {sent:?}");
        assert_eq!(on, handed_on.iter().map(|tag| tag.as_bytes().to_vec()).collect::<Vec<_>>(), "{sent:?}");
    }

    const PAGE: (bool, bool) = (true, true);
    const OTHER: (bool, bool) = (true, false);
    const SAVE: (bool, bool) = (false, false);

    #[test]
    fn a_page_of_this_class_may_be_unchanged() {
        let sent = [("if-none-match", "\"v1;c=aaaaaaaaaaaa\""), ("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT")];
        check(PAGE, &sent, &[("if-none-match", "\"v1\"")], &["v1"]);
        check(OTHER, &sent, &[("if-none-match", "\"v1\"")], &["v1"]);
        check(PAGE, &[("if-none-match", "W/\"v1;c=aaaaaaaaaaaa\"")], &[("if-none-match", "W/\"v1\"")], &["v1"]);
        let several = "\"v1;c=bbbbbbbbbbbb\", \"v2;c=aaaaaaaaaaaa\",\"v3\"";
        check(PAGE, &[("if-none-match", several)], &[("if-none-match", "\"v2\"")], &["v2"]);
        check(OTHER, &[("if-none-match", several)], &[("if-none-match", "\"v2\", \"v3\"")], &["v2"]);
    }

    #[test]
    fn a_page_of_another_class_is_sent_whole() {
        let date = ("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT");
        for condition in ["\"v1;c=bbbbbbbbbbbb\"", "\"v1\"", "*", "v1", "\"v1;c=aaaaaaaaaaaa\", nonsense"] {
            check(PAGE, &[("if-none-match", condition), date], &[], &[]);
        }
        check(PAGE, &[date], &[], &[]);
        check(OTHER, &[("if-none-match", "\"v1;c=bbbbbbbbbbbb\""), date], &[], &[]);
    }

    #[test]
    fn what_is_no_page_keeps_its_conditions_byte_for_byte() {
        let sent = [
            ("if-none-match", "\"a\" ,W/\"b\",, \"c\""),
            ("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("range", "bytes=0-5"),
            ("if-range", "\"a\""),
        ];
        check(OTHER, &sent, &sent, &[]);
        check(OTHER, &[("if-none-match", "*")], &[("if-none-match", "*")], &[]);
    }

    #[test]
    fn a_save_reaches_the_origin_with_its_own_tag() {
        for class in ["aaaaaaaaaaaa", "bbbbbbbbbbbb"] {
            let tag = format!("\"v1;c={class}\"");
            check(SAVE, &[("if-match", tag.as_str())], &[("if-match", "\"v1\"")], &[]);
            check(SAVE, &[("if-none-match", tag.as_str())], &[("if-none-match", "\"v1\"")], &[]);
        }
        check(SAVE, &[("if-match", "*")], &[("if-match", "*")], &[]);
        check(SAVE, &[("if-none-match", "*")], &[("if-none-match", "*")], &[]);
        check(SAVE, &[("if-match", "\"v1\",  \"v2\"")], &[("if-match", "\"v1\",  \"v2\"")], &[]);
    }

    #[test]
    fn pages_have_no_ranges() {
        check(PAGE, &[("range", "bytes=0-5"), ("if-range", "\"v1\"")], &[], &[]);
        check(OTHER, &[("range", "bytes=0-5"), ("if-range", "\"v1;c=bbbbbbbbbbbb\"")], &[], &[]);
    }
}
