//! Everybody can answer: by eye, ear, keyboard and finger, enlarged, in the dark and in forced colours. Refuses to judge by markup what axe-core and the
//! browser can measure. Invariant: each page that the gateway writes is looked at in every language, both schemes, and on a small and a large screen.

use gateway_tests::{Browser, Gateway, Origin, Reply, Seen, browser, folders};
use policies::Lang;
use serde_json::json;
use thirtyfour::By;

use crate::stage::{SHOP, closed, taken_over};

const VIDEO: &str = "https://www.youtube.com/embed/1";

/// A page without a fault of its own, long enough to scroll, with a link in each paragraph.
fn answer(seen: &Seen) -> Reply {
    if seen.path_only() == "/favicon.ico" {
        return Reply::status(404);
    }
    let lang = if seen.path_only().starts_with("/ko") { "ko" } else { "en" };
    let framed = if seen.path_only().ends_with("video") {
        format!("<iframe id=video width=560 height=315 title='A video' src='{VIDEO}'></iframe>")
    } else {
        "<p>A paragraph of the page with <a href=/other>a link</a> that the keyboard reaches.</p>".repeat(40)
    };
    let page = Reply::page(format!(
        "<!doctype html><html lang={lang}><head><meta name=viewport content='width=device-width'><title>Page</title>\
         <style>:root {{ color-scheme: light dark }} body {{ margin: 0 }} a {{ color: inherit }}</style></head>\
         <body><main><h1>Page</h1>{framed}</main></body></html>"
    ));
    if seen.path_only().ends_with("cookies") { page.cookie("_ga=1; Path=/").cookie("_fbp=1; Path=/") } else { page }
}

pub(crate) struct Setting {
    _origin: Origin,
    gateway: Gateway,
}

impl Setting {
    pub(crate) async fn ready() -> Self {
        Self::with("").await
    }

    /// With these lines in the site's configuration.
    async fn with(more: &str) -> Self {
        let origin = Origin::start(answer).await;
        let url = origin.url();
        let text = format!("listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{url}\"\n{more}\n");
        Self { gateway: Gateway::configured(&text).start().await, _origin: origin }
    }

    pub(crate) fn browser(&self) -> browser::Plan {
        Browser::plan().host("shop.example", 80, self.gateway.address().port())
    }
}

pub(crate) async fn view(browser: &Browser, width: u32, height: u32) {
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
    browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
}

pub(crate) async fn media(browser: &Browser, kind: &str, features: &[(&str, &str)]) {
    let features: Vec<_> = features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    browser.devtools("Emulation.setEmulatedMedia", json!({ "media": kind, "features": features })).await;
}

pub(crate) async fn key(browser: &Browser, name: &str, code: u32) {
    for kind in ["keyDown", "keyUp"] {
        let event = json!({ "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code });
        browser.devtools("Input.dispatchKeyEvent", event).await;
    }
}

async fn forget(browser: &Browser) {
    browser.devtools("Network.clearBrowserCookies", json!({})).await;
}

pub(crate) async fn first_visit(browser: &Browser, path: &str) {
    forget(browser).await;
    browser.open(&format!("{SHOP}{path}")).await;
    taken_over(browser).await;
}

// --- What axe sees ---------------------------------------------------------------------------------------------------

const LOOK: &str = "return axe.run(document, {
    runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
    rules: { 'target-size': { enabled: true } },
    iframes: false,
    preload: false,
}).then(seen => ({
    passed: seen.passes.length,
    failed: seen.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`)),
}));";

/// The screens and schemes that a language is looked at in: colours and places are the same in all, so that two languages stand for them.
fn views(lang: &str) -> &'static [(u32, u32, &'static str)] {
    const ALL: [(u32, u32, &str); 4] =
        [(320, 568, "light"), (320, 568, "dark"), (1280, 800, "light"), (1280, 800, "dark")];
    if Lang::NEEDED.map(Lang::tag).contains(&lang) { &ALL } else { &ALL[..1] }
}

/// What axe finds in the page, or the frame, that the driver is in.
pub(crate) async fn seen_by_axe(browser: &Browser, lang: &str, name: &str) -> Vec<String> {
    let axe = std::fs::read_to_string(folders::react().join("axe.js")).expect("the fixture can be read");
    browser.run(&format!("{axe};")).await;
    let mut found = Vec::new();
    for (width, height, scheme) in views(lang) {
        view(browser, *width, *height).await;
        media(browser, "", &[("prefers-color-scheme", scheme)]).await;
        let seen = browser.run(LOOK).await;
        assert!(seen["passed"].as_u64().is_some_and(|passed| passed > 5), "{name}: axe looked at nothing: {seen}");
        let failed = seen["failed"].as_array().into_iter().flatten();
        found.extend(failed.map(|fault| format!("{name} {lang} {width} {scheme}: {fault}")));
    }
    found
}

pub(crate) fn check_none(found: &[String]) {
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

#[tokio::test]
async fn axe_finds_nothing_in_the_banner_shut_and_open_nor_in_what_stays_of_it() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    let mut found = Vec::new();
    for lang in Lang::ALL.map(Lang::tag) {
        first_visit(&browser, &format!("/{lang}")).await;
        found.extend(seen_by_axe(&browser, lang, "banner").await);
        browser.run("document.querySelector('#consent-choose').open = true;").await;
        found.extend(seen_by_axe(&browser, lang, "banner open").await);
        browser.run("document.querySelector('#consent-form [name=policy]').value = '0000000000000000';").await;
        browser.click("#consent-save").await;
        browser.until("document.querySelector('#consent-error:not([hidden])')").await;
        found.extend(seen_by_axe(&browser, lang, "banner failed").await);
        first_visit(&browser, &format!("/{lang}")).await;
        browser.click("#consent-refuse").await;
        closed(&browser).await;
        found.extend(seen_by_axe(&browser, lang, "link").await);
    }
    check_none(&found);
}

#[tokio::test]
async fn axe_finds_nothing_in_the_settings_and_the_policy_page() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    let mut found = Vec::new();
    for lang in Lang::ALL.map(Lang::tag) {
        let settings = format!("{SHOP}/.consent/settings?lang={lang}&back=/{lang}");
        first_visit(&browser, &format!("/{lang}")).await;
        browser.open(&settings).await;
        found.extend(seen_by_axe(&browser, lang, "settings").await);
        browser.run("document.querySelectorAll('details').forEach(each => each.open = true);").await;
        found.extend(seen_by_axe(&browser, lang, "settings open").await);
        browser.click("#consent-accept").await;
        browser.until("!location.pathname.startsWith('/.consent/')").await;
        browser.open(&format!("{SHOP}/{lang}/cookies")).await;
        browser.open(&settings).await;
        assert!(browser.has("#consent-seen button").await && browser.has("#consent-withdraw").await);
        found.extend(seen_by_axe(&browser, lang, "settings answered").await);
        browser.open(&format!("{SHOP}/.consent/policy?lang={lang}&back=/{lang}")).await;
        found.extend(seen_by_axe(&browser, lang, "policy").await);
    }
    check_none(&found);
}

#[tokio::test]
async fn axe_finds_nothing_in_the_questions_about_age_and_guardian() {
    let setting = Setting::with("ask_age = true").await;
    let browser = setting.browser().start().await;
    let mut found = Vec::new();
    for lang in Lang::ALL.map(Lang::tag) {
        first_visit(&browser, &format!("/{lang}")).await;
        browser.click("#consent-accept").await;
        browser.until("document.querySelector('#consent-age-no')").await;
        found.extend(seen_by_axe(&browser, lang, "age").await);
        browser.click("#consent-age-no").await;
        browser.until("!document.querySelector('#consent-age-no')").await;
        browser.open(&format!("{SHOP}/.consent/guardian?lang={lang}&back=/{lang}")).await;
        found.extend(seen_by_axe(&browser, lang, "guardian").await);
        browser.click("#consent-guardian-give").await;
        browser.until("document.querySelector('#consent-reference')").await;
        browser.click("#consent-guardian-check").await;
        browser.until("document.querySelector('#consent-none-yet')").await;
        found.extend(seen_by_axe(&browser, lang, "guardian code").await);
    }
    check_none(&found);
}

/// A browser whose visitor confirms each cookie, with the prompt before it.
pub(crate) async fn prompted(browser: &Browser, lang: &str) {
    first_visit(browser, &format!("/{lang}")).await;
    browser.open(&format!("{SHOP}/.consent/settings?lang={lang}&back=/{lang}")).await;
    browser.click("#consent-ask").await;
    browser.until("!location.pathname.startsWith('/.consent/')").await;
    browser.open(&format!("{SHOP}/{lang}/cookies")).await;
    browser.until("document.querySelectorAll('#consent-ask li').length == 2").await;
    // Its sheet comes as a file.
    browser.until("getComputedStyle(document.querySelector('#consent-ask')).position == 'fixed'").await;
}

#[tokio::test]
async fn axe_finds_nothing_in_the_prompt_nor_in_the_list_of_what_waits() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    let mut found = Vec::new();
    for lang in Lang::ALL.map(Lang::tag) {
        prompted(&browser, lang).await;
        found.extend(seen_by_axe(&browser, lang, "prompt").await);
        browser.open(&format!("{SHOP}/.consent/settings?lang={lang}&back=/{lang}")).await;
        assert!(browser.has("#consent-waiting button").await);
        found.extend(seen_by_axe(&browser, lang, "waiting").await);
    }
    check_none(&found);
}

#[tokio::test]
async fn axe_finds_nothing_in_a_placeholder_and_in_pages_that_tell_of_errors() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    let mut found = Vec::new();
    for lang in Lang::ALL.map(Lang::tag) {
        first_visit(&browser, &format!("/{lang}/video")).await;
        browser
            .until(
                "document.querySelector('#video').contentDocument?.querySelector('#consent-once')?.checkVisibility()",
            )
            .await;
        let driver = browser.driver();
        driver.find(By::Css("#video")).await.expect("a frame").enter_frame().await.expect("a frame can be entered");
        found.extend(seen_by_axe(&browser, lang, "placeholder").await);
        driver.enter_default_frame().await.expect("the page can be gone back to");
        for path in ["choice", "nothing-here"] {
            browser.open(&format!("{SHOP}/.consent/{path}?lang={lang}")).await;
            found.extend(seen_by_axe(&browser, lang, &format!("/{path}")).await);
        }
    }
    check_none(&found);
}

// --- What axe can't see ----------------------------------------------------------------------------------------------

/// What a finger presses: a box's own label where it has one. Links in the middle of a sentence, as recipients' are, are as high as its lines.
const SMALL: &str = "return [...document.querySelectorAll(`${arguments} a, ${arguments} button, ${arguments} summary, ${arguments} select, ${arguments} label`)]
    .filter(control => control.checkVisibility() && !control.closest('li:not(:has(button, select))'))
    .map(control => ({ control, box: control.getBoundingClientRect() }))
    .filter(({ box }) => box.width < 44 || box.height < 44)
    .map(({ control, box }) => `${control.outerHTML.slice(0, 90)} ${box.width} x ${box.height}`);";

async fn check_targets(browser: &Browser, root: &str) {
    for (width, height) in [(320, 568), (1280, 800)] {
        view(browser, width, height).await;
        let small = browser.run(&SMALL.replace("${arguments}", root)).await;
        assert_eq!(small, json!([]), "{root} at {width}");
    }
}

#[tokio::test]
async fn every_control_of_banner_prompt_and_settings_is_44_pixels_high_and_wide() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    for lang in Lang::ALL.map(Lang::tag) {
        first_visit(&browser, &format!("/{lang}")).await;
        browser.run("document.querySelector('#consent-choose').open = true;").await;
        check_targets(&browser, "#consent-banner").await;
        prompted(&browser, lang).await;
        check_targets(&browser, "#consent-ask").await;
        check_targets(&browser, "#consent-settings").await;
        browser.open(&format!("{SHOP}/.consent/settings?lang={lang}&back=/{lang}")).await;
        browser.run("document.querySelectorAll('details').forEach(each => each.open = true);").await;
        check_targets(&browser, "body").await;
    }
}

#[tokio::test]
async fn at_400_percent_the_banner_leaves_half_the_view_and_its_buttons_are_in_it() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    for lang in Lang::ALL.map(Lang::tag) {
        view(&browser, 320, 256).await;
        first_visit(&browser, &format!("/{lang}")).await;
        let seen = "const high = id => document.getElementById(id).getBoundingClientRect();
            const shown = id => { const box = high(id), at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return box.top >= 0 && box.bottom <= innerHeight && at?.id === id; };
            return [innerHeight, high('consent-banner').height <= innerHeight / 2 + 2, shown('consent-accept'), shown('consent-refuse'),
                document.documentElement.scrollWidth <= innerWidth];";
        assert_eq!(browser.run(seen).await, json!([256, true, true, true, true]), "{lang}");
    }
}

#[tokio::test]
async fn what_the_keyboard_reaches_is_never_under_the_banner() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    for (width, height) in [(320, 568), (1280, 800)] {
        view(&browser, width, height).await;
        first_visit(&browser, "/en").await;
        let covered = "const box = document.activeElement.getBoundingClientRect(), banner = document.getElementById('consent-banner');
            const own = banner.contains(document.activeElement) || document.activeElement === document.body;
            return [document.activeElement.tagName, own || (box.top >= 0 && box.bottom <= banner.getBoundingClientRect().top + 1)];";
        let mut links = 0;
        for step in 0..60 {
            key(&browser, "Tab", 9).await;
            // The scrolling that a focus brings is over with the next frame.
            browser.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));").await;
            let seen = browser.run(covered).await;
            assert_eq!(seen[1], true, "step {step} at {width}: {seen}");
            links += u32::from(seen[0] == "A");
        }
        assert!(links > 40, "the keyboard went through the page: {links}");
    }
}

#[tokio::test]
async fn the_page_knows_how_high_the_banner_is_while_it_is_shown() {
    let setting = Setting::ready().await;
    let browser = setting.browser().view(320, 568).start().await;
    first_visit(&browser, "/en").await;
    let agrees = "document.getElementById('consent-banner').offsetHeight + 'px'
        === getComputedStyle(document.documentElement).getPropertyValue('--consent-banner-height')";
    browser.until(agrees).await;
    let shut = browser.run("return document.getElementById('consent-banner').offsetHeight;").await;
    browser.run("document.querySelector('#consent-choose').open = true;").await;
    browser.until(&format!("document.getElementById('consent-banner').offsetHeight > {shut} && {agrees}")).await;
    assert_eq!(browser.run("return document.documentElement.attributes.length;").await, 1, "its own `lang` alone");
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    browser.until("!getComputedStyle(document.documentElement).getPropertyValue('--consent-banner-height')").await;
    assert_eq!(browser.run("return getComputedStyle(document.documentElement).scrollPaddingBottom;").await, "auto");
}

#[tokio::test]
async fn escape_answers_nothing_and_paper_shows_no_banner() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    first_visit(&browser, "/en").await;
    for focused in ["consent-accept", "consent-refuse"] {
        browser.run(&format!("document.getElementById('{focused}').focus();")).await;
        key(&browser, "Escape", 27).await;
    }
    assert!(browser.run("return document.getElementById('consent-banner').checkVisibility();").await == true);
    assert!(!browser.cookie_names().await.contains(&"consent".into()));
    media(&browser, "print", &[]).await;
    browser.until("!document.getElementById('consent-banner').checkVisibility()").await;
    media(&browser, "", &[]).await;
    prompted(&browser, "en").await;
    media(&browser, "print", &[]).await;
    for own in ["consent-ask", "consent-settings"] {
        browser.until(&format!("!document.getElementById('{own}').checkVisibility()")).await;
    }
}

#[tokio::test]
async fn in_forced_colours_buttons_have_edges_and_nothing_moves_by_itself() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    let edges = |root: &str| {
        format!(
            "return [...document.querySelectorAll('{root} button')].filter(button => button.checkVisibility()).map(button => {{
                const style = getComputedStyle(button);
                return matchMedia('(forced-colors: active)').matches && parseFloat(style.borderTopWidth) >= 1
                    && style.borderTopStyle === 'solid' && style.borderTopColor !== style.backgroundColor && style.color !== style.backgroundColor;
            }});"
        )
    };
    let still = "const all = [...document.querySelectorAll('consent-banner, consent-banner *, consent-ask, consent-ask *, consent-settings *')];
        return [all.length > 3, document.getAnimations().length, all.every(each => {
            const style = getComputedStyle(each);
            return parseFloat(style.transitionDuration) === 0 && style.animationName === 'none';
        })];";
    for (root, least) in [("#consent-banner", 2), ("#consent-ask", 6)] {
        if root == "#consent-ask" {
            prompted(&browser, "en").await
        } else {
            first_visit(&browser, "/en").await
        }
        media(&browser, "", &[("forced-colors", "active")]).await;
        let seen = browser.run(&edges(root)).await;
        let seen = seen.as_array().cloned().unwrap_or_default();
        assert!(seen.len() >= least && seen.iter().all(|edge| edge == true), "{root}: {seen:?}");
        media(&browser, "", &[("prefers-reduced-motion", "reduce")]).await;
        assert_eq!(browser.run(still).await, json!([true, 0, true]), "{root}");
    }
}
