//! The `Cookie` header a browser sends, read as an origin will read it and filtered pair by pair.
//!
//! Refuses to parse values: a pair is the bytes between two semicolons, quotes mean nothing (RFC 6265bis 4.2.1
//! and 5.8.3), empty segments stay where they were. Invariant: the pairs that stay keep their bytes, order and spacing.
//!
//! A pair without `=` is how a browser sends a nameless cookie: only its value (RFC 6265bis 5.8.3). Origins
//! read such a pair either as a name without a value or as a value without a name. It is judged by its text,
//! because that is the name a rule could mean; the `Set-Cookie` line that stored it is judged the same way
//! (see [`super::set_cookie`]), so both directions agree.

use http::HeaderMap;
use http::header::COOKIE;

use super::{Filtered, join_kept, split, split_once, trim};

/// At most so many cookies of one request are remembered, shown or looked through; browsers keep fewer for one site.
pub const MOST_NAMES: usize = 200;

/// One pair of a `Cookie` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The name that rules judge: what stands before the first `=`; without one, the whole text.
    /// Empty only for `=` alone.
    pub name: &'a [u8],
    /// What follows that `=`; empty where there is none.
    pub value: &'a [u8],
    /// The segment as it came, with its leading blanks.
    pub raw: &'a [u8],
}

/// The pairs of a `Cookie` value in order; segments without any text are passed over.
pub fn pairs(value: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    split(value, b';').filter_map(read_pair)
}

/// The pairs of all `Cookie` lines in order, at most [`MOST_NAMES`].
pub fn all_pairs(headers: &HeaderMap) -> impl Iterator<Item = Pair<'_>> {
    headers.get_all(COOKIE).iter().flat_map(|line| pairs(line.as_bytes())).take(MOST_NAMES)
}

/// Drops each pair whose name `keep` refuses. `keep` is asked once a pair, in order.
pub fn filter(value: &[u8], mut keep: impl FnMut(&[u8]) -> bool) -> Filtered {
    let mut refused = Vec::with_capacity(16);
    let mut any_pair_stays = false;
    for (index, segment) in split(value, b';').enumerate() {
        let Some(pair) = read_pair(segment) else { continue };
        if keep(pair.name) {
            any_pair_stays = true;
        } else {
            refused.push(index);
        }
    }
    if refused.is_empty() {
        return Filtered::Unchanged;
    }
    if !any_pair_stays {
        return Filtered::Empty;
    }
    let segments = split(value, b';').enumerate();
    let judged = segments.map(|(index, segment)| (segment, refused.binary_search(&index).is_err()));
    Filtered::Changed(join_kept(judged, b';', value.len()))
}

fn read_pair(raw: &[u8]) -> Option<Pair<'_>> {
    let text = trim(raw);
    if text.is_empty() {
        return None;
    }
    let (name, value) = judged(text);
    Some(Pair { name, value, raw })
}

/// Name and value of a pair's text as the most suspicious origin would read them: a leading `=` (an empty
/// name) is no cover for the name that follows it.
pub(crate) fn judged(text: &[u8]) -> (&[u8], &[u8]) {
    let mut text = text;
    while let [b'=' | b' ' | b'\t', after @ ..] = text {
        text = after;
    }
    match split_once(text, b'=') {
        Some((name, value)) => (trim(name), trim(value)),
        None => (text, &[]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(value: &str, refused: &[&str], expect: Option<&str>) {
        let kept = filter(value.as_bytes(), |name| !refused.iter().any(|r| r.as_bytes() == name));
        let expect = match expect {
            Some(same) if same == value => Filtered::Unchanged,
            Some(other) => Filtered::Changed(other.as_bytes().to_vec()),
            None => Filtered::Empty,
        };
        assert_eq!(kept, expect, "{value:?} without {refused:?}");
    }

    #[test]
    fn drops_refused_pairs_only() {
        check("a=1; _ga=2; b=3", &["_ga"], Some("a=1; b=3"));
        check("_ga=2; a=1; b=3", &["_ga"], Some("a=1; b=3"));
        check("a=1; b=3; _ga=2", &["_ga"], Some("a=1; b=3"));
        check("_ga=2", &["_ga"], None);
        check("_ga=1; _ga=2", &["_ga"], None);
        check("a=1", &["_ga"], Some("a=1"));
    }

    #[test]
    fn spacing_quotes_and_odd_pairs_stay() {
        check("a=1;b=\"x y\"  ;_ga=2;;c", &["_ga"], Some("a=1;b=\"x y\"  ;;c"));
        check("a = 1; _ga = 2", &["_ga"], Some("a = 1"));
        check("=; _ga=2", &["_ga"], Some("="));
        check("a=1; a=2; A=3", &["A"], Some("a=1; a=2"));
        check(" ; ", &["_ga"], Some(" ; "));
        check("", &["_ga"], Some(""));
    }

    #[test]
    fn a_nameless_pair_is_judged_by_its_text() {
        check("_ga; a=1", &["_ga"], Some("a=1"));
        check("=_ga; a=1", &["_ga"], Some("a=1"));
        check("=_ga=1; a=1", &["_ga"], Some("a=1"));
        check("= =_ga=1; a=1", &["_ga"], Some("a=1"));
        check("a=_ga=1", &["_ga"], Some("a=_ga=1"));
    }

    #[test]
    fn pairs_read_as_an_origin_reads_them() {
        let read: Vec<_> =
            pairs(b"a=1; b==x=; c; =; \xed\x95=\xff").map(|p| (p.name.to_vec(), p.value.to_vec())).collect();
        let expect: [(&[u8], &[u8]); 5] =
            [(b"a", b"1"), (b"b", b"=x="), (b"c", b""), (b"", b""), (b"\xed\x95", b"\xff")];
        assert_eq!(read, expect.map(|(n, v)| (n.to_vec(), v.to_vec())));
    }

    proptest! {
        #[test]
        fn keeping_all_changes_nothing(value in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(filter(&value, |_| true), Filtered::Unchanged);
        }

        #[test]
        fn what_stays_is_what_was_kept(value in "[abc=; \"]{0,40}", refused in "[abc]") {
            let before: Vec<_> = pairs(value.as_bytes()).filter(|p| p.name != refused.as_bytes()).collect();
            let left = match filter(value.as_bytes(), |name| name != refused.as_bytes()) {
                Filtered::Unchanged => value.clone().into_bytes(),
                Filtered::Changed(left) => left,
                Filtered::Empty => Vec::new(),
            };
            let after: Vec<_> = pairs(&left).collect();
            prop_assert_eq!(before.len(), after.len());
            for (b, a) in before.iter().zip(&after) {
                prop_assert_eq!(trim(b.raw), trim(a.raw));
                prop_assert_eq!((b.name, b.value), (a.name, a.value));
            }
        }

        #[test]
        fn agrees_with_the_cookie_crate(names in proptest::collection::vec("[a-z]{1,5}", 1..6)) {
            let value = names.iter().map(|n| format!("{n}=v{n}")).collect::<Vec<_>>().join("; ");
            let theirs: Vec<_> = cookie::Cookie::split_parse(value.clone()).map(|c| c.unwrap().name().to_owned()).collect();
            let ours: Vec<_> = pairs(value.as_bytes()).map(|p| String::from_utf8(p.name.to_vec()).unwrap()).collect();
            prop_assert_eq!(ours, theirs);
        }
    }
}
