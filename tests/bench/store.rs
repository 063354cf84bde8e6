//! Choices a second on both stores, how long one waits at the 99th percentile, and how many bytes it takes, beside how often this disk syncs. One line of
//! JSON a measurement, for `scale.py`. Refuses to run without a bound: each measurement takes some seconds. Invariant: every choice is answered after its commit.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use gateway::config::Postgres;
use gateway::store::{Limits, Place, Store};
use gateway_tests::postgres::Cluster;
use policies::consent::{Circumstances, Mode, Speaker};
use policies::{Act, Lang, PolicyVersion, Record, Regime, Signals, Timestamp};
use serde_json::{Value, json};

/// How long each measurement takes.
const TIME: Duration = Duration::from_secs(4);
/// How many choose at once.
const WRITERS: [u32; 4] = [1, 8, 64, 256];
/// Bytes that are synced at once: a page of a log.
const PAGE: usize = 4_096;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    tell(&fsync(folder.path()));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().expect("a runtime can be made");
    runtime.block_on(async {
        let place = Place::in_folder(&folder.path().join("data"), || Timestamp(1_790_000_000));
        let written = measured("sqlite", &place).await;
        let files = ["consent.sqlite", "consent.sqlite-wal"].map(|name| place.folder.join(name));
        let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
        tell(&json!({ "store": "sqlite", "bytes_per_choice": bytes / written.max(1) }));
        let cluster = Cluster::own("");
        let database = cluster.fresh();
        let server = Postgres::parse(&database.url(), Path::new("")).expect("the harness writes an address");
        let place = Place::in_folder(&folder.path().join("server"), || Timestamp(1_790_000_000)).on(server);
        let written = measured("postgres", &place).await;
        let tables = "select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r' and relnamespace = 'consent_gateway'::regnamespace";
        let bytes: u64 = database.ask(tables).parse().expect("a number");
        tell(&json!({ "store": "postgres", "bytes_per_choice": bytes / written.max(1) }));
    });
}

fn tell(line: &Value) {
    writeln!(std::io::stdout(), "{line}").expect("standard output is open");
}

fn fsync(folder: &Path) -> Value {
    let mut file = File::create(folder.join("synced")).expect("a temporary folder can be written");
    let (page, started, mut waits) = ([7; PAGE], Instant::now(), Vec::new());
    while started.elapsed() < TIME {
        let before = Instant::now();
        file.write_all(&page).and_then(|()| file.sync_data()).expect("the disk syncs");
        waits.push(before.elapsed());
    }
    let rate = waits.len() as f64 / started.elapsed().as_secs_f64();
    json!({ "disk": "fsync", "per_second": rate.round(), "p99_ms": percentile(&mut waits, 99) })
}

/// All writers, one count after the other; how many choices were stored in all.
async fn measured(name: &str, place: &Place) -> u64 {
    let limits = Limits { wait: Duration::from_secs(30), lock_wait: Duration::from_secs(10), ..Limits::default() };
    let store = Store::open(place, &limits).expect("the store opens");
    let next = Arc::new(AtomicU32::new(0));
    for writers in WRITERS {
        let (commits, started) = (store.commits(), Instant::now());
        let tasks = (0..writers).map(|_| tokio::spawn(write(store.clone(), Arc::clone(&next), started)));
        let mut waits = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            waits.extend(task.await.expect("a writer ends"));
        }
        let seconds = started.elapsed().as_secs_f64();
        let commits = store.commits() - commits;
        tell(&json!({
            "store": name,
            "writers": writers,
            "choices_per_second": (waits.len() as f64 / seconds).round(),
            "commits_per_second": (commits as f64 / seconds).round(),
            "p50_ms": percentile(&mut waits, 50),
            "p99_ms": percentile(&mut waits, 99),
        }));
    }
    store.close().await;
    u64::from(next.load(Ordering::Relaxed))
}

async fn write(store: Store, next: Arc<AtomicU32>, started: Instant) -> Vec<Duration> {
    let mut waits = Vec::new();
    while started.elapsed() < TIME {
        let before = Instant::now();
        store.append(record(next.fetch_add(1, Ordering::Relaxed))).await.expect("a choice is stored");
        waits.push(before.elapsed());
    }
    waits
}

/// Milliseconds, to the hundredth.
fn percentile(waits: &mut [Duration], percent: usize) -> f64 {
    waits.sort_unstable();
    let at = (waits.len() * percent / 100).min(waits.len().saturating_sub(1));
    waits.get(at).map_or(0.0, |wait| (wait.as_secs_f64() * 100_000.0).round() / 100.0)
}

fn record(number: u32) -> Record {
    let mut id = [0; 16];
    // Ids are random: neighbours don't come one after the other.
    id[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
    id[4..8].copy_from_slice(&number.to_be_bytes());
    Record {
        id,
        site: String::from("shop"),
        visitor: Some(id),
        made: Timestamp(1_790_000_000),
        act: Act::AcceptAll,
        granted: ["preferences", "analytics", "marketing"].map(String::from).to_vec(),
        refused: Vec::new(),
        allowed_singly: Vec::new(),
        refused_singly: Vec::new(),
        policy: PolicyVersion([1, 2, 3, 4, 5, 6, 7, 8]),
        words: None,
        lang: Some(Lang::Ko),
        regime: Regime::OptIn,
        signals: Signals { gpc: false },
        mode: Mode::AsSet,
        late: false,
        speaker: Speaker::Visitor,
        ground: None,
        circumstances: Circumstances {
            valid_until: Some(Timestamp(1_820_000_000)),
            form: Some([3; 32]),
            style: Some([4; 32]),
            configuration: Some([5; 32]),
            ..Circumstances::default()
        },
    }
}
