//! The page in a real browser: whole without a script, readable for everybody, on a phone too.

use gateway_tests::{Browser, wait};
use policies::Lang;

use super::{officer, origin, plan};
use crate::access::{check_none, seen_by_axe, view};
use crate::stage::SHOP;

#[tokio::test]
async fn without_a_script_a_visitor_sees_suspends_asks_and_erases() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let port = gateway.address().port();
    let browser = Browser::plan().host("shop.example", 80, port).language("ko-KR").without_script().start().await;
    browser.open(&format!("{SHOP}/list")).await;
    browser.click("#consent-accept").await;
    wait::until_true("the form leads back", || async { browser.has("#consent-settings-link").await }).await;
    browser.open(&format!("{SHOP}/list")).await;
    assert!(browser.cookie_names().await.contains(&"_ga".into()));
    browser.click("#consent-settings-link").await;
    wait::until_true("the settings", || async { browser.has("#consent-me").await }).await;
    browser.click("#consent-me").await;
    wait::until_true("the page", || async { browser.has("#consent-records").await }).await;
    assert!(browser.text("h1").await.contains("보관 중인 내 기록"));

    browser.click("#consent-suspend").await;
    wait::until_true("suspended", || async { browser.has("#consent-suspended").await }).await;
    assert!(!browser.cookie_names().await.contains(&"_ga".into()), "its cookies are deleted");
    browser.click("#consent-resume").await;
    wait::until_true("resumed", || async { browser.has("#consent-suspend").await }).await;
    assert!(browser.text("#consent-told").await.contains("정지를 끝냈습니다"));

    browser.type_into("#consent-about", "어떤 기록이 있나요?").await;
    browser.click("#consent-send").await;
    wait::until_true("received", || async { browser.has("#consent-taken").await }).await;
    let reference = browser.text("#consent-reference").await;
    let (done, said) = officer(gateway.folder(), &["answer", &reference, "--words", "선택의 기록 하나입니다."]);
    assert!(done && said.contains("답변드립니다"), "{said}");
    browser.type_into("#consent-look", &reference).await;
    browser.click("#consent-look-up").await;
    wait::until_true("found", || async { browser.has("#consent-found").await }).await;
    assert!(browser.text("#consent-found").await.contains("선택의 기록 하나입니다."));
    assert_eq!(browser.text("#consent-status").await, "답변함");

    browser.click("#consent-erase").await;
    wait::until_true("erased", || async { browser.has("#consent-no-number").await }).await;
    assert!(
        browser.text("#consent-told").await.contains("파기한 기록: 1건"),
        "{}",
        browser.text("#consent-told").await
    );
    assert!(!browser.cookie_names().await.contains(&"_ga".into()));
    browser.click("nav a").await;
    wait::until_true("the way back", || async { browser.location().await.ends_with("/list") }).await;
}

#[tokio::test]
async fn axe_finds_nothing_in_any_of_its_states_and_it_fits_a_phone() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    let mut found = Vec::new();
    for lang in Lang::ALL.map(Lang::tag) {
        browser.devtools("Network.clearBrowserCookies", serde_json::json!({})).await;
        let look = async |name: &str| {
            let seen = seen_by_axe(&browser, lang, name).await;
            view(&browser, 360, 740).await;
            let wide = browser.run("return document.documentElement.scrollWidth <= innerWidth;").await;
            assert_eq!(wide, true, "{name} {lang} is wider than a phone");
            seen
        };
        let open = async || browser.open(&format!("{SHOP}/.consent/me?lang={lang}&back=%2F")).await;
        open().await;
        found.extend(look("no number").await);
        browser.open(&format!("{SHOP}/.consent/settings?lang={lang}&back=%2F.consent%2Fme")).await;
        browser.click("#consent-accept").await;
        browser.until("location.pathname == '/.consent/me'").await;
        open().await;
        found.extend(look("records").await);
        browser.click("#consent-suspend").await;
        browser.until("document.querySelector('#consent-suspended')").await;
        found.extend(look("suspended").await);
        browser.run("document.querySelector('#consent-about').value = '  ';").await;
        browser.click("#consent-send").await;
        browser.until("document.querySelector('#consent-problem')").await;
        found.extend(look("problem").await);
        browser.type_into("#consent-about", "x").await;
        browser.click("#consent-send").await;
        browser.until("document.querySelector('#consent-taken')").await;
        let reference = browser.text("#consent-reference").await;
        found.extend(look("taken").await);
        if lang == "en" {
            officer(gateway.folder(), &["refuse", &reference, "--ground", "A law forbids it.\nIt is kept."]);
        }
        browser.type_into("#consent-look", &reference).await;
        browser.click("#consent-look-up").await;
        browser.until("document.querySelector('#consent-found')").await;
        found.extend(look("found").await);
        browser.click("#consent-erase").await;
        browser.until("document.querySelector('#consent-told')").await;
        found.extend(look("erased").await);
    }
    check_none(&found);
}
