//! Americans under opt-out: the link has their law's words, and a signal that is honoured is said to be. Refuses to say so elsewhere, and of a signal
//! that a later word of the visitor's own outweighs.

use gateway_tests::{Browser, Gateway, Origin, Reply};

use crate::visitors::{choose, page};

const LINK: &str = "Your Privacy Choices";
const HONOURED: &str = "<small role=\"status\">Opt-out request honored</small>";

async fn gateway(origin: &Origin) -> Gateway {
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\ntrusted_proxies = [\"127.0.0.1\"]\ncountry_header = \"X-Country\"\n\
         [[sites]]\nname = \"shop\"\norigin = \"{}\"\nregime = \"opt-in\"\n\
         [[sites.regions]]\ncountries = [\"KR\", \"US\"]\nregime = \"opt-out\"\n\
         [[sites.regions]]\ncountries = [\"US-VT\"]\nregime = \"opt-in\"\n",
        origin.url()
    );
    Gateway::configured(&text).start().await
}

#[tokio::test]
async fn the_link_has_the_words_of_the_law_where_that_holds_and_nowhere_else() {
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>T</title><p>page").with("etag", "\"v1\"")).await;
    let gateway = gateway(&origin).await;
    let shown = async |path: &str, headers: &[(&str, &str)]| {
        let heard = page(gateway.address(), path, headers).await;
        (heard.text(), heard.header("etag"))
    };
    let (american, american_tag) = shown("/", &[("X-Country", "US-CA")]).await;
    assert!(american.contains(LINK) && !american.contains(HONOURED), "{american}");
    let (korean, korean_tag) = shown("/", &[("X-Country", "KR")]).await;
    assert!(!korean.contains(LINK) && american_tag != korean_tag, "the same regime, another class");
    for elsewhere in ["US-VT", "DE", "XX"] {
        let (text, _) = shown("/", &[("X-Country", elsewhere), ("Sec-GPC", "1")]).await;
        assert!(!text.contains(LINK) && !text.contains(HONOURED), "{elsewhere}: {text}");
    }
    let signalled = [("X-Country", "US"), ("Sec-GPC", "1")];
    assert!(shown("/", &signalled).await.0.contains(HONOURED));
    let (settings, _) = shown("/.consent/settings", &signalled).await;
    assert!(
        settings.contains("id=\"consent-honoured\" role=\"status\"")
            && settings.contains("<h1>Your Privacy Choices</h1>"),
        "{settings}"
    );
    // Who allowed something with the signal on is not told that it was refused.
    let cookie =
        choose(gateway.address(), "accept_all", &[], &signalled).await.set_cookie("consent").expect("a cookie");
    let with_cookie = [signalled[0], signalled[1], ("Cookie", cookie.as_str())];
    let (text, _) = shown("/", &with_cookie).await;
    assert!(text.contains(LINK) && !text.contains(HONOURED), "{text}");
}

#[tokio::test]
async fn an_american_browser_with_the_signal_reads_that_it_is_honoured_and_saving_is_told() {
    let origin = Origin::start(|_| Reply::page("<!doctype html><html lang=en><title>T</title><p>page")).await;
    let gateway = gateway(&origin).await;
    let plan = Browser::plan().host("shop.example", 80, gateway.address().port()).header("X-Country", "US");
    let browser = plan.header("Sec-GPC", "1").start().await;
    browser.open("http://shop.example/").await;
    if browser.has("#consent-refuse").await {
        browser.until_listening("#consent-form", "submit").await;
        browser.click("#consent-refuse").await;
    }
    browser.until("document.querySelector('#consent-settings')?.checkVisibility()").await;
    assert!(browser.text("#consent-settings-link").await.starts_with(LINK));
    assert_eq!(browser.text("#consent-settings [role=status]").await, "Opt-out request honored");
    browser.click("#consent-settings-link").await;
    assert_eq!(browser.text("#consent-honoured").await, "Opt-out request honored");
    assert!(browser.has("#consent-form").await);
    browser
        .run("document.querySelector('#consent-form [name=back]').value = location.pathname + location.search;")
        .await;
    browser.click("#consent-refuse").await;
    browser.until("document.querySelector('#consent-saved[role=status]')").await;
    assert_eq!(browser.text("#consent-saved").await, "Your choice is saved.");
}
