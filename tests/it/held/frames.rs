//! Held frames: what stands in their place is as large as they are, says whose they are, and gives them back once or always.

use gateway_tests::{Browser, Client, wait};
use serde_json::{Value, json};
use thirtyfour::By;

use super::{ADVERTISING, MAP, Page, Stage, VIDEO, external};
use crate::stage::{SHOP, taken_over};
use crate::visitors::state;

/// A video, a post of the same company's other address, a map, media in older elements, and a frame that only counts.
fn page() -> Page {
    let body = format!(
        "<style>#fluid {{ width: 50%; aspect-ratio: 16 / 9; height: auto; border: 0; }}</style>
         <p>before</p><iframe id=video width=560 height=315 title='A video' src='{VIDEO}/embed/1?a=1' allow=fullscreen></iframe>
         <p>between</p><iframe id=fluid src='{VIDEO}/embed/2'></iframe><iframe id=plain src='{MAP}/p/1'></iframe>
         <object id=object data='{VIDEO}/embed/3' width=400 height=300></object><embed id=embed src='{VIDEO}/embed/4' type=text/html width=200 height=100>
         <iframe id=counter width=1 height=1 src='{ADVERTISING}/count'></iframe>{}<p id=after>after</p>",
        external("", "/one.js")
    );
    Page::new("", &body)
        .file("/embed/1", "<!doctype html><title>Video</title><p id=playing>playing</p>")
        .file("/embed/2", "<!doctype html><title>Video 2</title><p id=playing>playing</p>")
        .file("/p/1", "<!doctype html><title>Map</title><p id=playing>a map</p>")
        .file("/embed/3", "<!doctype html><title>Object</title><p id=playing>an object</p>")
        .file("/embed/4", "<!doctype html><title>Embed</title><p id=playing>an embed</p>")
        .file("/one.js", "ran.push('one');")
}

const SHOWN: &str = "[...document.querySelectorAll('#video, #fluid, #plain, #object')]
    .every(frame => frame.contentDocument?.querySelector('#consent-once')?.checkVisibility())";

const BOXES: &str = "return ['video', 'fluid', 'plain', 'object', 'embed', 'counter', 'after', 'end'].map(id => {
    const box = document.getElementById(id).getBoundingClientRect();
    return [id, box.x, box.y, box.width, box.height].join(' ');
});";

const SHIFTS: &str = "return new Promise(done => {
    const moved = [];
    new PerformanceObserver(list => list.getEntries().forEach(entry => moved.push(entry.value))).observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(moved), 0)));
});";

/// Presses a button, or a link, inside a frame as a person does.
async fn press(browser: &Browser, frame: &str, button: &str) {
    browser.until(&format!("document.querySelector('{frame}')")).await;
    // The banner lies over the lower part of the view.
    browser.run(&format!("document.querySelector('{frame}').scrollIntoView({{ block: 'start' }});")).await;
    let driver = browser.driver();
    driver.find(By::Css(frame)).await.expect("the frame").enter_frame().await.expect("a frame can be entered");
    let shown = || async { driver.find(By::Css(button)).await.ok()?.is_displayed().await.ok()?.then_some(()) };
    wait::until(&format!("{button} is shown in {frame}"), shown).await;
    let found = driver.find(By::Css(button)).await.expect("it was there");
    found.click().await.unwrap_or_else(|error| panic!("can't press {button} in {frame}: {error}"));
    driver.enter_default_frame().await.expect("the page can be gone back to");
}

/// What a frame shows, by the third party's own word or ours.
async fn awake(stage: &Stage, frame: &str) -> bool {
    let script = format!(
        "const frame = document.querySelector('{frame}'); return [frame.hasAttribute('data-consent-hold'), frame.src ?? frame.data].join(' ');"
    );
    let told = stage.browser.run(&script).await;
    let text = told.as_str().unwrap_or_default();
    text.starts_with("false") && (text.contains("youtube.com") || text.contains("map.naver.com"))
}

async fn cookie(stage: &Stage) -> String {
    let kept = stage.browser.cookies().await.into_iter().find(|cookie| cookie.name == "consent");
    kept.map(|cookie| format!("consent={}", cookie.value)).unwrap_or_default()
}

#[tokio::test]
async fn a_placeholder_is_as_large_as_what_it_stands_for_and_nothing_moves() {
    let stage = page().open().await;
    stage.browser.until(SHOWN).await;
    assert_eq!(stage.asked(), Vec::<String>::new());
    let shown = stage.browser.run(BOXES).await;
    let of = |id: &str| {
        shown
            .as_array()
            .and_then(|all| all.iter().find(|row| row.as_str().is_some_and(|row| row.starts_with(id))).cloned())
    };
    let size =
        |id: &str| of(id).and_then(|row| row.as_str().map(|row| row.split(' ').skip(3).collect::<Vec<_>>().join("x")));
    // A frame's own border is two pixels on each side.
    assert_eq!(size("video").as_deref(), Some("564x319"));
    assert_eq!(size("plain").as_deref(), Some("304x154"));
    assert_eq!((size("object").as_deref(), size("embed").as_deref()), (Some("400x300"), Some("200x100")));
    assert_eq!(stage.browser.run(SHIFTS).await, json!([]), "when they are shown");
    stage.press_accept().await;
    stage.asks_for(&["/embed/1", "/embed/2", "/p/1", "/embed/3", "/embed/4", "/count"]).await;
    stage.ran(&["one"]).await;
    assert_eq!(stage.browser.run(BOXES).await, shown, "each is where and as large as its placeholder");
    assert_eq!(stage.browser.run(SHIFTS).await, json!([]), "when they wake");
}

#[tokio::test]
async fn load_once_wakes_this_frame_alone_and_records_nothing() {
    let stage = page().open().await;
    stage.browser.until(SHOWN).await;
    let before = stage.browser.run("return history.length;").await;
    press(&stage.browser, "#video", "#consent-once").await;
    wait::until_true("the video is asked for", || async { !stage.asked().is_empty() }).await;
    assert_eq!(stage.asked(), ["/embed/1?a=1"]);
    assert!(awake(&stage, "#video").await && !awake(&stage, "#fluid").await && !awake(&stage, "#plain").await);
    assert_eq!(stage.browser.run("return document.activeElement.id;").await, "video", "the focus stays there");
    assert_eq!(stage.browser.run("return history.length;").await, before, "one step back still leaves the page");
    assert_eq!(cookie(&stage).await, "", "nothing is recorded");
    press(&stage.browser, "#object", "#consent-once").await;
    press(&stage.browser, "#embed", "#consent-once").await;
    wait::until_true("media in older elements are asked for", || async { stage.asked().len() == 3 }).await;
    stage.browser.reload().await;
    stage.browser.until(SHOWN).await;
    assert!(!awake(&stage, "#video").await, "once is once");
}

#[tokio::test]
async fn always_allow_adds_that_service_to_what_was_granted() {
    let stage = page().open().await;
    taken_over(&stage.browser).await;
    stage.browser.click("#consent-choose > summary").await;
    stage.browser.click("#consent-form input[name=purpose][value=analytics]").await;
    stage.browser.click("#consent-save").await;
    stage.ran(&["one"]).await;
    stage.third_party.forget();
    press(&stage.browser, "#video", "#consent-always").await;
    stage.asks_for(&["/embed/1", "/embed/2", "/embed/3", "/embed/4"]).await;
    assert!(!awake(&stage, "#plain").await, "a map is another service");
    assert_eq!(stage.asked().len(), 4, "{:?}", stage.asked());
    let cookie = cookie(&stage).await;
    let state = state(stage.gateway.address(), &[("Cookie", &cookie)]).await;
    assert!(state["granted"].as_array().is_some_and(|granted| granted.contains(&json!("analytics"))), "{state}");
    assert!(state["refused"].as_array().is_some_and(|refused| refused.contains(&json!("marketing"))), "{state}");

    stage.third_party.forget();
    stage.browser.open(&format!("{SHOP}/next")).await;
    stage.browser.until("document.querySelector('#plain').contentDocument?.querySelector('#consent-once')").await;
    stage.asks_for(&["/embed/1", "/embed/2", "/embed/3", "/embed/4"]).await;
    assert!(!stage.asked().iter().any(|path| path == "/count" || path == "/p/1"), "{:?}", stage.asked());
}

#[tokio::test]
async fn a_first_answer_may_be_a_single_one() {
    let stage = page().open().await;
    press(&stage.browser, "#plain", "#consent-always").await;
    stage.asks_for(&["/p/1"]).await;
    stage.browser.open(&format!("{SHOP}/next")).await;
    assert!(!stage.browser.has("#consent-banner").await, "that was an answer");
    wait::until_true("the map is asked for again", || async { stage.asked() == ["/p/1", "/p/1"] }).await;
}

#[tokio::test]
async fn what_the_page_demands_of_a_frame_holds_for_what_it_loads() {
    let body = format!(
        "<iframe id=video sandbox='allow-scripts' credentialless referrerpolicy=no-referrer src='{VIDEO}/embed/1'></iframe>"
    );
    let page = Page::new("", &body).file("/embed/1", "<!doctype html><title>Video</title>");
    let stage = page.open().await;
    press(&stage.browser, "#video", "#consent-once").await;
    wait::until_true("the video is asked for", || async { stage.asked() == ["/embed/1"] }).await;
    let names =
        "return document.querySelector('#video').getAttributeNames().filter(name => name !== 'cd_frame_id_').sort();";
    let expect = ["credentialless", "data-consent-once", "id", "referrerpolicy", "sandbox", "src"];
    assert_eq!(stage.browser.run(names).await, json!(expect));
    let seen = stage.third_party.seen();
    assert!(seen.iter().all(|seen| seen.header("referer").is_none()), "the page's own word on referrers holds");
}

#[tokio::test]
async fn a_placeholder_speaks_the_pages_language_and_is_reached_by_keyboard() {
    for (lang, once, always) in [("ko", "이번만 불러오기", "항상 허용"), ("en", "Load once", "Always allow")]
    {
        let mut page = page();
        page.html = page.html.replace("lang=en", &format!("lang={lang}"));
        let stage = page.behind(Browser::plan()).await;
        stage.browser.open(SHOP).await;
        stage.browser.until(SHOWN).await;
        let look = stage.browser.run("const page = document.querySelector('#video').contentDocument, all = page.querySelectorAll('button');
            const style = button => { const own = page.defaultView.getComputedStyle(button), box = button.getBoundingClientRect();
                return [own.color, own.backgroundColor, own.fontSize, own.fontWeight, own.borderTopColor, Math.round(box.width), Math.round(box.height)].join(); };
            return { lang: page.documentElement.lang, title: page.title, texts: [...all].map(button => button.textContent), equal: style(all[0]) === style(all[1]),
                tabs: [...all].map(button => button.tabIndex), link: page.querySelector('a[href*=settings]')?.target };").await;
        assert_eq!(look["lang"], lang);
        assert_eq!(look["texts"], json!([once, always]));
        assert_eq!((&look["equal"], &look["tabs"]), (&json!(true), &json!([0, 0])), "{look}");
        assert!(look["title"].as_str().is_some_and(|title| title.contains("www.youtube.com")), "{look}");
        assert_eq!(look["link"], "_top");
        let (button, always) = names_in(&stage, once, always).await;
        assert!(button.contains("www.youtube.com") && always.contains("www.youtube.com"), "{button} {always}");
        stage
            .browser
            .run("document.querySelector('#video').contentDocument.getElementById('consent-once').focus();")
            .await;
        let key = |kind: &str| json!({ "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" });
        stage.browser.devtools("Input.dispatchKeyEvent", key("keyDown")).await;
        stage.browser.devtools("Input.dispatchKeyEvent", key("keyUp")).await;
        wait::until_true("Enter loads it", || async { stage.asked() == ["/embed/1?a=1"] }).await;
    }
}

/// What a screen reader is told of both buttons beside their names.
async fn names_in(stage: &Stage, once: &str, always: &str) -> (String, String) {
    let frames = stage.browser.devtools("Page.getFrameTree", json!({})).await;
    let children = frames["frameTree"]["childFrames"].as_array().cloned().unwrap_or_default();
    let first = children.first().map(|child| child["frame"]["id"].clone()).unwrap_or_default();
    let tree = stage.browser.devtools("Accessibility.getFullAXTree", json!({ "frameId": first })).await;
    let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
    let about = |name: &str| {
        let found = nodes.iter().find(|node| node["role"]["value"] == "button" && node["name"]["value"] == name);
        found.and_then(|node: &Value| node["description"]["value"].as_str().map(String::from)).unwrap_or_default()
    };
    (about(once), about(always))
}

#[tokio::test]
async fn without_script_the_settings_are_a_link_away() {
    let stage = page().behind(Browser::plan().without_script()).await;
    stage.browser.open(SHOP).await;
    let driver = stage.browser.driver();
    driver.find(By::Css("#video")).await.expect("the frame").enter_frame().await.expect("a frame can be entered");
    let button = driver.find(By::Css("#consent-once")).await.expect("it is in the page");
    assert!(!button.is_displayed().await.expect("a button is shown or not"), "no button that would do nothing");
    driver.enter_default_frame().await.expect("the page can be gone back to");
    press(&stage.browser, "#video", "a[href*=settings]").await;
    wait::until_true("the settings open in the whole tab", || async {
        stage.browser.location().await.contains("/.consent/settings")
    })
    .await;
    assert!(stage.asked().is_empty(), "{:?}", stage.asked());
}

#[tokio::test]
async fn in_the_one_page_for_all_frames_wake_for_who_allowed_them() {
    let stage = page().cacheable().open().await;
    stage.browser.until(SHOWN).await;
    press(&stage.browser, "#video", "#consent-always").await;
    stage.asks_for(&["/embed/1", "/embed/2", "/embed/3", "/embed/4"]).await;
    stage.third_party.forget();
    stage.browser.open(&format!("{SHOP}/next")).await;
    // The page is the same for all; each placeholder knows its visitor.
    stage.asks_for(&["/embed/1", "/embed/2", "/embed/3", "/embed/4"]).await;
    assert!(!awake(&stage, "#plain").await);
}

#[tokio::test]
async fn a_placeholder_is_framed_by_its_own_site_alone_and_says_only_what_the_site_has() {
    let stage = page().behind(Browser::plan()).await;
    let ask = |query: &'static str| {
        let address = stage.gateway.address();
        async move { Client::fetch(address, "shop.example", &format!("/.consent/placeholder{query}"), &[]).await }
    };
    let known = ask("?of=www.youtube.com%2Fembed%2F&lang=ko").await;
    assert_eq!(known.status, 200);
    let policy = known.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("frame-ancestors 'self'") && policy.contains("default-src 'none'"), "{policy}");
    assert_eq!(known.header("cache-control").as_deref(), Some("no-store"));
    for other in ["", "?of=evil.example", "?of=www.youtube.com", "?of=www.youtube.com%2Fembed%2F1", "?of=js.stripe.com"]
    {
        assert_eq!(ask(other).await.status, 404, "{other}");
    }
}

#[tokio::test]
async fn where_the_page_s_policy_forbids_a_frame_of_its_own_nothing_stands_in_the_place() {
    let allowed =
        "default-src * 'unsafe-inline' 'wasm-unsafe-eval'; frame-src https://www.youtube.com https://map.naver.com";
    let stage = page().header("content-security-policy", allowed).open().await;
    let video = "const frame = document.querySelector('#video'); return [frame.hasAttribute('data-consent-hold'), frame.getAttribute('src')];";
    assert_eq!(stage.browser.run(video).await, json!([true, null]));
    assert_eq!(stage.asked(), Vec::<String>::new());
    let errors = stage.browser.errors().await;
    assert!(!errors.iter().any(|error| error.contains("frame-src")), "{errors:?}");
    stage.press_accept().await;
    stage.asks_for(&["/embed/1", "/embed/2", "/p/1"]).await;
}
