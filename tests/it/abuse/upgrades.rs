//! Changes of protocol: only what the visitor asked for, alone, and never another HTTP, whose requests nobody here would read.

use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, RawOrigin};

use super::{Stage, path};
use crate::visitors::HOST;

#[tokio::test]
async fn another_http_is_never_asked_of_the_origin() {
    let stage = Stage::set().await;
    for lines in [
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n",
        "Upgrade: H2C\r\nConnection: upgrade\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Upgrade: h2\r\nConnection: Upgrade\r\n",
        "Upgrade: HTTP/2.0\r\nConnection: Upgrade\r\n",
        "Upgrade: TLS/1.2\r\nConnection: Upgrade\r\n",
        "Upgrade: websocket, h2c\r\nConnection: Upgrade\r\n",
        "Upgrade: websocket\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n",
        "Upgrade: websocket\r\n",
        "Upgrade: websocket\r\nConnection: keep-alive\r\n",
        "Connection: Upgrade\r\n",
    ] {
        let request = format!("GET /plain HTTP/1.1\r\nHost: shop.example\r\n{lines}Connection: close\r\n\r\n");
        let asked = stage.makes_one(lines, &request).await;
        let head = asked.head_text().to_ascii_lowercase();
        assert!(
            !head.contains("upgrade") && !head.contains("h2c") && !head.contains("http2-settings"),
            "{lines}: {head}"
        );
    }
    let body = "POST /plain HTTP/1.1\r\nHost: shop.example\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\nContent-Length: 2\r\n\r\nhi";
    assert!(stage.makes_one("with a body", body).await.lines("upgrade").is_empty());
}

#[tokio::test]
async fn a_protocol_that_the_visitor_asked_for_alone_is_passed_on() {
    for protocol in ["websocket", "SPDY/3.1", "own-protocol"] {
        let origin = RawOrigin::start(move |_| {
            Answer::Echo(
                format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: {protocol}\r\nConnection: Upgrade\r\n\r\n")
                    .into_bytes(),
            )
        });
        let origin = origin.await;
        let gateway = Gateway::before(&origin.url()).start().await;
        let mut client = Client::connect(gateway.address(), HOST).await;
        client
            .send(
                format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: {protocol}\r\nConnection: Upgrade\r\n\r\n")
                    .as_bytes(),
            )
            .await;
        assert_eq!(client.hear_head().await.status, 101, "{protocol}");
        client.send(b"there and back").await;
        assert_eq!(client.exactly(14).await, b"there and back");
        assert_eq!(origin.last().lines("upgrade"), [format!("Upgrade: {protocol}")]);
    }
}

#[tokio::test]
async fn a_switch_that_nobody_asked_for_is_a_broken_answer() {
    let check = async |lines: &str, answer: &'static str| {
        let origin = RawOrigin::start(move |asked| {
            if asked.head.starts_with(b"GET /after") { path(asked) } else { Answer::Echo(answer.as_bytes().to_vec()) }
        });
        let origin = origin.await;
        let gateway = Gateway::before(&origin.url()).start().await;
        let mut client = Client::connect(gateway.address(), HOST).await;
        client.send(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n{lines}\r\n").as_bytes()).await;
        assert_eq!(client.hear(false).await.status, 502, "{lines} {answer}");
        let after = Client::fetch(gateway.address(), HOST, "/after", &[]).await;
        assert_eq!(
            (after.status, after.text().as_str()),
            (200, "/after"),
            "that connection to the origin is not used again"
        );
    };
    check("", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n").await;
    check(
        "Upgrade: websocket\r\nConnection: Upgrade\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    )
    .await;
    check("Upgrade: websocket\r\nConnection: Upgrade\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n").await;
}
