//! Every finding with its key, line and severity, and that the policies which come with the product have none.

use std::path::Path;

use super::{Finding, Severity};
use crate::policy::history::History;
use crate::policy::tests::SAMPLE;
use crate::rules::catalog::Catalog;
use crate::time::Date;

const HANDLING: &str = "[handling]\ncollection = { ko = \"쿠키로\", en = \"by cookies\" }\ndestruction = { ko = \"지웁니다\", en = \"deleted\" }\n\
                        exercise = { ko = \"글로\", en = \"in writing\" }\nsafety = { ko = \"잠금\", en = \"a lock\" }\n";
const RECORDS: &str = "[[retention]]\nrecord = { ko = \"기록\", en = \"records\" }\nperiod = \"P3Y\"\nbasis = \"internal_policy\"\n\
                       classes = [\"consent\", \"withdrawn\", \"requests\", \"statistics\", \"staff_access\", \"access_log\"]\n";

/// A version in which nothing is found, with notices promised.
fn sound() -> String {
    let told = SAMPLE.replacen(
        "effective",
        "rights = [\"access\"]\nreason = { ko = \"고침\", en = \"Mended\" }\neffective",
        1,
    );
    let told = told.replacen("[section]", "[notice]\nordinary_days = 7\nmaterial_days = 30\n[section]", 1);
    format!("{told}{HANDLING}{RECORDS}")
}

fn findings(versions: Vec<String>) -> Vec<Finding> {
    let files = versions.into_iter().enumerate().map(|(place, text)| (format!("{place}.toml"), text)).collect();
    let history = History::compile(files, &Catalog::bundled().expect("sound"));
    history.unwrap_or_else(|faults| panic!("{faults:#?}")).findings()
}

/// What one edit of a sound version brings up.
fn check(from: &str, to: &str, expect: &[(Severity, &str, &str)]) {
    assert!(sound().contains(from), "the sample has {from}");
    tells(&findings(vec![sound().replacen(from, to, 1)]), expect);
}

fn tells(found: &[Finding], expect: &[(Severity, &str, &str)]) {
    assert_eq!(found.len(), expect.len(), "{found:#?}");
    for (severity, key, part) in expect {
        let told = found.iter().any(|one| {
            one.severity == *severity && one.fault.key == *key && one.fault.message.contains(part) && one.fault.line > 0
        });
        assert!(told, "expected {key}: …{part}… in {found:#?}");
    }
}

use Severity::{Advice, Fault};

#[test]
fn nothing_is_found_in_a_sound_version() {
    tells(&findings(vec![sound()]), &[]);
}

/// A second version, with another day of announcement and effect.
fn revised(announced: Option<&str>, effective: &str, change: &dyn Fn(String) -> String) -> Vec<Finding> {
    let announced = announced.map_or_else(String::new, |day| format!("announced = \"{day}\"\n"));
    let dates = format!("{announced}effective = \"{effective}\"");
    findings(vec![sound(), change(sound().replacen("effective = \"2026-01-01\"", &dates, 1))])
}

#[test]
fn a_notice_is_as_long_as_the_version_before_promised() {
    let ordinary = |text: String| text.replacen("en = \"Paragraph\"", "en = \"Words\"", 1);
    let material = |text: String| text.replacen("lifetime = \"P30D\"", "lifetime = \"P60D\"", 1);
    tells(&revised(Some("2026-06-01"), "2026-06-08", &ordinary), &[]);
    tells(&revised(Some("2026-06-01"), "2026-06-07", &ordinary), &[(Fault, "effective", "write 2026-06-08 or later")]);
    tells(&revised(Some("2026-06-01"), "2026-07-01", &material), &[]);
    tells(
        &revised(Some("2026-06-01"), "2026-06-30", &material),
        &[(Fault, "effective", "promises 30 of a change that matters")],
    );
    tells(&revised(None, "2026-06-30", &material), &[(Fault, "announced", "promises 30 days' notice")]);
    tells(
        &revised(Some("2026-06-08"), "2026-06-08", &ordinary),
        &[(Fault, "effective", "holds from 2026-06-09"), (Fault, "effective", "write 2026-06-15 or later")],
    );
    let silent = |text: String| ordinary(text).replacen("reason = { ko = \"고침\", en = \"Mended\" }\n", "", 1);
    tells(&revised(Some("2026-06-01"), "2026-06-08", &silent), &[(Advice, "reason", "say why")]);
    // What the version before promised counts, not what this one says.
    let shorter = |text: String| ordinary(text).replacen("ordinary_days = 7", "ordinary_days = 1", 1);
    tells(&revised(Some("2026-06-01"), "2026-06-08", &shorter), &[(Fault, "effective", "promises 30")]);
}

#[test]
fn only_faults_of_a_version_to_come_refuse_it() {
    let material = |text: String| text.replacen("lifetime = \"P30D\"", "lifetime = \"P60D\"", 1);
    let found = revised(Some("2026-06-01"), "2026-06-08", &material);
    let refuses = |day: &str| found.iter().any(|one| one.refuses(Date::parse(day).expect("a day")));
    assert_eq!((refuses("2026-06-07"), refuses("2026-06-08")), (true, false));
    let silent = |text: String| {
        text.replacen("reason = { ko = \"고침\", en = \"Mended\" }\n", "", 1).replacen("Paragraph", "Words", 1)
    };
    let found = revised(Some("2026-06-01"), "2026-06-08", &silent);
    assert!(found.len() == 1 && !found.iter().any(|one| one.refuses(Date::parse("2026-01-01").expect("a day"))));
}

#[test]
fn a_language_of_the_cookie_section_is_one_of_its_purposes() {
    let german = "title = { ko = \"쿠키\", en = \"Cookies\", de = \"Kekse\" }";
    let found = findings(vec![sound().replacen("title = { ko = \"쿠키\", en = \"Cookies\" }", german, 1)]);
    let keys: Vec<&str> = found.iter().map(|one| one.fault.key.as_str()).collect();
    assert_eq!(keys.len(), 11, "{keys:?}");
    assert!(keys.contains(&"purposes[1].consequence") && found.iter().all(|one| one.fault.message.contains("\"de\"")));
}

#[test]
fn a_lifetime_is_no_longer_than_what_is_told() {
    let period = "country = \"KR\"\nperiod = \"P20D\"";
    let found = findings(vec![sound().replacen("country = \"KR\"", period, 1)]);
    let keys: Vec<&str> = found.iter().map(|one| one.fault.key.as_str()).collect();
    assert_eq!(keys, ["cookies[1].lifetime", "cookies[2].lifetime", "trackers[0].lifetime"]);
    let row = format!("{RECORDS}purpose = \"analytics\"\n").replace("P3Y", "P2W");
    check(RECORDS, &row, &[(Fault, "cookies[2].lifetime", "P30D, longer than the P14D")]);
    check(RECORDS, &row.replace("P2W", "P1M"), &[]);
}

#[test]
fn a_recipient_is_told_with_purpose_and_period() {
    let partner = "[recipients.partner]\ncompany = { ko = \"협력사\", en = \"Partner\" }\ncountry = \"US\"\nprivacy = \"p@partner.example\"\n";
    let with = |more: &str| findings(vec![format!("{}{partner}{more}", sound())]);
    tells(&with(""), &[(Fault, "recipients.partner", "receives nothing that is declared")]);
    let cookie = "[[cookies]]\nname = \"partner\"\npurpose = \"marketing\"\nrecipient = \"partner\"\nwhat = { ko = \"번호\", en = \"a number\" }\nlifetime = \"session\"\n";
    tells(&with(cookie), &[(Fault, "recipients.partner.period", "how long this recipient keeps")]);
    tells(&with(&format!("period = \"P1Y\"\n{cookie}")), &[]);
    tells(&with(&cookie.replace("\"session\"", "\"P7D\"")), &[]);
    let unknown = findings(vec![
        format!("{}{partner}{cookie}", sound()).replace("\"US\"", "\"ZZ\"").replace("\"session\"", "\"P7D\""),
    ]);
    tells(&unknown, &[(Fault, "recipients.partner.country", "is not known")]);
    let service = "[[services]]\ncatalog = \"google-tag-manager\"\n";
    tells(&findings(vec![format!("{}{service}", sound())]), &[(Fault, "services[0].period", "P…")]);
}

#[test]
fn the_law_s_items_are_asked_for_one_by_one() {
    let without = |line: &str, key: &str, part: &str| {
        let whole = HANDLING.lines().find(|one| one.starts_with(line)).expect("a line");
        check(&format!("{whole}\n"), "", &[(Fault, key, part)]);
    };
    without("collection", "handling.collection", "guideline on behavioural information");
    without("destruction", "handling.destruction", "item 3-2");
    without("exercise", "handling.exercise", "item 5");
    without("safety", "handling.safety", "decree");
    check("rights = [\"access\"]\n", "", &[(Fault, "rights", "item 5")]);
    check("refusal_modes = [\"allow_all\", \"refuse_all\"]", "", &[(Fault, "section.refusal_modes", "item 7")]);
    check("format = 1", "format = 1\nredress = []", &[(Fault, "redress", "who helps")]);
    check(
        "what = { ko = \"본 페이지\", en = \"Pages seen\" }\nlifetime = \"P1Y\"",
        "what = { ko = \"본 페이지\", en = \"Pages seen\" }",
        &[(Fault, "trackers[0].lifetime", "how long")],
    );
    check(
        "name = \"visits\"\npurpose = \"analytics\"",
        "name = \"visits\"\npurpose = \"preferences\"",
        &[(Fault, "purposes[2]", "nothing is declared")],
    );
    // Elsewhere another law holds, and the gateway's records are the gateway's.
    let abroad = sound().replacen("format = 1", "format = 1\nhome = \"DE\"", 1).replacen(HANDLING, "", 1);
    tells(&findings(vec![abroad]), &[]);
}

#[test]
fn each_class_of_records_has_one_row() {
    check("\"requests\", ", "", &[(Fault, "retention", "classes = [\"requests\"]")]);
    let twice = format!(
        "{RECORDS}[[retention]]\nrecord = {{ ko = \"또\", en = \"again\" }}\nperiod = \"P1Y\"\nbasis = \"internal_policy\"\nclasses = [\"statistics\"]\n"
    );
    check(RECORDS, &twice, &[(Fault, "retention", "2 rows")]);
}

#[test]
fn what_has_had_its_day_is_advice() {
    let said = |ko: &str| format!("{{ ko = \"{ko}\", en = \"Paragraph\" }}");
    let with = |ko: &str, part: &str| check(&said("문단"), &said(ko), &[(Advice, "section.paragraphs[0]", part)]);
    with("웹브라우저 상단의 도구 > 인터넷옵션 > 개인정보", "Internet Explorer");
    with("정보통신망 이용촉진 및 정보보호 등에 관한 법률에 따릅니다", "Act No. 16955");
    with("공인 인증서로 로그인합니다", "accredited certificates");
    with("쿠키는 개인을 식별하지 않으며", "number of their own");
    let quiet = sound()
        .replacen("category = \"analytics\"", "category = \"preferences\"", 1)
        .replacen("category = \"marketing\"", "category = \"preferences\"", 1)
        .replacen("ko = \"문단\"", "ko = \"쿠키는 개인을 식별하지 않으며\"", 1);
    tells(&findings(vec![quiet]), &[]);
}

#[test]
fn nothing_is_found_in_the_policies_that_come_with_the_product() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/documents"));
    let catalog = Catalog::bundled().expect("sound");
    for service in std::fs::read_dir(folder).expect("the documents").map(|entry| entry.expect("an entry").path()) {
        let starter = service.ends_with("starter");
        let mut files: Vec<(String, String)> = std::fs::read_dir(&service)
            .expect("a service")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
            .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("a file")))
            .collect();
        files.sort();
        // The starters are three beginnings, not three versions.
        let histories = if starter { files.into_iter().map(|file| vec![file]).collect() } else { vec![files] };
        for files in histories {
            let found = History::compile(files, &catalog).unwrap_or_else(|faults| panic!("{faults:#?}")).findings();
            assert!(found.iter().all(|one| one.severity == Advice), "{found:#?}");
            assert!(!starter || found.is_empty(), "{found:#?}");
        }
    }
}
