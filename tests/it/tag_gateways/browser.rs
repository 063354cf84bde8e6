//! A site with a tag gateway in a real browser: before an answer, after a refusal, after a grant.

use gateway_tests::{Browser, Reply, Seen, wait};

use super::loader;
use crate::guard::{Setting, accepted, refused};
use crate::stage::SHOP;

/// What the tracker's script does: it calls as beacon, picture and `fetch`, and marks the page.
const CALLS: &str = "window.tracked = (window.tracked || 0) + 1;\n\
     navigator.sendBeacon('/metrics/g/collect?v=2&tid=G-TEST000&gtm=45je&en=page_view', 'x');\n\
     new Image().src = '/metrics/d/ccm/conversion/1/?gtm=45je&gcd=13l3';\n\
     fetch('/metrics/ag/g/c?v=2&tid=G-TEST000&en=scroll', { method: 'POST', keepalive: true });";

/// The site's own script: it loads the tracker a second time, calls by itself, and goes on whatever becomes of that.
const OWN: &str = "const script = document.createElement('script');\n\
     script.src = '/metrics/?id=G-TEST000';\n\
     script.onload = script.onerror = () => { window.loaded = true; };\n\
     document.head.append(script);\n\
     fetch('/stats/matomo.php?idsite=1&rec=1').then(() => { window.called = true; }, () => { window.called = true; });\n\
     fetch('/api?v=2').then((answer) => answer.text()).then((text) => { window.own = text; });";

fn site(seen: &Seen) -> Reply {
    match seen.path_only() {
        "/favicon.ico" => Reply::status(404),
        "/metrics/" => Reply::of("application/javascript; charset=UTF-8", loader(CALLS)),
        "/own.js" => Reply::of("text/javascript", OWN),
        "/api" => Reply::of("text/plain", "own"),
        path if path.starts_with("/metrics/") || path.starts_with("/stats/") => Reply::status(200),
        _ => Reply::page(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>A page</title>\
             <script async src=\"/metrics/\"></script></head><body><h1>A page</h1>\
             <img src=\"/px/tr?id=1&amp;ev=PageView&amp;noscript=1\" alt=\"\"><script src=\"/own.js\"></script></body></html>",
        ),
    }
}

/// The hits that reached the origin, by path, each once.
fn hits(setting: &Setting) -> Vec<String> {
    let seen = setting.origin.seen().into_iter().map(|seen| seen.path_only().to_owned());
    let mut hits: Vec<String> = seen
        .filter(|path| {
            ["/metrics/", "/stats/", "/px/"].iter().any(|folder| path.starts_with(folder)) && path != "/metrics/"
        })
        .collect();
    hits.sort_unstable();
    hits.dedup();
    hits
}

const ALL: [&str; 5] =
    ["/metrics/ag/g/c", "/metrics/d/ccm/conversion/1/", "/metrics/g/collect", "/px/tr", "/stats/matomo.php"];

async fn works_untracked(setting: &Setting, browser: &Browser) {
    browser.until("window.loaded && window.called && window.own === 'own'").await;
    assert_eq!(browser.run("return window.tracked || 0;").await, 0, "the tracker's script didn't run");
    assert_eq!(hits(setting), Vec::<String>::new());
    assert_eq!(
        browser.run("return consentGuard.refused();").await,
        serde_json::json!({}),
        "the page is none the wiser"
    );
}

#[tokio::test]
async fn no_hit_leaves_before_an_answer_or_after_a_refusal_and_all_after_a_grant() {
    let setting = Setting::of(site).await;
    let browser = setting.browser().await;
    browser.open(SHOP).await;
    works_untracked(&setting, &browser).await;
    refused(&browser).await;
    setting.origin.forget();
    browser.open(&format!("{SHOP}/next")).await;
    works_untracked(&setting, &browser).await;
    let held = "return document.querySelector('script[data-consent-src=\"/metrics/\"]')?.dataset.consentHold;";
    assert_eq!(browser.run(held).await, "analytics", "the page's tag is known by now");

    let other = setting.browser().await;
    accepted(&other).await;
    other.open(&format!("{SHOP}/next")).await;
    other.until("window.tracked === 2 && window.loaded && window.own === 'own'").await;
    wait::until_true("every hit arrives", || async { hits(&setting) == ALL }).await;
}

#[tokio::test]
async fn held_tags_wake_with_the_grant() {
    let setting = Setting::of(site).await;
    let browser = setting.browser().await;
    browser.open(SHOP).await;
    works_untracked(&setting, &browser).await;
    browser.open(&format!("{SHOP}/again")).await;
    works_untracked(&setting, &browser).await;
    browser.click("#consent-accept").await;
    browser.until("window.tracked === 1").await;
    wait::until_true("the woken tag's hits arrive", || async {
        ["/metrics/ag/g/c", "/metrics/g/collect", "/px/tr"]
            .iter()
            .all(|path| hits(&setting).iter().any(|hit| hit == path))
    })
    .await;
}

#[tokio::test]
async fn one_page_for_all_wakes_by_the_state() {
    let setting = Setting::for_all(site).await;
    let browser = setting.browser().await;
    browser.open(SHOP).await;
    browser.until("document.querySelector('#consent-banner:not([hidden])')").await;
    works_untracked(&setting, &browser).await;
    browser.click("#consent-accept").await;
    wait::until_true("the pixel wakes", || async { hits(&setting).iter().any(|hit| hit == "/px/tr") }).await;
    browser.open(&format!("{SHOP}/next")).await;
    wait::until_true("every hit arrives", || async { hits(&setting) == ALL }).await;
}
