//! The other headers of an answer: none of this hop, redirects mapped back where the origin has another host,
//! preload hints of refused trackers dropped, and what caches may keep once a page was changed.

use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_LOCATION, ETAG, HeaderName, LAST_MODIFIED, LINK,
    LOCATION, UPGRADE, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::config::HostMode;
use crate::html::{Base, TagJudge, gate_link_header};
use crate::site::Site;
use crate::visitor::Visitor;
use crate::wire::{Filtered, hop};

/// Headers that describe the bytes as the origin sent them.
const OF_ORIGINAL_BYTES: [HeaderName; 4] = [CONTENT_LENGTH, ETAG, LAST_MODIFIED, ACCEPT_RANGES];
/// The same, without a constant in `http`.
const DIGESTS: [&str; 4] = ["content-md5", "digest", "content-digest", "repr-digest"];

/// Drops what speaks of the hop to the origin; an upgrade's own words stay.
pub(super) fn remove_hop_by_hop(status: StatusCode, headers: &mut HeaderMap) {
    let protocol = headers.get(UPGRADE).filter(|_| status == StatusCode::SWITCHING_PROTOCOLS).cloned();
    hop::remove(headers);
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

/// Marks an answer whose page is changed: nothing may describe the old bytes, no shared cache may keep it.
pub(super) fn mark_changed(headers: &mut HeaderMap, cacheable: bool) {
    for name in OF_ORIGINAL_BYTES {
        headers.remove(name);
    }
    for name in DIGESTS {
        headers.remove(name);
    }
    if !cacheable {
        mark_private(headers);
    }
}

/// Keeps an answer out of shared caches, and asks before it is used again. A stricter word of the origin stays.
pub(super) fn mark_private(headers: &mut HeaderMap) {
    let strict = headers.get_all(CACHE_CONTROL).iter().any(|line| {
        crate::wire::list::directives(line.as_bytes()).any(|(name, _)| name.eq_ignore_ascii_case(b"no-store"))
    });
    if !strict {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    headers.remove(http::header::EXPIRES);
    headers.remove("surrogate-control");
    headers.remove("cdn-cache-control");
}

/// Tells caches that the answer hangs on the signal, where it does.
pub(super) fn vary_on_signal(headers: &mut HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("Sec-GPC"));
}

/// Keeps an answer out of every cache: it carries the consent cookie.
pub(super) fn mark_unstorable(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
