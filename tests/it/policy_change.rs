//! The versions of a policy at the command line: compared, checked, begun and told of by letter; and the comparison as people see it in a browser.
//!
//! Refuses to know what the sentences are: the room's own tests have them. Invariant: no command changes a file that is there.

use std::path::Path;

use gateway_tests::gateway::{command, printed};
use gateway_tests::{Browser, Origin, Reply};
use serde_json::Value;

use crate::access::seen_by_axe;

const STARTER: &str = include_str!("../../policies/documents/starter/opt-in.toml");

/// A folder with a policy of two versions: the second keeps a service's data longer and corrects the officer's address.
fn shop(folder: &Path) {
    let shop = folder.join("shop");
    std::fs::create_dir(&shop).expect("a temporary folder can be written");
    let second = STARTER
        .replacen("effective = \"2025-01-01\"", "announced = \"2025-05-02\"\neffective = \"2025-06-01\"", 1)
        .replacen("# reason = { ko = \"…\", en = \"…\" }", "reason = { ko = \"기간 변경\", en = \"Other periods\" }", 1)
        .replacen("period = \"P14D\"", "period = \"P30D\"", 1)
        .replacen("address = \"privacy@our-site.example\"", "address = \"officer@our-site.example\"", 1);
    std::fs::write(shop.join("2025-01-01.toml"), STARTER).expect("a temporary folder can be written");
    std::fs::write(shop.join("2025-06-01.toml"), second).expect("a temporary folder can be written");
}

/// What a command printed, which must have ended with this code.
fn told(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = command(folder, arguments);
    let printed = printed(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {printed}");
    printed
}

fn check(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn what_changes_is_told_with_weight_and_reason_in_two_languages_and_as_data() {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    shop(temporary.path());
    let ko = told(temporary.path(), &["policy", "diff", "shop/2025-01-01.toml", "shop/2025-06-01.toml"], 0);
    check(
        &ko,
        &[
            "2025-01-01 방침과 2025-06-01 방침",
            "이용자 권리에 중요한 변경: 1",
            "더 오래 보관합니다.",
            "- 14일",
            "+ 30일",
            "일반 변경: 1",
        ],
    );
    let en = told(temporary.path(), &["policy", "diff", "shop", "--lang", "en"], 0);
    check(
        &en,
        &[
            "Changes that matter to visitors' rights: 1",
            "- 14 days",
            "+ 30 days",
            "Other periods",
            "officer@our-site.example",
        ],
    );
    let data = told(temporary.path(), &["policy", "diff", "shop", "--format", "json"], 0);
    let data: Value = serde_json::from_str(&data).expect("one JSON object");
    assert_eq!((&data["weight"], &data["old"]["effective"]), (&"material".into(), &"2025-01-01".into()));
    let keys: Vec<&str> =
        data["changes"].as_array().expect("a list").iter().filter_map(|row| row["key"].as_str()).collect();
    assert_eq!(keys, ["recipient:google-tag-manager:period", "contact:address"]);
    check(&told(temporary.path(), &["policy", "diff", "shop/2025-01-01.toml"], 1), &["holds one version"]);
    check(&told(temporary.path(), &["policy", "diff", "nowhere.toml", "shop"], 1), &["nowhere.toml: can't be read"]);
}

#[tokio::test]
async fn the_comparison_is_a_page_that_everybody_can_read_without_script() {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    shop(temporary.path());
    for lang in ["ko", "en"] {
        let page = told(temporary.path(), &["policy", "diff", "shop", "--format", "html", "--lang", lang], 0);
        assert!(
            !page.contains("<script") && !page.contains("http-equiv") && !page.contains(" src="),
            "it stands by itself"
        );
        let origin = Origin::start(move |_| Reply::page(page.clone())).await;
        let browser = Browser::plan().start().await;
        browser.open(&origin.url()).await;
        let rows = browser.run("return [...document.querySelectorAll('tbody tr')].map(row => row.cells.length);").await;
        assert_eq!(rows, serde_json::json!([4, 4]));
        let first = browser.text("tbody tr:first-child").await;
        check(
            &first,
            if lang == "ko" {
                &["14일", "30일", "중요한 변경"]
            } else {
                &["14 days", "30 days", "matters to visitors"]
            },
        );
        let faults = seen_by_axe(&browser, lang, "comparison").await;
        assert!(faults.is_empty(), "{faults:#?}");
        let wide =
            browser.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth;").await;
        assert_eq!(wide, false, "nothing is wider than the window");
    }
}

#[test]
fn every_fault_of_every_version_is_told_at_once_and_advice_alone_is_none() {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    shop(temporary.path());
    let well = told(temporary.path(), &["policy", "check", "shop"], 0);
    check(&well, &["2 versions, the last of 2025-06-01; faults: 0, advice: 0", "no faults"]);
    let second = temporary.path().join("shop/2025-06-01.toml");
    let text = std::fs::read_to_string(&second).expect("the second version");
    let hasty = text.replacen("announced = \"2025-05-02\"", "announced = \"2025-05-25\"", 1);
    let hasty = hasty.replacen("classes = [\"statistics\"]\n", "", 1).replacen(
        "쿠키는 사이트가",
        "인터넷 익스플로러의 쿠키는 사이트가",
        1,
    );
    std::fs::write(&second, hasty).expect("a temporary folder can be written");
    let wrong = told(temporary.path(), &["policy", "check", "shop"], 1);
    check(
        &wrong,
        &[
            "shop/2025-06-01.toml:",
            "effective: is 7 days after the announcement",
            "write 2025-06-24 or later",
            "classes = [\"statistics\"]",
            "advice: shop/2025-06-01.toml:",
            "Internet Explorer",
            "2 faults",
        ],
    );
    std::fs::write(temporary.path().join("broken.toml"), "format = 1\n").expect("a temporary folder can be written");
    let both = told(temporary.path(), &["policy", "check", "broken.toml", "shop"], 1);
    check(&both, &["broken.toml:1: service: is missing", "effective: is 7 days after"]);
}

#[test]
fn every_policy_that_comes_with_the_product_passes_its_own_check() {
    let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/documents");
    let services = ["ezcare", "jmpsystem", "officemessenger", "qsolution", "remotemeeting"];
    let starters = ["starter/opt-in.toml", "starter/opt-out.toml", "starter/notice.toml"];
    for name in services.into_iter().chain(starters) {
        let output = told(&documents, &["policy", "check", name], 0);
        assert!(!starters.contains(&name) || !output.contains("advice:  "), "{output}");
        assert!(!starters.contains(&name) || output.contains("faults: 0, advice: 0"), "{output}");
    }
}

#[test]
fn a_version_begins_as_a_copy_on_the_earliest_lawful_day_and_never_over_another() {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    shop(temporary.path());
    let begin = |more: &[&str], code| {
        let arguments = [&["policy", "new", "shop", "--announced", "2025-08-01"], more].concat();
        told(temporary.path(), &arguments, code)
    };
    check(&begin(&[], 0), &["shop/2025-08-08.toml", "7 days were promised"]);
    let file = temporary.path().join("shop/2025-08-08.toml");
    let written = std::fs::read_to_string(&file).expect("the new version");
    check(&written, &["announced = \"2025-08-01\"", "effective = \"2025-08-08\"", "# Starter policy, opt-in"]);
    check(&told(temporary.path(), &["policy", "diff", "shop", "--lang", "en"], 0), &["Nothing changes."]);
    std::fs::remove_file(&file).expect("the new version");
    let reasons = ["--material", "--reason", "새 목적", "--reason-en", "A new purpose"];
    check(&begin(&reasons, 0), &["shop/2025-08-31.toml", "30 days were promised"]);
    let written = std::fs::read_to_string(temporary.path().join("shop/2025-08-31.toml")).expect("the new version");
    check(&written, &["reason = { ko = \"새 목적\", en = \"A new purpose\" }"]);
    // One that is to come begins first, and a file that is there stays as it is.
    check(&begin(&[], 0), &["shop/2025-09-01.toml"]);
    std::fs::rename(temporary.path().join("shop/2025-09-01.toml"), temporary.path().join("kept")).expect("a move");
    std::fs::create_dir(temporary.path().join("shop/2025-09-01.toml.d")).expect("a folder");
    std::fs::write(temporary.path().join("shop/2025-09-01.toml"), STARTER.replacen("2025-01-01", "2025-02-02", 1))
        .expect("a file");
    check(&begin(&[], 1), &["named after 2025-09-01"]);
    check(&told(temporary.path(), &["policy", "new", "shop", "--announced", "soon"], 2), &["a day that exists"]);
    check(&told(temporary.path(), &["policy", "new", "kept"], 1), &["is no folder"]);
}

#[test]
fn a_letter_says_what_changes_when_where_to_read_and_how_to_refuse() {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    shop(temporary.path());
    let ko = told(temporary.path(), &["policy", "mail", "shop", "--portal", "https://shop.example/.consent/"], 0);
    check(
        &ko,
        &[
            "[우리 사이트] 개인정보 처리방침이 2025-06-01부터 바뀝니다",
            "공고일: 2025-05-02",
            "시행일: 2025-06-01",
            "개정 사유: 기간 변경",
            "14일 → 30일",
            "https://shop.example/.consent/policy",
            "쿠키 설정(https://shop.example/.consent/)",
            "officer@our-site.example",
        ],
    );
    let en =
        told(temporary.path(), &["policy", "mail", "shop/2025-01-01.toml", "shop/2025-06-01.toml", "--lang", "en"], 0);
    check(
        &en,
        &[
            "The privacy policy changes on 2025-06-01",
            "Changes that matter to your rights",
            "14 days → 30 days",
            "on the site's policy page",
            "What you refused before stays refused.",
        ],
    );
}
