//! Cookies in both directions, byte for byte as they go by wire.

use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, RawOrigin};

use crate::visitors::{HOST, chosen};

const EMPTY: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n";

/// What the origin gets for these `Cookie` lines, from a visitor without a choice.
async fn check_cookie(sent: &[&[u8]], expect: &[&[u8]]) {
    let origin = RawOrigin::start(|_| Answer::text(EMPTY)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut request = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n").into_bytes();
    for line in sent {
        request.extend_from_slice(&[b"Cookie: ", *line, b"\r\n"].concat());
    }
    request.extend_from_slice(b"\r\n");
    let mut client = Client::connect(gateway.address(), HOST).await;
    client.send(&request).await;
    assert_eq!(client.hear(false).await.status, 200);
    let head = origin.last().head;
    let lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let cookies = lines.filter(|line| line.get(..7).is_some_and(|name| name.eq_ignore_ascii_case(b"cookie:")));
    let values: Vec<&[u8]> = cookies.map(|line| line[7..].trim_ascii()).collect();
    assert_eq!(values, expect, "sent {:?}", sent.iter().map(|line| String::from_utf8_lossy(line)).collect::<Vec<_>>());
}

#[tokio::test]
async fn cookies_that_nobody_refuses_go_on_as_they_came() {
    check_cookie(&[b"a=1; b=2"], &[b"a=1; b=2"]).await;
    check_cookie(
        &[b"a=1;b=\"q, x\"  ;;c; d=\xff\xfe\xed; a=2; =x; e=f=g"],
        &[b"a=1;b=\"q, x\"  ;;c; d=\xff\xfe\xed; a=2; =x; e=f=g"],
    )
    .await;
    check_cookie(&[b"a=1", b"b=2; c=3"], &[b"a=1", b"b=2; c=3"]).await;
}

#[tokio::test]
async fn refused_cookies_and_ours_are_taken_out_and_nothing_else() {
    check_cookie(&[b"a=1; _ga=GA1.1.1; b=\"2\""], &[b"a=1; b=\"2\""]).await;
    check_cookie(&[b"_fbp=1; a=\xff; _ga_ABC=2; a=1"], &[b"a=\xff; a=1"]).await;
    check_cookie(&[b"consent=damaged; a=1"], &[b"a=1"]).await;
    check_cookie(&[b"_ga=1; _fbp=2"], &[]).await;
    check_cookie(&[b"_ga=1", b"a=1"], &[b"a=1"]).await;
}

/// What a visitor without a choice gets of these `Set-Cookie` lines.
async fn check_set_cookie(sent: &'static [&'static str], expect: &[&str], cookie: Option<&str>) {
    let origin = RawOrigin::start(move |_| {
        let lines: String = sent.iter().map(|line| format!("Set-Cookie: {line}\r\n")).collect();
        Answer::Bytes(
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{lines}Content-Length: 0\r\n\r\n").into_bytes(),
        )
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let chosen = match cookie {
        Some(act) => Some(chosen(gateway.address(), act, &[]).await),
        None => None,
    };
    let headers: Vec<(&str, &str)> = chosen.iter().map(|cookie| ("Cookie", cookie.as_str())).collect();
    let heard = Client::fetch(gateway.address(), HOST, "/", &headers).await;
    assert_eq!(heard.all("set-cookie"), expect, "sent {sent:?}");
}

const LINES: &[&str] = &[
    "session=\"s 1\" ;Path=/;  HttpOnly",
    "_ga=GA1.1.1; Path=/; Max-Age=63072000",
    "second=2; expires=Wed, 21 Oct 2099 07:28:00 GMT",
    "_fbp=fb.1.1; Path=/; HttpOnly",
    "session=other; Path=/shop",
];

#[tokio::test]
async fn refused_cookies_are_not_set_and_the_others_are_not_folded_or_changed() {
    check_set_cookie(LINES, &[LINES[0], LINES[2], LINES[4]], None).await;
}

#[tokio::test]
async fn granted_cookies_are_set_as_they_came() {
    check_set_cookie(LINES, LINES, Some("accept_all")).await;
}

#[tokio::test]
async fn deletions_pass_and_nameless_lines_are_judged_as_a_browser_would_send_them() {
    let sent = &[
        "_ga=; Max-Age=0; Path=/",
        "_fbp=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "=_ga=1; Path=/",
        "=free=1",
        "_ga_X=1",
    ];
    check_set_cookie(sent, &[sent[0], sent[1], sent[3]], None).await;
}

#[tokio::test]
async fn header_bytes_that_are_not_ours_pass() {
    let origin = RawOrigin::start(|_| {
        Answer::Bytes(b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nETag: \"v1\"\r\nCache-Control: public, max-age=60\r\nContent-Type: image/png\r\nContent-Length: 3\r\n\r\n\0\xff\n".to_vec())
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let heard =
        Client::fetch(gateway.address(), HOST, "/x?a=b%20c&d=%ff", &[("X-Own", "kept"), ("Sec-GPC", "1")]).await;
    assert_eq!(heard.body, b"\0\xff\n");
    assert_eq!(heard.header("etag").as_deref(), Some("\"v1\""));
    assert_eq!(
        heard.header("cache-control").as_deref(),
        Some("public, max-age=60"),
        "an untouched body keeps its caching"
    );
    let name = heard.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-name")).expect("the header passes");
    assert!(String::from_utf8_lossy(&heard.head).contains("caf") && !name.1.is_empty());
    assert!(heard.head.windows(4).any(|window| window == b"caf\xe9"), "bytes outside ASCII pass");
    let asked = origin.last();
    assert!(asked.head.starts_with(b"GET /x?a=b%20c&d=%ff HTTP/1.1\r\n"), "{}", asked.head_text());
    assert_eq!(asked.lines("x-own").len(), 1);
    assert_eq!(asked.lines("sec-gpc").len(), 1, "the signal is always forwarded");
}
