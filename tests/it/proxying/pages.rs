//! Pages in the codings and charsets of the web: gated and given a banner, the rest of them byte for byte.

use gateway_tests::codings::{CODINGS, decode, encode};
use gateway_tests::{Client, Gateway, Origin, Reply, folders, tags};

use crate::visitors::{HOST, chosen, page};

const AWAKE: &str = "<script src=\"https://www.googletagmanager.com/gtag/js?id=1\">";

#[tokio::test]
async fn pages_in_every_coding_are_gated() {
    let origin = Origin::start(|seen| {
        let coding = seen.path_only().trim_start_matches('/').to_owned();
        let body = encode(&coding, tags::page("en", "Coded").as_bytes());
        let reply = Reply::of("text/html; charset=utf-8", body);
        if coding.is_empty() { reply } else { reply.with("content-encoding", coding) }
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for coding in CODINGS.into_iter().chain([""]) {
        let heard = page(gateway.address(), &format!("/{coding}"), &[("Accept-Encoding", "gzip, br, zstd")]).await;
        let own = heard.header("content-encoding").unwrap_or_default();
        let text = String::from_utf8(decode(&own, &heard.body)).expect("the page is UTF-8");
        assert!(text.contains("id=\"consent-banner\""), "a banner in {coding:?}: {text}");
        assert!(
            text.contains("data-consent-src=\"https://www.googletagmanager.com/gtag/js?id=1\""),
            "{coding:?}: {text}"
        );
        assert!(!text.contains(AWAKE), "{coding:?}: {text}");
        assert!(text.contains("The end of the page."), "{coding:?}: {text}");
        let cached = heard.header("cache-control").unwrap_or_default();
        assert_eq!(cached, "private, no-cache", "a changed page is kept by its own visitor only");
        assert!(heard.header("etag").is_none_or(|tag| tag.starts_with("W/")), "a changed page has no strong validator");
    }
}

#[tokio::test]
async fn a_korean_page_in_its_own_charset_stays_in_it() {
    let html = format!(
        "<!doctype html><html lang=ko><head><meta charset=euc-kr><title>가게</title></head><body><p>안녕하세요 뷁</p>{}</body></html>",
        tags::markup()
    );
    let (bytes, _, _) = encoding_rs::EUC_KR.encode(&html);
    let body = bytes.into_owned();
    let (headed, bare) = (body.clone(), body.clone());
    let origin = Origin::start(move |seen| match seen.path_only() {
        "/headed" => Reply::of("text/html; charset=euc-kr", headed.clone()),
        _ => Reply::of("text/html", bare.clone()),
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for path in ["/headed", "/by-meta"] {
        let heard = page(gateway.address(), path, &[("Accept-Language", "ko")]).await;
        let (text, _, damaged) = encoding_rs::EUC_KR.decode(&heard.body);
        assert!(!damaged, "{path}: every byte is EUC-KR still");
        assert!(text.contains("안녕하세요 뷁") && text.contains("<title>가게</title>"), "{path}: {text}");
        assert!(text.contains("id=\"consent-banner\""), "{path}: {text}");
        assert!(!text.contains(AWAKE), "{path}: {text}");
    }
    let cookie = chosen(gateway.address(), "accept_all", &[]).await;
    let heard = page(gateway.address(), "/headed", &[("Cookie", &cookie)]).await;
    let tail = body.get(body.len() - 60..).expect("a long page");
    assert!(
        heard.body.windows(60).any(|window| window == tail),
        "where everything is granted the bytes of the page stay"
    );
}

#[tokio::test]
async fn what_is_no_page_is_not_touched() {
    let body = format!("<!doctype html><html><body>{}</body></html>", tags::markup());
    let sent = body.clone();
    let origin = Origin::start(move |seen| match seen.path_only() {
        "/text" => Reply::of("text/plain", sent.clone()),
        "/script" => Reply::of("text/javascript", sent.clone()),
        "/json" => Reply::of("application/json", sent.clone()),
        "/unknown-coding" => Reply::of("text/html", sent.clone()).with("content-encoding", "dcz"),
        _ => Reply::status(404),
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for path in ["/text", "/script", "/json", "/unknown-coding"] {
        let heard = page(gateway.address(), path, &[]).await;
        assert_eq!(heard.text(), body, "{path}");
    }
}

#[tokio::test]
async fn fragments_frames_and_attachments_get_no_banner_and_are_gated() {
    let fragment = format!("<section>{}</section>", tags::markup());
    let whole = tags::page("en", "Whole");
    let origin = Origin::start(move |seen| match seen.path_only() {
        "/fragment" => Reply::page(fragment.clone()),
        "/attachment" => Reply::page(whole.clone()).with("content-disposition", "attachment; filename=page.html"),
        _ => Reply::page(whole.clone()),
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let html = ("Accept", "text/html");
    let cases: [(&str, &[(&str, &str)]); 7] = [
        ("/fragment", &[html, ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin")]),
        ("/fragment", &[html, ("HX-Request", "true")]),
        ("/fragment", &[html]),
        ("/page", &[html, ("X-Requested-With", "XMLHttpRequest")]),
        ("/page", &[html, ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "same-origin")]),
        ("/page", &[("Accept", "*/*")]),
        ("/attachment", &[html, ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")]),
    ];
    for (path, headers) in cases {
        let text = Client::fetch(gateway.address(), HOST, path, headers).await.text();
        assert!(!text.contains("<consent-banner"), "no banner at {path} with {headers:?}: {text}");
        assert!(!text.contains(AWAKE), "gated at {path} with {headers:?}: {text}");
    }
    let text = Client::fetch(gateway.address(), HOST, "/page", &[html]).await.text();
    assert!(text.contains("id=\"consent-banner\""), "an older browser's page load gets one: {text}");
    let text = page(gateway.address(), "/fragment", &[]).await.text();
    assert!(text.contains("id=\"consent-banner\""), "what the browser shows as a page is one: {text}");
}

/// Software that the site runs itself: no address in it is anybody else's.
const OWN_COUNTER: &str =
    "<script>var _paq=[];let s=document.createElement('script');s.src='/matomo.js';document.head.append(s)</script>";

#[tokio::test]
async fn a_trackers_published_snippet_is_held_by_its_text_alone() {
    let origin = Origin::start(|_| Reply::page(format!("<!doctype html><title>Counted</title>{OWN_COUNTER}"))).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for (action, awake) in [("refuse_all", false), ("accept_all", true)] {
        let cookie = chosen(gateway.address(), action, &[]).await;
        let text = page(gateway.address(), "/", &[("Cookie", &cookie)]).await.text();
        assert!(text.contains("s.src='/matomo.js'") && text.contains(OWN_COUNTER) == awake, "{action}: {text}");
    }
}

#[tokio::test]
async fn the_guard_carries_the_nonce_that_the_page_gives_its_own_scripts() {
    let origin = Origin::start(|seen| {
        let reply = Reply::page(tags::page("en", "Nonces"));
        match seen.path_only() {
            "/strict" => reply.with("content-security-policy", "script-src 'nonce-n1' 'strict-dynamic'"),
            _ => reply,
        }
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for (path, expect) in [("/strict", " nonce=\"n1\"></script>"), ("/", "></script>")] {
        let text = page(gateway.address(), path, &[]).await.text();
        let (_, head) = text.split_once("<head>").expect("a head");
        let scripts: Vec<&str> = head.split_inclusive("</script>").take(2).collect();
        for script in scripts {
            assert!(script.contains("src=\"/.consent/") && script.ends_with(expect), "{path}: {script}");
            assert_eq!(script.contains("nonce"), path == "/strict", "{path}: {script}");
        }
    }
}

#[tokio::test]
async fn a_fragment_that_everything_is_granted_for_keeps_its_bytes() {
    let coded = encode("gzip", format!("<section>{}</section>", tags::markup()).as_bytes());
    let sent = coded.clone();
    let origin = Origin::start(move |_| Reply::of("text/html", sent.clone()).with("content-encoding", "gzip")).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let cookie = chosen(gateway.address(), "accept_all", &[]).await;
    let script = [("Accept", "*/*"), ("Accept-Encoding", "gzip"), ("Sec-Fetch-Dest", "empty"), ("Cookie", &cookie)];
    let heard = Client::fetch(gateway.address(), HOST, "/part", &script).await;
    assert_eq!(heard.body, coded, "not even coded anew");
    assert_eq!(heard.header("content-length"), Some(coded.len().to_string()));
}

#[tokio::test]
async fn a_site_with_nothing_to_refuse_has_no_guard() {
    let starter = folders::repository().join("policies/documents/starter/opt-in.toml");
    let starter = std::fs::read_to_string(starter).expect("a starter policy");
    let (head, rest) = starter.split_once("[[purposes]]").expect("purposes");
    let (necessary, _) = rest.split_once("[[purposes]]").expect("optional purposes");
    let (_, kept) = rest.split_once("\n[[retention]]").expect("what is kept");
    let policy = format!("{head}[[purposes]]{necessary}\n[[retention]]{kept}");
    let origin = Origin::start(|_| Reply::page(tags::page("en", "Plain"))).await;
    for (unknown, guarded) in [("observe", false), ("quarantine", true), ("deny", true)] {
        let site = format!("origin = \"{}\"\npolicy = \"policy.toml\"\nunknown = \"{unknown}\"", origin.url());
        let plan = Gateway::configured(&format!("listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\n{site}\n"));
        plan.write("policy.toml", &policy);
        let gateway = plan.start().await;
        let text = page(gateway.address(), "/", &[]).await.text();
        assert_eq!(text.contains("<script src=\"/.consent/"), guarded, "{unknown}: {text}");
    }
}

#[tokio::test]
async fn preload_hints_in_headers_are_dropped() {
    let origin = Origin::start(|_| {
        Reply::page("<!doctype html><title>Hints</title>")
            .with("link", "<https://www.googletagmanager.com/gtag/js?id=1>; rel=preload; as=script, </own.css>; rel=preload; as=style")
            .with("link", "<https://connect.facebook.net>; rel=preconnect")
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let links = page(gateway.address(), "/", &[]).await.all("link").join(", ");
    assert!(links.contains("</own.css>; rel=preload; as=style"), "{links}");
    assert!(!links.contains("googletagmanager") && !links.contains("facebook"), "{links}");
}
