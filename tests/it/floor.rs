//! The browser floor that the README writes down: what the banner's WebAssembly needs, and that nobody has to send `Sec-Fetch-*`. Refuses to claim a
//! version: what is shown is the feature, and that below it the form works.

use gateway::assets::{GLUE, GUARD, WAKE, WASM};
use gateway_tests::{Client, wait};
use wasmparser::{Validator, WasmFeatures};

use crate::stage::{SHOP, Shop};
use crate::visitors::HOST;

/// WebAssembly as browsers had it in 2017, and the few additions that all had by 2021 (Safari 15).
const BY_2021: WasmFeatures = WasmFeatures::WASM1
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES);

#[test]
fn the_banners_wasm_needs_nothing_that_browsers_got_late() {
    let mut validator = Validator::new_with_features(BY_2021);
    validator.validate_all(WASM.raw).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn scripts_have_no_syntax_that_browsers_got_late() {
    // Class blocks and fields, regular expressions with sets or looking back, arrays from the end, top-level await beside a module.
    let late = [
        "static {",
        "(?<=",
        "(?<!",
        "/v.",
        ".at(-",
        ".findLast(",
        "Object.groupBy",
        "structuredClone(",
        ".replaceAll(",
    ];
    for asset in [&GUARD, &GLUE, &WAKE] {
        let text = std::str::from_utf8(asset.raw).expect("a script is text");
        let found: Vec<_> = late.iter().filter(|late| text.contains(**late)).collect();
        assert!(found.is_empty(), "{}: {found:?}", asset.name);
    }
}

#[tokio::test]
async fn a_view_within_an_app_that_says_nothing_of_its_fetches_is_served_and_answers() {
    let shop = Shop::open().await;
    let gateway = shop.gateway().await;
    let kakao = "Mozilla/5.0 (iPhone; CPU iPhone OS 15_8 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 KAKAOTALK 9.8.5";
    let plain = [("User-Agent", kakao), ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")];
    let page = Client::fetch(gateway.address(), HOST, "/list", &plain).await;
    let text = page.text();
    assert!(text.contains("<consent-banner") && text.contains("data-consent-hold"), "{text}");
    assert!(page.all("set-cookie").iter().all(|line| line.starts_with("session=")), "{:?}", page.all("set-cookie"));
    let field = |name: &str| {
        let (_, rest) = text.split_once(&format!("name=\"{name}\" value=\"")).expect("a field of the form");
        String::from(rest.split('"').next().unwrap_or_default())
    };
    let form = format!("policy={}&seal={}&lang=en&back=%2Flist&act=refuse_all", field("policy"), field("seal"));
    let mut client = Client::connect(gateway.address(), HOST).await;
    let heard = client.post_form("/.consent/choice", &plain, &form).await;
    assert_eq!((heard.status, heard.header("location").as_deref()), (303, Some("/list")), "{}", heard.text());
    let cookie = heard.set_cookie("consent").expect("a cookie");
    let after = Client::fetch(gateway.address(), HOST, "/list", &[&plain[..], &[("Cookie", &cookie)]].concat()).await;
    assert!(!after.text().contains("<consent-banner") && after.text().contains("id=\"consent-settings\""));
}

#[tokio::test]
async fn a_browser_without_webassembly_has_the_form() {
    let shop = Shop::open().await;
    let gateway = shop.gateway().await;
    let browser = shop.browser(gateway.address().port()).start().await;
    let source = serde_json::json!({ "source": "delete window.WebAssembly; delete window.CSSStyleSheet; delete window.ResizeObserver;" });
    browser.devtools("Page.enable", serde_json::json!({})).await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", source).await;
    browser.open(&format!("{SHOP}/list?page=2")).await;
    assert_eq!(browser.run("return typeof WebAssembly;").await, "undefined");
    browser.click("#consent-refuse").await;
    wait::until_true("the form leads back", || async {
        browser.location().await.ends_with("/list?page=2") && !browser.has("#consent-banner").await
    })
    .await;
    assert!(shop.collector.hits().is_empty(), "{:?}", shop.collector.hits());
    let seen = shop.origin.last_at("/list");
    assert!(seen.all("sec-fetch-dest").is_empty(), "over http this browser says nothing of its fetches");
}
