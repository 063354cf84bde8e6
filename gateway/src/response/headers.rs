//! The other headers of an answer: none of this hop, redirects mapped back where the origin has another host,
//! preload hints of refused trackers dropped, and what caches may keep once a page was changed.

use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_LOCATION, ETAG, EXPIRES, HeaderName,
    LAST_MODIFIED, LINK, LOCATION, TE, UPGRADE, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use policies::banner::{LOST_MARK, WAITING_MARK};

use crate::class::Class;
use crate::config::HostMode;
use crate::html::{Base, TagJudge, gate_link_header};
use crate::site::Site;
use crate::visitor::Visitor;
use crate::wire::etag::Tag;
use crate::wire::{Filtered, hop, list};

/// Headers that hold a digest of the bytes as the origin sent them.
pub(super) const DIGESTS: [&str; 4] = ["content-md5", "digest", "content-digest", "repr-digest"];

/// Drops what speaks of the hop to the origin, or in our name; an upgrade's own words stay.
pub(super) fn remove_hop_by_hop(status: StatusCode, headers: &mut HeaderMap) {
    let protocol = headers.get(UPGRADE).filter(|_| status == StatusCode::SWITCHING_PROTOCOLS).cloned();
    hop::remove(headers);
    hop::remove_ours(headers);
    // Answers ask for nothing.
    headers.remove(TE);
    headers.remove(CONNECTION);
    if let Some(protocol) = protocol {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, protocol);
    }
}

/// Maps the origin's own address in redirects to the visitor's, where the origin is told its own host.
pub(super) fn map_locations(headers: &mut HeaderMap, site: &Site, visitor: &Visitor) {
    if site.config.host != HostMode::Origin {
        return;
    }
    for name in [LOCATION, CONTENT_LOCATION] {
        let mapped =
            headers.get(&name).and_then(|value| value.to_str().ok()).and_then(|value| mapped(value, site, visitor));
        if let Some(value) = mapped.and_then(|mapped| HeaderValue::from_str(&mapped).ok()) {
            headers.insert(name, value);
        }
    }
}

fn mapped(location: &str, site: &Site, visitor: &Visitor) -> Option<String> {
    let authority = site.config.origin.authority()?.as_str();
    let (scheme, rest) = match location.split_once("//")? {
        ("", rest) => (String::new(), rest),
        ("http:" | "https:", rest) => (format!("{}:", visitor.scheme.name()), rest),
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (named, path) = rest.split_at_checked(end)?;
    let same = named.eq_ignore_ascii_case(authority)
        || without_default_port(named).eq_ignore_ascii_case(without_default_port(authority));
    same.then(|| format!("{scheme}//{}{path}", visitor.host))
}

fn without_default_port(authority: &str) -> &str {
    authority.strip_suffix(":443").or_else(|| authority.strip_suffix(":80")).unwrap_or(authority)
}

/// Drops preload and connection hints of refused trackers.
pub(super) fn gate_links(headers: &mut HeaderMap, judge: &dyn TagJudge, address: &Base) {
    let lines: Vec<HeaderValue> = headers.get_all(LINK).iter().cloned().collect();
    let gated: Vec<Filtered> = lines.iter().map(|line| gate_link_header(line.as_bytes(), judge, address)).collect();
    if gated.iter().all(|line| *line == Filtered::Unchanged) {
        return;
    }
    headers.remove(LINK);
    for (line, gated) in lines.into_iter().zip(gated) {
        let kept = match gated {
            Filtered::Unchanged => Some(line),
            Filtered::Changed(bytes) => HeaderValue::from_bytes(&bytes).ok(),
            Filtered::Empty => None,
        };
        if let Some(kept) = kept {
            headers.append(LINK, kept);
        }
    }
}

/// Drops what describes the bytes as the origin sent them: a page is written anew.
pub(super) fn drop_descriptions(headers: &mut HeaderMap) {
    headers.remove(CONTENT_LENGTH);
    for name in DIGESTS {
        headers.remove(name);
    }
}

/// Says that the answer is of one class: its tag carries the class, and what knows no class goes.
pub(super) fn mark_class(headers: &mut HeaderMap, class: &Class) {
    let mut tags = headers.get_all(ETAG).iter();
    let only = tags.next().filter(|_| tags.next().is_none()).and_then(|tag| Tag::parse(tag.as_bytes()));
    let classed = only.and_then(|tag| HeaderValue::from_bytes(&tag.with_class(class.letters())).ok());
    for name in [ETAG, LAST_MODIFIED, ACCEPT_RANGES] {
        headers.remove(name);
    }
    headers.extend(classed.map(|tag| (ETAG, tag)));
}

/// Whether an answer "not modified" speaks of one of these tags; one without a tag of its own does, if there are any.
pub(super) fn speaks_of(headers: &HeaderMap, tags: &[Vec<u8>]) -> bool {
    match headers.get(ETAG) {
        None => !tags.is_empty(),
        Some(tag) => Tag::parse(tag.as_bytes()).is_some_and(|tag| tags.iter().any(|own| own == tag.opaque)),
    }
}

/// Keeps an answer out of shared caches, and asks before it is used again. A stricter word of the origin stays.
pub(super) fn mark_private(headers: &mut HeaderMap) {
    if !says(headers, b"no-store") {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    remove_words_to_shared(headers);
    headers.remove(EXPIRES);
}

/// Keeps an answer that is not a page out of shared caches; browsers may keep it as the origin says.
pub(super) fn keep_from_shared(headers: &mut HeaderMap) {
    remove_words_to_shared(headers);
    if says(headers, b"private") || says(headers, b"no-store") {
        return;
    }
    let lines: Vec<HeaderValue> = headers.get_all(CACHE_CONTROL).iter().cloned().collect();
    let stays = |member: &&[u8]| {
        let name = member.split(|&byte| byte == b'=').next().unwrap_or_default().trim_ascii();
        ![&b"public"[..], b"s-maxage", b"proxy-revalidate"].iter().any(|word| name.eq_ignore_ascii_case(word))
    };
    let kept = lines.iter().flat_map(|line| list::members(line.as_bytes())).filter(stays);
    let words = std::iter::once(&b"private"[..]).chain(kept).collect::<Vec<_>>().join(&b", "[..]);
    if let Ok(words) = HeaderValue::from_bytes(&words) {
        headers.insert(CACHE_CONTROL, words);
    }
}

fn says(headers: &HeaderMap, word: &[u8]) -> bool {
    headers
        .get_all(CACHE_CONTROL)
        .iter()
        .any(|line| list::directives(line.as_bytes()).any(|(name, _)| name.eq_ignore_ascii_case(word)))
}

fn remove_words_to_shared(headers: &mut HeaderMap) {
    for name in ["surrogate-control", "cdn-cache-control", "x-accel-expires"] {
        headers.remove(name);
    }
}

/// Whether the origin says that its answer hangs on what it was told of the visitor's grants. No cache before the gateway
/// sees that field in requests.
pub(super) fn hang_on_word(headers: &HeaderMap) -> bool {
    headers.get_all(VARY).iter().any(|line| list::has_token(line.as_bytes(), b"consent-granted"))
}

/// Tells caches what of a request a page of one visitor hangs on, so that going back after a change of mind asks again.
/// `told_by` are headers that tell the country.
pub(super) fn vary_on_visitor(headers: &mut HeaderMap, told_by: &[HeaderName]) {
    let told: Vec<u8> = headers.get_all(VARY).iter().flat_map(|line| [line.as_bytes(), b","].concat()).collect();
    let missing: Vec<&str> = ["Cookie", "Sec-GPC", "Accept-Language", "Save-Data"]
        .into_iter()
        .chain(told_by.iter().map(HeaderName::as_str))
        .filter(|name| !list::has_token(&told, name.as_bytes()) && !list::has_token(&told, b"*"))
        .collect();
    if let Some(value) = HeaderValue::from_str(&missing.join(", ")).ok().filter(|value| !value.is_empty()) {
        headers.append(VARY, value);
    }
}

/// Tells the page's script that cookies wait for an answer (W3C Server Timing, which scripts of the same origin can read).
pub(super) fn tell_waiting(headers: &mut HeaderMap, waiting: usize, lost: usize) {
    let marks = [(WAITING_MARK, waiting), (LOST_MARK, lost)].into_iter().filter(|(_, count)| *count > 0);
    for (mark, count) in marks {
        if let Ok(value) = HeaderValue::from_str(&format!("{mark};desc=\"{count}\"")) {
            headers.append(HeaderName::from_static("server-timing"), value);
        }
    }
}

/// Keeps an answer out of every cache: it carries the consent cookie.
pub(super) fn mark_unstorable(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    remove_words_to_shared(headers);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::header_map;

    #[test]
    fn an_answer_with_a_granted_cookie_is_kept_by_browsers_alone() {
        let check = |told: &[(&str, &str)], expect: &str| {
            let mut headers = header_map(told);
            keep_from_shared(&mut headers);
            assert_eq!(headers, header_map(&[("cache-control", expect)]), "{told:?}");
        };
        check(&[("cache-control", "public, max-age=60, s-maxage=600, immutable")], "private, max-age=60, immutable");
        check(&[("cache-control", "max-age=60"), ("cdn-cache-control", "max-age=9")], "private, max-age=60");
        check(&[], "private");
        check(&[("cache-control", "no-store"), ("surrogate-control", "max-age=9")], "no-store");
        check(&[("cache-control", "private, max-age=5")], "private, max-age=5");
    }

    #[test]
    fn a_page_says_what_it_hangs_on_once() {
        let check = |told: &[(&str, &str)], expect: &[(&str, &str)]| {
            let mut headers = header_map(told);
            vary_on_visitor(&mut headers, &[]);
            assert_eq!(headers, header_map(expect), "{told:?}");
        };
        check(&[], &[("vary", "Cookie, Sec-GPC, Accept-Language, Save-Data")]);
        let told = ("vary", "Accept-Encoding, cookie");
        check(&[told], &[told, ("vary", "Sec-GPC, Accept-Language, Save-Data")]);
        check(&[("vary", "*")], &[("vary", "*")]);
        let mut headers = header_map(&[]);
        vary_on_visitor(&mut headers, &[HeaderName::from_static("x-country")]);
        assert_eq!(headers, header_map(&[("vary", "Cookie, Sec-GPC, Accept-Language, Save-Data, x-country")]));
    }

    #[test]
    fn an_answer_with_the_consent_cookie_is_kept_by_nobody() {
        let mut headers = header_map(&[("cache-control", "public, max-age=60"), ("cdn-cache-control", "max-age=60")]);
        mark_unstorable(&mut headers);
        assert_eq!(headers, header_map(&[("cache-control", "no-store")]));
    }

    #[test]
    fn only_an_answer_that_says_so_hangs_on_the_word() {
        let check = |told: &[(&str, &str)], expect: bool| {
            assert_eq!(hang_on_word(&header_map(told)), expect, "{told:?}");
        };
        check(&[("vary", "Accept-Encoding"), ("vary", "Cookie, consent-granted")], true);
        check(&[("vary", "Accept-Encoding")], false);
        check(&[], false);
    }

    #[test]
    fn only_a_known_tag_is_spoken_of() {
        let check = |headers: &[(&str, &str)], tags: &[&str], expect: bool| {
            let tags: Vec<Vec<u8>> = tags.iter().map(|tag| tag.as_bytes().to_vec()).collect();
            assert_eq!(speaks_of(&header_map(headers), &tags), expect, "{headers:?} {tags:?}");
        };
        check(&[("etag", "W/\"v1\"")], &["v1"], true);
        check(&[("etag", "\"v2\"")], &["v1"], false);
        check(&[], &["v1"], true);
        check(&[], &[], false);
    }
}
