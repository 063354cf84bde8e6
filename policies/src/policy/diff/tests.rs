//! Every sort of change with its weight, and what holds for any two policies.

use proptest::prelude::*;

use super::{Change, Kind, Weight, diff, json, text, weight, words};
use crate::policy::scope::Scope;
use crate::policy::tests::SAMPLE;
use crate::policy::{Policy, compile};
use crate::rules::catalog::Catalog;
use crate::text::Lang;

fn policy(source: &str) -> Policy {
    compile(source, &Catalog::bundled().expect("sound")).unwrap_or_else(|faults| panic!("{faults:#?}\n{source}"))
}

/// A longer sample, so that most facts are there.
fn sample() -> String {
    format!(
        "{}{}",
        SAMPLE
            .replacen("regime", "rights = [\"access\", \"deletion\"]\nregime", 1)
            .replacen("[section]", "phone = \"02-1\"\n[notice]\nordinary_days = 7\nmaterial_days = 30\n[handling]\nsafety = { ko = \"잠금\", en = \"A lock\" }\n[section]", 1),
        "[recipients.partner]\ncompany = { ko = \"협력사\", en = \"Partner\" }\ncountry = \"US\"\nprivacy = \"p@partner.example\"\n\
         items = { ko = \"주문\", en = \"orders\" }\nperiod = \"P1Y\"\nhow_to_refuse = { ko = \"글로\", en = \"in writing\" }\n\
         [[retention]]\nrecord = { ko = \"주문 기록\", en = \"orders\" }\nperiod = \"P3Y\"\nbasis = \"consent\"\n\
         [[storage]]\narea = \"local\"\nname = \"seen\"\npurpose = \"preferences\"\nrecipient = \"operator\"\nwhat = { ko = \"본 것\", en = \"things seen\" }\nlifetime = \"P30D\"\n"
    )
}

/// What one edit of the second version changes.
fn changed(edits: &[(&str, &str)]) -> Vec<Change> {
    let old = sample();
    let new = edits.iter().fold(old.clone(), |text, (from, to)| {
        assert!(text.contains(from), "the sample has {from}");
        text.replacen(from, to, 1)
    });
    diff(&policy(&old), &policy(&new.replacen("2026-01-01", "2026-06-01", 1)))
}

fn check(edits: &[(&str, &str)], expect: &[(&str, Kind, Weight)]) {
    let found = changed(edits);
    let told: Vec<_> = found.iter().map(|change| (change.key.as_str(), change.kind, change.weight)).collect();
    assert_eq!(told, expect, "{edits:?}");
}

use Kind::{Added, Changed, Narrower, Removed, Wider};
use Weight::{Material, Ordinary};

#[test]
fn purposes_change_by_being_there_by_words_and_by_kind() {
    let wording = (
        "about = { ko = \"방문을 셉니다.\", en = \"Counts visits.\" }",
        "about = { ko = \"방문을 헤아립니다.\", en = \"Counts your visits.\" }",
    );
    check(&[wording], &[("purpose:analytics:about", Changed, Material)]);
    let since = ("id = \"analytics\"", "id = \"analytics\"\nmeaning_since = \"2026-01-01\"");
    check(&[wording, since], &[("purpose:analytics:about", Changed, Ordinary)]);
    let later = ("id = \"analytics\"", "id = \"analytics\"\nmeaning_since = \"2026-03-01\"");
    check(&[wording, later], &[("purpose:analytics:about", Changed, Material)]);
    check(
        &[("category = \"preferences\"", "category = \"analytics\"")],
        &[("purpose:preferences:category", Wider, Material)],
    );
    check(
        &[("category = \"analytics\"", "category = \"preferences\"")],
        &[("purpose:analytics:category", Narrower, Ordinary)],
    );
    let lost = ("category = \"analytics\"", "category = \"necessary\"");
    let found = changed(&[lost]);
    assert!(found.iter().any(|change| change.weight == Material && change.reason.en.contains("can't be refused")));
    let new = "[[purposes]]\nid = \"chat\"\ncategory = \"preferences\"\nname = { ko = \"상담\", en = \"Chat\" }\nabout = { ko = \"창\", en = \"A window\" }\nconsequence = { ko = \"창이 없습니다.\", en = \"No window.\" }\n[recipients.operator]";
    check(&[("[recipients.operator]", new)], &[("purpose:chat", Added, Material)]);
}

#[test]
fn cookies_weigh_by_what_they_add_to_their_purpose() {
    let cookie = |name: &str, what: &str, life: &str, recipient: &str| {
        format!(
            "[[cookies]]\nname = \"{name}\"\npurpose = \"analytics\"\nrecipient = \"{recipient}\"\nwhat = {{ ko = \"{what}\", en = \"{what}\" }}\nlifetime = \"{life}\"\n[[trackers]]"
        )
    };
    let known = cookie("more", "방문 수", "P30D", "operator").replace("en = \"방문 수\"", "en = \"Number of visits\"");
    check(&[("[[trackers]]", &known)], &[("cookie:more", Added, Ordinary)]);
    check(&[("[[trackers]]", &known.replace("P30D", "P1Y"))], &[("cookie:more", Added, Material)]);
    check(&[("[[trackers]]", &cookie("more", "주소", "P1D", "operator"))], &[("cookie:more", Added, Material)]);
    check(&[("[[trackers]]", &known.replace("\"operator\"", "\"partner\""))], &[("cookie:more", Added, Material)]);
    check(&[("lifetime = \"P30D\"", "lifetime = \"P60D\"")], &[("cookie:visits:lifetime", Wider, Material)]);
    check(&[("lifetime = \"P30D\"", "lifetime = \"session\"")], &[("cookie:visits:lifetime", Narrower, Ordinary)]);
    check(&[("en = \"Number of visits\"", "en = \"Pages visited\"")], &[("cookie:visits:what", Changed, Material)]);
    check(&[("on_request = true\n", "")], &[("cookie:sort_*:on_request", Narrower, Ordinary)]);
    check(
        &[("name = \"visits\"\npurpose = \"analytics\"", "name = \"visits\"\npurpose = \"marketing\"")],
        &[("cookie:visits:of_purpose", Changed, Material)],
    );
    check(
        &[("[[storage]]\narea = \"local\"", "[[storage]]\narea = \"session\"")],
        &[("storage:local seen", Removed, Ordinary), ("storage:session seen", Added, Ordinary)],
    );
}

#[test]
fn recipients_services_and_periods_weigh_by_who_gets_more() {
    check(&[("country = \"US\"", "country = \"CN\"")], &[("recipient:partner:country", Changed, Material)]);
    check(
        &[("en = \"orders\" }\nperiod = \"P1Y\"", "en = \"orders and addresses\" }\nperiod = \"P1Y\"")],
        &[("recipient:partner:items", Changed, Material)],
    );
    check(&[("}\nperiod = \"P1Y\"", "}\nperiod = \"P2Y\"")], &[("recipient:partner:period", Wider, Material)]);
    check(&[("}\nperiod = \"P1Y\"", "}\nperiod = \"P6M\"")], &[("recipient:partner:period", Narrower, Ordinary)]);
    check(&[("}\nperiod = \"P1Y\"", "}")], &[("recipient:partner:period", Removed, Material)]);
    check(
        &[("items = {", "relation = \"third_party\"\nitems = {")],
        &[("recipient:partner:relation", Wider, Material)],
    );
    check(
        &[("how_to_refuse = { ko = \"글로\", en = \"in writing\" }\n", "")],
        &[("recipient:partner:how_to_refuse", Removed, Material)],
    );
    check(
        &[("[[trackers]]", "[[services]]\ncatalog = \"meta\"\n[[trackers]]")],
        &[("service:meta", Added, Material), ("recipient:meta", Added, Material)],
    );
    check(&[("period = \"P3Y\"", "period = \"P5Y\"")], &[("retention:주문 기록:period", Wider, Material)]);
    check(&[("basis = \"consent\"", "basis = \"law\"")], &[("retention:주문 기록:basis", Changed, Material)]);
    let row = "[[retention]]\nrecord = { ko = \"동의\", en = \"consent\" }\nperiod = \"P3Y\"\nbasis = \"internal_policy\"\nclasses = [\"consent\"]\n[[retention]]";
    check(&[("[[retention]]", row)], &[("retention:동의", Added, Ordinary)]);
    check(&[("[[retention]]", &row.replace("classes = [\"consent\"]\n", ""))], &[("retention:동의", Added, Material)]);
}

#[test]
fn what_is_taken_from_visitors_is_material_and_what_is_given_is_not() {
    check(&[("\"access\", \"deletion\"", "\"access\"")], &[("right:deletion", Removed, Material)]);
    check(
        &[("\"access\", \"deletion\"", "\"access\", \"deletion\", \"suspension\"")],
        &[("right:suspension", Added, Ordinary)],
    );
    check(&[("[\"allow_all\", \"refuse_all\"]", "[\"allow_all\"]")], &[("refusal:refuse_all", Removed, Material)]);
    check(&[("[\"allow_all\", \"refuse_all\"]", "[\"refuse_all\"]")], &[("refusal:allow_all", Removed, Ordinary)]);
    check(&[("material_days = 30", "material_days = 14")], &[("notice:material_days", Wider, Material)]);
    check(&[("ordinary_days = 7", "ordinary_days = 10")], &[("notice:ordinary_days", Narrower, Ordinary)]);
    check(&[("regime = \"opt-in\"", "regime = \"opt-out\"")], &[("regime:category", Wider, Material)]);
    check(
        &[(
            "operator = { ko = \"가게 주식회사\", en = \"Shop Inc.\" }",
            "operator = { ko = \"가게 주식회사\", en = \"Shop Ltd.\" }",
        )],
        &[("operator:operator_name", Changed, Material)],
    );
    check(&[("phone = \"02-1\"", "phone = \"02-2\"")], &[("contact:phone", Changed, Ordinary)]);
    check(&[("en = \"A lock\"", "en = \"Two locks\"")], &[("handling:safety", Changed, Ordinary)]);
    check(&[("en = \"Paragraph\"", "en = \"Sentences\"")], &[("section:paragraphs", Changed, Ordinary)]);
}

#[test]
fn of_a_longer_text_only_the_lines_that_differ_are_shown() {
    let found = changed(&[(
        "paragraphs = [{ ko = \"문단\", en = \"Paragraph\" }]",
        "paragraphs = [{ ko = \"문단\", en = \"Paragraph\" }, { ko = \"둘째\", en = \"Second\" }]",
    )]);
    let [only] = found.as_slice() else { panic!("{found:#?}") };
    let english = |text: &Option<crate::text::Text>| text.as_ref().map(|text| text.en.clone());
    assert_eq!((english(&only.before), english(&only.after)), (Some(String::new()), Some("Second".to_owned())));
}

#[test]
fn spelling_order_and_comments_change_nothing() {
    check(&[("format = 1", "# a comment\nformat = 1")], &[]);
    check(&[("en = \"Counts visits.\"", "en = \" Counts  visits. \"")], &[]);
    check(&[("\"access\", \"deletion\"", "\"deletion\", \"access\"")], &[]);
    check(&[("en = \"Analytics\" }", "en = \"Analytics\", de = \"Statistik\" }")], &[]);
}

#[test]
fn text_and_json_tell_every_change_with_its_reason() {
    let (old, new) = (sample(), sample().replacen("P30D", "P90D", 1).replacen("2026-01-01", "2026-06-01", 1));
    let (old, new) = (policy(&old), policy(&new));
    let changes = diff(&old, &new);
    assert_eq!(weight(&changes), Some(Material));
    let (ko, en) = (text(&old, &new, &changes, Lang::Ko), text(&old, &new, &changes, Lang::En));
    for part in ["2026-01-01", "2026-06-01", "- 30일", "+ 90일", "쿠키 visits: 보존 기간", "더 오래 보관합니다."]
    {
        assert!(ko.contains(part), "{part} in {ko}");
    }
    for part in ["- 30 days", "+ 90 days", "Cookie visits: lifetime", "It is kept longer."] {
        assert!(en.contains(part), "{part} in {en}");
    }
    let read: serde_json::Value = serde_json::from_str(&json(&old, &new, &changes)).expect("JSON");
    assert_eq!((&read["weight"], &read["changes"][0]["key"]), (&"material".into(), &"cookie:visits:lifetime".into()));
    assert!(text(&old, &old, &[], Lang::En).contains("Nothing changes."));
}

#[test]
fn every_word_that_is_said_is_in_the_file() {
    let source = concat!(include_str!("weigh.rs"), include_str!("facts.rs"), include_str!("kept.rs"));
    for reason in source.split("Weight::Material, \"").chain(source.split("Weight::Ordinary, \"")).skip(1) {
        let reason = reason.split('"').next().unwrap_or_default();
        assert!(words::known(&format!("reason.{reason}")) || reason.contains([' ', '\n']), "reason.{reason}");
    }
    let everything = changed(&[
        ("format = 1", "format = 1\nhome = \"DE\""),
        ("[[trackers]]", "[[services]]\ncatalog = \"meta\"\n[[trackers]]"),
    ]);
    let said = everything.iter().flat_map(|change| [&change.what.ko, &change.reason.ko]);
    assert!(
        said.clone().all(|said| !said.contains("subject.") && !said.contains("field.") && !said.contains("reason."))
    );
}

/// Edits of the sample that compile in any mixture.
const EDITS: [(&str, &str); 16] = [
    ("lifetime = \"P30D\"", "lifetime = \"P2Y\""),
    ("name = \"visits\"", "name = \"counts\""),
    ("country = \"US\"", "country = \"KR\""),
    ("period = \"P3Y\"", "period = \"P1Y\""),
    ("\"access\", \"deletion\"", "\"correction\""),
    ("[\"allow_all\", \"refuse_all\"]", "[\"refuse_all\", \"session_only\"]"),
    ("regime = \"opt-in\"", "regime = \"notice\""),
    ("en = \"Counts visits.\"", "en = \"Studies visits.\""),
    ("id = \"analytics\"", "id = \"analytics\"\nmeaning_since = \"2025-01-01\""),
    ("recipient = \"operator\"\nwhat = { ko = \"방문 수\"", "recipient = \"partner\"\nwhat = { ko = \"방문 수\""),
    ("category = \"preferences\"", "category = \"marketing\""),
    ("on_request = true\n", ""),
    ("path = \"/pixel\"", "path = \"/dot\""),
    ("lifetime = \"P1Y\"\n[[retention]]", "[[retention]]"),
    ("area = \"local\"", "area = \"indexeddb\""),
    ("ordinary_days = 7\n", ""),
];

fn edited() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<bool>(), EDITS.len()).prop_map(|chosen| {
        let picked = EDITS.iter().zip(chosen).filter(|(_, chosen)| *chosen);
        picked.fold(sample(), |text, ((from, to), _)| text.replacen(from, to, 1))
    })
}

fn plain(source: &str) -> Policy {
    compile(source, &Catalog::default()).unwrap_or_else(|faults| panic!("{faults:#?}\n{source}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_policy_does_not_differ_from_itself(source in edited()) {
        let policy = plain(&source);
        prop_assert_eq!(diff(&policy, &policy), vec![]);
    }

    #[test]
    fn what_changes_one_way_changes_back_the_other(old in edited(), new in edited()) {
        let (old, new) = (plain(&old), plain(&new));
        let mirrored = |change: Change| {
            let kind = match change.kind { Added => Removed, Removed => Added, Wider => Narrower, Narrower => Wider, Changed => Changed };
            (change.key, kind, change.after, change.before)
        };
        let back: Vec<_> = diff(&new, &old).into_iter().map(mirrored).collect();
        let forth: Vec<_> = diff(&old, &new).into_iter().map(|change| (change.key, change.kind, change.before, change.after)).collect();
        prop_assert_eq!(forth, back);
    }

    #[test]
    fn what_outgrows_a_choice_is_material(old in edited(), new in edited()) {
        let (old, new) = (plain(&old), plain(&new));
        let grown = new.indexed().filter_map(|(now, purpose)| {
            let then = old.index_of(&purpose.id)?;
            Some(Scope::of(&new, now)?.growth_since(&Scope::of(&old, then)?))
        });
        if grown.flatten().next().is_some() {
            prop_assert_eq!(weight(&diff(&old, &new)), Some(Material));
        }
    }
}
