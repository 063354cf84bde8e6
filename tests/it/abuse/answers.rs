//! Answers that are broken or could be two: the visitor gets 502 or a body that is visibly cut off, never a second answer, and the connection
//! to the origin is not used again.

use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, RawOrigin};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{limited, path};
use crate::visitors::HOST;

/// Ends every answer that stands behind another.
const SECOND: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond";

async fn origin_with(answer: impl Fn() -> Answer + Send + Sync + 'static) -> (RawOrigin, Gateway) {
    let origin =
        RawOrigin::start(move |asked| if asked.head.starts_with(b"GET /after") { path(asked) } else { answer() });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    (origin, gateway)
}

/// Another visitor is answered with what is his, on another connection to the origin where `fresh`.
async fn the_next_is_served(gateway: &Gateway, what: &str) {
    let after = Client::fetch(gateway.address(), HOST, "/after", &[]).await;
    assert_eq!((after.status, after.text().as_str()), (200, "/after"), "{what}: the next request gets its own answer");
}

async fn is_502(what: &str, answer: String) {
    let (origin, gateway) = origin_with(move || Answer::Bytes(answer.clone().into_bytes())).await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    let heard = client.get("/", &[]).await;
    assert_eq!(heard.status, 502, "{what}: {}", String::from_utf8_lossy(&heard.head));
    assert!(!heard.text().contains("second") && heard.header("retry-after").is_some(), "{what}");
    assert_eq!(client.get("/after", &[]).await.text(), "/after", "{what}: the visitor's connection is in step");
    assert_eq!(origin.connections(), 2, "{what}: the connection to the origin is not used again");
}

#[tokio::test]
async fn an_answer_with_two_lengths_is_broken() {
    for lines in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: 0x5",
        "Content-Length: ",
        "Content-Length: 99999999999999999999999999",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    ] {
        is_502(lines, format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n5\r\nhello\r\n0\r\n\r\n{SECOND}")).await;
    }
    is_502("chunks in HTTP/1.0", format!("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SECOND}"))
        .await;
}

#[tokio::test]
async fn an_answer_whose_head_is_none_is_broken() {
    for head in [
        "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\n",
        "HTTP/1.1 200 OK\r\nX-Space : a\r\n",
        "HTTP/1.1 200 OK\r\nX-Nul: a\0\r\n",
        "HTTP/1.1 200 OK\r\nX-Cr: a\rb\r\n",
        "HTTP/1.1 2OO OK\r\n",
        "HTTP/1.1 99 Odd\r\n",
        "HTTP/3.0 200 OK\r\n",
        "<html>HTTP/0.9 knows no heads</html>\r\n",
        "HTTP/1.1 200 OK\r\n: empty\r\n",
        "ICY 200 OK\r\n",
        "\0\u{1}\u{2}\r\n",
    ] {
        is_502(head, format!("{head}Content-Length: 0\r\n\r\n{SECOND}")).await;
    }
}

#[tokio::test]
async fn lines_of_an_answer_that_end_with_lf_alone_reach_the_visitor_with_both() {
    let (_origin, gateway) =
        origin_with(|| Answer::text("HTTP/1.1 200 OK\nX-One: 1\nContent-Type: text/plain\nContent-Length: 2\n\nok"))
            .await;
    let heard = Client::fetch(gateway.address(), HOST, "/", &[]).await;
    let head = String::from_utf8_lossy(&heard.head).into_owned();
    assert_eq!((heard.status, heard.text().as_str()), (200, "ok"));
    assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "{head:?}");
}

#[tokio::test]
async fn what_stands_behind_an_answer_is_nobodys_answer() {
    for (what, first) in [
        ("sized", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"),
        (
            "chunked",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ),
        ("empty", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"),
        ("unchanged", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
    ] {
        let answer = format!("{first}{SECOND}");
        let (origin, gateway) = origin_with(move || Answer::Bytes(answer.clone().into_bytes())).await;
        let mut client = Client::connect(gateway.address(), HOST).await;
        let heard = client.get("/", &[]).await;
        assert!(
            [200, 204, 304].contains(&heard.status) && !heard.text().contains("second"),
            "{what}: {}",
            heard.text()
        );
        assert_eq!(client.get("/after", &[]).await.text(), "/after", "{what}");
        assert_eq!(origin.connections(), 2, "{what}: that connection is not used again");
        the_next_is_served(&gateway, what).await;
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_visibly_cut_off() {
    for (what, answer) in [
        ("sized", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 50\r\n\r\nhello"),
        ("chunked", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        (
            "a bad chunk",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nXYZ\r\n\r\n",
        ),
        (
            "an endless size",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nFFFFFFFFFFFFFFFFFF\r\n",
        ),
        (
            "a chunk by LF",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n",
        ),
    ] {
        let (_origin, gateway) = origin_with(move || Answer::Last(answer.as_bytes().to_vec())).await;
        let mut client = Client::connect(gateway.address(), HOST).await;
        client.send(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await;
        let heard = String::from_utf8_lossy(&client.rest().await).into_owned();
        // What fails before anything was written is closed without a word.
        assert!(heard.is_empty() || heard.contains("hello"), "{what}: {heard:?}");
        assert!(heard.matches("HTTP/1.1").count() <= 1, "{what}: {heard:?}");
        assert!(!heard.ends_with("0\r\n\r\n"), "{what}: the end of the body is missing: {heard:?}");
        the_next_is_served(&gateway, what).await;
    }
}

#[tokio::test]
async fn an_origin_that_gives_1xx_for_ever_or_a_head_without_end_is_broken() {
    let flood = b"HTTP/1.1 102 Processing\r\n\r\n".repeat(64);
    let (_origin, gateway) = origin_with(move || Answer::Endless(flood.clone())).await;
    assert_eq!(Client::fetch(gateway.address(), HOST, "/", &[]).await.status, 502);
    the_next_is_served(&gateway, "1xx").await;
    let (_origin, gateway) = origin_with(|| Answer::Endless(b"X-More: 1\r\n".repeat(64))).await;
    assert_eq!(Client::fetch(gateway.address(), HOST, "/", &[]).await.status, 502);
    let head = format!("HTTP/1.1 200 OK\r\n{}", "X-More: 1\r\n".repeat(10_000));
    is_502("a head without end", head).await;
    is_502("too many lines", format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "X-More: 1\r\n".repeat(201)))
        .await;
}

#[tokio::test]
async fn some_1xx_answers_are_skipped() {
    let some = format!("{}{}", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n".repeat(20), SECOND);
    let (_origin, gateway) = origin_with(move || Answer::Bytes(some.clone().into_bytes())).await;
    let heard = Client::fetch(gateway.address(), HOST, "/", &[]).await;
    assert_eq!((heard.status, heard.text().as_str()), (200, "second"));
}

#[tokio::test]
async fn an_origin_that_closes_without_a_word_is_502_and_a_post_is_sent_once() {
    let (origin, gateway) = origin_with(|| Answer::Last(Vec::new())).await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    // The first makes a connection that is kept; the second is sent on it and never answered.
    assert_eq!(client.get("/after", &[]).await.status, 200);
    assert_eq!(client.request("POST", "/pay", &[], b"once").await.status, 502);
    let posts = origin.asked().iter().filter(|asked| asked.head.starts_with(b"POST ")).count();
    assert_eq!(posts, 1, "whatever may have been done is not done twice");
}

/// Closes each connection after one answer without having said so; tells how many requests it read.
async fn forgetful_origin() -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = std::sync::Arc::clone(&count);
            tokio::spawn(async move {
                let mut buffer = vec![0; 4096];
                if stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.ok();
                }
            });
        }
    });
    (url, asked)
}

#[tokio::test]
async fn a_kept_connection_that_the_origin_closed_costs_nobody_an_answer() {
    let (url, asked) = forgetful_origin().await;
    let gateway = Gateway::before(&url).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    for number in 1..=20 {
        let heard = client.request("POST", "/", &[], b"x").await;
        assert_eq!(heard.status, 200, "request {number}: {}", gateway.log());
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), number, "each is sent once");
        // The close is seen while the connection lies idle; a request in the same instant is another test's.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_get_that_met_a_closing_connection_is_asked_once_more_and_no_more() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    // The first request is answered, the second meets the end of its connection, the third is answered.
    let (origin, gateway) = origin_with(move || match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Answer::Last(Vec::new()),
        _ => Answer::text(SECOND),
    })
    .await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    assert_eq!(client.get("/after", &[]).await.status, 200);
    assert_eq!(client.get("/", &[]).await.text(), "second");
    assert_eq!(origin.asked().len(), 3);
    let (origin, gateway) = origin_with(|| Answer::Last(Vec::new())).await;
    assert_eq!(Client::fetch(gateway.address(), HOST, "/", &[]).await.status, 502);
    assert_eq!(origin.asked().len(), 2, "once more, and no more");
}

#[tokio::test]
async fn an_origin_that_says_nothing_is_given_up_in_time() {
    let origin = RawOrigin::start(|_| Answer::Silence).await;
    let gateway = limited(&origin.url(), "answer_seconds = 1").await;
    let started = std::time::Instant::now();
    let heard = Client::fetch(gateway.address(), HOST, "/", &[]).await;
    assert_eq!(heard.status, 504, "{}", heard.text());
    assert!(started.elapsed() < std::time::Duration::from_secs(10));
    let slow = limited(&origin.url(), "exchange_seconds = 1").await;
    assert_eq!(Client::fetch(slow.address(), HOST, "/", &[]).await.status, 504, "the bound on all of it holds as well");
}
