//! The `Link` header: hints, one by one, so that one can be dropped without touching its neighbours.
//!
//! Refuses to normalise targets; that is the judge's business. Invariant: hints that stay keep their bytes.

use super::list::{raw_members, unquoted};
use super::{Filtered, join_kept, split_once, trim};

/// One link of a `Link` header (RFC 8288).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint<'a> {
    /// What stands between `<` and `>`.
    pub target: &'a [u8],
    /// The relation types of the first `rel`, separated by blanks; empty where there is none.
    pub relations: &'a [u8],
    /// The candidates of `imagesrcset`, where it stands.
    pub image_candidates: Option<&'a [u8]>,
}

/// Drops each hint that `keep` refuses; members that are no links stay.
pub fn filter(value: &[u8], mut keep: impl FnMut(&Hint<'_>) -> bool) -> Filtered {
    let mut refused = Vec::new();
    let mut any_stays = false;
    for (index, member) in raw_members(value, b',').enumerate() {
        match read_hint(member) {
            Some(hint) if !keep(&hint) => refused.push(index),
            _ => any_stays |= !trim(member).is_empty(),
        }
    }
    if refused.is_empty() {
        return Filtered::Unchanged;
    }
    if !any_stays {
        return Filtered::Empty;
    }
    let members = raw_members(value, b',').enumerate();
    Filtered::Changed(join_kept(members.map(|(i, m)| (m, refused.binary_search(&i).is_err())), b',', value.len()))
}

fn read_hint(member: &[u8]) -> Option<Hint<'_>> {
    let inside = trim(member).strip_prefix(b"<")?;
    let (target, rest) = split_once(inside, b'>')?;
    let mut hint = Hint { target, relations: &[], image_candidates: None };
    let parameters = raw_members(rest, b';').filter_map(|parameter| split_once(parameter, b'='));
    let mut seen_relations = false;
    for (name, value) in parameters {
        let value = unquoted(trim(value));
        if trim(name).eq_ignore_ascii_case(b"rel") && !seen_relations {
            hint.relations = value;
            seen_relations = true;
        } else if trim(name).eq_ignore_ascii_case(b"imagesrcset") {
            hint.image_candidates = Some(value);
        }
    }
    Some(hint)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(value: &str, refused: &str, expect: &Filtered) {
        assert_eq!(filter(value.as_bytes(), |hint| hint.target != refused.as_bytes()), *expect, "{value}");
    }

    #[test]
    fn drops_one_by_one() {
        let two = "<https://a.example/x,y;z>; rel=\"preload\"; as=script,  </own.css>; rel=preload";
        check(two, "https://a.example/x,y;z", &Filtered::Changed(b"</own.css>; rel=preload".to_vec()));
        check(two, "/own.css", &Filtered::Changed(b"<https://a.example/x,y;z>; rel=\"preload\"; as=script".to_vec()));
        check(two, "/else", &Filtered::Unchanged);
        check("<a>; rel=preconnect", "a", &Filtered::Empty);
        check(
            "<a>; title=\"x, <a>\"; rel=next, odd, <b>",
            "b",
            &Filtered::Changed(b"<a>; title=\"x, <a>\"; rel=next, odd".to_vec()),
        );
    }

    #[test]
    fn reads_relations() {
        let hint = read_hint(b" <//x>; REL=\"preload prefetch\"; rel=next; imagesrcset=\"a 1x, b 2x\"").unwrap();
        assert_eq!(hint.target, b"//x");
        assert_eq!(hint.relations, b"preload prefetch");
        assert_eq!(hint.image_candidates, Some(&b"a 1x, b 2x"[..]));
    }

    proptest! {
        #[test]
        fn keeping_all_changes_nothing(value in proptest::collection::vec(any::<u8>(), 0..120)) {
            prop_assert_eq!(filter(&value, |_| true), Filtered::Unchanged);
        }
    }
}
