//! What a choice made under an earlier version is worth: it covers each purpose as it stood, and what grew is asked about.

use gateway_tests::{Browser, Client, Gateway, Origin};
use serde_json::json;

use super::{EVE, MIDNIGHT, Years, shop};
use crate::stage::taken_over;
use crate::visitors::{HOST, choose, chosen, page, state};

/// The cookies that an answer sets, but for ours.
fn set(heard: &gateway_tests::client::Heard) -> Vec<String> {
    let names = heard.all("set-cookie").into_iter().filter_map(|line| Some(line.split_once('=')?.0.to_owned()));
    names.filter(|name| !name.starts_with("consent")).collect()
}

async fn metrics(gateway: &Gateway) -> String {
    let admin = gateway.admin.expect("an admin listener");
    Client::fetch(admin, &admin.to_string(), "/metrics", &[]).await.text()
}

/// Whether the banner's form has a purpose ticked.
fn ticked(text: &str, purpose: &str) -> bool {
    let field = text.split_once(&format!("name=\"purpose\" value=\"{purpose}\"")).expect("a purpose to tick").1;
    field.split_once('>').expect("a tag ends").0.contains("checked")
}

#[tokio::test]
async fn what_grew_stops_at_midnight_and_comes_back_with_a_new_yes() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let gateway = years.gateway(&origin, "").start().await;
    years.set(EVE);
    let consent = chosen(gateway.address(), "accept_all", &[]).await;
    let all = format!("_ga=1; _fbp=1; {consent}");
    let before = page(gateway.address(), "/", &[("Cookie", &all)]).await;
    assert!(!before.text().contains("id=\"consent-banner\""));
    assert_eq!(
        (origin.last_at("/").cookie_names(), set(&before)),
        (vec!["_ga".into(), "_fbp".into()], vec!["_ga".into(), "_fbp".into()])
    );

    years.set(MIDNIGHT);
    let after = page(gateway.address(), "/", &[("Cookie", &all)]).await;
    assert_eq!(origin.last_at("/").cookie_names(), ["_fbp"], "analytics has a recipient whom nobody agreed to");
    assert_eq!(set(&after), ["_fbp"], "and nothing is deleted: it was not refused");
    let text = after.text();
    assert!(text.contains("id=\"consent-banner\""), "what grew is asked about: {text}");
    assert!(ticked(&text, "marketing") && ticked(&text, "preferences") && !ticked(&text, "analytics"), "{text}");
    let held = state(gateway.address(), &[("Cookie", &consent)]).await;
    assert_eq!((&held["decided"], &held["prompt"]), (&json!(false), &json!(true)));
    assert_eq!(held["granted"], json!(["necessary", "preferences", "marketing"]));
    assert!(!metrics(&gateway).await.contains("doubt=\"other_policy\""), "an earlier version is no doubt");
    let stranger = page(gateway.address(), "/", &[]).await.text();
    assert!(
        !["marketing", "preferences", "analytics"].iter().any(|id| ticked(&stranger, id)),
        "nobody else's is ticked"
    );

    let purposes = ["preferences", "marketing", "analytics"];
    let heard = choose(gateway.address(), "custom", &purposes, &[("Cookie", &consent)]).await;
    let consent = heard.set_cookie("consent").expect("a new choice");
    let all = format!("_ga=1; _fbp=1; {consent}");
    let anew = page(gateway.address(), "/", &[("Cookie", &all)]).await;
    assert!(!anew.text().contains("id=\"consent-banner\""));
    assert_eq!(origin.last_at("/").cookie_names(), ["_ga", "_fbp"]);
    assert_eq!(set(&anew), ["_ga", "_fbp"]);
}

#[tokio::test]
async fn who_answered_only_for_what_stands_as_it_stood_is_not_asked() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let gateway = years.gateway(&origin, "").start().await;
    years.set(EVE);
    let consent = chosen(gateway.address(), "custom", &["marketing"]).await;
    years.set(MIDNIGHT);
    let heard = page(gateway.address(), "/", &[("Cookie", &format!("_ga=1; _fbp=1; {consent}"))]).await;
    assert!(!heard.text().contains("id=\"consent-banner\""), "analytics was refused, and grew: it stays refused");
    assert_eq!(origin.last_at("/").cookie_names(), ["_fbp"]);
    let settings = Client::fetch(gateway.address(), HOST, "/.consent/settings?lang=en", &[("Cookie", &consent)]).await;
    assert!(settings.text().contains("Your choice still holds."), "{}", settings.text());
}

#[tokio::test]
async fn an_answer_for_what_is_new_widens_nothing_that_was_narrowed() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let gateway = years.gateway(&origin, "").start().await;
    years.set(EVE);
    let policy = state(gateway.address(), &[]).await["policy"].as_str().expect("a policy").to_owned();
    let origin_of = format!("http://{HOST}");
    let headers = [("Accept", "text/plain"), ("Origin", origin_of.as_str())];
    let form = format!("policy={policy}&act=custom&purpose=marketing&purpose=analytics&mode=session&back=/");
    let heard = Client::connect(gateway.address(), HOST).await.post_form("/.consent/choice", &headers, &form).await;
    let consent = heard.set_cookie("consent").expect("a choice");
    years.set(MIDNIGHT);
    let text = page(gateway.address(), "/", &[("Cookie", &consent)]).await.text();
    assert!(text.contains("<input type=\"hidden\" name=\"mode\" value=\"session\"/>"), "{text}");
    assert!(ticked(&text, "marketing") && !ticked(&text, "analytics"));
}

#[tokio::test]
async fn two_nodes_with_one_key_change_at_the_same_second() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let one = years.gateway(&origin, "").start().await;
    let other = years.gateway(&origin, "");
    let data = other.folder().join("data");
    std::fs::create_dir_all(&data).expect("a temporary folder can be written");
    std::fs::copy(one.data().join("consent.key"), data.join("consent.key")).expect("a key can be copied");
    let other = other.start().await;
    years.set(EVE);
    let consent = chosen(one.address(), "accept_all", &[]).await;
    for node in [&one, &other] {
        assert_eq!(state(node.address(), &[("Cookie", &consent)]).await["decided"], true);
    }
    years.set(MIDNIGHT);
    let mut seen = Vec::new();
    for node in [&one, &other] {
        let state = state(node.address(), &[("Cookie", &consent)]).await;
        assert_eq!(
            (&state["decided"], &state["granted"]),
            (&json!(false), &json!(["necessary", "preferences", "marketing"]))
        );
        seen.push(state["policy"].clone());
    }
    assert_eq!(seen[0], seen[1]);
    let heard = choose(other.address(), "accept_all", &[], &[("Cookie", &consent)]).await;
    let consent = heard.set_cookie("consent").expect("a new choice");
    assert_eq!(
        state(one.address(), &[("Cookie", &consent)]).await["decided"],
        true,
        "what one node took the other knows"
    );
}

const TICKS: &str = "return [...document.querySelectorAll('#consent-form [name=purpose]')].filter(box => box.checked).map(box => box.value);";

#[tokio::test]
async fn a_browser_is_asked_about_what_grew_and_keeps_the_rest() {
    for more in ["", "cacheable = true\n"] {
        let (years, origin) = (Years::begin(), Origin::start(shop).await);
        let gateway = years.gateway(&origin, more).start().await;
        let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
        years.set(EVE);
        browser.open("http://shop.example/first").await;
        taken_over(&browser).await;
        assert_eq!(browser.run(TICKS).await, json!([]), "nothing is ticked for who has not answered");
        browser.click("#consent-accept").await;
        browser.until("document.querySelector('#consent-settings')?.checkVisibility()").await;
        browser.open("http://shop.example/second").await;
        assert!(browser.cookie_names().await.contains(&"_ga".into()));
        years.set(MIDNIGHT);
        browser.open("http://shop.example/third").await;
        taken_over(&browser).await;
        assert_eq!(browser.run(TICKS).await, json!(["preferences", "marketing"]), "{more}");
        assert!(!origin.last_at("/third").cookie_names().contains(&"_ga".into()));
        browser.run("document.querySelector('#consent-choose').open = true; document.querySelector('#consent-save').scrollIntoView();").await;
        browser.click("#consent-save").await;
        browser.until("document.querySelector('#consent-settings')?.checkVisibility()").await;
        browser.open("http://shop.example/fourth").await;
        let cookies = origin.last_at("/fourth").cookie_names();
        assert!(cookies.contains(&"_fbp".into()) && !cookies.contains(&"_ga".into()), "{cookies:?}");
        assert!(!browser.cookie_names().await.contains(&"_ga".into()), "what was refused now is deleted");
    }
}
