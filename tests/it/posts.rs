//! Posts to the portal: where they come from, what they are made of, and what a visitor is told where one isn't taken.

use gateway_tests::client::Heard;
use gateway_tests::{Browser, Client, Gateway, Origin, Reply, wait};

use crate::stage::{SHOP, closed};
use crate::visitors::{HOST, page, pages_of_networks, state};

const HERE: (&str, &str) = ("Origin", "http://shop.example");

async fn shop(gateway_of: impl FnOnce(&Origin) -> gateway_tests::gateway::Plan) -> (Origin, Gateway) {
    let origin = Origin::start(|_| {
        Reply::page("<!doctype html><html lang=en><title>T</title><body><p>Text.</p></body></html>")
            .with("referrer-policy", "no-referrer")
    });
    let origin = origin.await;
    let gateway = gateway_of(&origin).start().await;
    (origin, gateway)
}

fn before(origin: &Origin) -> gateway_tests::gateway::Plan {
    Gateway::before(&origin.url())
}

/// The hidden field of this name in a form.
fn field(page: &Heard, name: &str) -> String {
    let text = page.text();
    let (_, rest) =
        text.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {text}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

async fn post(gateway: &Gateway, headers: &[(&str, &str)], form: &str) -> Heard {
    let all = [&[("Accept", "text/plain")][..], headers].concat();
    let mut client = Client::connect(gateway.address(), HOST).await;
    let heard = client.post_form("/.consent/choice", &all, form).await;
    assert_eq!(heard.set_cookie("consent").is_some(), heard.status == 200, "{headers:?} {form}: {}", heard.status);
    assert!(heard.status == 200 || heard.text().len() > 20, "a refusal says why: {}", heard.text());
    heard
}

async fn form(gateway: &Gateway) -> String {
    let state = state(gateway.address(), &[]).await;
    format!("policy={}&lang=en&back=%2F&act=accept_all", state["policy"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn the_browsers_word_on_where_a_post_comes_from_decides() {
    let (_origin, gateway) = shop(before).await;
    let form = form(&gateway).await;
    let sealed = format!("{form}&seal={}", field(&page(gateway.address(), "/", &[]).await, "seal"));
    for site in ["cross-site", "same-site", "none", "Same-Origin", "same-origin, same-origin"] {
        assert_eq!(post(&gateway, &[("Sec-Fetch-Site", site), HERE], &sealed).await.status, 403, "{site}");
    }
    let twice = [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site"), HERE];
    assert_eq!(post(&gateway, &twice, &sealed).await.status, 403);
    for origin in [
        "http://evil.example",
        "https://shop.example",
        "http://shop.example:8080",
        "http://shop.example/",
        "shop.example",
    ] {
        assert_eq!(post(&gateway, &[("Origin", origin)], &sealed).await.status, 403, "{origin}");
    }
    assert_eq!(post(&gateway, &[HERE, ("Origin", "null")], &sealed).await.status, 403, "two origins are none");
    assert_eq!(post(&gateway, &[("Sec-Fetch-Site", "same-origin"), ("Origin", "null")], &form).await.status, 200);
    assert_eq!(post(&gateway, &[HERE], &form).await.status, 200);
    assert_eq!(post(&gateway, &[("Origin", "HTTP://Shop.Example:80")], &form).await.status, 200);
}

#[tokio::test]
async fn a_post_that_says_nothing_of_where_it_comes_from_needs_the_forms_seal() {
    let (_origin, gateway) = shop(before).await;
    let (_other_origin, other) = shop(before).await;
    let form = form(&gateway).await;
    let banner = field(&page(gateway.address(), "/", &[]).await, "seal");
    let settings = field(&Client::fetch(gateway.address(), HOST, "/.consent/settings", &[]).await, "seal");
    let strange = field(&page(other.address(), "/", &[]).await, "seal");
    for silent in [&[("Origin", "null")][..], &[]] {
        for seal in ["", "&seal=", "&seal=AAAAAAAA", &format!("&seal={strange}"), &format!("&seal={banner}A")] {
            assert_eq!(post(&gateway, silent, &format!("{form}{seal}")).await.status, 403, "{silent:?} {seal}");
        }
        for seal in [&banner, &settings] {
            assert_eq!(post(&gateway, silent, &format!("{form}&seal={seal}")).await.status, 200, "{silent:?}");
        }
    }
}

#[tokio::test]
async fn a_page_that_hides_where_it_is_still_takes_a_choice() {
    let (origin, gateway) = shop(before).await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).without_script().start().await;
    browser.open(SHOP).await;
    browser.click("#consent-refuse").await;
    wait::until_true("the page comes back", || async { origin.seen_at("/").len() == 2 }).await;
    wait::until_true("the choice is kept", || async { browser.cookie_names().await == ["consent"] }).await;
    assert!(!browser.has("#consent-banner").await, "the choice was taken");
}

#[tokio::test]
async fn one_page_for_all_carries_one_seal_and_its_banner_works() {
    let text = |origin: &Origin| {
        Gateway::configured(&format!(
            "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\ncacheable = true\n",
            origin.url()
        ))
    };
    let (_origin, gateway) = shop(text).await;
    let (one, two) = (page(gateway.address(), "/", &[]).await, page(gateway.address(), "/", &[("Sec-GPC", "1")]).await);
    assert_eq!(field(&one, "seal"), field(&two, "seal"));
    let sealed = format!("{}&seal={}", form(&gateway).await, field(&one, "seal"));
    assert_eq!(post(&gateway, &[("Origin", "null")], &sealed).await.status, 200);
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    browser.open(SHOP).await;
    browser.until("document.querySelector('#consent-banner')?.checkVisibility()").await;
    browser.click("#consent-refuse").await;
    closed(&browser).await;
}

#[tokio::test]
async fn a_post_of_another_size_or_shape_is_refused_with_a_reason() {
    let (_origin, gateway) = shop(before).await;
    let form = form(&gateway).await;
    let check =
        async |form: &str, expect: u16| assert_eq!(post(&gateway, &[HERE], form).await.status, expect, "{form}");
    check(&format!("{form}&act=refuse_all"), 400).await;
    check(&format!("{form}&policy=0000000000000000"), 400).await;
    check(&form.replace("accept_all", "everything"), 400).await;
    check(&form.replace("accept_all", "custom&purpose=nonsense"), 400).await;
    check(&format!("{form}{}", "&purpose=analytics".repeat(100)), 400).await;
    check("", 409).await;
    check("policy=0000000000000000&act=accept_all", 409).await;
    check(&format!("{form}&filler={}", "x".repeat(70_000)), 413).await;
    for media in
        ["text/plain", "application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded2", ""]
    {
        let mut client = Client::connect(gateway.address(), HOST).await;
        let headers = [("Accept", "text/plain"), HERE, ("Content-Type", media)];
        let heard = client.request("POST", "/.consent/choice", &headers, form.as_bytes()).await;
        assert_eq!(heard.status, 415, "{media}: {}", heard.text());
    }
    let mut client = Client::connect(gateway.address(), HOST).await;
    assert_eq!(client.request("PUT", "/.consent/choice", &[HERE], form.as_bytes()).await.status, 405);
    check(&form, 200).await;
}

#[tokio::test]
async fn our_own_cookie_is_no_entry_of_the_inventory() {
    let text = |origin: &Origin| {
        Gateway::configured(&format!(
            "listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\ntrusted_proxies = [\"127.0.0.1\"]\n\
             [[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
            origin.url()
        ))
    };
    let (_origin, gateway) = shop(text).await;
    let cookie = crate::visitors::chosen(gateway.address(), "accept_all", &[]).await;
    pages_of_networks(gateway.address(), "/", 5, &[("Cookie", &format!("{cookie}; mystery=1"))]).await;
    let admin = gateway.admin.expect("an admin address");
    let heard = Client::fetch(admin, "127.0.0.1", "/inventory.json", &[]).await;
    let listed: serde_json::Value = serde_json::from_slice(&heard.body).expect("JSON");
    let names: Vec<_> =
        listed["cookies"].as_array().into_iter().flatten().map(|cookie| cookie["name"].clone()).collect();
    assert_eq!(names, ["mystery"]);
}
