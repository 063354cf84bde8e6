//! Tells the origin what the visitor granted, in a field that the gateway signs (RFC 9421).
//!
//! Refuses every signature that came under our label. What else a visitor signed stays, where it can be read at all:
//! a line that is no dictionary could swallow what follows it. Invariant: ours is the last member of its name.

use http::HeaderValue;
use http::header::{HOST, HeaderMap, HeaderName};
use policies::{Decision, Timestamp};

use crate::signing::{LABEL, OriginWord, authority};
use crate::site::Site;
use crate::wire::{Filtered, dictionary};

static GRANTED: HeaderName = HeaderName::from_static("consent-granted");
static INPUT: HeaderName = HeaderName::from_static("signature-input");
static SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// Puts the word on a request that has its `Host` for the origin already.
pub fn tell_granted(headers: &mut HeaderMap, site: &Site, decision: &Decision, word: &OriginWord, now: Timestamp) {
    remove_our_label(headers);
    let https = site.config.origin.scheme_str() == Some("https");
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let authority = authority(host, https);
    let ids = || site.config.policy.ids(decision.granted).join(", ");
    if let Some(granted) = word.granted(decision.granted.bits(), &authority, now, ids) {
        headers.insert(GRANTED.clone(), granted.purposes);
        headers.append(INPUT.clone(), granted.input);
        headers.append(SIGNATURE.clone(), granted.signature);
    }
}

fn remove_our_label(headers: &mut HeaderMap) {
    // Many origins (CGI, WSGI) can't tell it from the true one.
    headers.remove("signature_input");
    let filtered = [&INPUT, &SIGNATURE].map(|name| filtered(headers, name));
    let readable = filtered.iter().all(Option::is_some);
    for (name, lines) in [&INPUT, &SIGNATURE].into_iter().zip(filtered) {
        headers.remove(name);
        for line in lines.into_iter().flatten().filter(|_| readable) {
            headers.append(name.clone(), line);
        }
    }
}

/// The lines of a field without our member; None where one of them is no dictionary.
fn filtered(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<HeaderValue>> {
    let mut kept = Vec::new();
    for line in headers.get_all(name) {
        match dictionary::without(line.as_bytes(), LABEL.as_bytes())? {
            Filtered::Unchanged => kept.push(line.clone()),
            Filtered::Changed(bytes) => kept.push(HeaderValue::from_bytes(&bytes).ok()?),
            Filtered::Empty => {}
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HostMode;
    use crate::signing::SharedKey;
    use crate::{site, visitor};

    #[test]
    fn nobody_else_signs_under_our_label() {
        let check = |told: &[(&'static str, &'static str)], expect: &[(&'static str, &'static str)]| {
            let map = |pairs: &[(&'static str, &'static str)]| {
                let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
                HeaderMap::<HeaderValue>::from_iter(pairs)
            };
            let mut headers = map(told);
            remove_our_label(&mut headers);
            assert_eq!(headers, map(expect), "{told:?}");
        };
        check(
            &[
                ("signature-input", "consent=();created=1, bot=(\"@path\");tag=\"x\""),
                ("signature", "bot=:AA==:, consent=:AA==:"),
            ],
            &[("signature-input", "bot=(\"@path\");tag=\"x\""), ("signature", "bot=:AA==:")],
        );
        check(&[("signature-input", "consent=()"), ("signature", "consent=:AA==:"), ("signature_input", "x")], &[]);
        check(&[("signature-input", "bot=(\"@path\""), ("signature", "bot=:AA==:")], &[]);
        check(&[("signature", "bot=:AA==:")], &[("signature", "bot=:AA==:")]);
    }

    #[test]
    fn the_schemes_own_port_is_no_part_of_the_authority_that_is_signed() {
        let now = Timestamp(1_700_000_000);
        let folder = tempfile::TempDir::new().expect("a folder");
        let signed = |origin: &str, host: &'static str| {
            let word = OriginWord::new(SharedKey::open(&folder.path().join("key")).expect("a key"));
            let site = site::sample(origin, HostMode::Visitor);
            let decision = visitor::sample().decision(&site, now);
            let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            tell_granted(&mut headers, &site, &decision, &word, now);
            assert_eq!(headers["consent-granted"], "necessary");
            headers["signature"].clone()
        };
        for (origin, own, other) in [
            ("https://origin.example", "shop.example:443", "shop.example:80"),
            ("http://origin.example", "shop.example:80", "shop.example:443"),
        ] {
            let expect = signed(origin, "shop.example");
            assert_eq!(signed(origin, own), expect);
            assert_ne!(signed(origin, other), expect);
        }
    }
}
