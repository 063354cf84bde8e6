//! How a request came here: from whom, by which scheme, asking for which host. A believed proxy in front may tell
//! each of these; strangers are never believed, and what can't be read is not believed either.
//!
//! Refuses the left part of a list of hops: what stands left of the first address that is no believed proxy was
//! written by whoever has that address. Invariant: the nearest hop is always among the hops.

use std::net::{IpAddr, SocketAddr};

use http::header::{FORWARDED, HeaderMap, HeaderName};
use http::uri::Authority;

use crate::config::{Front, ProxyHeader, Scheme, Trust};
use crate::wire::forwarded::{self, Element, Node};

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// At most so many hops are followed.
const MOST_HOPS: usize = 32;

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Who connected: as the system says, or a PROXY protocol head.
    pub address: SocketAddr,
    /// Through which kind of listener.
    pub entry: Entry,
    /// Whether it only passes bytes on without saying whose (PROXY protocol): no header is its own work then.
    pub passes_bytes: bool,
}

/// A kind of listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// In the clear; how browsers come is as configured.
    Plain,
    /// TLS ends here.
    Tls,
    /// In the clear, to lead to https.
    Redirect,
}

/// How one request came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approach {
    /// Addresses, the visitor's first, the nearest hop's last; never empty.
    pub hops: Vec<IpAddr>,
    /// How the visitor's browser asked.
    pub scheme: Scheme,
    /// The `Host` that it asked for, with its port.
    pub host: String,
    /// Whether the nearest hop is a proxy that is believed.
    pub believed: bool,
}

/// What a believed proxy says.
#[derive(Default)]
struct Told {
    /// From the nearest to the farthest.
    farther: Vec<IpAddr>,
    scheme: Option<Scheme>,
    host: Option<String>,
}

impl Approach {
    /// Reads a request's head; `host` is what it asks for itself.
    #[must_use]
    pub fn read(headers: &HeaderMap, host: String, peer: &Peer, front: &Front) -> Self {
        let nearest = peer.address.ip().to_canonical();
        let believed = !peer.passes_bytes && front.trust.believes(nearest);
        let told = if believed { Told::read(headers, &front.trust) } else { Told::default() };
        let by_entry = match peer.entry {
            Entry::Plain => front.public_scheme,
            Entry::Tls => Scheme::Https,
            Entry::Redirect => Scheme::Http,
        };
        Self {
            hops: told.farther.into_iter().rev().chain([nearest]).collect(),
            scheme: told.scheme.unwrap_or(by_entry),
            host: told.host.unwrap_or(host),
            believed,
        }
    }
}

impl Told {
    fn read(headers: &HeaderMap, trust: &Trust) -> Self {
        if trust.reads(ProxyHeader::Forwarded) {
            return Self::read_forwarded(headers, trust);
        }
        let only = |name: &HeaderName, header| {
            let mut lines = headers.get_all(name).iter();
            lines.next().filter(|_| trust.reads(header) && lines.next().is_none()).map(|line| line.as_bytes())
        };
        let farther = if trust.reads(ProxyHeader::XForwardedFor) { entries(headers, trust) } else { Vec::new() };
        Self {
            farther,
            scheme: only(&FORWARDED_PROTO, ProxyHeader::XForwardedProto).and_then(scheme),
            host: only(&FORWARDED_HOST, ProxyHeader::XForwardedHost).and_then(host),
        }
    }

    /// Each element was written by the hop that the element to its right names.
    fn read_forwarded(headers: &HeaderMap, trust: &Trust) -> Self {
        let lines: Vec<&[u8]> = headers.get_all(FORWARDED).iter().map(|line| line.as_bytes()).collect();
        let value = lines.join(&b", "[..]);
        let Ok(elements) = forwarded::elements(&value) else { return Self::default() };
        let mut told = Self::default();
        for Element { asked_by, proto, host: asked } in elements.into_iter().rev().take(MOST_HOPS) {
            told.scheme = proto.as_deref().and_then(scheme);
            told.host = asked.as_deref().and_then(host);
            let Some(Node::Address(address)) = asked_by else { break };
            told.farther.push(address.to_canonical());
            if !trust.believes(address) {
                break;
            }
        }
        told
    }
}

/// The entries of `X-Forwarded-For` from the right, up to the first that is no believed proxy.
fn entries(headers: &HeaderMap, trust: &Trust) -> Vec<IpAddr> {
    let lines: Vec<&[u8]> = headers.get_all(&FORWARDED_FOR).iter().map(|line| line.as_bytes()).collect();
    // Commas alone: the header knows no quotes, and one that a stranger opened must not hide what follows.
    let all = lines.into_iter().flat_map(|line| line.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let all: Vec<&[u8]> = all.filter(|entry| !entry.is_empty()).collect();
    let mut farther = Vec::new();
    for entry in all.into_iter().rev().take(MOST_HOPS) {
        let Some(address) = forwarded::address(entry) else { break };
        farther.push(address.to_canonical());
        if !trust.believes(address) {
            break;
        }
    }
    farther
}

/// One word; a list of them leaves open whose is meant.
fn scheme(word: &[u8]) -> Option<Scheme> {
    match word.to_ascii_lowercase().as_slice() {
        b"https" => Some(Scheme::Https),
        b"http" => Some(Scheme::Http),
        _ => None,
    }
}

fn host(text: &[u8]) -> Option<String> {
    let authority = Authority::try_from(text).ok()?;
    (!authority.as_str().contains('@') && !authority.host().is_empty()).then(|| authority.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Prefix;
    use crate::wire::header_map;

    fn front(headers: &[ProxyHeader]) -> Front {
        let proxies = ["127.0.0.0/8", "10.0.0.0/8", "2001:db8::/32"].iter().filter_map(|text| Prefix::parse(text));
        let trust = Trust { proxies: proxies.collect(), headers: headers.to_vec() };
        Front { trust, ..Front::default() }
    }

    fn read(peer: &str, front: &Front, told: &[(&str, &str)]) -> Approach {
        let peer = Peer { address: peer.parse().unwrap(), entry: Entry::Plain, passes_bytes: false };
        Approach::read(&header_map(told), "shop.example".to_owned(), &peer, front)
    }

    fn hops(approach: &Approach) -> String {
        approach.hops.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_visitor_is_the_first_from_the_right_who_is_no_believed_proxy() {
        let front = front(&Trust::default().headers);
        let check = |peer: &str, told: &[&str], expect: &str| {
            let told: Vec<_> = told.iter().map(|value| ("x-forwarded-for", *value)).collect();
            assert_eq!(hops(&read(peer, &front, &told)), expect, "{told:?}");
        };
        check("10.0.0.1:9", &["203.0.113.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7 10.0.0.2 10.0.0.1");
        check("10.0.0.1:9", &["203.0.113.9", "198.51.100.7:4711,[2001:db8::1]:1"], "198.51.100.7 2001:db8::1 10.0.0.1");
        check("10.0.0.1:9", &["10.0.0.3, 10.0.0.2"], "10.0.0.3 10.0.0.2 10.0.0.1");
        check("10.0.0.1:9", &["198.51.100.7, unknown"], "10.0.0.1");
        check("10.0.0.1:9", &["198.51.100.7, nonsense, 10.0.0.2"], "10.0.0.2 10.0.0.1");
        check("10.0.0.1:9", &["\"<, 198.51.100.7"], "198.51.100.7 10.0.0.1");
        check("10.0.0.1:9", &[], "10.0.0.1");
        check("[::ffff:10.0.0.1]:9", &["::ffff:198.51.100.7"], "198.51.100.7 10.0.0.1");
        check("198.51.100.7:9", &["203.0.113.9"], "198.51.100.7");
    }

    #[test]
    fn forwarded_is_believed_from_the_right_and_as_a_whole() {
        let front = front(&[ProxyHeader::Forwarded]);
        let check = |value: &str, expect: &str, scheme: Scheme, host: &str| {
            let approach = read("10.0.0.1:9", &front, &[("forwarded", value), ("x-forwarded-for", "203.0.113.1")]);
            assert_eq!(
                (hops(&approach).as_str(), approach.scheme, approach.host.as_str()),
                (expect, scheme, host),
                "{value}"
            );
        };
        check(
            "for=203.0.113.9;proto=http;host=evil.example, for=198.51.100.7;proto=https;host=\"www.example:8443\"",
            "198.51.100.7 10.0.0.1",
            Scheme::Https,
            "www.example:8443",
        );
        check(
            "for=198.51.100.7;proto=https, for=10.0.0.2;proto=http;host=inner.example",
            "198.51.100.7 10.0.0.2 10.0.0.1",
            Scheme::Https,
            "shop.example",
        );
        check("for=_hidden;proto=https", "10.0.0.1", Scheme::Https, "shop.example");
        check("for=\"198.51.100.7, for=203.0.113.9;proto=https", "10.0.0.1", Scheme::Http, "shop.example");
        check("for=198.51.100.7;proto=gopher;host=\"a@b\"", "198.51.100.7 10.0.0.1", Scheme::Http, "shop.example");
    }

    #[test]
    fn only_what_the_proxy_writes_itself_is_believed() {
        let told = [("x-forwarded-host", "other.example"), ("x-forwarded-proto", "https"), ("forwarded", "host=evil")];
        let approach = read("10.0.0.1:9", &front(&Trust::default().headers), &told);
        assert_eq!((approach.host.as_str(), approach.scheme), ("shop.example", Scheme::Https));
        let approach = read("10.0.0.1:9", &front(&[ProxyHeader::XForwardedHost]), &told);
        assert_eq!((approach.host.as_str(), approach.scheme), ("other.example", Scheme::Http));
        let approach = read("198.51.100.7:9", &front(&[ProxyHeader::XForwardedHost]), &told);
        assert_eq!((approach.host.as_str(), approach.scheme), ("shop.example", Scheme::Http));
        for doubt in ["https, http", "ftp", ""] {
            let approach = read("10.0.0.1:9", &front(&Trust::default().headers), &[("x-forwarded-proto", doubt)]);
            assert_eq!(approach.scheme, Scheme::Http, "{doubt}");
        }
    }
    proptest! {
        #[test]
        fn what_a_stranger_writes_never_names_the_visitor(
            lie in "[a-z0-9\",;=:. \\[\\]\\\\]{0,40}",
            proxies in proptest::collection::vec(0..=255_u8, 0..4),
        ) {
            let inner: Vec<String> = proxies.iter().map(|last| format!("10.0.0.{last}")).collect();
            let expect = [&["198.51.100.7".to_owned()][..], &inner, &["10.1.1.1".to_owned()]].concat().join(" ");
            let list = [&[lie.clone(), "198.51.100.7".to_owned()][..], &inner].concat().join(", ");
            let approach = read("10.1.1.1:9", &front(&Trust::default().headers), &[("x-forwarded-for", &list)]);
            prop_assert_eq!(hops(&approach), expect.clone());

            let said = ["198.51.100.7".to_owned()].into_iter().chain(inner).map(|address| format!("for={address};proto=https"));
            let list = [lie].into_iter().chain(said).collect::<Vec<_>>().join(", ");
            let approach = read("10.1.1.1:9", &front(&[ProxyHeader::Forwarded]), &[("forwarded", &list)]);
            let believed = (hops(&approach), approach.scheme) == (expect, Scheme::Https);
            let doubted = (hops(&approach).as_str(), approach.scheme) == ("10.1.1.1", Scheme::Http);
            prop_assert!(believed || doubted, "{}: {:?}", list, approach);
        }
    }
}
