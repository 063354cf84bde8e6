//! Descriptors: none left, and very many in use by visitors who say nothing.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gateway_tests::{Client, Gateway, Origin, Reply, wait};
use tokio::net::TcpStream;

use super::python;
use crate::visitors::HOST;

/// How many say nothing.
const IDLE: usize = 9_000;
/// What one of them may cost, in KiB: as they come, and once they rest.
const EACH: usize = 48;
const EACH_AT_REST: usize = 16;

/// Connects so many times (a multiple of fifty), asks once on each and reads the answer, says so, and keeps them all.
const CROWD: &str = r#"
import resource, socket, sys, time
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
for _ in range(count):
    held.append(socket.create_connection((host, port)))
    held[-1].sendall(b"GET /.well-known/gpc.json HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    if len(held) % 50 == 0:
        for connection in held[-50:]:
            answer = connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200 "), answer
print("all are held", flush=True)
time.sleep(600)
"#;

async fn serves(address: SocketAddr) -> bool {
    Client::fetch(address, HOST, "/", &[]).await.status == 200
}

#[tokio::test]
async fn a_gateway_without_descriptors_says_so_once_and_recovers() {
    let origin = Origin::start(|_| Reply::of("text/plain", "fine")).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    assert!(serves(gateway.address()).await);
    gateway.limit_descriptors(gateway.descriptors() + 20);
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(TcpStream::connect(gateway.address()).await.expect("the system still takes connections"));
    }
    gateway.says("can't be accepted").await;
    // Many more tries fail meanwhile: they are one trouble.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(gateway.log().matches("can't be accepted").count(), 1, "{}", gateway.log());
    drop(held);
    let started = Instant::now();
    assert!(serves(gateway.address()).await, "{}", gateway.log());
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test]
async fn nine_thousand_idle_visitors_cost_a_bounded_amount() {
    let origin = Origin::start(|_| Reply::of("text/plain", "fine")).await;
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n[limits]\nconnections_per_address = 10000\nidle_seconds = 600\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
        origin.url()
    );
    let gateway = Gateway::configured(&text).start().await;
    gateway.limit_descriptors(IDLE + 2_000);
    assert!(serves(gateway.address()).await);
    let before = gateway.resident_kib();
    let (ip, port) = (gateway.address().ip().to_string(), gateway.address().port().to_string());
    let (crowd, _) = python(CROWD, &[&ip, &port, &IDLE.to_string()]).await;
    assert!(gateway.descriptors() > IDLE);
    let each = || gateway.resident_kib().saturating_sub(before) * 1024 / IDLE;
    let as_they_come = each();
    assert!(as_they_come < EACH * 1024, "{as_they_come} bytes each");
    wait::until_true("HTTP's buffers are given back", || async { each() < EACH_AT_REST * 1024 }).await;
    println!("{IDLE} idle connections: {as_they_come} bytes each, and {} at rest", each());
    let started = Instant::now();
    assert!(serves(gateway.address()).await, "{}", gateway.log());
    assert!(started.elapsed() < Duration::from_secs(5), "others are served beside them: {:?}", started.elapsed());
    drop(crowd);
    wait::until_true("their places are free again", || async { gateway.descriptors() < 200 }).await;
}
