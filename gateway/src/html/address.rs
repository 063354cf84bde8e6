//! Where an address leads, as browsers compute it (WHATWG URL), so that no spelling of a tracker's host goes unknown.
//!
//! Refuses to make addresses to be sent: it answers with a place for the judge. Invariant: a host is ASCII in lower
//! case without port, user and last dot, and a path is percent-decoded as far as that changes nothing.

use std::borrow::Cow;

use url::Url;

use crate::wire::path::plain;

/// What relative addresses are relative to: the page's own address, or its `<base href>`.
#[derive(Debug, Clone)]
pub struct Base(Url);

/// A host, a path and a query that loading an address would ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) path: String,
    /// As it is written; empty without one.
    pub(super) query: String,
}

impl Base {
    /// The address of a page, absolute. One that is none counts as a page of a host that nobody has.
    #[must_use]
    pub fn of_page(address: &str) -> Self {
        let nobodys = || Url::parse("http://page.invalid/").expect("a plain address");
        Self(Url::parse(address).ok().filter(|url| !url.cannot_be_a_base()).unwrap_or_else(nobodys))
    }

    /// The base that `<base href>` makes of this one; `None` where browsers pass it over.
    pub(super) fn joined(&self, href: &str) -> Option<Self> {
        let url = self.0.join(href).ok()?;
        (!url.cannot_be_a_base()).then_some(Self(url))
    }

    /// The places that an address, decoded as its attribute is, may ask: none for `data:` and its like, one as a rule.
    ///
    /// `https:host` is two: on an https page a path, elsewhere a host, and who reads the page over which is not
    /// always known.
    pub(super) fn places(&self, text: &str) -> impl Iterator<Item = Place> {
        let plain = self.plain_place(text);
        let parsed = if plain.is_none() { Some(self.parsed_places(text)) } else { None };
        plain.into_iter().chain(parsed.into_iter().flatten())
    }

    /// The one place of an address in which nothing is to be computed, as most of a page's are.
    fn plain_place(&self, text: &str) -> Option<Place> {
        let (host, target) = match text.as_bytes() {
            [b'/', second, ..] if *second != b'/' => (self.0.host_str().filter(|_| self.asks_a_host())?, text),
            _ => {
                let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
                rest.split_at_checked(rest.find('/')?).filter(|(host, _)| is_plain_host(host))?
            }
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        (is_plain_path(path) && is_plain_query(query)).then(|| Place {
            host: host.trim_end_matches('.').to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
        })
    }

    fn asks_a_host(&self) -> bool {
        matches!(self.0.scheme(), "https" | "http")
    }

    fn parsed_places(&self, text: &str) -> impl Iterator<Item = Place> + use<> {
        let text = &*straightened(text);
        let url = self.0.join(text).ok().or_else(|| self.0.join(&guessed(text)?).ok());
        let alone = if names_a_scheme(text) { Url::parse(text).ok() } else { None };
        let alone = alone.filter(|alone| Some(alone) != url.as_ref());
        url.into_iter().chain(alone).filter_map(|url| Place::of(&url))
    }
}

impl Place {
    fn of(url: &Url) -> Option<Self> {
        let asks_a_host = matches!(url.scheme(), "https" | "http" | "wss" | "ws" | "ftp");
        let host = url.host_str().filter(|_| asks_a_host)?;
        Some(Self {
            host: host.trim_end_matches('.').to_owned(),
            path: plain(url.path()).into_owned(),
            query: url.query().unwrap_or_default().to_owned(),
        })
    }
}

/// A host in small letters whose last label is no number and none is in punycode: it is itself.
fn is_plain_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with("xn--")
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    host.split('.').all(is_label)
        && host.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// A path in which nothing is coded and no segment begins with a dot.
fn is_plain_path(path: &str) -> bool {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~');
    path.bytes().all(stays) && !path.contains("/.") && !path.contains("//")
}

fn is_plain_query(query: &str) -> bool {
    query.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'=' | b'&' | b'-' | b'_' | b'.'))
}

/// An address without a scheme whose slashes, of either kind, are two: `url` takes a third for an empty host.
fn straightened(text: &str) -> Cow<'_, str> {
    let mut rest = text.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).skip_while(|&c| c <= ' ').peekable();
    let mut slashes = 0;
    while rest.next_if(|c| matches!(c, '/' | '\\')).is_some() {
        slashes += 1;
    }
    if slashes > 2 { Cow::Owned("//".chars().chain(rest).collect()) } else { Cow::Borrowed(text) }
}

/// A host with letters that its charset, unknown here, may spell otherwise: the labels around them still count.
fn guessed(text: &str) -> Option<String> {
    (!text.is_ascii()).then(|| text.chars().map(|c| if c.is_ascii() { c } else { 'x' }).collect())
}

/// Whether an address may lead elsewhere without its base: behind two slashes it can't.
fn names_a_scheme(text: &str) -> bool {
    let bare = text.trim_start_matches(|c: char| c <= ' ');
    matches!(bare.chars().next(), Some('h' | 'H' | 'w' | 'W' | 'f' | 'F'))
        && bare.split_once(':').is_some_and(|(_, rest)| !rest.starts_with("//"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places(page: &str, text: &str) -> Vec<String> {
        Base::of_page(page).places(text).map(|place| format!("{}{}", place.host, place.path)).collect()
    }

    fn check(text: &str, expect: &str) {
        assert_eq!(places("https://own.example/a/b?q", text), [expect], "{text:?}");
    }

    #[test]
    fn one_place_however_it_is_spelled() {
        for text in [
            "https://t.example/x",
            " \n https://t.example/x\t",
            "ht\ntps:/\t/t.exam\rple/x",
            "HTTPS://T.Example/x",
            "https:\\\\t.example\\x",
            "https:////t.example/x",
            "https://user:pass@own.example@t.example/x",
            "https://t.example:443/x",
            "https://t.example:8443/x",
            "https://t.example./x",
            "https://%74.example/x",
            "https://%EF%BD%94.example/x",
            "https://ｔ．ｅｘａｍｐｌｅ/x",
            "https://t。example/x",
            "https://t\u{ad}.example/x",
            "https://t.example/a/../x",
            "https://t.example/a/%2e%2E/./x",
            "https://t.example/%78?q#f",
            "//t.example/x",
            "\\\\t.example/x",
            "/\\t.example/x",
            "///t.example/x",
            " /\t/t.example/x",
            "wss://t.example/x",
        ] {
            check(text, "t.example/x");
        }
    }

    #[test]
    fn one_host_in_letters_and_in_punycode() {
        for text in ["https://tráckér.example/", "https://TRÁCKÉR。example", "//xn--trckr-yqa2d.example/"] {
            check(text, "xn--trckr-yqa2d.example/");
        }
        check("https://쿠키。t．example/", "xn--2l7b2n.t.example/");
    }

    #[test]
    fn one_address_in_all_forms_of_its_numbers() {
        for text in
            ["http://127.1/x", "http://2130706433/x", "http://0x7f.0.0.1/x", "http://0177.0.0.1/x", "//%3127.1/x"]
        {
            check(text, "127.0.0.1/x");
        }
    }

    #[test]
    fn relative_addresses_stay_at_the_base() {
        check("x.js", "own.example/a/x.js");
        check("../x.js", "own.example/x.js");
        check("", "own.example/a/b");
        check("?https://t.example/", "own.example/a/b");
        let base = Base::of_page("https://own.example/").joined("//t.example/a/b").unwrap();
        let place = base.places("c.js").next().unwrap();
        assert_eq!((&*place.host, &*place.path), ("t.example", "/a/c.js"));
        assert!(base.joined("data:text/html,x").is_none());
    }

    #[test]
    fn a_scheme_without_slashes_is_a_path_or_a_host() {
        assert_eq!(places("https://own.example/", "https:t.example/x"), ["own.example/t.example/x", "t.example/x"]);
        assert_eq!(places("https://own.example/", "http:t.example/x"), ["t.example/x"]);
        assert_eq!(places("http://own.example/", "https:/t.example/x"), ["t.example/x"]);
    }

    #[test]
    fn nothing_is_asked() {
        for text in
            ["data:,x", "blob:https://t.example/1", "javascript:x", "about:blank", "mailto:a", "https://", "https:///"]
        {
            assert_eq!(places("http://own.example/", text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn letters_that_an_unknown_charset_spells_do_not_hide_the_rest() {
        check("https://\u{fffd}\u{fffd}.t.example/x", "xx.t.example/x");
    }

    #[test]
    fn a_page_without_an_address_is_nobodys() {
        assert_eq!(places("shop.example", "/x"), ["page.invalid/x"]);
    }

    proptest! {
        #[test]
        fn hosts_are_plain(text in "(https?:)?[/\\\\]{0,3}[a-zA-Z0-9.@:%2e가ｔ]{0,12}[/\\\\.%2e?#a]{0,8}") {
            for place in Base::of_page("https://own.example/").places(&text) {
                prop_assert!(place.host.is_ascii() && place.host == place.host.to_lowercase(), "{place:?}");
                prop_assert!(place.path.starts_with('/'), "{place:?}");
            }
        }

        #[test]
        fn what_needs_no_computing_is_what_computing_finds(
            page in "(https?://[a-z]{1,3}\\.example(:80|:8080)?|ftp://a\\.b)/[a-z/]{0,4}",
            text in "(https?://|/)?[a-z0-9.-]{0,8}[a-z0-9]{0,2}(/[a-zA-Z0-9~_./-]{0,8})?(\\?[a-z=&0-9%?#.-]{0,8})?",
        ) {
            let base = Base::of_page(&page);
            if let Some(place) = base.plain_place(&text) {
                prop_assert_eq!(base.parsed_places(&text).collect::<Vec<_>>(), [place]);
            }
        }

        #[test]
        fn never_panics(page in any::<String>(), base in any::<String>(), text in any::<String>()) {
            let page = Base::of_page(&page);
            page.joined(&base).unwrap_or(page).places(&text).count();
        }
    }
}
