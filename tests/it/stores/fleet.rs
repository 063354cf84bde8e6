//! Three gateways on one server, with one configuration, one folder of keys and one database, as a load balancer would ask them. Refuses to favour
//! one: each step goes to all of them in turn. Invariant: it makes no difference which gateway a visitor meets.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use gateway::store::{ALL_SITES, Cell, Claim, Grain, Measure};
use gateway_tests::gateway::{command, printed};
use gateway_tests::{Client, Gateway, Origin, folders, wait};

use super::Bench;
use super::crashes::{log_is_whole, origin};
use crate::faults::clocks;
use crate::visitors::{chosen, post, state};

const NODES: usize = 3;

async fn fleet(bench: &Bench, origin: &Origin) -> Vec<Gateway> {
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        nodes.push(Gateway::configured(&bench.configuration(origin, "admin = \"127.0.0.1:0\"")).start().await);
    }
    nodes
}

async fn decided_everywhere(nodes: &[Gateway], cookie: &str) {
    for node in nodes {
        let known = state(node.address(), &[("Cookie", cookie)]).await;
        assert_eq!(known["decided"], true, "a node doesn't know {known}");
    }
}

async fn finished(nodes: Vec<Gateway>) {
    for mut node in nodes {
        node.finish();
        assert!(node.ended().await.success(), "{}", node.log());
    }
}

#[tokio::test]
async fn any_gateway_takes_any_choice_and_all_is_stored_once() {
    let (bench, origin) = (Bench::postgres(), origin().await);
    let nodes = fleet(&bench, &origin).await;
    let addresses: Vec<SocketAddr> = nodes.iter().map(Gateway::address).collect();
    let choosing = (0..30).map(|number| chosen(addresses[number % NODES], "accept_all", &[]));
    let granted = futures_util::future::join_all(choosing).await;
    for number in 0..9 {
        chosen(addresses[number % NODES], "refuse_all", &[]).await;
    }
    for cookie in granted.iter().step_by(7) {
        decided_everywhere(&nodes, cookie).await;
    }
    // A visitor who changes their mind elsewhere.
    let withdrawn = crate::visitors::choose(addresses[1], "withdraw", &[], &[("Cookie", granted[0].as_str())]).await;
    assert_eq!(withdrawn.status, 200, "{}", withdrawn.text());
    finished(nodes).await;
    let archive = bench.archive();
    let stored = archive.newest(None, 1_000).await.unwrap();
    assert_eq!(stored.len(), 40);
    for cookie in &granted {
        let id = bench.record_in(cookie).expect("a grant has a record");
        assert_eq!(stored.iter().filter(|record| record.id == id).count(), 1, "each choice is stored once");
    }
    let rows = archive.figures_after(Grain::Day, Cell::default(), 10_000).await.unwrap();
    let counted = |measure| {
        let whole = rows.iter().filter(|row| row.cell.site != ALL_SITES && row.cell.dimension.is_empty());
        whole.map(|row| row.counts.of(measure)).sum::<u64>()
    };
    assert_eq!((counted(Measure::AcceptAll), counted(Measure::RefuseAll)), (30, 9), "{rows:?}");
    log_is_whole(&bench, 0).await;
}

#[tokio::test]
async fn the_key_of_cookies_changes_and_nobody_is_asked_again() {
    let (bench, origin) = (Bench::postgres(), origin().await);
    let nodes = fleet(&bench, &origin).await;
    let file = bench.folder.path().join("data/consent.key");
    let old = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    let new = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
    let mut cookies = vec![chosen(nodes[0].address(), "accept_all", &[]).await];
    // Every node knows the new key before one seals with it; every node seals with it before the old one goes.
    for keys in [format!("{old}\n{new}\n"), format!("{new}\n{old}\n")] {
        std::fs::write(&file, keys).unwrap();
        for (number, node) in nodes.iter().enumerate() {
            let before = node.log().matches("the configuration was read again").count();
            node.reload();
            wait::until_true("a node has read its configuration again", || async {
                node.log().matches("the configuration was read again").count() > before
            })
            .await;
            cookies.push(chosen(nodes[(number + 1) % NODES].address(), "accept_all", &[]).await);
            for cookie in &cookies {
                decided_everywhere(&nodes, cookie).await;
            }
        }
    }
    std::fs::write(&file, format!("{new}\n")).unwrap();
    nodes.iter().for_each(Gateway::reload);
    let (first, last) = (cookies.first().unwrap(), cookies.last().unwrap());
    wait::until_true("the old key is gone", || async {
        let mut gone = true;
        for node in &nodes {
            gone &= state(node.address(), &[("Cookie", first)]).await["decided"] == false;
        }
        gone
    })
    .await;
    decided_everywhere(&nodes, last).await;
}

#[tokio::test]
async fn what_is_done_once_a_day_is_done_by_one() {
    let bench = Bench::postgres();
    let archives: Vec<_> = (0..5).map(|_| bench.open().archive().clone()).collect();
    let claimed = async |day: &str, expect: usize, others: Claim| {
        let claims = archives.iter().map(|archive| archive.claim("purge", day.to_owned()));
        let claims = futures_util::future::join_all(claims).await;
        let count = |asked: Claim| claims.iter().filter(|claim| matches!(claim, Ok(claim) if *claim == asked)).count();
        assert_eq!((count(Claim::Ours), count(others)), (expect, archives.len() - expect), "{day}: {claims:?}");
    };
    let pass = |seconds: u32| {
        let sql = format!("UPDATE consent_gateway.in_force SET since = since - {seconds} WHERE what = 'purge'");
        bench.database.as_ref().expect("it is on a server").ask(&sql);
    };
    claimed("2026-11-24", 1, Claim::Others).await;
    claimed("2026-11-24", 0, Claim::Others).await;
    pass(3_500);
    archives[0].hold("purge", String::from("2026-11-24")).await.unwrap();
    pass(3_500);
    claimed("2026-11-24", 0, Claim::Others).await;
    // Whoever had it has ended: nobody says any more that it is being done.
    pass(200);
    claimed("2026-11-24", 1, Claim::Others).await;
    archives[4].finish("purge", String::from("2026-11-24")).await.unwrap();
    pass(9_000);
    claimed("2026-11-24", 0, Claim::Done).await;
    claimed("2026-11-23", 0, Claim::Done).await;
    claimed("2026-11-25", 1, Claim::Others).await;
}

#[tokio::test]
async fn what_visitors_ask_for_and_officers_destroy_goes_the_same_way_on_a_server() {
    let (bench, origin) = (Bench::postgres(), origin().await);
    let node = Gateway::configured(&bench.configuration(&origin, "admin = \"127.0.0.1:0\"")).start().await;
    let address = node.address();
    chosen(address, "accept_all", &[]).await;
    let sent = post(address, "requests", "kind=access&about=What+do+you+keep&reply=", "").await.text();
    let (_, rest) = sent.split_once("id=\"consent-reference\">").unwrap_or_else(|| panic!("no reference in {sent}"));
    let reference = rest.split('<').next().unwrap_or_default();
    let found = post(address, "request", &format!("reference={reference}"), "").await;
    assert!(found.text().contains("Waiting for an answer"), "{}", found.text());
    let officer = ["requests", "list", "--config", "gateway.toml", "--site", "shop", "--by", "kim"];
    let listed = printed(&command(node.folder(), &officer));
    assert!(listed.contains("access"), "{listed}");

    let mut purge = Command::new(folders::gateway_binary());
    purge.args(["records", "purge", "--yes", "--config", "gateway.toml"]).current_dir(node.folder());
    purge.env("LD_PRELOAD", clocks::library()).env("FAKETIME", "+1830d").stdin(Stdio::null());
    let purged = printed(&purge.output().expect("the gateway's binary runs"));
    assert!(
        purged.contains("shop: destroy: 1 of class withdrawn") && purged.contains("1 of class requests"),
        "{purged}"
    );
    assert!(purged.contains("records are destroyed; the register"), "{purged}");
    assert_eq!(node_records(&bench).await, 0);
}

async fn node_records(bench: &Bench) -> usize {
    bench.archive().newest(None, 9).await.expect("the store can be read").len()
}

#[tokio::test]
async fn a_gateway_that_runs_something_else_is_told_of() {
    let (bench, origin) = (Bench::postgres(), origin().await);
    let nodes = fleet(&bench, &origin).await;
    let other = folders::repository().join("policies/documents/starter/opt-out.toml");
    let text = bench.configuration(&origin, "admin = \"127.0.0.1:0\"");
    let file = nodes[0].folder().join("gateway.toml");
    std::fs::write(&file, format!("{text}policy = \"{}\"\n", other.display())).unwrap();
    nodes[0].reload();
    for node in &nodes[1..] {
        node.says("another gateway of this store runs another version").await;
        let admin = node.admin.expect("it listens for its owner");
        let metrics = Client::fetch(admin, "localhost", "/metrics", &[]).await.text();
        assert!(metrics.contains("consent_gateway_fleet_differences 1"), "{metrics}");
    }
    assert!(!nodes[0].log().contains("another gateway of this store"), "{}", nodes[0].log());
    std::fs::write(&file, text).unwrap();
    nodes[0].reload();
    for node in &nodes[1..] {
        node.says("all gateways of this store run the same again").await;
    }
    let rows = bench
        .database
        .as_ref()
        .unwrap()
        .ask("select what, id from consent_gateway.in_force where what <> 'purge' order by what");
    let key = std::fs::read_to_string(bench.folder.path().join("data/consent.key")).unwrap();
    assert!(rows.lines().count() == 3 && !rows.contains(key.trim()), "ids, and no key: {rows}");
}
