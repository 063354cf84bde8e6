//! The log that every entry stands in: proofs hold after whatever else comes and goes, and records of older versions are in it.

use std::path::Path;

use policies::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;

use super::tests::record;
use super::*;
use crate::ledger::{EntryClass, HeadKey, merkle};

fn opened() -> (TempDir, Store, HeadKey) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&Place::sample(folder.path()), &Limits::default()).unwrap();
    let key = HeadKey::open(&folder.path().join("receipt.key")).unwrap();
    (folder, store, key)
}

fn access(number: u8) -> Entry {
    let contents = format!("{{\"number\":{number}}}").into_bytes();
    let (id, made) = ([number; 16], Timestamp(1_800_000_000 + i64::from(number)));
    Entry {
        id,
        site: String::from("shop"),
        class: EntryClass::Access,
        subject: Some([3; 16]),
        made,
        ends: None,
        contents,
    }
}

async fn is_proven(store: &Store, id: EntryId, key: &HeadKey) -> bool {
    let proven = store.archive().proven(id).await.unwrap().unwrap();
    let proof = proven.proof.unwrap();
    proof.holds(&proven.salt, &proven.entry.contents) && proof.head.is_signed_by(key.public())
}

#[tokio::test]
async fn every_entry_is_proved_by_a_signed_head_whatever_comes_later() {
    let (_folder, store, key) = opened();
    for number in 0..9 {
        store.append(record(number)).await.unwrap();
        store.append(record(number)).await.unwrap();
        store.enter(access(u8::try_from(number).unwrap() + 100)).await.unwrap();
    }
    let head = store.archive().head().await.unwrap().unwrap();
    assert_eq!(head.size, 18, "an id is a leaf once");
    for number in 0..9 {
        assert!(is_proven(&store, record(number).id, &key).await, "{number}");
        assert!(is_proven(&store, [u8::try_from(number).unwrap() + 100; 16], &key).await, "{number}");
    }
    for earlier in store.archive().heads(0, 99).await.unwrap() {
        let (new, path) = store.archive().growth(earlier.size).await.unwrap().unwrap();
        assert!(earlier.is_signed_by(key.public()) && new == head);
        let old = (earlier.size, earlier.root);
        assert!(merkle::verify_consistency(old, (new.size, new.root), &path), "{}", earlier.size);
    }
    assert_eq!(store.archive().growth(99).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_destroyed_is_gone_and_the_rest_is_still_proved() {
    let (folder, store, key) = opened();
    for number in 0..5 {
        store.append(record(number)).await.unwrap();
    }
    let before = store.archive().leaves(0, 99).await.unwrap();
    store.destroy(vec![record(2).id, record(3).id, [0xee; 16]]).await.unwrap();
    store.destroy(vec![record(2).id]).await.unwrap();
    store.append(record(9)).await.unwrap();
    assert_eq!(store.archive().proven(record(2).id).await.unwrap(), None);
    assert_eq!(store.archive().record(record(3).id).await.unwrap(), None);
    assert!(is_proven(&store, record(4).id, &key).await && is_proven(&store, record(9).id, &key).await);
    assert_eq!(store.archive().leaves(0, 5).await.unwrap(), before, "leaves stay");
    let spent: i64 = Connection::open(folder.path().join("consent.sqlite"))
        .unwrap()
        .query_row("SELECT count(*) FROM spent", [], |row| row.get(0))
        .unwrap();
    assert_eq!(spent, 1, "their key is noted");
}

#[tokio::test]
async fn entries_are_found_by_what_is_asked() {
    let (_folder, store, _key) = opened();
    store.append(record(1)).await.unwrap();
    for number in 1..4 {
        store.enter(access(number)).await.unwrap();
    }
    let find = async |asked: Asked| -> Vec<u8> {
        let found = store.archive().entries(asked, 9).await.unwrap();
        found.into_iter().filter_map(|found| found.entry).map(|entry| entry.id[1]).collect()
    };
    let of_class = |class| Asked { class: Some(class), ..Asked::default() };
    assert_eq!(find(Asked::default()).await, [1, 1, 2, 3]);
    assert_eq!(find(of_class(EntryClass::Access)).await, [1, 2, 3]);
    assert_eq!(find(of_class(EntryClass::Consent)).await, [1]);
    assert_eq!(find(Asked { subject: Some([7; 16]), ..Asked::default() }).await, [1]);
    let (from, until) = (Some(Timestamp(1_800_000_002)), Some(Timestamp(1_800_000_003)));
    assert_eq!(find(Asked { from, until, ..of_class(EntryClass::Access) }).await, [2]);
    assert_eq!(find(Asked { site: Some(String::from("other")), ..Asked::default() }).await, [0_u8; 0]);
    let first = store.archive().entries(Asked::default(), 2).await.unwrap();
    assert_eq!(first.len(), 2);
    assert_eq!(find(Asked { after: Some(first[1].seq), ..Asked::default() }).await, [2, 3]);
}

/// A database as the version before the log left it.
fn older(folder: &Path) {
    let connection = Connection::open(folder.join("consent.sqlite")).unwrap();
    for step in [
        include_str!("../../migrations/sqlite/0001_beginning.sql"),
        include_str!("../../migrations/sqlite/0002_single_answers.sql"),
        include_str!("../../migrations/sqlite/0003_outbox.sql"),
        include_str!("../../migrations/sqlite/0004_unknown_names.sql"),
        include_str!("../../migrations/sqlite/0005_guardians.sql"),
        include_str!("../../migrations/sqlite/0006_words.sql"),
    ] {
        connection.execute_batch(step).unwrap();
    }
    connection
        .execute_batch(
            "PRAGMA application_id = 1667725105; PRAGMA user_version = 6;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
            INSERT INTO record (id, site, visitor, made, act, granted, refused, policy, lang, regime, gpc, mode, late,
                allowed_singly, refused_singly, speaker, ground, words)
            SELECT CAST(printf('%016d', i) AS BLOB), 'shop', CAST('0123456789abcdef' AS BLOB), 1700000000 + i, 'custom',
                'analytics sort_order', 'marketing', x'0102030405060708', 'ko', 'opt-in', 1, 'session', 0,
                'cookie:_ga', 'service:meta', 'officer', 'seen', x'0807060504030201' FROM n",
        )
        .unwrap();
}

#[tokio::test]
async fn records_of_an_older_version_are_sealed_and_stand_in_the_log() {
    let folder = TempDir::new().unwrap();
    older(folder.path());
    let store = Store::open(&Place::sample(folder.path()), &Limits::default()).unwrap();
    let key = HeadKey::open(&folder.path().join("receipt.key")).unwrap();
    let records = store.archive().newest(None, 9_999).await.unwrap();
    assert_eq!(records.len(), 1_200);
    assert_eq!(records[0].id, *b"0000000000001200", "in their order");
    assert_eq!((records[0].act, records[0].ground.as_deref()), (policies::Act::Custom, Some("seen")));
    assert_eq!((records[0].words, records[0].signals.gpc), (Some([8, 7, 6, 5, 4, 3, 2, 1]), true));
    assert!(is_proven(&store, *b"0000000000000001", &key).await);
    assert_eq!(store.archive().head().await.unwrap().unwrap().size, 1_200);
    store.close().await;
    for name in ["consent.sqlite", "consent.sqlite-wal"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
        for said in [&b"sort_order"[..], b"service:meta", b"officer"] {
            let found = bytes.windows(said.len()).any(|window| window == said);
            assert!(!found, "{name} says {} in the clear", String::from_utf8_lossy(said));
        }
    }
}
