//! Receivers that a site names are told of choices and withdrawals: signed, from the store, until they have it. The example that the product
//! ships is run on the bytes that a receiver got. Refuses to know how long a pause is: what counts is what arrives.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use gateway_tests::certificates::Authority;
use gateway_tests::gateway::{command, printed};
use gateway_tests::origin::free_address;
use gateway_tests::raw_origin::{Answer, RawOrigin};
use gateway_tests::{Client, Gateway, Origin, Reply, Seen, folders, wait};
use serde_json::Value;

use crate::store::{ask, lock};
use crate::visitors::{choose, chosen, page};

async fn origin() -> Origin {
    Origin::start(|_| Reply::page("<!doctype html><title>T</title><p>page").cookie("_ga=1")).await
}

async fn receiver() -> Origin {
    Origin::start(|_| Reply::status(204)).await
}

fn text(origin: &Origin, url: &str, more: &str) -> String {
    format!(
        "listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\ndata = \"data\"\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n\
         [[sites.webhooks]]\nurl = \"{url}\"\n{more}\n",
        origin.url()
    )
}

/// Waits until the receiver got so many messages, each counted once; in the order in which they came first.
async fn told(receiver: &Origin, count: usize) -> Vec<Seen> {
    wait::until("the receiver is told", || async {
        let mut ids = BTreeSet::new();
        let first = |seen: &Seen| ids.insert(seen.header("webhook-id"));
        let seen: Vec<_> = receiver.seen().into_iter().filter(first).collect();
        (seen.len() >= count).then_some(seen)
    })
    .await
}

fn data(seen: &Seen) -> Value {
    let body: Value = serde_json::from_slice(&seen.body).expect("a body in JSON");
    body["data"].clone()
}

/// What the shipped example says of a request.
fn verified(key: &Path, seen: &Seen, body: &[u8]) -> String {
    let example = folders::repository().join("gateway/packaging/verify/webhook.py");
    let mut command = Command::new("python3");
    command.arg(example).arg(key).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("Python is there: run `make deps`");
    let mut input = child.stdin.take().expect("an input");
    for (name, value) in &seen.headers {
        writeln!(input, "{name}: {}", String::from_utf8_lossy(value)).expect("the example reads");
    }
    input.write_all(&[b"\n", body].concat()).expect("the example reads");
    drop(input);
    printed(&child.wait_with_output().expect("the example ends")).trim().to_owned()
}

fn folder(gateway: &Gateway) -> std::path::PathBuf {
    gateway.folder().join("data")
}

async fn metrics(gateway: &Gateway) -> String {
    let admin = gateway.admin.expect("an admin listener");
    Client::fetch(admin, &admin.to_string(), "/metrics", &[]).await.text()
}

#[tokio::test]
async fn choices_and_withdrawals_are_told_signed_and_without_anything_of_the_request() {
    let (origin, receiver) = (origin().await, receiver().await);
    let url = format!("{}/consent?token=s3cret", receiver.url());
    let gateway = Gateway::configured(&text(&origin, &url, "")).start().await;
    let key = gateway.folder().join("data/webhook-shop.key");
    assert_eq!(std::fs::metadata(&key).expect("a key was made").permissions().mode() & 0o777, 0o600);
    choose(gateway.address(), "refuse_all", &[], &[]).await;
    told(&receiver, 1).await;
    let cookie = chosen(gateway.address(), "custom", &["analytics"]).await;
    told(&receiver, 2).await;
    let secret = format!("{cookie}; PHPSESSID=visitors-own-value");
    choose(gateway.address(), "withdraw", &[], &[("Cookie", &secret), ("Sec-GPC", "1")]).await;
    let messages = told(&receiver, 3).await;
    let expect = [("consent.chosen", "refuse_all"), ("consent.chosen", "custom"), ("consent.withdrawn", "withdraw")];
    for (seen, (kind, act)) in messages.iter().zip(expect) {
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/consent?token=s3cret"));
        assert_eq!(seen.all("content-type"), ["application/json"]);
        assert_eq!(verified(&key, seen, &seen.body), format!("{kind} {act}"));
        let changed = String::from_utf8_lossy(&seen.body).replace(act, "accept_all");
        assert_eq!(verified(&key, seen, changed.as_bytes()), "not the gateway's word");
        let all = format!("{:?} {}", seen.headers, String::from_utf8_lossy(&seen.body));
        let (_, value) = cookie.split_once('=').expect("a cookie");
        assert!(!all.contains(value) && !all.contains("visitors-own"), "{all}");
        assert!(!String::from_utf8_lossy(&seen.body).contains("127.0.0.1"), "{all}");
    }
    let told: Vec<_> = messages.iter().map(data).collect();
    assert_eq!(told[0].get("visitor"), None, "who only refuses has no id");
    assert!(told[1]["visitor"].is_string() && told[1]["visitor"] == told[2]["visitor"], "{told:?}");
    assert_eq!(told[1]["granted"], serde_json::json!(["analytics"]));
    assert_eq!((&told[2]["granted"], &told[2]["signals"]["gpc"]), (&serde_json::json!([]), &Value::Bool(true)));
    let records = ask(&folder(&gateway), "select lower(hex(id)) from record order by seq");
    for told in &told {
        assert!(records.contains(told["record"].as_str().expect("an id")), "{records} {told}");
    }
    wait::until_true("nothing waits any more", || async {
        ask(&folder(&gateway), "select count(*) from outbox") == "[(0,)]"
    })
    .await;
    assert!(metrics(&gateway).await.contains("consent_gateway_webhooks_total{site=\"shop\",outcome=\"told\"} 3"));
    assert!(!gateway.log().contains("s3cret"), "the address may hold a secret: {}", gateway.log());
}

/// What was posted and not told outlives the process; the next one tells it.
#[tokio::test]
async fn a_receiver_that_was_away_is_told_after_the_gateway_was_killed() {
    let (origin, address) = (origin().await, free_address().await);
    let text = text(&origin, &format!("http://{address}/consent"), "");
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    let text = text.replace("\"data\"", &format!("{:?}", data.path().join("data")));
    let mut gateway = Gateway::configured(&text).start().await;
    chosen(gateway.address(), "accept_all", &[]).await;
    choose(gateway.address(), "refuse_all", &[], &[]).await;
    gateway.says("a webhook was not taken").await;
    assert!(metrics(&gateway).await.contains("webhooks_total{site=\"shop\",outcome=\"away\"}"));
    gateway.kill();
    gateway.ended().await;
    let receiver = Origin::start_at(address, |_| Reply::status(200)).await;
    let gateway = Gateway::configured(&text).start().await;
    let acts: BTreeSet<_> = told(&receiver, 2).await.iter().map(|seen| self::data(seen)["act"].to_string()).collect();
    assert_eq!(acts, BTreeSet::from(["\"accept_all\"".to_owned(), "\"refuse_all\"".to_owned()]));
    chosen(gateway.address(), "custom", &["analytics"]).await;
    told(&receiver, 3).await;
}

/// A receiver that takes connections and says nothing costs no visitor anything, and no other receiver.
#[tokio::test]
async fn nobody_waits_for_a_receiver() {
    let (origin, receiver) = (origin().await, receiver().await);
    let silent = RawOrigin::start(|_| Answer::Silence).await;
    let other = format!("key_file = \"a.key\"\n[[sites.webhooks]]\nurl = \"{}\"\nkey_file = \"b.key\"", receiver.url());
    let gateway = Gateway::configured(&text(&origin, &silent.url(), &other)).start().await;
    chosen(gateway.address(), "accept_all", &[]).await;
    wait::until_true("the silent one was asked", || async { silent.connections() > 0 }).await;
    for _ in 0..20 {
        chosen(gateway.address(), "accept_all", &[]).await;
        page(gateway.address(), "/", &[]).await;
    }
    told(&receiver, 21).await;
    assert!(silent.asked().len() < 8, "who may be away is asked with one message at a time");
    assert_ne!(
        std::fs::read(gateway.folder().join("a.key")).expect("a key"),
        std::fs::read(gateway.folder().join("b.key")).expect("a key")
    );
}

#[tokio::test]
async fn redirects_are_not_followed_and_a_refused_message_holds_up_no_other() {
    let (origin, elsewhere) = (origin().await, receiver().await);
    let to = elsewhere.url();
    let receiver = Origin::start(move |seen| {
        if String::from_utf8_lossy(&seen.body).contains("refuse_all") {
            Reply::redirect(307, &to)
        } else {
            Reply::status(200)
        }
    })
    .await;
    let gateway = Gateway::configured(&text(&origin, &receiver.url(), "")).start().await;
    choose(gateway.address(), "refuse_all", &[], &[]).await;
    gateway.says("redirects are not followed").await;
    chosen(gateway.address(), "accept_all", &[]).await;
    told(&receiver, 2).await;
    wait::until_true("only the refused one waits", || async {
        ask(&folder(&gateway), "select failures, due > 0 from outbox") == "[(1, 1)]"
    })
    .await;
    assert!(elsewhere.seen().is_empty());
    assert!(metrics(&gateway).await.contains("webhooks_total{site=\"shop\",outcome=\"refused\"} 1"));
}

#[tokio::test]
async fn what_is_recorded_late_is_told_then() {
    let (origin, receiver) = (origin().await, receiver().await);
    let gateway = Gateway::configured(&text(&origin, &receiver.url(), "")).start().await;
    let locked = lock(&folder(&gateway)).await;
    let refused = choose(gateway.address(), "refuse_all", &[], &[]).await;
    let cookie = refused.set_cookie("consent").expect("a refusal takes effect at once");
    drop(locked);
    page(gateway.address(), "/", &[("Cookie", &cookie)]).await;
    let message = data(&told(&receiver, 1).await[0]);
    assert_eq!((&message["act"], &message["late"]), (&Value::from("refuse_all"), &Value::Bool(true)));
}

#[tokio::test]
async fn receivers_by_https_are_known_by_their_certificate_and_follow_a_reload() {
    let origin = origin().await;
    let (ours, theirs) = (Authority::fresh(), Authority::fresh());
    let receiver = Origin::start_tls(ours.identity(&["127.0.0.1"]).server(&["http/1.1"]), |_| Reply::status(200)).await;
    let url = format!("https://{}/", receiver.address);
    let plan = Gateway::configured(&text(&origin, &url, "ca = \"authority.pem\""));
    theirs.write(plan.folder());
    let gateway = plan.start().await;
    chosen(gateway.address(), "accept_all", &[]).await;
    gateway.says("a webhook was not taken").await;
    assert!(receiver.seen().is_empty(), "nothing is told to whom nobody knows");
    ours.write(gateway.folder());
    gateway.reload();
    told(&receiver, 1).await;
}

#[tokio::test]
async fn a_receiver_that_a_reload_takes_away_is_told_no_more() {
    let (origin, one, two) = (origin().await, receiver().await, receiver().await);
    let gateway = Gateway::configured(&text(&origin, &one.url(), "")).start().await;
    chosen(gateway.address(), "accept_all", &[]).await;
    told(&one, 1).await;
    std::fs::write(gateway.folder().join("gateway.toml"), text(&origin, &two.url(), "")).expect("it can be written");
    gateway.reload();
    wait::until_true("the other one is told", || async {
        chosen(gateway.address(), "accept_all", &[]).await;
        !two.seen().is_empty()
    })
    .await;
    let told_before = one.seen().len();
    chosen(gateway.address(), "custom", &["analytics"]).await;
    wait::until_true("the newest choice is told", || async {
        two.seen().iter().any(|seen| data(seen)["act"] == "custom")
    })
    .await;
    assert_eq!(one.seen().len(), told_before);
}

#[tokio::test]
async fn a_check_tells_of_the_files_that_a_start_would_stumble_over() {
    let origin = origin().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let written =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a folder can be written");
    written("bad.key", "no key\n");
    written("garbage.pem", "no certificate\n");
    let check = |url: &str, more: &str, words: &[&str]| {
        written("gateway.toml", &text(&origin, url, more));
        let told = printed(&command(folder.path(), &["check", "--config", "gateway.toml"]));
        assert!(words.iter().all(|words| told.contains(words)), "{told}");
        if !words.contains(&"no faults") {
            let started = printed(&command(folder.path(), &["run", "--config", "gateway.toml"]));
            assert!(started.contains(words[0]), "a start says the same: {started}");
        }
    };
    check("http://crm.example/", "", &["no faults"]);
    check("http://crm.example/", "key_file = \"new.key\"", &["no faults"]);
    assert!(!folder.path().join("data").exists() && !folder.path().join("new.key").exists(), "a check makes nothing");
    check(
        "http://crm.example/",
        "key_file = \"nowhere/a.key\"",
        &["nowhere/a.key: the key can't be read or made", "1 fault"],
    );
    check(
        "https://crm.example/",
        "key_file = \"bad.key\"\nca = \"garbage.pem\"",
        &["bad.key: must hold one key", "garbage.pem: the certificate authorities can't be read", "2 faults"],
    );
}
