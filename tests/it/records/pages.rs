//! Receipts in a real browser: from the settings page, with script and without, in each language, by day and by night, on small screens.
//! Refuses to judge a page by its markup where axe can look.

use gateway_tests::Browser;
use policies::Lang;

use super::shop;
use crate::access::{check_none, seen_by_axe, view};
use crate::stage::SHOP;

const WIDE: &str = "document.documentElement.scrollWidth > document.documentElement.clientWidth";

/// After a choice: the way back.
const AT_HOME: &str = "location.pathname === '/'";

/// The text that the page shows of the receipt.
async fn whole_receipt(browser: &Browser) -> String {
    browser.until("document.querySelector('#consent-receipt-text')").await;
    let text = browser.run("return document.querySelector('#consent-receipt-text').textContent").await;
    text.as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn a_visitor_without_script_reads_their_receipt_takes_it_along_and_checks_it() {
    let (_origin, gateway) = shop("").await;
    let port = gateway.address().port();
    let browser = Browser::plan().host("shop.example", 80, port).language("en-US").without_script().start().await;
    browser.open(&format!("{SHOP}/.consent/settings?lang=en")).await;
    assert!(!browser.has("#consent-receipt-link").await, "there is nothing to show yet");
    browser.click("#consent-show-receipt").await;
    browser.click("#consent-refuse").await;
    assert!(browser.text("h1").await.contains("Receipt"));
    assert!(browser.has("#consent-once").await && browser.has("#consent-receipt-signed[download]").await);
    browser.open(&format!("{SHOP}/.consent/receipt?lang=en")).await;
    assert!(browser.text("#consent-no-receipt").await.contains("no number"), "a refusal left nothing to find it by");

    browser.open(&format!("{SHOP}/.consent/settings?lang=en")).await;
    browser.click("#consent-accept").await;
    browser.until(AT_HOME).await;
    browser.open(&format!("{SHOP}/.consent/settings?lang=en")).await;
    browser.click("#consent-receipt-link").await;
    assert!(browser.text("#consent-receipt").await.contains("Allowed"));
    assert!(!browser.has("#consent-once").await);
    let text = whole_receipt(&browser).await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("receipt.jsonld");
    for (changed, expect) in [(false, "is unchanged"), (true, "was changed")] {
        let text =
            if changed { text.replacen("\"state\": \"given\"", "\"state\": \"refused\"", 1) } else { text.clone() };
        std::fs::write(&file, &text).expect("a folder can be written");
        browser.open(&format!("{SHOP}/.consent/check?lang=en")).await;
        browser.type_into("#consent-file", file.to_str().expect("a path")).await;
        browser.click("#consent-check").await;
        let said = browser.text("#consent-verdict").await;
        assert!(said.contains(expect), "{said}");
    }
}

#[tokio::test]
async fn axe_finds_nothing_in_receipts_and_their_check_and_small_screens_hold_them() {
    let (_origin, gateway) = shop("").await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    let mut found = Vec::new();
    for lang in Lang::ALL.map(Lang::tag) {
        let at = |page: &str| format!("{SHOP}/.consent/{page}?lang={lang}");
        browser.open(&at("settings")).await;
        browser.click("#consent-accept").await;
        browser.until(AT_HOME).await;
        browser.open(&at("receipt")).await;
        found.extend(seen_by_axe(&browser, lang, "receipt").await);
        browser.run("document.querySelector('details').open = true").await;
        found.extend(seen_by_axe(&browser, lang, "whole receipt").await);
        let narrow = async |name: &str| {
            view(&browser, 360, 640).await;
            assert_eq!(browser.run(&format!("return {WIDE}")).await, false, "{name} {lang} is wider than its screen");
        };
        narrow("receipt").await;
        let text = serde_json::json!(whole_receipt(&browser).await);
        browser.open(&at("check")).await;
        found.extend(seen_by_axe(&browser, lang, "check").await);
        for text in [serde_json::json!("{}"), text] {
            browser.run(&format!("document.querySelector('#consent-pasted').value = {text}")).await;
            browser.click("#consent-check").await;
            browser.until("document.querySelector('#consent-verdict')").await;
            found.extend(seen_by_axe(&browser, lang, "verdict").await);
            narrow("verdict").await;
        }
        assert!(browser.has("#consent-receipt").await, "the receipt that was pasted is good");
        browser.open(&at("settings")).await;
        browser.click("#consent-show-receipt").await;
        browser.click("#consent-refuse").await;
        browser.until("document.querySelector('#consent-once')").await;
        found.extend(seen_by_axe(&browser, lang, "refusal's receipt").await);
        browser.open(&at("receipt")).await;
        found.extend(seen_by_axe(&browser, lang, "no receipt").await);
    }
    check_none(&found);
}

#[tokio::test]
async fn no_script_of_the_page_can_read_a_receipt() {
    let (_origin, gateway) = shop("").await;
    // Browsers say who asks on hosts that are safe to talk to: by https, and on loopback.
    let browser = Browser::plan().start().await;
    browser.open(&gateway.url("/.consent/settings?lang=en")).await;
    browser.click("#consent-accept").await;
    browser.until(AT_HOME).await;
    browser.open(&gateway.url("/.consent/receipt?lang=en")).await;
    assert!(browser.text("#consent-receipt").await.contains("Number of the record"));
    browser.open(&gateway.url("/")).await;
    let fetched = "return fetch('/.consent/receipt?form=jsonld', { headers: { Accept: 'text/html' } }).then(answer => answer.status)";
    assert_eq!(browser.run(fetched).await, 404);
    let framed = "return new Promise(done => { const frame = document.createElement('iframe'); frame.src = '/.consent/receipt?lang=en';
        frame.onload = () => { let seen = ''; try { seen = frame.contentDocument?.body?.innerText ?? '' } catch {} done(seen) };
        document.body.append(frame) })";
    let seen = browser.run(framed).await;
    assert!(!seen.as_str().unwrap_or_default().contains("Number of the record"), "{seen}");
}
