//! A visitor under 14, a guardian who agrees, and an officer or a site's server who says so: from the code on the page to the grant in the browser.
//! Refuses to read a code from anywhere but the page.

mod calls;

use std::net::SocketAddr;
use std::path::Path;

use gateway_tests::client::Heard;
use gateway_tests::gateway::{command, printed};
use gateway_tests::{Browser, Client, Gateway, Origin, Reply, wait};

use crate::stage::{SHOP, taken_over};
use crate::store::{ask, lock};
use crate::visitors::{HOST, chosen, page, post, state};

async fn origin() -> Origin {
    Origin::start(|seen| {
        let lang = if seen.path_only() == "/list" { "ko" } else { "en" };
        Reply::page(format!("<!doctype html><html lang={lang}><title>T</title><body><p>Text.</p></body></html>"))
            .cookie("_ga=1; Path=/; Max-Age=9999")
            .cookie("_fbp=1; Path=/; Max-Age=9999")
    })
    .await
}

/// A site that asks for age, with more switches of its own.
fn text(origin: &Origin, more: &str) -> String {
    at("data", origin, more)
}

fn at(data: &str, origin: &Origin, more: &str) -> String {
    format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"{data}\"\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\nask_age = true\n{more}\n",
        origin.url()
    )
}

fn consent(heard: &Heard) -> String {
    heard.set_cookie("consent").unwrap_or_else(|| panic!("no consent cookie in {} {}", heard.status, heard.text()))
}

/// The code that a browser with this cookie is shown.
async fn shown(address: SocketAddr, cookie: &str) -> Option<String> {
    let heard = Client::fetch(address, HOST, "/.consent/guardian?lang=en", &[("Cookie", cookie)]).await;
    assert_eq!((heard.status, heard.header("cache-control").as_deref()), (200, Some("no-store")));
    let text = heard.text();
    let (_, rest) = text.split_once("id=\"consent-reference\">")?;
    rest.split('<').next().map(str::to_owned)
}

/// A browser whose visitor said to be under 14 and asked for a code: its cookie, and the code.
async fn child(address: SocketAddr) -> (String, String) {
    let refused = consent(&post(address, "choice", "act=accept_all&age=no", "").await);
    let cookie = consent(&post(address, "reference", "", &refused).await);
    let code = shown(address, &cookie).await.expect("a code");
    (cookie, code)
}

/// What the command line says to an officer.
fn officer(folder: &Path, code: &str, purposes: &str, more: &[&str]) -> (bool, String) {
    let words = ["guardian", "grant", "--config", "gateway.toml", "--reference", code, "--purposes", purposes];
    let site = if more.contains(&"--site") { &[][..] } else { &["--site", "shop"] };
    let output = command(folder, &[&words[..], site, more].concat());
    (output.status.success(), printed(&output))
}

/// The names that a page sets.
async fn set(address: SocketAddr, cookie: &str) -> Vec<String> {
    let lines = page(address, "/", &[("Cookie", cookie)]).await.all("set-cookie");
    let lines = lines.into_iter().filter(|line| !line.starts_with("consent=") && !line.contains("Max-Age=0"));
    let names = lines.filter(|line| !line.contains("1970"));
    names.filter_map(|line| line.split('=').next().map(str::to_owned)).collect()
}

const RECORDS: &str = "select act, granted, speaker, ground from record order by seq";

#[tokio::test]
async fn a_childs_code_an_officers_word_and_the_browser_has_what_the_guardian_agreed_to() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, "")).start().await;
    let address = gateway.address();
    let under = post(address, "choice", "act=accept_all&age=no", "").await;
    assert_eq!(
        (under.status, under.header("location").as_deref()),
        (303, Some("/.consent/guardian?lang=en&back=%2Flist"))
    );
    assert_eq!(shown(address, &consent(&under)).await, None, "nobody is given a number who didn't ask for one");

    let given = post(address, "reference", "", &consent(&under)).await;
    assert_eq!((given.status, given.header("cache-control").as_deref()), (303, Some("no-store")));
    let cookie = consent(&given);
    let code = shown(address, &cookie).await.expect("a code");
    assert_eq!(shown(address, &consent(&under)).await, None, "the code is the browser's that asked for it");
    let none = post(address, "reference", "", &cookie).await;
    assert!(
        none.header("location").expect("a way on").ends_with("&none_yet=yes") && none.set_cookie("consent").is_none()
    );
    assert!(set(address, &cookie).await.is_empty());

    let (done, said) = officer(gateway.folder(), &code.to_lowercase(), "analytics", &["--ground", "by telephone"]);
    assert!(done && said.contains("recorded as"), "{said}");
    assert!(set(address, &cookie).await.is_empty(), "a page never looks into the store");
    let found = post(address, "reference", "", &cookie).await;
    assert_eq!(found.header("location").as_deref(), Some("/.consent/settings?lang=en&back=%2Flist"));
    let granted = consent(&found);
    assert_eq!(set(address, &granted).await, ["_ga"]);
    let told = state(address, &[("Cookie", &granted)]).await;
    assert_eq!((&told["granted"], &told["prompt"]), (&serde_json::json!(["necessary", "analytics"]), &false.into()));
    let settings = Client::fetch(address, HOST, "/.consent/settings?lang=en", &[("Cookie", &granted)]).await.text();
    assert!(
        settings.contains("A parent or guardian agreed") && !settings.contains("id=\"consent-guardian\""),
        "{settings}"
    );
    let signal = [("Cookie", granted.as_str()), ("Sec-GPC", "1")];
    assert_eq!(state(address, &signal).await["granted"], serde_json::json!(["necessary"]), "the signal still holds");

    let withdrawn = consent(&post(address, "choice", "act=withdraw", &granted).await);
    assert!(set(address, &withdrawn).await.is_empty());
    let again = consent(&post(address, "reference", "", &withdrawn).await);
    assert_ne!(shown(address, &again).await, Some(code), "a code serves once");
    assert!(set(address, &again).await.is_empty());
    assert_eq!(
        ask(&gateway.data(), RECORDS),
        "[('accept_all', '', 'visitor', None), ('guardian', 'analytics', 'officer', 'by telephone'), ('withdraw', '', 'visitor', None)]"
    );
    let same = "select count(distinct visitor) from record where visitor is not null";
    assert_eq!(ask(&gateway.data(), same), "[(1,)]", "the withdrawal is of that very grant");
}

#[tokio::test]
async fn an_officer_is_told_what_is_wrong_and_nothing_is_recorded() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, "")).start().await;
    let (_, code) = child(gateway.address()).await;
    let check = |code: &str, purposes: &str, more: &[&str], words: &str| {
        let (done, said) = officer(gateway.folder(), code, purposes, more);
        assert!(!done && said.contains(words), "{code} {purposes} {more:?}: {said}");
    };
    let first = if code.starts_with('7') { "8" } else { "7" };
    let mistyped = format!("{first}{}", code.chars().skip(1).collect::<String>());
    check(&mistyped, "analytics", &[], "was not given at this site");
    check("0000-0000-0000-0000", "analytics", &[], "was not given at this site");
    check("what the child said", "analytics", &[], "was not given at this site");
    check(&code, "bogus", &[], "no purpose \"bogus\"");
    check(&code, "analytics,necessary", &[], "\"necessary\" needs nobody's consent");
    check(&code, "analytics", &["--ground", &"x".repeat(201)], "at most 200 letters");
    check(&code, "analytics", &["--site", "other"], "no site is named other");
    assert_eq!(ask(&gateway.data(), "select count(*) from record where act = 'guardian'"), "[(0,)]");

    assert!(officer(gateway.folder(), &code, "analytics", &[]).0);
    assert!(officer(gateway.folder(), &code, "analytics", &[]).0, "the same again changes nothing");
    check(&code, "marketing", &[], "has served already");
    assert_eq!(ask(&gateway.data(), "select granted from record where act = 'guardian'"), "[('analytics',)]");

    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(folder.path().join("gateway.toml"), text(&origin, "")).expect("a folder can be written");
    let (done, said) = officer(folder.path(), &code, "analytics", &[]);
    assert!(!done && said.contains("the key of the consent cookie"), "{said}");
    assert!(!folder.path().join("data").exists(), "nothing is made beside a gateway");
}

#[tokio::test]
async fn the_child_alone_can_not_use_it() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, "guardian_key_file = \"shop.key\"")).start().await;
    let address = gateway.address();
    let (cookie, code) = child(address).await;
    assert_eq!(post(address, "choice", "act=guardian&purpose=analytics", &cookie).await.status, 400);
    let said = format!("{{\"reference\":\"{code}\",\"purposes\":[\"analytics\"]}}");
    let headers = [("Content-Type", "application/json"), ("Cookie", cookie.as_str())];
    let unsigned =
        Client::connect(address, HOST).await.request("POST", "/.consent/guardian", &headers, said.as_bytes()).await;
    assert_eq!(unsigned.status, 403, "{}", unsigned.text());
    assert!(officer(gateway.folder(), &code, "analytics,preferences", &[]).0);

    // Another browser knows the code, and was not given it.
    let (other, _) = child(address).await;
    assert!(post(address, "reference", "", &other).await.set_cookie("consent").is_none());
    let elsewhere = [("Origin", "http://evil.example"), ("Cookie", cookie.as_str())];
    let forged = Client::connect(address, HOST).await.post_form("/.consent/reference", &elsewhere, "policy=0").await;
    assert_eq!(forged.status, 403, "another site's page gets nothing done");

    let granted = consent(&post(address, "reference", "", &cookie).await);
    assert_eq!(set(address, &granted).await, ["_ga"]);
    let more = post(address, "choice", "act=accept_all", &granted).await;
    assert!(more.text().contains("Are you 14 or older?"), "more than the guardian's is asked about: {}", more.text());
    let under = consent(&post(address, "choice", "act=accept_all&age=no", &granted).await);
    assert_eq!(set(address, &under).await, ["_ga"], "and stays what it was");
    let less = consent(&post(address, "choice", "act=custom&purpose=preferences", &granted).await);
    assert!(set(address, &less).await.is_empty(), "less needs nobody");
    assert!(post(address, "choice", "act=custom&purpose=marketing", &less).await.text().contains("Are you 14"));
}

#[tokio::test]
async fn any_node_and_a_restarted_one_finds_what_was_said_at_another() {
    let origin = origin().await;
    let first = Gateway::configured(&text(&origin, "")).start().await;
    let (cookie, code) = child(first.address()).await;
    let shared = at(&first.data().to_string_lossy(), &origin, "");
    let mut second = Gateway::configured(&shared).start().await;
    assert_eq!(shown(second.address(), &cookie).await.as_ref(), Some(&code));
    assert!(officer(second.folder(), &code, "marketing", &[]).0);
    second.finish();
    assert!(second.ended().await.success());
    let third = Gateway::configured(&shared).start().await;
    for node in [&third, &first] {
        let granted = consent(&post(node.address(), "reference", "", &cookie).await);
        assert_eq!(set(first.address(), &granted).await, ["_fbp"]);
    }
    assert_eq!(ask(&first.data(), "select count(*) from record where act = 'guardian'"), "[(1,)]");
}

#[tokio::test]
async fn an_officers_word_reaches_the_sites_receivers() {
    let (origin, receiver) = (origin().await, Origin::start(|_| Reply::status(204)).await);
    let webhook = format!("[[sites.webhooks]]\nurl = \"{}/consent\"", receiver.url());
    let gateway = Gateway::configured(&text(&origin, &webhook)).start().await;
    let (_, code) = child(gateway.address()).await;
    assert!(officer(gateway.folder(), &code, "analytics", &["--ground", "seen in person"]).0);
    let told = wait::until("the receiver is told", || async {
        let seen = receiver.seen();
        seen.iter()
            .map(|seen| String::from_utf8_lossy(&seen.body).into_owned())
            .find(|body| body.contains("\"guardian\""))
    })
    .await;
    assert!(told.contains("\"by\":\"officer\"") && told.contains("\"granted\":[\"analytics\"]"), "{told}");
    assert!(told.contains("consent.chosen") && !told.contains("in person") && !told.contains(&code), "{told}");
}

#[tokio::test]
async fn a_code_under_another_policy_or_without_a_store_grants_nothing() {
    let origin = origin().await;
    let plan = Gateway::configured(&text(&origin, "policy = \"policy.toml\""));
    let starter = include_str!("../../../policies/documents/starter/opt-in.toml");
    plan.write("policy.toml", starter);
    let gateway = plan.start().await;
    let address = gateway.address();
    let (cookie, code) = child(address).await;
    let held = lock(&gateway.data()).await;
    let owed = consent(&post(address, "reference", "", "").await);
    assert!(shown(address, &owed).await.is_some(), "a refusal with a code needs no store that writes");
    drop(held);
    let changed = starter.replacen("2 years", "3 years", 1).replacen("effective = ", "# A change.\neffective = ", 1);
    std::fs::write(gateway.folder().join("policy.toml"), changed.replacen("en = \"", "en = \"New: ", 1))
        .expect("written");
    gateway.reload();
    gateway.says("the configuration was read again").await;
    let (done, said) = officer(gateway.folder(), &code, "analytics", &[]);
    assert!(!done && said.contains("under the policy in force"), "{said}");
    let anew = consent(&post(address, "reference", "", &cookie).await);
    let other = shown(address, &anew).await;
    assert!(other.is_some() && other != Some(code), "a new policy, a new code");
}

#[tokio::test]
async fn a_site_that_does_not_ask_for_age_has_no_such_page() {
    let origin = origin().await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let address = gateway.address();
    for path in ["/.consent/guardian", "/.consent/reference"] {
        assert_eq!(Client::fetch(address, HOST, path, &[]).await.status, 404);
    }
    assert_eq!(post(address, "reference", "", "").await.status, 404);
    let settings = Client::fetch(address, HOST, "/.consent/settings?lang=en", &[]).await.text();
    assert!(!settings.contains("consent-guardian"));
    let asking = Gateway::configured(&text(&origin, "")).start().await;
    let settings = async |cookie: &str| {
        let heard = Client::fetch(asking.address(), HOST, "/.consent/settings?lang=en", &[("Cookie", cookie)]).await;
        heard.text().contains("id=\"consent-guardian\"")
    };
    assert!(settings("").await && settings(&chosen(asking.address(), "refuse_all", &[]).await).await);
    assert_eq!(Client::fetch(asking.address(), HOST, "/.consent/reference", &[]).await.status, 405);
}

/// From the banner to the grant, as a child and a guardian live it, in Korean.
#[tokio::test]
async fn in_a_browser_the_way_leads_from_the_banner_to_the_code_and_on_to_the_grant() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, "")).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).language("ko-KR").start().await;
    browser.open(&format!("{SHOP}/list?x=1")).await;
    taken_over(&browser).await;
    browser.click("#consent-accept").await;
    browser.until("document.querySelector('#consent-age-no')").await;
    browser.click("#consent-age-no").await;
    browser.until("location.pathname == '/.consent/guardian'").await;
    browser.click("#consent-guardian-give").await;
    browser.until("document.querySelector('#consent-reference')").await;
    let code = browser.text("#consent-reference").await;
    browser.click("#consent-guardian-check").await;
    browser.until("document.querySelector('#consent-none-yet')").await;
    assert!(browser.text("main").await.contains(&code), "the code stays in view");
    assert!(officer(gateway.folder(), &code, "analytics", &[]).0);
    browser.click("#consent-guardian-check").await;
    browser.until("location.pathname == '/.consent/settings'").await;
    assert!(
        browser.text("#consent-current").await.contains("보호자 동의"),
        "{}",
        browser.text("#consent-current").await
    );
    browser.click("nav a").await;
    browser.until("location.pathname == '/list' && location.search == '?x=1'").await;
    let names = browser.cookie_names().await;
    assert!(names.contains(&"_ga".into()) && !names.contains(&"_fbp".into()), "{names:?}");
    browser.click("#consent-settings-link").await;
    browser.until("document.querySelector('#consent-withdraw')").await;
    browser.click("#consent-withdraw").await;
    wait::until_true("the cookie is gone", || async { !browser.cookie_names().await.contains(&"_ga".into()) }).await;
}
