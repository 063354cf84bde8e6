//! The key under which a cookie is listed: its rule's pattern, or for an unknown name the name with its numbers
//! folded, so that `cart_81f2a9` and `cart_07bc11` are one row.
//!
//! It refuses bytes that a terminal or a page would act on. Invariant: printable ASCII, at most [`LONGEST`] bytes.

use policies::rules::CookieRule;

use crate::wire::folded::fold;

/// The longest key of an unknown name, in bytes.
const LONGEST: usize = 64;

/// The key of a cookie.
#[must_use]
pub fn key(rule: Option<&CookieRule>, name: &[u8]) -> String {
    rule.map_or_else(|| folded(name), |rule| rule.pattern.to_string())
}

fn folded(name: &[u8]) -> String {
    let mut key = String::new();
    fold(name, |piece| {
        let fits = key.len() + piece.len() <= LONGEST;
        if fits {
            key.push_str(piece);
        }
        fits
    });
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_folded_and_words_stay() {
        let check = |name: &[u8], expect: &str| assert_eq!(key(None, name), expect);
        check(b"JSESSIONID", "JSESSIONID");
        check(b"cart_81f2a9", "cart_#");
        check(b"_pk_id.12.fe3d", "_pk_id.12.#");
        check(b"facebook", "facebook");
        check(b"feedbacks", "feedbacks");
        check(b"5f0c1a2b-77aa-4d10-9c3e-001122334455", "#-#-#-#-#");
        check(b"deadbeefdeadbeef", "#");
        check(b"year2024", "year#");
        check(b"v12", "v12");
        check(b"", "");
        check(b"a b\x1b[31m\xff", "a\\x20b\\x1b[31m\\xff");
        check(&[b'x'; 200], &"x".repeat(64));
    }

    proptest! {
        #[test]
        fn a_key_is_short_and_printable(name in proptest::collection::vec(any::<u8>(), 0..200)) {
            let key = key(None, &name);
            prop_assert!(key.len() <= LONGEST && key.bytes().all(|byte| (b'!'..=b'~').contains(&byte)));
        }
    }
}
