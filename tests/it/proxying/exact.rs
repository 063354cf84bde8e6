//! What a visitor would see without the gateway: names as they are written, the order among lines of one name, lengths, hosts, redirects, and
//! answers that take their time.

use gateway_tests::raw_origin::Answer;
use gateway_tests::wait::until_true;
use gateway_tests::{Client, Gateway, Origin, RawOrigin, Reply};
use tokio::sync::{Mutex, mpsc};

use crate::visitors::HOST;

#[tokio::test]
async fn names_keep_their_case_and_lines_of_one_name_their_order() {
    let origin = RawOrigin::start(|_| {
        Answer::text(
            "HTTP/1.1 200 OK\r\nX-MaNy: 1\r\nContent-Type: text/plain\r\nX-MaNy: 2\r\nWWW-Authenticate: A\r\nx-many: 3\r\n\
             ETag: \"e\"\r\nX-Blank:\r\nContent-Length: 0\r\n\r\n",
        )
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let sent = [("X-aSk", "1"), ("Accept", "b"), ("X-aSk", "2"), ("DNT", "1"), ("x-ask", "3,  4")];
    let heard = Client::fetch(gateway.address(), HOST, "/", &sent).await;
    let head = String::from_utf8_lossy(&heard.head).into_owned();
    let many: Vec<&str> = head.split("\r\n").filter(|line| line.to_lowercase().starts_with("x-many")).collect();
    assert_eq!(many, ["X-MaNy: 1", "X-MaNy: 2", "x-many: 3"], "{head}");
    assert!(head.contains("\r\nWWW-Authenticate: A\r\n") && head.contains("\r\nETag: \"e\"\r\n"), "{head}");
    let asked = origin.last();
    assert_eq!(asked.lines("x-ask"), ["X-aSk: 1", "X-aSk: 2", "x-ask: 3,  4"], "{}", asked.head_text());
    assert_eq!(asked.lines("dnt"), ["DNT: 1"]);
}

#[tokio::test]
async fn a_host_keeps_its_port_and_redirects_stay_as_they_are() {
    let origin = Origin::start(|seen| match seen.path_only() {
        "/far" => Reply::redirect(301, "https://elsewhere.example/x?y=1#z"),
        "/near" => Reply::redirect(307, "../there?a=%20"),
        _ => Reply::redirect(302, "http://shop.example:8080/there"),
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for (path, status, place) in [
        ("/far", 301, "https://elsewhere.example/x?y=1#z"),
        ("/near", 307, "../there?a=%20"),
        ("/own", 302, "http://shop.example:8080/there"),
    ] {
        let heard = Client::fetch(gateway.address(), "shop.example:8080", path, &[]).await;
        assert_eq!((heard.status, heard.header("location").as_deref()), (status, Some(place)));
        assert_eq!(origin.last_at(path).header("host").as_deref(), Some("shop.example:8080"));
        assert_eq!(origin.last_at(path).header("x-forwarded-host").as_deref(), Some("shop.example:8080"));
    }
}

#[tokio::test]
async fn a_body_of_known_length_keeps_it_both_ways_and_one_in_pieces_stays_in_pieces() {
    let origin = RawOrigin::start(|asked| {
        Answer::text(match asked.head_text().split(' ').nth(1).unwrap_or_default() {
            "/sized" => "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc",
            _ => {
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            }
        })
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    let sized = client.request("PUT", "/sized", &[], b"12345").await;
    assert_eq!((sized.text().as_str(), sized.header("content-length").as_deref()), ("abc", Some("3")));
    assert_eq!(sized.header("transfer-encoding"), None);
    let asked = origin.last();
    assert_eq!((asked.body.as_slice(), asked.lines("transfer-encoding").len()), (&b"12345"[..], 0));
    let pieces = client.get("/pieces", &[]).await;
    assert_eq!((pieces.text().as_str(), pieces.header("content-length")), ("abc", None));
    assert_eq!(pieces.header("transfer-encoding").as_deref(), Some("chunked"));
}

#[tokio::test]
async fn a_long_poll_waits_for_its_answer() {
    let (pieces, receiver) = mpsc::channel(1);
    let receiver = std::sync::Arc::new(Mutex::new(Some(receiver)));
    let origin = RawOrigin::start(move |asked| {
        if asked.head.starts_with(b"GET /other") {
            return Answer::text("HTTP/1.1 204 No Content\r\n\r\n");
        }
        Answer::Pieces(Vec::new(), receiver.try_lock().expect("asked once").take().expect("asked once"))
    });
    let origin = origin.await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut waiting = Client::connect(gateway.address(), HOST).await;
    waiting.send(format!("GET /poll HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await;
    until_true("the origin is asked", || async { !origin.asked().is_empty() }).await;
    assert_eq!(Client::fetch(gateway.address(), HOST, "/other", &[]).await.status, 204, "others don't wait with it");
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    pieces.send(answer.as_bytes().to_vec()).await.expect("the origin writes");
    assert_eq!(waiting.hear(false).await.text(), "{}");
}
