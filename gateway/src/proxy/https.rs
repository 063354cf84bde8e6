//! Visitors who come by http and should not: they are led to https, and browsers are told to remember it.

use http::header::{CACHE_CONTROL, LOCATION};
use http::uri::Authority;
use http::{HeaderValue, Request, Response, StatusCode};
use policies::Lang;
use policies::policy::wording::Wording;

use super::Gateway;
use crate::body::{Body, full};
use crate::config::{Front, Hsts, Scheme};
use crate::error::Error;
use crate::request::{self, strict};
use crate::site::without_port;
use crate::visitor::{Approach, Entry, Peer};

impl Gateway {
    /// What browsers are told of https in the answer to this request (RFC 6797), whatever the answer is. Over http
    /// nothing is (7.2).
    pub(crate) fn strict_transport<B>(&self, request: &Request<B>, peer: &Peer) -> Option<HeaderValue> {
        let live = self.live.load();
        // Outside the walk everything about the host is read a second time: not for nothing.
        if !live.runtime.sites.any_hsts {
            return None;
        }
        let host = strict::named_host(request).ok()?;
        let approach = Approach::read(request.headers(), host, peer, &live.runtime.front);
        let told = live.runtime.sites.hsts(&approach.host).filter(|_| approach.scheme == Scheme::Https);
        let Hsts { days, subdomains } = told?;
        let seconds = u64::from(days) * 86_400;
        let reach = if subdomains { "; includeSubDomains" } else { "" };
        HeaderValue::try_from(format!("max-age={seconds}{reach}")).ok()
    }
}

/// The way to https for a visitor who came by http, where that is asked for: the same host, path and query.
pub(super) fn redirect<B>(
    asked: &Request<B>,
    approach: &Approach,
    peer: &Peer,
    front: &Front,
) -> Option<Response<Body>> {
    if approach.scheme == Scheme::Https || !(front.https_only || peer.entry == Entry::Redirect) {
        return None;
    }
    let path = asked.uri().path_and_query().map_or("/", |target| target.as_str());
    let Some(location) = location(&approach.host, front.https_port, path) else {
        return Some(Error::Request(request::Error::Host).answer(Wording::built_in(), Lang::En));
    };
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, location);
    // A cache in front that doesn't part http from https would lead visitors round in circles.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

/// None: the host is none that a URL could name.
fn location(host: &str, port: u16, path: &str) -> Option<HeaderValue> {
    let host = without_port(host);
    Authority::try_from(host).ok().filter(|authority| authority.host() == host)?;
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    let path = if path.starts_with('/') { path } else { "/" };
    HeaderValue::try_from(format!("https://{host}{port}{path}")).ok()
}

#[cfg(test)]
mod tests {
    use super::location;

    #[test]
    fn the_way_names_the_same_host_path_and_query() {
        let check = |host: &str, port: u16, path: &str, expect: Option<&str>| {
            let location = location(host, port, path);
            let location = location.as_ref().and_then(|value| value.to_str().ok());
            assert_eq!(location, expect, "{host} {path}");
        };
        check("shop.example", 443, "/a?b=c", Some("https://shop.example/a?b=c"));
        check("shop.example:80", 443, "/", Some("https://shop.example/"));
        check("shop.example:8080", 8443, "//x", Some("https://shop.example:8443//x"));
        check("[::1]:80", 443, "/", Some("https://[::1]/"));
        check("shop.example", 443, "*", Some("https://shop.example/"));
        for host in ["a@b.example", "a b", "a/b", "a?b", ""] {
            check(host, 443, "/", None);
        }
    }
}
