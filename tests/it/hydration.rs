//! React pages that take over markup the gateway has written into: no error, the page works, the banner stays. Refuses to fake the framework: it is
//! React's own development build, which tells of every mismatch.

use gateway_tests::{Browser, Gateway, Origin, Reply, Seen, folders};

use crate::stage::{closed, taken_over};

const SHOP: &str = "http://shop.example";

fn answer(seen: &Seen) -> Reply {
    let name = seen.path_only().trim_start_matches('/');
    let kind = match name {
        "document.html" | "root.html" => "text/html; charset=utf-8",
        "document.js" | "root.js" => "text/javascript; charset=utf-8",
        _ => return Reply::status(404),
    };
    Reply::of(kind, std::fs::read(folders::react().join(name)).expect("the fixture can be read"))
}

async fn check_hydrates(page: &str) {
    let origin = Origin::start(answer).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    browser.open(&format!("{SHOP}/{page}")).await;
    browser.until("window.hydrating").await;
    taken_over(&browser).await;
    browser.click("#count").await;
    browser.until("document.querySelector('#count').textContent === 'clicked 1 times'").await;
    assert!(browser.has("body > consent-banner").await, "{page}: the banner stays");
    assert_eq!(
        browser.run("return document.querySelectorAll('#app').length;").await,
        1,
        "{page}: the application is there once"
    );
    let errors: Vec<_> = browser.errors().await.into_iter().filter(|error| !error.contains("favicon.ico")).collect();
    assert!(errors.is_empty(), "{page}: {errors:#?}");

    browser.click("#consent-refuse").await;
    closed(&browser).await;
    browser.click("#count").await;
    browser.until("document.querySelector('#count').textContent === 'clicked 2 times'").await;
    browser.open(&format!("{SHOP}/{page}")).await;
    browser.click("#count").await;
    browser.until("document.querySelector('#count').textContent === 'clicked 1 times'").await;
    let errors: Vec<_> = browser.errors().await.into_iter().filter(|error| !error.contains("favicon.ico")).collect();
    assert!(errors.is_empty(), "{page} with a choice: {errors:#?}");
}

#[tokio::test]
async fn a_page_whose_document_is_hydrated() {
    check_hydrates("document.html").await;
}

#[tokio::test]
async fn a_page_with_one_hydrated_element() {
    check_hydrates("root.html").await;
}
