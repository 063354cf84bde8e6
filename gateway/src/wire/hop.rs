//! Headers that speak of one hop only (RFC 9110 7.6.1). They never travel on.

use http::header::{CONNECTION, HeaderName, TE};
use http::{HeaderMap, HeaderValue};

use super::list;

/// Whether a header is one of a hop, beside those that `Connection` names.
fn is_of_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "http2-settings"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// Drops every header whose name is meant. Looks at what is there instead of for what could be: it rarely is.
pub fn remove_meant(headers: &mut HeaderMap, meant: impl Fn(&str) -> bool) {
    let there: Vec<HeaderName> = headers.keys().filter(|name| meant(name.as_str())).cloned().collect();
    for name in there {
        headers.remove(name);
    }
}

/// Drops every header of this hop. `TE: trailers` stays: it asks the far end itself, by way of the next hop (RFC 9110
/// 10.1.4).
pub fn remove(headers: &mut HeaderMap) {
    // Before `Connection` is heard: whoever sends `TE` names it there.
    let trailers = headers.get_all(TE).iter().any(|line| list::has_token(line.as_bytes(), b"trailers"));
    let lines: Vec<HeaderValue> = headers.get_all(CONNECTION).iter().cloned().collect();
    for name in lines.iter().flat_map(|line| list::members(line.as_bytes())) {
        if let Some(name) = HeaderName::from_bytes(name).ok().filter(|name| !is_end_to_end(name)) {
            headers.remove(name);
        }
    }
    remove_meant(headers, is_of_hop);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(CONNECTION, HeaderValue::from_static("te"));
    }
}

/// Drops what is said in the gateway's name: `Consent-…` is its own word, in both directions. Many origins (CGI, WSGI)
/// read `Consent_Id` and `Consent-Id` as one, so both spellings go.
pub fn remove_ours(headers: &mut HeaderMap) {
    remove_meant(headers, is_ours);
}

/// Whether a header speaks in the gateway's name.
#[must_use]
pub fn is_ours(name: &str) -> bool {
    name.starts_with("consent-") || name.starts_with("consent_")
}

/// What the far ends' safety rests on: a `Connection` that names these is lying, and doesn't strip them.
fn is_end_to_end(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "cookie"
            | "set-cookie"
            | "host"
            | "sec-gpc"
            | "authorization"
            | "content-length"
            | "cache-control"
            | "x-forwarded-for"
            | "trailer"
            | "if-match"
            | "if-none-match"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::header_map;

    #[test]
    fn headers_of_this_hop_go_and_no_others() {
        let mut headers = header_map(&[
            ("connection", "keep-alive, X-Secret, Cookie, TE"),
            ("keep-alive", "timeout=5"),
            ("x-secret", "1"),
            ("cookie", "a=1"),
            ("te", "gzip, trailers"),
            ("trailer", "x-end"),
            ("x-kept", "1"),
        ]);
        remove(&mut headers);
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["connection", "cookie", "te", "trailer", "x-kept"]);
        assert_eq!(headers.get("connection").map(HeaderValue::as_bytes), Some(&b"te"[..]));
        assert_eq!(headers.get("te").map(HeaderValue::as_bytes), Some(&b"trailers"[..]));
    }
}
