//! The head of a connection by which a balancer in front names the visitor: PROXY protocol, versions 1 and 2.
//!
//! Refuses whatever the protocol's text doesn't allow, and heads above 4 kB. Invariant: the answer for a head depends
//! on its bytes alone, however they were cut, and never on what follows it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// With what version 2 begins.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The signature, version and command, family, length.
const FIXED_PART: usize = 16;
/// The longest line of version 1, with its end.
const LONGEST_LINE: usize = 107;
/// Bytes that version 2 may tell after its fixed part. Balancers tell some hundred.
const MOST_TOLD: usize = 4_096;

/// A whole head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its bytes; what follows is the connection's.
    pub length: usize,
    /// Who connected to the balancer; None: it doesn't say, or speaks for itself.
    pub source: Option<SocketAddr>,
}

/// No such head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection does not begin with a PROXY protocol head")]
pub struct Malformed;

/// Reads the beginning of a connection; None: more bytes are needed.
///
/// # Errors
/// The bytes are no such head, whatever may follow.
pub fn parse(bytes: &[u8]) -> Result<Option<Head>, Malformed> {
    match bytes.first() {
        None => Ok(None),
        Some(b'P') => line(bytes),
        Some(_) => binary(bytes),
    }
}

fn line(bytes: &[u8]) -> Result<Option<Head>, Malformed> {
    let word = b"PROXY ";
    if !bytes.iter().zip(word).all(|(byte, expected)| byte == expected) {
        return Err(Malformed);
    }
    let Some(end) = memchr::memchr(b'\n', bytes.get(..LONGEST_LINE).unwrap_or(bytes)) else {
        return if bytes.len() < LONGEST_LINE { Ok(None) } else { Err(Malformed) };
    };
    let told = bytes.get(word.len()..end).and_then(|told| told.strip_suffix(b"\r")).ok_or(Malformed)?;
    let told = std::str::from_utf8(told).map_err(|_| Malformed)?;
    let source = if told == "UNKNOWN" || told.starts_with("UNKNOWN ") { None } else { Some(told_source(told)?) };
    Ok(Some(Head { length: end + 1, source }))
}

/// `TCP4 source destination port port`, with single spaces.
fn told_source(told: &str) -> Result<SocketAddr, Malformed> {
    let fields: Vec<&str> = told.splitn(6, ' ').collect();
    let [family, source, destination, source_port, destination_port] = fields.as_slice() else { return Err(Malformed) };
    let address = |text: &str| -> Option<IpAddr> {
        match *family {
            "TCP4" => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            "TCP6" => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            _ => None,
        }
    };
    let (source, _) = address(source).zip(address(destination)).ok_or(Malformed)?;
    let (port, _) = port(source_port).zip(port(destination_port)).ok_or(Malformed)?;
    Ok(SocketAddr::new(source, port))
}

/// Decimal, without zeros in front.
fn port(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

fn binary(bytes: &[u8]) -> Result<Option<Head>, Malformed> {
    if !bytes.iter().zip(SIGNATURE).all(|(byte, expected)| byte == expected) {
        return Err(Malformed);
    }
    let Some([command, family, high, low]) = bytes.get(SIGNATURE.len()..FIXED_PART) else { return Ok(None) };
    let told = usize::from(u16::from_be_bytes([*high, *low]));
    let speaks_for_itself = match command {
        0x20 => true,
        0x21 => false,
        _ => return Err(Malformed),
    };
    // Addresses of the family, before what else is told.
    let addresses = match family {
        0x00 => 0,
        0x11 | 0x12 => 12,
        0x21 | 0x22 => 36,
        0x31 | 0x32 => 216,
        _ => return Err(Malformed),
    };
    if told > MOST_TOLD || (!speaks_for_itself && told < addresses) {
        return Err(Malformed);
    }
    let Some(body) = bytes.get(FIXED_PART..FIXED_PART + told) else { return Ok(None) };
    let source = if speaks_for_itself { None } else { binary_source(*family, body) };
    Ok(Some(Head { length: FIXED_PART + told, source }))
}

/// Only streams over IP name somebody whom a listener of streams could have met.
fn binary_source(family: u8, body: &[u8]) -> Option<SocketAddr> {
    match family {
        0x11 => {
            let (address, rest) = body.split_first_chunk::<4>()?;
            let port = rest.get(4..)?.first_chunk::<2>()?;
            Some(SocketAddr::new(Ipv4Addr::from(*address).into(), u16::from_be_bytes(*port)))
        }
        0x21 => {
            let (address, rest) = body.split_first_chunk::<16>()?;
            let port = rest.get(16..)?.first_chunk::<2>()?;
            Some(SocketAddr::new(Ipv6Addr::from(*address).into(), u16::from_be_bytes(*port)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn second(command: u8, family: u8, told: &[u8]) -> Vec<u8> {
        let length = u16::try_from(told.len()).unwrap().to_be_bytes();
        [SIGNATURE, &[command, family], &length, told].concat()
    }

    /// Reads every beginning of the head, and the head with bytes after it.
    fn check(head: &[u8], expect: Option<&str>) {
        for cut in 0..head.len() {
            assert_eq!(parse(&head[..cut]), Ok(None), "{:?} cut at {cut}", head.escape_ascii().to_string());
        }
        let expect = Head { length: head.len(), source: expect.map(|source| source.parse().unwrap()) };
        for after in [&b""[..], b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", &[0; 5_000]] {
            assert_eq!(parse(&[head, after].concat()), Ok(Some(expect)));
        }
    }

    fn refused(bytes: &[u8]) {
        assert_eq!(parse(bytes), Err(Malformed), "{}", bytes.escape_ascii());
    }

    #[test]
    fn version_1_at_every_cut() {
        check(b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n", Some("192.0.2.7:56324"));
        check(b"PROXY TCP6 2001:db8::7 2001:db8::1 0 65535\r\n", Some("[2001:db8::7]:0"));
        check(b"PROXY UNKNOWN\r\n", None);
        check(b"PROXY UNKNOWN ffff::1 whatever 1 2\r\n", None);
        check(&[b"PROXY UNKNOWN ".as_slice(), &[b'x'; 91], b"\r\n"].concat(), None);
    }

    #[test]
    fn version_2_at_every_cut() {
        let four = [192, 0, 2, 7, 192, 0, 2, 1, 0x1f, 0x90, 1, 0xbb];
        check(&second(0x21, 0x11, &four), Some("192.0.2.7:8080"));
        check(&second(0x21, 0x11, &[&four[..], b"\x04\0\x05extra"].concat()), Some("192.0.2.7:8080"));
        let mut six = [0; 36];
        six[..2].copy_from_slice(&[0x20, 0x01]);
        six[15] = 7;
        six[33] = 80;
        check(&second(0x21, 0x21, &six), Some("[2001::7]:80"));
        check(&second(0x20, 0x11, &four), None);
        check(&second(0x20, 0, b""), None);
        check(&second(0x21, 0, b"\x04\0\0"), None);
        check(&second(0x21, 0x31, &[0; 216]), None);
        check(&second(0x21, 0x12, &four), None);
    }

    #[test]
    fn what_the_protocol_does_not_allow_is_refused() {
        refused(b"GET / HTTP/1.1\r\n");
        refused(b"POST / HTTP/1.1\r\n");
        refused(b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\n");
        refused(b"PROXY TCP4 192.0.2.7  192.0.2.1 56324 443\r\n");
        refused(b"PROXY TCP4 192.0.2.7 192.0.2.1 056324 443\r\n");
        refused(b"PROXY TCP4 192.0.2.7 192.0.2.1 +5 443\r\n");
        refused(b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 70000\r\n");
        refused(b"PROXY TCP4 2001:db8::7 192.0.2.1 56324 443\r\n");
        refused(b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 443 more\r\n");
        refused(b"PROXY UDP4 192.0.2.7 192.0.2.1 56324 443\r\n");
        refused(b"PROXY UNKNOWNX\r\n");
        refused(&[b"PROXY UNKNOWN ".as_slice(), &[b'x'; 100], b"\r\n"].concat());
        refused(&[b"PROXY UNKNOWN ".as_slice(), &[b'x'; 93]].concat());
        refused(&second(0x11, 0x11, &[0; 12]));
        refused(&second(0x22, 0x11, &[0; 12]));
        refused(&second(0x21, 0x41, &[0; 12]));
        refused(&second(0x21, 0x11, &[0; 11]));
        refused(&second(0x21, 0x11, &[0; 5_000])[..FIXED_PART]);
        refused(b"\r\n\r\n\0\r\nQUIt");
        refused(b"\x16\x03\x01");
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..60), version in 0..3_u8) {
            let start: &[u8] = match version { 0 => b"PROXY TCP4 ", 1 => SIGNATURE, _ => b"" };
            let bytes = [start, &bytes].concat();
            let whole = parse(&bytes);
            for cut in 0..bytes.len() {
                match parse(&bytes[..cut]) {
                    Ok(None) => {}
                    early => prop_assert_eq!(early, whole),
                }
            }
        }
    }
}
