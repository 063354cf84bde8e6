//! One worker a core: each listens for itself, keeps its own connections to the origin, and answers all that it takes; together they are one
//! gateway. Refuses to look at how fast.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use gateway_tests::gateway::{command, printed};
use gateway_tests::{Client, Gateway, Origin, Reply, wait};

use crate::visitors::HOST;

/// So many connections at once that each of three workers has some: that one has none comes once in some millions of runs.
const MANY: usize = 40;

fn text(origin: &Origin, more: &str) -> String {
    format!(
        "workers = 3\nlisten = [\"127.0.0.1:0\"]\ndata = \"data\"\n{more}[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
        origin.url()
    )
}

async fn connected(address: SocketAddr) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..MANY {
        clients.push(Client::connect(address, HOST).await);
    }
    clients
}

#[tokio::test]
async fn every_worker_answers_and_follows_a_reload() {
    let (one, two) = (
        Origin::start(|_| Reply::of("text/plain", "one")).await,
        Origin::start(|_| Reply::of("text/plain", "two")).await,
    );
    let mut gateway = Gateway::configured(&text(&one, "")).start().await;
    // A thread takes its name when it first runs.
    wait::until_true("three workers run", || async {
        let mut workers = gateway.threads();
        workers.retain(|name| name.starts_with("worker"));
        workers.sort();
        workers == ["worker 0", "worker 1", "worker 2"]
    })
    .await;
    let mut clients = connected(gateway.address()).await;
    for client in &mut clients {
        assert_eq!(client.get("/", &[]).await.text(), "one");
    }
    std::fs::write(gateway.folder().join("gateway.toml"), text(&two, "")).expect("a temporary folder can be written");
    gateway.reload();
    gateway.says("the configuration was read again").await;
    for client in &mut clients {
        assert_eq!(client.get("/", &[]).await.text(), "two");
    }
    assert_eq!(gateway.busy_workers(), 3, "each took some of {MANY} connections");
    gateway.finish();
    assert!(gateway.ended().await.success(), "{}", gateway.log());
}

#[tokio::test]
async fn bounds_hold_for_all_workers_together() {
    let origin = Origin::start(|_| Reply::of("text/plain", "fine")).await;
    let gateway = Gateway::configured(&text(&origin, "[limits]\nconnections = 30\n")).start().await;
    let mut statuses = BTreeMap::new();
    let mut clients = connected(gateway.address()).await;
    for client in &mut clients {
        *statuses.entry(client.get("/", &[]).await.status).or_insert(0) += 1;
    }
    assert_eq!(statuses, BTreeMap::from([(200, 30), (503, MANY - 30)]));
}

#[tokio::test]
async fn two_gateways_never_share_an_address() {
    let origin = Origin::start(|_| Reply::of("text/plain", "fine")).await;
    let first = Gateway::configured(&text(&origin, "")).start().await;
    let other = tempfile::tempdir().expect("a temporary folder can be made");
    let same = text(&origin, "").replace("127.0.0.1:0", &first.address().to_string());
    std::fs::write(other.path().join("gateway.toml"), same).expect("a temporary folder can be written");
    let second = command(other.path(), &["run", "--config", "gateway.toml"]);
    assert!(!second.status.success() && printed(&second).contains("can't be listened on"), "{}", printed(&second));
}
