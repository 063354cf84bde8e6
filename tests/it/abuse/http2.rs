//! HTTP/2 towards an origin of HTTP/1.1: fields that would be read differently there are refused, and what is left is one request.

use gateway_tests::frames::{END, End, Frames, WHOLE, fields, kind};

use super::{Stage, path};
use crate::visitors::HOST;

const METHOD: (&str, &str) = (":method", "GET");
const SCHEME: (&str, &str) = (":scheme", "http");
const PATH: (&str, &str) = (":path", "/two");
const AUTHORITY: (&str, &str) = (":authority", HOST);

/// How one request of these fields without a body ends.
async fn end_of(stage: &Stage, list: &[(&str, &str)]) -> End {
    let mut frames = Frames::connect(stage.address(), &[]).await;
    frames.send(kind::HEADERS, END | WHOLE, 1, &fields(list)).await;
    frames.end_of(1).await
}

/// Such a request is refused, and nothing of it reaches the origin.
async fn refuses(stage: &Stage, list: &[(&str, &str)]) {
    let end = end_of(stage, list).await;
    let refused = match end {
        End::Answered(status) => (400..500).contains(&status),
        End::Reset(_) | End::Gone(Some(_)) => true,
        End::Gone(None) => false,
    };
    assert!(refused, "{list:?}: {end:?}");
    assert!(stage.origin.asked().is_empty(), "{list:?} reached the origin: {:?}", stage.origin.asked());
}

#[tokio::test]
async fn pseudo_headers_that_disagree_repeat_or_are_missing_are_refused() {
    let stage = Stage::set().await;
    let host = |value| ("host", value);
    for list in [
        &[METHOD, SCHEME, PATH, AUTHORITY, host("bank.example")][..],
        &[METHOD, SCHEME, PATH, host(HOST), host(HOST)],
        &[METHOD, SCHEME, PATH, AUTHORITY, host(HOST), host(HOST)],
        &[METHOD, SCHEME, PATH],
        &[METHOD, SCHEME, PATH, (":authority", "user@shop.example")],
        &[METHOD, SCHEME, PATH, (":authority", "")],
        &[METHOD, SCHEME, PATH, (":authority", "a b")],
        &[METHOD, SCHEME, PATH, AUTHORITY, (":authority", "bank.example")],
        &[METHOD, SCHEME, PATH, PATH, AUTHORITY],
        &[METHOD, METHOD, SCHEME, PATH, AUTHORITY],
        &[SCHEME, PATH, AUTHORITY],
        &[METHOD, PATH, AUTHORITY],
        &[METHOD, SCHEME, AUTHORITY],
        &[METHOD, SCHEME, PATH, AUTHORITY, (":own", "1")],
        &[METHOD, SCHEME, PATH, AUTHORITY, (":status", "200")],
        &[METHOD, SCHEME, AUTHORITY, ("x-first", "1"), PATH],
        &[METHOD, (":scheme", "ftp"), PATH, AUTHORITY],
        &[METHOD, (":scheme", "http://bank.example/?"), PATH, AUTHORITY],
    ] {
        refuses(&stage, list).await;
    }
}

#[tokio::test]
async fn targets_and_methods_that_would_be_lines_of_their_own_are_refused() {
    let stage = Stage::set().await;
    for target in [
        "",
        "two",
        "*",
        "/a b",
        "/a HTTP/1.1\r\nX-Own: 1",
        "/a\nb",
        "/a\0b",
        "@bank.example/",
        "http://bank.example/",
        "/caf\u{e9}",
        "?x",
    ] {
        refuses(&stage, &[METHOD, SCHEME, (":path", target), AUTHORITY]).await;
    }
    for method in ["", "G T", "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET", "GET\r\n", "G\0T", "TRACE", "CONNECT"] {
        refuses(&stage, &[(":method", method), SCHEME, PATH, AUTHORITY]).await;
    }
    refuses(&stage, &[(":method", "CONNECT"), ("x", "1"), AUTHORITY]).await;
    refuses(&stage, &[(":method", "CONNECT"), (":protocol", "websocket"), SCHEME, PATH, AUTHORITY]).await;
}

#[tokio::test]
async fn fields_of_a_connection_and_bytes_of_a_line_are_refused() {
    let stage = Stage::set().await;
    for field in [
        ("connection", "close"),
        ("connection", "x-own"),
        ("transfer-encoding", "chunked"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("upgrade", "h2c"),
        ("upgrade", "websocket"),
        ("te", "gzip"),
        ("X-Upper", "1"),
        ("x-own", "a\r\nX-More: 1"),
        ("x-own", "a\nb"),
        ("x-own", "a\0b"),
        ("x own", "1"),
        ("x-own\r\nx-more", "1"),
        ("x-own:", "1"),
        ("", "1"),
        ("content-length", "+0"),
        ("content-length", "0, 0"),
        ("content-length", "00"),
    ] {
        refuses(&stage, &[METHOD, SCHEME, PATH, AUTHORITY, field]).await;
    }
    refuses(&stage, &[METHOD, SCHEME, PATH, AUTHORITY, ("content-length", "0"), ("content-length", "0")]).await;
    let many: Vec<_> =
        [METHOD, SCHEME, PATH, AUTHORITY].into_iter().chain(std::iter::repeat_n(("x-many", "1"), 201)).collect();
    refuses(&stage, &many).await;
}

#[tokio::test]
async fn a_length_that_the_data_deny_makes_no_request() {
    let stage = Stage::set().await;
    for (length, data) in [
        ("5", "hell"),
        ("5", "hello!"),
        ("0", "GET /smuggled HTTP/1.1\r\n\r\n"),
        ("3", "hello GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    ] {
        let mut frames = Frames::connect(stage.address(), &[]).await;
        let head = fields(&[(":method", "POST"), SCHEME, PATH, AUTHORITY, ("content-length", length)]);
        frames.send(kind::HEADERS, WHOLE, 1, &head).await;
        frames.send(kind::DATA, END, 1, data.as_bytes()).await;
        let end = frames.end_of(1).await;
        // A request without a body may be answered before the data that deny it come.
        assert!(length == "0" || !matches!(end, End::Answered(200..=399)), "{length} {data:?}: {end:?}");
        // Of a length that was announced, the origin may have got a part, and never a byte more.
        let asked = stage.origin.asked();
        assert!(
            asked.iter().all(|asked| asked.body.is_empty() && !asked.head_text().contains("smuggled")),
            "{asked:?}"
        );
    }
}

#[tokio::test]
async fn a_whole_request_reaches_the_origin_as_one_of_http_1_1() {
    let stage = Stage::set().await;
    let mut frames = Frames::connect(stage.address(), &[]).await;
    let head = fields(&[
        (":method", "POST"),
        SCHEME,
        PATH,
        AUTHORITY,
        ("host", "SHOP.example"),
        ("te", "trailers"),
        ("x-own", "1"),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
    ]);
    frames.send(kind::HEADERS, WHOLE, 1, &head).await;
    frames.send(kind::DATA, 0, 1, b"hel").await;
    frames.send(kind::DATA, END, 1, b"lo").await;
    assert_eq!(frames.end_of(1).await, End::Answered(200));
    let asked = stage.origin.last();
    assert!(asked.head.starts_with(b"POST /two HTTP/1.1\r\n"), "{}", asked.head_text());
    assert_eq!((asked.lines("host").len(), asked.lines("content-length").len()), (1, 0), "{}", asked.head_text());
    assert_eq!(asked.lines("transfer-encoding").len(), 1, "{}", asked.head_text());
    assert!(String::from_utf8_lossy(&asked.body).ends_with("0\r\n\r\n"));
    // A method without a body by habit keeps one that it has.
    frames.send(kind::HEADERS, WHOLE, 3, &fields(&[METHOD, SCHEME, PATH, AUTHORITY])).await;
    frames.send(kind::DATA, END, 3, b"query").await;
    assert_eq!(frames.end_of(3).await, End::Answered(200));
    assert!(String::from_utf8_lossy(&stage.origin.last().body).contains("query"));
}

#[tokio::test]
async fn a_broken_answer_of_the_origin_ends_one_stream_and_no_other() {
    let origin = gateway_tests::RawOrigin::start(|asked| match asked.head_text().split(' ').nth(1) {
        Some("/broken") => gateway_tests::raw_origin::Answer::Last(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 50\r\n\r\nhello".to_vec(),
        ),
        _ => path(asked),
    });
    let origin = origin.await;
    let gateway = gateway_tests::Gateway::before(&origin.url()).start().await;
    let mut frames = Frames::connect(gateway.address(), &[]).await;
    frames.send(kind::HEADERS, END | WHOLE, 1, &fields(&[METHOD, SCHEME, (":path", "/broken"), AUTHORITY])).await;
    let cut = loop {
        let frame = frames.next().await.expect("the connection goes on");
        if frame.stream == 1 && (frame.kind == kind::RESET || frame.flags & END != 0) {
            break frame.kind;
        }
    };
    assert_eq!(cut, kind::RESET, "the visitor sees that the body was cut off");
    frames.send(kind::HEADERS, END | WHOLE, 3, &fields(&[METHOD, SCHEME, PATH, AUTHORITY])).await;
    assert_eq!(frames.end_of(3).await, End::Answered(200));
}
