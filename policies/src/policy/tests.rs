//! Policy files: what compiles, and every fault that is told.

use super::{Fault, Policy, RecordClass, compile};
use crate::purpose::PurposeSet;
use crate::rules::Relation;
use crate::rules::catalog::Catalog;
use crate::time::{Date, Period};

/// A small policy that compiles; tests change it.
pub(crate) const SAMPLE: &str = r#"
format = 1
service = { ko = "가게", en = "Shop" }
operator = { ko = "가게 주식회사", en = "Shop Inc." }
effective = "2026-01-01"
regime = "opt-in"
[contact]
role = { ko = "팀장", en = "Team lead" }
address = "privacy@shop.example"
[section]
title = { ko = "쿠키", en = "Cookies" }
paragraphs = [{ ko = "문단", en = "Paragraph" }]
refusal_modes = ["allow_all", "refuse_all"]
[[purposes]]
id = "necessary"
category = "necessary"
name = { ko = "필수", en = "Necessary" }
about = { ko = "로그인을 유지합니다.", en = "Keeps you logged in." }
[[purposes]]
id = "preferences"
category = "preferences"
name = { ko = "환경설정", en = "Preferences" }
about = { ko = "정렬 순서를 기억합니다.", en = "Remembers the sort order." }
consequence = { ko = "정렬 순서가 기억되지 않습니다.", en = "Your sort order is not remembered." }
[[purposes]]
id = "analytics"
category = "analytics"
name = { ko = "통계", en = "Analytics" }
about = { ko = "방문을 셉니다.", en = "Counts visits." }
consequence = { ko = "방문이 세어지지 않습니다.", en = "Your visit is not counted." }
[[purposes]]
id = "marketing"
category = "marketing"
name = { ko = "광고", en = "Marketing" }
about = { ko = "광고를 고릅니다.", en = "Chooses advertisements." }
consequence = { ko = "광고가 관심사와 무관합니다.", en = "Advertisements are not chosen for you." }
[recipients.operator]
company = { ko = "가게 주식회사", en = "Shop Inc." }
country = "KR"
privacy = "privacy@shop.example"
[[cookies]]
name = "session"
purpose = "necessary"
recipient = "operator"
what = { ko = "로그인", en = "Your login" }
lifetime = "session"
[[cookies]]
prefix = "sort_"
purpose = "preferences"
recipient = "operator"
what = { ko = "정렬", en = "Sort order" }
lifetime = "P1Y"
on_request = true
[[cookies]]
name = "visits"
purpose = "analytics"
recipient = "operator"
what = { ko = "방문 수", en = "Number of visits" }
lifetime = "P30D"
[[trackers]]
host = "ads.example"
path = "/pixel"
purpose = "marketing"
recipient = "operator"
what = { ko = "본 페이지", en = "Pages seen" }
lifetime = "P1Y"
"#;

pub(crate) fn sample() -> Policy {
    compile(SAMPLE, &Catalog::default()).expect("the sample compiles")
}

fn faults(change: impl Fn(&str) -> String) -> Vec<Fault> {
    compile(&change(SAMPLE), &Catalog::bundled().expect("the catalogue is sound")).expect_err("a fault was written")
}

fn check(from: &str, to: &str, key: &str, message: &str) {
    assert!(SAMPLE.contains(from), "the sample has {from}");
    let faults = faults(|sample| sample.replacen(from, to, 1));
    let told = faults.iter().any(|fault| fault.key == key && fault.message.contains(message) && fault.line > 0);
    assert!(told, "expected {key}: …{message}… in {faults:#?}");
}

#[test]
fn the_sample_means_what_it_says() {
    let policy = sample();
    assert_eq!(policy.ids(policy.all()), ["necessary", "preferences", "analytics", "marketing"]);
    assert_eq!(policy.ids(policy.always()), ["necessary"]);
    let purpose = |name: &str| policy.cookies.find(name.as_bytes()).map(|rule| rule.purpose.place());
    assert_eq!(purpose("session"), Some(0));
    assert_eq!(purpose("sort_list"), Some(1));
    assert_eq!(purpose("sort"), None);
    let tracker = |host: &str, path: &str| policy.trackers.find(host, path).is_some();
    assert!(tracker("ads.example", "/pixel.gif") && tracker("eu.ads.example", "/pixel"));
    assert!(!tracker("ads.example", "/about") && !tracker("badads.example", "/pixel"));
    assert!(!policy.all().is_subset_of(PurposeSet::EMPTY));
}

#[test]
fn every_fault_names_its_key_and_line() {
    check(
        "purpose = \"analytics\"",
        "purpose = \"analitics\"",
        "cookies[2].purpose",
        "is not one of this policy's purposes",
    );
    check("lifetime = \"P30D\"", "lifetime = \"30 days\"", "cookies[2].lifetime", "write \"session\" or a period");
    check("regime = \"opt-in\"", "regime = \"optin\"", "regime", "write one of opt-in, opt-out, notice");
    check("on_request = true", "on_reqest = true", "cookies[1].on_reqest", "is not a key that is known here");
    check(
        "name = \"visits\"",
        "name = \"visits\"\nprefix = \"v\"",
        "cookies[2]",
        "exactly one of name, prefix, suffix",
    );
    check("effective = \"2026-01-01\"", "effective = \"2026-02-30\"", "effective", "a day that exists");
    check("country = \"KR\"", "country = \"Korea\"", "recipients.operator.country", "two capital letters");
    check("host = \"ads.example\"", "host = \"https://ads.example\"", "trackers[0].host", "host name in lower case");
    check("id = \"analytics\"", "id = \"Analytics\"", "purposes[2].id", "small letter");
    check("ko = \"쿠키\", ", "", "section.title.ko", "is missing");
    check("recipient = \"operator\"", "recipient = \"nobody\"", "cookies[0].recipient", "is not written");
    check("effective", "effective = \"2026-01-01\"\neffective", "", "not TOML");
}

#[test]
fn every_fault_of_a_key_of_browser_storage_names_its_key_and_line() {
    let row = "[[storage]]\narea = \"local\"\nname = \"seen_tour\"\npurpose = \"preferences\"\nrecipient = \"operator\"\n\
               what = { ko = \"안내\", en = \"The tour\" }\nlifetime = \"P1Y\"\n";
    let with = |row: &str| format!("{SAMPLE}\n{row}");
    compile(&with(row), &Catalog::default()).expect("the row is sound");
    let check = |from: &str, to: &str, key: &str, message: &str| {
        assert!(row.contains(from), "the row has {from}");
        let changed = with(&row.replacen(from, to, 1));
        let faults = compile(&changed, &Catalog::default()).expect_err("a fault was written");
        let told = faults.iter().any(|fault| fault.key == key && fault.message.contains(message) && fault.line > 0);
        assert!(told, "expected {key}: …{message}… in {faults:#?}");
    };
    check("area = \"local\"", "area = \"disk\"", "storage[0].area", "write one of local, session, indexeddb");
    check("area = \"local\"\n", "", "storage[0].area", "is missing");
    check("name = \"seen_tour\"", "name = \"a\"\nprefix = \"b\"", "storage[0]", "exactly one of name, prefix, suffix");
    check(
        "purpose = \"preferences\"",
        "purpose = \"fun\"",
        "storage[0].purpose",
        "is not one of this policy's purposes",
    );
    check("recipient = \"operator\"", "recipient = \"nobody\"", "storage[0].recipient", "is not written");
    check("lifetime = \"P1Y\"", "lifetime = \"long\"", "storage[0].lifetime", "write \"session\" or a period");
    check("what = ", "on_request = true\nwhat = ", "storage[0].on_request", "is not a key that is known here");
    let twice = compile(&with(&format!("{row}{row}")), &Catalog::default()).expect_err("twice");
    assert!(twice.iter().any(|fault| fault.message.contains("is there twice") && fault.line > 0), "{twice:#?}");
}

#[test]
fn all_faults_are_told_at_once() {
    let found = faults(|sample| {
        sample.replace("lifetime = \"P1Y\"", "lifetime = \"long\"").replace("regime = \"opt-in\"", "regime = 3")
    });
    assert_eq!(found.len(), 3, "{found:#?}");
}

#[test]
fn a_blanket_warning_is_no_consequence() {
    check(
        "en = \"Your visit is not counted.\"",
        "en = \"The site may not work properly.\"",
        "purposes[2].consequence",
        "blanket warning",
    );
    check(
        "consequence = { ko = \"방문이 세어지지 않습니다.\", en = \"Your visit is not counted.\" }",
        "",
        "purposes[2].consequence",
        "is missing",
    );
}

#[test]
fn a_known_tracker_cookie_is_not_necessary_without_a_reason() {
    check("name = \"session\"", "name = \"_ga\"", "cookies[0].purpose", "is known for analytics");
    check("prefix = \"sort_\"", "prefix = \"_ga\"", "cookies[1].on_request", "no visitor asks for");
    let reasoned = SAMPLE.replacen(
        "name = \"session\"",
        "name = \"_ga\"\ndespite_catalog = { ko = \"이 이름을 로그인에 씁니다.\", en = \"This site uses the name for its login.\" }",
        1,
    );
    let policy = compile(&reasoned, &Catalog::bundled().expect("sound")).expect("a reason lifts it");
    assert!(policy.cookies.find(b"_ga").is_some_and(|rule| rule.despite_catalog.is_some()));
}

#[test]
fn the_catalogue_enforces_what_the_policy_has_a_purpose_for() {
    let policy = compile(SAMPLE, &Catalog::bundled().expect("sound")).expect("compiles");
    let rule = policy.cookies.find(b"_ga").expect("a reviewed name");
    assert!(!rule.source.is_declared());
    assert_eq!(policy.purpose(rule.purpose).map(|purpose| purpose.id.as_str()), Some("analytics"));
    assert!(policy.cookies.declared().all(|rule| rule.source.is_declared()));
}

#[test]
fn what_recipients_do_with_data_is_read_where_it_is_written() {
    let written = format!(
        "{}[recipients.partner]\ncompany = {{ ko = \"짝\", en = \"Partner\" }}\ncountry = \"US\"\nprivacy = \"https://partner.example\"\n\
         items = {{ ko = \"주문\", en = \"orders\" }}\nperiod = \"P2Y\"\nrelation = \"third_party\"\n\
         how_to_refuse = {{ ko = \"글로\", en = \"in writing\" }}\n\
         [[services]]\ncatalog = \"google-analytics\"\nperiod = \"P14M\"\n\
         [[services]]\ncatalog = \"kakao-pixel\"\nrelation = \"third_party\"\n",
        SAMPLE
    );
    let policy = compile(&written, &Catalog::bundled().expect("sound")).expect("compiles");
    let of = |key: &str| policy.recipients.get(key).expect("a recipient");
    let partner = of("partner");
    assert_eq!(partner.items.as_ref().map(|items| items.en.as_str()), Some("orders"));
    assert_eq!((partner.period, partner.relation), (Period::parse("P2Y"), Relation::ThirdParty));
    assert!(partner.how_to_refuse.is_some() && policy.goes_abroad(partner));
    assert_eq!((of("operator").relation, of("operator").period), (Relation::Operator, None));
    assert!(!policy.goes_abroad(of("operator")));
    let (google, kakao) = (of("google-analytics"), of("kakao-pixel"));
    assert_eq!((google.relation, google.period), (Relation::Processor, Period::parse("P14M")));
    assert!(google.items.is_some(), "the catalogue knows what it collects");
    assert_eq!((kakao.relation, policy.goes_abroad(kakao)), (Relation::ThirdParty, false));
}

#[test]
fn a_revision_says_why_and_since_when_a_purpose_means_what_it_means() {
    let written = SAMPLE
        .replacen("effective = ", "reason = { ko = \"고침\", en = \"Mended\" }\neffective = ", 1)
        .replacen("id = \"analytics\"", "id = \"analytics\"\nmeaning_since = \"2024-01-01\"", 1);
    let policy = compile(&written, &Catalog::default()).expect("compiles");
    assert_eq!(policy.reason.as_ref().map(|reason| reason.en.as_str()), Some("Mended"));
    let since = |place: usize| policy.purposes.get(place).and_then(|purpose| purpose.meaning_since);
    assert_eq!((since(2), since(1)), (Date::parse("2024-01-01"), None));
}

#[test]
fn retention_knows_the_gateways_own_records_and_its_purpose() {
    let row = "[[retention]]\nrecord = { ko = \"기록\", en = \"records\" }\nperiod = \"P1Y\"\nbasis = \"consent\"\n\
               classes = [\"consent\", \"access_log\"]\npurpose = \"analytics\"\n";
    let policy = compile(&format!("{SAMPLE}{row}"), &Catalog::default()).expect("compiles");
    let kept = policy.retention.first().expect("a row");
    assert_eq!(kept.classes, [RecordClass::Consent, RecordClass::AccessLog]);
    assert_eq!(kept.purpose, policy.index_of("analytics"));
    let faults =
        compile(&format!("{SAMPLE}{}", row.replace("analytics", "fun")), &Catalog::default()).expect_err("a fault");
    assert!(faults.iter().any(|fault| fault.key == "retention[0].purpose" && fault.line > 0), "{faults:#?}");
}

#[test]
fn the_bodies_of_korea_help_where_none_is_written() {
    let names = |source: &str| -> Vec<String> {
        let policy = compile(source, &Catalog::default()).expect("compiles");
        policy.redress.into_iter().map(|body| body.name.en).collect()
    };
    assert_eq!(names(SAMPLE).len(), 4);
    assert!(names(&SAMPLE.replacen("format = 1", "format = 1\nhome = \"DE\"", 1)).is_empty());
    let own = "[[redress]]\nname = { ko = \"조정소\", en = \"Mediator\" }\naddress = \"https://mediator.example\"\n";
    assert_eq!(names(&format!("{SAMPLE}{own}")), ["Mediator"]);
}

#[test]
fn the_version_is_the_content() {
    let other = compile(&SAMPLE.replace("Shop Inc.", "Shop Ltd."), &Catalog::default()).expect("compiles");
    assert_ne!(sample().version, other.version);
    assert_eq!(sample().version, sample().version);
}
