//! The notice of a change in the site's own page: when it shows, for whom, what it says, and how it goes.

use gateway_tests::{Browser, Client, Gateway, Origin, folders};
use policies::Lang;
use serde_json::json;

use super::{ANNOUNCED, EVE, LATER, MIDNIGHT, QUIET, Years, hashes, shop};
use crate::stage::closed;
use crate::visitors::{HOST, chosen, page};

/// The notice in a page, if there is one.
fn notice(text: &str) -> Option<String> {
    let (_, from) = text.split_once("<consent-notice ")?;
    Some(from.split_once("</consent-notice>")?.0.to_owned())
}

async fn told(gateway: &Gateway, path: &str, headers: &[(&str, &str)]) -> Option<String> {
    notice(&page(gateway.address(), path, headers).await.text())
}

/// Posts the notice's own form as a browser without a script does; hands over the answer's cookie line.
async fn dismiss(gateway: &Gateway, notice: &str) -> String {
    let field = |name: &str| {
        let from = notice.split_once(&format!("name=\"{name}\" value=\"")).expect("a field").1;
        from.split_once('"').expect("a value ends").0.to_owned()
    };
    let form = ["seal", "back", "policy"].map(|name| format!("{name}={}", field(name))).join("&");
    // The browser doesn't say where the post comes from: the form's seal does.
    let mut client = Client::connect(gateway.address(), HOST).await;
    let heard = client.post_form("/.consent/notice", &[], &form).await;
    assert_eq!((heard.status, heard.header("location").as_deref()), (303, Some("/")), "{}", heard.text());
    heard.all("set-cookie").into_iter().next().expect("a cookie remembers it")
}

#[tokio::test]
async fn a_change_is_told_from_its_announcement_until_the_eve() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let gateway = years.gateway(&origin, "").start().await;
    let check = async |moment: &str, path: &str, expect: bool| {
        years.set(moment);
        assert_eq!(told(&gateway, path, &[]).await.is_some(), expect, "{moment} {path}");
    };
    check("2026-01-24 14:59:59", "/", false).await;
    check(ANNOUNCED, "/", true).await;
    check(ANNOUNCED, "/other", false).await;
    check(ANNOUNCED, "/?utm_source=a", true).await;
    check(EVE, "/", true).await;
    check(MIDNIGHT, "/", false).await;

    years.set(ANNOUNCED);
    let text = page(gateway.address(), "/", &[]).await.text();
    let notice = notice(&text).expect("a notice");
    for words in [
        "The policy of Our site changes on 1 March 2026. The present version has been in force since 1 January 2026.",
        "Reason: Statistics &#60;are&#62; made by another service.",
        "href=\"/.consent/policy?lang=en&#38;back=/&#38;from=2026-01-01&#38;to=2026-03-01\"",
        "role=\"region\"",
        "data-nosnippet",
        "<button>Close this notice</button>",
    ] {
        assert!(notice.contains(words), "{words} is not in {notice}");
    }
    let (banner, after) = (text.find("<consent-banner"), text.find("<consent-notice"));
    assert!(banner < after && after < text.find("<main"), "it stands behind the banner, before the page's own");
    let fetched = Client::fetch(gateway.address(), HOST, "/", &[("Accept", "application/json")]).await;
    assert!(super::notice::notice(&fetched.text()).is_none(), "what a script fetches is no page to tell anything in");
}

#[tokio::test]
async fn a_notice_is_dismissed_without_a_script_and_without_an_identifier() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let gateway = years.gateway(&origin, "").start().await;
    years.set(ANNOUNCED);
    let shown = page(gateway.address(), "/", &[]).await;
    let line = dismiss(&gateway, &notice(&shown.text()).expect("a notice")).await;
    let second = hashes(&years.policy()).remove(1);
    assert!(
        line.starts_with(&format!("consent-notice={second}; ")),
        "the version's hash, the same for everybody: {line}"
    );
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(line.contains(attribute), "{attribute} in {line}");
    }
    let seconds: i64 =
        line.split("Max-Age=").nth(1).and_then(|rest| rest.split(';').next()?.parse().ok()).expect("a life");
    assert!((35 * 86_400..100 * 86_400).contains(&seconds), "until nobody is told of it any more: {seconds}");
    let cookie = format!("consent-notice={second}");
    let quiet = page(gateway.address(), "/", &[("Cookie", &cookie)]).await;
    assert!(notice(&quiet.text()).is_none(), "{}", quiet.text());
    assert!(origin.last_at("/").cookie_names().is_empty(), "no origin sees it");
    assert_ne!(shown.header("etag"), Some(String::new()));
    // A notice of another version is shown all the same.
    let other = told(&gateway, "/", &[("Cookie", "consent-notice=00000000000000ff")]).await;
    assert!(other.is_some());
    let settings = Client::fetch(gateway.address(), HOST, "/.consent/settings?lang=en", &[("Cookie", &cookie)]).await;
    assert!(settings.text().contains("remembers that you closed a notice"), "{}", settings.text());
    for wrong in ["policy=0000000000000000", "policy=", "policy=x"] {
        let headers = [("Origin", "http://shop.example")];
        let heard = Client::connect(gateway.address(), HOST).await.post_form("/.consent/notice", &headers, wrong).await;
        assert!(heard.status == 400 && heard.all("set-cookie").is_empty(), "{wrong}");
    }
    let headers = [("Origin", "http://evil.example")];
    let form = format!("policy={second}");
    let heard = Client::connect(gateway.address(), HOST).await.post_form("/.consent/notice", &headers, &form).await;
    assert!(heard.status == 403 && heard.all("set-cookie").is_empty());
}

#[tokio::test]
async fn who_refused_everything_is_told_and_not_asked() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let gateway = years.gateway(&origin, "").start().await;
    years.set(QUIET);
    let refused = chosen(gateway.address(), "refuse_all", &[]).await;
    let granted = chosen(gateway.address(), "accept_all", &[]).await;
    years.set(MIDNIGHT);
    let text = page(gateway.address(), "/", &[("Cookie", &refused)]).await.text();
    assert!(!text.contains("id=\"consent-banner\""), "who refused everything is not asked again");
    let said = notice(&text).expect("and is told");
    assert!(
        said.contains("The policy of Our site changed on 1 March 2026. Your refusal of everything still holds."),
        "{said}"
    );
    assert!(told(&gateway, "/", &[("Cookie", &granted)]).await.is_none(), "who is asked needs no notice");
    assert!(told(&gateway, "/", &[]).await.is_none(), "nor who is new");
    let line = dismiss(&gateway, &said).await;
    let both = format!("{refused}; {}", line.split(';').next().expect("a pair"));
    assert!(told(&gateway, "/", &[("Cookie", &both)]).await.is_none());
    years.set(LATER);
    assert!(told(&gateway, "/", &[("Cookie", &refused)]).await.is_none(), "nobody is told for ever");
}

#[tokio::test]
async fn a_page_with_a_notice_is_of_a_class_of_its_own() {
    let years = Years::begin();
    let origin = Origin::start(|seen| shop(seen).with("etag", "\"a\"")).await;
    let gateway = years.gateway(&origin, "notice_path = \"/start\"\n").start().await;
    let refused = chosen(gateway.address(), "refuse_all", &[]).await;
    let tag = async |moment: &str, cookie: &str| {
        years.set(moment);
        page(gateway.address(), "/start", &[("Cookie", cookie)]).await.header("etag").expect("a tag")
    };
    let (quiet, shown) = (tag(QUIET, &refused).await, tag(ANNOUNCED, &refused).await);
    assert_ne!(quiet, shown);
    assert!(
        told(&gateway, "/start", &[]).await.is_some() && told(&gateway, "/", &[]).await.is_none(),
        "where the site says"
    );
    let second = hashes(&years.policy()).remove(1);
    let dismissed = tag(ANNOUNCED, &format!("{refused}; consent-notice={second}")).await;
    assert_eq!(dismissed, quiet, "what was dismissed is the page that was there before");
}

const PLACES: &str = "
    const rect = css => document.querySelector(css).getBoundingClientRect();
    const all = ['#consent-notice a', '#consent-notice button'].map(css => rect(css).height);
    return { heights: all, heading: rect('h1').y, top: rect('#consent-notice').top, right: rect('#consent-notice').right, width: innerWidth };";

const SHIFTS: &str = "return new Promise(done => {
    const moved = [], box = r => [r.x, r.y, r.width, r.height].map(Math.round).join(' ');
    const note = entry => entry.sources.forEach(source => moved.push(
        `${entry.value.toFixed(4)} ${source.node?.nodeName} ${source.node?.id ?? ''}: ${box(source.previousRect)} -> ${box(source.currentRect)}`));
    new PerformanceObserver(list => list.getEntries().forEach(note)).observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(moved), 0)));
});";

#[tokio::test]
async fn the_notice_moves_nothing_and_goes_with_a_press() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let gateway = years.gateway(&origin, "").start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).view(320, 568).start().await;
    browser.open("http://shop.example/").await;
    let heading = browser.run("return document.querySelector('h1').getBoundingClientRect().y;").await;
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    years.set(ANNOUNCED);
    browser.reload().await;
    let places = browser.run(PLACES).await;
    assert_eq!((&places["heading"], places["top"].as_f64()), (&heading, Some(0.0)), "{places}");
    for height in places["heights"].as_array().expect("heights") {
        assert!(height.as_f64().is_some_and(|height| height >= 44.0), "large enough for a finger: {places}");
    }
    assert!(places["right"].as_f64() <= places["width"].as_f64(), "{places}");
    assert_eq!(browser.run(SHIFTS).await, json!([]));
    browser.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
    assert_eq!(
        browser.run("return document.querySelector('#consent-notice').checkVisibility();").await,
        false,
        "not on paper"
    );
    browser.devtools("Emulation.setEmulatedMedia", json!({ "media": "" })).await;
    browser.click("#consent-notice button").await;
    browser.until("document.readyState === 'complete' && !document.querySelector('#consent-notice')").await;
    assert_eq!(browser.location().await, "http://shop.example/");
    assert!(browser.cookies().await.iter().any(|kept| kept.name == "consent-notice" && kept.http_only));
}

#[tokio::test]
async fn the_notice_works_in_a_browser_without_scripts() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let gateway = years.gateway(&origin, "").start().await;
    years.set(ANNOUNCED);
    let plan = Browser::plan().host("shop.example", 80, gateway.address().port()).without_script();
    let browser = plan.start().await;
    browser.open("http://shop.example/").await;
    assert!(browser.text("#consent-notice").await.contains("1 March 2026"));
    browser.click("#consent-notice button").await;
    gateway_tests::wait::until_true("the notice is gone", || async { !browser.has("#consent-notice").await }).await;
    assert!(browser.has("#consent-banner").await, "and who has not answered is still asked");
}

#[tokio::test]
async fn one_page_for_all_tells_whom_it_concerns() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let gateway = years.gateway(&origin, "cacheable = true\n").start().await;
    years.set(ANNOUNCED);
    let first = page(gateway.address(), "/", &[]).await;
    let second = hashes(&years.policy()).remove(1);
    let dismissed = page(gateway.address(), "/", &[("Cookie", &format!("consent-notice={second}"))]).await;
    assert_eq!(first.body, dismissed.body, "the same bytes for everybody");
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    browser.open("http://shop.example/").await;
    browser.until("document.querySelector('#consent-notice')?.checkVisibility()").await;
    browser.click("#consent-notice button").await;
    browser.until("document.querySelector('#consent-banner')?.checkVisibility()").await;
    assert_eq!(browser.run("return document.querySelector('#consent-notice').checkVisibility();").await, false);
}

const LOOK: &str = "return axe.run('#consent-notice').then(seen => ({
    passed: seen.passes.length,
    failed: seen.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`)),
}));";

#[tokio::test]
async fn axe_finds_nothing_in_the_notice_by_day_and_by_night_in_every_language() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    years.set(ANNOUNCED);
    let axe = std::fs::read_to_string(folders::react().join("axe.js")).expect("the fixture can be read");
    for lang in Lang::ALL.map(Lang::tag) {
        let gateway = years.gateway(&origin, &format!("notice_path = \"/{lang}\"\n")).start().await;
        let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).view(320, 568).start().await;
        browser.open(&format!("http://shop.example/{lang}")).await;
        browser.run(&format!("{axe};")).await;
        for scheme in ["light", "dark"] {
            let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            browser.devtools("Emulation.setEmulatedMedia", features).await;
            let seen = browser.run(LOOK).await;
            assert!(seen["passed"].as_u64().is_some_and(|passed| passed > 3), "axe looked at nothing: {seen}");
            assert_eq!(seen["failed"], json!([]), "{lang} {scheme}");
        }
        let tag = browser.run("return document.querySelector('#consent-notice').lang;").await;
        assert_eq!(tag, lang);
    }
}
