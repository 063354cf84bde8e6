//! Cookies on every kind of answer, and what stands around and behind a body.

use gateway_tests::client::fetch_h2c;
use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, Origin, RawOrigin, Reply};

use crate::visitors::HOST;

/// A refused cookie, one that nobody speaks of, a refused one that is deleted, and a refused one without a name.
const SET: &str =
    "Set-Cookie: _ga=1; Path=/\r\nSet-Cookie: a=1\r\nSet-Cookie: _fbp=; Max-Age=0\r\nSet-Cookie: =_gid=1\r\n";
const LEFT: [&str; 2] = ["a=1", "_fbp=; Max-Age=0"];

#[tokio::test]
async fn set_cookie_is_judged_on_every_kind_of_answer() {
    let origin = RawOrigin::start(|asked| {
        let head = asked.head_text();
        let (start, rest) = match head.split(' ').nth(1).unwrap_or_default() {
            "/101" => ("101 Switching Protocols", "Upgrade: chat\r\nConnection: upgrade\r\n\r\n"),
            "/204" => ("204 No Content", "\r\n"),
            "/206" => ("206 Partial Content", "Content-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nab"),
            "/302" => ("302 Found", "Location: /204\r\nContent-Length: 0\r\n\r\n"),
            "/304" => ("304 Not Modified", "ETag: \"1\"\r\n\r\n"),
            "/404" => ("404 Not Found", "Content-Length: 0\r\n\r\n"),
            "/500" => ("500 Internal Server Error", "Content-Length: 0\r\n\r\n"),
            "/image" => ("200 OK", "Content-Type: image/png\r\nContent-Length: 3\r\n\r\npng"),
            "/chunked" => ("200 OK", "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
            _ => ("200 OK", "Content-Type: text/html\r\nContent-Length: 9\r\n\r\n"),
        };
        Answer::Last(format!("HTTP/1.1 {start}\r\n{SET}{rest}").into_bytes())
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let paths = ["/204", "/206", "/302", "/304", "/404", "/500", "/image", "/chunked"];
    for (method, path) in paths.map(|path| ("GET", path)).into_iter().chain([("HEAD", "/page"), ("POST", "/204")]) {
        let heard = Client::connect(gateway.address(), HOST).await.request(method, path, &[], b"").await;
        assert_eq!(heard.all("set-cookie"), LEFT, "{method} {path}: {}", heard.status);
    }
    let mut client = Client::connect(gateway.address(), HOST).await;
    client
        .send(format!("GET /101 HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: chat\r\nConnection: upgrade\r\n\r\n").as_bytes())
        .await;
    let switched = client.hear_head().await;
    assert_eq!((switched.status, switched.all("set-cookie")), (101, LEFT.map(String::from).to_vec()));
}

const TRAILED: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTrailer: X-Sum, Set-Cookie\r\nTransfer-Encoding: chunked\r\n\r\n\
                       3\r\nabc\r\n0\r\nX-Sum: 900150983cd24fb0\r\nX-Unannounced: 1\r\nSet-Cookie: _ga=1\r\nSet-Cookie: a=1\r\n\r\n";

#[tokio::test]
async fn trailers_pass_when_announced_and_asked_for() {
    let origin = RawOrigin::start(|_| Answer::text(TRAILED)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    let sum = (String::from("x-sum"), b"900150983cd24fb0".to_vec());
    let heard = client.get("/", &[("TE", "trailers"), ("Connection", "TE")]).await;
    assert_eq!((heard.text().as_str(), heard.trailers.as_slice()), ("abc", &[sum.clone()][..]));
    assert_eq!(heard.header("trailer").as_deref(), Some("X-Sum, Set-Cookie"));
    let asked = origin.last();
    let told = (asked.lines("te").join(""), asked.lines("connection").join(""));
    assert_eq!((told.0.to_lowercase(), told.1.to_lowercase()), ("te: trailers".into(), "connection: te".into()));
    let without = client.get("/", &[]).await;
    assert_eq!((without.text().as_str(), without.trailers.len()), ("abc", 0));
    assert_eq!(without.header("trailer"), None, "what doesn't come is not announced");
    assert_eq!(client.get("/", &[]).await.text(), "abc", "the connection is still in step");

    let heard = fetch_h2c(gateway.address(), HOST, "/", &[("te", "trailers")]).await;
    assert_eq!(heard.text(), "abc");
    assert_eq!(
        heard.trailers,
        [sum, (String::from("set-cookie"), b"a=1".to_vec())],
        "the refused cookie is dropped there too"
    );
    let without = fetch_h2c(gateway.address(), HOST, "/", &[]).await;
    assert_eq!((without.text().as_str(), without.trailers.len()), ("abc", 0));
}

#[tokio::test]
async fn a_pages_trailers_stand_behind_the_changed_page() {
    let page = "<!doctype html><title>T</title><p>The end.</p>";
    let origin = RawOrigin::start(move |_| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTrailer: Server-Timing, Repr-Digest\r\nTransfer-Encoding: chunked\r\n\r\n";
        let body =
            format!("{:x}\r\n{page}\r\n0\r\nServer-Timing: db;dur=5\r\nRepr-Digest: sha-256=:x:\r\n\r\n", page.len());
        Answer::Bytes(format!("{head}{body}").into_bytes())
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let heard = crate::visitors::page(gateway.address(), "/", &[("TE", "trailers")]).await;
    assert!(heard.text().contains("consent-banner") && heard.text().contains("The end."), "{}", heard.text());
    assert_eq!(
        heard.trailers,
        [(String::from("server-timing"), b"db;dur=5".to_vec())],
        "a digest of other bytes is none"
    );
}

#[tokio::test]
async fn a_requests_trailers_reach_the_origin_without_what_a_header_could_not_say() {
    let origin = Origin::start(|seen| Reply::of("text/plain", seen.body.clone())).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    let names = "X-Sum, Cookie, X-Forwarded-For, Consent-Id";
    client
        .send(
            format!(
                "POST / HTTP/1.1\r\nHost: {HOST}\r\nTrailer: {names}\r\nTransfer-Encoding: chunked\r\n\r\n\
                 3\r\nabc\r\n0\r\nX-Sum: 1\r\nCookie: _ga=1\r\nX-Forwarded-For: 9.9.9.9\r\nConsent-Id: 1\r\n\r\n"
            )
            .as_bytes(),
        )
        .await;
    assert_eq!(client.hear(false).await.text(), "abc");
    assert_eq!(origin.last_at("/").trailers, ["x-sum"]);
}

#[tokio::test]
async fn early_hints_are_dropped_and_the_answer_comes() {
    let origin = RawOrigin::start(|_| {
        Answer::text(
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nSet-Cookie: _ga=1\r\n\r\n\
             HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc",
        )
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    for _ in 0..2 {
        let heard = client.get("/", &[]).await;
        assert_eq!((heard.status, heard.text().as_str()), (200, "abc"));
        assert!(heard.header("link").is_none() && heard.header("set-cookie").is_none(), "{:?}", heard.headers);
    }
}

#[tokio::test]
async fn a_visitor_who_waits_with_the_body_is_told_to_go_on() {
    let origin = Origin::start(|seen| Reply::of("text/plain", seen.body.clone())).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    client
        .send(
            format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n").as_bytes(),
        )
        .await;
    assert_eq!(client.hear_head().await.status, 100);
    client.send(b"abc").await;
    let heard = client.hear(false).await;
    assert_eq!((heard.status, heard.text().as_str()), (200, "abc"));
}
