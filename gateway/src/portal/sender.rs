//! Where a post comes from, as the browser says it: a choice that another site sends is not the visitor's.
//!
//! Refuses every doubt. Invariant: `Sec-Fetch-Site` decides where it stands; only where a browser says nothing, or
//! that it may not say, does the form's own seal speak.

use http::HeaderMap;
use http::header::ORIGIN;

use crate::config::Scheme;

/// Where a post comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// This very origin.
    Here,
    /// Elsewhere.
    Elsewhere,
    /// The browser doesn't say: an `Origin: null` alone (pages with `Referrer-Policy: no-referrer`, sandboxed ones), or
    /// a browser too old for either header.
    Unsaid,
}

impl Sender {
    /// Reads a post's headers; `scheme` and `host` (with its port) are the site's as visitors see it.
    pub(super) fn read(headers: &HeaderMap, scheme: Scheme, host: &str) -> Self {
        let mut sites = headers.get_all("sec-fetch-site").iter();
        if let Some(site) = sites.next() {
            // `none` is the visitor's own doing (typed, bookmarked): nobody types a post.
            return if site == "same-origin" && sites.next().is_none() { Self::Here } else { Self::Elsewhere };
        }
        let mut origins = headers.get_all(ORIGIN).iter();
        let Some(origin) = origins.next() else { return Self::Unsaid };
        match origin.to_str() {
            Ok(_) | Err(_) if origins.next().is_some() => Self::Elsewhere,
            Ok("null") => Self::Unsaid,
            Ok(origin) if is_same(origin, scheme, host) => Self::Here,
            Ok(_) | Err(_) => Self::Elsewhere,
        }
    }
}

/// Scheme, host and port are the same (RFC 6454 5); a scheme's own port may be left out.
fn is_same(origin: &str, scheme: Scheme, host: &str) -> bool {
    let Some((named_scheme, named)) = origin.split_once("://") else { return false };
    named_scheme.eq_ignore_ascii_case(scheme.name())
        && without_own_port(named, scheme).eq_ignore_ascii_case(without_own_port(host, scheme))
}

fn without_own_port(authority: &str, scheme: Scheme) -> &str {
    let port = match scheme {
        Scheme::Http => ":80",
        Scheme::Https => ":443",
    };
    authority.strip_suffix(port).unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::header_map;

    fn check(pairs: &[(&str, &str)], expect: Sender) {
        let headers = header_map(pairs);
        assert_eq!(Sender::read(&headers, Scheme::Http, "shop.example:8080"), expect, "{headers:?}");
    }

    #[test]
    fn the_browsers_own_word_decides_first() {
        check(&[("sec-fetch-site", "same-origin"), ("origin", "null")], Sender::Here);
        check(&[("sec-fetch-site", "same-origin")], Sender::Here);
        for other in ["same-site", "cross-site", "none", "Same-Origin", "same-origin, same-origin", ""] {
            check(&[("sec-fetch-site", other), ("origin", "http://shop.example:8080")], Sender::Elsewhere);
        }
        check(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], Sender::Elsewhere);
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        check(&[("origin", "http://shop.example:8080")], Sender::Here);
        check(&[("origin", "HTTP://Shop.Example:8080")], Sender::Here);
        for other in [
            "http://evil.example",
            "http://shop.example",
            "http://shop.example:9999",
            "https://shop.example:8080",
            "http://shop.example:8080/",
            "http://shop.example:8080.evil.example",
            "http://evil@shop.example:8080",
            "http://shop.example:8080, http://evil.example",
            "shop.example:8080",
            "",
        ] {
            check(&[("origin", other)], Sender::Elsewhere);
        }
        check(&[("origin", "http://shop.example:8080"), ("origin", "null")], Sender::Elsewhere);
    }

    #[test]
    fn a_schemes_own_port_may_be_left_out() {
        let same = |origin: &str, scheme, host: &str| is_same(origin, scheme, host);
        assert!(same("https://shop.example", Scheme::Https, "shop.example:443"));
        assert!(same("https://shop.example:443", Scheme::Https, "shop.example"));
        assert!(same("http://[::1]", Scheme::Http, "[::1]:80"));
        assert!(!same("http://shop.example:443", Scheme::Http, "shop.example"));
    }

    #[test]
    fn who_says_nothing_is_known_by_the_forms_seal() {
        check(&[("origin", "null")], Sender::Unsaid);
        check(&[], Sender::Unsaid);
    }
}
