//! What a browser's own memory shows after a change of mind. Refuses to guess: the page says whether it was kept running.

use gateway_tests::{Browser, Gateway, Origin, Reply, Seen, tags};

use super::kept;
use crate::stage::{SHOP, closed};

/// A page that, where its path says so, isn't kept running when it is left: browsers then show it from their cache.
fn left(seen: &Seen) -> Reply {
    if seen.all("if-none-match").iter().any(|line| line.contains("\"v1\"")) {
        return kept(Reply::status(304));
    }
    let unload = if seen.path_only() == "/stops" { "addEventListener('unload', () => {});" } else { "" };
    let page = tags::page("en", "Left").replace("<h1>", &format!("<script>{unload}</script><h1>"));
    kept(Reply::page(page))
}

/// Accepts, goes on, refuses, and goes back to the page that was left when all was granted: whether it was kept
/// running, and whether a tag is awake in it.
async fn back_after_a_refusal(path: &str) -> (bool, bool) {
    let origin = Origin::start(left).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    browser.open(&format!("{SHOP}/first")).await;
    browser.click("#consent-accept").await;
    closed(&browser).await;
    browser.open(&format!("{SHOP}{path}")).await;
    assert_eq!(browser.run(AWAKE).await, true, "granted");
    browser.run("window.keptRunning = true;").await;
    browser.open(&format!("{SHOP}/other")).await;
    browser.click("#consent-settings-link").await;
    browser.click("#consent-refuse").await;
    browser.until("location.pathname === '/other'").await;
    assert_eq!(browser.run(AWAKE).await, false, "refused");
    // Past the settings page and the page before it.
    browser.run("history.go(-3);").await;
    browser.until(&format!("location.pathname === '{path}' && document.readyState === 'complete'")).await;
    let running = browser.run("return window.keptRunning === true;").await == true;
    let asked = origin.seen_at(path);
    assert!(asked.iter().all(|seen| seen.all("if-none-match").is_empty()), "a page of another class is no condition");
    assert_eq!(asked.len(), if running { 1 } else { 2 }, "what isn't running any more is asked for");
    (running, browser.run(AWAKE).await == true)
}

const AWAKE: &str = "return !!document.querySelector('script[src^=\"https://www.googletagmanager.com/gtag/js\"]');";

#[tokio::test]
async fn going_back_to_a_page_that_was_left_asks_again() {
    assert_eq!(back_after_a_refusal("/stops").await, (false, false));
}

#[tokio::test]
async fn going_back_to_a_page_that_was_kept_running_shows_it_as_it_was() {
    assert_eq!(back_after_a_refusal("/runs").await, (true, true));
}
