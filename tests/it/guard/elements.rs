//! Elements that scripts make, and markup that they write: what leads to a tracker sleeps as the page's own tags do, and wakes with them.

use gateway_tests::{Reply, Seen};

use super::{Setting, accepted, refused, site};
use crate::stage::{SHOP, closed};

const MAKES: &str = r#"
    const at = (name) => 'https://www.google-analytics.com/' + name;
    const place = document.getElementById('place');
    window.told = [];
    new Image().src = at('image');
    const image = document.createElement('img');
    image.onerror = () => told.push('image failed');
    image.setAttribute('src', at('attribute'));
    place.innerHTML = '<p>own</p><img src="' + at('inner') + '"><a href="' + at('link') + '">a link stays a link</a>';
    place.insertAdjacentHTML('beforeend', "<img alt='' src='" + at('adjacent') + "'>");
    const script = document.createElement('script');
    script.async = true;
    script.onerror = () => told.push('script failed');
    script.src = at('script');
    const first = document.getElementsByTagName('script')[0];
    first.parentNode.insertBefore(script, first);
    const frame = document.createElement('iframe');
    frame.src = at('iframe');
    place.append(frame);
    const sheet = document.createElement('link');
    sheet.rel = 'stylesheet';
    sheet.href = at('sheet');
    document.head.append(sheet);
    const shadow = place.attachShadow ? document.body.appendChild(document.createElement('div')).attachShadow({ mode: 'open' }) : null;
    shadow.innerHTML = '<img src="' + at('shadow') + '">';
    const piece = document.createRange().createContextualFragment('<img src="' + at('fragment') + '">');
    place.append(piece);
    document.write('<script src="' + at('written') + '"><\/script><img src=' + at('bare') + '>');
    window.done = true;
"#;

/// An image or a sheet that was given up is not asked for again; what stands in the page wakes.
const WAKING: [&str; 8] = ["/inner", "/adjacent", "/script", "/iframe", "/sheet", "/fragment", "/written", "/bare"];
const PATHS: [&str; 11] = [
    "/image",
    "/attribute",
    "/inner",
    "/adjacent",
    "/script",
    "/iframe",
    "/sheet",
    "/shadow",
    "/fragment",
    "/written",
    "/bare",
];

fn makes(seen: &Seen) -> Reply {
    site(seen, "", MAKES)
}

#[tokio::test]
async fn unanswered_or_refused_nothing_is_loaded() {
    let setting = Setting::of(makes).await;
    let browser = setting.browser().await;
    browser.open(SHOP).await;
    browser.until("window.done && told.length === 2").await;
    refused(&browser).await;
    browser.open(&format!("{SHOP}/next")).await;
    browser.until("window.done && told.length === 2").await;
    assert!(setting.collector.hits().is_empty(), "{:?}", setting.collector.requests());
    assert_eq!(
        browser.run("return document.querySelector('#place a').getAttribute('href');").await,
        "https://www.google-analytics.com/link"
    );
    assert_eq!(browser.text("#place p").await, "own");
}

#[tokio::test]
async fn what_sleeps_in_the_page_wakes_with_the_answer() {
    let setting = Setting::of(makes).await;
    let browser = setting.browser().await;
    browser.open(SHOP).await;
    browser.until("window.done").await;
    browser.click("#consent-accept").await;
    closed(&browser).await;
    setting.asked_for_all(&WAKING).await;
}

#[tokio::test]
async fn after_accepting_everything_is_loaded() {
    let setting = Setting::of(makes).await;
    let browser = setting.browser().await;
    accepted(&browser).await;
    setting.collector.forget();
    browser.open(&format!("{SHOP}/next")).await;
    setting.asked_for_all(&PATHS).await;
}
