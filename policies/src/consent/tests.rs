//! The decision and the token: properties that hold for every policy regime, token and signal.

use proptest::prelude::*;

use super::*;
use crate::policy::tests::sample;
use crate::policy::{PolicyVersion, Regime};
use crate::purpose::PurposeSet;
use crate::text::Lang;
use crate::time::{DAY, Timestamp};

const NOW: Timestamp = Timestamp(1_790_000_000);

fn token(granted: PurposeSet, policy: PolicyVersion) -> Token {
    let ids = (!granted.is_empty()).then_some(GrantIds { visitor: [7; 16], record: [9; 16] });
    Token {
        policy,
        granted,
        act: Act::Custom,
        mode: Mode::AsSet,
        regime: Regime::OptIn,
        lang: Some(Lang::Ko),
        signals: Signals::default(),
        made: NOW.plus_seconds(-DAY),
        unrecorded: None,
        ids,
    }
}

fn any_token() -> impl Strategy<Value = Token> {
    let ids = proptest::option::of(any::<([u8; 16], [u8; 16])>())
        .prop_map(|ids| ids.map(|(visitor, record)| GrantIds { visitor, record }));
    let unrecorded = proptest::option::of(any::<u16>().prop_map(|salt| Unrecorded { salt }));
    let words = (0usize..4, 0usize..3, 0usize..3, proptest::option::of(any::<bool>()), any::<bool>());
    (any::<[u8; 8]>(), any::<u16>(), any::<u32>(), words, unrecorded, ids).prop_map(
        |(policy, bits, made, (act, mode, regime, korean, gpc), unrecorded, ids)| Token {
            policy: PolicyVersion(policy),
            granted: PurposeSet::from_bits(bits),
            act: Act::ALL[act],
            mode: [Mode::AsSet, Mode::Session, Mode::Ask][mode],
            regime: Regime::ALL[regime],
            lang: korean.map(|korean| if korean { Lang::Ko } else { Lang::En }),
            signals: Signals { gpc },
            made: Timestamp(i64::from(made)),
            unrecorded,
            ids,
        },
    )
}

#[test]
fn without_an_answer_the_regime_decides() {
    let policy = sample();
    let check = |regime: Regime, gpc: bool, granted: &[&str], prompt: bool| {
        let decision = decide(&policy, regime, None, Signals { gpc }, NOW);
        assert_eq!(
            (policy.ids(decision.granted).as_slice(), decision.prompt),
            (granted, prompt),
            "{regime:?} gpc {gpc}"
        );
        assert!(decision.refused_by_visitor.is_empty(), "no answer is no refusal");
    };
    check(Regime::OptIn, false, &["necessary"], true);
    check(Regime::OptIn, true, &["necessary"], true);
    check(Regime::OptOut, false, &["necessary", "preferences", "analytics", "marketing"], true);
    check(Regime::OptOut, true, &["necessary", "preferences"], true);
    check(Regime::Notice, false, &["necessary", "preferences", "analytics", "marketing"], false);
    check(Regime::Notice, true, &["necessary", "preferences"], false);
}

#[test]
fn an_answer_under_another_policy_grants_nothing_and_is_asked_again() {
    let policy = sample();
    let foreign = token(policy.all(), PolicyVersion([0; 8]));
    for regime in [Regime::OptIn, Regime::OptOut] {
        let decision = decide(&policy, regime, Some(&foreign), Signals::default(), NOW);
        assert_eq!(decision.granted, policy.always());
        assert!(decision.prompt);
    }
}

#[test]
fn a_grant_ends_after_a_year() {
    let policy = sample();
    let old = token(policy.optional(), policy.version);
    let at =
        |days: i64| decide(&policy, Regime::OptIn, Some(&old), Signals::default(), old.made.plus_seconds(days * DAY));
    assert_eq!(at(364).granted, policy.all());
    assert_eq!(at(365).granted, policy.always());
    assert!(at(365).prompt);
}

#[test]
fn an_explicit_answer_given_under_the_signal_outweighs_it_and_an_older_one_does_not() {
    let policy = sample();
    let older = token(policy.optional(), policy.version);
    let decision = decide(&policy, Regime::OptIn, Some(&older), Signals { gpc: true }, NOW);
    assert_eq!(policy.ids(decision.granted), ["necessary", "preferences"]);
    assert_eq!(decision.basis, Basis::Signal);
    let later = Token { signals: Signals { gpc: true }, ..older };
    assert_eq!(decide(&policy, Regime::OptIn, Some(&later), Signals { gpc: true }, NOW).granted, policy.all());
}

#[test]
fn only_custom_counts_ticks_and_unknown_purposes_are_errors() {
    let policy = sample();
    let check = |act: Act, ticked: &[&str], expect: Result<Vec<&str>, ChoiceError>| {
        let choice = Choice::new(&policy, act, ticked.iter().copied());
        assert_eq!(choice.map(|choice| policy.ids(choice.granted)), expect, "{act:?} {ticked:?}");
    };
    check(Act::AcceptAll, &[], Ok(vec!["preferences", "analytics", "marketing"]));
    check(Act::RefuseAll, &["analytics"], Ok(vec![]));
    check(Act::Custom, &["analytics", "necessary"], Ok(vec!["analytics"]));
    check(Act::Withdraw, &["marketing"], Ok(vec![]));
    check(Act::Custom, &["spying"], Err(ChoiceError::UnknownPurpose));
}

#[test]
fn a_basis_has_one_word() {
    assert_eq!([Basis::Choice, Basis::Signal, Basis::Default].map(Basis::name), ["choice", "signal", "default"]);
}

#[test]
fn a_damaged_token_is_an_error_at_every_cut() {
    let whole = token(PurposeSet::from_bits(2), PolicyVersion([1; 8])).encode();
    assert!(Token::decode(&whole).is_ok());
    for length in 0..whole.len() {
        assert!(Token::decode(&whole[..length]).is_err(), "cut at {length}");
    }
    assert_eq!(Token::decode(&[2; 17]), Err(TokenError::Format));
}

proptest! {
    #[test]
    fn a_token_comes_back_as_it_was(token in any_token()) {
        let body = token.encode();
        prop_assert!(body.len() <= MAX_TOKEN_BYTES);
        prop_assert_eq!(Token::decode(&body), Ok(token));
    }

    #[test]
    fn what_decodes_is_what_would_be_written(body in proptest::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(token) = Token::decode(&body) {
            prop_assert_eq!(token.encode(), body);
        }
    }

    #[test]
    fn granting_more_never_removes_a_grant(less in any::<u16>(), more in any::<u16>(), gpc in any::<bool>(), regime in 0usize..3) {
        let policy = sample();
        let regime = Regime::ALL[regime];
        let with = |bits: u16| {
            let token = token(PurposeSet::from_bits(bits), policy.version);
            decide(&policy, regime, Some(&token), Signals { gpc }, NOW).granted
        };
        prop_assert!(with(less).is_subset_of(with(less | more)));
    }

    #[test]
    fn a_signal_never_adds_a_grant(bits in any::<u16>(), answered in any::<bool>(), regime in 0usize..3) {
        let policy = sample();
        let regime = Regime::ALL[regime];
        let token = token(PurposeSet::from_bits(bits), policy.version);
        let with = |gpc| decide(&policy, regime, answered.then_some(&token), Signals { gpc }, NOW).granted;
        prop_assert!(with(true).is_subset_of(with(false)));
    }

    #[test]
    fn what_is_necessary_is_always_granted(token in any_token(), gpc in any::<bool>(), regime in 0usize..3) {
        let policy = sample();
        let decision = decide(&policy, Regime::ALL[regime], Some(&token), Signals { gpc }, NOW);
        prop_assert!(policy.always().is_subset_of(decision.granted));
    }
}
