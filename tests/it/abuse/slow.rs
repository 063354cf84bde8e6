//! Hundreds who read or write as slowly as they can: each costs the gateway a bounded amount of memory, and others are served meanwhile.

use gateway_tests::frames::{END, Frames, WHOLE, fields, kind};
use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, RawOrigin, wait};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

use super::path;
use crate::visitors::HOST;

/// How many are slow at once.
const SLOW: usize = 300;
/// What one of them may cost, in KiB: what is read of an origin and of a visitor ahead, and the rest of two connections.
const EACH: usize = 512;

async fn origin() -> RawOrigin {
    let large = [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 20000000\r\n\r\n".to_vec(),
        vec![b'x'; 20_000_000],
    ]
    .concat();
    let large = std::sync::Arc::new(large);
    let script = move |asked: &gateway_tests::raw_origin::Asked| match asked.head_text().split(' ').nth(1) {
        Some("/large") => Answer::Shared(std::sync::Arc::clone(&large)),
        _ => path(asked),
    };
    RawOrigin::start(script).await
}

/// A connection that takes as little as the system lets it.
async fn narrow(gateway: &Gateway) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a socket takes its options");
    socket.connect(gateway.address()).await.expect("a connection")
}

async fn costs_little(gateway: &Gateway, before: usize, what: &str) {
    let heard = Client::fetch(gateway.address(), HOST, "/other", &[]).await;
    assert_eq!((heard.status, heard.text().as_str()), (200, "/other"), "{what}: others are served");
    let each = gateway.resident_kib().saturating_sub(before) / SLOW;
    println!("{what}: {each} KiB each");
    assert!(each < EACH, "{what}: {each} KiB each");
}

#[tokio::test]
async fn slow_readers_cost_little() {
    let origin = origin().await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let before = gateway.resident_kib();
    let mut held = Vec::new();
    for _ in 0..SLOW {
        let mut stream = narrow(&gateway).await;
        stream.write_all(b"GET /large HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.expect("bytes are taken");
        held.push(stream);
    }
    wait::until_true("all are under way", || async { origin.asked().len() == SLOW }).await;
    costs_little(&gateway, before, "slow readers").await;
}

#[tokio::test]
async fn slow_readers_of_http_2_cost_little() {
    let origin = origin().await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let before = gateway.resident_kib();
    let head = fields(&[(":method", "GET"), (":scheme", "http"), (":path", "/large"), (":authority", HOST)]);
    let mut held = Vec::new();
    for _ in 0..SLOW / 10 {
        let mut frames = Frames::connect(gateway.address(), &[(4, 0)]).await;
        for number in 0..10 {
            frames.send(kind::HEADERS, END | WHOLE, number * 2 + 1, &head).await;
        }
        held.push(frames);
    }
    wait::until_true("all are under way", || async { origin.asked().len() == SLOW }).await;
    costs_little(&gateway, before, "slow readers of HTTP/2").await;
}

#[tokio::test]
async fn slow_writers_cost_little() {
    let origin = origin().await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let before = gateway.resident_kib();
    let mut held = Vec::new();
    for number in 0..SLOW {
        let mut stream = TcpStream::connect(gateway.address()).await.expect("a connection");
        let beginning = if number % 2 == 0 {
            "POST /up HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 1000000\r\n\r\nx"
        } else {
            "GET / HTTP/1.1\r\nHost: sh"
        };
        stream.write_all(beginning.as_bytes()).await.expect("bytes are taken");
        held.push(stream);
    }
    costs_little(&gateway, before, "slow writers").await;
}
