//! Cookies that scripts write where a visitor said more than yes or no: until the browser closes, single cookies, confirm each; and
//! where the site cuts lifetimes.

use gateway_tests::{Browser, Gateway, Reply, Seen};

use super::{Setting, accepted, names, site};
use crate::stage::SHOP;

const WRITES: &str =
    "for (const name of ['_ga', '_gid', '_fbp', 'cart']) document.cookie = `${name}=1; path=/; max-age=30000000`;";

fn writes(seen: &Seen) -> Reply {
    site(seen, WRITES, "")
}

/// Answers on the settings page: what is set up there first, then a button.
async fn answered(browser: &Browser, first: &str, button: &str) {
    browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/next")).await;
    browser.run(first).await;
    browser.click(button).await;
    browser.until("location.pathname == '/next'").await;
}

/// Which of these cookies end with the browser's session.
async fn of_session(browser: &Browser) -> Vec<String> {
    let kept = browser.cookies().await.into_iter().filter(|cookie| cookie.session && cookie.name != "consent");
    let mut names: Vec<String> = kept.map(|cookie| cookie.name).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn until_the_browser_closes_what_scripts_keep_has_no_lifetime_and_what_is_necessary_has() {
    let setting = Setting::of(writes).await;
    let browser = setting.browser().await;
    answered(&browser, "document.querySelector('[value=session]').checked = true", "#consent-accept").await;
    assert_eq!(of_session(&browser).await, ["_fbp", "_ga", "_gid"]);
    assert!(names(&browser).await.contains(&"cart".into()));
}

#[tokio::test]
async fn one_cookie_is_refused_within_a_granted_purpose() {
    let setting = Setting::of(writes).await;
    let browser = setting.browser().await;
    let single = "for (const label of document.querySelectorAll('label')) if (/^_gid /.test(label.textContent)) \
                  label.querySelector('select').selectedIndex = 2; \
                  for (const box of document.querySelectorAll('[name=purpose]')) box.checked = true; \
                  for (const list of document.querySelectorAll('details')) list.open = true;";
    answered(&browser, single, "#consent-save").await;
    assert_eq!(names(&browser).await, ["_fbp", "_ga", "cart"]);
}

#[tokio::test]
async fn where_each_is_confirmed_what_scripts_write_waits_in_the_page_and_is_set_when_allowed() {
    let setting = Setting::of(writes).await;
    let browser = setting.browser().await;
    answered(&browser, "", "#consent-ask").await;
    browser.until("document.querySelectorAll('#consent-ask li').length == 3").await;
    assert_eq!(names(&browser).await, ["cart"], "nothing is kept before the answer");
    browser.click("#consent-ask button[aria-label='Refuse: _fbp']").await;
    browser.until("document.querySelectorAll('#consent-ask li').length == 2").await;
    browser.click("#consent-ask button[aria-label='Allow: _ga']").await;
    browser
        .until("document.querySelectorAll('#consent-ask li').length == 1 && document.cookie.includes('_ga=1')")
        .await;
    browser.open(&format!("{SHOP}/again")).await;
    browser.until("document.querySelector('#consent-ask b')?.textContent == '_gid'").await;
    assert_eq!(names(&browser).await, ["_ga", "cart"], "the answers are remembered");
}

#[tokio::test]
async fn a_site_may_cut_what_scripts_keep_to_what_its_policy_declares() {
    let mut setting = Setting::of(writes).await;
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\ncap_lifetimes = true\n",
        setting.origin.url()
    );
    setting.gateway = Gateway::configured(&text).start().await;
    let browser = setting.browser().await;
    accepted(&browser).await;
    browser.open(&format!("{SHOP}/next")).await;
    // The browser itself says when they end; a day is declared for _gid.
    let stored = browser.devtools("Network.getCookies", serde_json::json!({ "urls": [SHOP] })).await;
    let ends = |name: &str| {
        let all = stored["cookies"].as_array().cloned().unwrap_or_default();
        let cookie = all.into_iter().find(|cookie| cookie["name"] == name).unwrap_or_else(|| panic!("no {name}"));
        cookie["expires"].as_f64().expect("a time")
    };
    let day = 86_400.0;
    assert!(ends("_ga") - ends("_gid") > 300.0 * day, "{} {}", ends("_ga"), ends("_gid"));
}
