//! The banner beside what else is in the way of reading a page: the way past it by keyboard, a keyboard on the screen, a page that
//! runs from right to left. Refuses to look at pages without a link or a field of their own. Invariant: nothing here answers.

use gateway_tests::{Browser, Gateway, Origin, Reply, Seen, wait};
use serde_json::json;

use crate::access::{key, view};
use crate::stage::{SHOP, taken_over};

const PARAGRAPH: &str = "<p>A paragraph.</p>";

fn answer(seen: &Seen) -> Reply {
    let head = "<meta charset=utf-8><meta name=viewport content='width=device-width, interactive-widget=resizes-content'><title>Page</title>";
    match seen.path_only() {
        "/favicon.ico" => Reply::status(404),
        "/rtl" => Reply::page(format!(
            "<!doctype html><html lang=he dir=rtl><head>{head}</head><body><h1>עמוד</h1></body></html>"
        )),
        "/based" => Reply::page(format!(
            "<!doctype html><html lang=en><head>{head}<base href='/elsewhere/'></head><body><a id=first href=/x>A link</a></body></html>"
        )),
        _ => Reply::page(format!(
            "<!doctype html><html lang=en><head>{head}</head><body><a id=first href=/x>A link</a>{text}<input id=field>{text}</body></html>",
            text = PARAGRAPH.repeat(20)
        )),
    }
}

async fn gateway() -> (Origin, Gateway) {
    let origin = Origin::start(answer).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    (origin, gateway)
}

fn browser(gateway: &Gateway) -> gateway_tests::browser::Plan {
    Browser::plan().host("shop.example", 80, gateway.address().port()).view(390, 844)
}

/// The id of what has the focus, or its text.
async fn focused(browser: &Browser) -> String {
    let focused = browser.driver().active_element().await.expect("the browser answers");
    match focused.id().await.expect("the browser answers") {
        Some(id) if !id.is_empty() => id,
        _ => focused.text().await.expect("the browser answers"),
    }
}

#[tokio::test]
async fn the_first_link_of_the_banner_leads_past_it() {
    let (_origin, gateway) = gateway().await;
    let browser = browser(&gateway).start().await;
    for path in ["/#a-route", "/based#a-route"] {
        browser.open("about:blank").await;
        browser.open(&format!("{SHOP}{path}")).await;
        taken_over(&browser).await;
        key(&browser, "Tab", 9).await;
        if path.starts_with("/based") {
            // Without a script such a link would lead to the page that the base names: there is none.
            assert_ne!(focused(&browser).await, "Skip to content");
            continue;
        }
        assert_eq!(focused(&browser).await, "Skip to content");
        let seen = "const box = document.activeElement.getBoundingClientRect();
            return [box.height >= 44, box.top >= 0 && box.bottom <= innerHeight,
                document.elementFromPoint(box.x + 5, box.y + 20) === document.activeElement];";
        assert_eq!(browser.run(seen).await, json!([true, true, true]), "who reaches it sees it");
        key(&browser, "Enter", 13).await;
        browser.until("document.activeElement.id === 'consent-end'").await;
        assert!(browser.location().await.ends_with("/#a-route"), "a page that keeps its place there keeps it");
        key(&browser, "Tab", 9).await;
        assert_eq!(focused(&browser).await, "first");
        assert!(browser.has("#consent-banner").await, "it waits for its answer");
    }
    assert_eq!(browser.cookie_names().await, Vec::<String>::new(), "and nothing was answered");
}

#[tokio::test]
async fn without_a_script_it_leads_past_the_banner_too() {
    let (_origin, gateway) = gateway().await;
    let browser = browser(&gateway).without_script().start().await;
    browser.open(SHOP).await;
    key(&browser, "Tab", 9).await;
    assert_eq!(focused(&browser).await, "Skip to content");
    key(&browser, "Enter", 13).await;
    wait::until_true("the browser is behind the banner", || async {
        browser.location().await.ends_with("#consent-end")
    })
    .await;
    key(&browser, "Tab", 9).await;
    assert_eq!(focused(&browser).await, "first");
}

#[tokio::test]
async fn a_keyboard_on_the_screen_and_the_banner_leave_the_field_in_view() {
    let (_origin, gateway) = gateway().await;
    let browser = browser(&gateway).start().await;
    browser.open(SHOP).await;
    taken_over(&browser).await;
    browser.click("#field").await;
    for height in [844, 460, 320, 256] {
        // What the keyboard takes is taken from the view, and the browser scrolls to where letters go.
        view(&browser, 390, height).await;
        browser.until(&format!("innerHeight === {height}")).await;
        browser
            .until(
                "document.getElementById('consent-banner').offsetHeight + 'px'
                 === getComputedStyle(document.documentElement).getPropertyValue('--consent-banner-height')",
            )
            .await;
        let seen = browser
            .run(
                "document.activeElement.scrollIntoView({ block: 'nearest' });
                 return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => {
                    const field = document.getElementById('field').getBoundingClientRect();
                    const banner = document.getElementById('consent-banner').getBoundingClientRect();
                    return [document.activeElement.id, field.top >= 0, field.bottom <= banner.top + 1, banner.bottom <= innerHeight + 1,
                        document.elementFromPoint(field.x + 5, field.y + 5)?.id];
                 });",
            )
            .await;
        assert_eq!(seen, json!(["field", true, true, true, "field"]), "{height}");
    }
}

#[tokio::test]
async fn the_banner_runs_as_its_own_language_does() {
    let (_origin, gateway) = gateway().await;
    let browser = browser(&gateway).language("en-GB").start().await;
    browser.open(&format!("{SHOP}/rtl")).await;
    taken_over(&browser).await;
    let runs = "const of = id => getComputedStyle(document.getElementById(id)).direction; return of('consent-banner') + ' ' + of('consent-settings');";
    assert_eq!(
        browser.run(runs).await,
        "ltr rtl",
        "in a page that runs from right to left, whose corner the link keeps"
    );
    // No language of ours runs the other way yet: this is the same banner with such words in it.
    let turned = "for (const each of document.querySelectorAll('#consent-banner :is(a, h2, p, b, small, li, button, summary, label)'))
            for (const text of each.childNodes) if (text.nodeType === 3 && text.data.trim()) text.data = 'מילה אחת ועוד אחת';
        document.getElementById('consent-choose').open = true;
        const box = id => document.getElementById(id).getBoundingClientRect(), banner = box('consent-banner');
        const inside = [...document.querySelectorAll('#consent-banner *')].every(each => {
            const own = each.getBoundingClientRect();
            return !own.width || each.matches('form > a') || (own.left >= banner.left - 1 && own.right <= banner.right + 1); });
        const list = document.querySelector('#consent-banner ul'), tick = document.querySelector('#consent-banner input[type=checkbox]');
        return [getComputedStyle(document.getElementById('consent-banner')).direction, inside, box('consent-accept').left > box('consent-refuse').right,
            tick.getBoundingClientRect().left > banner.left + banner.width / 2, parseFloat(getComputedStyle(list).paddingRight) > 0,
            document.querySelector('#consent-form').scrollWidth <= document.querySelector('#consent-form').clientWidth];";
    assert_eq!(browser.run(turned).await, json!(["rtl", true, true, true, true, true]));
}
