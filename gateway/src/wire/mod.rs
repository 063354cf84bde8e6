//! Header values as bytes: split, judged and joined again without ever being re-serialised.
//!
//! What a rule doesn't refuse leaves this room exactly as it came, down to spacing, quotes, duplicates and
//! bytes that are no UTF-8. It refuses to guess: whatever can't be read is kept. Invariant: filtering with a
//! rule that keeps everything answers [`Filtered::Unchanged`].

pub mod cookie_date;
pub mod cookie_header;
pub mod cookie_line;
pub mod csp;
pub mod dictionary;
pub mod etag;
pub mod forwarded;
pub mod hop;
pub mod link;
pub mod list;
pub mod names;
pub mod path;
pub mod proxy_protocol;
pub mod set_cookie;

/// What is left of a header value after some of its members were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filtered {
    /// Nothing was refused: send the value on as it came.
    Unchanged,
    /// Some members were refused; these bytes are what is left, spacing as it came.
    Changed(Vec<u8>),
    /// Every member was refused: leave the header out.
    Empty,
}

/// Space and tab, the only bytes that RFC 9110 and RFC 6265bis trim around members.
pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `bytes` without leading and trailing spaces and tabs.
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let Some(start) = bytes.iter().position(|&b| !is_blank(b)) else { return &[] };
    let end = bytes.iter().rposition(|&b| !is_blank(b)).map_or(start, |last| last + 1);
    bytes.get(start..end).unwrap_or_default()
}

/// `bytes` split at the first `separator`, which belongs to neither half.
pub(crate) fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(separator, bytes)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

/// Members `parts` of a value joined by `separator`, where a member knows whether it stays.
///
/// The first member that stays loses its leading blanks when the one that stood first went: they were the
/// separator's, not the value's.
pub(crate) fn join_kept<'a>(parts: impl Iterator<Item = (&'a [u8], bool)>, separator: u8, capacity: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(capacity);
    let mut joined_any = false;
    let mut first_went = false;
    for (index, (part, kept)) in parts.enumerate() {
        if !kept {
            first_went |= index == 0;
            continue;
        }
        if joined_any {
            out.push(separator);
            out.extend_from_slice(part);
        } else if first_went {
            let blanks = part.iter().take_while(|&&b| is_blank(b)).count();
            out.extend_from_slice(part.get(blanks..).unwrap_or_default());
        } else {
            out.extend_from_slice(part);
        }
        joined_any = true;
    }
    out
}

/// Headers as tests write them, in order.
#[cfg(test)]
pub(crate) fn header_map(pairs: &[(&str, &str)]) -> http::HeaderMap {
    let parse = |(name, value): &(&str, &str)| {
        (name.parse::<http::HeaderName>().expect("a name"), value.parse::<http::HeaderValue>().expect("a value"))
    };
    pairs.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_blanks_only() {
        assert_eq!(trim(b" \t a b\t "), b"a b");
        assert_eq!(trim(b" \t"), b"");
        assert_eq!(trim(b"\n"), b"\n");
    }

    #[test]
    fn the_new_first_member_loses_the_separators_blank() {
        let parts: [(&[u8], bool); 3] = [(b"a", false), (b" b", true), (b"  c", true)];
        assert_eq!(join_kept(parts.into_iter(), b';', 0), b"b;  c");
    }
}
