//! The banner's language: the visitor's own pick, then the page's, then what the browser prefers. Refuses other languages than the two.

use gateway_tests::{Browser, Gateway, Origin, Reply, Seen};

use crate::visitors::{choose, page};

const KO: &str = "lang=\"ko\"";
const EN: &str = "lang=\"en\"";

fn by_path(seen: &Seen) -> Reply {
    let lang = seen.path_only().trim_start_matches('/');
    let attribute = if lang.is_empty() || lang == "favicon.ico" { String::new() } else { format!(" lang=\"{lang}\"") };
    Reply::page(format!("<!doctype html><html{attribute}><head><title>T</title></head><body><p>x</p></body></html>"))
}

#[tokio::test]
async fn the_page_counts_more_than_the_browser_and_the_pick_more_than_both() {
    let origin = Origin::start(by_path).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let banner = async |path: &str, headers: &[(&str, &str)]| {
        let text = page(gateway.address(), path, headers).await.text();
        let (_, tag) = text.split_once("<consent-banner").unwrap_or_else(|| panic!("no banner in {text}"));
        tag.split_once('>').map(|(tag, _)| String::from(tag)).unwrap_or_default()
    };
    assert!(banner("/", &[("Accept-Language", "ko-KR,ko;q=0.9,en;q=0.8")]).await.contains(KO));
    assert!(banner("/", &[("Accept-Language", "fr, en;q=0.5, ko;q=0.2")]).await.contains(EN));
    assert!(banner("/ko", &[("Accept-Language", "en")]).await.contains(KO));
    assert!(banner("/en-GB", &[("Accept-Language", "ko")]).await.contains(EN));
    assert!(
        banner("/fr", &[("Accept-Language", "ko")]).await.contains(KO),
        "a page in a third language: the browser's"
    );
}

#[tokio::test]
async fn settings_and_policy_speak_the_language_asked_for_and_remember_it() {
    let origin = Origin::start(by_path).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let korean =
        page(gateway.address(), "/.consent/settings?lang=ko&back=%2F", &[("Accept-Language", "en")]).await.text();
    assert!(korean.contains("<html lang=\"ko\">") && korean.contains("쿠키 설정"), "{korean}");
    let english = page(gateway.address(), "/.consent/policy?lang=en", &[("Accept-Language", "ko")]).await.text();
    assert!(english.contains("<html lang=\"en\">"), "{english}");
    // The form posts `lang=en`: from then on that is the visitor's pick.
    let cookie = choose(gateway.address(), "refuse_all", &[], &[("Accept-Language", "ko")])
        .await
        .set_cookie("consent")
        .expect("a cookie");
    let settings =
        page(gateway.address(), "/.consent/settings", &[("Accept-Language", "ko"), ("Cookie", &cookie)]).await.text();
    assert!(settings.contains("<html lang=\"en\">"), "{settings}");
}

#[tokio::test]
async fn a_korean_browser_reads_korean_and_can_change_to_english() {
    let origin = Origin::start(by_path).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).language("ko-KR").start().await;
    browser.open("http://shop.example/").await;
    assert_eq!(browser.text("#consent-accept").await, "모두 허용");
    browser.click("#consent-banner h2 + a[lang=en]").await;
    browser.until("document.documentElement.lang === 'en'").await;
    browser.click("#consent-refuse").await;
    browser.until("location.pathname === '/' && document.querySelector('#consent-settings')").await;
    assert_eq!(browser.run("return document.querySelector('#consent-settings').lang").await, "en");
}
