//! The banner as a person sees it: equals side by side, in view on a small screen, nothing moves, nothing is fetched once answered, put back when a
//! script clears the page, honest where cookies are blocked. Refuses to judge by markup what the browser can measure.

use gateway_tests::{Browser, Gateway, Origin, Reply, Seen, browser, wait};
use policies::Lang;
use serde_json::{Value, json};

use crate::stage::{closed, taken_over};

const SHOP: &str = "http://shop.example/";

fn answer(seen: &Seen) -> Reply {
    if seen.path_only() == "/favicon.ico" {
        return Reply::status(404);
    }
    let named = Lang::of_tag(seen.path_only().trim_start_matches('/'));
    let lang = named.unwrap_or(Lang::En).tag();
    let text = "<p>A paragraph of the page, long enough to fill a line and to show that nothing moves.</p>".repeat(30);
    Reply::page(format!(
        "<!doctype html><html lang={lang}><head><meta name=viewport content='width=device-width'><title>Page</title></head>\
         <body><h1>Page</h1>{text}</body></html>"
    ))
}

struct Setting {
    origin: Origin,
    gateway: Gateway,
}

impl Setting {
    async fn ready() -> Self {
        let origin = Origin::start(answer).await;
        let gateway = Gateway::before(&origin.url()).start().await;
        Self { origin, gateway }
    }

    fn browser(&self) -> browser::Plan {
        Browser::plan().host("shop.example", 80, self.gateway.address().port())
    }
}

const BUTTONS: &str = "
    const look = id => {
        const e = document.getElementById(id), r = e.getBoundingClientRect(), s = getComputedStyle(e);
        const style = ['fontSize', 'fontWeight', 'fontFamily', 'color', 'backgroundColor', 'borderTopWidth', 'borderTopColor', 'opacity',
            'textDecorationLine', 'paddingTop', 'paddingLeft', 'cursor', 'visibility'].map(key => s[key]);
        const at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
        return { x: r.x, y: r.y, w: r.width, h: r.height, style, hit: e === at || e.contains(at), tag: e.tagName };
    };
    return { accept: look('consent-accept'), refuse: look('consent-refuse'), width: innerWidth, height: innerHeight };";

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} in {value}"))
}

fn check_equals(look: &Value) {
    let (accept, refuse) = (&look["accept"], &look["refuse"]);
    assert_eq!(accept["style"], refuse["style"], "the same font, weight, colours and borders");
    for side in ["w", "h"] {
        assert!((number(accept, side) - number(refuse, side)).abs() <= 1.0, "{side} of {look}");
    }
    for button in [accept, refuse] {
        let inside = number(button, "x") >= 0.0
            && number(button, "y") >= 0.0
            && number(button, "x") + number(button, "w") <= number(look, "width")
            && number(button, "y") + number(button, "h") <= number(look, "height");
        assert!(inside, "in view: {look}");
        assert_eq!(button["hit"], true, "nothing lies over it: {look}");
        assert!(number(button, "h") >= 24.0, "large enough for a finger: {look}");
    }
}

#[tokio::test]
async fn accept_and_refuse_are_equals_and_in_view_on_a_small_screen_in_every_language() {
    let setting = Setting::ready().await;
    for (width, height) in [(320, 568), (1280, 800)] {
        let browser = setting.browser().view(width, height).start().await;
        for lang in Lang::ALL.map(Lang::tag) {
            browser.open(&format!("{SHOP}{lang}")).await;
            taken_over(&browser).await;
            let look = browser.run(BUTTONS).await;
            assert_eq!((number(&look, "width"), number(&look, "height")), (f64::from(width), f64::from(height)));
            check_equals(&look);
        }
    }
}

#[tokio::test]
async fn nothing_moves_when_the_banner_comes_and_goes() {
    let setting = Setting::ready().await;
    let browser = setting.browser().view(320, 568).start().await;
    browser.open(SHOP).await;
    taken_over(&browser).await;
    let shifts = "return new Promise(done => {
        const moved = [], box = r => [r.x, r.y, r.width, r.height].map(Math.round).join(' ');
        const note = entry => entry.sources.forEach(source => moved.push(
            `${entry.value.toFixed(3)} ${source.node?.nodeName} ${source.node?.id ?? ''}: ${box(source.previousRect)} -> ${box(source.currentRect)}`));
        new PerformanceObserver(list => list.getEntries().forEach(note)).observe({ type: 'layout-shift', buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(moved), 0)));
    });";
    assert_eq!(browser.run(shifts).await, json!([]), "when it comes");
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    assert_eq!(browser.run(shifts).await, json!([]), "when it goes");
    assert!(
        browser
            .run("return document.querySelector('h1').getBoundingClientRect().y")
            .await
            .as_f64()
            .is_some_and(|y| y < 60.0)
    );
}

#[tokio::test]
async fn the_choice_is_sent_without_a_page_load() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    browser.open(SHOP).await;
    taken_over(&browser).await;
    browser.run("window.mark = 1;").await;
    browser.click("#consent-accept").await;
    closed(&browser).await;
    assert_eq!(browser.run("return window.mark;").await, 1, "the page was not loaded again");
    assert_eq!(setting.origin.seen_at("/").len(), 1);
}

#[tokio::test]
async fn a_first_visit_downloads_four_small_files() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    browser.open(SHOP).await;
    taken_over(&browser).await;
    // That it is shown is told by a request that carries nothing, either way.
    let sizes = "return performance.getEntriesByType('resource').map(entry => [new URL(entry.name).pathname, entry.encodedBodySize])
        .filter(([path]) => path.startsWith('/.consent/') && path !== '/.consent/rendered');";
    let sizes = browser.run(sizes).await;
    let size = |name: &str| {
        let all = sizes.as_array().into_iter().flatten();
        all.filter(|entry| entry[0].as_str().is_some_and(|path| path.ends_with(name)))
            .map(|entry| entry[1].as_f64().unwrap_or(f64::NAN))
            .sum::<f64>()
    };
    assert_eq!(sizes.as_array().map(Vec::len), Some(4), "rules, guard, glue and program: {sizes}");
    let program = size(gateway::assets::GLUE.name) + size(gateway::assets::WASM.name);
    assert!(program > 5_000.0 && program <= 15_000.0, "{sizes}");
    let guard = size(gateway::assets::GUARD.name);
    assert!(guard > 1_000.0 && guard <= 4_000.0, "{sizes}");
}

#[tokio::test]
async fn a_visitor_with_a_current_choice_downloads_no_banner() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    let fetched = "return performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname).filter(path => path.startsWith('/.consent/'));";
    browser.open(SHOP).await;
    taken_over(&browser).await;
    let first = browser.run(fetched).await;
    assert!(
        first
            .as_array()
            .is_some_and(|paths| paths.iter().any(|path| path.as_str().is_some_and(|path| path.ends_with(".wasm")))),
        "{first}"
    );
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    browser.open(&format!("{SHOP}next")).await;
    assert!(browser.has("#consent-settings-link").await);
    assert!(!browser.has("#consent-banner").await);
    let next = browser.run(fetched).await;
    // What stays is the guard, with its rules and what it takes refused names away with.
    let scripts: Vec<_> = next.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(scripts.iter().all(|path| path.ends_with(".js")) && scripts.len() <= 3, "no wasm, no sheet: {next}");
    assert!(!scripts.iter().any(|path| path.ends_with(gateway::assets::GLUE.name)), "no glue: {next}");
}

#[tokio::test]
async fn the_banner_is_put_back_when_a_script_replaces_the_body() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    for replace in [
        "document.body.innerHTML = '<p>new</p>';",
        "const b = document.createElement('body'); b.append('new'); document.body = b;",
    ] {
        browser.open(SHOP).await;
        taken_over(&browser).await;
        browser.run(replace).await;
        browser.until("document.body.firstElementChild?.id === 'consent-banner'").await;
        check_equals(&browser.run(BUTTONS).await);
    }
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    browser.run("document.body.innerHTML = '<p>newer</p>';").await;
    browser.open(SHOP).await;
    assert!(!browser.has("#consent-banner").await, "the choice made on the way counts");
}

#[tokio::test]
async fn where_cookies_are_blocked_only_the_settings_link_shows_and_says_so() {
    let setting = Setting::ready().await;
    let browser = setting.browser().without_cookies().start().await;
    browser.open(SHOP).await;
    assert_eq!(browser.run("return navigator.cookieEnabled;").await, false);
    closed(&browser).await;
    let blocked = browser.run("return document.querySelector('#consent-settings').dataset.blocked;").await;
    let text = browser.text("#consent-settings").await;
    assert!(
        blocked.as_str().is_some_and(|blocked| !blocked.is_empty() && text.contains(blocked)),
        "{blocked} in {text:?}"
    );
}

#[tokio::test]
async fn a_failed_save_is_told_and_the_banner_stays() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    browser.open(SHOP).await;
    taken_over(&browser).await;
    browser.run("document.querySelector('#consent-form [name=policy]').value = '0000000000000000';").await;
    browser.click("#consent-accept").await;
    browser.until("document.querySelector('#consent-error:not([hidden])')?.textContent.trim()").await;
    assert!(browser.has("#consent-banner").await);
    assert!(!browser.cookie_names().await.contains(&"consent".into()));
}

#[tokio::test]
async fn the_keyboard_reaches_everything_and_the_reader_is_told() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    browser.open(SHOP).await;
    taken_over(&browser).await;
    let tree = browser.devtools("Accessibility.getFullAXTree", json!({})).await.to_string();
    assert!(tree.contains("\"region\""), "a named region");
    let order =
        "return [...document.querySelectorAll('#consent-banner a, #consent-banner summary, #consent-banner button')]
        .filter(e => e.checkVisibility()).map(e => e.tabIndex);";
    let order = browser.run(order).await;
    assert!(order.as_array().is_some_and(|all| all.len() >= 4 && all.iter().all(|index| index == 0)), "{order}");
    // Enter on the focused button is the same as a click.
    browser.run("document.getElementById('consent-refuse').focus();").await;
    let key = |kind: &str| json!({ "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" });
    browser.devtools("Input.dispatchKeyEvent", key("keyDown")).await;
    browser.devtools("Input.dispatchKeyEvent", key("keyUp")).await;
    wait::until_true("the refusal is kept", || async { browser.cookie_names().await.contains(&"consent".into()) })
        .await;
}
