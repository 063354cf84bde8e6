//! Bounds on time and size, one by one, each with a small value of its own so that it is reached soon.

use std::time::{Duration, Instant};

use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, RawOrigin, codings, wait};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};

use super::{Stage, limited};
use crate::visitors::{HOST, NAVIGATION};

/// Listens until the other side closes; how long that took.
async fn closes(mut stream: TcpStream) -> (Duration, Vec<u8>) {
    let started = Instant::now();
    let mut heard = Vec::new();
    wait::within("the gateway closes", async { while stream.read_buf(&mut heard).await.is_ok_and(|read| read > 0) {} })
        .await;
    (started.elapsed(), heard)
}

#[tokio::test]
async fn a_connection_without_a_first_byte_or_a_whole_head_is_closed() {
    let stage = Stage::with_limits("head_seconds = 1\nidle_seconds = 3600").await;
    for beginning in ["", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nHost: shop", "\r\n"] {
        let mut stream = TcpStream::connect(stage.address()).await.expect("a connection");
        stream.write_all(beginning.as_bytes()).await.expect("bytes are taken");
        let (took, _) = closes(stream).await;
        assert!(took > Duration::from_millis(500) && took < Duration::from_secs(8), "{beginning:?}: {took:?}");
    }
    // The next head on a connection has no more time than the first, and drops of bytes buy none.
    let mut stream = TcpStream::connect(stage.address()).await.expect("a connection");
    stream.write_all(b"GET /one HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.expect("bytes are taken");
    assert!(stream.read(&mut [0; 512]).await.expect("an answer") > 0);
    let started = Instant::now();
    while stream.write_all(b"X").await.is_ok() && started.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "a head that comes in drops was waited for: {:?}",
        started.elapsed()
    );
    assert!(stage.origin.asked().len() == 1);
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let stage = Stage::with_limits("idle_seconds = 1").await;
    let mut stream = TcpStream::connect(stage.address()).await.expect("a connection");
    for _ in 0..4 {
        stream.write_all(b"GET /one HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.expect("bytes are taken");
        assert!(stream.read(&mut [0; 512]).await.expect("an answer") > 0, "each answer begins the time anew");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let (took, heard) = closes(stream).await;
    assert!(took < Duration::from_secs(8) && heard.is_empty(), "{took:?}");
}

#[tokio::test]
async fn an_upload_that_stands_still_is_given_up() {
    let stage = Stage::with_limits("upload_seconds = 1").await;
    for head in ["Content-Length: 100\r\n\r\nsome", "Transfer-Encoding: chunked\r\n\r\n5\r\nhe"] {
        let started = Instant::now();
        let outcome = stage.send(format!("POST /up HTTP/1.1\r\nHost: shop.example\r\n{head}").as_bytes()).await;
        assert_eq!(outcome.statuses(), [408], "{:?}", outcome.heard);
        assert!(started.elapsed() < Duration::from_secs(10) && outcome.asked.is_empty());
    }
}

#[tokio::test]
async fn a_long_upload_is_not_taken_for_a_slow_origin() {
    let stage = Stage::with_limits("answer_seconds = 1\nupload_seconds = 10").await;
    let mut client = Client::connect(stage.address(), HOST).await;
    client.send(b"POST /up HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 8\r\n\r\n").await;
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        client.send(b"x").await;
    }
    assert_eq!(client.hear(false).await.status, 200, "{}", stage.gateway.log());
}

#[tokio::test]
async fn an_upload_that_is_too_large_is_refused_by_its_length_and_by_its_bytes() {
    let stage = Stage::with_limits("request_body_bytes = 10").await;
    stage.refuses("announced", "POST /up HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 11\r\n\r\n", &[413]).await;
    let chunked = "POST /up HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n";
    stage.refuses("in chunks", chunked, &[413]).await;
    let fits = "POST /up HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nContent-Length: 10\r\n\r\n1234567890";
    assert_eq!(stage.makes_one("just so", fits).await.body, b"1234567890");
}

#[tokio::test]
async fn an_answer_that_stands_still_is_cut_off() {
    let (pieces, receiver) = mpsc::channel(1);
    let receiver = Mutex::new(Some(receiver));
    let origin = RawOrigin::start(move |_| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nfirst";
        Answer::Pieces(head.as_bytes().to_vec(), receiver.try_lock().expect("asked once").take().expect("asked once"))
    });
    let origin = origin.await;
    let gateway = limited(&origin.url(), "body_seconds = 1").await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    client.send(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await;
    let heard = client.rest().await;
    assert!(heard.ends_with(b"first"), "the end is missing, and the connection says so");
    drop(pieces);
}

#[tokio::test]
async fn a_whole_exchange_may_have_a_bound() {
    let (pieces, receiver) = mpsc::channel(1);
    let receiver = Mutex::new(Some(receiver));
    let origin = RawOrigin::start(move |_| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        Answer::Pieces(head.as_bytes().to_vec(), receiver.try_lock().expect("asked once").take().expect("asked once"))
    });
    let origin = origin.await;
    let gateway = limited(&origin.url(), "exchange_seconds = 1").await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    client.send(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await;
    let writing = tokio::spawn(async move {
        while pieces.send(b"data: more\n\n".to_vec()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let heard = String::from_utf8_lossy(&client.rest().await).into_owned();
    assert!(heard.contains("data: more") && !heard.ends_with("0\r\n\r\n"), "{heard:?}");
    wait::within("the origin sees the end", writing).await.expect("the writer ends");
}

#[tokio::test]
async fn a_visitor_who_takes_nothing_is_cut_off() {
    let block = vec![b'x'; 64 * 1024];
    let origin = RawOrigin::start(move |_| {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 100000000\r\n\r\n";
        Answer::Last([&head[..], &block.repeat(300)].concat())
    });
    let origin = origin.await;
    let gateway = limited(&origin.url(), "download_seconds = 1").await;
    let mut stream = TcpStream::connect(gateway.address()).await.expect("a connection");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.expect("bytes are taken");
    assert!(stream.read(&mut [0; 64]).await.expect("an answer") > 0);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (_, heard) = closes(stream).await;
    assert!(heard.len() < 19_000_000, "{} bytes were waiting: the connection was not cut off", heard.len());
}

#[tokio::test]
async fn connections_over_the_bound_hear_503_and_are_served_when_there_is_a_place() {
    let stage = Stage::with_limits("connections = 2").await;
    // Served once, so that they are known to have their places: workers take connections in no order.
    let mut held = Vec::new();
    while held.len() < 2 {
        held.push(wait::until("there is a place", || placed(&stage)).await);
    }
    let third = stage.send(b"GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n").await;
    assert_eq!(third.statuses(), [503]);
    assert!(third.heard.to_ascii_lowercase().contains("retry-after: ") && third.asked.is_empty(), "{}", third.heard);
    drop(held);
    wait::until_true("there is a place again", || async {
        stage.send(b"GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n").await.statuses() == [200]
    })
    .await;
}

/// A connection that was served and stays; None where there was no place for it.
async fn placed(stage: &Stage) -> Option<Client> {
    let mut client = Client::connect(stage.address(), HOST).await;
    (client.get("/", &[]).await.status == 200).then_some(client)
}

#[tokio::test]
async fn connections_of_one_address_are_bounded_and_trusted_proxies_are_not() {
    let origin = RawOrigin::start(super::path).await;
    let check = async |trusted: &str, expect: u16| {
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n{trusted}\n[limits]\nconnections_per_address = 2\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
            origin.url()
        );
        let gateway = gateway_tests::Gateway::configured(&text).start().await;
        let mut held = Vec::new();
        for _ in 0..2 {
            let mut client = Client::connect(gateway.address(), HOST).await;
            assert_eq!(client.get("/", &[]).await.status, 200);
            held.push(client);
        }
        let mut client = Client::connect(gateway.address(), HOST).await;
        assert_eq!(client.get("/", &[]).await.status, expect, "{trusted}");
        let elsewhere = tokio::net::TcpSocket::new_v4().expect("a socket");
        elsewhere.bind("127.0.0.9:0".parse().expect("an address")).expect("loopback is wide");
        let mut stream = elsewhere.connect(gateway.address()).await.expect("a connection");
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
            .await
            .expect("bytes are taken");
        assert!(closes(stream).await.1.starts_with(b"HTTP/1.1 200 "), "another address has places of its own");
        drop(held);
    };
    check("", 503).await;
    check("trusted_proxies = [\"127.0.0.1\"]", 200).await;
}

#[tokio::test]
async fn requests_over_the_bound_hear_503_and_the_owner_is_still_answered() {
    let origin =
        RawOrigin::start(
            |asked| if asked.head.starts_with(b"GET /hold") { Answer::Silence } else { super::path(asked) },
        )
        .await;
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\ndata = \"data\"\n[limits]\nrequests = 1\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
        origin.url()
    );
    let gateway = gateway_tests::Gateway::configured(&text).start().await;
    let mut holder = Client::connect(gateway.address(), HOST).await;
    holder.send(format!("GET /hold HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await;
    wait::until_true("one is under way", || async { !origin.asked().is_empty() }).await;
    let shed = Client::fetch(gateway.address(), HOST, "/", &[]).await;
    assert_eq!((shed.status, shed.header("retry-after").as_deref()), (503, Some("2")));
    let admin = gateway.admin.expect("an admin listener");
    assert_eq!(
        Client::fetch(admin, &admin.to_string(), "/api/v1/figures", &[]).await.status,
        200,
        "owners are not shed"
    );
    drop(holder);
    wait::until_true("visitors are served again", || async {
        Client::fetch(gateway.address(), HOST, "/", &[]).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_page_that_is_a_bomb_is_cut_off() {
    let page = format!("<!doctype html><title>Bomb</title><body>{}", " ".repeat(40 << 20));
    for coding in ["gzip", "br", "zstd"] {
        let coded = codings::encode(coding, page.as_bytes());
        let bomb = [
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n", coded.len()).into_bytes(),
            coded,
        ];
        let bomb = bomb.concat();
        let origin = RawOrigin::start(move |_| Answer::Bytes(bomb.clone())).await;
        let gateway = limited(&origin.url(), "").await;
        let mut client = Client::connect(gateway.address(), HOST).await;
        let lines: String = NAVIGATION.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        client.send(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n{lines}\r\n").as_bytes()).await;
        let heard = client.rest().await;
        assert!(!heard.ends_with(b"0\r\n\r\n") && heard.len() < 1 << 20, "{coding}: {} bytes, to the end", heard.len());
        gateway.says("decoded_bytes").await;
    }
}

#[tokio::test]
async fn a_tunnel_keeps_its_place_and_a_reload_makes_room() {
    let origin = RawOrigin::start(|asked| {
        let switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        if asked.lines("upgrade").is_empty() { super::path(asked) } else { Answer::Echo(switch.to_vec()) }
    });
    let origin = origin.await;
    let gateway = limited(&origin.url(), "connections = 1").await;
    let mut tunnel = Client::connect(gateway.address(), HOST).await;
    tunnel
        .send(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n").as_bytes())
        .await;
    assert_eq!(tunnel.hear_head().await.status, 101);
    let get = async || Client::fetch(gateway.address(), HOST, "/", &[]).await.status;
    assert_eq!(get().await, 503, "a tunnel is a connection");
    let file = gateway.folder().join("gateway.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration can be read");
    std::fs::write(&file, text.replace("connections = 1", "connections = 2"))
        .expect("a temporary folder can be written");
    gateway.reload();
    wait::until_true("the new bound holds", || async { get().await == 200 }).await;
    tunnel.send(b"still here").await;
    assert_eq!(tunnel.exactly(10).await, b"still here", "a reload ends nobody's tunnel");
}
