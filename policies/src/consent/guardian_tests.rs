//! A guardian's consent: what it may grant, and what of it the visitor alone can change.

use super::tests::{NOW, starter, token};
use super::*;
use crate::policy::{Policy, PolicyVersion, Regime};
use crate::purpose::PurposeSet;

/// A child's refusal with a code, and what a guardian granted for it.
fn agreed(policy: &Policy, ids: &[&str]) -> (Token, Record, Token) {
    let asked = Token {
        guardian: Some(Guardian::Asked(Reference([3; REFERENCE_BYTES]))),
        ..token(PurposeSet::EMPTY, policy.version)
    };
    let granted = Agreement::purposes(policy, ids).expect("optional purposes");
    let (speaker, ground) = (Speaker::Officer, Some("by telephone"));
    let agreement = Agreement { speaker, ground, granted, regime: Regime::OptIn, made: NOW };
    let record = agreement.record(GrantIds { visitor: [1; 16], record: [2; 16] }, "shop", policy);
    let token = asked.agreed(&record, policy).expect("the same policy");
    (asked, record, token)
}

#[test]
fn a_guardians_agreement_becomes_a_record_and_a_grant_of_the_same_purposes() {
    let policy = starter();
    let (asked, record, token) = agreed(&policy, &["analytics"]);
    assert_eq!(
        (record.act, record.speaker, record.ground.as_deref()),
        (Act::Guardian, Speaker::Officer, Some("by telephone"))
    );
    assert_eq!((record.granted.as_slice(), record.visitor), (&["analytics".to_owned()][..], Some([1; 16])));
    assert_eq!(policy.ids(token.granted), ["analytics"]);
    assert_eq!((token.reference(), token.guardian, token.made), (None, Some(Guardian::Agreed), NOW));
    assert_eq!(asked.reference(), Some(Reference([3; REFERENCE_BYTES])));
    let decision = decide(&policy, Terms::of(Regime::OptIn), Some(&token), Signals { gpc: true }, NOW);
    assert_eq!(policy.ids(decision.granted), ["necessary"], "nobody asked the guardian under the signal");
    let foreign = Record { policy: PolicyVersion([0; 8]), ..record };
    assert_eq!(asked.agreed(&foreign, &policy), None);
}

#[test]
fn a_guardian_grants_optional_purposes_of_the_policy_and_nothing_else() {
    let policy = starter();
    let check = |ids: &[&str], expect: AgreementError| assert_eq!(Agreement::purposes(&policy, ids), Err(expect));
    check(&[], AgreementError::Nothing);
    check(&["analytics", "bogus"], AgreementError::UnknownPurpose("bogus".to_owned()));
    check(&["necessary"], AgreementError::NotOptional("necessary".to_owned()));
    assert_eq!(Choice::new(&policy, Act::Guardian, &Answers::default(), None), Err(ChoiceError::NotTheVisitors));
}

#[test]
fn what_a_guardian_granted_the_visitor_alone_takes_away_and_does_not_add_to() {
    let policy = starter();
    let (asked, _, token) = agreed(&policy, &["analytics", "preferences"]);
    let check = |act, purposes: &[&str], adds: bool, within: &[&str], after: Option<Guardian>| {
        let answers = Answers { purposes: purposes.to_vec(), ..Answers::default() };
        let choice = Choice::new(&policy, act, &answers, Some(&token)).expect("a choice");
        assert_eq!(choice.adds_to(&token), adds, "{act:?} {purposes:?}");
        assert_eq!(policy.ids(choice.within(&token).granted), within, "{act:?} {purposes:?}");
        assert_eq!(choice.guardian_after(Some(&token)), after, "{act:?} {purposes:?}");
        assert!(!choice.within(&token).adds_to(&token));
    };
    check(Act::Custom, &["analytics"], false, &["analytics"], token.guardian);
    check(Act::Custom, &["preferences", "analytics"], false, &["preferences", "analytics"], token.guardian);
    check(Act::Custom, &["marketing", "analytics"], true, &["analytics"], None);
    check(Act::AcceptAll, &[], true, &["preferences", "analytics"], None);
    check(Act::AskEachTime, &[], true, &[], None);
    check(Act::Single, &["marketing"], true, &["preferences", "analytics"], None);
    check(Act::Withdraw, &[], false, &[], None);
    let refusal = Choice::new(&policy, Act::RefuseAll, &Answers::default(), None).expect("a choice");
    assert_eq!(refusal.guardian_after(Some(&asked)), asked.guardian, "the code stays good");
    let accepted = Choice::new(&policy, Act::AcceptAll, &Answers::default(), None).expect("a choice");
    assert_eq!(accepted.guardian_after(Some(&asked)), None);
}

#[test]
fn a_single_answer_adds_to_a_guardians_grant_only_by_a_yes() {
    let policy = starter();
    let (_, _, token) = agreed(&policy, &["analytics"]);
    let item = policy.items().into_iter().next().expect("an item").key;
    let check = |allowed: bool, adds: bool| {
        let answers = Answers { items: vec![(item, allowed)], ..Answers::default() };
        let choice = Choice::new(&policy, Act::Single, &answers, Some(&token)).expect("a choice");
        assert_eq!(choice.adds_to(&token), adds, "{allowed}");
        assert_eq!(choice.within(&token).exceptions.answer(item), (!allowed).then_some(false));
    };
    check(true, true);
    check(false, false);
}
