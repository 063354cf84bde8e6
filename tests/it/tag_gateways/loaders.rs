//! A tracker's script at any path: empty without a grant, byte for byte with one, and its page's tag held once it is known.

use gateway_tests::codings::{CODINGS, encode};
use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Origin, RawOrigin, Reply, wait};
use tokio::sync::mpsc;

use super::{configured, gateway, loader, told};
use crate::visitors::{HOST, chosen, page};

const AS_SCRIPT: (&str, &str) = ("Sec-Fetch-Dest", "script");
const TAG: &str = "<script async src=\"/metrics/\"></script>";

/// A site with a script of a tracker at an odd path.
async fn site() -> Origin {
    Origin::start(|seen| match seen.path_only() {
        "/metrics/" if seen.header("if-none-match").is_some() => Reply::status(304).with("etag", "\"v1\""),
        "/metrics/" => Reply::of("application/javascript; charset=UTF-8", loader("own()"))
            .with("etag", "\"v1\"")
            .with("cache-control", "public, max-age=900")
            .cookie("FPID=1; Path=/"),
        "/own.js" => Reply::of("text/javascript", "own()").with("cache-control", "public, max-age=900"),
        _ => Reply::page(format!("<!doctype html><html><head>{TAG}</head><body>own</body></html>")),
    })
    .await
}

#[tokio::test]
async fn a_script_is_known_by_how_it_begins_and_its_tag_is_held_from_then_on() {
    let origin = site().await;
    let gateway = gateway(&origin, "").await;
    let address = gateway.address();
    let first = page(address, "/", &[]).await;
    assert!(first.text().contains(TAG), "nobody knows yet: {}", first.text());

    let heard = Client::fetch(address, HOST, "/metrics/?id=GTM-1", &[]).await;
    assert_eq!((heard.status, heard.body.len()), (200, 0), "{}", heard.text());
    for (name, value) in [
        ("cache-control", Some("private, no-store")),
        ("content-type", Some("text/javascript; charset=utf-8")),
        ("content-length", Some("0")),
        ("etag", None),
        ("set-cookie", None),
    ] {
        assert_eq!(heard.header(name).as_deref(), value, "{name}");
    }
    gateway.says("a tracker's script").await;
    assert!(gateway.log().contains("/metrics/") && !gateway.log().contains("GTM-1"), "{}", gateway.log());

    let next = page(address, "/", &[]).await;
    assert!(!next.text().contains(TAG) && next.text().contains("data-consent-hold=\"analytics\""), "{}", next.text());
    assert_ne!(first.header("vary"), None);
    let metrics = told(&gateway, "/metrics").await;
    assert!(metrics.contains("consent_gateway_stopped_requests_total{site=\"shop\",what=\"loader\"} 1"), "{metrics}");

    let own = Client::fetch(address, HOST, "/own.js", &[AS_SCRIPT]).await;
    assert_eq!((own.text().as_str(), own.header("cache-control").as_deref()), ("own()", Some("public, max-age=900")));
    // A page at that path is no script.
    assert_eq!(page(address, "/metrics", &[]).await.status, 200);
}

#[tokio::test]
async fn a_granted_script_passes_byte_for_byte_and_is_kept_by_its_visitor_alone() {
    let origin = site().await;
    let gateway = gateway(&origin, "").await;
    let address = gateway.address();
    let grant = chosen(address, "accept_all", &[]).await;
    let with_grant = [AS_SCRIPT, ("Cookie", grant.as_str())];
    for _ in 0..2 {
        let heard = Client::fetch(address, HOST, "/metrics/", &with_grant).await;
        assert_eq!(heard.text(), loader("own()"));
        let length = loader("own()").len().to_string();
        for (name, value) in [
            ("content-length", length.as_str()),
            ("content-type", "application/javascript; charset=UTF-8"),
            ("etag", "\"v1\""),
            ("cache-control", "private, max-age=900"),
        ] {
            assert_eq!(heard.header(name).as_deref(), Some(value), "{name}");
        }
        assert!(heard.header("vary").is_some_and(|vary| vary.contains("Cookie")), "{:?}", heard.all("vary"));
    }
    // The word that it is unchanged, and its head, speak of the script that was found.
    let conditional = [AS_SCRIPT, ("If-None-Match", "\"v1\""), ("Cookie", grant.as_str())];
    assert_eq!(Client::fetch(address, HOST, "/metrics/", &conditional).await.status, 304);
    let refused = Client::fetch(address, HOST, "/metrics/", &conditional[..2]).await;
    assert_eq!((refused.status, refused.body.len()), (200, 0), "a kept copy is not confirmed");
    assert_eq!(refused.header("cache-control").as_deref(), Some("private, no-store"));
    let mut client = Client::connect(address, HOST).await;
    let head = client.request("HEAD", "/metrics/", &[], b"").await;
    assert_eq!((head.status, head.header("etag"), head.header("last-modified")), (200, None, None));
    assert_eq!(head.header("cache-control").as_deref(), Some("private, no-store"));
    let head = client.request("HEAD", "/metrics/", &with_grant, b"").await;
    assert_eq!(head.header("etag").as_deref(), Some("\"v1\""));
}

#[tokio::test]
async fn scripts_are_known_in_every_coding_and_piece() {
    let script = loader(&"own();".repeat(50_000));
    let coded: Vec<(&str, Vec<u8>)> = ["", CODINGS[0], CODINGS[1], CODINGS[2]]
        .into_iter()
        .map(|coding| (coding, encode(coding, script.as_bytes())))
        .collect();
    let answers = coded.clone();
    let origin = RawOrigin::start(move |asked| {
        let head = asked.head_text();
        let (coding, body) =
            answers.iter().find(|(coding, _)| head.starts_with(&format!("GET /m-{coding} "))).expect("a coding");
        let named = if coding.is_empty() { String::new() } else { format!("Content-Encoding: {coding}\r\n") };
        let (pieces, rest) = mpsc::channel(1);
        let body = body.clone();
        tokio::spawn(async move {
            // The first pieces are smaller than anything that tells a script.
            let (start, end) = body.split_at(body.len().min(40));
            for piece in start.chunks(9).chain(end.chunks(5_000)) {
                let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
                if pieces.send(chunk).await.is_err() {
                    return;
                }
            }
            pieces.send(b"0\r\n\r\n".to_vec()).await.ok();
        });
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n{named}Transfer-Encoding: chunked\r\n\r\n");
        Answer::Pieces(head.into_bytes(), rest)
    })
    .await;
    let gateway = configured(&origin.url(), "").await;
    let grant = chosen(gateway.address(), "accept_all", &[]).await;
    for (coding, body) in &coded {
        let path = format!("/m-{coding}");
        let accepts = ("Accept-Encoding", "gzip, br, zstd");
        let heard = Client::fetch(gateway.address(), HOST, &path, &[accepts]).await;
        assert_eq!((heard.status, heard.body.len(), heard.header("content-encoding")), (200, 0, None), "{coding}");
        let heard = Client::fetch(gateway.address(), HOST, &path, &[accepts, ("Cookie", &grant)]).await;
        assert!(heard.body == *body, "{coding}: {} bytes instead of {}", heard.body.len(), body.len());
    }
}

#[tokio::test]
async fn other_scripts_stream_from_their_first_piece_on() {
    let (pieces, rest) = mpsc::channel(4);
    let rest = std::sync::Mutex::new(Some(rest));
    let origin = RawOrigin::start(move |_| {
        let rest = rest.lock().expect("nobody panics").take().expect("it is asked once");
        Answer::Pieces(b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\n".to_vec(), rest)
    })
    .await;
    let gateway = configured(&origin.url(), "").await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    client.send(format!("GET /long.js HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await;
    pieces.send(b"own(1);".to_vec()).await.expect("the origin writes");
    let head = wait::within("the head comes with the first piece", client.hear_head()).await;
    assert_eq!(head.status, 200);
    assert_eq!(wait::within("the first piece comes alone", client.chunk()).await, b"own(1);");
    pieces.send(b"own(2);".to_vec()).await.expect("the origin writes");
    assert_eq!(client.chunk().await, b"own(2);");
    drop(pieces);
    assert_eq!(client.chunk().await, b"");
}

#[tokio::test]
async fn a_beginning_that_may_be_known_is_not_waited_for_without_end() {
    let (pieces, rest) = mpsc::channel(4);
    let rest = std::sync::Mutex::new(Some(rest));
    let origin = RawOrigin::start(move |_| {
        let rest = rest.lock().expect("nobody panics").take().expect("it is asked once");
        Answer::Pieces(b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\n".to_vec(), rest)
    })
    .await;
    let gateway = configured(&origin.url(), "").await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    client.send(format!("GET /slow.js HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await;
    let beginning = &b"// Copyright 2012 Goo"[..];
    pieces.send(beginning.to_vec()).await.expect("the origin writes");
    let head = wait::within("the head comes although no more does", client.hear_head()).await;
    assert_eq!((head.status, client.chunk().await), (200, beginning.to_vec()));
    drop(pieces);
    assert_eq!(client.chunk().await, b"");
}

#[tokio::test]
async fn tags_are_known_by_their_shape_on_every_host_that_no_rule_names() {
    let held = [
        "/metrics/gtag/js?id=G-TEST000",
        "//tags.shop.example/gtm.js?id=GTM-TEST00",
        "https://shop.example/px/tr?id=1&amp;ev=PageView&amp;noscript=1",
        "&#47;metrics/gtag/js?&amp;%69d=AW-1",
    ];
    let awake = ["/app/gtm.js?v=3", "https://js.stripe.com/v3/g/collect?v=2&amp;tid=G-1", "/product?id=G-100"];
    let origin = Origin::start(move |_| {
        let tags: String =
            held.iter().chain(&awake).map(|address| format!("<script src=\"{address}\"></script>")).collect();
        Reply::page(format!("<!doctype html><html><head>{tags}</head><body>own</body></html>"))
            .with("link", "</metrics/gtag/js?id=G-TEST000>; rel=preload; as=script, </own.css>; rel=preload; as=style")
    })
    .await;
    for (more, all_awake) in [("", false), ("cacheable = true\n", false), ("tag_gateways = false\n", true)] {
        let gateway = gateway(&origin, more).await;
        let heard = page(gateway.address(), "/", &[]).await;
        for address in held {
            assert_eq!(heard.text().contains(&format!("<script src=\"{address}\">")), all_awake, "{more}{address}");
        }
        for address in awake {
            assert!(heard.text().contains(&format!("<script src=\"{address}\">")), "{more}{address}");
        }
        let hints = heard.all("link").join(", ");
        assert!(hints.contains("/own.css") && hints.contains("gtag") == all_awake, "{more}{hints}");
    }
}

#[tokio::test]
async fn a_path_whose_script_is_another_one_now_is_forgotten() {
    let origin = Origin::start(|seen| match (seen.path_only(), seen.path.ends_with("old")) {
        ("/app.js", true) => Reply::of("text/javascript", loader("")),
        ("/app.js", false) => Reply::of("text/javascript", "own()"),
        _ => Reply::page("<!doctype html><html><head><script src=\"/app.js\"></script></head><body>own</body></html>"),
    })
    .await;
    let gateway = gateway(&origin, "").await;
    let held = async || !page(gateway.address(), "/", &[]).await.text().contains("<script src=\"/app.js\">");
    assert!(!held().await);
    assert_eq!(Client::fetch(gateway.address(), HOST, "/app.js?old", &[]).await.body.len(), 0);
    assert!(held().await);
    assert_eq!(Client::fetch(gateway.address(), HOST, "/app.js", &[]).await.text(), "own()");
    assert!(!held().await);
}

#[tokio::test]
async fn shadow_mode_and_the_switch_let_scripts_go() {
    let origin = site().await;
    let shadow = gateway(&origin, "shadow = true\n").await;
    for _ in 0..2 {
        let heard = Client::fetch(shadow.address(), HOST, "/metrics/", &[AS_SCRIPT]).await;
        assert_eq!((heard.text(), heard.header("etag").as_deref()), (loader("own()"), Some("\"v1\"")));
        assert_eq!(heard.header("cache-control").as_deref(), Some("public, max-age=900"));
        assert!(page(shadow.address(), "/", &[]).await.text().contains(TAG));
    }
    let listed = told(&shadow, "/shadow?lang=en").await;
    assert!(listed.contains("/metrics/ (google-analytics)"), "{listed}");
    for more in ["tag_gateways = false\n", "bypass_paths = [\"/metrics/*\"]\n"] {
        let gateway = gateway(&origin, more).await;
        let heard = Client::fetch(gateway.address(), HOST, "/metrics/", &[AS_SCRIPT]).await;
        assert_eq!(heard.text(), loader("own()"), "{more}");
    }
}
