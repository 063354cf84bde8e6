//! Who is on the other end, and what a trusted proxy in front says of that. Strangers are never believed.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::HeaderName;

use crate::config::{Prefix, Scheme};

static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The nearest hop.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether this very connection is TLS.
    pub tls: bool,
}

/// How the visitor's browser reached us: this hop's TLS, else what a trusted proxy says, else the configuration.
pub(super) fn scheme(headers: &HeaderMap, peer: &Peer, trusted: bool, configured: Scheme) -> Scheme {
    if peer.tls {
        return Scheme::Https;
    }
    let told = headers.get(&FORWARDED_PROTO).filter(|_| trusted).map(|value| value.as_bytes().to_ascii_lowercase());
    match told.as_deref() {
        Some(b"https") => Scheme::Https,
        Some(b"http") => Scheme::Http,
        _ => configured,
    }
}

/// Where the visitor's connection began: the last address that trusted proxies tell of and that is none of theirs.
pub(super) fn client(headers: &HeaderMap, peer: &Peer, trusted: &[Prefix]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|prefix| prefix.contains(address));
    let nearest = peer.address.ip().to_canonical();
    if !is_trusted(nearest) {
        return nearest;
    }
    let lines = headers.get_all("x-forwarded-for").iter().rev().filter_map(|line| line.to_str().ok());
    let told = lines.flat_map(|line| line.rsplit(',')).map_while(|told| told.trim().parse::<IpAddr>().ok());
    let mut first = nearest;
    for address in told {
        first = address.to_canonical();
        if !is_trusted(first) {
            break;
        }
    }
    first
}

/// The host that the visitor sees: the request's, or what a trusted proxy says.
pub(super) fn public_host(headers: &HeaderMap, host: &str, trusted: bool) -> String {
    let told = headers.get(&FORWARDED_HOST).filter(|_| trusted).and_then(|value| value.to_str().ok());
    told.map_or(host, |told| told.split(',').next().unwrap_or(told).trim()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stranger_that_trusted_proxies_tell_of_is_the_visitor() {
        let peer = Peer { address: "10.0.0.1:1".parse().expect("an address"), tls: false };
        let trusted = [Prefix::parse("10.0.0.0/8").expect("a prefix")];
        let check = |told: &str, trusted: &[Prefix], expect: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", told.parse().expect("a value"));
            assert_eq!(client(&headers, &peer, trusted).to_string(), expect, "{told}");
        };
        check("203.0.113.9", &[], "10.0.0.1");
        check("203.0.113.9", &trusted, "203.0.113.9");
        check("6.6.6.6, 203.0.113.9, 10.0.0.2", &trusted, "203.0.113.9");
        check("6.6.6.6, nonsense, 10.0.0.2", &trusted, "10.0.0.2");
        check("nonsense", &trusted, "10.0.0.1");
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let peer = Peer { address: "127.0.0.1:1".parse().expect("an address"), tls: false };
        let mut headers = HeaderMap::new();
        headers.insert(&FORWARDED_PROTO, "https".parse().expect("a value"));
        headers.insert(&FORWARDED_HOST, "evil.example".parse().expect("a value"));
        assert_eq!(scheme(&headers, &peer, false, Scheme::Http), Scheme::Http);
        assert_eq!(scheme(&headers, &peer, true, Scheme::Http), Scheme::Https);
        assert_eq!(public_host(&headers, "shop.example", false), "shop.example");
        assert_eq!(public_host(&headers, "shop.example", true), "evil.example");
    }
}
