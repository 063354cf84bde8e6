//! One request in is one request out: whatever two readers could understand differently is refused here, before
//! anything is made of it. hyper refuses most of it already; this is what it lets pass.
//!
//! Invariant: a request that passes has at most one length, one host, and a target that starts with a slash (or is
//! the asterisk of `OPTIONS`).

use http::header::{CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Request, Version};

use super::Error;

/// Checks a request and hands over the one host that it asks for.
///
/// # Errors
/// See [`Error`].
pub fn host_of<B>(request: &Request<B>, most_headers: usize) -> Result<String, Error> {
    if *request.method() == Method::TRACE {
        return Err(Error::Method);
    }
    // HTTP/1.1 heads are counted while they are read; those of HTTP/2 only here.
    if request.headers().len() > most_headers {
        return Err(Error::TooManyHeaders);
    }
    check_length(request.headers())?;
    check_target(request)?;
    if request.headers().get_all(EXPECT).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Err(Error::Expectation);
    }
    named_host(request)
}

/// One length at most, and no coding that the origin would not be told of.
fn check_length(headers: &HeaderMap) -> Result<(), Error> {
    let lengths = headers.get_all(CONTENT_LENGTH).iter().count();
    let codings = headers.get_all(TRANSFER_ENCODING).iter().count();
    if lengths + codings > 1 {
        return Err(Error::Ambiguous("its length is said more than once"));
    }
    if !headers.get(CONTENT_LENGTH).is_none_or(|length| is_plain_number(length.as_bytes())) {
        return Err(Error::Ambiguous("its length is no plain number"));
    }
    if !headers.get(TRANSFER_ENCODING).is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return Err(Error::Ambiguous("its transfer coding is not exactly \"chunked\""));
    }
    Ok(())
}

/// Digits without a leading zero: some readers take those for octal.
fn is_plain_number(bytes: &[u8]) -> bool {
    bytes == b"0" || (bytes.iter().all(u8::is_ascii_digit) && bytes.first().is_some_and(|first| *first != b'0'))
}

fn check_target<B>(request: &Request<B>) -> Result<(), Error> {
    let uri = request.uri();
    match (uri.scheme_str(), uri.authority()) {
        (None, None) | (Some("http" | "https"), Some(_)) => {}
        _ => return Err(Error::Ambiguous("its target is neither a path nor an address of the web")),
    }
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let asterisk = target == "*" && *request.method() == Method::OPTIONS;
    let path = target.starts_with('/') && target.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    // Of an absolute address the path may be left out before a query; HTTP/2 sends none.
    let absolute = uri.authority().is_some() && request.version() != Version::HTTP_2;
    let query = absolute && target.starts_with('?') && target.bytes().all(|byte| byte.is_ascii_graphic());
    if asterisk || path || query { Ok(()) } else { Err(Error::Ambiguous("its target is no path in ASCII")) }
}

/// The target's authority (HTTP/2, absolute form) and the one `Host`; where both are written they must say the same
/// (RFC 9112 3.2, RFC 9113 8.3.1): whoever is in front or behind might believe the other.
///
/// # Errors
/// [`Error::Host`].
pub fn named_host<B>(request: &Request<B>) -> Result<String, Error> {
    let mut lines = request.headers().get_all(HOST).iter();
    let (line, another) = (lines.next(), lines.next());
    if another.is_some() {
        return Err(Error::Host);
    }
    let host = match (request.uri().authority(), line) {
        (Some(authority), Some(line)) if says_the_same(authority, line) => authority.as_str(),
        (Some(_), Some(_)) => return Err(Error::Host),
        (Some(_), None) if request.version() == Version::HTTP_11 => return Err(Error::Host),
        (Some(authority), None) => authority.as_str(),
        (None, Some(line)) => line.to_str().map_err(|_| Error::Host)?,
        (None, None) => return Err(Error::Host),
    };
    if is_host(host) { Ok(host.to_owned()) } else { Err(Error::Host) }
}

fn says_the_same(authority: &Authority, line: &HeaderValue) -> bool {
    let without_port =
        |host: &str| host.strip_suffix(":80").or_else(|| host.strip_suffix(":443")).unwrap_or(host).to_owned();
    line.to_str().is_ok_and(|line| without_port(authority.as_str()).eq_ignore_ascii_case(&without_port(line)))
}

/// A name or address with or without a port; no user, no path, nothing that needs decoding.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, rest)) if inside.parse::<std::net::Ipv6Addr>().is_ok() => {
            ("v6", rest.strip_prefix(':').or((rest.is_empty()).then_some("")))
        }
        Some(_) => return false,
        None => host.split_once(':').map_or((host, Some("")), |(name, port)| (name, Some(port))),
    };
    let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    named && port.is_some_and(|port| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use http::Uri;
    use http::uri::PathAndQuery;

    use super::*;

    fn check(method: &str, target: &str, pairs: &[(&str, &str)], expect: Option<&str>) {
        check_of(Version::HTTP_11, method, target.parse().expect("a target"), pairs, expect);
    }

    fn check_of(version: Version, method: &str, target: Uri, pairs: &[(&str, &str)], expect: Option<&str>) {
        let told = format!("{version:?} {method} {target} {pairs:?}");
        let mut request = Request::builder().version(version).method(method).uri(target);
        for (name, value) in pairs {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a request");
        assert_eq!(host_of(&request, 20).ok().as_deref(), expect, "{told}");
    }

    #[test]
    fn the_one_host_is_found_or_the_request_is_refused() {
        let host = ("host", "shop.example");
        check("GET", "/", &[host], Some("shop.example"));
        check("GET", "/", &[("host", "Shop.example:8080")], Some("Shop.example:8080"));
        check("GET", "/", &[("host", "[::1]:8080")], Some("[::1]:8080"));
        check("GET", "http://shop.example/", &[host], Some("shop.example"));
        check("GET", "http://SHOP.example:80/", &[host], Some("SHOP.example:80"));
        check("GET", "http://bank.example/", &[host], None);
        check("GET", "http://shop.example/", &[], None);
        check("GET", "/", &[], None);
        check("GET", "/", &[host, host], None);
        for wrong in ["", "a b", "a/b", "a@b", "a,b", "[::1", "[x]", "a:b", "a:1:2", "a%2e", ":80", "a:123456"] {
            check("GET", "/", &[("host", wrong)], None);
        }
    }

    #[test]
    fn lengths_targets_and_methods_have_one_meaning() {
        let host = ("host", "a");
        check("POST", "/", &[host, ("content-length", "5")], Some("a"));
        check("POST", "/", &[host, ("content-length", "05")], None);
        check("POST", "/", &[host, ("content-length", "")], None);
        check("POST", "/", &[host, ("content-length", "5"), ("content-length", "5")], None);
        check("POST", "/", &[host, ("content-length", "5"), ("transfer-encoding", "chunked")], None);
        check("POST", "/", &[host, ("transfer-encoding", "Chunked")], Some("a"));
        check("POST", "/", &[host, ("transfer-encoding", "gzip, chunked")], None);
        check("OPTIONS", "*", &[host], Some("a"));
        check("GET", "*", &[host], None);
        check("GET", "a:80", &[host], None);
        check("GET", "ftp://a/", &[host], None);
        check("GET", "http://a?x=1", &[host], Some("a"));
        for absolute in ["/caf\u{e9}", "http://a/caf\u{e9}", "http://a?caf\u{e9}"] {
            check("GET", absolute, &[host], None);
        }
        check("TRACE", "/", &[host], None);
        check("POST", "/", &[host, ("expect", "100-Continue")], Some("a"));
        check("POST", "/", &[host, ("expect", "y 100-continue")], None);
    }

    #[test]
    fn http_2_names_its_host_and_its_path_in_the_target() {
        let check = |target: &str, pairs: &[(&str, &str)], expect: Option<&str>| {
            check_of(Version::HTTP_2, "GET", target.parse().expect("a target"), pairs, expect);
        };
        check("https://a/", &[], Some("a"));
        check("https://a/", &[("host", "a")], Some("a"));
        check("https://a/", &[("host", "b")], None);
        check("https://a?x=1", &[], None);
        let query = Uri::from(PathAndQuery::from_static("?x=1"));
        check_of(Version::HTTP_11, "GET", query, &[("host", "a")], None);
    }

    #[test]
    fn as_many_header_lines_as_allowed_are_read_and_no_more() {
        let lines: Vec<_> = std::iter::once(("host", "a")).chain(std::iter::repeat_n(("x-line", "1"), 20)).collect();
        check("GET", "/", lines.get(..20).expect("twenty lines"), Some("a"));
        check("GET", "/", &lines, None);
        check("GET", "/", lines.get(..19).expect("nineteen lines"), Some("a"));
    }
}
