//! The store on real files: what a disk does to SQLite. What every store does is held by one suite for all (`tests/it/stores`).

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use policies::consent::{Circumstances, Mode, Speaker};
use policies::{Act, Lang, PolicyVersion, Regime, Signals, Timestamp};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

pub(super) fn record(number: u16) -> Record {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    Record {
        id,
        site: String::from("shop"),
        visitor: Some([7; 16]),
        made: Timestamp(1_700_000_000 + i64::from(number)),
        act: Act::Custom,
        granted: vec![String::from("analytics"), String::from("sort_order")],
        allowed_singly: vec![String::from("cookie:_ga")],
        refused_singly: vec![String::from("service:meta"), String::from("prefix:a b*")],
        refused: vec![String::from("marketing")],
        policy: PolicyVersion([1, 2, 3, 4, 5, 6, 7, 8]),
        words: Some([8, 7, 6, 5, 4, 3, 2, 1]),
        lang: Some(Lang::Ko),
        regime: Regime::OptIn,
        signals: Signals { gpc: true },
        mode: Mode::Session,
        late: false,
        speaker: Speaker::Visitor,
        ground: None,
        circumstances: Circumstances::default(),
    }
}

/// Any record, for the tests of other rooms.
pub(crate) fn sample_record() -> Record {
    record(1)
}

pub(super) fn quick() -> Limits {
    Limits { lock_wait: Duration::from_millis(10), retry: Duration::from_millis(10), ..Limits::default() }
}

pub(super) fn opened(limits: &Limits) -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&Place::sample(&folder.path().join("data")), limits).unwrap();
    (folder, store)
}

fn file(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("data/consent.sqlite")
}

#[tokio::test]
async fn many_choices_share_a_commit() {
    let patient = Duration::from_secs(60);
    let (folder, store) = opened(&Limits { lock_wait: patient, wait: patient, ..Limits::default() });
    // While another holds the lock, the rest gathers behind the first.
    let lock = Connection::open(file(&folder)).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let choices: Vec<_> = (0..500)
        .map(|number| {
            let store = store.clone();
            async move { store.append(record(number)).await }
        })
        .collect();
    let (answers, ()) = tokio::join!(futures_util::future::join_all(choices), async move {
        lock.execute_batch("COMMIT").unwrap();
    });
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert!(store.commits() < 100, "{} commits for 500 choices", store.commits());
    assert_eq!(store.archive().newest(None, 1000).await.unwrap().len(), 500);
}

#[tokio::test]
async fn a_locked_file_is_an_error_within_the_bound_and_no_more_once_free() {
    let (folder, store) = opened(&quick());
    let lock = Connection::open(file(&folder)).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(store.append(record(1)).await.unwrap_err().reason(), Some(Reason::Locked));
    assert!(!store.is_writable());
    let owed = Record { late: true, ..record(2) };
    assert_eq!(store.note_late(owed.clone()), Late::Queued);
    lock.execute_batch("COMMIT").unwrap();
    store.append(record(1)).await.unwrap();
    assert!(store.is_writable());
    assert_eq!(store.note_late(owed), Late::Stored);
    assert_eq!(store.archive().newest(None, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_full_database_says_so_and_writes_again_when_it_may_grow() {
    let (_folder, store) = opened(&Limits { max_database_bytes: Some(128 << 10), ..quick() });
    let error = store.keep_content(ContentKind::Banner, [2; 32], vec![1; 256 << 10]).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::Full));
    assert!(error.to_string().contains("limits.database_mb"), "{error}");
    store.append(record(1)).await.unwrap();
    store.limit_database(Some(1 << 20));
    store.keep_content(ContentKind::Banner, [2; 32], vec![1; 256 << 10]).await.unwrap();
    assert_eq!(store.archive().record(record(1).id).await.unwrap(), Some(record(1)));
}

#[tokio::test]
async fn a_data_folder_that_vanishes_is_made_again() {
    let (folder, store) = opened(&quick());
    store.append(record(1)).await.unwrap();
    std::fs::remove_dir_all(folder.path().join("data")).unwrap();
    store.append(record(2)).await.unwrap();
    let elsewhere = Archive::at(&Place::sample(&folder.path().join("data")), Duration::from_secs(1));
    assert_eq!(elsewhere.newest(None, 9).await.unwrap(), [record(2)]);
}

#[tokio::test]
async fn a_broken_file_is_an_error_until_it_is_mended() {
    let (folder, store) = opened(&quick());
    store.append(record(1)).await.unwrap();
    let aside = folder.path().join("aside");
    std::fs::rename(folder.path().join("data"), &aside).unwrap();
    std::fs::write(folder.path().join("data"), b"a file where the folder was").unwrap();
    assert_eq!(store.append(record(2)).await.unwrap_err().reason(), Some(Reason::Keys));
    std::fs::remove_file(folder.path().join("data")).unwrap();
    std::fs::rename(&aside, folder.path().join("data")).unwrap();
    store.append(record(2)).await.unwrap();
    assert_eq!(store.archive().newest(None, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_answered_survives_a_crash() {
    let (folder, store) = opened(&Limits::default());
    store.append(record(1)).await.unwrap();
    // A copy of the files as they lie, log included, is what a crash leaves.
    let crashed = TempDir::new().unwrap();
    let (from, to) = (folder.path().join("data"), crashed.path().join("data"));
    std::fs::create_dir_all(to.join("record-keys")).unwrap();
    let keys = std::fs::read_dir(from.join("record-keys")).unwrap().flatten();
    let keys = keys.map(|key| Path::new("record-keys").join(key.file_name()));
    for name in keys.chain(["consent.sqlite", "consent.sqlite-wal"].map(Into::into)) {
        std::fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
    let again = Store::open(&Place::sample(&crashed.path().join("data")), &Limits::default()).unwrap();
    assert_eq!(again.archive().record(record(1).id).await.unwrap(), Some(record(1)));
    again.append(record(2)).await.unwrap();
}

#[tokio::test]
async fn late_records_are_bounded_and_forgotten_in_the_end() {
    let (folder, store) = opened(&Limits { late: 2, late_memory: 1, retry: Duration::from_secs(600), ..quick() });
    let lock = Connection::open(file(&folder)).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    store.append(record(9)).await.unwrap_err();
    let note = |number| store.note_late(Record { late: true, ..record(number) });
    assert_eq!([note(1), note(1), note(2), note(3)], [Late::Queued, Late::Queued, Late::Queued, Late::Full]);
    lock.execute_batch("COMMIT").unwrap();
    store.append(record(9)).await.unwrap();
    assert_eq!(note(2), Late::Stored);
    // The first is stored but forgotten: it is taken again, and stored no second time.
    assert_eq!(note(1), Late::Queued);
    store.append(record(10)).await.unwrap();
    assert_eq!(store.archive().newest(None, 9).await.unwrap().len(), 4);
}

#[test]
fn files_are_for_this_user_alone() {
    let (folder, _store) = opened(&Limits::default());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("data")), 0o700);
    assert_eq!(mode(&file(&folder)), 0o600);
    assert_eq!(mode(&file(&folder).with_extension("sqlite-wal")), 0o600);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let check = |prepare: &dyn Fn(&Path), expect: &str| {
        let folder = TempDir::new().unwrap();
        prepare(&folder.path().join("consent.sqlite"));
        let told = Store::open(&Place::sample(folder.path()), &quick())
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(told.contains(expect), "{told:?} lacks {expect:?}");
    };
    check(
        &|path| std::fs::write(path, "a diary, long enough to be more than a header of a database").unwrap(),
        "not a database",
    );
    let sql = |sql: &'static str| move |path: &Path| Connection::open(path).unwrap().execute_batch(sql).unwrap();
    check(&sql("CREATE TABLE bookmark (url TEXT)"), "not a database of this gateway");
    check(&sql("PRAGMA application_id = 1667725105; PRAGMA user_version = 99"), "newer version (schema 99");
    check(&|path| std::fs::create_dir(path).unwrap(), "can't be used");
}

#[tokio::test]
async fn reading_tells_what_is_missing() {
    let folder = TempDir::new().unwrap();
    let archive = Archive::at(&Place::sample(folder.path()), Duration::from_millis(10));
    assert!(archive.newest(None, 1).await.unwrap_err().to_string().contains("nothing is stored"));
    let old = Connection::open(folder.path().join("consent.sqlite")).unwrap();
    old.execute_batch("PRAGMA application_id = 1667725105; PRAGMA user_version = 0").unwrap();
    assert!(archive.newest(None, 1).await.unwrap_err().to_string().contains("older version"));
}
