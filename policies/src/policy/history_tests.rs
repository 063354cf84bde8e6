//! Versions by day, what a purpose has grown by, and what a choice is still worth under the next version.

use proptest::prelude::*;

use super::history::History;
use super::scope::{Growth, Scope};
use super::tests::SAMPLE;
use crate::consent::tests::{NOW, token};
use crate::consent::{Exceptions, ItemKey, Mode, Signals, Terms, Token, Verdict, decide};
use crate::policy::{Policy, Regime};
use crate::purpose::PurposeSet;
use crate::rules::catalog::Catalog;
use crate::time::Date;

fn day(text: &str) -> Date {
    Date::parse(text).expect("a day")
}

/// The sample as of another day, with something else said.
fn version(day: &str, change: impl Fn(String) -> String) -> (String, String) {
    (format!("{day}.toml"), change(SAMPLE.replace("2026-01-01", day)))
}

fn history(files: Vec<(String, String)>) -> History {
    History::compile(files, &Catalog::default()).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// Two versions, the second with a change.
fn pair(change: impl Fn(String) -> String) -> History {
    history(vec![version("2026-01-01", |text| text), version("2026-06-01", change)])
}

fn newest(history: &History) -> &Policy {
    &history.versions().last().expect("a version").policy
}

fn add_cookie(name: &str, purpose: &str, recipient: &str, what: &str, lifetime: &str) -> String {
    format!(
        "[[cookies]]\nname = \"{name}\"\npurpose = \"{purpose}\"\nrecipient = \"{recipient}\"\nwhat = {{ ko = \"{what}\", en = \"{what}\" }}\nlifetime = \"{lifetime}\"\n"
    )
}

const PARTNER: &str = "[recipients.partner]\ncompany = { ko = \"협력사\", en = \"Partner\" }\ncountry = \"US\"\nprivacy = \"https://partner.example\"\n";

#[test]
fn the_version_in_force_changes_on_its_first_day() {
    let announced = |text: String| text.replace("effective", "announced = \"2026-05-02\"\neffective");
    let history = history(vec![
        version("2026-06-01", announced),
        version("2026-01-01", |text| text),
        version("2027-01-01", |text| text),
    ]);
    let check = |on: &str, in_force: &str, next: Option<&str>, earlier: usize, later: usize| {
        let on = day(on);
        assert_eq!(history.in_force(on).name, format!("{in_force}.toml"), "{on}");
        let announced = history.announced(on).map(|version| version.policy.effective.to_string());
        assert_eq!(announced.as_deref(), next, "{on}");
        assert_eq!((history.earlier(on).count(), history.later(on).count()), (earlier, later), "{on}");
    };
    check("2025-12-31", "2026-01-01", None, 0, 2);
    check("2026-05-01", "2026-01-01", None, 0, 2);
    check("2026-05-02", "2026-01-01", Some("2026-06-01"), 0, 2);
    check("2026-05-31", "2026-01-01", Some("2026-06-01"), 0, 2);
    check("2026-06-01", "2026-06-01", None, 1, 1);
    // Without a promise and a day of announcement a version is told of on the day it begins.
    check("2026-12-31", "2026-06-01", None, 1, 1);
    check("2030-01-01", "2027-01-01", None, 2, 0);
}

#[test]
fn a_version_without_its_day_of_announcement_is_told_as_early_as_was_promised() {
    let promise =
        |text: String| text.replace("[contact]", "[notice]\nordinary_days = 7\nmaterial_days = 30\n[contact]");
    let history = history(vec![version("2026-01-01", promise), version("2026-06-01", |text| text)]);
    assert!(history.announced(day("2026-05-01")).is_none());
    assert!(history.announced(day("2026-05-02")).is_some());
}

#[test]
fn every_fault_of_every_version_is_told() {
    let check = |files: Vec<(String, String)>, expect: &[(&str, &str)]| {
        let faults = History::compile(files, &Catalog::default()).expect_err("faults");
        let told: Vec<_> = faults.iter().map(|(name, fault)| (name.as_str(), fault.message.as_str())).collect();
        assert_eq!(told.len(), expect.len(), "{told:?}");
        for ((name, message), (expected_name, part)) in told.iter().zip(expect) {
            assert!(name == expected_name && message.contains(part), "{name}: {message}");
        }
    };
    check(vec![], &[("", "no version")]);
    check(
        vec![version("2026-01-01", |text| text), ("next.toml".to_owned(), SAMPLE.to_owned())],
        &[("next.toml", "first day of 2026-01-01.toml too")],
    );
    check(vec![("2026-02-01.toml".to_owned(), SAMPLE.to_owned())], &[("2026-02-01.toml", "named after 2026-02-01")]);
    let broken = |text: String| text.replace("lifetime = \"session\"", "lifetime = \"soon\"");
    check(
        vec![version("2026-01-01", broken), version("2026-06-01", broken)],
        &[("2026-01-01.toml", "\"soon\""), ("2026-06-01.toml", "\"soon\"")],
    );
}

#[test]
fn a_purpose_grows_by_words_recipients_items_and_time_and_by_nothing_else() {
    let check_since = |base: &dyn Fn(String) -> String, change: &dyn Fn(String) -> String, expect: &[&str]| {
        let history = history(vec![version("2026-01-01", base), version("2026-06-01", |text| change(base(text)))]);
        let (old, new) = (&history.versions()[0].policy, newest(&history));
        let place = |policy: &Policy| policy.index_of("analytics").expect("analytics");
        let scope = |policy| Scope::of(policy, place(policy)).expect("a scope");
        let (then, now) = (scope(old), scope(new));
        let kinds: Vec<&str> = now.growth_since(&then).iter().map(kind).collect();
        assert_eq!(kinds, expect);
        assert!(now.growth_since(&now).is_empty(), "nothing outgrows itself");
    };
    let check = |change: &dyn Fn(String) -> String, expect: &[&str]| check_since(&|text| text, change, expect);
    check(&|text| text, &[]);
    check(&|text| text.replace("Counts visits.", "Counts  visits."), &[]);
    check(&|text| text.replace("Counts visits.", "Counts visits and purchases."), &["words"]);
    check(&|text| text.replace("P30D", "P20D"), &[]);
    check(&|text| text.replace("P30D", "P60D"), &["lifetime"]);
    check(&|text| text + &add_cookie("again", "analytics", "operator", "Purchases", "P1D"), &["item"]);
    check(
        &|text| text + PARTNER + &add_cookie("again", "analytics", "partner", "Purchases", "P1D"),
        &["recipient", "item"],
    );
    let with_partner = |text: String| text + PARTNER + &add_cookie("again", "analytics", "partner", "Purchases", "P1D");
    let third_party = "country = \"US\"\nrelation = \"third_party\"";
    check_since(&with_partner, &|text| text.replace("country = \"US\"", third_party), &["recipient"]);
    let same = "id = \"analytics\"\nmeaning_since = \"2026-01-01\"";
    let reworded = |text: String| text.replace("Counts visits.", "Counts how often you visit.");
    check(&|text| reworded(text.replace("id = \"analytics\"", same)), &[]);
    check(&|text| text.replace("category = \"analytics\"", "category = \"marketing\""), &["category"]);
    check(&|text| text.replace("category = \"analytics\"", "category = \"preferences\""), &[]);
    check(&|text| text + &add_cookie("other", "marketing", "operator", "Clicks", "P9Y"), &[]);
}

fn kind(growth: &Growth) -> &'static str {
    match growth {
        Growth::Category(..) => "category",
        Growth::Words(..) => "words",
        Growth::Recipient(_) => "recipient",
        Growth::Item(_) => "item",
        Growth::Lifetime(..) => "lifetime",
    }
}

fn granted(policy: &Policy, ids: &[&str]) -> PurposeSet {
    ids.iter().map(|id| policy.index_of(id).expect("a purpose")).collect()
}

#[test]
fn a_choice_covers_what_it_covered_and_the_rest_is_asked_about() {
    let longer = |text: String| text.replace("P30D", "P60D");
    let new_purpose = |text: String| {
        let added = "[[purposes]]\nid = \"maps\"\ncategory = \"preferences\"\nname = { ko = \"지도\", en = \"Maps\" }\nabout = { ko = \"지도를 보여 줍니다.\", en = \"Shows maps.\" }\nconsequence = { ko = \"지도가 보이지 않습니다.\", en = \"No maps are shown.\" }\n";
        text.replace("[recipients.operator]", &format!("{added}[recipients.operator]"))
    };
    let gone = |text: String| {
        let (before, rest) = text.split_once("[[trackers]]").expect("trackers");
        let (_, rest) = rest.split_once("lifetime = \"P1Y\"\n").expect("its end");
        let text = format!("{before}{rest}");
        let (before, rest) = text.split_once("[[purposes]]\nid = \"marketing\"").expect("the purpose");
        format!(
            "{before}{}",
            rest.split_once("[recipients").map(|(_, rest)| format!("[recipients{rest}")).expect("more")
        )
    };
    let check = |change: &dyn Fn(String) -> String, regime: Regime, yes: &[&str], expect: &[&str], prompt: bool| {
        let history = pair(change);
        let (old, new) = (&history.versions()[0].policy, newest(&history));
        let made = token(granted(old, yes), old.version);
        let decision = decide(new, Terms::of(regime), Some(&made), Signals::default(), NOW);
        assert_eq!((new.ids(decision.granted).as_slice(), decision.prompt), (expect, prompt), "{regime:?} {yes:?}");
        assert!(decision.refused_by_visitor.intersection(decision.granted).is_empty());
    };
    let all = ["preferences", "analytics", "marketing"];
    let optin = Regime::OptIn;
    check(&|text| text, optin, &all, &["necessary", "preferences", "analytics", "marketing"], false);
    check(&longer, optin, &all, &["necessary", "preferences", "marketing"], true);
    check(&longer, optin, &["marketing"], &["necessary", "marketing"], false);
    check(&longer, Regime::OptOut, &all, &["necessary", "preferences", "analytics", "marketing"], true);
    check(&longer, Regime::Notice, &["marketing"], &["necessary", "marketing"], false);
    check(&longer, optin, &[], &["necessary"], false);
    check(&new_purpose, optin, &all, &["necessary", "preferences", "analytics", "marketing"], true);
    check(&new_purpose, optin, &[], &["necessary"], false);
    check(&new_purpose, Regime::OptOut, &[], &["necessary"], false);
    check(&gone, optin, &all, &["necessary", "preferences", "analytics"], false);
}

#[test]
fn what_grew_is_neither_granted_nor_refused_and_a_refusal_stays_one() {
    let history = pair(|text| text.replace("P30D", "P60D"));
    let (old, new) = (&history.versions()[0].policy, newest(&history));
    let made = token(granted(old, &["analytics"]), old.version);
    let decision = decide(new, Terms::of(Regime::OptIn), Some(&made), Signals::default(), NOW);
    assert_eq!(new.ids(decision.refused_by_visitor), ["preferences", "marketing"], "analytics is open");
    let signal = decide(new, Terms::of(Regime::OptOut), Some(&made), Signals { gpc: true }, NOW);
    assert!(!signal.prompt, "the signal has answered for what is open");
    assert_eq!(new.ids(signal.granted), ["necessary"]);
}

#[test]
fn places_may_change_and_single_answers_follow_their_service() {
    let swapped = |text: String| {
        let cut = |id: &str| text.find(&format!("[[purposes]]\nid = \"{id}\"")).expect("a purpose");
        let (one, two, three) = (cut("preferences"), cut("analytics"), cut("marketing"));
        let piece = |from: usize, to: usize| text.get(from..to).expect("whole letters");
        [piece(0, one), piece(two, three), piece(one, two), piece(three, text.len())].concat()
    };
    let history = pair(swapped);
    let (old, new) = (&history.versions()[0].policy, newest(&history));
    let service = |policy: &Policy| ItemKey::of_service(policy.index_of("analytics").expect("a purpose"), "operator");
    assert_ne!(service(old), service(new));
    let exceptions = Exceptions::NONE.with(service(old), false).expect("room");
    let made = Token { exceptions, ..token(granted(old, &["preferences", "analytics"]), old.version) };
    let decision = decide(new, Terms::of(Regime::OptIn), Some(&made), Signals::default(), NOW);
    assert_eq!(new.ids(decision.granted), ["necessary", "analytics", "preferences"]);
    let rule = new.cookies.find(b"visits").expect("a rule");
    assert_eq!(decision.on_cookie(rule), Verdict::Refused, "the single refusal came along");
}

#[test]
fn a_single_yes_lapses_with_what_it_covered_and_is_asked_for_again() {
    let history = pair(|text| text.replace("P30D", "P60D"));
    let (old, new) = (&history.versions()[0].policy, newest(&history));
    let rule = new.cookies.find(b"visits").expect("a rule");
    let exceptions = Exceptions::NONE.with(ItemKey::of_cookie(&rule.pattern), true).expect("room");
    let made = Token { exceptions, mode: Mode::Ask, ..token(PurposeSet::EMPTY, old.version) };
    let decision = decide(new, Terms::of(Regime::OptIn), Some(&made), Signals::default(), NOW);
    assert_eq!((decision.on_cookie(rule), decision.prompt), (Verdict::Unanswered, false));
}

proptest! {
    #[test]
    fn no_version_adds_a_grant_to_an_answer(bits in any::<u16>(), longer in any::<bool>(), more in any::<bool>(), gpc in any::<bool>()) {
        let history = pair(|text| {
            let text = if longer { text.replace("P30D", "P60D") } else { text };
            if more { text + &add_cookie("clicks", "marketing", "operator", "Clicks", "P1D") } else { text }
        });
        let (old, new) = (&history.versions()[0].policy, newest(&history));
        let made = token(PurposeSet::from_bits(bits), old.version);
        let under = |policy: &Policy| {
            let decision = decide(policy, Terms::of(Regime::OptIn), Some(&made), Signals { gpc }, NOW);
            policy.ids(decision.granted).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let before = under(old);
        prop_assert!(under(new).iter().all(|id| before.contains(id)));
    }
}
