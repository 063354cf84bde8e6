//! Lines of a head: folded, ended by half, with bytes that have no place in them, too long or too many.

use super::{SMUGGLED, Stage};

#[tokio::test]
async fn folded_lines_and_bytes_without_a_place_in_a_head_are_refused() {
    let stage = Stage::set().await;
    for line in [
        "X-Folded: a\r\n b",
        "X-Folded: a\r\n\tb",
        " X-First: a",
        "X-Nul: a\0b",
        "X-N\0l: a",
        "X-Cr: a\rb",
        "X-Cr\r: a",
        "X-Cr: a\r\rX-B: b",
        "X-Space : a",
        "X-Tab\t: a",
        "X Space: a",
        ": empty",
        ":",
        "no colon",
        "X-Escape: \u{1b}[1m",
        "X-Delete: \u{7f}",
        "X(y): a",
        "\u{fe0f}: a",
    ] {
        stage.refuses(line, &format!("GET / HTTP/1.1\r\nHost: shop.example\r\n{line}\r\n\r\n"), &[400]).await;
    }
    let first = "GET / HTTP/1.1\r\n Host: shop.example\r\nHost: shop.example\r\n\r\n";
    stage.refuses("a folded request line", first, &[400]).await;
}

#[tokio::test]
async fn lines_that_end_with_lf_alone_reach_the_origin_with_both() {
    let stage = Stage::set().await;
    let asked = stage.makes_one("LF", "GET /lf HTTP/1.1\nHost: shop.example\nX-One: 1\nConnection: close\n\n").await;
    let head = asked.head_text();
    assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "{head:?}");
    assert_eq!((asked.lines("host").len(), asked.lines("x-one").len()), (1, 1), "{head:?}");
    // What one reader takes for a value and another for a line is a line here, also for the origin.
    let hidden = "GET /lf HTTP/1.1\r\nHost: shop.example\r\nX-One: a\nX-Two: b\r\nConnection: close\r\n\r\n";
    let asked = stage.makes_one("a hidden line", hidden).await;
    assert_eq!(
        (asked.lines("x-one"), asked.lines("x-two")),
        (vec!["X-One: a".to_owned()], vec!["X-Two: b".to_owned()])
    );
}

#[tokio::test]
async fn heads_that_are_too_long_or_have_too_many_lines_are_refused() {
    let stage = Stage::set().await;
    let get = |target: &str, lines: &str| format!("GET {target} HTTP/1.1\r\nHost: shop.example\r\n{lines}\r\n");
    let long = "a".repeat(70_000);
    stage.refuses("a long target", &get(&format!("/{long}"), ""), &[414, 431]).await;
    stage.refuses("a long line", &get("/", &format!("X-Long: {long}\r\n")), &[431]).await;
    stage.refuses("a long name", &get("/", &format!("{long}: 1\r\n")), &[431, 400]).await;
    stage.refuses("a long method", &format!("{long} / HTTP/1.1\r\nHost: shop.example\r\n\r\n"), &[431, 400]).await;
    stage.refuses("many lines", &get("/", &"X-Many: 1\r\n".repeat(101)), &[431]).await;
    stage
        .refuses("a head without an end", &format!("GET / HTTP/1.1\r\n{}", "X-More: 1\r\n".repeat(8_000)), &[431])
        .await;
    let asked = stage
        .makes_one("as many as allowed", &get("/", &format!("{}Connection: close\r\n", "X-Many: 1\r\n".repeat(90))))
        .await;
    assert_eq!(asked.lines("x-many").len(), 90);
}

#[tokio::test]
async fn requests_one_behind_the_other_are_answered_one_by_one() {
    let stage = Stage::set().await;
    let request = |path: &str, last: &str| format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\n{last}\r\n");
    let all = format!("{}{}{}", request("/one", ""), request("/two", ""), request("/three", "Connection: close\r\n"));
    let outcome = stage.send(format!("{all}{SMUGGLED}").as_bytes()).await;
    assert_eq!(outcome.statuses(), [200, 200, 200], "{:?}", outcome.heard);
    let paths: Vec<_> =
        outcome.asked.iter().filter_map(|asked| asked.head_text().split(' ').nth(1).map(str::to_owned)).collect();
    assert_eq!(paths, ["/one", "/two", "/three"], "what stands behind the last is not read");
}
