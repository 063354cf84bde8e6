//! The reserved path and the gateway's own headers: one spelling, one speaker. Over raw sockets, because clients tidy paths.

use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, RawOrigin};

use crate::visitors::HOST;

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConsent-Purposes: analytics\r\nX-Own: 1\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn the_reserved_path_in_disguise_reaches_nobody() {
    let origin = RawOrigin::start(|_| Answer::text(ANSWER)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let disguises = [
        "/.consent",
        "/%2econsent/state",
        "/%2Econsent/state",
        "/.consent%2fstate",
        "/.consent%2Fstate",
        "//.consent/state",
        "/x/../.consent/state",
        "/x/%2e%2e/.consent/state",
        "/x/%2E./.consent/state",
        "/./.consent/state",
        "/../.consent/state",
        "/.consent;a=1/state",
        "/;a/../.consent/state",
        "/\\.consent\\state",
        "/.consent\\state",
        "/.consent%5cstate",
        "/%252econsent/state",
        "/.consent%252Fstate",
        "/.%63onsent/state?x=1",
    ];
    for path in disguises {
        for target in [path.to_owned(), format!("http://{HOST}{path}")] {
            let mut client = Client::connect(gateway.address(), HOST).await;
            client.send(format!("GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await;
            let heard = client.hear(false).await;
            assert!([400, 404].contains(&heard.status), "{} for {target}", heard.status);
            assert!(!heard.text().contains("\"decided\""), "the portal answers to its name alone: {target}");
        }
    }
    assert!(origin.asked().is_empty(), "{:?}", origin.last().head_text());
}

#[tokio::test]
async fn what_stands_under_the_reserved_path_never_reaches_the_origin() {
    let origin = RawOrigin::start(|_| Answer::text(ANSWER)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for path in
        ["/.consent/", "/.consent/nothing", "/.consent/../secret", "/.consent/%2e%2e/secret", "/.consent//state"]
    {
        assert_eq!(Client::fetch(gateway.address(), HOST, path, &[]).await.status, 404, "{path}");
    }
    assert!(origin.asked().is_empty());
    assert_eq!(Client::fetch(gateway.address(), HOST, "/.consent/state", &[]).await.status, 200);
}

#[tokio::test]
async fn other_paths_reach_the_origin_as_they_were_written() {
    let origin = RawOrigin::start(|_| Answer::text(ANSWER)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for path in
        ["/a/../b", "//a//b", "/%2e%2E/c%2Fd", "/a;b=1/./c", "/x/.consent/state", "/.consents", "/%252e?q=/.consent/"]
    {
        assert_eq!(Client::fetch(gateway.address(), HOST, path, &[]).await.status, 200, "{path}");
        let head = origin.last().head_text();
        assert!(head.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{head}");
    }
}

#[tokio::test]
async fn nobody_else_speaks_in_the_gateways_name() {
    let origin = RawOrigin::start(|_| Answer::text(ANSWER)).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let lies =
        [("Consent-Purposes", "analytics"), ("consent_purposes", "x"), ("X_Forwarded_For", "9.9.9.9"), ("X-Own", "1")];
    let heard = Client::fetch(gateway.address(), HOST, "/", &lies).await;
    let head = origin.last().head_text().to_lowercase();
    assert!(!head.contains("consent") && !head.contains("9.9.9.9") && head.contains("x-own: 1"), "{head}");
    assert_eq!((heard.header("consent-purposes"), heard.header("x-own").as_deref()), (None, Some("1")));
}
