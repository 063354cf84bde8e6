//! Header values that are lists: tokens, directives, and items weighed by `q`.
//!
//! Refuses to fail: an odd member is passed over, a bad weight counts as 0 only where RFC 9110 says so. Invariant:
//! commas inside quotes don't split.

use super::{split_once, trim};

/// At most so many weighed items are read of one value; browsers send fewer than ten.
const MOST_WEIGHED: usize = 64;

/// The members of a comma-separated value, trimmed; empty ones are passed over (RFC 9110 5.6.1).
pub fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw_members(value, b',').map(trim).filter(|member| !member.is_empty())
}

/// Whether `token` is a member, in any case: `Connection: keep-alive, Upgrade`.
#[must_use]
pub fn has_token(value: &[u8], token: &[u8]) -> bool {
    members(value).any(|member| member.eq_ignore_ascii_case(token))
}

/// Names and arguments of a value like `Cache-Control`'s; quotes around an argument are taken off.
pub fn directives(value: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    members(value).map(|member| match split_once(member, b'=') {
        Some((name, argument)) => (trim(name), Some(unquoted(trim(argument)))),
        None => (member, None),
    })
}

/// An item of `Accept-Language`, `Accept-Encoding` or `Accept` with its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weighed<'a> {
    /// The item without its parameters.
    pub item: &'a [u8],
    /// Thousandths, 0 to 1000; 0 says "not acceptable".
    pub weight: u16,
}

/// The items of a weighed list, heaviest first, equals in the order they came; at most 64.
#[must_use]
pub fn weighed(value: &[u8]) -> Vec<Weighed<'_>> {
    let mut items: Vec<_> = as_written(value).collect();
    items.sort_by_key(|weighed| std::cmp::Reverse(weighed.weight));
    items
}

/// The items of a weighed list in the order they came; at most 64.
pub fn as_written(value: &[u8]) -> impl Iterator<Item = Weighed<'_>> {
    members(value).take(MOST_WEIGHED).filter_map(weigh)
}

fn weigh(member: &[u8]) -> Option<Weighed<'_>> {
    let mut parts = member.split(|&b| b == b';');
    let item = trim(parts.next()?);
    let q = parts.filter_map(|part| split_once(part, b'=')).find(|(name, _)| trim(name).eq_ignore_ascii_case(b"q"));
    let weight = match q {
        Some((_, text)) => thousandths(trim(text))?,
        None => 1000,
    };
    (!item.is_empty()).then_some(Weighed { item, weight })
}

/// `0`, `1`, `0.5`, `1.000`: RFC 9110 12.4.2.
fn thousandths(text: &[u8]) -> Option<u16> {
    let (whole, fraction) = split_once(text, b'.').unwrap_or((text, &[]));
    let whole = match whole {
        b"0" | b"" => 0,
        b"1" => 1000,
        _ => return None,
    };
    if fraction.len() > 3 || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let padded = fraction.iter().chain(b"000").take(3);
    let fraction = padded.fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    Some((whole + fraction).min(1000))
}

/// The text inside a pair of quotes; escapes are left alone.
pub(crate) fn unquoted(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(text)
}

/// The pieces of `value` between separators that stand outside quotes and outside `<>`, as they came. Joined
/// with the separator they are `value` again.
pub(crate) fn raw_members(value: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = end_of_member(text, separator);
        rest = text.get(end + 1..);
        text.get(..end)
    })
}

fn end_of_member(text: &[u8], separator: u8) -> usize {
    let mut closing = None;
    let mut escaped = false;
    for (at, &byte) in text.iter().enumerate() {
        match closing {
            Some(b'"') if escaped => escaped = false,
            Some(b'"') if byte == b'\\' => escaped = true,
            Some(open) if byte == open => closing = None,
            Some(_) => {}
            None if byte == separator => return at,
            None if byte == b'"' => closing = Some(b'"'),
            None if byte == b'<' => closing = Some(b'>'),
            None => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(list: &[&[u8]]) -> Vec<String> {
        list.iter().map(|b| String::from_utf8_lossy(b).into_owned()).collect()
    }

    #[test]
    fn tokens() {
        assert!(has_token(b"keep-alive, Upgrade", b"upgrade"));
        assert!(!has_token(b"keep-alive, \"upgrade, x\"", b"upgrade"));
        assert_eq!(texts(&members(b" a ,, b , \"c,d\" ").collect::<Vec<_>>()), ["a", "b", "\"c,d\""]);
        let escaped = b"a=\"x\\\", y\", b";
        assert_eq!(texts(&members(escaped).collect::<Vec<_>>()), ["a=\"x\\\", y\"", "b"]);
    }

    #[test]
    fn cache_directives() {
        let read: Vec<_> = directives(b"no-cache, max-age=5, private=\"set-cookie, x\"").collect();
        let expect: [(&[u8], Option<&[u8]>); 3] =
            [(b"no-cache", None), (b"max-age", Some(b"5")), (b"private", Some(b"set-cookie, x"))];
        assert_eq!(read, expect);
    }

    fn check_weights(value: &str, expect: &[(&str, u16)]) {
        let read: Vec<_> = weighed(value.as_bytes())
            .iter()
            .map(|w| (String::from_utf8_lossy(w.item).into_owned(), w.weight))
            .collect();
        let expect: Vec<_> = expect.iter().map(|(item, weight)| ((*item).to_owned(), *weight)).collect();
        assert_eq!(read, expect, "{value}");
    }

    #[test]
    fn heaviest_first() {
        check_weights(
            "ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.75",
            &[("ko-KR", 1000), ("ko", 900), ("en-US", 800), ("en", 750)],
        );
        check_weights("en;q=0.5, ko", &[("ko", 1000), ("en", 500)]);
        check_weights("gzip;q=0, br ; Q = 1.000, x;q=2, y;q=.5", &[("br", 1000), ("y", 500), ("gzip", 0)]);
        check_weights(",;q=1", &[]);
        check_weights("a;q=0.1234, b;q=0.x, c", &[("c", 1000)]);
    }

    proptest! {
        #[test]
        fn pieces_join_to_the_value(value in "[a,\"<>\\\\ ;]{0,30}") {
            let pieces: Vec<_> = raw_members(value.as_bytes(), b',').collect();
            prop_assert_eq!(pieces.join(&b','), value.into_bytes());
        }

        #[test]
        fn never_panics(value in proptest::collection::vec(any::<u8>(), 0..80)) {
            drop(weighed(&value));
            directives(&value).for_each(drop);
        }
    }
}
