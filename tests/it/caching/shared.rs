//! Varnish and nginx in front of the gateway and behind it, in their own manner and in a careless one.

use gateway_tests::caches::{Cache, Manner};
use gateway_tests::{Client, Gateway, Origin};

use super::Shown::{Asked, Granted, Refused};
use super::{Visitor, site};
use crate::visitors::{HOST, NAVIGATION, chosen, page, state};

/// Two visitors with different answers and one without, in turn, more than once; then changes of mind, reloads and a save.
async fn nobody_sees_anothers_page(address: std::net::SocketAddr) {
    let mut yes = Visitor::answered(address, "accept_all").await;
    let mut no = Visitor::answered(address, "refuse_all").await;
    let mut new = Visitor::new(address);
    for round in 0..2 {
        assert_eq!((new.load().await, yes.load().await, no.load().await), (Asked, Granted, Refused), "round {round}");
    }
    let granted = yes.page.clone();
    yes.answer("withdraw").await;
    assert_eq!(yes.load().await, Refused, "after a change of mind, under the condition of the old page");
    // Going back shows what was kept there and asks about it.
    yes.page = granted;
    assert_eq!(yes.load().await, Refused, "back");
    assert_eq!(yes.load().await, Refused, "reloaded");
    no.answer("accept_all").await;
    assert_eq!((no.load().await, new.load().await), (Granted, Asked));
    let tag = no.page.as_ref().and_then(|page| page.header("etag")).expect("a tag");
    let mut client = Client::connect(address, HOST).await;
    let saved = client.request("PUT", "/", &[("If-Match", &tag)], b"new").await;
    assert_eq!(saved.status, 204, "a save under the page's own tag");
    assert_eq!((new.load().await, yes.load().await, no.load().await), (Asked, Refused, Granted), "after a save");
}

#[tokio::test]
async fn behind_varnish_nobody_sees_anothers_page() {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for manner in [Manner::Default, Manner::Careless] {
        let cache = Cache::varnish(gateway.address(), manner).await;
        nobody_sees_anothers_page(cache.address).await;
        Client::fetch(cache.address, HOST, "/app.js", &[]).await;
        let script = Client::fetch(cache.address, HOST, "/app.js", &[]).await;
        assert_eq!(script.header("x-kept").as_deref(), Some("yes"), "it does keep what is nobody's own");
    }
}

#[tokio::test]
async fn behind_nginx_nobody_sees_anothers_page() {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let cache = Cache::nginx(gateway.address()).await;
    nobody_sees_anothers_page(cache.address).await;
    Client::fetch(cache.address, HOST, "/app.js", &[]).await;
    let script = Client::fetch(cache.address, HOST, "/app.js", &[]).await;
    assert_eq!(script.header("x-kept").as_deref(), Some("HIT"), "it does keep what is nobody's own");
}

#[tokio::test]
async fn before_varnish_the_sites_page_is_kept_once_and_judged_for_each() {
    let origin = Origin::start(site).await;
    let cache = Cache::varnish(origin.address, Manner::Default).await;
    let gateway = Gateway::before(&cache.url()).start().await;
    nobody_sees_anothers_page(gateway.address()).await;
    let asked = origin.seen_at("/").iter().filter(|seen| seen.method == "GET").count();
    assert_eq!(asked, 1, "every other page came from the cache");
}

#[tokio::test]
async fn before_nginx_the_sites_page_is_kept_once_and_judged_for_each() {
    let origin = Origin::start(site).await;
    let cache = Cache::nginx(origin.address).await;
    let gateway = Gateway::before(&cache.url()).start().await;
    nobody_sees_anothers_page(gateway.address()).await;
    let asked = origin.seen_at("/").iter().filter(|seen| seen.method == "GET").count();
    assert_eq!(asked, 1, "every other page came from the cache");
}

#[tokio::test]
async fn one_page_for_all_is_kept_by_varnish_and_by_nginx_whoever_comes_first() {
    let origin = Origin::start(site).await;
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\ncacheable = true\n",
        origin.url()
    );
    let gateway = Gateway::configured(&text).start().await;
    let caches = [Cache::varnish(gateway.address(), Manner::Careless).await, Cache::nginx(gateway.address()).await];
    let accepted = chosen(gateway.address(), "accept_all", &[]).await;
    for cache in caches {
        origin.forget();
        // A crawler that says nothing of what it wants.
        let first = Client::fetch(cache.address, HOST, "/", &[("Accept", "*/*")]).await;
        for headers in [&[][..], &[("Cookie", accepted.as_str())], &[("Sec-GPC", "1")]] {
            let heard = page(cache.address, "/", headers).await;
            assert!(heard.body == first.body, "other bytes for {headers:?}");
        }
        assert_eq!(origin.seen_at("/").len(), 1, "kept");
        assert!(first.text().contains("<consent-banner") && !first.text().contains(super::AWAKE));
        let tag = first.header("etag").expect("a tag");
        let all = [&NAVIGATION[..], &[("If-None-Match", &tag)]].concat();
        assert_eq!(Client::fetch(cache.address, HOST, "/", &all).await.status, 304, "its tag is confirmed");
        assert_eq!(state(cache.address, &[("Cookie", &accepted)]).await["decided"], true);
        assert_eq!(state(cache.address, &[]).await["decided"], false, "the state is kept by nobody");
    }
}
