//! Headers that speak of one hop only (RFC 9110 7.6.1). They never travel on.

use http::header::{CONNECTION, HeaderName, TE};
use http::{HeaderMap, HeaderValue};

use super::list;

/// Headers of one hop, beside those that `Connection` names.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

/// Drops every header of this hop. `TE: trailers` stays: it asks the far end itself.
pub fn remove(headers: &mut HeaderMap) {
    let lines: Vec<HeaderValue> = headers.get_all(CONNECTION).iter().cloned().collect();
    for name in lines.iter().flat_map(|line| list::members(line.as_bytes())) {
        if let Some(name) = HeaderName::from_bytes(name).ok().filter(|name| !is_end_to_end(name)) {
            headers.remove(name);
        }
    }
    let trailers = headers.get_all(TE).iter().any(|line| list::has_token(line.as_bytes(), b"trailers"));
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers.remove(TE);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
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
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_this_hop_go_and_no_others() {
        let pairs = [
            ("connection", "keep-alive, X-Secret, Cookie"),
            ("keep-alive", "timeout=5"),
            ("x-secret", "1"),
            ("cookie", "a=1"),
            ("te", "gzip, trailers"),
            ("x-kept", "1"),
        ];
        let mut headers: HeaderMap = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        remove(&mut headers);
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["cookie", "te", "x-kept"]);
        assert_eq!(headers.get("te").map(HeaderValue::as_bytes), Some(&b"trailers"[..]));
    }
}
