//! Headers of one hop, headers that tell who is in front, and connections kept open.

use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, RawOrigin};

use crate::visitors::HOST;

const EMPTY: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\n\
                     Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nX-End: 1\r\n\r\n";

#[tokio::test]
async fn headers_of_one_hop_stay_on_it() {
    let origin = RawOrigin::start(|_| Answer::text(EMPTY)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let sent = [
        ("Connection", "X-Secret, keep-alive"),
        ("X-Secret", "1"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Authorization", "Basic x"),
        ("Proxy-Connection", "keep-alive"),
        ("TE", "gzip, trailers"),
        ("X-End", "1"),
    ];
    let heard = Client::fetch(gateway.address(), HOST, "/", &sent).await;
    let asked = origin.last();
    for name in ["x-secret", "keep-alive", "proxy-authorization", "proxy-connection"] {
        assert!(asked.lines(name).is_empty(), "{name} reached the origin: {}", asked.head_text());
    }
    assert_eq!(asked.lines("x-end").len(), 1);
    for name in ["x-hop", "proxy-authenticate"] {
        assert!(heard.header(name).is_none(), "{name} reached the visitor: {:?}", heard.headers);
    }
    assert_eq!(heard.header("x-end").as_deref(), Some("1"));
}

#[tokio::test]
async fn strangers_are_not_believed_about_where_they_come_from() {
    let origin = RawOrigin::start(|_| Answer::text(EMPTY)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let lies = [
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "bank.example"),
        ("X-Real-IP", "203.0.113.9"),
        ("Forwarded", "for=203.0.113.9;proto=https"),
    ];
    Client::fetch(gateway.address(), HOST, "/", &lies).await;
    let asked = origin.last();
    let head = asked.head_text();
    assert!(!head.contains("203.0.113.9") && !head.contains("bank.example"), "{head}");
    let value = |name: &str| {
        let lines = asked.lines(name);
        assert_eq!(lines.len(), 1, "{name} in {head}");
        lines
            .first()
            .and_then(|line| line.split_once(':'))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    };
    assert_eq!(value("x-forwarded-for"), "127.0.0.1");
    assert_eq!(value("x-forwarded-proto"), "http");
    assert_eq!(value("x-forwarded-host"), HOST);
    assert_eq!(value("host"), HOST, "a loopback origin is told the visitor's host");
}

#[tokio::test]
async fn connections_to_the_origin_are_kept_and_used_again() {
    let body = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
    let origin = RawOrigin::start(move |_| Answer::text(body)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    assert_eq!(client.get("/", &[]).await.body, b"ok");
    let after_one = origin.connections();
    for _ in 0..4 {
        assert_eq!(client.get("/", &[]).await.body, b"ok");
    }
    assert_eq!(origin.asked().len(), 5);
    assert_eq!(origin.connections(), after_one, "further requests one after the other need no further connection");
}

#[tokio::test]
async fn a_host_that_is_missing_twice_or_empty_is_refused() {
    let origin = RawOrigin::start(|_| Answer::text(EMPTY)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let check = async |request: &str| {
        let mut client = Client::connect(gateway.address(), HOST).await;
        client.send(request.as_bytes()).await;
        client.hear(false).await.status
    };
    for request in ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n"] {
        let status = check(request).await;
        assert!([400, 421].contains(&status), "{status} for {request:?}");
    }
    assert!(origin.asked().is_empty());
}

#[tokio::test]
async fn a_request_smuggled_behind_another_stays_a_body() {
    let origin = RawOrigin::start(|_| Answer::text(EMPTY)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    let smuggled = format!(
        "POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /secret HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
    );
    client.send(smuggled.as_bytes()).await;
    client.hear(false).await;
    let both = origin
        .asked()
        .iter()
        .any(|asked| !asked.lines("content-length").is_empty() && !asked.lines("transfer-encoding").is_empty());
    assert!(!both, "the origin was told two lengths of one body");
}
