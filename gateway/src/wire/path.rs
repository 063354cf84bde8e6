//! Where a request's path stands to the reserved prefix, however it is spelled.
//!
//! Refuses to guess who behind us decodes how: a path that any usual reader (percent-decoding, more than once;
//! backslashes; doubled slashes; dot segments; `;parameters`) would take into the prefix, but that isn't spelled so,
//! is nobody's. Invariant: a path that stands outside normalises to one outside.

use std::borrow::Cow;

/// Percent-decoding is repeated so often: what still hides under more layers no server unwraps.
const MOST_LAYERS: usize = 4;

/// Where a path stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'p> {
    /// Under the prefix, spelled as it is; what follows it.
    Inside(&'p str),
    /// Not under it.
    Outside,
    /// Under it, in disguise.
    Disguised,
}

/// Where `path` stands to `prefix`, which has a slash at both ends.
#[must_use]
pub fn standing<'p>(path: &'p str, prefix: &str) -> Standing<'p> {
    if let Some(rest) = path.strip_prefix(prefix) {
        return Standing::Inside(rest);
    }
    if is_plain(path) && !path.starts_with(bare(prefix)) {
        return Standing::Outside;
    }
    let mut layer = path.as_bytes().to_vec();
    for _ in 0..=MOST_LAYERS {
        if is_under(&layer, prefix) {
            return Standing::Disguised;
        }
        let decoded = decoded(&layer);
        if decoded.len() == layer.len() {
            return Standing::Outside;
        }
        layer = decoded;
    }
    Standing::Outside
}

/// Nothing in it that a reader could take for something else.
fn is_plain(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains("//")
        && !path.contains("/.")
        && !path.bytes().any(|byte| matches!(byte, b'%' | b'\\' | b';'))
}

fn bare(prefix: &str) -> &str {
    prefix.strip_suffix('/').unwrap_or(prefix)
}

/// Whether the path's segments begin with the prefix's, as strict readers count them (dot segments of a path keep
/// empty segments) and as lenient ones do.
fn is_under(path: &[u8], prefix: &str) -> bool {
    let wanted: Vec<&[u8]> = prefix.as_bytes().split(|&byte| byte == b'/').filter(|part| !part.is_empty()).collect();
    [true, false].iter().any(|&merges| segments(path, merges).starts_with(&wanted))
}

/// The segments after dot segments are resolved, without parameters. `merges`: doubled slashes are one already before
/// `..` takes a segment away, as nginx reads; otherwise an empty segment is one that `..` takes away (RFC 3986 5.2.4).
fn segments(path: &[u8], merges: bool) -> Vec<&[u8]> {
    let mut out: Vec<&[u8]> = Vec::new();
    for segment in path.split(|&byte| matches!(byte, b'/' | b'\\')).skip(usize::from(path.starts_with(b"/"))) {
        match segment.split(|&byte| byte == b';').next().unwrap_or_default() {
            b"." => {}
            b".." => {
                out.pop();
            }
            b"" if merges => {}
            named => out.push(named),
        }
    }
    out.retain(|segment| !segment.is_empty());
    out
}

/// One layer of percent-encoding taken off; what is no encoding stays.
fn decoded(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        let value = match (byte, after) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        out.push(value.unwrap_or(byte));
        rest = if value.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    out
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// A path in which letters, digits and `-._~` stand for themselves (RFC 3986 6.2.2.2).
#[must_use]
pub fn plain(path: &str) -> Cow<'_, str> {
    let Some((start, mut rest)) = path.split_once('%') else { return Cow::Borrowed(path) };
    let mut out = String::with_capacity(path.len());
    out.push_str(start);
    loop {
        let code = rest.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).map(char::from);
        match code.filter(|&c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')) {
            Some(plain) => {
                out.push(plain);
                rest = rest.get(2..).unwrap_or_default();
            }
            None => out.push('%'),
        }
        let Some((before, after)) = rest.split_once('%') else {
            out.push_str(rest);
            return Cow::Owned(out);
        };
        out.push_str(before);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PREFIX: &str = "/.consent/";

    fn check(path: &str, expect: Standing<'_>) {
        assert_eq!(standing(path, PREFIX), expect, "{path}");
    }

    #[test]
    fn the_prefix_as_it_is_spelled_is_inside() {
        check("/.consent/", Standing::Inside(""));
        check("/.consent/choice", Standing::Inside("choice"));
        check("/.consent/%2e%2e/x", Standing::Inside("%2e%2e/x"));
        check("/.consent/../x", Standing::Inside("../x"));
    }

    #[test]
    fn every_other_spelling_is_a_disguise() {
        for path in [
            "/.consent",
            "/%2econsent/choice",
            "/%2Econsent/choice",
            "/.consent%2fchoice",
            "/.consent%2Fchoice",
            "/%2F.consent/choice",
            "//.consent/choice",
            "/x/../.consent/choice",
            "/x//../.consent/choice",
            "/x//../../.consent/choice",
            "/%2econsent//../choice",
            "/x/%2e%2e/.consent/choice",
            "/../.consent/choice",
            "/./.consent/choice",
            "/.consent;a=1/choice",
            "/.;x/.consent/choice",
            "/.consent;",
            "/\\.consent\\choice",
            "/.consent\\choice",
            "/x\\..\\.consent/choice",
            "/%5c.consent/choice",
            "/%252econsent/choice",
            "/%25252econsent/choice",
            "/.%63onsent/choice",
            "/%2e%63%6F%6e%73%65%6e%74/",
            "/x/%252e%252e/.consent/",
        ] {
            check(path, Standing::Disguised);
        }
    }

    #[test]
    fn other_paths_are_nobody_elses_business() {
        for path in [
            "/",
            "/a/.consent/choice",
            "/.consents/choice",
            "/.consent-old",
            "/%2Fa//b/../c;d=1",
            "/.well-known/acme-challenge/x",
            "/caf%C3%A9/%zz%",
            "*",
            "",
        ] {
            check(path, Standing::Outside);
        }
        assert_eq!(standing("/privacy/consent/", "/privacy/consent/"), Standing::Inside(""));
        assert_eq!(standing("/privacy//consent/", "/privacy/consent/"), Standing::Disguised);
        assert_eq!(standing("/privacy/consent", "/privacy/consent/"), Standing::Disguised);
        assert_eq!(standing("/privacy/consents", "/privacy/consent/"), Standing::Outside);
        assert_eq!(standing("/privacy/", "/privacy/consent/"), Standing::Outside);
    }

    proptest! {
        #[test]
        fn however_the_letters_are_encoded_it_never_stands_outside(
            encoded in proptest::collection::vec(0_u8..3, PREFIX.len()), upper: bool,
        ) {
            let spell = |(byte, how): (u8, &u8)| match how {
                0 => char::from(byte).to_string(),
                1 if upper => format!("%{byte:02X}"),
                1 => format!("%{byte:02x}"),
                _ => format!("%25{byte:02x}"),
            };
            let path: String = PREFIX.bytes().zip(&encoded).map(spell).collect();
            let spelled = format!("{path}choice");
            prop_assert_ne!(standing(&spelled, PREFIX), Standing::Outside);
            let doubled = format!("/{spelled}");
            prop_assert_ne!(standing(&doubled, PREFIX), Standing::Outside);
        }

        #[test]
        fn every_path_stands_somewhere(path in "[/.%25eEcC;\\\\onst]{0,40}") {
            let standing = standing(&path, PREFIX);
            prop_assert_eq!(matches!(standing, Standing::Inside(_)), path.starts_with(PREFIX));
        }
    }
}
