//! Consent cookies that are not what they should be: each is a first visit, and nothing more. Refuses to know the token's form.

use gateway_tests::{Gateway, Origin, Reply};

use crate::visitors::{chosen, page, state};

async fn check_first_visit(gateway: &Gateway, cookie: &str) {
    let heard = page(gateway.address(), "/", &[("Cookie", cookie)]).await;
    let shown: String = cookie.chars().take(60).collect();
    assert_eq!(heard.status, 200, "{shown}");
    assert!(heard.text().contains("id=\"consent-banner\""), "asked again with {shown}");
    assert_eq!(heard.all("set-cookie"), ["session=1"], "nothing granted, nothing expired with {shown}");
    let state = state(gateway.address(), &[("Cookie", cookie)]).await;
    assert_eq!(state["decided"], false, "{shown}");
    assert_eq!(state["prompt"], true, "{shown}");
}

#[tokio::test]
async fn a_damaged_cookie_is_a_first_visit() {
    let origin =
        Origin::start(|_| Reply::page("<!doctype html><title>T</title>").cookie("session=1").cookie("_ga=1")).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let good = chosen(gateway.address(), "accept_all", &[]).await;
    let (_, value) = good.split_once('=').expect("a pair");
    for place in [0, 1, value.len() / 2, value.len() - 2] {
        let other = if value.as_bytes().get(place) == Some(&b'A') { 'B' } else { 'A' };
        let damaged: String =
            value.chars().enumerate().map(|(at, own)| if at == place { other } else { own }).collect();
        check_first_visit(&gateway, &format!("consent={damaged}")).await;
    }
    let (half, _) = value.split_at(value.len() / 2);
    for value in ["", "x", "%00", "\u{e9}", half, &format!("{value}{value}"), &"A".repeat(4000)] {
        check_first_visit(&gateway, &format!("consent={value}")).await;
    }
    let state = state(gateway.address(), &[("Cookie", &good)]).await;
    assert_eq!(state["decided"], true, "the undamaged one opens");
}

#[tokio::test]
async fn another_gateways_cookie_is_a_first_visit() {
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>T</title>").cookie("session=1")).await;
    let one = Gateway::before(&origin.url()).start().await;
    let two = Gateway::before(&origin.url()).start().await;
    let cookie = chosen(one.address(), "accept_all", &[]).await;
    check_first_visit(&two, &cookie).await;
}

#[tokio::test]
async fn a_refusal_carries_nothing_that_could_tell_visitors_apart() {
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>T</title>")).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let refusal = chosen(gateway.address(), "refuse_all", &[]).await;
    let grant = chosen(gateway.address(), "accept_all", &[]).await;
    assert!(
        refusal.len() + 20 < grant.len(),
        "a refusal has no room for ids: {} and {} bytes",
        refusal.len(),
        grant.len()
    );
    assert!(grant.len() <= 300, "{}", grant.len());
}

#[tokio::test]
async fn a_choice_from_another_site_is_not_taken() {
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>T</title>")).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let state = state(gateway.address(), &[]).await;
    let form = format!("policy={}&lang=en&back=%2F&act=accept_all", state["policy"].as_str().unwrap_or_default());
    let check = async |headers: &[(&str, &str)], form: &str, expect: u16| {
        let mut client = gateway_tests::Client::connect(gateway.address(), "shop.example").await;
        let all = [&[("Accept", "text/plain")][..], headers].concat();
        let heard = client.post_form("/.consent/choice", &all, form).await;
        assert_eq!(heard.status, expect, "{headers:?}: {}", heard.text());
        assert_eq!(heard.set_cookie("consent").is_some(), expect == 200);
    };
    check(&[("Origin", "http://evil.example")], &form, 403).await;
    check(&[("Origin", "http://shop.example"), ("Sec-Fetch-Site", "cross-site")], &form, 403).await;
    check(&[("Origin", "null")], &form, 403).await;
    check(&[("Origin", "http://shop.example")], "policy=0000000000000000&lang=en&back=%2F&act=accept_all", 409).await;
    check(&[("Origin", "http://shop.example")], "policy=&act=nonsense", 409).await;
    check(&[("Origin", "http://shop.example")], &form.replace("accept_all", "everything"), 400).await;
    check(&[("Origin", "http://shop.example")], &form, 200).await;
}

#[tokio::test]
async fn the_way_back_never_leaves_the_site() {
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>T</title>")).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let state = state(gateway.address(), &[]).await;
    let policy = state["policy"].as_str().unwrap_or_default();
    let check = async |back: &str, expect: &str| {
        let form = format!("policy={policy}&lang=en&back={back}&act=refuse_all");
        let mut client = gateway_tests::Client::connect(gateway.address(), "shop.example").await;
        let heard = client.post_form("/.consent/choice", &[("Origin", "http://shop.example")], &form).await;
        assert_eq!((heard.status, heard.header("location").as_deref()), (303, Some(expect)), "back={back}");
    };
    check("%2Flist%3Fa%3D1%26b%3D2", "/list?a=1&b=2").await;
    check("https%3A%2F%2Fevil.example%2F", "/").await;
    check("%2F%2Fevil.example%2F", "/").await;
    check("%2F%5Cevil.example%2F", "/").await;
    check("%2F%0D%0ASet-Cookie%3A%20a%3D1", "/").await;
    check("", "/").await;
}
