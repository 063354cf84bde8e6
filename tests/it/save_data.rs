//! A browser that asks for less data (`Save-Data: on`) gets the form and nothing behind it, which works as it is. Refuses other values. Invariant: a
//! page kept for one kind of browser is not shown to the other.

use gateway_tests::{Browser, Gateway, Origin, Reply, wait};

use crate::stage::{SHOP, Shop};
use crate::visitors::page;

const FETCHED: &str = "return performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname)
    .filter(path => path.startsWith('/.consent/')).map(path => path.split('.').pop());";

#[tokio::test]
async fn who_asks_for_less_data_gets_the_form_alone_and_caches_tell_them_apart() {
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>T</title><p>page").with("etag", "\"v1\"")).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let plain = page(gateway.address(), "/", &[("Save-Data", "on")]).await;
    let text = plain.text();
    assert!(text.contains("<form id=\"consent-form\"") && text.contains("id=\"consent-refuse\""), "{text}");
    assert!(!text.contains(".wasm") && !text.contains("type=\"module\"") && !text.contains("preload"), "{text}");
    for headers in [&[][..], &[("Save-Data", "off")], &[("Save-Data", "1")]] {
        let whole = page(gateway.address(), "/", headers).await;
        assert!(whole.text().contains(".wasm") && whole.text().contains("type=\"module\""), "{headers:?}");
        assert_ne!(whole.header("etag"), plain.header("etag"), "another class");
        assert!(whole.header("vary").is_some_and(|vary| vary.contains("Save-Data")));
    }
    let kept = plain.header("etag").expect("a tag");
    let again = page(gateway.address(), "/", &[("If-None-Match", &kept)]).await;
    assert!(again.status == 200 && again.text().contains(".wasm"), "a plain page is not confirmed for others");
}

#[tokio::test]
async fn the_plain_form_takes_the_choice_in_a_browser_that_saves_data() {
    let shop = Shop::open().await;
    let gateway = shop.gateway().await;
    let browser = shop.browser(gateway.address().port()).header("Save-Data", "on").start().await;
    browser.open(&format!("{SHOP}/list?page=2")).await;
    assert!(browser.has("#consent-accept").await);
    let fetched = browser.run(FETCHED).await;
    let fetched: Vec<_> = fetched.as_array().into_iter().flatten().filter_map(|kind| kind.as_str()).collect();
    assert!(fetched.iter().all(|kind| *kind == "js") && fetched.len() == 2, "the guard and its rules: {fetched:?}");
    browser.click("#consent-refuse").await;
    wait::until_true("the form leads back", || async {
        browser.location().await.ends_with("/list?page=2") && !browser.has("#consent-banner").await
    })
    .await;
    assert_eq!(browser.cookie_names().await, ["consent", "session"]);
    assert!(shop.collector.hits().is_empty(), "{:?}", shop.collector.hits());
}

#[tokio::test]
async fn one_page_for_all_asks_the_browser_whether_it_saves_data() {
    let shop = Shop::open().await;
    let site = format!(
        "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\ncacheable = true\n",
        shop.origin.url()
    );
    let gateway = Gateway::configured(&site).start().await;
    let browser: Browser = shop.browser(gateway.address().port()).start().await;
    let saving = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });";
    browser.devtools("Page.enable", serde_json::json!({})).await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", serde_json::json!({ "source": saving })).await;
    browser.open(SHOP).await;
    browser.until("document.querySelector('#consent-banner:not([hidden])')").await;
    let fetched = browser.run(FETCHED).await;
    assert!(!fetched.to_string().contains("wasm"), "{fetched}");
    browser.click("#consent-refuse").await;
    browser.until("document.querySelector('#consent-settings')?.checkVisibility()").await;
    assert!(browser.cookie_names().await.contains(&"consent".into()));
}
