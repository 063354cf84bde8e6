//! A visitor who agreed and takes it back: what was set goes away, hidden cookies and those at other places too, and stays away. Refuses to count
//! what the visitor did not refuse.

use gateway_tests::{Browser, Gateway, Origin, Reply, Seen};

use crate::stage::closed;

const SHOP: &str = "http://shop.example";

/// Cookies of refused purposes at every place a site puts them, beside one that nobody refuses.
fn scattered(seen: &Seen) -> Reply {
    let page = Reply::page(
        "<!doctype html><html lang=en><title>Scattered</title><body><p>Cookies.</p>\
         <script>document.cookie = '_gid=by-script; path=/; max-age=9999'</script></body></html>",
    );
    if seen.path_only() == "/favicon.ico" {
        return Reply::status(404);
    }
    page.cookie("session=1; Path=/; HttpOnly")
        .cookie("_ga=1; Path=/; Domain=shop.example; Max-Age=9999")
        .cookie("_fbp=1; Path=/; HttpOnly; Max-Age=9999")
        .cookie("_clck=1; Path=/deep; HttpOnly; Max-Age=9999")
        .cookie("_uetsid=1; Path=/; Domain=.shop.example; HttpOnly; SameSite=Lax; Max-Age=9999")
}

const REFUSABLE: [&str; 5] = ["_clck", "_fbp", "_ga", "_gid", "_uetsid"];

async fn kept(browser: &Browser) -> Vec<String> {
    let names = browser.cookie_names().await;
    names.into_iter().filter(|name| REFUSABLE.contains(&name.as_str())).collect()
}

async fn accepted(browser: &Browser) {
    browser.open(&format!("{SHOP}/deep/page")).await;
    browser.click("#consent-accept").await;
    closed(browser).await;
    browser.open(&format!("{SHOP}/deep/page")).await;
    assert_eq!(kept(browser).await, REFUSABLE, "after accepting, the site sets what it likes");
}

async fn stays_away(browser: &Browser, origin: &Origin) {
    for path in ["/deep/page", "/", "/deep/other"] {
        browser.open(&format!("{SHOP}{path}")).await;
    }
    let left = kept(browser).await;
    assert!(left.is_empty(), "they come back: {left:?}");
    let names = origin.last_at("/deep/other").cookie_names();
    assert_eq!(names, ["session"], "the origin sees none of them");
    assert!(browser.cookie_names().await.contains(&"session".into()), "nobody is logged out");
}

#[tokio::test]
async fn a_refusal_after_a_grant_expires_what_was_set_and_it_stays_gone() {
    let origin = Origin::start(scattered).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    accepted(&browser).await;
    browser.click("#consent-settings-link").await;
    browser.click("#consent-refuse").await;
    browser.until("!location.pathname.startsWith('/.consent/')").await;
    let left: Vec<_> = kept(&browser).await.into_iter().filter(|name| name != "_gid").collect();
    assert!(left.is_empty(), "still there after the refusal: {left:?}");
    stays_away(&browser, &origin).await;
}

#[tokio::test]
async fn a_withdrawal_does_the_same() {
    let origin = Origin::start(scattered).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    accepted(&browser).await;
    browser.click("#consent-settings-link").await;
    browser.click("#consent-withdraw").await;
    browser.until("!location.pathname.startsWith('/.consent/')").await;
    stays_away(&browser, &origin).await;
}

#[tokio::test]
async fn taking_one_purpose_back_leaves_the_other() {
    let origin = Origin::start(scattered).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    accepted(&browser).await;
    browser.click("#consent-settings-link").await;
    browser.click("input[name=purpose][value=marketing]").await;
    browser.click("#consent-save").await;
    browser.until("!location.pathname.startsWith('/.consent/')").await;
    browser.open(&format!("{SHOP}/deep/page")).await;
    assert_eq!(kept(&browser).await, ["_clck", "_ga", "_gid"], "analytics stay, marketing goes");
}
