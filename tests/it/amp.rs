//! AMP pages: what their HTML names is held, and a plain link stands in place of banner and guard, since AMP allows no scripts but its own. Refuses
//! to judge what AMP's script would make of it: no browser here reaches it.

use gateway_tests::{Gateway, Origin, Reply, Seen};

use crate::stage::Shop;
use crate::visitors::{chosen, page};

const BODY: &str = "<h1>Story</h1><amp-analytics type=gtag data-credentials=include><script type=application/json>{\"vars\":{}}</script></amp-analytics>\
    <amp-pixel src=\"https://www.facebook.com/tr?id=1&ev=PageView\"></amp-pixel><amp-img src=/own.png width=1 height=1></amp-img>\
    <amp-youtube data-videoid=x width=4 height=3></amp-youtube><noscript><img src=\"https://www.google-analytics.com/collect?v=1&tid=UA-1\"></noscript>";

fn amp(seen: &Seen) -> Reply {
    let mark = match seen.path_only() {
        "/bolt" => "\u{26a1}",
        "/plain" => "",
        _ => "amp",
    };
    Reply::page(format!(
        "<!doctype html><html {mark} lang=ko><head><meta charset=utf-8><title>T</title></head><body>{BODY}</body></html>"
    ))
}

#[tokio::test]
async fn an_amp_page_gets_a_link_and_no_script_and_its_trackers_sleep() {
    let origin = Origin::start(amp).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for path in ["/amp", "/bolt"] {
        let text = page(gateway.address(), path, &[]).await.text();
        assert!(
            !text.contains("<script src") && !text.contains("<style") && !text.contains("consent-banner"),
            "{text}"
        );
        assert!(
            text.contains(
                "<body><p lang=\"ko\" dir=\"auto\"><a id=\"consent-settings-link\" href=\"/.consent/settings?lang=ko"
            ),
            "{text}"
        );
        assert!(
            text.contains(" data-consent-type=gtag")
                && text.contains("type=\"text/plain\" data-consent-type=application/json"),
            "{text}"
        );
        for held in [
            "data-consent-src=\"https://www.facebook.com/tr",
            "data-consent-data-videoid=x",
            "data-consent-src=\"https://www.google-analytics.com",
        ] {
            assert!(text.contains(held), "{held}: {text}");
        }
        assert!(text.contains("<amp-img src=/own.png"), "{text}");
    }
    let other = page(gateway.address(), "/plain", &[]).await.text();
    assert!(other.contains("<consent-banner") && other.contains("<script src=\"/.consent/"), "{other}");
    let cookie = chosen(gateway.address(), "accept_all", &[]).await;
    let granted = page(gateway.address(), "/amp", &[("Cookie", &cookie)]).await.text();
    assert!(granted.contains(BODY) && granted.contains("id=\"consent-settings-link\""), "{granted}");
}

#[tokio::test]
async fn in_a_browser_the_link_leads_to_the_settings_and_back() {
    let shop = Shop { origin: Origin::start(amp).await, collector: gateway_tests::Collector::start().await };
    let gateway = shop.gateway().await;
    let browser = shop.browser(gateway.address().port()).without_script().start().await;
    browser.open("http://shop.example/amp").await;
    assert_eq!(browser.text("#consent-settings-link").await, "쿠키 설정");
    assert!(shop.collector.hits().is_empty(), "{:?}", shop.collector.hits());
    browser.click("#consent-settings-link").await;
    browser.click("#consent-accept").await;
    gateway_tests::wait::until_true("the form leads back, and the pixel loads", || async {
        browser.location().await.ends_with("/amp") && shop.collector.hits().contains_key("www.google-analytics.com")
    })
    .await;
}
