//! Addresses as the WHATWG URL parser sees them, so that no spelling of a tracker's host goes unknown.
//!
//! Refuses to be a URL parser: it answers with text for the judge, never with something to send. Invariant: an
//! address that loads from a host starts with `scheme://host` or `//host`, the host in lower case.

use std::borrow::Cow;

/// `text` without what browsers ignore in an address: blanks around it, tabs and line ends inside, backslashes
/// for slashes, missing or too many slashes, the user, the host's case, its percent signs, its last dot, its
/// default port, and dot segments.
///
/// `https:host` is read as `https://host`: on an https page browsers read it as a relative path, but nobody
/// writes that, and doubt closes tracking.
#[must_use]
pub fn normalised_url(text: &str) -> Cow<'_, str> {
    let bare = text.trim_matches(|c: char| c <= ' ');
    let bare: Cow<'_, str> =
        if bare.contains(IGNORED) { Cow::Owned(bare.replace(IGNORED, "")) } else { Cow::Borrowed(bare) };
    let (scheme, after) = match split_scheme(&bare) {
        Some((scheme, after)) if is_special(scheme) => (Some(scheme.to_ascii_lowercase()), after),
        Some(_) => return bare,
        None if is_slash(bare.chars().next()) && is_slash(bare.chars().nth(1)) => (None, &*bare),
        None => return if bare.contains(['\\', '.', '%']) { Cow::Owned(path(&bare)) } else { bare },
    };
    let inside = after.trim_start_matches(['/', '\\']);
    let end = inside.find(['/', '\\', '?', '#']).unwrap_or(inside.len());
    let (authority, rest) = inside.split_at_checked(end).unwrap_or((inside, ""));
    let mut out = String::with_capacity(bare.len() + 2);
    if let Some(scheme) = &scheme {
        out.push_str(scheme);
        out.push(':');
    }
    out.push_str("//");
    out.push_str(&host(authority));
    out.push_str(&path(rest));
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Whether loading the (normalised) address asks a host for something.
pub(super) fn asks_a_host(url: &str) -> bool {
    split_scheme(url).is_none_or(|(scheme, _)| is_special(scheme))
}

/// Whether a normalised address names its host.
pub(super) fn names_a_host(url: &str) -> bool {
    url.starts_with("//") || split_scheme(url).is_some_and(|(scheme, _)| is_special(scheme))
}

/// A normalised address against the page's `<base href>`, normalised and naming a host.
pub(super) fn joined(base: &str, url: &str) -> String {
    if names_a_host(url) || !asks_a_host(url) {
        return url.to_owned();
    }
    let host_start = base.find("//").map_or(0, |at| at + 2);
    let (before_host, from_host) = base.split_at_checked(host_start).unwrap_or(("", base));
    let host_end = from_host.find(['/', '?', '#']).unwrap_or(from_host.len());
    let (host, base_path) = from_host.split_at_checked(host_end).unwrap_or((from_host, ""));
    let base_path = base_path.split(['?', '#']).next().unwrap_or_default();
    let folder = base_path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let whole = match url.chars().next() {
        Some('/') => url.to_owned(),
        Some('?' | '#') | None => format!("{base_path}{url}"),
        Some(_) => format!("{folder}/{url}"),
    };
    format!("{before_host}{host}{}", path(&whole))
}

/// Tab and line ends are dropped wherever they stand.
const IGNORED: [char; 3] = ['\t', '\n', '\r'];

fn is_slash(character: Option<char>) -> bool {
    matches!(character, Some('/' | '\\'))
}

fn is_special(scheme: &str) -> bool {
    ["https", "http", "wss", "ws", "ftp"].iter().any(|special| scheme.eq_ignore_ascii_case(special))
}

fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    let mut letters = scheme.chars();
    let starts_well = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    let goes_on_well = letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (starts_well && goes_on_well).then_some((scheme, rest))
}

/// The host with its port, without the user.
fn host(authority: &str) -> String {
    let named = authority.rsplit('@').next().unwrap_or(authority);
    let name = percent_decoded(named).to_ascii_lowercase();
    let name = name
        .strip_suffix(":443")
        .or_else(|| name.strip_suffix(":80"))
        .or_else(|| name.strip_suffix(':'))
        .unwrap_or(&name);
    match name.split_once(':') {
        Some((name, port)) => format!("{}:{port}", name.trim_end_matches('.')),
        None => name.trim_end_matches('.').to_owned(),
    }
}

fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |offset: usize| bytes.get(at + offset).and_then(|&b| char::from(b).to_digit(16));
        match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(byte));
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// A path with its query: slashes straightened and dot segments resolved in the path alone.
fn path(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (path, query) = text.split_at_checked(end).unwrap_or((text, ""));
    let path = path.replace('\\', "/");
    let has_dots = path.split('/').any(|segment| dots(segment) > 0);
    if !path.starts_with('/') || !has_dots {
        return format!("{path}{query}");
    }
    let mut segments: Vec<&str> = Vec::new();
    let mut pieces = path.split('/').skip(1).peekable();
    while let Some(segment) = pieces.next() {
        let is_last = pieces.peek().is_none();
        match dots(segment) {
            0 => segments.push(segment),
            count => {
                if count == 2 {
                    segments.pop();
                }
                if is_last {
                    segments.push("");
                }
            }
        }
    }
    format!("/{}{query}", segments.join("/"))
}

/// 1 for `.`, 2 for `..`, however spelled; 0 for any other segment.
fn dots(segment: &str) -> u8 {
    if segment.len() > 6 {
        return 0;
    }
    match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
        "." => 1,
        ".." => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(normalised_url(text), expect, "{text:?}");
    }

    #[test]
    fn one_spelling_of_a_host() {
        for text in [
            "https://t.example/x",
            " \n https://t.example/x\t",
            "ht\ntps:/\t/t.exam\rple/x",
            "HTTPS://T.Example/x",
            "https:\\\\t.example\\x",
            "https:t.example/x",
            "https:/t.example/x",
            "https:////t.example/x",
            "https://user:pass@own.example@t.example/x",
            "https://t.example:443/x",
            "https://t.example./x",
            "https://%74.example/x",
            "https://t.example/a/../x",
            "https://t.example/a/%2e%2E/./x",
        ] {
            check(text, "https://t.example/x");
        }
        for text in ["//t.example/x", "\\\\t.example/x", "/\\t.example/x", "///t.example/x", " /\t/t.example/x"] {
            check(text, "//t.example/x");
        }
    }

    #[test]
    fn the_rest_stays() {
        check("/own/x.js?a=\\..", "/own/x.js?a=\\..");
        check("own\\x.js", "own/x.js");
        check("../x.js", "../x.js");
        check("/a/../x.js", "/x.js");
        check("https://t.example:8443?q=..#y", "https://t.example:8443?q=..#y");
        check("data:text/html,<a\\b>", "data:text/html,<a\\b>");
        check("", "");
        check("https:", "https://");
        assert!(matches!(normalised_url("https://t.example/x"), Cow::Borrowed(_)));
    }

    #[test]
    fn which_ask_a_host() {
        for url in ["https://t.example", "//t.example", "/x", "x", ""] {
            assert!(asks_a_host(url), "{url}");
        }
        for url in ["data:,x", "blob:https://t.example/1", "javascript:x", "about:blank", "mailto:a"] {
            assert!(!asks_a_host(url), "{url}");
        }
    }

    #[test]
    fn joins() {
        let base = "https://t.example/a/b?q/";
        for (url, expect) in [
            ("x.js", "https://t.example/a/x.js"),
            ("../x.js", "https://t.example/x.js"),
            ("/x.js", "https://t.example/x.js"),
            ("?y", "https://t.example/a/b?y"),
            ("//own.example/x", "//own.example/x"),
            ("https://own.example/x", "https://own.example/x"),
        ] {
            assert_eq!(joined(base, url), expect, "{url}");
        }
        assert_eq!(joined("//t.example", "x"), "//t.example/x");
    }

    proptest! {
        #[test]
        fn normal_stays_normal(text in "(https?:)?[/\\\\]{0,3}[a-zA-Z0-9.@:%2e]{0,12}[/\\\\.%2e?#a]{0,8}") {
            let once = normalised_url(&text).into_owned();
            // A percent sign may decode to another one in a host, which needs another round.
            prop_assume!(!once.contains("%25"));
            prop_assert!(normalised_url(&once).len() <= once.len() + 2);
        }

        #[test]
        fn never_panics(text in any::<String>(), base in any::<String>()) {
            joined(&normalised_url(&base), &normalised_url(&text));
        }
    }
}
