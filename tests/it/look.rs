//! The owner's colours, corner and place, as a browser shows them. Refuses to compare sheets: what counts is what is computed.

use gateway_tests::{Browser, Gateway, Origin, Reply, browser};
use serde_json::json;

use crate::stage::{SHOP, closed};

const LOOK: &str = "[sites.look]\naccent = \"#5b2a86\"\npaper = \"#fdf8ff\"\nfont = \"monospace\"\ncorner = \"end\"\nplace = \"end\"\n\
    [sites.look.dark]\naccent = \"#d9b8ff\"\n";

const SEEN: &str = "const look = (id) => getComputedStyle(document.getElementById(id));
    const banner = document.getElementById('consent-banner').getBoundingClientRect();
    return [look('consent-accept').backgroundColor, look('consent-refuse').backgroundColor, look('consent-banner').backgroundColor,
        look('consent-banner').fontFamily, innerWidth - banner.right < 2 && banner.left > 2];";

async fn shown(policy: Option<&'static str>, more: &str) -> (Origin, Gateway, Browser) {
    let origin = Origin::start(move |_| {
        let page = Reply::page("<!doctype html><html lang=\"en\"><title>T</title><h1>T</h1>");
        policy.map_or(page.clone(), |policy| page.with("content-security-policy", policy))
    });
    let origin = origin.await;
    let text =
        format!("listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n{more}{LOOK}", origin.url());
    let gateway = Gateway::configured(&text).start().await;
    let plan: browser::Plan = Browser::plan().host("shop.example", 80, gateway.address().port()).view(1280, 800);
    let browser = plan.start().await;
    browser.open(SHOP).await;
    browser.until("document.querySelector('#consent-banner')?.checkVisibility()").await;
    (origin, gateway, browser)
}

const BY_DAY: [&str; 3] = ["rgb(91, 42, 134)", "rgb(91, 42, 134)", "rgb(253, 248, 255)"];

#[tokio::test]
async fn banner_link_and_pages_have_the_owner_s_colours_by_day_and_by_night() {
    let (_origin, _gateway, browser) = shown(None, "").await;
    let [accept, refuse, paper] = BY_DAY;
    assert_eq!(browser.run(SEEN).await, json!([accept, refuse, paper, "monospace", true]));
    crate::access::media(&browser, "", &[("prefers-color-scheme", "dark")]).await;
    let night = browser.run(SEEN).await;
    assert_eq!((&night[0], &night[1]), (&json!("rgb(217, 184, 255)"), &json!("rgb(217, 184, 255)")));
    assert_ne!(night[2], json!(paper), "by day alone");
    crate::access::media(&browser, "", &[("prefers-color-scheme", "light")]).await;
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    let right = "const box = document.getElementById('consent-settings').getBoundingClientRect(); return innerWidth - box.right < 30;";
    assert_eq!(browser.run(right).await, true, "the other corner");
    browser.click("#consent-settings-link").await;
    browser.until("location.pathname === '/.consent/settings' && document.readyState === 'complete'").await;
    let paper = browser.run("return getComputedStyle(document.body).backgroundColor;").await;
    assert_eq!(paper, json!(BY_DAY[2]));
}

#[tokio::test]
async fn where_inline_styles_are_forbidden_and_where_one_page_serves_all_it_is_the_same() {
    for (policy, more) in [(Some("default-src 'self'"), ""), (None, "cacheable = true\n")] {
        let (_origin, _gateway, browser) = shown(policy, more).await;
        let [accept, refuse, paper] = BY_DAY;
        browser
            .until(&format!(
                "getComputedStyle(document.getElementById('consent-accept')).backgroundColor === '{accept}'"
            ))
            .await;
        assert_eq!(browser.run(SEEN).await, json!([accept, refuse, paper, "monospace", true]), "{policy:?} {more}");
    }
}

#[tokio::test]
async fn what_stands_in_a_held_frame_s_place_has_the_owner_s_colours_too() {
    let page = "<!doctype html><html lang=en><title>T</title><iframe id=video width=560 height=315 src='https://www.youtube.com/embed/1'></iframe>";
    let origin = Origin::start(move |_| Reply::page(page)).await;
    let configured = |look: &str| {
        format!("listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n{look}", origin.url())
    };
    let frame = "document.getElementById('video').contentDocument";
    let look = format!(
        "const look = (css) => {frame}.defaultView.getComputedStyle({frame}.querySelector(css));
        return [look('#consent-once').backgroundColor, look('#consent-always').backgroundColor, look('#consent-always').color,
            look('body').backgroundColor, look('body').fontFamily];"
    );
    let shown = async |text: &str| {
        let gateway = Gateway::configured(&configured(text)).start().await;
        let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
        browser.open(SHOP).await;
        browser.until(&format!("{frame}?.getElementById('consent-once')")).await;
        (browser.run(&look).await, browser, gateway)
    };
    let (by_day, browser, _gateway) = shown(LOOK).await;
    let [accent, _, paper] = BY_DAY;
    assert_eq!(by_day, json!([accent, accent, "rgb(255, 255, 255)", paper, "monospace"]));
    crate::access::media(&browser, "", &[("prefers-color-scheme", "dark")]).await;
    let night = browser.run(&look).await;
    assert_eq!((&night[0], &night[2]), (&json!("rgb(217, 184, 255)"), &json!("rgb(17, 17, 34)")));
    assert_eq!(night[3], json!("rgb(34, 34, 34)"), "the paper was said by day alone");
    let (usual, ..) = shown("").await;
    assert_ne!((&usual[0], &usual[3]), (&by_day[0], &by_day[3]), "the system's colours without a word");
}
