//! Pages whose parts come later (htmx, and a frame of the same site): parts get no banner, their tags sleep like the page's. Refuses to fake the
//! library: it is htmx from its package, in a real browser.

use gateway_tests::{Browser, Collector, Gateway, Origin, Reply, Seen, folders, tags, wait};

use crate::stage::closed;

const SHOP: &str = "http://shop.example";

fn answer(seen: &Seen) -> Reply {
    match seen.path_only() {
        "/htmx.js" => {
            let script = std::fs::read(folders::react().join("htmx.js")).expect("the fixture can be read");
            Reply::of("text/javascript", script)
        }
        "/swap" => Reply::page(
            "<!doctype html><html lang=en><head><title>Swap</title><script src=/htmx.js></script></head>\
             <body><button id=load hx-get=/fragment hx-target='#place'>load</button><div id=place></div></body></html>",
        ),
        "/fragment" => Reply::page(format!("<section id=came>{}</section>", tags::markup())),
        "/framed" => Reply::page(
            "<!doctype html><html lang=en><title>Framed</title><body><iframe id=inner src=/inner></iframe></body></html>",
        ),
        "/inner" => Reply::page(tags::page("en", "Inner")),
        _ => Reply::status(404),
    }
}

async fn setting() -> (Origin, Collector, Gateway, Browser) {
    let origin = Origin::start(answer).await;
    let collector = Collector::start().await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let plan =
        Browser::plan().host("shop.example", 80, gateway.address().port()).trackers(&tags::hosts(), collector.port());
    let browser = plan.start().await;
    (origin, collector, gateway, browser)
}

#[tokio::test]
async fn a_fragment_swapped_in_brings_no_banner_and_no_tracker() {
    let (_origin, collector, _gateway, browser) = setting().await;
    browser.open(&format!("{SHOP}/swap")).await;
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    browser.click("#load").await;
    browser.until("document.querySelector('#place #came')").await;
    assert!(!browser.has("#place consent-banner, #place consent-settings").await);
    assert!(browser.has("#place script[data-consent-hold=analytics]").await, "the fragment's tags sleep");
    assert!(collector.hits().is_empty(), "{:?}", collector.hits());
}

#[tokio::test]
async fn a_fragment_wakes_after_the_grant() {
    let (_origin, collector, _gateway, browser) = setting().await;
    browser.open(&format!("{SHOP}/swap")).await;
    browser.click("#load").await;
    browser.until("document.querySelector('#place #came')").await;
    assert!(collector.hits().is_empty(), "{:?}", collector.hits());
    browser.click("#consent-accept").await;
    wait::until_true("the fragment's tags wake with the page's", || async { collector.hits().len() >= 12 }).await;
}

#[tokio::test]
async fn a_frame_of_the_same_site_is_gated_and_carries_no_banner() {
    let (origin, collector, gateway, browser) = setting().await;
    // Browsers say what they load to hosts they trust, and loopback is one; elsewhere over http a frame looks like a page.
    browser.open(&gateway.url("/framed")).await;
    browser.until("document.querySelector('#inner').contentDocument.querySelector('#end')").await;
    let inner = "return document.querySelector('#inner').contentDocument.querySelectorAll('consent-banner, consent-settings').length;";
    assert_eq!(browser.run(inner).await, 0, "no banner inside");
    assert!(browser.has("body > consent-banner").await, "one in the page");
    assert_eq!(origin.seen_at("/inner").len(), 1);
    assert!(collector.hits().is_empty(), "{:?}", collector.hits());
}
