//! Gateways that are killed in mid-write, as a machine that fails kills them, over and over under load; and a clock that is stepped back. Refuses to
//! trust what a gateway says of itself: what was answered is looked up by another process. Invariant: a grant that a visitor was told of is stored once.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use gateway::seal::Seal;
use gateway::store::{Archive, Asked};
use gateway_tests::{Gateway, Origin, Reply, wait};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{Bench, on_both};
use crate::faults::clocks;
use crate::visitors::{HOST, choose, chosen, state};

on_both!(killed_in_mid_write_nothing_that_was_answered_is_lost, a_clock_that_is_stepped_back_loses_nothing);

/// How often a gateway is killed.
const ROUNDS: u32 = 20;
/// Who choose at once.
const WRITERS: usize = 8;

pub(super) async fn origin() -> Origin {
    Origin::start(|_| Reply::page("<!doctype html><title>T</title><body><p>works</p>").cookie("_ga=1")).await
}

impl Bench {
    /// The configuration of a gateway with this store.
    pub(super) fn configuration(&self, origin: &Origin, more: &str) -> String {
        let data = self.folder.path().join("data");
        let store = self.database.as_ref().map(|database| format!("store = \"{}\"\n", database.url()));
        format!(
            "listen = [\"127.0.0.1:0\"]\ndata = \"{}\"\n{}{more}\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
            data.display(),
            store.unwrap_or_default(),
            origin.url()
        )
    }

    pub(super) fn archive(&self) -> Archive {
        Archive::at(&self.place(), Duration::from_secs(20))
    }

    /// The record's id in a consent cookie (`name=value`), where it grants something.
    pub(super) fn record_in(&self, cookie: &str) -> Option<[u8; 16]> {
        let seal = Seal::existing(&self.folder.path().join("data")).expect("the gateway has made its key");
        let (_, value) = cookie.split_once('=').expect("a cookie has a name");
        let token = seal.open_token("shop", value.as_bytes()).expect("the cookie is the gateway's");
        token.ids.map(|ids| ids.record)
    }
}

/// Posts choices one after the other until the gateway is gone; the cookies of the grants that were answered.
async fn write(address: SocketAddr, policy: String) -> Vec<String> {
    let form = format!("policy={policy}&lang=en&back=%2F&act=accept_all");
    let request = format!(
        "POST /.consent/choice HTTP/1.1\r\nHost: {HOST}\r\nOrigin: http://{HOST}\r\nAccept: text/plain\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut granted = Vec::new();
    let once = async || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    };
    while let Ok(answer) = once().await {
        let text = String::from_utf8_lossy(&answer).into_owned();
        // The kernel may close what was cut as if it had ended.
        if !text.starts_with("HTTP/1.1 200") || !text.contains("\r\n\r\n") {
            continue;
        }
        let lines = text.lines().filter_map(|line| line.split_once(": "));
        let cookie = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).find_map(|(_, line)| {
            line.split(';').next().filter(|pair| pair.starts_with("consent=")).map(str::to_owned)
        });
        granted.extend(cookie);
    }
    granted
}

async fn killed_in_mid_write_nothing_that_was_answered_is_lost(bench: &Bench) {
    let origin = origin().await;
    let (mut answered, mut last) = (BTreeSet::new(), String::new());
    for round in 0..ROUNDS {
        let gateway = Gateway::configured(&bench.configuration(&origin, "")).start().await;
        if !last.is_empty() {
            let known = state(gateway.address(), &[("Cookie", &last)]).await;
            assert_eq!(known["decided"], true, "what was answered before the crash holds after it");
        }
        let policy =
            state(gateway.address(), &[]).await["policy"].as_str().expect("a state names its policy").to_owned();
        let mut writers = JoinSet::new();
        for _ in 0..WRITERS {
            writers.spawn(write(gateway.address(), policy.clone()));
        }
        // Another moment of a write in each round.
        tokio::time::sleep(Duration::from_millis(60 + u64::from(round) * 13)).await;
        gateway.kill();
        let granted: Vec<String> = writers.join_all().await.concat();
        last = granted.last().cloned().unwrap_or(last);
        let ids = granted.iter().map(|cookie| bench.record_in(cookie).expect("a grant has a record"));
        answered.extend(ids);
    }
    assert!(answered.len() > 100, "only {} choices were answered in {ROUNDS} rounds", answered.len());
    let stored = bench.open().archive().newest(None, 1_000_000).await.unwrap();
    let ids: Vec<[u8; 16]> = stored.iter().map(|record| record.id).collect();
    let once: BTreeSet<[u8; 16]> = ids.iter().copied().collect();
    assert_eq!(ids.len(), once.len(), "nothing is stored twice");
    let lost = answered.difference(&once).count();
    assert_eq!(lost, 0, "of {} choices that were answered {lost} are lost", answered.len());
    log_is_whole(bench, 0).await;
}

/// Whether every entry has its place, and every one that was destroyed had, under a head that the leaves make up.
pub(super) async fn log_is_whole(bench: &Bench, destroyed: usize) {
    use gateway::ledger::merkle::Frontier;
    let store = bench.open();
    let archive = store.archive();
    let entries = archive.entries(Asked::default(), 1_000_000).await.unwrap().len() + destroyed;
    let head = wait::until("every leaf has its place", || async {
        archive.head().await.unwrap().filter(|head| head.size == entries as u64)
    });
    let head = head.await;
    let mut frontier = Frontier::default();
    while let Some(leaves) =
        Some(archive.leaves(frontier.size(), 10_000).await.unwrap()).filter(|leaves| !leaves.is_empty())
    {
        leaves.iter().for_each(|leaf| frontier.append(*leaf, |_, _| {}));
    }
    assert_eq!((frontier.size(), frontier.root()), (head.size, head.root));
    for record in archive.newest(None, 50).await.unwrap() {
        let proven = archive.proven(record.id).await.unwrap().expect("what is listed is there");
        let proof = proven.proof.as_ref().expect("every leaf has its place");
        assert!(proof.holds(&proven.salt, &proven.entry.contents), "{proof:?}");
    }
}

async fn a_clock_that_is_stepped_back_loses_nothing(bench: &Bench) {
    let origin = origin().await;
    let clock = bench.folder.path().join("clock");
    clocks::step(&clock, 0);
    let gateway = clocks::following(Gateway::configured(&bench.configuration(&origin, "")), &clock).start().await;
    let mut granted = Vec::new();
    for days in [0, -1, -400, 30, -3, 0] {
        clocks::step(&clock, days);
        for _ in 0..3 {
            granted.push(chosen(gateway.address(), "accept_all", &[]).await);
        }
        assert_eq!(choose(gateway.address(), "refuse_all", &[], &[]).await.status, 200, "a refusal takes effect");
    }
    let archive = bench.archive();
    for cookie in &granted {
        let id = bench.record_in(cookie).expect("a grant has a record");
        assert!(archive.record(id).await.unwrap().is_some(), "a grant of another day is there");
    }
    let stored = archive.newest(None, 100).await.unwrap();
    assert_eq!(stored.len(), 24, "each choice is stored once");
    log_is_whole(bench, 0).await;
}
