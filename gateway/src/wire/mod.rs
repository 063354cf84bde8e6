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
pub mod folded;
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
#[inline]
pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `bytes` without leading and trailing spaces and tabs.
#[inline]
pub(crate) const fn trim(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let [first, after @ ..] = rest
        && is_blank(*first)
    {
        rest = after;
    }
    while let [before @ .., last] = rest
        && is_blank(*last)
    {
        rest = before;
    }
    rest
}

/// `bytes` split at every `separator`: one part more than there are of these.
#[inline]
pub(crate) fn split(bytes: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let whole = rest?;
        let (part, after) = split_once(whole, separator).map_or((whole, None), |(part, after)| (part, Some(after)));
        rest = after;
        Some(part)
    })
}

/// Where a byte comes next, as `memchr`; most are so near that a call costs more than looking.
#[inline]
pub(crate) fn near(wanted: u8, bytes: &[u8]) -> Option<usize> {
    near_in::<2>(wanted, bytes)
}

/// The same for a byte that is probably within so many words of eight bytes.
#[inline]
fn near_in<const WORDS: usize>(wanted: u8, bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    for place in 0..WORDS {
        let rest = bytes.get(8 * place..)?;
        let Some(word) = rest.first_chunk::<8>() else {
            return rest.iter().position(|byte| *byte == wanted).map(|at| at + 8 * place);
        };
        let other = u64::from_le_bytes(*word) ^ (ONES * u64::from(wanted));
        let zero = other.wrapping_sub(ONES) & !other & (ONES << 7);
        if zero != 0 {
            return Some(8 * place + zero.trailing_zeros() as usize / 8);
        }
    }
    memchr::memchr(wanted, bytes.get(8 * WORDS..)?).map(|at| at + 8 * WORDS)
}

/// `bytes` split at the first `separator`, which belongs to neither half.
#[inline]
pub(crate) fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = near_in::<5>(separator, bytes)?;
    bytes.split_at_checked(at).and_then(|(before, rest)| Some((before, rest.get(1..)?)))
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
    fn what_is_near_is_what_memchr_finds() {
        let text: Vec<u8> = (0..100).collect();
        for from in 0..text.len() {
            for wanted in [0, 7, 8, 15, 16, 17, 41, 99, 200] {
                let rest = &text[from..];
                let (near, near_in) = (near(wanted, rest), near_in::<5>(wanted, rest));
                assert_eq!((near, near_in), (memchr::memchr(wanted, rest), near), "{wanted} from {from}");
            }
        }
    }

    #[test]
    fn splits_at_every_separator() {
        let check = |bytes: &[u8], expect: &[&[u8]]| assert_eq!(split(bytes, b';').collect::<Vec<_>>(), expect);
        check(b"a; b;;c", &[b"a", b" b", b"", b"c"]);
        check(b";", &[b"", b""]);
        check(b"", &[b""]);
    }

    #[test]
    fn the_new_first_member_loses_the_separators_blank() {
        let parts: [(&[u8], bool); 3] = [(b"a", false), (b" b", true), (b"  c", true)];
        assert_eq!(join_kept(parts.into_iter(), b';', 0), b"b;  c");
    }
}
