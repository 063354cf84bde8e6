//! Where a request ends: lengths and transfer codings that two readers could understand differently, and chunks that are none.

use super::{SMUGGLED, Stage};

fn post(lines: &str, body: &str) -> String {
    format!("POST /first HTTP/1.1\r\nHost: shop.example\r\n{lines}\r\n{body}")
}

#[tokio::test]
async fn a_content_length_that_is_not_one_plain_number_is_refused() {
    let stage = Stage::set().await;
    for length in [
        "5\r\nContent-Length: 6",
        "6\r\nContent-Length: 5",
        "5, 5",
        "5,6",
        "+5",
        "-5",
        "0x5",
        "5 5",
        "5.0",
        "5;a",
        "",
        "\t",
        "05",
        "00",
        "18446744073709551616",
        "99999999999999999999999999",
        "18446744073709551615",
        "five",
        "\u{ff15}",
    ] {
        stage.refuses(length, &post(&format!("Content-Length: {length}\r\n"), "hello"), &[400, 431]).await;
    }
}

#[tokio::test]
async fn a_content_length_that_is_repeated_is_told_once() {
    let stage = Stage::set().await;
    for lines in ["Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length:  \t5\r\ncontent-length: 5 \r\n"] {
        let asked = stage.makes_one(lines, &post(&format!("{lines}Connection: close\r\n"), "hello")).await;
        assert_eq!(asked.lines("content-length").len(), 1, "{}", asked.head_text());
        assert_eq!((asked.body.as_slice(), asked.lines("transfer-encoding").len()), (&b"hello"[..], 0));
    }
}

#[tokio::test]
async fn a_transfer_coding_that_is_not_exactly_chunked_is_refused() {
    let stage = Stage::set().await;
    for coding in [
        "xchunked",
        "chunked, identity",
        "identity",
        "gzip, chunked",
        "chunked, chunked",
        "chunked, gzip",
        "chunked;q=1",
        "\"chunked\"",
        "chunke",
        "chunked,",
        ", chunked",
        "\u{b}chunked",
        "chunked\u{b}",
        "chunked\r\nTransfer-Encoding: identity",
        "identity\r\nTransfer-Encoding: chunked",
        "chunked\r\nTransfer-Encoding: chunked",
        "",
    ] {
        stage.refuses(coding, &post(&format!("Transfer-Encoding: {coding}\r\n"), "0\r\n\r\n"), &[400]).await;
    }
    stage.refuses("a space before the colon", &post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), &[400]).await;
    stage.refuses("a tab before the colon", &post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"), &[400]).await;
    stage.refuses("a folded line", &post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), &[400]).await;
    let old = "POST /first HTTP/1.0\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    stage.refuses("chunks in HTTP/1.0", old, &[400]).await;
}

#[tokio::test]
async fn a_coding_and_a_length_are_told_as_one_coding_and_the_connection_ends() {
    let stage = Stage::set().await;
    let both = [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: Chunked\r\nContent-Length: 999\r\n",
    ];
    for lines in both {
        let request = post(lines, "5\r\nhello\r\n0\r\n\r\n");
        let asked = stage.makes_one(lines, &format!("{request}{SMUGGLED}")).await;
        assert!(asked.lines("content-length").is_empty(), "{}", asked.head_text());
        assert!(
            matches!(asked.lines("transfer-encoding").as_slice(), [only] if only.eq_ignore_ascii_case("transfer-encoding: chunked")),
            "{}",
            asked.head_text()
        );
        assert_eq!(asked.body, b"5\r\nhello\r\n0\r\n\r\n");
    }
}

#[tokio::test]
async fn chunks_that_are_none_are_refused_and_nothing_behind_them_is_read() {
    let stage = Stage::set().await;
    for body in [
        "5\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "g\r\nhello\r\n0\r\n\r\n",
        "\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\nhello",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nX\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: a\nY: b\r\n\r\n",
    ] {
        let outcome = stage.send(post("Transfer-Encoding: chunked\r\n", &format!("{body}{SMUGGLED}")).as_bytes()).await;
        assert!(outcome.statuses().iter().all(|status| *status == 400), "{body:?}: {:?}", outcome.heard);
        assert!(outcome.statuses().len() <= 1, "{body:?}: {:?}", outcome.heard);
        // The origin saw at most the beginning of a body that never became whole.
        assert!(outcome.asked.is_empty(), "{body:?}: {:?}", outcome.asked);
    }
}

#[tokio::test]
async fn chunks_are_written_anew_without_extensions_and_spaces() {
    let stage = Stage::set().await;
    let chunks = "005;name=\"value\" \r\nhello\r\n1 ;x\r\n!\r\n000\r\n\r\n";
    let asked = stage.makes_one(chunks, &post("Transfer-Encoding: chunked\r\nConnection: close\r\n", chunks)).await;
    assert!(!String::from_utf8_lossy(&asked.body).contains(';'), "{:?}", String::from_utf8_lossy(&asked.body));
    let text = String::from_utf8_lossy(&asked.body).into_owned();
    let data: String = text.split("\r\n").filter(|line| ["hello", "!", "hello!"].contains(line)).collect();
    assert_eq!(data, "hello!", "{text:?}");
}

#[tokio::test]
async fn a_body_of_a_get_is_handed_on_and_not_taken_for_a_request() {
    let stage = Stage::set().await;
    let body = SMUGGLED;
    let sized = format!(
        "GET /first HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(stage.makes_one("sized", &sized).await.body, body.as_bytes());
    let head = "GET /first HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunked = format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let asked = stage.makes_one("chunked", &chunked).await;
    assert!(
        matches!(asked.lines("transfer-encoding").as_slice(), [only] if only.eq_ignore_ascii_case("transfer-encoding: chunked")),
        "{}",
        asked.head_text()
    );
    assert!(String::from_utf8_lossy(&asked.body).contains("/smuggled"));
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_no_whole_request() {
    let stage = Stage::set().await;
    let mut client = gateway_tests::Client::connect(stage.address(), "shop.example").await;
    client.send(post("Content-Length: 100\r\n", "only this").as_bytes()).await;
    drop(client);
    let whole = stage.send(b"GET /after HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n").await;
    assert_eq!(whole.statuses(), [200]);
    assert!(
        stage.origin.asked().iter().all(|asked| asked.head_text().starts_with("GET /after ")),
        "{:?}",
        stage.origin.asked()
    );
}
