//! A first visit, a refusal and an acceptance as a real browser lives them, counted where the trackers would count. Refuses to trust the page:
//! what counts is what the collector was asked, and what the browser keeps.

use gateway_tests::{Browser, Collector, tags, wait};

use crate::stage::{SHOP, Shop, Traces, closed};

const ACCEPT: &str = "#consent-accept";
const REFUSE: &str = "#consent-refuse";

#[tokio::test]
async fn without_the_gateway_every_tracker_is_there() {
    let shop = Shop::open().await;
    assert!(tags::hosts().len() >= 12, "the shop needs at least 12 hosts");
    let browser = shop.browser(shop.origin.address.port()).start().await;
    browser.open(SHOP).await;
    everything_is_there(&shop, &browser).await;
}

#[tokio::test]
async fn a_first_visit_and_a_refusal_leave_nothing() {
    let shop = Shop::open().await;
    let gateway = shop.gateway().await;
    let browser = shop.browser(gateway.address().port()).start().await;
    browser.open(SHOP).await;
    browser.until("document.querySelector('#consent-banner form')").await;
    assert_eq!(shop.traces(&browser).await, Traces::default(), "before any answer");

    browser.click(REFUSE).await;
    closed(&browser).await;
    assert_eq!(shop.traces(&browser).await, Traces::default(), "after the refusal");

    browser.open(&format!("{SHOP}/again")).await;
    assert!(!browser.has("#consent-banner").await, "a refusal is an answer: nobody asks again");
    assert_eq!(shop.traces(&browser).await, Traces::default(), "on the next page");
    let names = shop.origin.last_at("/again").cookie_names();
    assert_eq!(names, ["session"], "the origin sees its own cookie, and neither ours nor a tracker's");
}

#[tokio::test]
async fn after_accepting_every_tracker_is_there() {
    let shop = Shop::open().await;
    let gateway = shop.gateway().await;
    let browser = shop.browser(gateway.address().port()).start().await;
    browser.open(SHOP).await;
    browser.click(ACCEPT).await;
    closed(&browser).await;
    everything_is_there(&shop, &browser).await;
    // A fetch is counted before the script that it brings has run.
    browser.until(&format!("(window.ran || []).length >= {}", tags::script_hosts().len())).await;
    let ran = browser.run("return window.ran;").await;
    assert_eq!(ran, serde_json::json!(tags::script_hosts()), "held tags run once and in the page's order");

    shop.collector.forget();
    browser.open(&format!("{SHOP}/again")).await;
    everything_is_there(&shop, &browser).await;
    let names = shop.origin.last_at("/again").cookie_names();
    assert!(
        names.contains(&"_ga".into()) && names.contains(&"_fbp".into()),
        "granted cookies reach the origin: {names:?}"
    );
    assert!(!names.contains(&"consent".into()), "ours does not: {names:?}");
}

#[tokio::test]
async fn a_choice_by_purpose_wakes_only_what_was_chosen() {
    let shop = Shop::open().await;
    let gateway = shop.gateway().await;
    let browser = shop.browser(gateway.address().port()).start().await;
    browser.open(SHOP).await;
    browser.click("#consent-choose > summary").await;
    browser.click("#consent-form input[name=purpose][value=analytics]").await;
    browser.click("#consent-save").await;
    closed(&browser).await;
    wait::until_true("analytics tags run", || async { asked(&shop.collector, "static.hotjar.com") }).await;
    browser.until("(window.ran || []).includes('mc.yandex.ru')").await;
    assert!(!asked(&shop.collector, "connect.facebook.net"), "marketing was not chosen: {:?}", shop.collector.hits());
    assert!(!asked(&shop.collector, "static.criteo.net"), "marketing was not chosen: {:?}", shop.collector.hits());
}

fn asked(collector: &Collector, host: &str) -> bool {
    collector.hits().contains_key(host)
}

async fn everything_is_there(shop: &Shop, browser: &Browser) {
    let found = tokio::time::timeout(wait::PATIENCE, async {
        while !shop.traces(browser).await.missing().is_empty() {
            tokio::task::yield_now().await;
        }
    });
    assert!(
        found.await.is_ok(),
        "missing: {:?}\nthe page says: {:?}",
        shop.traces(browser).await.missing(),
        browser.errors().await
    );
}
