//! Published policies read into facts and policy files: a set of pages, each of another shape, with what a careful reader finds in them.
//!
//! Refuses pages that anybody published: all are written for this test. Invariant: every page has its labels beside it, and a score that was
//! reached is not lost again.

mod score;

use std::path::{Path, PathBuf};

use gateway_tests::gateway::command;
use gateway_tests::{Origin, Reply};
use policies::draft::draft_published;
use policies::import::{Format, import};
use policies::policy::compile;
use policies::rules::catalog::Catalog;
use serde_json::Value;

/// The fewest pages there may be.
const FEWEST: usize = 40;

/// What was reached, as the mean of the fields' F1. It may rise.
const REACHED: f64 = 0.99;

/// Fields that are not read as a careful reader would, by page.
const MISSED: [(&str, &str); 5] = [
    ("cookies-in-two-sections", "retention"),
    ("english-capitals", "officer_role"),
    ("glued-numbers", "sections"),
    ("letters-and-an-inner-section", "retention"),
    ("terse", "retention"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/policies")
}

/// Every page with its labels, by name.
fn pages() -> Vec<(String, PathBuf, Value)> {
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_some_and(|end| end == "json") {
            continue;
        }
        let labels =
            std::fs::read(folder().join(format!("{name}.gold.json"))).expect("each page has its labels beside it");
        pages.push((name, path, serde_json::from_slice(&labels).unwrap()));
    }
    pages.sort_by(|one, other| one.0.cmp(&other.0));
    pages
}

fn read(path: &Path) -> policies::import::Imported {
    let format = match path.extension().and_then(|end| end.to_str()) {
        Some("html") => Some(Format::Html),
        Some("md") => Some(Format::Markdown),
        _ => None,
    };
    import(&std::fs::read(path).unwrap(), format).expect("a page is read")
}

#[test]
fn pages_of_every_shape_say_what_a_careful_reader_finds() {
    let pages = pages();
    assert!(pages.len() >= FEWEST, "{} pages", pages.len());
    let mut all = score::Score::default();
    let mut wrong = Vec::new();
    for (name, path, labels) in &pages {
        let found: Value = serde_json::from_str(&read(path).json()).unwrap();
        let one = score::Score::of(labels, &found);
        for field in one.below_one() {
            if !MISSED.contains(&(name.as_str(), field)) {
                wrong.push(format!("{name}: {field}"));
            }
        }
        all.add(&one);
    }
    let reached = all.mean();
    println!("{} pages, mean F1 {reached:.4}", pages.len());
    assert!(reached >= REACHED, "the mean of the fields' F1 is {reached:.4}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_page_becomes_a_policy_file_that_compiles_as_it_stands() {
    let catalog = Catalog::bundled().unwrap();
    for (name, path, labels) in pages() {
        let draft = draft_published(&read(&path));
        let policy = compile(&draft, &catalog).unwrap_or_else(|faults| panic!("{name}: {faults:?}\n{draft}"));
        assert_eq!(
            Some(policy.effective.to_string()).as_deref().filter(|_| labels["effective"].is_string()),
            labels["effective"].as_str(),
            "{name}"
        );
        assert!(draft.contains("# --- To answer"), "{name}");
        for line in draft.lines().filter(|line| {
            line.starts_with("service = ") || line.starts_with("operator = ") || line.starts_with("effective = ")
        }) {
            assert!(line.contains("# line ") || line.contains("# guess"), "{name}: {line}");
        }
    }
}

#[test]
fn the_command_line_prints_facts_or_a_policy_file() {
    let temporary = tempfile::tempdir().unwrap();
    let page = folder().join("page-euc-kr.html");
    let page = page.to_str().unwrap();
    let facts = command(temporary.path(), &["policy", "import", page, "--format", "json"]);
    let facts: Value = serde_json::from_slice(&facts.stdout).expect("one JSON object");
    assert_eq!(facts["effective"], "2023-03-02");
    let draft = command(temporary.path(), &["policy", "import", page, "--format", "toml"]);
    assert!(draft.status.success());
    std::fs::write(temporary.path().join("policy.toml"), &draft.stdout).unwrap();
    let checked = command(temporary.path(), &["check", "policy.toml"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn what_can_not_be_read_is_said_in_one_sentence() {
    let temporary = tempfile::tempdir().unwrap();
    std::fs::write(temporary.path().join("picture.txt"), b"\xff\xff\xff\x80").unwrap();
    std::fs::write(temporary.path().join("menu.txt"), "오늘의 점심").unwrap();
    let check = |file: &str, expect: &str, well: bool| {
        let done = command(temporary.path(), &["policy", "import", file]);
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        let first = told.lines().next().unwrap_or_default();
        assert_eq!((done.status.success(), first.contains(expect)), (well, true), "{file}: {told}");
    };
    check("http://127.0.0.1:1/privacy", "http://127.0.0.1:1/privacy: can't be reached", false);
    check("nowhere.html", "can't be read", false);
    check("picture.txt", "neither UTF-8 nor EUC-KR", false);
    check("menu.txt", "no sections", true);
}

#[tokio::test]
async fn a_page_is_fetched_from_its_address() {
    let origin = Origin::start(|seen| match seen.path_only() {
        "/privacy" => Reply::redirect(301, "/company/privacy?lang=ko"),
        "/company/privacy" => {
            Reply::of("text/html; charset=EUC-KR", std::fs::read(folder().join("page-euc-kr.html")).unwrap())
        }
        "/round" => Reply::redirect(302, "/round"),
        "/away" => Reply::redirect(302, "ftp://site.example/privacy"),
        "/picture" => Reply::of("image/png", "no text"),
        "/long" => Reply::of("text/html", vec![b' '; 9 << 20]),
        _ => Reply::status(404),
    });
    let origin = origin.await;
    let temporary = tempfile::tempdir().unwrap();
    let import = async |path: &str| {
        let (folder, address) = (temporary.path().to_owned(), format!("{}{path}", origin.url()));
        let run = move || command(&folder, &["policy", "import", &address, "--format", "json"]);
        tokio::task::spawn_blocking(run).await.expect("the command ends")
    };
    let facts = import("/privacy").await;
    let facts: Value = serde_json::from_slice(&facts.stdout).expect("one JSON object");
    assert_eq!(facts["effective"], "2023-03-02");
    let seen = origin.last_at("/company/privacy");
    assert!(
        seen.all("cookie").is_empty()
            && seen.header("user-agent").is_some_and(|name| name.starts_with("consent-gateway/"))
    );
    let check = async |path: &str, expect: &str| {
        let done = import(path).await;
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && told.contains(expect), "{path}: {told}");
    };
    check("/round", "leads on more than 5 times").await;
    check("/away", "ftp://site.example/privacy, which is not followed").await;
    check("/picture", "is no page but \"image/png\"").await;
    check("/long", "is longer than 8 MiB").await;
    check("/nothing", "answers 404").await;
}

#[test]
fn the_paragraphs_on_our_own_cookie_are_printed_in_both_languages() {
    let temporary = tempfile::tempdir().unwrap();
    let printed = command(temporary.path(), &["policy", "snippet"]);
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert_eq!(printed.matches("`__Host-consent`").count(), 2, "{printed}");
    assert!(printed.contains("동의 기록 쿠키") && printed.contains("The record of your choice"), "{printed}");
}
