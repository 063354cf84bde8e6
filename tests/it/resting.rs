//! Connections that nobody asks on give back what HTTP keeps for them, and are heard again as if nothing had been. Refuses to look into the
//! gateway: what it holds shows in its memory, what it lost would show in its answers.

use std::time::Duration;

use gateway_tests::{Client, Gateway, Origin, Reply};

use crate::visitors::HOST;

/// After so long a connection rests.
const LONG: Duration = Duration::from_secs(3);

async fn origin() -> Origin {
    Origin::start(|asked| Reply::of("text/plain", format!("{} {}", asked.method, asked.path))).await
}

#[tokio::test]
async fn a_connection_that_rested_is_heard_again() {
    let origin = origin().await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    tokio::time::sleep(LONG).await;
    for round in 0..3 {
        assert_eq!(client.get(&format!("/{round}"), &[]).await.text(), format!("GET /{round}"));
        tokio::time::sleep(LONG).await;
    }
    let posted = client.request("POST", "/form", &[], b"a=1").await;
    assert_eq!(posted.text(), "POST /form");
    tokio::time::sleep(LONG).await;
    assert_eq!(client.get("/after", &[]).await.text(), "GET /after");
}

#[tokio::test]
async fn what_came_behind_a_head_waits_for_the_rest_of_it() {
    let origin = origin().await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    client.send(b"GET /one HTTP/1.1\r\nHost: shop.example\r\n\r\nGET /two HTTP/1.1\r\nHo").await;
    assert_eq!(client.hear(false).await.text(), "GET /one");
    tokio::time::sleep(LONG).await;
    client.send(b"st: shop.example\r\n\r\n").await;
    assert_eq!(client.hear(false).await.text(), "GET /two");
    tokio::time::sleep(LONG).await;
    // A byte alone wakes it, and is the beginning of the next.
    client.send(b"G").await;
    tokio::time::sleep(LONG).await;
    client.send(b"ET /three HTTP/1.1\r\nHost: shop.example\r\n\r\n").await;
    assert_eq!(client.hear(false).await.text(), "GET /three");
}

#[tokio::test]
async fn what_is_left_of_a_body_is_never_taken_for_a_request() {
    let origin = origin().await;
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n[limits]\nrequest_body_bytes = 1000\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
        origin.url()
    );
    let gateway = Gateway::configured(&text).start().await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    client.send(b"POST /large HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 100000\r\n\r\n").await;
    assert_eq!(client.hear_head().await.status, 413);
    tokio::time::sleep(LONG).await;
    client.try_send(b"GET /hidden HTTP/1.1\r\nHost: shop.example\r\n\r\n").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(origin.seen_at("/hidden").is_empty());
}
