//! What the gateway's scripts cost in a page, in a real Chromium: the guard's start, and the time from an answer that holds a cookie until the
//! prompt names it. Refuses to judge: figures depend on the machine, and a busy one spoils them. Invariant: every figure is of a page that
//! went through the gateway.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use gateway_tests::{Browser, Gateway, Origin, Reply, Seen, wait};
use serde_json::Value;

/// Pages of each kind.
const ROUNDS: usize = 21;
/// Seconds in which the traced pages are opened.
const TRACED: u32 = 15;
const SHOP: &str = "http://shop.example";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut rows = guard().await;
    rows.extend(prompt().await);
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{:<52}{:>8}{:>8}{:>8}{:>8}   rounds", "milliseconds", "least", "25 %", "median", "75 %").ok();
    for (name, mut times) in rows {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times.get(times.len().saturating_sub(1) * share / 4).copied().unwrap_or(f64::NAN);
        writeln!(out, "{name:<52}{:>8.2}{:>8.2}{:>8.2}{:>8.2}   {}", at(0), at(1), at(2), at(3), times.len()).ok();
    }
}

fn site(seen: &Seen) -> Reply {
    let path = seen.path_only();
    let name = path.rsplit('/').next().unwrap_or_default();
    let page = "<!doctype html><html lang=en><head><meta charset=utf-8><title>A page</title><script>\
        new MutationObserver(() => {\
            for (const name of document.querySelectorAll('#consent-ask b')) (window.shown ??= {})[name.textContent] ??= performance.now();\
        }).observe(document, { childList: true, subtree: true });</script></head><body><h1>A page</h1></body></html>";
    if path.starts_with("/sets/") {
        return Reply::page(page).cookie(&format!("_ga_{name}=1; Path=/; Max-Age=9999"));
    }
    if path.starts_with("/fetched/") {
        return Reply::of("application/json", "{}").cookie(&format!("_ga_{name}=1; Path=/; Max-Age=9999"));
    }
    Reply::page(page)
}

async fn opened(
    plan: impl FnOnce(gateway_tests::browser::Plan) -> gateway_tests::browser::Plan,
) -> (Origin, Gateway, Browser) {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let browser = plan(Browser::plan().host("shop.example", 80, gateway.address().port())).start().await;
    (origin, gateway, browser)
}

/// How long the browser's main thread works on the guard's two files, by whether they were kept from an earlier page.
async fn guard() -> Vec<(&'static str, Vec<f64>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("trace.json");
    let (_origin, _gateway, browser) = opened(|plan| plan.traced(&file, TRACED)).await;
    for round in 0..ROUNDS {
        browser.open(&format!("{SHOP}/{round}")).await;
    }
    let names = "return [...document.querySelectorAll('head > script[src]')].map((script) => script.src);";
    let names = browser.run(names).await;
    let name = |place: usize| names[place].as_str().unwrap_or_default().to_owned();
    let trace = wait::until("the trace is written", || async { read(&file) }).await;
    let work = evaluated(&trace);
    let times = |name: String| work.get(&name).cloned().unwrap_or_default();
    let (rules, guard) = (times(name(0)), times(name(1)));
    let both: Vec<f64> = rules.iter().zip(&guard).map(|(one, two)| one + two).collect();
    vec![
        ("rules of the starter policy, a page", rules),
        ("guard, a page", guard.iter().skip(1).copied().collect()),
        ("guard, the first page of a new browser", guard.iter().take(1).copied().collect()),
        ("rules and guard, a page", both.into_iter().skip(1).collect()),
    ]
}

fn read(file: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// Milliseconds of the main thread for each evaluation of a script, by address.
fn evaluated(trace: &Value) -> BTreeMap<String, Vec<f64>> {
    let mut work: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for event in trace["traceEvents"].as_array().into_iter().flatten() {
        let address = event["args"]["data"]["url"].as_str();
        if event["name"] == "EvaluateScript"
            && let (Some(address), Some(microseconds)) = (address, event["tdur"].as_f64())
        {
            work.entry(address.to_owned()).or_default().push(microseconds / 1_000.0);
        }
    }
    work
}

/// How long a held cookie waits for its name to be shown: after a page, and after what a script fetches.
async fn prompt() -> Vec<(&'static str, Vec<f64>)> {
    let (_origin, _gateway, browser) = opened(|plan| plan).await;
    browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/asked")).await;
    browser.click("#consent-ask").await;
    browser.until("location.pathname == '/asked'").await;
    let (mut pages, mut fetched) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        browser.open(&format!("{SHOP}/sets/page{round}")).await;
        browser.until(&format!("window.shown?._ga_page{round}")).await;
        let since =
            format!("return shown._ga_page{round} - performance.getEntriesByType('navigation')[0].responseStart;");
        pages.extend(browser.run(&since).await.as_f64());
        let fetch = format!(
            "window.asked = performance.now(); return fetch('/fetched/fetch{round}').then(() => {{ window.answered = performance.now(); }});"
        );
        browser.run(&fetch).await;
        browser.until(&format!("window.shown._ga_fetch{round}")).await;
        fetched.extend(browser.run(&format!("return shown._ga_fetch{round} - answered;")).await.as_f64());
    }
    vec![("prompt, from a page's first byte", pages), ("prompt, from the answer to a fetch", fetched)]
}
