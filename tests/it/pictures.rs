//! Pictures of everything that visitors see, in both languages and schemes, on a phone and on a large screen, in `target/pictures`: for people to
//! look at. What a browser can measure of them is measured: nothing is wider than the view, no word is cut, both answers are equals. Refuses to
//! compare pictures bit by bit: fonts differ between machines.

use gateway_tests::{Browser, folders};
use serde_json::json;

use crate::access::{Setting, first_visit, media, prompted, view};
use crate::stage::SHOP;

const SCREENS: [(u32, u32); 2] = [(320, 568), (1280, 800)];

/// What sticks out of the view or its own box, in the page or the frame that is asked for; then the looks of the two answers.
const CUT: &str = "const of = at('document'); const wide = of.defaultView.innerWidth;
    const name = each => `${each.localName}#${each.id} ${each.textContent.trim().slice(0, 30)}`;
    const shown = [...of.querySelectorAll('body *')].filter(each => each.checkVisibility());
    const out = shown.filter(each => { const box = each.getBoundingClientRect(); return box.left < -0.5 || box.right > wide + 0.5; });
    const cut = shown.filter(each => each.matches('button, a, summary, label') && each.scrollWidth > each.clientWidth + 1 && each.clientWidth);
    const look = id => {
        const each = of.getElementById(id); const style = getComputedStyle(each);
        return [each.offsetWidth, each.offsetHeight, style.color, style.backgroundColor, style.fontWeight, style.fontSize, style.borderTopColor].join();
    };
    const looks = answers.map(look);
    return { out: out.map(name), cut: cut.map(name), equal: looks.every(each => each === looks[0]) };";

/// One thing to look at: where it stands, and its two answers.
struct Place {
    name: &'static str,
    /// The document that it stands in.
    document: &'static str,
    answers: &'static [&'static str],
    /// Whether the whole page is the picture, not the view alone.
    whole: bool,
}

async fn pictures(browser: &Browser, lang: &str, place: &Place) {
    for (width, height) in SCREENS {
        view(browser, width, height).await;
        for scheme in ["light", "dark"] {
            media(browser, "", &[("prefers-color-scheme", scheme)]).await;
            let name = format!("{}-{lang}-{width}-{scheme}", place.name);
            let look = CUT.replace("at('document')", place.document);
            let look = browser.run(&format!("const answers = {};{look}", json!(place.answers))).await;
            assert_eq!(look, json!({ "out": [], "cut": [], "equal": true }), "{name}");
            if place.whole {
                let whole = browser.run("return Math.min(document.documentElement.scrollHeight, 6000);").await;
                view(browser, width, whole.as_u64().and_then(|whole| whole.try_into().ok()).unwrap_or(height)).await;
            }
            browser.picture(&folders::pictures().join(format!("{name}.png"))).await;
            view(browser, width, height).await;
        }
    }
}

const BANNER: &[&str] = &["consent-accept", "consent-refuse"];

#[tokio::test]
async fn pictures_of_the_banner_shut_and_open() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    for lang in ["ko", "en"] {
        first_visit(&browser, &format!("/{lang}")).await;
        let place = Place { name: "banner", document: "document", answers: BANNER, whole: false };
        pictures(&browser, lang, &place).await;
        browser.run("document.querySelector('#consent-choose').open = true;").await;
        pictures(&browser, lang, &Place { name: "banner-open", ..place }).await;
    }
}

#[tokio::test]
async fn pictures_of_the_settings_and_the_policy_page() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    for lang in ["ko", "en"] {
        first_visit(&browser, &format!("/{lang}")).await;
        browser.open(&format!("{SHOP}/.consent/settings?lang={lang}&back=/{lang}")).await;
        pictures(&browser, lang, &Place { name: "settings", document: "document", answers: BANNER, whole: true }).await;
        browser.open(&format!("{SHOP}/.consent/policy?lang={lang}&back=/{lang}")).await;
        pictures(&browser, lang, &Place { name: "policy", document: "document", answers: &[], whole: true }).await;
    }
}

#[tokio::test]
async fn pictures_of_versions_and_of_what_changes() {
    let (_origin, gateway) = crate::policy_page::told_to_change().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    for lang in ["ko", "en"] {
        for (name, query) in [
            ("versions", ""),
            ("version-earlier", "&version=2017-04-03"),
            ("comparison", "&from=2017-04-03&to=2019-07-01"),
        ] {
            browser.open(&format!("{SHOP}/.consent/policy?lang={lang}{query}")).await;
            pictures(&browser, lang, &Place { name, document: "document", answers: &[], whole: true }).await;
            media(&browser, "print", &[]).await;
            view(&browser, 718, 1016).await;
            browser.picture(&folders::pictures().join(format!("{name}-{lang}-print.png"))).await;
            media(&browser, "", &[]).await;
        }
    }
}

#[tokio::test]
async fn pictures_of_the_prompt() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    for lang in ["ko", "en"] {
        prompted(&browser, lang).await;
        pictures(&browser, lang, &Place { name: "prompt", document: "document", answers: &[], whole: false }).await;
    }
}

#[tokio::test]
async fn pictures_of_a_placeholder() {
    let setting = Setting::ready().await;
    let browser = setting.browser().start().await;
    let document = "document.querySelector('#video').contentDocument";
    for lang in ["ko", "en"] {
        first_visit(&browser, &format!("/{lang}/video")).await;
        // The banner would lie over it on a phone.
        browser.click("#consent-refuse").await;
        browser.until("!document.querySelector('#consent-banner')").await;
        browser.run("document.querySelector('#video').style = 'max-width: 100%; display: block';").await;
        browser.until(&format!("{document}?.querySelector('#consent-once')?.checkVisibility()")).await;
        let answers = &["consent-once", "consent-always"];
        pictures(&browser, lang, &Place { name: "placeholder", document, answers, whole: false }).await;
    }
}
