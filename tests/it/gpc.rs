//! `Sec-GPC: 1`: honoured without a question, forwarded always, and outweighed only by a later word of the visitor. Refuses other values.

use gateway_tests::{Client, Gateway, Origin, Reply, wait};

use crate::stage::{SHOP, Shop};
use crate::visitors::{HOST, choose, page, state};

const SIGNAL: (&str, &str) = ("Sec-GPC", "1");

fn granted(state: &serde_json::Value) -> Vec<&str> {
    state["granted"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str).collect()
}

#[tokio::test]
async fn the_signal_refuses_under_every_regime_until_the_visitor_says_otherwise() {
    let origin =
        Origin::start(|_| Reply::page("<!doctype html><title>T</title>").cookie("_ga=1").cookie("_fbp=1")).await;
    let policy = gateway_tests::folders::repository().join("policies/documents/starter/opt-out.toml");
    let gateway = Gateway::before(&origin.url()).policy(&policy).start().await;
    let address = gateway.address();
    assert!(granted(&state(address, &[]).await).contains(&"analytics"), "opt-out: granted until no");
    let signalled = state(address, &[SIGNAL]).await;
    assert!(!granted(&signalled).contains(&"analytics") && !granted(&signalled).contains(&"marketing"), "{signalled}");
    assert!(page(address, "/", &[SIGNAL]).await.all("set-cookie").is_empty());
    assert_eq!(origin.last_at("/").all("sec-gpc"), ["1"], "always forwarded");
    assert!(granted(&state(address, &[("Sec-GPC", "0")]).await).contains(&"analytics"), "only the exact value counts");

    let before = choose(address, "accept_all", &[], &[]).await.set_cookie("consent").expect("a cookie");
    let after = state(address, &[SIGNAL, ("Cookie", &before)]).await;
    assert!(!granted(&after).contains(&"marketing"), "a signal switched on later takes away: {after}");
    let explicit = choose(address, "accept_all", &[], &[SIGNAL]).await.set_cookie("consent").expect("a cookie");
    let after = state(address, &[SIGNAL, ("Cookie", &explicit)]).await;
    assert!(granted(&after).contains(&"marketing"), "who says yes with the signal on means it: {after}");
    assert_eq!(page(address, "/", &[SIGNAL, ("Cookie", &explicit)]).await.all("set-cookie").len(), 2);
}

#[tokio::test]
async fn support_is_told_at_the_well_known_place() {
    let origin = Origin::start(|_| Reply::status(404)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let heard = Client::fetch(gateway.address(), HOST, "/.well-known/gpc.json", &[]).await;
    let told: serde_json::Value =
        serde_json::from_slice(&heard.body).unwrap_or_else(|error| panic!("{error}: {}", heard.text()));
    assert_eq!(told["gpc"], true);
    let date = told["lastUpdate"].as_str().unwrap_or_default();
    assert!(date.len() == 10 && date.split('-').count() == 3, "{told}");
    assert!(heard.header("content-type").is_some_and(|kind| kind.starts_with("application/json")));
}

#[tokio::test]
async fn a_browser_with_the_signal_runs_no_tracker() {
    let shop = Shop::open().await;
    let policy = gateway_tests::folders::repository().join("policies/documents/starter/notice.toml");
    let gateway = Gateway::before(&shop.origin.url()).policy(&policy).start().await;
    let plain = shop.browser(gateway.address().port()).start().await;
    plain.open(SHOP).await;
    wait::until_true("a notice site runs its tags", || async { shop.collector.hits().len() > 12 }).await;
    drop(plain);
    shop.collector.forget();
    let browser = shop.browser(gateway.address().port()).header("Sec-GPC", "1").start().await;
    browser.open(SHOP).await;
    assert_eq!(browser.text("#end").await, "The end of the page.");
    assert!(shop.collector.hits().is_empty(), "{:?}", shop.collector.hits());
    assert_eq!(browser.cookie_names().await, ["session"]);
}
