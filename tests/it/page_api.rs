//! `window.consent` in a real browser: what holds, who hears of a change, where the visitor is led, and its types as a compiler reads them.
//! Refuses to look behind it: what counts is what a page's own script is told.

use std::process::Command;

use gateway_tests::{Browser, Gateway, Origin, Reply, Seen, folders};
use serde_json::{Value, json};

use crate::stage::{SHOP, closed};

/// A page's own script: it keeps what it hears.
const LISTENS: &str = "window.heard = []; window.first = window.consent?.get();\
    window.end = window.consent?.on('change', () => { throw new Error('a mistake of its own'); });\
    window.endHeard = window.consent?.on('change', (state) => heard.push(state));";

fn page(seen: &Seen) -> Reply {
    match seen.path_only() {
        "/favicon.ico" => Reply::status(404),
        "/own.js" => Reply::of("text/javascript", LISTENS),
        _ => Reply::page(
            "<!doctype html><html lang=en><head><meta charset=utf-8><title>A page</title><script src=/own.js></script></head><body><h1>A page</h1></body></html>",
        ),
    }
}

async fn shop(switches: &str) -> (Origin, Gateway, Browser) {
    let origin = Origin::start(page).await;
    let text =
        format!("listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n{switches}\n", origin.url());
    let gateway = Gateway::configured(&text).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    browser.open(SHOP).await;
    (origin, gateway, browser)
}

fn state(optional: bool, answered: bool, mode: &str, settled: bool) -> Value {
    json!({
        "purposes": { "necessary": true, "preferences": optional, "analytics": optional, "marketing": optional },
        "answered": answered, "mode": mode, "settled": settled,
    })
}

async fn get(browser: &Browser) -> Value {
    browser.run("return consent.get();").await
}

#[tokio::test]
async fn without_the_switch_pages_have_no_such_name() {
    let (_origin, _gateway, browser) = shop("").await;
    assert_eq!(browser.run("return typeof consent;").await, "undefined");
}

#[tokio::test]
async fn a_page_s_first_script_knows_what_holds_and_hears_of_the_choice() {
    let (_origin, _gateway, browser) = shop("page_api = true").await;
    assert_eq!(browser.run("return first;").await, state(false, false, "as_set", true));
    browser.click("#consent-accept").await;
    closed(&browser).await;
    browser.until("heard.length").await;
    let granted = state(true, true, "as_set", true);
    assert_eq!(browser.run("return heard;").await, json!([granted]), "once, though another listener fails");
    assert_eq!(get(&browser).await, granted);
    browser.open(&format!("{SHOP}/next")).await;
    assert_eq!(browser.run("return first;").await, granted);
}

#[tokio::test]
async fn listeners_hear_what_another_tab_chose_until_they_end_it() {
    let (_origin, _gateway, browser) = shop("page_api = true").await;
    browser.click("#consent-accept").await;
    closed(&browser).await;
    browser.until("heard.length == 1").await;
    let first = browser.driver().window().await.expect("a tab");
    let second = browser.driver().new_tab().await.expect("a second tab");
    let answer = |button: &'static str| {
        let (browser, second) = (&browser, second.clone());
        async move {
            browser.driver().switch_to_window(second).await.expect("the second tab");
            browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/second")).await;
            browser.click(button).await;
            browser.until("location.pathname === '/second' && document.readyState === 'complete'").await;
        }
    };
    answer("#consent-refuse").await;
    browser.driver().switch_to_window(first.clone()).await.expect("the first tab");
    browser.until("heard.length == 2").await;
    assert_eq!(browser.run("return heard[1];").await, state(false, true, "as_set", true));
    browser.run("endHeard();").await;
    answer("#consent-accept").await;
    browser.driver().switch_to_window(first).await.expect("the first tab");
    browser.until("consent.get().purposes.analytics").await;
    assert_eq!(browser.run("return heard.length;").await, 2, "it has ended");
}

#[tokio::test]
async fn how_cookies_are_kept_is_told() {
    let (_origin, _gateway, browser) = shop("page_api = true").await;
    browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/next")).await;
    browser.click("#consent-ask").await;
    browser.until("location.pathname == '/next'").await;
    assert_eq!(get(&browser).await, state(false, true, "ask", true));
    browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/last")).await;
    browser.run("document.querySelector('[value=session]').checked = true").await;
    browser.click("#consent-accept").await;
    browser.until("location.pathname == '/last'").await;
    assert_eq!(get(&browser).await, state(true, true, "session", true));
}

#[tokio::test]
async fn open_leads_to_the_banner_and_after_an_answer_to_the_settings() {
    let (_origin, _gateway, browser) = shop("page_api = true").await;
    browser.run("consent.open();").await;
    browser.until("document.getElementById('consent-banner').contains(document.activeElement)").await;
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    browser.run("history.replaceState(null, '', '/where?a=1&b=2'); consent.open();").await;
    browser.until("location.pathname == '/.consent/settings'").await;
    browser.click("#consent-accept").await;
    browser.until("location.pathname != '/.consent/settings'").await;
}

#[tokio::test]
async fn wrong_calls_say_what_is_wrong_and_nothing_grants() {
    let (_origin, _gateway, browser) = shop("page_api = true").await;
    let wrong = "try { WHAT; } catch (error) { return error.name + ': ' + error.message; }";
    let check = async |call: &str, expect: &str| {
        assert_eq!(browser.run(&wrong.replace("WHAT", call)).await, expect, "{call}");
    };
    check("consent.on('chnage', () => {})", "TypeError: consent.on: there is no \"chnage\", only \"change\"").await;
    check("consent.on('change')", "TypeError: consent.on: the listener is no function").await;
    let kept = "consent.get().purposes.analytics = true; document.dispatchEvent(new CustomEvent('consent-change')); return consent.get();";
    assert_eq!(browser.run(kept).await, state(false, false, "as_set", true));
    assert_eq!(browser.run("return heard.length;").await, 0, "nothing changed");
}

#[tokio::test]
async fn in_a_page_for_all_visitors_nothing_is_settled_until_the_gateway_has_answered() {
    let (_origin, _gateway, browser) = shop("page_api = true\ncacheable = true").await;
    browser.click("#consent-accept").await;
    closed(&browser).await;
    browser.open(&format!("{SHOP}/next")).await;
    assert_eq!(browser.run("return first;").await, state(false, false, "as_set", false));
    browser.until("heard.length").await;
    assert_eq!(browser.run("return heard[0];").await, state(true, true, "as_set", true));
}

#[test]
fn its_types_say_what_pages_may_write() {
    let fixture = folders::repository().join("tests/fixtures/npm");
    let types = folders::repository().join("banner-wasm/guard/extras/consent.d.ts");
    let folder = tempfile::tempdir().expect("a folder");
    let compile = |name: &str, text: &str| {
        let file = folder.path().join(name);
        let reference = format!("/// <reference path=\"{}\" />\n{text}\n", types.display());
        std::fs::write(&file, reference).expect("a file");
        let mut compiler = Command::new("node");
        compiler.arg(fixture.join("node_modules/typescript/bin/tsc"));
        compiler.args(["--noEmit", "--strict", "--target", "es2020", "--lib", "es2020,dom"]).arg(&file);
        let done = compiler.output().expect("node runs");
        (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned())
    };
    let right = "const end: () => void = consent.on('change', ({ purposes, mode }) => { if (purposes.analytics && mode !== 'session') consent.open(); });\n\
                 const answered: boolean = window.consent?.get().answered ?? false; end(); console.log(answered);";
    assert_eq!(compile("right.ts", right), (true, String::new()), "run `make deps` if the compiler is missing");
    for (name, wrong) in [
        ("event.ts", "consent.on('changed', () => {});"),
        ("grant.ts", "consent.get().purposes.analytics = true;"),
        ("mode.ts", "if (consent.get().mode === 'as set') consent.open();"),
    ] {
        let (compiles, said) = compile(name, wrong);
        assert!(!compiles && said.contains(name), "{wrong}: {said}");
    }
}
