//! The banner as a plain form, in a real browser that runs no script: the same choices, the same effect. Refuses any script.

use gateway_tests::wait;

use crate::stage::{SHOP, Shop, Traces};

#[tokio::test]
async fn refusing_by_the_form_leaves_nothing_and_accepting_by_the_settings_page_lets_pixels_load() {
    let shop = Shop::open().await;
    let gateway = shop.gateway().await;
    let browser = shop.browser(gateway.address().port()).without_script().start().await;
    browser.open(&format!("{SHOP}/list?page=2")).await;
    assert!(shop.collector.hits().is_empty(), "before any answer: {:?}", shop.collector.hits());
    browser.click("#consent-refuse").await;
    wait::until_true("the form leads back", || async {
        browser.location().await.ends_with("/list?page=2") && !browser.has("#consent-banner").await
    })
    .await;
    assert!(browser.has("#consent-settings").await, "the settings stay in reach");
    let names = browser.cookie_names().await;
    assert_eq!(names, ["consent", "session"]);
    assert!(shop.collector.hits().is_empty(), "after the refusal: {:?}", shop.collector.hits());

    browser.click("#consent-settings-link").await;
    browser.click("#consent-accept").await;
    wait::until_true("the form leads back", || async { browser.location().await.ends_with("/list?page=2") }).await;
    wait::until_true("pixels inside noscript load", || async {
        shop.collector.requests().iter().any(|url| url.starts_with("www.facebook.com/tr?id=1&noscript=1"))
    })
    .await;
    wait::until_true("images and frames load", || async {
        let hits = shop.collector.hits();
        hits.contains_key("www.google-analytics.com") && hits.contains_key("td.doubleclick.net")
    })
    .await;
    assert_ne!(shop_cookies(&browser).await, Traces::default().cookies, "the site's own cookies are set now");
}

async fn shop_cookies(browser: &gateway_tests::Browser) -> Vec<String> {
    browser.cookie_names().await.into_iter().filter(|name| name.starts_with('_')).collect()
}

#[tokio::test]
async fn choosing_by_purpose_works_by_the_form() {
    let shop = Shop::open().await;
    let gateway = shop.gateway().await;
    let browser = shop.browser(gateway.address().port()).without_script().start().await;
    browser.open(SHOP).await;
    browser.click("#consent-choose > summary").await;
    browser.click("#consent-form input[value=analytics]").await;
    browser.click("#consent-save").await;
    wait::until_true("the banner is gone", || async { !browser.has("#consent-banner").await }).await;
    browser.open(&format!("{SHOP}/after")).await;
    let names = browser.cookie_names().await;
    assert!(names.contains(&"_ga".into()) && !names.contains(&"_fbp".into()), "{names:?}");
}
