//! Records at the end of their time, in a real store with real key files: what is due goes on its day, beyond what any old copy of the
//! database can bring back, and the log goes on verifying.

use std::path::Path;

use policies::policy::RecordClass;
use policies::time::DAY;
use policies::{Date, PolicyVersion, Record};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::config::{self, HostMode, OriginOptions};
use crate::ledger::{Entry, EntryClass, EntryId, HeadKey};
use crate::store::{
    ALL_SITES, Archive, Asked, Batch, Cell, ContentKind, Counts, FigureRow, Grain, Limits, Measure, Place,
};
use crate::vault::Folder;

/// 2026-09-21, noon in Seoul: what the sample's clock says, so that keys are of this day.
const START: Timestamp = Timestamp(1_790_000_000 - 1_790_000_000 % DAY + 3 * 3_600);

struct Site {
    folder: TempDir,
    store: Store,
    config: Arc<Config>,
}

/// A site whose policy has this in the place of the row for choices.
fn site(row: &str) -> Site {
    let folder = TempDir::new().unwrap();
    let starter = config::STARTER;
    let mut rows = starter.splitn(3, "[[retention]]");
    let (before, rest) = (rows.next().unwrap(), rows.nth(1).unwrap());
    let (policy, data) = (folder.path().join("policy.toml"), folder.path().join("data"));
    std::fs::write(&policy, format!("{before}{row}\n[[retention]]{rest}")).unwrap();
    let options = OriginOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        admin: None,
        origin: String::from("http://127.0.0.1:1"),
        policy: Some(policy),
        data: data.clone(),
        host: Some(HostMode::Visitor),
        shadow: false,
    };
    let config = Arc::new(config::for_origin(options, START).unwrap_or_else(|faults| panic!("{faults:?}")));
    let place = Place { clock: || START, ..Place::sample(&data) };
    Site { store: Store::open(&place, &Limits::default()).unwrap(), folder, config }
}

/// A row for choices that hold, and for those that don't.
fn choices(period: &str, basis: &str) -> String {
    let law = if basis == "law" { "law = { ko = \"법\", en = \"an act\" }\n" } else { "" };
    format!(
        "[[retention]]\nrecord = {{ ko = \"선택의 기록\", en = \"records of choices\" }}\nperiod = \"{period}\"\nbasis = \"{basis}\"\n\
         {law}classes = [\"consent\", \"withdrawn\"]\n"
    )
}

impl Site {
    fn desk(&self, now: Timestamp) -> Desk {
        Desk { store: self.store.clone(), config: Arc::clone(&self.config), now }
    }

    async fn purge(&self, now: Timestamp) -> Done {
        let desk = self.desk(now);
        purge(&desk, plan(&desk).await.unwrap(), None).await.unwrap()
    }

    async fn due(&self, now: Timestamp) -> Vec<(RecordClass, Fate, usize)> {
        let plan = plan(&self.desk(now)).await.unwrap();
        plan.steps.iter().map(|step| (step.class, step.fate, step.entries.len())).collect()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    async fn is_proven(&self, id: EntryId) -> bool {
        let key = HeadKey::open(&self.data().join("receipt.key")).unwrap();
        let proven = self.store.archive().proven(id).await.unwrap().unwrap();
        let proof = proven.proof.unwrap();
        proof.holds(&proven.salt, &proven.entry.contents) && proof.head.is_signed_by(key.public())
    }
}

fn record(number: u8, visitor: Option<[u8; 16]>, made: Timestamp) -> Record {
    let (id, site) = ([number; 16], String::from("site"));
    Record { id, site, visitor, made, policy: PolicyVersion([1; 8]), ..crate::store::sample_record() }
}

fn after(days: i64) -> Timestamp {
    START.plus_seconds(days * DAY)
}

#[tokio::test]
async fn a_choice_goes_when_its_period_is_over_after_it_was_replaced_or_ran_out() {
    let site = site(&choices("P1Y", "internal_policy"));
    let visitor = Some([7; 16]);
    site.store.append(record(1, visitor, START)).await.unwrap();
    site.store.append(record(2, visitor, after(10))).await.unwrap();
    site.store.append(record(3, None, START)).await.unwrap();
    let over = after(10 + 365);
    assert_eq!(
        site.due(Timestamp(over.0 - 1)).await,
        [(RecordClass::Consent, Fate::Destroy, 1)],
        "the refusal still holds, for 400 days"
    );
    site.store.destroy(vec![[3; 16]]).await.unwrap();
    assert_eq!(site.due(Timestamp(over.0 - 1)).await, []);
    assert_eq!(
        site.due(over).await,
        [(RecordClass::Withdrawn, Fate::Destroy, 1), (RecordClass::Consent, Fate::Destroy, 1)]
    );
    let done = site.purge(Timestamp(over.0 - 1)).await;
    assert!(done.steps.is_empty() && site.store.archive().record([1; 16]).await.unwrap().is_some());
    site.purge(over).await;
    assert_eq!(site.store.archive().record([1; 16]).await.unwrap(), None);
    assert_eq!(site.due(over).await, []);
}

#[tokio::test]
async fn what_went_stands_in_the_register_and_names_nobody() {
    let site = site(&choices("P1Y", "internal_policy"));
    for number in 1..=3 {
        site.store.append(record(number, Some([number; 16]), after(i64::from(number)))).await.unwrap();
    }
    let desk = site.desk(after(3 * 365));
    let done = purge(&desk, plan(&desk).await.unwrap(), Some("officer Kim's seal")).await.unwrap();
    assert!(done.complete && done.steps.iter().all(|purged| purged.left == 0));
    let asked = Asked { class: Some(EntryClass::Destruction), ..Asked::default() };
    let register = site.store.archive().entries(asked, 9).await.unwrap();
    let entries: Vec<Entry> = register.into_iter().filter_map(|found| found.entry).collect();
    let said: serde_json::Value = serde_json::from_slice(&entries[0].contents).unwrap();
    assert_eq!(entries.len(), 1);
    let expect = serde_json::json!({
        "approved_by": "officer Kim's seal", "basis": "internal_policy", "class": "withdrawn", "complete": true, "count": 3,
        "deposited": false, "keys_destroyed": 1, "keys_resting": 0, "left": 0, "newest": after(3).0, "oldest": after(1).0,
        "period": "P1Y", "site": "site", "beyond_recovery": (after(3 * 365).date().day_number() + 9) * DAY,
    });
    assert_eq!(said, expect);
    let again = serde_json::to_vec(&said).unwrap();
    assert_eq!(again, entries[0].contents, "the text is canonical");
    assert!(site.is_proven(entries[0].id).await);
    site.purge(after(3 * 365 + 9_999)).await;
    assert!(site.is_proven(entries[0].id).await, "the register stays");
}

#[tokio::test]
async fn an_old_copy_of_the_database_says_nothing_once_the_keys_backups_are_gone() {
    let site = site(&choices("P1Y", "internal_policy"));
    site.store.append(record(1, Some([1; 16]), START)).await.unwrap();
    site.store.append(record(2, Some([2; 16]), after(700))).await.unwrap();
    site.purge(after(0)).await;
    let copy = site.folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    site.store.compact().await.unwrap();
    std::fs::copy(site.data().join("consent.sqlite"), copy.join("consent.sqlite")).unwrap();
    let read = async |id: EntryId| {
        let place = Place { record_keys: Folder::within(&site.data()), ..Place::sample(&copy) };
        Archive::at(&place, std::time::Duration::from_secs(1)).record(id).await.unwrap().is_some()
    };
    assert!(read([1; 16]).await);
    let done = site.purge(after(800)).await;
    assert_eq!((done.keys.destroyed, done.keys.wrapped, done.keys.resting), (1, 1, 0), "what stays is wrapped anew");
    assert!(!read([1; 16]).await && !read([2; 16]).await, "the copy is without its key");
    assert!(site.store.archive().record([2; 16]).await.unwrap().is_some() && site.is_proven([2; 16]).await);
    // The purge of the start made a backup. Its window of seven days is long over; a later one has only keys of what stays.
    let folder = Folder::within(&site.data());
    assert_eq!(folder.backups().unwrap(), [after(800).date()]);
    folder.restore(after(800).date()).unwrap();
    assert!(!read([1; 16]).await && !read([2; 16]).await);
}

#[tokio::test]
async fn within_the_window_a_backup_brings_a_key_back_and_the_purge_says_until_when() {
    let site = site(&choices("P1Y", "internal_policy"));
    site.store.append(record(1, Some([1; 16]), START)).await.unwrap();
    site.store.append(record(2, None, after(9_000))).await.unwrap();
    site.purge(after(764)).await;
    let copy = std::fs::read(site.data().join("consent.sqlite")).unwrap();
    let done = site.purge(after(765)).await;
    assert_eq!(done.beyond_recovery, Timestamp((after(765).date().day_number() + 9) * DAY));
    let folder = Folder::within(&site.data());
    for (later, restored) in [(766, 1), (772, 1), (773, 0), (774, 0)] {
        site.purge(after(later)).await;
        let days = folder.backups().unwrap();
        let old: usize = days.iter().map(|day| folder.restore(*day).unwrap()).sum();
        assert_eq!(old.min(1), restored.min(usize::from(later < 773)), "day {later}: {days:?}");
        for (day, key) in folder.keys().unwrap().into_iter().filter(|(day, _)| *day == START.date()) {
            assert_eq!(day, START.date());
            site.store.archive().vault().destroy(key).unwrap();
        }
    }
    assert!(!copy.is_empty());
}

#[tokio::test]
async fn nothing_of_a_destroyed_record_is_left_in_the_raw_files() {
    let site = site(&choices("P1Y", "internal_policy"));
    site.store.append(record(1, Some([1; 16]), START)).await.unwrap();
    site.store.append(record(2, Some([2; 16]), after(700))).await.unwrap();
    let sealed = site.store.archive().sealed(vec![[1; 16]]).await.unwrap();
    let body = sealed[0].entry.body.clone();
    assert!(holds(&site.data(), &body));
    let reader = Connection::open(site.data().join("consent.sqlite")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM entry").unwrap();
    let done = site.purge(after(800)).await;
    assert!(!done.complete, "a reader keeps the log of changes");
    assert!(holds(&site.data(), &body));
    reader.execute_batch("COMMIT").unwrap();
    assert!(site.purge(after(800)).await.complete);
    assert!(!holds(&site.data(), &body), "the body is overwritten");
}

/// Whether any database file of a folder has these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_file());
    let mut texts = files.map(|entry| std::fs::read(entry.path()).unwrap());
    texts.any(|text| text.windows(bytes.len()).any(|window| window == bytes))
}

#[tokio::test]
async fn what_a_law_keeps_waits_in_the_deposit_and_goes_from_there() {
    let site = site(&choices("P5Y", "law"));
    let visitor = Some([7; 16]);
    site.store.append(record(1, visitor, START)).await.unwrap();
    site.store.append(record(2, visitor, after(10))).await.unwrap();
    assert_eq!(site.due(after(11)).await, [(RecordClass::Withdrawn, Fate::Deposit, 1)]);
    let before = site.store.archive().proven([1; 16]).await.unwrap().unwrap();
    let done = site.purge(after(11)).await;
    assert_eq!(done.steps[0].left, 0);
    assert_eq!(site.store.archive().record([1; 16]).await.unwrap(), None, "it has left the store");
    let folder = site.config.records.archive.clone();
    let (sealed, ended) = Deposit::open(&folder).unwrap().find([1; 16]).unwrap().unwrap();
    assert_eq!((ended, sealed.place), (after(10), Some(0)));
    let (entry, salt) = site.store.archive().vault().open(sealed.entry).unwrap();
    assert_eq!((entry, salt), (before.entry, before.salt), "as it was, and its leaf stays in the log");
    let theirs = Deposit::open(&folder).unwrap().of_subject("site", [7; 16], 9).unwrap();
    assert_eq!(theirs.iter().map(|sealed| (sealed.entry.id, sealed.place)).collect::<Vec<_>>(), [([1; 16], Some(0))]);
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);

    let over = Timestamp(after(10).0 + (5 * 365 + 1) * DAY);
    let deposited =
        |due: Vec<(RecordClass, Fate, usize)>| due.iter().any(|(_, fate, _)| *fate == Fate::DestroyDeposited);
    assert!(!deposited(site.due(Timestamp(over.0 - 1)).await));
    assert!(deposited(site.due(over).await));
    let done = site.purge(over).await;
    assert!(done.steps.iter().all(|purged| purged.left == 0) && done.keys.destroyed == 1);
    assert_eq!(Deposit::open(&folder).unwrap().find([1; 16]).unwrap(), None);
}

#[tokio::test]
async fn what_was_shown_goes_when_no_record_can_name_it_any_more() {
    let site = site(&choices("P1Y", "internal_policy"));
    let keep = async |kind| site.store.keep_content(kind, [3; 32], b"<p>".to_vec()).await.unwrap();
    let is_kept = async || site.store.archive().content(ContentKind::Form, [3; 32]).await.unwrap().is_some();
    keep(ContentKind::Form).await;
    keep(ContentKind::Configuration).await;
    site.store.append(record(1, Some([1; 16]), START)).await.unwrap();
    // A record of a site that isn't configured any more has no row that would let it go.
    let elsewhere = Record { site: String::from("elsewhere"), ..record(2, None, after(1)) };
    site.store.append(elsewhere).await.unwrap();
    assert_eq!(site.purge(after(760)).await.contents, 0);
    assert_eq!(site.purge(after(9_000)).await.contents, 0);
    assert!(is_kept().await, "a record of those days is still there");
    site.store.destroy(vec![[2; 16]]).await.unwrap();
    assert_eq!(site.purge(after(760)).await.contents, 0, "one may still be owed");
    assert_eq!(site.purge(after(9_000)).await.contents, 1);
    assert!(!is_kept().await);
    let configuration = site.store.archive().content(ContentKind::Configuration, [3; 32]).await.unwrap();
    assert!(configuration.is_some(), "entries that stay name it");
}

#[tokio::test]
async fn what_records_without_a_row_name_stays_with_them() {
    let site = site("");
    site.store.keep_content(ContentKind::Form, [3; 32], b"<p>".to_vec()).await.unwrap();
    assert_eq!(site.purge(after(99_000)).await.contents, 0);
}

#[tokio::test]
async fn a_class_without_a_row_is_told_and_kept() {
    let site = site("");
    site.store.append(record(1, Some([1; 16]), START)).await.unwrap();
    let plan = plan(&site.desk(after(9_000))).await.unwrap();
    assert_eq!(plan.steps, []);
    let told: Vec<RecordClass> = plan.without_row.iter().map(|(_, class)| *class).collect();
    assert_eq!(told, [RecordClass::Consent, RecordClass::Withdrawn]);
}

#[tokio::test]
async fn counts_and_logs_moved_aside_go_by_their_own_rows() {
    let site = site(&choices("P1Y", "internal_policy"));
    let row = |site: &str, day: Date| {
        let mut counts = Counts::default();
        counts.add(Measure::Visits, 1);
        let cell = Cell { site: site.to_owned(), at: day.day_number() * 24 + 13, ..Cell::default() };
        FigureRow { cell, counts }
    };
    // Two years, by the starter policy; the second of them is a leap year.
    let days = [0, 1, 2].map(|day| after(day).date());
    let figures = days.iter().flat_map(|day| [row("site", *day), row(ALL_SITES, *day)]).collect();
    site.store.add(Batch { figures, ..Batch::default() }).await.unwrap();
    let left_of = async |grain: Grain| {
        let rows = site.store.archive().figures_after(grain, Cell::default(), 99).await.unwrap();
        let days = |of: &str| {
            let rows = rows.iter().filter(|row| row.cell.site == of);
            let in_a_day = if grain == Grain::Hour { 24 } else { 1 };
            rows.map(|row| Date::of_day_number(row.cell.at / in_a_day)).collect::<Vec<_>>()
        };
        assert_eq!(days("site"), days(ALL_SITES), "what all have together goes with the first of them");
        days("site")
    };
    let left = async || left_of(Grain::Day).await;
    site.purge(after(10)).await;
    assert_eq!(left_of(Grain::Hour).await, days, "hours are kept for two weeks");
    site.purge(after(15)).await;
    assert_eq!(left_of(Grain::Hour).await, days[1..]);
    site.purge(after(731)).await;
    assert_eq!(left().await, days, "a day is over when its last second is");
    site.purge(after(732)).await;
    assert_eq!(left().await, days[1..]);
    site.purge(after(9_000)).await;
    assert_eq!(left().await, []);

    let log = site.folder.path().join("access.log");
    let config = Config { access_log: Some(log.clone()), ..Config::clone(&site.config) };
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(START.0.unsigned_abs());
    for name in ["access.log", "access.log.1", "access.log-20260921.gz", "access.logbook"] {
        let file = std::fs::File::create(site.folder.path().join(name)).unwrap();
        file.set_modified(old).unwrap();
    }
    let desk = |now| Desk { config: Arc::new(config.clone()), ..site.desk(now) };
    assert_eq!(rotated::remove(&desk(after(88))), [""; 0]);
    let mut gone = rotated::remove(&desk(after(93)));
    gone.sort();
    assert_eq!(gone, ["access.log-20260921.gz", "access.log.1"]);
    assert!(log.exists() && site.folder.path().join("access.logbook").exists());
}
