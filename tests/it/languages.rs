//! The banner's language: the visitor's own pick, then the page's, then what the browser prefers. Refuses to take a language for another one that is only near.

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
    assert!(banner("/", &[("Accept-Language", "it, en;q=0.5, ko;q=0.2")]).await.contains(EN));
    assert!(banner("/ko", &[("Accept-Language", "en")]).await.contains(KO));
    assert!(banner("/en-GB", &[("Accept-Language", "ko")]).await.contains(EN));
    assert!(
        banner("/it", &[("Accept-Language", "ko")]).await.contains(KO),
        "a page in a language that nobody speaks here: the browser's"
    );
}

#[tokio::test]
async fn settings_and_policy_speak_the_language_asked_for_and_remember_it() {
    let origin = Origin::start(by_path).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let korean =
        page(gateway.address(), "/.consent/settings?lang=ko&back=%2F", &[("Accept-Language", "en")]).await.text();
    assert!(korean.contains("<html lang=\"ko\"") && korean.contains("쿠키 설정"), "{korean}");
    let english = page(gateway.address(), "/.consent/policy?lang=en", &[("Accept-Language", "ko")]).await.text();
    assert!(english.contains("<html lang=\"en\""), "{english}");
    // The form posts `lang=en`: from then on that is the visitor's pick.
    let cookie = choose(gateway.address(), "refuse_all", &[], &[("Accept-Language", "ko")])
        .await
        .set_cookie("consent")
        .expect("a cookie");
    let settings =
        page(gateway.address(), "/.consent/settings", &[("Accept-Language", "ko"), ("Cookie", &cookie)]).await.text();
    assert!(settings.contains("<html lang=\"en\""), "{settings}");
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

#[tokio::test]
async fn six_languages_are_spoken_and_what_the_policy_has_in_two_is_marked() {
    let origin = Origin::start(by_path).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let banner = async |accepted: &str| page(gateway.address(), "/", &[("Accept-Language", accepted)]).await.text();
    for (accepted, lang, accept) in [
        ("ja-JP,ja;q=0.9", "ja", "すべて許可"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans", "全部允许"),
        ("zh-SG", "zh-Hans", "全部允许"),
        ("de-AT, en;q=0.5", "de", "Alle erlauben"),
        ("fr-CA", "fr", "Tout autoriser"),
        // Traditional letters are not simplified ones.
        ("zh-TW,zh-HK;q=0.9", "en", "Accept all"),
        ("zh-Hant, ko;q=0.1", "ko", "모두 허용"),
    ] {
        let text = banner(accepted).await;
        assert!(
            text.contains(&format!("lang=\"{lang}\" dir=\"auto\" data-failed")) && text.contains(accept),
            "{accepted}: {text}"
        );
        let mixed = !["ko", "en"].contains(&lang);
        assert_eq!(text.contains("<span lang=\"en\">"), mixed, "{accepted}: {text}");
    }
    // A pick holds: it is kept in the consent cookie.
    for lang in ["ja", "zh-Hans", "de", "fr"] {
        let state = crate::visitors::state(gateway.address(), &[]).await;
        let form =
            format!("policy={}&lang={lang}&back=%2F&act=refuse_all", state["policy"].as_str().expect("a policy"));
        let headers = [("Accept", "text/plain"), ("Origin", "http://shop.example")];
        let mut client = gateway_tests::Client::connect(gateway.address(), crate::visitors::HOST).await;
        let heard = client.post_form("/.consent/choice", &headers, &form).await;
        let cookie = heard.set_cookie("consent").expect("a cookie");
        let headers = [("Cookie", cookie.as_str()), ("Accept-Language", "ko")];
        let link = page(gateway.address(), "/ko", &headers).await.text();
        assert!(link.contains(&format!("aria-labelledby=\"consent-settings-link\" lang=\"{lang}\"")), "{link}");
    }
}

#[tokio::test]
async fn an_owner_names_what_is_spoken_and_a_visitor_may_still_ask_for_more() {
    let origin = Origin::start(by_path).await;
    let site = format!("listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n", origin.url());
    let gateway = Gateway::configured(&format!("{site}languages = [\"ko\", \"fr\"]\n")).start().await;
    let text =
        async |path: &str, accepted: &str| page(gateway.address(), path, &[("Accept-Language", accepted)]).await.text();
    assert!(text("/", "de, fr;q=0.1").await.contains("Tout refuser"));
    assert!(text("/de", "de").await.contains("모두 거부"), "the first that is spoken");
    let settings = text("/.consent/settings", "fr").await;
    assert!(settings.contains("hreflang=\"ko\"") && !settings.contains("hreflang=\"de\""), "{settings}");
    assert!(text("/.consent/settings?lang=de", "fr").await.contains("<html lang=\"de\""));
}

#[tokio::test]
async fn a_german_browser_finds_every_language_on_the_settings_page() {
    let origin = Origin::start(by_path).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let plan = Browser::plan().host("shop.example", 80, gateway.address().port()).language("de-DE").view(320, 568);
    let browser = plan.start().await;
    browser.open("http://shop.example/").await;
    assert_eq!(browser.text("#consent-accept").await, "Alle erlauben");
    browser.open("http://shop.example/.consent/settings").await;
    let offered = "return [...document.querySelectorAll('nav [hreflang]')].map(a => a.lang + ' ' + a.textContent);";
    let expect = ["ko 한국어", "en English", "ja 日本語", "zh-Hans 简体中文", "de Deutsch", "fr Français"];
    assert_eq!(browser.run(offered).await, serde_json::json!(expect));
    let wide = "return document.documentElement.scrollWidth - innerWidth;";
    assert_eq!(browser.run(wide).await, 0, "nothing sticks out of a small screen");
    browser.click("nav [hreflang=zh-Hans]").await;
    browser.until("document.documentElement.lang === 'zh-Hans'").await;
    browser.click("#consent-refuse").await;
    browser.until("document.querySelector('#consent-settings')?.lang === 'zh-Hans'").await;
}

#[tokio::test]
async fn the_visitors_own_browser_stands_first_among_the_ways_to_refuse() {
    let origin = Origin::start(by_path).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 \
                  Mobile/15E148 Safari/604.1";
    for path in ["/.consent/settings?lang=fr", "/.consent/policy?lang=fr"] {
        let text = page(gateway.address(), path, &[("User-Agent", iphone)]).await.text();
        let (_, browsers) = text.split_once("<details id=\"consent-browsers\">").expect("ways to refuse");
        let (browsers, _) = browsers.split_once("</details>").expect("their end");
        let names: Vec<&str> = browsers.split("<h3>").skip(1).filter_map(|rest| rest.split("</h3>").next()).collect();
        assert_eq!(names[0], "Safari <small>Votre navigateur</small>", "{names:?}");
        assert_eq!(names.len(), 7);
        assert!(
            browsers
                .split("<h3>")
                .nth(1)
                .is_some_and(|own| own.starts_with("Safari") && own.contains("<p class=\"quiet\">iPhone"))
        );
    }
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).without_script().start().await;
    browser.open("http://shop.example/.consent/settings?lang=ko").await;
    browser.click("#consent-browsers > summary").await;
    assert_eq!(browser.text("#consent-browsers h3").await, "크롬 지금 쓰는 브라우저");
}
