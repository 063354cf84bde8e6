//! Programs that answer banners for their users, by the rule files in `banner-wasm/robots`. Refuses to play the robot: autoconsent is its makers' own
//! program as published, in a world of its own beside the page's scripts; what counts is what the gateway recorded and what the trackers were asked.

use gateway_tests::{Browser, Collector, Gateway, Origin, Reply, Seen, folders, tags, wait};
use serde_json::{Value, json};

use crate::stage::{SHOP, Shop, Traces, closed, taken_over};
use crate::store::ask;

/// What the robots call our banner.
const NAME: &str = "consent-gateway";

/// Whose rules a robot follows.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Autoconsent,
    ConsentOMatic,
}

impl Kind {
    fn file(self) -> Value {
        let name = match self {
            Self::Autoconsent => "autoconsent.json",
            Self::ConsentOMatic => "consent-o-matic.json",
        };
        let path = folders::repository().join("banner-wasm/robots").join(name);
        serde_json::from_slice(&std::fs::read(path).expect("a rule file")).expect("JSON")
    }

    /// Our rules and no other file's.
    fn rules(self) -> Value {
        match self {
            Self::Autoconsent => json!({ "autoconsent": [self.file()] }),
            Self::ConsentOMatic => json!({ "autoconsent": [], "consentomatic": self.file() }),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Autoconsent => String::from(NAME),
            Self::ConsentOMatic => format!("com_{NAME}"),
        }
    }
}

fn script(kind: Kind, config: &Value) -> String {
    let program = std::fs::read_to_string(folders::react().join("robots.js"));
    let program = program.expect("the robots are bundled: run `make deps`");
    format!("{program}\nstartRobot({}, {config});", kind.rules())
}

/// Sets a robot on the page as it stands, where extensions run: beside the page's scripts, which it can't see.
async fn send(browser: &Browser, kind: Kind, config: Value) {
    browser.run("sessionStorage.removeItem('robot');").await;
    let tree = browser.devtools("Page.getFrameTree", json!({})).await;
    let frame = json!({ "frameId": tree["frameTree"]["frame"]["id"], "worldName": "robot" });
    let world = browser.devtools("Page.createIsolatedWorld", frame).await;
    let call = json!({ "expression": script(kind, &config), "contextId": world["executionContextId"] });
    let done = browser.devtools("Runtime.evaluate", call).await;
    assert!(done.get("exceptionDetails").is_none(), "{done}");
}

/// Waits for this word of the robot.
async fn word(browser: &Browser, key: &str, value: &str) -> Value {
    wait::until(&format!("the robot says {value}"), || async {
        let said = browser.run("return JSON.parse(sessionStorage.getItem('robot') ?? '[]');").await;
        said.as_array()?.iter().find(|word| word[key] == value).cloned()
    })
    .await
}

fn page(seen: &Seen) -> Reply {
    match seen.path_only() {
        "/favicon.ico" => Reply::status(404),
        "/ko" => Reply::page(tags::page("ko", "가게")),
        "/others" => Reply::page(
            "<!doctype html><html lang=en><title>Another's</title><div id=consent-banner><form id=consent-form>\
             <button id=consent-accept>Accept</button><button id=consent-refuse>Refuse</button></form></div></html>",
        ),
        _ => Reply::page(tags::page("en", "A shop")),
    }
}

async fn open() -> (Shop, Gateway, Browser) {
    let shop = Shop { origin: Origin::start(page).await, collector: Collector::start().await };
    let gateway = shop.gateway().await;
    let plan = shop.browser(gateway.address().port());
    let browser = plan.host("bare.example", 80, shop.origin.address.port()).start().await;
    (shop, gateway, browser)
}

fn recorded(gateway: &Gateway) -> String {
    ask(&gateway.data(), "select act, granted from record order by seq")
}

async fn finds_nothing(browser: &Browser, kind: Kind) {
    send(browser, kind, json!({ "autoAction": "optOut", "detectRetries": 1 })).await;
    word(browser, "lifecycle", "nothingDetected").await;
}

async fn check_refuses(kind: Kind, path: &str, button: &str, act: &str) {
    let (shop, gateway, browser) = open().await;
    browser.open(&format!("{SHOP}{path}")).await;
    taken_over(&browser).await;
    assert_eq!(browser.text("#consent-refuse").await, button);
    send(&browser, kind, json!({ "autoAction": "optOut" })).await;
    assert_eq!(word(&browser, "type", "popupFound").await["cmp"], kind.name());
    assert_eq!(word(&browser, "type", "optOutResult").await["result"], true, "{kind:?}");
    closed(&browser).await;
    if matches!(kind, Kind::Autoconsent) {
        assert_eq!(word(&browser, "type", "selfTestResult").await["result"], true, "the rule's own test agrees");
    }
    assert_eq!(recorded(&gateway), format!("[('{act}', '')]"));
    assert_eq!(shop.traces(&browser).await, Traces::default(), "nothing of trackers");

    browser.open(&format!("{SHOP}{path}?next")).await;
    assert!(!browser.has("#consent-banner").await, "nobody asks again");
    finds_nothing(&browser, kind).await;
    assert_eq!(shop.traces(&browser).await, Traces::default(), "nothing on the next page either");
}

#[tokio::test]
async fn autoconsent_refuses_for_a_reader_of_english() {
    check_refuses(Kind::Autoconsent, "/", "Refuse all", "refuse_all").await;
}

#[tokio::test]
async fn autoconsent_refuses_for_a_reader_of_korean() {
    check_refuses(Kind::Autoconsent, "/ko", "모두 거부", "refuse_all").await;
}

#[tokio::test]
async fn consent_o_matic_s_rules_refuse_for_a_reader_of_english() {
    check_refuses(Kind::ConsentOMatic, "/", "Refuse all", "custom").await;
}

#[tokio::test]
async fn consent_o_matic_s_rules_refuse_for_a_reader_of_korean() {
    check_refuses(Kind::ConsentOMatic, "/ko", "모두 거부", "custom").await;
}

#[tokio::test]
async fn who_has_a_robot_accept_has_accepted() {
    for (kind, act) in [(Kind::Autoconsent, "accept_all"), (Kind::ConsentOMatic, "custom")] {
        let (shop, gateway, browser) = open().await;
        browser.open(SHOP).await;
        taken_over(&browser).await;
        send(&browser, kind, json!({ "autoAction": "optIn" })).await;
        assert_eq!(word(&browser, "type", "optInResult").await["result"], true, "{kind:?}");
        closed(&browser).await;
        assert_eq!(recorded(&gateway), format!("[('{act}', 'preferences analytics marketing')]"));
        wait::until_true("the tags wake", || async { shop.traces(&browser).await.missing().is_empty() }).await;
    }
}

#[tokio::test]
async fn a_robot_that_is_there_before_the_banner_s_program_refuses_too() {
    let (shop, gateway, browser) = open().await;
    let source = script(Kind::Autoconsent, &json!({ "autoAction": "optOut" }));
    let early = json!({ "source": source, "worldName": "robot" });
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", early).await;
    browser.open(SHOP).await;
    assert_eq!(word(&browser, "type", "popupFound").await["cmp"], NAME);
    closed(&browser).await;
    wait::until_true("a refusal is recorded", || async { recorded(&gateway) == "[('refuse_all', '')]" }).await;
    browser.open(&format!("{SHOP}/next")).await;
    assert!(!browser.has("#consent-banner").await, "nobody asks again");
    assert_eq!(shop.traces(&browser).await, Traces::default());
}

#[tokio::test]
async fn pages_without_our_banner_are_left_alone() {
    let (shop, gateway, browser) = open().await;
    for kind in [Kind::Autoconsent, Kind::ConsentOMatic] {
        for url in [
            "http://bare.example/".to_owned(),
            "http://bare.example/others".to_owned(),
            format!("{SHOP}/.consent/settings?lang=ko&back=/"),
            format!("{SHOP}/.consent/policy?lang=en"),
        ] {
            browser.open(&url).await;
            finds_nothing(&browser, kind).await;
            assert_eq!(browser.location().await, url, "{kind:?} leaves nothing");
        }
    }
    assert_eq!(recorded(&gateway), "[]");
    assert!(shop.origin.seen_at("/").len() == 2, "each robot saw the bare shop once");
}

/// Every selector that a rule file names, wherever it stands.
fn selectors(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with("consent-") && text != NAME => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|item| selectors(item, found)),
        Value::Object(map) => map.values().for_each(|item| selectors(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_selector_of_the_rule_files_finds_one_element_beside_our_banner() {
    let (_shop, _gateway, browser) = open().await;
    browser.open(SHOP).await;
    for kind in [Kind::Autoconsent, Kind::ConsentOMatic] {
        let mut found = Vec::new();
        selectors(&kind.file(), &mut found);
        assert!(found.len() >= 8, "{found:?}");
        for selector in found {
            // A box that is checked is a box.
            let element = selector.trim_end_matches(":checked");
            let count = browser.run(&format!("return document.querySelectorAll({element:?}).length;")).await;
            assert_eq!(count, 1, "{selector}");
        }
    }
}
