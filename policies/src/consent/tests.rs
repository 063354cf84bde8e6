//! The decision and the token: properties that hold for every policy regime, token and signal.

use proptest::prelude::*;

use super::*;
use crate::policy::tests::sample;
use crate::policy::{Policy, PolicyVersion, Regime};
use crate::purpose::PurposeSet;
use crate::text::Lang;
use crate::time::{DAY, Timestamp};

pub(crate) const NOW: Timestamp = Timestamp(1_790_000_000);

/// With the bundled catalogue.
pub(super) fn starter() -> Policy {
    let catalog = crate::rules::catalog::Catalog::bundled().expect("the catalogue");
    crate::policy::compile(include_str!("../../documents/starter/opt-in.toml"), &catalog).expect("a policy")
}

pub(crate) fn token(granted: PurposeSet, policy: PolicyVersion) -> Token {
    let ids = (!granted.is_empty()).then_some(GrantIds { visitor: [7; 16], record: [9; 16] });
    Token {
        policy,
        granted,
        exceptions: Exceptions::NONE,
        act: Act::Custom,
        mode: Mode::AsSet,
        regime: Regime::OptIn,
        lang: Some(Lang::Ko),
        signals: Signals::default(),
        made: NOW.plus_seconds(-DAY),
        shared: false,
        sweep: None,
        unrecorded: None,
        ids,
        guardian: None,
        suspended: false,
    }
}

fn any_exceptions() -> impl Strategy<Value = Exceptions> {
    proptest::collection::vec((0u32..1 << 23, any::<bool>()), 0..MAX_EXCEPTIONS).prop_map(|answers| {
        answers.into_iter().fold(Exceptions::NONE, |all, (key, allowed)| {
            all.with(ItemKey::parse(&format!("{key:06x}")).expect("a key"), allowed).expect("room")
        })
    })
}

pub(super) fn any_token() -> impl Strategy<Value = Token> {
    let ids = proptest::option::of(any::<([u8; 16], [u8; 16])>())
        .prop_map(|ids| ids.map(|(visitor, record)| GrantIds { visitor, record }));
    let unrecorded = proptest::option::of(any::<u16>().prop_map(|salt| Unrecorded { salt }));
    let words = (0usize..7, 0usize..3, 0usize..3, proptest::option::of(0usize..6), any::<bool>(), any::<bool>());
    let guardian = proptest::option::of(prop_oneof![
        Just(Guardian::Agreed),
        any::<[u8; REFERENCE_BYTES]>().prop_map(|bytes| Guardian::Asked(Reference(bytes)))
    ]);
    let rest = (unrecorded, ids, proptest::option::of(any::<u16>()), any_exceptions(), guardian, any::<bool>());
    (any::<[u8; 8]>(), any::<u16>(), any::<u32>(), words, rest).prop_map(
        |(
            policy,
            bits,
            made,
            (act, mode, regime, lang, gpc, shared),
            (unrecorded, ids, sweep, exceptions, guardian, suspended),
        )| Token {
            policy: PolicyVersion(policy),
            granted: PurposeSet::from_bits(bits),
            exceptions,
            act: Act::ALL[act],
            mode: [Mode::AsSet, Mode::Session, Mode::Ask][mode],
            regime: Regime::ALL[regime],
            lang: lang.map(|place| Lang::ALL[place]),
            signals: Signals { gpc },
            made: Timestamp(i64::from(made)),
            shared,
            sweep,
            unrecorded,
            ids,
            guardian,
            suspended,
        },
    )
}

#[test]
fn without_an_answer_the_regime_decides() {
    let policy = sample();
    let check = |regime: Regime, gpc: bool, granted: &[&str], prompt: bool| {
        let decision = decide(&policy, Terms::of(regime), None, Signals { gpc }, NOW);
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
        let decision = decide(&policy, Terms::of(regime), Some(&foreign), Signals::default(), NOW);
        assert_eq!(decision.granted, policy.always());
        assert!(decision.prompt);
    }
}

#[test]
fn a_full_refusal_holds_under_another_policy_and_is_not_asked_about_before_its_time() {
    let policy = sample();
    let foreign = token(PurposeSet::EMPTY, PolicyVersion([0; 8]));
    let at = |token: &Token, days: i64| {
        decide(&policy, Terms::of(Regime::OptOut), Some(token), Signals::default(), token.made.plus_seconds(days * DAY))
    };
    for (days, asked) in [(0, false), (364, false), (365, true)] {
        let decision = at(&foreign, days);
        assert_eq!((decision.granted, decision.refused_by_visitor), (policy.always(), policy.optional()), "{days}");
        assert_eq!(decision.prompt, asked, "{days}");
    }
    // One whose record is still owed can't be written down any more: the ids of its purposes are gone.
    assert!(at(&Token { unrecorded: Some(Unrecorded { salt: 7 }), ..foreign }, 1).prompt);
    let asks = Token { mode: Mode::Ask, ..foreign };
    assert!(at(&asks, 1).prompt, "who confirms each cookie has refused nothing");
}

#[test]
fn a_grant_ends_after_a_year() {
    let policy = sample();
    let old = token(policy.optional(), policy.version);
    let at = |days: i64| {
        decide(&policy, Terms::of(Regime::OptIn), Some(&old), Signals::default(), old.made.plus_seconds(days * DAY))
    };
    assert_eq!(at(364).granted, policy.all());
    assert_eq!(at(365).granted, policy.always());
    assert!(at(365).prompt);
}

#[test]
fn an_explicit_answer_given_under_the_signal_outweighs_it_and_an_older_one_does_not() {
    let policy = sample();
    let older = token(policy.optional(), policy.version);
    let decision = decide(&policy, Terms::of(Regime::OptIn), Some(&older), Signals { gpc: true }, NOW);
    assert_eq!(policy.ids(decision.granted), ["necessary", "preferences"]);
    assert_eq!(decision.basis, Basis::Signal);
    let later = Token { signals: Signals { gpc: true }, ..older };
    assert_eq!(
        decide(&policy, Terms::of(Regime::OptIn), Some(&later), Signals { gpc: true }, NOW).granted,
        policy.all()
    );
}

#[test]
fn only_custom_counts_ticks_and_unknown_purposes_are_errors() {
    let policy = sample();
    let check = |act: Act, ticked: &[&str], expect: Result<Vec<&str>, ChoiceError>| {
        let answers = Answers { purposes: ticked.to_vec(), ..Answers::default() };
        let choice = Choice::new(&policy, act, &answers, None);
        assert_eq!(choice.map(|choice| policy.ids(choice.granted)), expect, "{act:?} {ticked:?}");
    };
    check(Act::AcceptAll, &[], Ok(vec!["preferences", "analytics", "marketing"]));
    check(Act::RefuseAll, &["analytics"], Ok(vec![]));
    check(Act::Custom, &["analytics", "necessary"], Ok(vec!["analytics"]));
    check(Act::Withdraw, &["marketing"], Ok(vec![]));
    check(Act::AskEachTime, &["marketing"], Ok(vec![]));
    check(Act::Single, &["marketing"], Ok(vec!["marketing"]));
    check(Act::Custom, &["spying"], Err(ChoiceError::UnknownPurpose));
}

#[test]
fn a_single_answer_outweighs_its_service_and_that_its_purpose() {
    let policy = starter();
    let rule = policy.cookies.find(b"_ga").expect("a rule");
    let (cookie, service) = (ItemKey::of_cookie(&rule.pattern), ItemKey::of_service(rule.purpose, &rule.recipient));
    let check = |granted: bool, singly: &[(ItemKey, bool)], expect: Verdict| {
        let granted = if granted { policy.optional() } else { PurposeSet::EMPTY };
        let exceptions =
            singly.iter().fold(Exceptions::NONE, |all, (key, allowed)| all.with(*key, *allowed).expect("room"));
        let token = Token { exceptions, ..token(granted, policy.version) };
        let decision = decide(&policy, Terms::of(Regime::OptIn), Some(&token), Signals::default(), NOW);
        assert_eq!(decision.on_cookie(rule), expect, "{granted:?} {singly:?}");
        assert_eq!(decision.was_refused(rule), expect == Verdict::Refused);
    };
    check(true, &[], Verdict::Granted);
    check(false, &[], Verdict::Refused);
    check(false, &[(service, true)], Verdict::Granted);
    check(true, &[(service, false)], Verdict::Refused);
    check(true, &[(service, false), (cookie, true)], Verdict::Granted);
    check(false, &[(service, true), (cookie, false)], Verdict::Refused);
}

#[test]
fn who_wants_to_be_asked_refuses_nothing_unasked() {
    let policy = starter();
    let rule = policy.cookies.find(b"_ga").expect("a rule");
    let asked = Token { mode: Mode::Ask, act: Act::AskEachTime, ..token(PurposeSet::EMPTY, policy.version) };
    let at = |token: &Token, gpc| decide(&policy, Terms::of(Regime::OptOut), Some(token), Signals { gpc }, NOW);
    assert_eq!(at(&asked, false).on_cookie(rule), Verdict::Unanswered);
    assert!(!at(&asked, false).was_refused(rule));
    let refused = Exceptions::NONE.with(ItemKey::of_cookie(&rule.pattern), false).expect("room");
    let answered = Token { exceptions: refused, ..asked };
    assert_eq!(at(&answered, false).on_cookie(rule), Verdict::Refused);
    assert!(at(&answered, false).was_refused(rule));
    // The signal has answered for what it speaks of, and later than the token.
    let allowed = Exceptions::NONE.with(ItemKey::of_cookie(&rule.pattern), true).expect("room");
    assert_eq!(at(&Token { exceptions: allowed, ..asked }, true).on_cookie(rule), Verdict::Refused);
    assert_eq!(at(&asked, true).on_cookie(rule), Verdict::Refused);
}

#[test]
fn a_refusal_is_asked_about_again_only_after_its_time_and_holds_meanwhile_and_after() {
    let policy = sample();
    let refusal = token(PurposeSet::EMPTY, policy.version);
    let check = |regime: Regime, days: i64, prompt: bool| {
        let now = refusal.made.plus_seconds(days * DAY);
        let decision = decide(&policy, Terms::of(regime), Some(&refusal), Signals::default(), now);
        assert_eq!((decision.granted, decision.prompt), (policy.always(), prompt), "{regime:?} {days}");
    };
    check(Regime::OptIn, 181, false);
    check(Regime::OptIn, 182, true);
    check(Regime::OptOut, 364, false);
    check(Regime::OptOut, 365, true);
    check(Regime::Notice, 400, false);
}

#[test]
fn a_single_answer_is_added_to_what_holds() {
    let policy = starter();
    let item = policy.items().into_iter().find(|item| item.name == "cookie:_ga").expect("an item");
    let before = token(PurposeSet::from_bits(1 << 1), policy.version);
    let answers = Answers { items: vec![(item.key, true)], ..Answers::default() };
    let choice = Choice::new(&policy, Act::Single, &answers, Some(&before)).expect("a choice");
    assert_eq!((choice.granted, choice.exceptions.answer(item.key)), (before.granted, Some(true)));
    let foreign = Token { policy: PolicyVersion([0; 8]), ..before };
    let choice = Choice::new(&policy, Act::Single, &answers, Some(&foreign)).expect("a choice");
    assert!(choice.granted.is_empty(), "what was said under another policy is not carried over");
    let unknown = Answers { items: vec![(ItemKey::parse("7fffff").expect("a key"), true)], ..Answers::default() };
    assert_eq!(Choice::new(&policy, Act::Single, &unknown, None), Err(ChoiceError::UnknownItem));
}

#[test]
fn single_answers_have_a_bound_and_one_spelling() {
    let key = |number: usize| ItemKey::parse(&format!("{number:06x}")).expect("a key");
    let full = (0..MAX_EXCEPTIONS).fold(Exceptions::NONE, |all, number| all.with(key(number), true).expect("room"));
    assert_eq!(full.with(key(MAX_EXCEPTIONS), true), Err(TooMany));
    assert_eq!(full.with(key(3), false).expect("in place of another").answer(key(3)), Some(false));
    let check = |text: &str| assert_eq!(ItemKey::parse(text), None, "{text}");
    check("800000");
    check("7FFFFF");
    check("12345");
    check("+12345");
}

#[test]
fn no_two_items_of_a_bundled_policy_share_a_key() {
    let policy = starter();
    let mut names = std::collections::BTreeMap::new();
    for rule in policy.cookies.iter().filter(|rule| policy.optional().contains(rule.purpose)) {
        let pattern = rule.pattern.to_string();
        assert_eq!(names.insert(ItemKey::of_cookie(&rule.pattern), pattern.clone()), None, "{pattern}");
    }
    assert!(names.len() > 50, "{}", names.len());
}

#[test]
fn a_service_that_keeps_browser_storage_alone_can_be_answered_for() {
    let widget = "[recipients.widget]\ncompany = { ko = \"위젯\", en = \"Widget\" }\ncountry = \"KR\"\nprivacy = \"https://w.example\"\n";
    let key = "[[storage]]\narea = \"local\"\nname = \"widget_id\"\npurpose = \"analytics\"\nrecipient = \"widget\"\n\
               what = { ko = \"번호\", en = \"A number\" }\nlifetime = \"P30D\"\n";
    let source = format!("{}\n{widget}{key}", include_str!("../../documents/starter/opt-in.toml"));
    let catalog = crate::rules::catalog::Catalog::bundled().expect("the catalogue");
    let policy = crate::policy::compile(&source, &catalog).expect("a policy");
    let analytics = policy.index_of("analytics").expect("a purpose");
    let item = policy.items().into_iter().find(|item| item.name == "service:widget").expect("an item");
    assert_eq!((item.key, item.purpose), (ItemKey::of_service(analytics, "widget"), analytics));
    let answers = Answers { items: vec![(item.key, false)], purposes: vec!["analytics"], ..Answers::default() };
    let choice = Choice::new(&policy, Act::Custom, &answers, None).expect("a choice");
    assert_eq!(choice.exceptions.answer(item.key), Some(false));
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
    assert_eq!(Token::decode(&[3; 17]), Err(TokenError::Format));
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
    fn allowing_one_thing_more_takes_no_other_away(mut token in any_token(), key in 0u32..1 << 23, gpc in any::<bool>()) {
        let policy = sample();
        token.policy = policy.version;
        let key = ItemKey::parse(&format!("{key:06x}")).expect("a key");
        prop_assume!(token.exceptions.with(key, true).is_ok());
        let with = |exceptions| {
            let token = Token { exceptions, ..token };
            let decision = decide(&policy, Terms::of(token.regime), Some(&token), Signals { gpc }, token.made);
            policy.cookies.iter().map(|rule| decision.on_cookie(rule) == Verdict::Granted).collect::<Vec<_>>()
        };
        let (before, after) = (with(token.exceptions), with(token.exceptions.with(key, true).expect("room")));
        prop_assert!(before.iter().zip(&after).all(|(before, after)| !before || *after));
    }

    #[test]
    fn granting_more_never_removes_a_grant(less in any::<u16>(), more in any::<u16>(), gpc in any::<bool>(), regime in 0usize..3) {
        let policy = sample();
        let regime = Regime::ALL[regime];
        let with = |bits: u16| {
            let token = token(PurposeSet::from_bits(bits), policy.version);
            decide(&policy, Terms::of(regime), Some(&token), Signals { gpc }, NOW).granted
        };
        prop_assert!(with(less).is_subset_of(with(less | more)));
    }

    #[test]
    fn a_signal_never_adds_a_grant(bits in any::<u16>(), answered in any::<bool>(), regime in 0usize..3) {
        let policy = sample();
        let regime = Regime::ALL[regime];
        let token = token(PurposeSet::from_bits(bits), policy.version);
        let with = |gpc| decide(&policy, Terms::of(regime), answered.then_some(&token), Signals { gpc }, NOW).granted;
        prop_assert!(with(true).is_subset_of(with(false)));
    }

    #[test]
    fn what_is_necessary_is_always_granted(token in any_token(), gpc in any::<bool>(), regime in 0usize..3) {
        let policy = sample();
        let decision = decide(&policy, Terms::of(Regime::ALL[regime]), Some(&token), Signals { gpc }, NOW);
        prop_assert!(policy.always().is_subset_of(decision.granted));
    }
}
