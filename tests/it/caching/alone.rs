//! The gateway with nothing but browsers in front of it and the site behind it.

use gateway_tests::{Client, Gateway, Origin, Reply, tags};

use super::{DATE, Shown, Visitor, shown, site};
use crate::visitors::{HOST, NAVIGATION, chosen, page};

#[tokio::test]
async fn a_changed_page_is_its_visitors_own_and_says_nothing_of_the_old_bytes() {
    let origin = Origin::start(|seen| {
        let reply = site(seen).with("accept-ranges", "bytes").with("content-md5", "x").with("digest", "sha-256=x");
        reply
            .with("content-digest", "sha-256=:x:")
            .with("repr-digest", "sha-256=:x:")
            .with("cdn-cache-control", "max-age=9")
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let heard = page(gateway.address(), "/", &[]).await;
    assert_eq!(heard.header("cache-control").as_deref(), Some("private, no-cache"));
    assert_eq!(heard.header("vary").as_deref(), Some("Cookie, Sec-GPC, Accept-Language, Save-Data"));
    let gone = [
        "last-modified",
        "accept-ranges",
        "content-md5",
        "digest",
        "content-digest",
        "repr-digest",
        "cdn-cache-control",
    ];
    for name in gone {
        assert!(heard.header(name).is_none(), "{name}: {:?}", heard.headers);
    }
    let tag = heard.header("etag").expect("a tag");
    assert!(tag.starts_with("\"v1;c=") && tag.len() == "\"v1;c=123456789012\"".len(), "{tag}");
}

#[tokio::test]
async fn tags_stay_strong_or_weak_and_malformed_ones_go() {
    let origin = Origin::start(|seen| {
        let tag = seen.header("x-tag").unwrap_or_default();
        Reply::page(tags::page("en", "Tagged")).with("etag", tag)
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let check = async |tag: &str, start: Option<&str>| {
        let heard = page(gateway.address(), "/", &[("X-Tag", tag)]).await.header("etag");
        match (heard.as_deref(), start) {
            (Some(heard), Some(start)) => assert!(heard.starts_with(start), "{tag} became {heard}"),
            (heard, start) => assert_eq!(heard, start, "{tag}"),
        }
    };
    check("\"v1\"", Some("\"v1;c=")).await;
    check("W/\"v1\"", Some("W/\"v1;c=")).await;
    check("v1", None).await;
    check("\"v 1\"", None).await;
}

#[tokio::test]
async fn a_page_is_confirmed_within_its_class_and_sent_whole_in_another() {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let address = gateway.address();
    let accepted = chosen(address, "accept_all", &[]).await;
    let first = page(address, "/", &[("Cookie", &accepted)]).await;
    let tag = first.header("etag").expect("a tag");
    let condition = [("If-None-Match", tag.as_str()), ("If-Modified-Since", DATE)];
    let again = page(address, "/", &[&[("Cookie", accepted.as_str())][..], &condition].concat()).await;
    assert_eq!(again.status, 304);
    let at_origin = origin.last_at("/");
    assert_eq!(at_origin.header("if-none-match").as_deref(), Some("\"v1\""), "the origin is asked in its own words");
    assert_eq!(at_origin.header("if-modified-since"), None);
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(
        again.header("cache-control").as_deref(),
        Some("private, no-cache"),
        "the page kept stays its visitor's own"
    );
    assert_eq!((again.header("last-modified"), again.header("vary")), (None, first.header("vary")));
    let refused = chosen(address, "refuse_all", &[]).await;
    let others: [&[(&str, &str)]; 4] = [
        &[("Cookie", &refused)],
        &[],
        &[("Cookie", &accepted), ("Sec-GPC", "1")],
        &[("Cookie", &accepted), ("Accept-Language", "ko")],
    ];
    for other in others {
        let heard = page(address, "/", &[other, &condition].concat()).await;
        assert_eq!(heard.status, 200, "{other:?}");
        assert_ne!(heard.header("etag"), first.header("etag"), "{other:?}");
        assert_eq!(origin.last_at("/").header("if-none-match"), None, "{other:?}");
    }
}

#[tokio::test]
async fn the_class_is_never_the_visitor() {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for act in ["accept_all", "refuse_all"] {
        let mut tags = Vec::new();
        for _ in 0..2 {
            let cookie = chosen(gateway.address(), act, &[]).await;
            tags.push(
                page(gateway.address(), "/", &[("Cookie", &cookie), ("X-Forwarded-For", "9.9.9.9")])
                    .await
                    .header("etag"),
            );
        }
        assert!(tags[0].is_some() && tags[0] == tags[1], "{tags:?}");
    }
}

#[tokio::test]
async fn a_page_kept_before_the_gateway_came_is_not_confirmed() {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for old in [&[("If-None-Match", "\"v1\"")][..], &[("If-Modified-Since", DATE)], &[("If-None-Match", "*")]] {
        let heard = page(gateway.address(), "/", old).await;
        assert_eq!((heard.status, shown(&heard)), (200, Shown::Asked), "{old:?}");
    }
    let script =
        Client::fetch(gateway.address(), HOST, "/app.js", &[("Accept", "*/*"), ("If-None-Match", "\"v1\"")]).await;
    assert_eq!(script.status, 304, "what is no page is confirmed as ever");
    assert_eq!(script.header("etag").as_deref(), Some("\"v1\""));
    assert_eq!(script.header("cache-control").as_deref(), Some("public, max-age=600"));
}

#[tokio::test]
async fn a_save_under_a_condition_works_whatever_the_page_went_through() {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut visitor = Visitor::answered(gateway.address(), "accept_all").await;
    visitor.load().await;
    let tag = visitor.page.as_ref().and_then(|page| page.header("etag")).expect("a tag");
    let refusal = chosen(gateway.address(), "refuse_all", &[]).await;
    for cookie in [visitor.cookie.as_deref().expect("a choice"), refusal.as_str()] {
        let mut client = Client::connect(gateway.address(), HOST).await;
        let saved = client.request("PUT", "/", &[("If-Match", &tag), ("Cookie", cookie)], b"new").await;
        assert_eq!((saved.status, saved.header("etag").as_deref()), (204, Some("\"v2\"")));
        let late = client.request("PUT", "/", &[("If-Match", &tag.replace("v1", "v0"))], b"new").await;
        assert_eq!(late.status, 412, "somebody else was quicker");
    }
}

#[tokio::test]
async fn pages_come_whole_and_other_files_in_parts() {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    page(gateway.address(), "/", &[("Range", "bytes=0-5"), ("If-Range", "\"v1;c=123456789012\"")]).await;
    let asked = origin.last_at("/");
    assert_eq!((asked.header("range"), asked.header("if-range")), (None, None));
    let part = [("Accept", "*/*"), ("Range", "bytes=0-5"), ("If-Range", "\"v1\"")];
    Client::fetch(gateway.address(), HOST, "/logo.png", &part).await;
    let asked = origin.last_at("/logo.png");
    assert_eq!(
        (asked.header("range").as_deref(), asked.header("if-range").as_deref()),
        (Some("bytes=0-5"), Some("\"v1\""))
    );
}

#[tokio::test]
async fn the_head_of_a_page_says_what_the_page_would() {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let fetch = [("Accept", "*/*"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin")];
    let mut client = Client::connect(gateway.address(), HOST).await;
    let whole = client.get("/", &fetch).await;
    let head = client.request("HEAD", "/", &fetch, b"").await;
    for name in ["etag", "cache-control", "vary", "last-modified", "content-type"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
    assert_eq!(head.header("content-length"), None, "nobody knows how long the page would be");
}

#[tokio::test]
async fn a_fragment_that_everything_is_granted_for_is_still_of_its_class() {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let fetch = [("Accept", "*/*"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin")];
    let (accepted, refused) =
        (chosen(gateway.address(), "accept_all", &[]).await, chosen(gateway.address(), "refuse_all", &[]).await);
    let awake =
        Client::fetch(gateway.address(), HOST, "/fragment", &[&fetch[..], &[("Cookie", &accepted)]].concat()).await;
    assert!(awake.text().contains(super::AWAKE));
    assert_eq!(awake.header("cache-control").as_deref(), Some("private, no-cache"), "nobody else is shown it");
    let tag = awake.header("etag").expect("a tag");
    let all = [&fetch[..], &[("Cookie", &refused), ("If-None-Match", &tag)]].concat();
    let asleep = Client::fetch(gateway.address(), HOST, "/fragment", &all).await;
    assert_eq!(asleep.status, 200);
    assert!(!asleep.text().contains(super::AWAKE));
}

#[tokio::test]
async fn an_answer_that_sets_a_granted_cookie_is_kept_by_its_visitor_alone() {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let accepted = chosen(gateway.address(), "accept_all", &[]).await;
    let granted = Client::fetch(gateway.address(), HOST, "/logo.png", &[("Cookie", &accepted)]).await;
    assert_eq!(granted.all("set-cookie").len(), 1);
    assert_eq!(granted.header("cache-control").as_deref(), Some("private, max-age=600"));
    assert_eq!(granted.header("etag").as_deref(), Some("\"v1\""), "a picture has no class");
    let refused = Client::fetch(gateway.address(), HOST, "/logo.png", &[]).await;
    assert!(refused.all("set-cookie").is_empty());
    assert_eq!(refused.header("cache-control").as_deref(), Some("public, max-age=600"));
}

#[tokio::test]
async fn an_answer_that_deletes_what_was_refused_is_kept_by_its_visitor_alone() {
    let origin = Origin::start(site).await;
    for (shadow, expect) in [(false, "private, no-cache"), (true, "public, max-age=600")] {
        let plan = Gateway::before(&origin.url());
        let gateway = if shadow { plan.flag("--shadow") } else { plan }.start().await;
        let cookies = format!("{}; _ga=1", chosen(gateway.address(), "refuse_all", &[]).await);
        let deletes = |heard: &[String]| heard.iter().any(|line| line.starts_with("_ga=;"));
        let gone_to = page(gateway.address(), "/logo.png", &[("Cookie", &cookies)]).await;
        assert_eq!(deletes(&gone_to.all("set-cookie")), !shadow, "{:?}", gone_to.headers);
        assert_eq!(gone_to.header("cache-control").as_deref(), Some(expect), "{:?}", gone_to.headers);
        let fetched = Client::fetch(gateway.address(), HOST, "/logo.png", &[("Cookie", &cookies)]).await;
        assert!(!deletes(&fetched.all("set-cookie")), "only what a visitor goes to deletes: {:?}", fetched.headers);
        assert_eq!(fetched.header("cache-control").as_deref(), Some("public, max-age=600"), "{:?}", fetched.headers);
    }
}

#[tokio::test]
async fn shadow_mode_leaves_caching_to_the_site() {
    let origin = Origin::start(site).await;
    let gateway = Gateway::before(&origin.url()).flag("--shadow").start().await;
    let heard = page(gateway.address(), "/", &[]).await;
    assert_eq!(heard.header("etag").as_deref(), Some("\"v1\""));
    assert_eq!(heard.header("cache-control").as_deref(), Some("public, max-age=600"));
    assert_eq!(heard.header("last-modified").as_deref(), Some(DATE));
    let accepted = chosen(gateway.address(), "accept_all", &[]).await;
    let logo = Client::fetch(gateway.address(), HOST, "/logo.png", &[("Cookie", &accepted)]).await;
    assert_eq!(
        (logo.all("set-cookie").len(), logo.header("cache-control").as_deref()),
        (1, Some("public, max-age=600"))
    );
    let all = [&NAVIGATION[..], &[("If-None-Match", "\"v1\"")]].concat();
    assert_eq!(Client::fetch(gateway.address(), HOST, "/", &all).await.status, 304);
}
