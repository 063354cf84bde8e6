//! The cacheable mode: one HTML for all, optional tags asleep for everybody, the state asked for separately. Refuses per-visitor bytes in the page.

use gateway_tests::{Gateway, Origin, Reply, tags, wait};

use crate::stage::Shop;
use crate::visitors::{chosen, page};

fn configuration(origin: &str) -> String {
    format!("listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{origin}\"\ncacheable = true\n")
}

#[tokio::test]
async fn every_visitor_gets_the_same_bytes_and_caches_may_keep_them() {
    let origin =
        Origin::start(|_| Reply::page(tags::page("en", "Cached")).with("cache-control", "public, max-age=600")).await;
    let gateway = Gateway::configured(&configuration(&origin.url())).start().await;
    let address = gateway.address();
    let first = page(address, "/", &[]).await;
    assert_eq!(
        first.header("cache-control").as_deref(),
        Some("public, max-age=600"),
        "the site's own word on caching stands"
    );
    let (accepted, refused) = (chosen(address, "accept_all", &[]).await, chosen(address, "refuse_all", &[]).await);
    let others: [&[(&str, &str)]; 4] =
        [&[("Cookie", &accepted)], &[("Cookie", &refused)], &[("Sec-GPC", "1")], &[("Accept-Language", "ko")]];
    for headers in others {
        let heard = page(address, "/", headers).await;
        assert!(heard.body == first.body, "other bytes for {headers:?}");
        assert!(heard.all("set-cookie").is_empty());
    }
    assert!(!first.text().contains("<script src=\"https://www.googletagmanager.com"), "tags sleep for everybody");
}

#[tokio::test]
async fn a_browser_is_asked_once_and_its_tags_wake_from_the_cached_page() {
    let shop = Shop::open().await;
    let gateway = Gateway::configured(&configuration(&shop.origin.url())).start().await;
    let browser = shop.browser(gateway.address().port()).start().await;
    browser.open("http://shop.example/").await;
    browser.until("document.querySelector('#consent-banner:not([hidden])')").await;
    assert!(shop.collector.hits().is_empty(), "{:?}", shop.collector.hits());
    browser.click("#consent-accept").await;
    wait::until_true("tags wake", || async { shop.collector.hits().len() >= 12 }).await;
    shop.collector.forget();
    browser.open("http://shop.example/again").await;
    wait::until_true("tags wake on the next page", || async { shop.collector.hits().len() >= 12 }).await;
    let shown = "const b = document.querySelector('#consent-banner'); return !!b && b.checkVisibility();";
    assert_eq!(browser.run(shown).await, false, "nobody is asked twice");
}

#[tokio::test]
async fn a_browser_that_refused_stays_quiet_and_fetches_no_banner() {
    let shop = Shop::open().await;
    let gateway = Gateway::configured(&configuration(&shop.origin.url())).start().await;
    let browser = shop.browser(gateway.address().port()).start().await;
    browser.open("http://shop.example/").await;
    browser.until("document.querySelector('#consent-banner:not([hidden])')").await;
    browser.click("#consent-refuse").await;
    browser.until("!document.querySelector('#consent-banner')?.checkVisibility()").await;
    browser.open("http://shop.example/again").await;
    browser.until("document.querySelector('#consent-settings')?.checkVisibility()").await;
    let fetched = "return performance.getEntriesByType('resource').map(entry => entry.name).filter(name => /\\.(wasm|css)$/.test(name));";
    assert_eq!(browser.run(fetched).await, serde_json::json!([]), "no wasm and no sheet");
    assert!(shop.collector.hits().is_empty(), "{:?}", shop.collector.hits());
}
