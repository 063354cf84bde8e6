//! What a request asks for: host, language, site, days. Whatever can't be read is as if it weren't there.

use std::net::IpAddr;

use http::header::{ACCEPT_LANGUAGE, HOST};
use http::request::Parts;
use policies::{Date, Lang};

/// Pairs of a query that are looked at.
const MOST_PAIRS: usize = 16;

/// What the query and the headers ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) lang: Lang,
    pub(super) site: Option<String>,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

impl Asked {
    pub(super) fn of(request: &Parts) -> Self {
        let query = request.uri.query().unwrap_or_default();
        let value = |name: &str| {
            let pairs = query.split('&').take(MOST_PAIRS).filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| decoded(value))
        };
        let accepted = request.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let wanted = value("lang").as_deref().and_then(Lang::needed_of_tag);
        let by_browser = || accepted.split(',').find_map(|range| Lang::needed_of_tag(range.split(';').next()?));
        Self {
            lang: wanted.or_else(by_browser).unwrap_or(Lang::En),
            site: value("site").filter(|site| !site.is_empty()),
            from: value("from").as_deref().and_then(Date::parse),
            to: value("to").as_deref().and_then(Date::parse),
        }
    }

    /// The query that asks for the same in any language.
    pub(super) fn query(&self) -> String {
        let site = self.site.as_deref().map(|site| format!("site={}", encoded(site)));
        let from = self.from.map(|day| format!("from={day}"));
        let to = self.to.map(|day| format!("to={day}"));
        [site, from, to].into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

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

/// A form's value: `+` is a space, `%` and two digits are a byte.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, beyond @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = beyond;
                }
                _ => bytes.push(b'%'),
            },
            _ => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(target: &str, host: &str, languages: &str) -> Parts {
        let request = http::Request::get(target).header(HOST, host).header(ACCEPT_LANGUAGE, languages);
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_this_machines_names_are_answered() {
        let check = |host: &str, expect: bool| assert_eq!(is_for_this_machine(&parts("/", host, "")), expect, "{host}");
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
        assert!(!is_for_this_machine(&parts("http://evil.example/", "localhost", "")), "both names count");
        assert!(!is_for_this_machine(&http::Request::get("/").body(()).unwrap().into_parts().0), "a name is needed");
    }

    #[test]
    fn the_language_is_the_one_asked_for() {
        let check = |target: &str, languages: &str, expect: Lang| {
            assert_eq!(Asked::of(&parts(target, "localhost", languages)).lang, expect, "{target} {languages}");
        };
        check("/?lang=ko", "en", Lang::Ko);
        check("/", "fr, ko-KR;q=0.8, en;q=0.5", Lang::Ko);
        check("/", "en-US,en;q=0.9,ko;q=0.8", Lang::En);
        check("/?lang=xx", "", Lang::En);
    }

    proptest! {
        #[test]
        fn a_query_asks_for_the_same_again(site in "\\PC{1,20}", day in 0i64..30_000) {
            let asked = Asked { lang: Lang::En, site: Some(site), from: Some(Date::of_day_number(day)), to: None };
            let target = format!("/?{}", asked.query());
            prop_assert_eq!(Asked::of(&parts(&target, "localhost", "")), asked);
        }
    }
}
