//! Origins as processes of their own: killed in the midst of a body, stopped, trickling.

use std::time::{Duration, Instant};

use gateway_tests::{Client, Gateway, wait};

use super::python;
use crate::visitors::HOST;

/// Answers each connection in a thread: `/half` sends half a body and waits, `/drip` sends bytes one by one, anything else is answered.
const SITE: &str = r#"
import socket, sys, threading, time
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen(64)
def serve(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        got = connection.recv(4096)
        if not got:
            return
        head += got
    path = head.split(b" ")[1]
    if path == b"/half":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nhalf of it")
        time.sleep(600)
    elif path == b"/drip":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 30\r\n\r\n")
        for _ in range(30):
            connection.sendall(b".")
            time.sleep(0.1)
    elif path == b"/drip-head":
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X: 1\r\n")
            time.sleep(0.1)
    else:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine")
    connection.close()
def guarded(connection):
    try:
        serve(connection)
    except OSError:
        pass
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=guarded, args=(listener.accept()[0],), daemon=True).start()
"#;

async fn with_limits(port: &str, limits: &str) -> Gateway {
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n[limits]\n{limits}\n[[sites]]\nname = \"shop\"\norigin = \"http://127.0.0.1:{port}\"\n"
    );
    Gateway::configured(&text).start().await
}

#[tokio::test]
async fn an_origin_killed_in_the_midst_of_a_body_cuts_it_off_and_comes_back() {
    let (mut origin, port) = python(SITE, &["0"]).await;
    let gateway = with_limits(&port, "").await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    client.send(format!("GET /half HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await;
    assert_eq!(client.hear_head().await.status, 200);
    assert_eq!(client.exactly(10).await, b"half of it");
    origin.signal("KILL");
    assert!(!origin.ended().await.success());
    assert_eq!(client.rest().await, b"", "the connection ends, and with it an answer that is not whole");
    let down = Client::fetch(gateway.address(), HOST, "/", &[]).await;
    assert_eq!((down.status, down.header("retry-after").is_some()), (502, true));
    let (_again, _) = python(SITE, &[&port]).await;
    assert_eq!(Client::fetch(gateway.address(), HOST, "/", &[]).await.text(), "fine", "{}", gateway.log());
}

#[tokio::test]
async fn an_origin_that_never_answers_is_504_in_time() {
    let (origin, port) = python(SITE, &["0"]).await;
    let gateway = with_limits(&port, "answer_seconds = 1").await;
    assert_eq!(Client::fetch(gateway.address(), HOST, "/", &[]).await.text(), "fine");
    // The system still accepts for a process that is stopped.
    origin.signal("STOP");
    let started = Instant::now();
    assert_eq!(Client::fetch(gateway.address(), HOST, "/", &[]).await.status, 504);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    origin.signal("CONT");
    wait::until_true("the origin answers again", || async {
        Client::fetch(gateway.address(), HOST, "/", &[]).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn an_origin_that_trickles_is_waited_for_but_not_for_its_head() {
    let (_origin, port) = python(SITE, &["0"]).await;
    let gateway = with_limits(&port, "answer_seconds = 2\nbody_seconds = 1").await;
    let dripping = Client::fetch(gateway.address(), HOST, "/drip", &[]);
    let beside = async {
        for _ in 0..5 {
            assert_eq!(
                Client::fetch(gateway.address(), HOST, "/", &[]).await.text(),
                "fine",
                "others don't wait for it"
            );
        }
    };
    let (dripped, ()) = tokio::join!(dripping, beside);
    assert_eq!(dripped.body, b".".repeat(30), "a body that moves is waited for");
    let started = Instant::now();
    assert_eq!(Client::fetch(gateway.address(), HOST, "/drip-head", &[]).await.status, 504);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}
