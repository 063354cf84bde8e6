//! Pages whose decision may be old: another tab chose, the browser or a service worker kept the page, or one page serves everybody. Refuses to
//! trust the page's own word: what counts is what the browser keeps and what the collector was asked.

use gateway_tests::{Browser, Reply, Seen};

use super::requests::ASKS;
use super::{Setting, accepted, names, site};
use crate::stage::{SHOP, closed};

/// What a page's own tracker does whenever the page is shown.
const TRACKS: &str = r#"
    const track = () => {
        document.cookie = '_ga=tracked; path=/; max-age=9999';
        fetch('https://www.google-analytics.com/tracked', { mode: 'no-cors' }).catch(() => {});
    };
    track();
    addEventListener('pageshow', ({ persisted }) => { if (persisted) { window.persisted = true; track(); } });
"#;

/// A picture that a script makes, which sleeps until it may be loaded.
const PICTURE: &str =
    "document.getElementById('place').innerHTML = '<img src=\"https://www.google-analytics.com/picture\">';";

fn tracks(seen: &Seen) -> Reply {
    match seen.path_only() {
        "/sw.js" => Reply::of("text/javascript", KEEPS_ALL),
        _ => site(seen, TRACKS, ""),
    }
}

/// Whether scripts can set an analytics cookie, once the guard has its answer.
async fn can_set(browser: &Browser) -> bool {
    let set = "return consentGuard.state().then(() => { document.cookie = '_gid=1; path=/'; return document.cookie.includes('_gid'); });";
    browser.run(set).await == true
}

#[tokio::test]
async fn a_choice_in_one_tab_reaches_all_open_tabs() {
    let setting = Setting::of(|seen| site(seen, "", PICTURE)).await;
    let browser = setting.browser().await;
    browser.open(SHOP).await;
    let first = browser.driver().window().await.expect("a tab");
    let second = browser.driver().new_tab().await.expect("a second tab");
    browser.driver().switch_to_window(second.clone()).await.expect("the second tab");
    browser.open(&format!("{SHOP}/second")).await;
    browser.until_listening("#consent-form", "submit").await;

    browser.driver().switch_to_window(first.clone()).await.expect("the first tab");
    browser.click("#consent-accept").await;
    closed(&browser).await;
    setting.asked_for_all(&["/picture"]).await;
    setting.collector.forget();
    browser.driver().switch_to_window(second.clone()).await.expect("the second tab");
    closed(&browser).await;
    assert!(can_set(&browser).await, "allowed in the second tab");
    browser.until("document.querySelector('#place img[src]')").await;

    // The settings page runs no script: the next page of the site tells the others.
    browser.click("#consent-settings-link").await;
    browser.click("#consent-refuse").await;
    browser.until("location.pathname === '/second' && document.querySelector('#consent-settings')").await;
    browser.driver().switch_to_window(first).await.expect("the first tab");
    browser.until("(document.cookie = '_gid=2; path=/', !document.cookie.includes('_gid'))").await;
    gateway_tests::wait::until_true("what was set is taken away", || async { names(&browser).await.is_empty() }).await;
}

#[tokio::test]
async fn what_is_put_in_while_the_gateway_is_asked_again_wakes_with_the_answer() {
    let setting = Setting::of(|seen| site(seen, "", "")).await;
    let browser = setting.browser().await;
    accepted(&browser).await;
    browser.open(&format!("{SHOP}/runs")).await;
    setting.collector.forget();
    let put_in = format!("consentGuard.refresh(); {PICTURE} return !document.querySelector('#place img[src]');");
    assert_eq!(browser.run(&put_in).await, true, "in doubt it sleeps, though it had been allowed");
    setting.asked_for_all(&["/picture"]).await;
}

#[tokio::test]
async fn a_page_out_of_the_browser_s_memory_stays_closed_until_the_answer() {
    let setting = Setting::of(tracks).await;
    let browser = setting.browser().await;
    accepted(&browser).await;
    browser.open(&format!("{SHOP}/runs")).await;
    assert!(can_set(&browser).await, "granted");
    browser.run("window.keptRunning = true;").await;
    browser.open(&format!("{SHOP}/other")).await;
    browser.click("#consent-settings-link").await;
    browser.click("#consent-refuse").await;
    browser.until("location.pathname === '/other' && document.readyState === 'complete'").await;
    gateway_tests::wait::until_true("all is taken away", || async { names(&browser).await.is_empty() }).await;
    setting.collector.forget();
    browser.run("history.go(-3);").await;
    browser.until("location.pathname === '/runs' && document.readyState === 'complete'").await;
    assert_eq!(
        browser.run("return window.keptRunning === true && window.persisted === true;").await,
        true,
        "it was kept running"
    );
    assert!(!can_set(&browser).await, "refused");
    assert!(names(&browser).await.is_empty(), "{:?}", names(&browser).await);
    assert!(setting.collector.hits().is_empty(), "{:?}", setting.collector.requests());
}

/// A worker that answers everything from its cache, where it can.
const KEEPS_ALL: &str = r#"
    addEventListener('install', () => skipWaiting());
    addEventListener('activate', (event) => event.waitUntil(clients.claim()));
    addEventListener('fetch', (event) => event.respondWith(caches.open('all').then(async (cache) => {
        const kept = await cache.match(event.request, { ignoreSearch: true });
        if (kept) return kept;
        const answer = await fetch(event.request);
        if (event.request.method === 'GET' && answer.ok && answer.type === 'basic') await cache.put(event.request, answer.clone());
        return answer;
    })));
"#;

#[tokio::test]
async fn a_page_that_a_service_worker_kept_while_allowed_stays_closed_after_the_refusal() {
    let setting = Setting::of(tracks).await;
    let browser = setting.browser().await;
    // Loopback is a place where browsers let workers run without TLS.
    browser.open(&setting.gateway.url("/")).await;
    browser.click("#consent-accept").await;
    closed(&browser).await;
    browser.run("return navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready).then(() => true);").await;
    browser.until("navigator.serviceWorker.controller").await;
    browser.open(&setting.gateway.url("/kept")).await;
    setting.asked_for_all(&["/tracked"]).await;
    assert!(can_set(&browser).await, "granted");

    browser.open(&setting.gateway.url("/.consent/settings?back=%2Fafter")).await;
    browser.click("#consent-refuse").await;
    browser.until("location.pathname === '/after' && document.readyState === 'complete'").await;
    gateway_tests::wait::until_true("all is taken away", || async { names(&browser).await.is_empty() }).await;
    setting.collector.forget();
    browser.open(&setting.gateway.url("/kept")).await;
    assert_eq!(setting.origin.seen_at("/kept").len(), 1, "the worker answered");
    let tag = browser.run("return document.querySelector('script[data-granted]').dataset.granted;").await;
    assert!(tag.as_str().is_some_and(|granted| granted.contains("analytics")), "made while allowed: {tag}");
    assert!(!can_set(&browser).await, "refused");
    assert!(names(&browser).await.is_empty(), "{:?}", names(&browser).await);
    assert!(setting.collector.hits().is_empty(), "{:?}", setting.collector.requests());
}

#[tokio::test]
async fn where_one_page_serves_everybody_what_is_granted_waits_for_the_answer() {
    let setting = Setting::for_all(|seen| site(seen, &format!("{ASKS}{TRACKS}"), "")).await;
    let browser = setting.browser().await;
    browser.open(SHOP).await;
    browser.until("document.querySelector('#consent-banner:not([hidden])')").await;
    assert!(!can_set(&browser).await, "not answered");
    browser.click("#consent-accept").await;
    closed(&browser).await;
    assert!(setting.collector.hits().is_empty(), "{:?}", setting.collector.requests());
    browser.open(&format!("{SHOP}/next")).await;
    setting.asked_for_all(&["/fetch", "/request", "/xhr", "/beacon", "/frame", "/tracked"]).await;
    browser.until("document.cookie.includes('_ga=tracked')").await;
    browser.until("told.fetch === 'answered' && told.request === 'answered' && told.beacon === true").await;
}
