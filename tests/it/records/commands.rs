//! What officers read beside a gateway that runs. Refuses to look at anything without the reason that the command asks for, but to see that it asks.

use std::collections::BTreeSet;
use std::path::Path;

use gateway::store::{Archive, Asked, Place};
use gateway_tests::Gateway;
use policies::Timestamp;
use serde_json::Value;

use super::{granted, opened, receipt, records, saved, shop};

async fn id_of(gateway: &Gateway, cookie: &str) -> String {
    let value: Value = serde_json::from_str(&receipt(gateway, cookie).await).expect("JSON");
    value["consent_record"]["record"]["record_id"].as_str().expect("a number").to_owned()
}

/// The entries of a class, as they say of themselves.
async fn entries(gateway: &Gateway, class: gateway::ledger::EntryClass) -> Vec<Value> {
    let place = Place::in_folder(&gateway.data(), || Timestamp(0));
    let archive = Archive::at(&place, std::time::Duration::from_secs(5));
    let asked = Asked { class: Some(class), ..Asked::default() };
    let found = archive.entries(asked, 1_000).await.expect("the store can be read");
    let contents = found.into_iter().filter_map(|numbered| numbered.entry).map(|entry| entry.contents);
    contents.map(|contents| serde_json::from_slice(&contents).expect("JSON")).collect()
}

#[tokio::test]
async fn a_record_is_shown_with_a_reason_that_is_kept_and_what_was_seen_can_be_opened() {
    let (_origin, gateway) = shop("").await;
    let id = id_of(&gateway, &granted(&gateway, "analytics").await).await;
    let (well, said) = records(&gateway, &["show", &id, "--config", "gateway.toml"]);
    assert!(!well && said.contains("--reason") && said.lines().count() == 1, "{said}");
    let (well, said) = records(&gateway, &["show", &"0".repeat(32), "--config", "gateway.toml", "--reason", "x"]);
    assert!(!well && said.contains("no record has the number"), "{said}");
    assert!(entries(&gateway, gateway::ledger::EntryClass::Access).await.is_empty(), "nothing was shown");
    let show = ["show", &id, "--config", "gateway.toml", "--page", "seen.html", "--reason", "a complaint of 3 March"];
    let (well, said) = records(&gateway, &show);
    assert!(well && said.contains("\"act\": \"custom\"") && said.contains("in the log"), "{said}");
    let seen = std::fs::read_to_string(gateway.folder().join("seen.html")).expect("a page was written");
    assert!(seen.contains("id=\"consent-save\"") && seen.contains("<style>") && !seen.contains(" action="), "{seen}");
    assert!(!seen.contains(&id), "nothing of the visitor is in it");
    let looks = entries(&gateway, gateway::ledger::EntryClass::Access).await;
    assert_eq!(looks.len(), 1, "{looks:?}");
    assert_eq!((&looks[0]["whose"], &looks[0]["action"]), (&Value::from(id.as_str()), &Value::from("records show")));
    assert_eq!(looks[0]["reason"], "a complaint of 3 March");
    let (well, said) = records(&gateway, &show);
    assert!(!well && said.contains("is there already"), "{said}");

    let banner = id_of(&gateway, &crate::visitors::chosen(gateway.address(), "custom", &["analytics"]).await).await;
    let show = ["show", &banner, "--config", "gateway.toml", "--page", "banner.html", "--reason", "the same"];
    let (well, said) = records(&gateway, &show);
    assert!(well && said.contains("\"surface\": \"banner\""), "{said}");
    let seen = std::fs::read_to_string(gateway.folder().join("banner.html")).expect("a page was written");
    assert!(seen.contains("<consent-banner") && seen.contains("consent-refuse"), "{seen}");

    let receipt = [
        "receipt",
        &id,
        "--config",
        "gateway.toml",
        "--reason",
        "asked for by post",
        "--out",
        "r.jsonld",
        "--lang",
        "ko",
    ];
    assert!(records(&gateway, &receipt).0);
    let (well, said) = records(&gateway, &["verify", "r.jsonld", "--config", "gateway.toml"]);
    assert!(well && said.contains(&id), "{said}");
}

#[tokio::test]
async fn records_are_exported_as_lines_and_as_a_table_without_formulas() {
    let (_origin, gateway) = shop("").await;
    granted(&gateway, "analytics").await;
    saved(&gateway, "act=refuse_all", "", &[]).await;
    let (well, said) = records(&gateway, &["export", "--config", "gateway.toml"]);
    assert!(!well && said.contains("--reason"), "{said}");
    let (well, said) = records(&gateway, &["export", "--config", "gateway.toml", "--reason", "yearly look"]);
    assert!(well, "{said}");
    let acts: BTreeSet<String> = said
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON")["choice"]["act"].to_string())
        .collect();
    assert_eq!(acts, ["\"custom\"".to_owned(), "\"refuse_all\"".to_owned()].into());
    let table =
        ["export", "--config", "gateway.toml", "--format", "csv", "--reason", "yearly look", "--out", "all.csv"];
    assert!(records(&gateway, &table).0);
    let text = std::fs::read_to_string(gateway.folder().join("all.csv")).expect("a table was written");
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.lines().skip(1).all(|line| line.split("\",\"").count() == 26), "{text}");
    let (well, said) = records(
        &gateway,
        &["export", "--config", "gateway.toml", "--reason", "x", "--from", "2000-01-01", "--to", "2000-12-31"],
    );
    assert!(well && said.is_empty(), "{said}");
    assert_eq!(entries(&gateway, gateway::ledger::EntryClass::Access).await.len(), 3);
}

#[tokio::test]
async fn a_changed_configuration_is_entered_and_an_inspection_gets_one_pack() {
    let (_origin, gateway) = shop("shadow = false").await;
    let changes = async || entries(&gateway, gateway::ledger::EntryClass::Configuration).await;
    gateway_tests::wait::until_true("the first configuration is entered", || async { changes().await.len() == 1 })
        .await;
    let file = gateway.folder().join("gateway.toml");
    let text = std::fs::read_to_string(&file).expect("a configuration");
    std::fs::write(&file, text.replace("shadow = false", "shadow = true")).expect("a folder can be written");
    gateway.reload();
    gateway_tests::wait::until_true("the change is entered", || async { changes().await.len() == 2 }).await;
    let changed = changes().await;
    assert_eq!(
        changed[1]["changed"].to_string(),
        "[{\"after\":\"true\",\"before\":\"false\",\"key\":\"site.shadow\"}]"
    );
    granted(&gateway, "analytics").await;

    let pack = ["evidence", "--config", "gateway.toml", "--from", "2000-01-01", "--to", "2999-12-31", "--out", "pack"];
    let (well, said) = records(&gateway, &pack);
    assert!(well && said.contains("of the log fit"), "{said}");
    let folder = gateway.folder().join("pack");
    let read =
        |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(read("README.md").contains("한국어") && read("README.md").contains("## English"));
    assert_eq!(read("shop/versions.csv").lines().count(), 2);
    assert_eq!(read("shop/configuration.jsonl").lines().count(), 2);
    assert!(read("shop/settings.json").contains("\"site.shadow\":\"true\""));
    assert!(read("shop/pages/banner-ko.html").contains("consent-accept"));
    let seen = names(&folder.join("shop/pages")).into_iter().filter(|name| name.starts_with("seen-")).count();
    assert_eq!(seen, 1, "the settings page that the record names");
    let (leaves, heads) = (read("log/leaves.txt"), read("log/heads.jsonl"));
    assert!(leaves.lines().count() >= 3 && heads.lines().count() >= 2, "{leaves} {heads}");
    assert_eq!(read("log/keys.json"), opened(&gateway, "keys.json", "").await.text());
    let everything: String = all_text(&folder);
    assert!(!everything.contains("pii_principal_id"), "no visitor's record is in it");
    let (well, said) = records(&gateway, &pack);
    assert!(!well && said.contains("is there already"), "{said}");
}

fn names(folder: &Path) -> Vec<String> {
    let read = std::fs::read_dir(folder).expect("a folder");
    read.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

fn all_text(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        text.push_str(&if path.is_dir() { all_text(&path) } else { std::fs::read_to_string(&path).expect("text") });
    }
    text
}
