//! Whom a request is for, and what it asks: hosts, targets, methods, versions, expectations.

use super::Stage;

#[tokio::test]
async fn a_host_that_is_missing_repeated_or_no_host_is_refused() {
    let stage = Stage::set().await;
    for lines in [
        "",
        "Host: a.example\r\nHost: a.example\r\n",
        "Host: a.example\r\nHost: b.example\r\n",
        "Host:\r\n",
        "Host: \r\n",
        "Host: a b\r\n",
        "Host: a,b\r\n",
        "Host: user@a.example\r\n",
        "Host: a.example/path\r\n",
        "Host: a.example?x\r\n",
        "Host: a.example#x\r\n",
        "Host: a.example:port\r\n",
        "Host: a:1:2\r\n",
        "Host: [::1\r\n",
        "Host: a%2eexample\r\n",
        "Host: caf\u{e9}.example\r\n",
        "Host: http://a.example\r\n",
        "Host: a.example:123456\r\n",
    ] {
        stage.refuses(lines, &format!("GET / HTTP/1.1\r\n{lines}\r\n"), &[400]).await;
    }
    stage.refuses("HTTP/1.0 without one", "GET / HTTP/1.0\r\n\r\n", &[400]).await;
}

#[tokio::test]
async fn an_absolute_target_must_agree_with_the_host_and_becomes_a_path() {
    let stage = Stage::set().await;
    let get = |target: &str, host: &str| format!("GET {target} HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
    for (target, host) in [
        ("http://bank.example/", "Host: shop.example\r\n"),
        ("http://shop.example:8080/", "Host: shop.example\r\n"),
        ("http://shop.example/", ""),
        ("http://user@shop.example/", "Host: shop.example\r\n"),
        ("ftp://shop.example/", "Host: shop.example\r\n"),
        ("http:///", "Host: shop.example\r\n"),
        ("//shop.example", "Host: \r\n"),
        ("shop.example:80", "Host: shop.example\r\n"),
        ("shop.example", "Host: shop.example\r\n"),
    ] {
        stage.refuses(target, &get(target, host), &[400]).await;
    }
    for target in ["http://shop.example/path?q=1", "HTTP://SHOP.example:80/path?q=1"] {
        let asked = stage.makes_one(target, &get(target, "Host: shop.example\r\n")).await;
        assert!(asked.head.starts_with(b"GET /path?q=1 HTTP/1.1\r\n"), "{}", asked.head_text());
        assert_eq!(asked.lines("host").len(), 1);
    }
    let asked = stage.makes_one("no path", &get("http://shop.example", "Host: shop.example\r\n")).await;
    assert!(asked.head.starts_with(b"GET / HTTP/1.1\r\n"), "{}", asked.head_text());
}

#[tokio::test]
async fn a_target_that_is_no_path_in_ascii_is_refused() {
    let stage = Stage::set().await;
    for target in
        ["*", "a/b", "?x=1", "@bank.example/", "/a b", "/a\tb", "/a\0b", "/a\u{7f}b", "/caf\u{e9}", "/a\u{1}", ""]
    {
        stage.refuses(target, &format!("GET {target} HTTP/1.1\r\nHost: shop.example\r\n\r\n"), &[400]).await;
    }
    let fragment = "GET /a?b#c HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
    let asked = stage.makes_one("a fragment", fragment).await;
    assert!(asked.head.starts_with(b"GET /a?b HTTP/1.1\r\n"), "a fragment stays here: {}", asked.head_text());
    let asterisk = "OPTIONS * HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
    let asked = stage.makes_one("an asterisk", asterisk).await;
    assert!(asked.head.starts_with(b"OPTIONS * HTTP/1.1\r\n"), "{}", asked.head_text());
}

#[tokio::test]
async fn methods_that_are_none_or_not_for_a_gateway_are_refused() {
    let stage = Stage::set().await;
    for method in ["G(T", "GET,", "G\u{e9}T", "G\0T", "", "G:T", "\"GET\""] {
        stage.refuses(method, &format!("{method} / HTTP/1.1\r\nHost: shop.example\r\n\r\n"), &[400]).await;
    }
    stage.refuses("TRACE", "TRACE / HTTP/1.1\r\nHost: shop.example\r\n\r\n", &[405]).await;
    stage.refuses("CONNECT", "CONNECT bank.example:443 HTTP/1.1\r\nHost: bank.example:443\r\n\r\n", &[405]).await;
    stage.refuses("CONNECT to a path", "CONNECT / HTTP/1.1\r\nHost: shop.example\r\n\r\n", &[405, 400]).await;
    let own = "BREW /pot HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
    assert!(stage.makes_one("an unknown method", own).await.head.starts_with(b"BREW /pot HTTP/1.1\r\n"));
}

#[tokio::test]
async fn versions_that_are_none_are_refused_and_http_1_0_ends_after_its_answer() {
    let stage = Stage::set().await;
    for line in [
        "GET /",
        "GET / ",
        "GET / HTTP/0.9",
        "GET / HTTP/1.2",
        "GET / HTTP/2.0",
        "GET / HTTP/11.1",
        "GET / http/1.1",
        "GET / HTTP/1.1 x",
        "GET  / HTTP/1.1",
    ] {
        stage.refuses(line, &format!("{line}\r\nHost: shop.example\r\n\r\n"), &[400]).await;
    }
    let old = stage.makes_one("HTTP/1.0", "GET /old HTTP/1.0\r\nHost: shop.example\r\n\r\n").await;
    assert!(old.head.starts_with(b"GET /old HTTP/1.1\r\n"), "{}", old.head_text());
    let kept = "GET /one HTTP/1.0\r\nHost: shop.example\r\nConnection: keep-alive\r\n\r\nGET /two HTTP/1.0\r\nHost: shop.example\r\n\r\n";
    let outcome = stage.send(kept.as_bytes()).await;
    assert_eq!((outcome.statuses(), outcome.asked.len()), (vec![200, 200], 2), "{:?}", outcome.heard);
}

#[tokio::test]
async fn an_expectation_that_is_not_known_is_refused() {
    let stage = Stage::set().await;
    for expectation in ["y 100-continue", "100-continue, x", "200-ok", "100-continue\r\nExpect: x"] {
        let request =
            format!("POST / HTTP/1.1\r\nHost: shop.example\r\nExpect: {expectation}\r\nContent-Length: 0\r\n\r\n");
        stage.refuses(expectation, &request, &[417]).await;
    }
}
