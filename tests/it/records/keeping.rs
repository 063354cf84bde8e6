//! Records at the end of their time, by the commands of officers beside a gateway that runs, with the clock set forward. Refuses to ask the store what a
//! person couldn't. Invariant: what was destroyed isn't found in a copy that was made before.

use std::path::Path;
use std::process::{Command, Output};

use gateway_tests::gateway::{command, printed};
use gateway_tests::{Gateway, Origin, Reply, folders};
use tempfile::TempDir;

use super::receipts::check;
use super::{checked_in_python, granted, opened, receipt};
use crate::faults::clocks;

/// A gateway whose data lies in a folder of the test's own, so that another can go on with it.
async fn gateway(folder: &TempDir, origin: &Origin) -> Gateway {
    let path = folder.path().display();
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"{path}/data\"\n[records]\nkeys = \"{path}/keys\"\nheads = \"{path}/heads.jsonl\"\n\
         archive = \"{path}/deposit\"\napproval = true\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
        origin.url()
    );
    Gateway::configured(&text).start().await
}

/// A command of an officer's who lives so many days later.
fn later(gateway: &Gateway, days: u32, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(folders::gateway_binary());
    command.arg("records").args(arguments).args(["--config", "gateway.toml"]).current_dir(gateway.folder());
    command
        .env("LD_PRELOAD", clocks::library())
        .env("FAKETIME", format!("+{days}d"))
        .stdin(std::process::Stdio::null());
    told(&command.output().expect("the gateway's binary runs"))
}

fn now(gateway: &Gateway, arguments: &[&str]) -> (bool, String) {
    told(&command(gateway.folder(), &[&["records"], arguments, &["--config", "gateway.toml"]].concat()))
}

fn told(output: &Output) -> (bool, String) {
    (output.status.success(), printed(output).trim().to_owned())
}

fn export(gateway: &Gateway) -> usize {
    let (well, said) = now(gateway, &["export", "--format", "jsonl", "--reason", "to count"]);
    assert!(well, "{said}");
    said.lines().filter(|line| line.starts_with('{')).count()
}

fn files_in(folder: &Path) -> usize {
    let files =
        std::fs::read_dir(folder).map(|entries| entries.flatten().filter(|entry| entry.path().is_file()).count());
    files.unwrap_or_default()
}

#[tokio::test]
async fn a_copy_older_than_a_purge_says_nothing_of_who_was_destroyed_and_its_log_verifies() {
    let folder = TempDir::new().expect("a folder");
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>Shop</title><p>Welcome.</p>")).await;
    let mut first = gateway(&folder, &origin).await;
    let cookie = granted(&first, "analytics").await;
    let proof = receipt(&first, &cookie).await;
    std::fs::write(first.folder().join("receipt.jsonld"), &proof).expect("a folder can be written");
    assert_eq!(export(&first), 1);
    let (well, said) = now(&first, &["backup", "--out", "copy.sqlite"]);
    assert!(well && said.contains("verifies") && said.contains("keys of the records are not in it"), "{said}");
    let (well, said) = now(&first, &["backup", "--out", "copy.sqlite"]);
    assert!(!well && said.contains("copy.sqlite") && said.lines().count() == 1, "nothing is written over: {said}");

    let (well, said) = later(&first, 300, &["purge", "--dry-run"]);
    assert!(well && said.starts_with("Nothing is due."), "{said}");
    let (well, said) = later(&first, 5 * 366, &["purge"]);
    assert!(well && said.contains("shop: destroy: 1 of class withdrawn") && said.contains("kept for P3Y"), "{said}");
    assert!(said.contains("Nothing was done") && said.contains("--yes"), "{said}");
    assert_eq!(export(&first), 1);
    let (well, said) = later(&first, 5 * 366, &["purge", "--yes"]);
    // Beside the visitor's record the looks of the two exports: the starter policy keeps those for two years.
    assert!(well && said.contains("3 records are destroyed") && said.contains("after that nothing can"), "{said}");
    assert_eq!(export(&first), 0);

    let (well, said) = now(&first, &["restore", "--from", "copy.sqlite"]);
    assert!(!well && said.contains("stop the gateway first"), "{said}");
    let copy = folder.path().join("copy.sqlite");
    std::fs::copy(first.folder().join("copy.sqlite"), &copy).expect("a file can be copied");
    first.finish();
    first.ended().await;
    let (well, said) = now(&first, &["restore", "--from", &copy.display().to_string()]);
    assert!(well && said.contains("destroyed since: their keys are gone") && said.contains("lies in"), "{said}");
    assert_eq!(export(&first), 0, "a row without its key says nothing");

    let second = gateway(&folder, &origin).await;
    assert_eq!(export(&second), 0);
    std::fs::write(second.folder().join("receipt.jsonld"), &proof).expect("a folder can be written");
    let (well, said) =
        told(&command(second.folder(), &["records", "verify", "receipt.jsonld", "--config", "gateway.toml"]));
    assert!(well, "the receipt outlives its record: {said}");
    assert_eq!(files_in(&folder.path().join("deposit")), 0, "no law keeps what the starter policy names");
}

#[tokio::test]
async fn what_waits_for_an_officer_is_told_and_stays() {
    let folder = TempDir::new().expect("a folder");
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>Shop</title><p>Welcome.</p>")).await;
    let mut first = gateway(&folder, &origin).await;
    granted(&first, "analytics").await;
    first.finish();
    first.ended().await;
    let clock = folder.path().join("clock");
    clocks::step(&clock, 1_830);
    let text = std::fs::read_to_string(first.folder().join("gateway.toml")).expect("it was started by this file");
    let second = clocks::following(Gateway::configured(&text), &clock).start().await;
    second.says("wait for approval").await;
    let (well, said) = later(&second, 1_830, &["purge", "--dry-run"]);
    assert!(well && said.contains("1 of class withdrawn") && said.contains("approval = true"), "{said}");
}

#[tokio::test]
async fn a_database_put_back_without_its_last_minute_is_found_at_the_next_start() {
    let folder = TempDir::new().expect("a folder");
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>Shop</title><p>Welcome.</p>")).await;
    let mut first = gateway(&folder, &origin).await;
    granted(&first, "analytics").await;
    let copy = folder.path().join("copy.sqlite").display().to_string();
    let (well, said) = now(&first, &["backup", "--out", &copy]);
    assert!(well, "{said}");
    granted(&first, "analytics").await;
    // Within the minute, so that nobody was told of the second choice while the gateway ran.
    first.finish();
    first.ended().await;
    let (well, said) = now(&first, &["restore", "--from", &copy]);
    assert!(well, "{said}");
    let second = gateway(&folder, &origin).await;
    second.says("does not hold what was told of it").await;
}

#[tokio::test]
async fn a_receipt_outlives_the_key_that_signed_it() {
    let folder = TempDir::new().expect("a folder");
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>Shop</title><p>Welcome.</p>")).await;
    let mut first = gateway(&folder, &origin).await;
    let old = receipt(&first, &granted(&first, "analytics").await).await;
    first.finish();
    first.ended().await;
    std::fs::remove_file(folder.path().join("data/receipt.key")).expect("the key is there");

    let second = gateway(&folder, &origin).await;
    let new = receipt(&second, &granted(&second, "marketing").await).await;
    let keys = opened(&second, "keys.json", "").await.text();
    assert_eq!(keys.matches("\"kid\"").count(), 2, "{keys}");
    for text in [&old, &new] {
        let (genuine, said) = checked_in_python(&second, folder.path(), text).await;
        assert!(genuine, "{said}");
        assert!(check(&second, text).await.contains("was made out here and is unchanged"));
        std::fs::write(second.folder().join("receipt.jsonld"), text).expect("a folder can be written");
        let (well, said) = now(&second, &["verify", "receipt.jsonld"]);
        assert!(well && said.contains("begins with the receipt's"), "{said}");
    }
    let pack = ["evidence", "--from", "2020-01-01", "--to", "2999-12-31", "--out", "pack"];
    let (well, said) = now(&second, &pack);
    assert!(well && said.contains("fit"), "heads of both keys: {said}");
}
