//! Bodies that are nobody's business here: streamed, untouched, in pieces as they come; and tunnels.

use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, Origin, RawOrigin, Reply};
use tokio::sync::{Mutex, mpsc};

use crate::visitors::{HOST, NAVIGATION};

#[tokio::test]
async fn answers_without_a_body_stay_without() {
    let origin = RawOrigin::start(|asked| {
        let head = asked.head_text();
        Answer::text(match head.split(' ').nth(1).unwrap_or_default() {
            "/204" => "HTTP/1.1 204 No Content\r\nX-Mark: 204\r\n\r\n",
            "/304" => "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n",
            _ => "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1234\r\nX-Mark: head\r\n\r\n",
        })
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    assert_eq!(client.get("/204", &NAVIGATION).await.status, 204);
    let unchanged = client.get("/304", &[("If-None-Match", "\"1\"")]).await;
    assert_eq!((unchanged.status, unchanged.header("etag").as_deref()), (304, Some("\"1\"")));
    let head = client.request("HEAD", "/page", &NAVIGATION, b"").await;
    assert_eq!((head.status, head.header("x-mark").as_deref()), (200, Some("head")));
    assert_eq!(client.get("/204", &[]).await.status, 204, "the connection is still in step");
}

#[tokio::test]
async fn a_range_is_passed_on_untouched() {
    let origin = Origin::start(|seen| {
        assert_eq!(seen.header("range").as_deref(), Some("bytes=0-5"));
        Reply::of("text/html", "<scrip").with("content-range", "bytes 0-5/99").with("set-cookie", "a=1").partial()
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let heard = Client::fetch(gateway.address(), HOST, "/page", &[("Accept", "*/*"), ("Range", "bytes=0-5")]).await;
    assert_eq!((heard.status, heard.body.as_slice()), (206, &b"<scrip"[..]));
    assert_eq!(heard.header("content-range").as_deref(), Some("bytes 0-5/99"));
}

#[tokio::test]
async fn events_arrive_one_by_one_while_the_answer_goes_on() {
    let (pieces, receiver) = mpsc::channel(1);
    let receiver = std::sync::Arc::new(Mutex::new(Some(receiver)));
    let origin = RawOrigin::start(move |_| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        let receiver = receiver.try_lock().expect("asked once").take().expect("asked once");
        Answer::Pieces(head.as_bytes().to_vec(), receiver)
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    client.send(format!("GET /events HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/event-stream\r\n\r\n").as_bytes()).await;
    let head = client.hear_head().await;
    assert_eq!(head.status, 200, "the head comes before any event");
    for event in ["data: one\n\n", "data: two\n\n"] {
        pieces.send(event.as_bytes().to_vec()).await.expect("the origin writes");
        assert_eq!(client.chunk().await, event.as_bytes(), "each event comes before the next is made");
    }
    drop(pieces);
    assert!(client.chunk().await.is_empty(), "the end is passed on");
}

#[tokio::test]
async fn a_page_arrives_while_the_origin_still_writes_it() {
    let (pieces, receiver) = mpsc::channel(1);
    let receiver = std::sync::Arc::new(Mutex::new(Some(receiver)));
    let origin = RawOrigin::start(move |_| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<!doctype html><title>Slow</title><body><p>first part</p>";
        let receiver = receiver.try_lock().expect("asked once").take().expect("asked once");
        Answer::Pieces(head.as_bytes().to_vec(), receiver)
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    let lines: String = NAVIGATION.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    client.send(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n{lines}\r\n").as_bytes()).await;
    client.hear_head().await;
    let mut so_far = Vec::new();
    while !String::from_utf8_lossy(&so_far).contains("first part") {
        so_far.extend(client.chunk().await);
    }
    pieces.send(b"<p>second part</p>".to_vec()).await.expect("the origin writes");
    drop(pieces);
    while !String::from_utf8_lossy(&so_far).contains("second part") {
        so_far.extend(client.chunk().await);
    }
}

#[tokio::test]
async fn a_body_in_pieces_goes_up_as_it_came() {
    let origin = Origin::start(|seen| Reply::of("application/octet-stream", seen.body.clone())).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    let request = format!(
        "POST /up HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\n\0\u{ff}\r\n\r\n0\r\n\r\n"
    );
    client.send(request.as_bytes()).await;
    assert_eq!(client.hear(false).await.body, "abc\0\u{ff}\r\n".as_bytes());
}

#[tokio::test]
async fn a_large_body_passes_in_both_directions() {
    let origin = Origin::start(|seen| Reply::of("application/octet-stream", seen.body.clone())).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let large: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[usize::from(number % 2 == 0)]).collect();
    let heard = Client::connect(gateway.address(), HOST).await.request("POST", "/up", &[], &large).await;
    assert!(heard.body == large, "{} of {} bytes came back", heard.body.len(), large.len());
}

#[tokio::test]
async fn a_websocket_becomes_a_tunnel() {
    let origin = RawOrigin::start(|_| {
        // The key and its answer are the worked example of RFC 6455, section 1.3.
        let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSet-Cookie: _ga=1\r\n\r\n";
        Answer::Echo(head.as_bytes().to_vec())
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    let request = format!(
        "GET /socket HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: _ga=1; session=1\r\n\r\n"
    );
    client.send(request.as_bytes()).await;
    let head = client.hear_head().await;
    assert_eq!(head.status, 101, "{}", String::from_utf8_lossy(&head.head));
    assert_eq!(head.header("sec-websocket-accept").as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert!(head.header("set-cookie").is_none(), "a refused cookie is not set by a handshake either");
    for frame in [&b"\x81\x85\0\0\0\0hello"[..], &b"\x82\x03\0\xff\x7f"[..]] {
        client.send(frame).await;
        assert_eq!(client.exactly(frame.len()).await, frame, "frames come back as they went");
    }
    let asked = origin.last();
    let cookies: Vec<_> = asked.lines("cookie").iter().map(|line| line.to_lowercase()).collect();
    assert_eq!(cookies, ["cookie: session=1"], "{}", asked.head_text());
    assert_eq!(asked.lines("sec-websocket-key").len(), 1);
}
