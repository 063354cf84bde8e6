//! What proxies say of the visitor: `Forwarded` (RFC 7239) and the entries of `X-Forwarded-For`.
//!
//! Refuses a whole `Forwarded` value for one fault in it: a quote that a stranger left open could swallow what the
//! proxy wrote after it. Invariant: elements come in the order of the wire, the nearest hop's last.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::list::raw_members;
use super::{split_once, trim};

/// At most so many elements are read of one value; a longer one is a fault.
const MOST_ELEMENTS: usize = 64;

/// What one hop says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element<'a> {
    /// Who asked this hop.
    pub asked_by: Option<Node>,
    /// The scheme that was used.
    pub proto: Option<Cow<'a, [u8]>>,
    /// The `Host` that was asked for.
    pub host: Option<Cow<'a, [u8]>>,
}

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// An address.
    Address(IpAddr),
    /// `unknown`, or a name that hides the address.
    Hidden,
}

/// The value breaks the grammar somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the Forwarded header is malformed")]
pub struct Malformed;

/// The elements of a `Forwarded` value.
///
/// # Errors
/// The value breaks RFC 7239's grammar, or has more than 64 elements.
pub fn elements(value: &[u8]) -> Result<Vec<Element<'_>>, Malformed> {
    let mut elements = Vec::new();
    for member in raw_members(value, b',').map(trim).filter(|member| !member.is_empty()) {
        if elements.len() == MOST_ELEMENTS {
            return Err(Malformed);
        }
        elements.push(element(member)?);
    }
    Ok(elements)
}

fn element(member: &[u8]) -> Result<Element<'_>, Malformed> {
    let mut element = Element::default();
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for pair in raw_members(member, b';').map(trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = split_once(pair, b'=').ok_or(Malformed)?;
        let value = unquoted(value)?;
        let name = name.to_ascii_lowercase();
        if !is_token(&name) || seen.contains(&name) {
            return Err(Malformed);
        }
        match name.as_slice() {
            b"for" => element.asked_by = Some(node(&value).ok_or(Malformed)?),
            b"by" => drop(node(&value).ok_or(Malformed)?),
            b"proto" => element.proto = Some(value),
            b"host" => element.host = Some(value),
            _ => {}
        }
        seen.push(name);
    }
    Ok(element)
}

/// A token, or a quoted string without its quotes and escapes.
fn unquoted(value: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    let Some(quoted) = value.strip_prefix(b"\"") else {
        return if is_token(value) { Ok(Cow::Borrowed(value)) } else { Err(Malformed) };
    };
    let inner = quoted.strip_suffix(b"\"").ok_or(Malformed)?;
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => plain.push(*bytes.next().ok_or(Malformed)?),
            b'"' => return Err(Malformed),
            _ => plain.push(*byte),
        }
    }
    Ok(Cow::Owned(plain))
}

fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// RFC 7239 6: an address, `unknown` or `_name`, each with a port if it likes.
fn node(text: &[u8]) -> Option<Node> {
    if let Some(address) = address(text) {
        return Some(Node::Address(address));
    }
    let (name, port) = split_once(text, b':').map_or((text, None), |(name, port)| (name, Some(port)));
    let hides = name.eq_ignore_ascii_case(b"unknown") || (name.len() > 1 && is_obscure(name));
    (hides && port.is_none_or(is_port)).then_some(Node::Hidden)
}

/// The address in an entry of `X-Forwarded-For`: bare, or with a port; IPv6 also in brackets.
#[must_use]
pub fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?;
    if let Some(bracketed) = text.strip_prefix('[') {
        let (inside, after) = bracketed.split_once(']')?;
        let port_fits = after.is_empty() || after.strip_prefix(':').is_some_and(|port| is_port(port.as_bytes()));
        return inside.parse::<Ipv6Addr>().ok().filter(|_| port_fits).map(IpAddr::V6);
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    let (bare, port) = text.split_once(':')?;
    bare.parse::<Ipv4Addr>().ok().filter(|_| is_port(port.as_bytes())).map(IpAddr::V4)
}

fn is_port(text: &[u8]) -> bool {
    let digits = (1..=5).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    digits || (text.len() > 1 && is_obscure(text))
}

fn is_obscure(text: &[u8]) -> bool {
    text.strip_prefix(b"_")
        .is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(value: &str) -> Vec<String> {
        let text = |bytes: &Option<Cow<'_, [u8]>>| match bytes {
            Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            None => "-".to_owned(),
        };
        let node = |node: Option<Node>| match node {
            Some(Node::Address(address)) => address.to_string(),
            Some(Node::Hidden) => "hidden".to_owned(),
            None => "-".to_owned(),
        };
        let elements = elements(value.as_bytes()).unwrap_or_else(|_| panic!("{value}"));
        let say = |element: &Element<'_>| {
            format!("{} {} {}", node(element.asked_by), text(&element.proto), text(&element.host))
        };
        elements.iter().map(say).collect()
    }

    #[test]
    fn elements_say_who_asked_and_how() {
        let check = |value: &str, expect: &[&str]| assert_eq!(said(value), expect, "{value}");
        check("for=192.0.2.43", &["192.0.2.43 - -"]);
        check("For=\"[2001:db8::1]:4711\"", &["2001:db8::1 - -"]);
        check("for=192.0.2.60;proto=http;by=203.0.113.43", &["192.0.2.60 http -"]);
        check(
            "for=192.0.2.43, for=198.51.100.17;host=\"shop.example:8443\"",
            &["192.0.2.43 - -", "198.51.100.17 - shop.example:8443"],
        );
        check("for=unknown;by=\"_gate:_p1\" , for=\"_gazonk:80\",", &["hidden - -", "hidden - -"]);
        check("secret=\"a\\\", for=6\";proto=\"ht\\tps\"", &["- https -"]);
        check("", &[]);
    }

    #[test]
    fn one_fault_spoils_the_whole() {
        for value in [
            "for=192.0.2.43, for=\"198.51.100.17",
            "for=\"192.0.2.43, for=198.51.100.17",
            "for=1.2.3.4;for=5.6.7.8",
            "for=2001:db8::1",
            "for=\"[2001:db8::1\"",
            "for=1.2.3.4:port",
            "for=\"1.2.3.4:port\"",
            "for=\"unknown:_\"",
            "for=_",
            "for=1.2.3.4;by=300.1.1.1",
            "for = 1.2.3.4",
            "for=",
            "for",
            "=x",
            "proto=\"a\"b\"",
            "for=300.1.1.1",
            "host=<a,for=1.2.3.4>",
        ] {
            assert_eq!(elements(value.as_bytes()), Err(Malformed), "{value}");
        }
        assert_eq!(elements(&b"for=1.2.3.4,".repeat(65)), Err(Malformed));
    }

    #[test]
    fn entries_are_addresses_with_or_without_a_port() {
        let check = |entry: &str, expect: Option<&str>| {
            assert_eq!(address(entry.as_bytes()), expect.map(|text| text.parse().unwrap()), "{entry}");
        };
        check("192.0.2.1", Some("192.0.2.1"));
        check("192.0.2.1:8080", Some("192.0.2.1"));
        check("2001:db8::1", Some("2001:db8::1"));
        check("[2001:db8::1]", Some("2001:db8::1"));
        check("[2001:db8::1]:443", Some("2001:db8::1"));
        check("unknown", None);
        check("", None);
        check("192.0.2.1:", None);
        check("[2001:db8::1]443", None);
        check("192.0.2.1 ", None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(hosts in proptest::collection::vec("[a-z\",;=\\\\ ]{1,12}", 1..5), last: u32) {
            let quoted = |host: &String| format!("\"{}\"", host.replace('\\', "\\\\").replace('"', "\\\""));
            let written: Vec<String> = hosts.iter().map(|host| format!("host={}", quoted(host))).collect();
            let written = format!("{}, for={}", written.join(","), Ipv4Addr::from(last));
            let read = elements(written.as_bytes()).unwrap();
            let (nearest, others) = read.split_last().unwrap();
            prop_assert_eq!(nearest.asked_by, Some(Node::Address(Ipv4Addr::from(last).into())));
            let others: Vec<_> = others.iter().map(|element| element.host.clone().unwrap().into_owned()).collect();
            prop_assert_eq!(others, hosts.iter().map(|host| host.as_bytes().to_vec()).collect::<Vec<_>>());
        }

        #[test]
        fn a_stranger_in_front_never_speaks_last(stranger in "[a-z0-9\",;=\\\\ .\\[\\]<>]{0,30}") {
            let value = format!("{stranger}, for=198.51.100.17;proto=https");
            if let Ok(read) = elements(value.as_bytes()) {
                let nearest = read.last().and_then(|element| element.asked_by);
                prop_assert_eq!(nearest, Some(Node::Address(Ipv4Addr::new(198, 51, 100, 17).into())));
            }
        }
    }
}
