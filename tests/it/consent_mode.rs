//! Google's consent mode, version 2, in a real browser: what stands in the queue of Google's tags when the first of them runs, and after each
//! change of mind. Refuses to ask the gateway's own script: what counts is what the tag found, and whether it came at all.

use gateway_tests::certificates::Authority;
use gateway_tests::{Browser, Gateway, Origin, Reply, Seen};
use serde_json::{Value, json};

use crate::stage::{SHOP, closed};

const HOSTS: [&str; 2] = ["www.googletagmanager.com", "www.google-analytics.com"];

/// The page's own tag as its maker publishes it.
const TAG: &str = "<script async src=\"https://www.googletagmanager.com/gtag/js?id=G-TEST0000\"></script>\
    <script>window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments);} gtag('js', new Date(0)); gtag('config', 'G-TEST0000');</script>";

/// What the tag does: notes what it found, tries to keep something, and sends a hit.
const LOADER: &str = "window.found = dataLayer.map((entry) => [...entry].map((word) => word instanceof Date ? 'now' : word));\
    window.runs = (window.runs || 0) + 1; document.cookie = '_ga=1; path=/; max-age=9999';\
    fetch('https://www.google-analytics.com/g/collect?v=2', { method: 'POST', mode: 'no-cors' }).catch(() => {});";

/// A site with Google's tag, Google, and the gateway between.
struct Setting {
    google: Origin,
    gateway: Gateway,
    _origin: Origin,
    browser: Browser,
}

impl Setting {
    async fn of(switches: &str) -> Self {
        let page = |seen: &Seen| match seen.path_only() {
            "/favicon.ico" => Reply::status(404),
            _ => Reply::page(format!(
                "<!doctype html><html lang=en><head><meta charset=utf-8><title>A page</title>{TAG}</head><body><h1>A page</h1></body></html>"
            )),
        };
        let origin = Origin::start(page).await;
        let answer = |seen: &Seen| match seen.path_only() {
            "/gtag/js" => Reply::of("text/javascript", LOADER).with("cache-control", "no-store"),
            _ => Reply::status(204),
        };
        let google = Origin::start_tls(Authority::fresh().identity(&HOSTS).server(&["h2", "http/1.1"]), answer).await;
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n{switches}\n",
            origin.url()
        );
        let gateway = Gateway::configured(&text).start().await;
        let plan = Browser::plan().host("shop.example", 80, gateway.address().port());
        let browser = plan.trackers(&HOSTS, google.address.port()).start().await;
        browser.open(SHOP).await;
        Self { google, gateway, _origin: origin, browser }
    }

    async fn press(&self, button: &str) {
        self.browser.click(button).await;
        closed(&self.browser).await;
    }

    /// What the tag found when it ran.
    async fn found(&self) -> Value {
        self.browser.until("window.found").await;
        self.browser.run("return window.found;").await
    }

    /// Every word about consent that is in the queue now.
    async fn said(&self) -> Value {
        let script =
            "return (window.dataLayer || []).map((entry) => [...entry]).filter(([command]) => command == 'consent');";
        self.browser.run(script).await
    }

    fn hits(&self) -> usize {
        self.google.seen().iter().filter(|seen| seen.path_only() == "/g/collect").count()
    }

    fn asked(&self) -> usize {
        self.google.seen().len()
    }
}

/// The seven signals: of advertising, of statistics, of preferences.
fn signals(advertising: bool, statistics: bool, preferences: bool) -> Value {
    let word = |granted: bool| if granted { "granted" } else { "denied" };
    json!({
        "ad_storage": word(advertising), "ad_user_data": word(advertising), "ad_personalization": word(advertising),
        "analytics_storage": word(statistics), "functionality_storage": word(preferences),
        "personalization_storage": word(preferences), "security_storage": "granted",
    })
}

fn before_all(update: &[Value]) -> Value {
    let first =
        [json!(["consent", "default", signals(false, false, false)]), json!(["set", "ads_data_redaction", true])];
    let own = [json!(["js", "now"]), json!(["config", "G-TEST0000"])];
    first.iter().chain(update).chain(&own).cloned().collect::<Vec<_>>().into()
}

#[tokio::test]
async fn basic_without_a_word_tags_come_with_the_grant_and_find_default_and_update_before_everything() {
    let setting = Setting::of("").await;
    assert_eq!(setting.said().await, json!([]), "nothing is put into a queue that nobody reads");
    assert_eq!(setting.asked(), 0, "the tag isn't loaded before a grant");
    setting.press("#consent-accept").await;
    let granted = json!(["consent", "update", signals(true, true, true)]);
    let update = [granted, json!(["set", "ads_data_redaction", false])];
    assert_eq!(setting.found().await, before_all(&update), "woken in the page");
    setting.browser.open(&format!("{SHOP}/next")).await;
    assert_eq!(setting.found().await, before_all(&update), "found awake in the next page");
    assert_eq!(setting.browser.run("return window.runs;").await, 1);
}

#[tokio::test]
async fn what_one_purpose_allows_is_granted_and_the_rest_stays_denied() {
    let setting = Setting::of("").await;
    setting.browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/next")).await;
    setting
        .browser
        .run("for (const box of document.querySelectorAll('[name=purpose]')) box.checked = box.value == 'analytics';")
        .await;
    setting.browser.click("#consent-save").await;
    setting.browser.until("location.pathname == '/next'").await;
    let update =
        [json!(["consent", "update", signals(false, true, false)]), json!(["set", "ads_data_redaction", true])];
    assert_eq!(setting.found().await, before_all(&update));
}

#[tokio::test]
async fn a_withdrawal_in_another_tab_is_told_to_tags_that_run() {
    let setting = Setting::of("").await;
    setting.press("#consent-accept").await;
    setting.found().await;
    let browser = &setting.browser;
    let first = browser.driver().window().await.expect("a tab");
    let second = browser.driver().new_tab().await.expect("a second tab");
    browser.driver().switch_to_window(second).await.expect("the second tab");
    browser.open(&format!("{SHOP}/second")).await;
    browser.click("#consent-settings-link").await;
    browser.click("#consent-refuse").await;
    browser.until("location.pathname === '/second' && document.readyState === 'complete'").await;
    browser.driver().switch_to_window(first).await.expect("the first tab");
    browser.until("dataLayer.filter(([command, kind]) => command == 'consent' && kind == 'update').length == 2").await;
    let said = setting.said().await;
    assert_eq!(said[2], json!(["consent", "update", signals(false, false, false)]), "{said}");
}

#[tokio::test]
async fn advanced_tags_load_denied_before_an_answer_and_stay_away_after_a_refusal() {
    let setting = Setting::of("consent_mode = \"advanced\"").await;
    assert_eq!(setting.found().await, before_all(&[]), "they are told that everything is denied");
    gateway_tests::wait::until_true("a hit without cookies", || async { setting.hits() == 1 }).await;
    assert_eq!(setting.browser.cookie_names().await, Vec::<String>::new(), "what it tried to keep is not kept");
    setting.press("#consent-refuse").await;
    setting.google.forget();
    setting.browser.open(&format!("{SHOP}/next")).await;
    assert_eq!(
        setting.browser.run("return [window.runs ?? 0, consentGuard.told().denied != null];").await,
        json!([0, true])
    );
    assert_eq!(setting.asked(), 0, "refused is refused");
}

#[tokio::test]
async fn advanced_a_grant_is_told_to_the_tag_that_runs_already() {
    let setting = Setting::of("consent_mode = \"advanced\"").await;
    setting.found().await;
    setting.press("#consent-accept").await;
    setting.browser.until("dataLayer.some(([command, kind]) => command == 'consent' && kind == 'update')").await;
    let said = setting.said().await;
    assert_eq!(
        said,
        json!([["consent", "default", signals(false, false, false)], ["consent", "update", signals(true, true, true)]])
    );
    assert_eq!(setting.browser.run("return window.runs;").await, 1, "it isn't run a second time");
}

#[tokio::test]
async fn advanced_a_signal_of_the_browser_keeps_tags_away() {
    let mut setting = Setting::of("consent_mode = \"advanced\"").await;
    let plan = Browser::plan().host("shop.example", 80, setting.gateway.address().port()).header("Sec-GPC", "1");
    setting.browser = plan.trackers(&HOSTS, setting.google.address.port()).start().await;
    setting.google.forget();
    setting.browser.open(SHOP).await;
    assert_eq!(setting.browser.run("return window.runs ?? 0;").await, 0);
    assert_eq!(setting.asked(), 0);
}

#[tokio::test]
async fn off_tags_are_told_nothing() {
    let setting = Setting::of("consent_mode = \"off\"").await;
    setting.press("#consent-accept").await;
    assert_eq!(setting.found().await, json!([["js", "now"], ["config", "G-TEST0000"]]));
}

#[tokio::test]
async fn one_page_for_all_tells_tags_what_this_visitor_granted_before_they_wake() {
    let setting = Setting::of("cacheable = true").await;
    assert_eq!(setting.asked(), 0);
    setting.press("#consent-accept").await;
    setting.browser.open(&format!("{SHOP}/next")).await;
    let update = [json!(["consent", "update", signals(true, true, true)]), json!(["set", "ads_data_redaction", false])];
    assert_eq!(setting.found().await, before_all(&update));
}
