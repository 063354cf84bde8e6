//! Headers that tell the origin who is in front, and in what it may answer. What strangers say of themselves
//! there is dropped.

use http::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderValue, Version};

use crate::visitor::Visitor;
use crate::wire::{hop, list};

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Codings that a page can be read in.
const READABLE: [&[u8]; 6] = [b"gzip", b"x-gzip", b"br", b"zstd", b"identity", b"*"];

/// Protocols that are never asked of an origin: the next request on such a connection would be read by nobody here.
const OF_THE_CONNECTION: [&[u8]; 5] = [b"h2c", b"h2", b"h3", b"http", b"tls"];

/// The protocol that the request asks to change to: one, on its own, by a visitor of HTTP/1.1 without a body. Any
/// other wish is left out, and the origin answers the request itself (RFC 9110 7.8).
pub(super) fn wanted_upgrade(version: Version, headers: &HeaderMap) -> Option<HeaderValue> {
    let asks = headers.get_all(CONNECTION).iter().any(|line| list::has_token(line.as_bytes(), b"upgrade"));
    let empty =
        headers.get(CONTENT_LENGTH).is_none_or(|length| length == "0") && !headers.contains_key(TRANSFER_ENCODING);
    let mut lines = headers.get_all(UPGRADE).iter();
    let wanted = lines.next().filter(|_| asks && empty && version == Version::HTTP_11)?;
    let mut members = list::members(wanted.as_bytes());
    let name = members.next()?.split(|byte| *byte == b'/').next()?;
    let alone = members.next().is_none() && lines.next().is_none();
    let own = OF_THE_CONNECTION.iter().any(|known| name.eq_ignore_ascii_case(known));
    (alone && !own).then(|| wanted.clone())
}

/// Asks the next hop to change to a protocol, and for nothing else.
pub(super) fn ask_for_upgrade(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.remove(TE);
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, protocol);
}

/// Drops what visitors write in the gateway's name, and forwarding headers spelled with `_`, which many origins (CGI,
/// WSGI) can't tell from the true ones.
pub(super) fn remove_lies(headers: &mut HeaderMap) {
    hop::remove_meant(headers, is_lie);
}

fn is_lie(name: &str) -> bool {
    hop::is_ours(name) || (name.contains('_') && tells_of_visitor(&name.replace('_', "-")))
}

/// Whether proxies tell of the visitor in this header.
fn tells_of_visitor(name: &str) -> bool {
    matches!(
        name,
        "forwarded" | "x-forwarded-for" | "x-forwarded-host" | "x-forwarded-port" | "x-forwarded-proto" | "x-real-ip"
    )
}

/// Drops the country that a stranger says it is in, in either spelling: only believed proxies tell it.
pub(super) fn remove_told_country(headers: &mut HeaderMap, told_by: &[HeaderName], visitor: &Visitor) {
    for name in told_by {
        headers.remove(name.as_str().replace('-', "_"));
        if !visitor.by_proxy {
            headers.remove(name);
        }
    }
}

/// Drops from trailers what would be a lie, or unjudged, as a header.
pub(super) fn clean_trailers(trailers: &mut HeaderMap) {
    hop::remove(trailers);
    let of_heads = |name: &str| matches!(name, "cookie" | "host" | "authorization");
    hop::remove_meant(trailers, |name| is_lie(name) || tells_of_visitor(name) || of_heads(name));
}

/// Tells the origin who asks and how: what is believed, and nothing else.
pub(super) fn set_forwarding(headers: &mut HeaderMap, visitor: &Visitor) {
    hop::remove_meant(headers, tells_of_visitor);
    let hops = match visitor.hops.as_slice() {
        [only] => only.to_string(),
        several => several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let set = [(&FORWARDED_FOR, HeaderValue::try_from(hops)), (&FORWARDED_HOST, HeaderValue::from_str(&visitor.host))];
    headers.extend(set.into_iter().filter_map(|(name, value)| Some((name.clone(), value.ok()?))));
    headers.insert(&FORWARDED_PROTO, HeaderValue::from_static(visitor.scheme.name()));
}

/// Keeps the codings that we can read: a page in another coding could not be judged.
pub(super) fn limit_codings(headers: &mut HeaderMap) {
    headers.remove("available-dictionary");
    let readable = |member: &[u8]| {
        let coding = member.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        READABLE.iter().any(|known| coding.eq_ignore_ascii_case(known))
    };
    if headers.get_all(ACCEPT_ENCODING).iter().all(|line| list::members(line.as_bytes()).all(readable)) {
        return;
    }
    let lines: Vec<HeaderValue> = headers.get_all(ACCEPT_ENCODING).iter().cloned().collect();
    headers.remove(ACCEPT_ENCODING);
    for line in lines {
        let kept: Vec<&[u8]> = list::members(line.as_bytes()).filter(|member| readable(member)).collect();
        if let Ok(value) = HeaderValue::from_bytes(&kept.join(&b", "[..])) {
            headers.append(ACCEPT_ENCODING, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::header_map;

    #[test]
    fn nobody_else_speaks_in_our_name() {
        let mut headers = header_map(&[
            ("consent-purposes", "analytics"),
            ("Consent-Debug", "1"),
            ("consent_purposes", "analytics"),
            ("x_forwarded_for", "9.9.9.9"),
            ("x-consent-id", "1"),
            ("x_own", "1"),
        ]);
        remove_lies(&mut headers);
        let mut left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["x-consent-id", "x_own"]);
    }

    #[test]
    fn only_readable_codings_are_asked_for() {
        let check = |asked: &str, expect: &str| {
            let mut headers = header_map(&[("accept-encoding", asked)]);
            limit_codings(&mut headers);
            assert_eq!(headers.get("accept-encoding").map(HeaderValue::as_bytes), Some(expect.as_bytes()));
        };
        check("gzip, deflate, br, zstd", "gzip, br, zstd");
        check("gzip;q=1.0,br", "gzip;q=1.0,br");
        check("dcb", "");
    }
}
