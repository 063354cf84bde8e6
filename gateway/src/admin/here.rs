//! Whom the admin listener answers: browsers and programs that ask for this machine by its own names, and posts of its own pages.
//!
//! Refuses names that somebody else may point here, and whatever another site's page sends. Invariant: a browser's word on where a
//! post comes from decides; who sends none of the headers that browsers send is no page.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use http::request::Parts;

/// Whether the request names this machine: a page elsewhere can point a name of its own here, but not these.
pub(super) fn is_for_this_machine(request: &Parts) -> bool {
    let mut hosts = request.headers.get_all(HOST).iter();
    let (host, second) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next());
    let authority = request.uri.authority().map(http::uri::Authority::as_str);
    let named: Vec<&str> = [host, authority].into_iter().flatten().collect();
    !named.is_empty() && second.is_none() && named.iter().all(|name| is_loopback(name))
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next(),
        None => authority.split(':').next(),
    };
    let host = host.unwrap_or_default();
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a request that changes something comes from a page of this very listener, or from no page at all.
pub(super) fn is_from_here(headers: &HeaderMap) -> bool {
    let said =
        |name: &str| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect::<Vec<_>>();
    let (sites, origins, hosts) = (said("sec-fetch-site"), said(ORIGIN.as_str()), said(HOST.as_str()));
    match (sites.as_slice(), origins.as_slice(), hosts.as_slice()) {
        // `none` is somebody's own doing, and nobody types a post.
        ([site], ..) => *site == "same-origin",
        ([], [origin], [host]) => {
            origin.strip_prefix("http://").is_some_and(|origin| origin.eq_ignore_ascii_case(host))
        }
        ([], [], _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::header_map;

    fn parts(target: &str, host: &str) -> Parts {
        http::Request::get(target).header(HOST, host).body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_this_machines_names_are_answered() {
        let check = |host: &str, expect: bool| assert_eq!(is_for_this_machine(&parts("/", host)), expect, "{host}");
        check("localhost:9900", true);
        check("LocalHost", true);
        check("127.0.0.1:9900", true);
        check("127.9.9.9", true);
        check("[::1]:9900", true);
        check("localhost.evil.example", false);
        check("127.0.0.1.evil.example", false);
        check("evil.example", false);
        check("10.0.0.1", false);
        check("", false);
        assert!(!is_for_this_machine(&parts("http://evil.example/", "localhost")), "both names count");
        assert!(!is_for_this_machine(&http::Request::get("/").body(()).unwrap().into_parts().0), "a name is needed");
    }

    #[test]
    fn another_sites_page_changes_nothing() {
        let check = |pairs: &[(&str, &str)], expect: bool| {
            let headers = header_map(&[&[("host", "localhost:9900")], pairs].concat());
            assert_eq!(is_from_here(&headers), expect, "{headers:?}");
        };
        check(&[], true);
        check(&[("sec-fetch-site", "same-origin"), ("origin", "null")], true);
        check(&[("origin", "http://localhost:9900")], true);
        for other in ["cross-site", "same-site", "none", ""] {
            check(&[("sec-fetch-site", other), ("origin", "http://localhost:9900")], false);
        }
        for other in ["http://localhost:8080", "https://localhost:9900", "http://evil.example", "null", ""] {
            check(&[("origin", other)], false);
        }
        check(&[("origin", "http://localhost:9900"), ("origin", "http://localhost:9900")], false);
        check(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")], false);
    }
}
