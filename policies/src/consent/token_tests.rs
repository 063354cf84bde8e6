//! How a token is written, and what a suspension in it does.

use proptest::prelude::*;

use super::tests::{any_token, token};
use super::*;
use crate::policy::tests::sample;
use crate::policy::{PolicyVersion, Regime};
use crate::purpose::PurposeSet;
use crate::text::Lang;
use crate::time::DAY;

/// Tokens that earlier versions wrote stay in browsers for more than a year.
#[test]
fn a_token_without_a_suspension_is_written_as_it_always_was() {
    let own = token(PurposeSet::from_bits(2), PolicyVersion([1; 8]));
    let body = own.encode();
    let mut written = vec![1, 2, 0b1001, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2];
    written.extend(u32::try_from(own.made.0).expect("after 1970").to_be_bytes());
    written.extend([[7; 16], [9; 16]].concat());
    assert_eq!(body, written);
    let suspended = Token { suspended: true, ..own };
    let mut longer = suspended.encode();
    assert_eq!((longer[0], longer[3], longer.len()), (2, 1, body.len() + 1));
    assert_eq!(Token::decode(&longer), Ok(suspended));
    for flags in [0, 2, 3, 255] {
        longer[3] = flags;
        assert_eq!(Token::decode(&longer), Err(TokenError::Malformed), "{flags}");
    }
}

#[test]
fn a_language_is_written_as_it_always_was_or_in_a_byte_of_its_own() {
    let mut own = token(PurposeSet::EMPTY, PolicyVersion([1; 8]));
    let check = |token: Token, flag: u8, length: usize| {
        let body = token.encode();
        assert_eq!((body[2] & 0b11, body.len()), (flag, length), "{:?}", token.lang);
        assert_eq!(Token::decode(&body), Ok(token));
        body
    };
    check(Token { lang: None, ..own }, 0, 17);
    check(Token { lang: Some(Lang::Ko), ..own }, 1, 17);
    check(Token { lang: Some(Lang::En), ..own }, 2, 17);
    for further in Lang::ALL.into_iter().filter(|lang| !Lang::NEEDED.contains(lang)) {
        own.lang = Some(further);
        let mut body = check(own, 3, 18);
        // No second spelling of Korean, and no language that nobody knows.
        for number in [0, 1, 2, 7, 255] {
            body[17] = number;
            assert_eq!(Token::decode(&body), Err(TokenError::Malformed), "{number}");
        }
    }
}

proptest! {
    #[test]
    fn a_suspension_refuses_everything_optional_and_gives_back_what_was_chosen(
        token in any_token(), of_this in any::<bool>(), gpc in any::<bool>(), regime in 0usize..3, days in 0i64..500
    ) {
        let policy = sample();
        let version = if of_this { policy.version } else { token.policy };
        let token = Token { policy: version, suspended: false, ..token };
        let at = |token: &Token| {
            let now = token.made.plus_seconds(days * DAY);
            decide(&policy, Terms::of(Regime::ALL[regime]), Some(token), Signals { gpc }, now)
        };
        let suspended = at(&Token { suspended: true, ..token });
        prop_assert_eq!((suspended.granted, suspended.prompt), (policy.always(), false));
        for rule in policy.cookies.iter().filter(|rule| policy.optional().contains(rule.purpose)) {
            prop_assert_eq!(suspended.on_cookie(rule), Verdict::Refused);
            prop_assert!(!suspended.allows_service(rule.purpose, &rule.recipient));
        }
        prop_assert_eq!(at(&token).suspended(&policy), suspended);
        let back = Token { suspended: false, ..Token { suspended: true, ..token } };
        prop_assert_eq!(at(&back), at(&token));
    }
}
