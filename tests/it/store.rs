//! The store in bad weather: locked or full. The site keeps working, a grant waits in vain and is told so, a refusal takes effect at once and is
//! recorded when the weather is better. Refuses to look into the store but by SQLite itself.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use gateway::store::{Archive, Place};
use gateway_tests::process::Process;
use gateway_tests::{Gateway, Origin, Reply, wait};
use policies::{Record, Timestamp};

use crate::visitors::{choose, chosen, page, state};

/// What SQLite answers in the data folder's database, as Python prints it. Records stand there in a table of the columns that
/// [`records`] gives them: the file has them sealed.
pub(crate) fn ask(data: &Path, statement: &str) -> String {
    let script = "import json, sqlite3, sys\n\
                  c = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)\n\
                  rows = json.loads(sys.argv[3])\n\
                  if rows:\n\
                  \x20 names = list(rows[0])\n\
                  \x20 c.execute('CREATE TEMP TABLE record (%s)' % ', '.join(names))\n\
                  \x20 bytes_of = lambda name, v: bytes.fromhex(v) if v and name in ('id', 'visitor', 'policy', 'words') else v\n\
                  \x20 for row in rows: c.execute('INSERT INTO record VALUES (%s)' % ', '.join('?' * len(names)), \
                        [bytes_of(name, row[name]) for name in names])\n\
                  else: c.execute('CREATE TEMP TABLE record (seq, id, act, granted, refused, visitor, made, regime, late, \
                        speaker, ground, words, policy)')\n\
                  print([tuple(row) for row in c.execute(sys.argv[2])])";
    let rows = if statement.contains("record") { records(data) } else { Vec::new() };
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(data.join("consent.sqlite"))
        .arg(statement)
        .arg(serde_json::Value::from(rows).to_string())
        .output();
    let output = output.expect("Python is there: run `make deps`");
    assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The records of a data folder, the oldest first, read as the command line reads them.
pub(crate) fn records(data: &Path) -> Vec<serde_json::Value> {
    let place = Place::in_folder(data, || Timestamp(0));
    let read = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(Archive::at(&place, Duration::from_secs(20)).newest(None, 1_000_000))
    };
    // Tests run on a runtime of their own, which must not be blocked by another on its thread.
    let records = std::thread::spawn(read).join().expect("no panic").expect("the records can be read");
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let row = |(seq, record): (usize, Record)| {
        serde_json::json!({
            "seq": seq,
            "id": hex(&record.id),
            "act": record.act.name(),
            "granted": record.granted.join(" "),
            "refused": record.refused.join(" "),
            "visitor": record.visitor.map(|visitor| hex(&visitor)),
            "made": record.made.0,
            "regime": record.regime.name(),
            "late": i32::from(record.late),
            "speaker": record.speaker.name(),
            "ground": record.ground,
            "words": record.words.map(|words| hex(&words)),
            "policy": hex(&record.policy.0),
        })
    };
    records.into_iter().rev().enumerate().map(row).collect()
}

/// Holds the database's write lock until dropped.
pub(crate) async fn lock(data: &Path) -> Process {
    let script = "import signal, sqlite3, sys\n\
                  c = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)\n\
                  c.execute('BEGIN IMMEDIATE')\n\
                  print('locked', flush=True)\n\
                  signal.pause()";
    let mut command = Command::new("python3");
    command.args(["-c", script]).arg(data.join("consent.sqlite"));
    let process = Process::start("Python", command);
    wait::until_true("Python holds the lock", || async { process.output.text().contains("locked") }).await;
    process
}

async fn site() -> Origin {
    Origin::start(|_| Reply::page("<!doctype html><title>T</title><body><p>works</p>").cookie("_ga=1")).await
}

const RECORDS: &str = "select act from record order by seq";

#[tokio::test]
async fn a_grant_is_answered_after_its_commit() {
    let origin = site().await;
    let gateway = Gateway::before(&origin.url()).start().await;
    chosen(gateway.address(), "accept_all", &[]).await;
    // No wait here: the answer itself says that the row is there.
    assert_eq!(ask(&gateway.data(), RECORDS), "[('accept_all',)]");
    chosen(gateway.address(), "custom", &["analytics"]).await;
    chosen(gateway.address(), "refuse_all", &[]).await;
    assert_eq!(ask(&gateway.data(), RECORDS), "[('accept_all',), ('custom',), ('refuse_all',)]");
    assert_eq!(ask(&gateway.data(), "select act, visitor from record where visitor is null"), "[('refuse_all', None)]");
}

/// What must hold while the store can't write; hands over the refusal's cookie.
async fn bad_weather(gateway: &Gateway) -> String {
    // A full database has room for a few rows more in pages that it has already.
    let granted = wait::until("a grant can't be stored", || async {
        let heard = choose(gateway.address(), "accept_all", &[], &[]).await;
        (heard.status != 200).then_some(heard)
    });
    let granted = granted.await;
    assert_eq!(granted.status, 503, "no durable record, no grant: {}", granted.text());
    assert!(granted.set_cookie("consent").is_none());
    assert!(!granted.text().trim().is_empty(), "the visitor is told");
    for _ in 0..20 {
        choose(gateway.address(), "refuse_all", &[], &[]).await;
    }
    let refused = choose(gateway.address(), "refuse_all", &[], &[]).await;
    assert_eq!(refused.status, 200, "a refusal takes effect at once: {}", refused.text());
    let cookie = refused.set_cookie("consent").expect("a refusal is kept by its cookie");
    let heard = page(gateway.address(), "/", &[("Cookie", &cookie)]).await;
    assert!(heard.text().contains("works") && !heard.text().contains("<consent-banner"), "{}", heard.text());
    assert!(heard.all("set-cookie").iter().all(|line| !line.starts_with("_ga")), "{:?}", heard.all("set-cookie"));
    assert_eq!(state(gateway.address(), &[("Cookie", &cookie)]).await["decided"], true);
    cookie
}

/// The marked cookie is recorded, once, and then unmarked.
async fn good_weather(gateway: &Gateway, marked: &str) {
    let unmarked = wait::until("the refusal is recorded late", || async {
        let heard = page(gateway.address(), "/", &[("Cookie", marked)]).await;
        let cookie = heard.set_cookie("consent");
        cookie.map(|cookie| (cookie, heard.all("cache-control")))
    });
    let (unmarked, cached) = unmarked.await;
    assert_eq!(cached, ["no-store"], "an answer that sets the consent cookie is kept by nobody");
    assert_ne!(unmarked, marked);
    let late = "select act, late from record where late = 1";
    assert_eq!(ask(&gateway.data(), late), "[('refuse_all', 1)]");
    assert!(
        page(gateway.address(), "/", &[("Cookie", &unmarked)]).await.set_cookie("consent").is_none(),
        "once is enough"
    );
    assert_eq!(ask(&gateway.data(), late), "[('refuse_all', 1)]");
    chosen(gateway.address(), "accept_all", &[]).await;
}

#[tokio::test]
async fn a_locked_store_keeps_the_site_working_and_records_the_refusal_later() {
    let origin = site().await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let holder = lock(&gateway.data()).await;
    let marked = bad_weather(&gateway).await;
    assert!(gateway.log().to_lowercase().contains("lock"), "a clear message: {}", gateway.log());
    drop(holder);
    good_weather(&gateway, &marked).await;
}

#[tokio::test]
async fn a_full_store_keeps_the_site_working_and_records_the_refusal_later() {
    let origin = site().await;
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n[limits]\ndatabase_mb = 2\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
        origin.url()
    );
    let gateway = Gateway::configured(&text).start().await;
    // Two megabytes are soon full; the limit is the gateway's own, so that another connection can pass it.
    ask(
        &gateway.data(),
        "create table filler as with recursive n(x) as (select 1 union all select x + 1 from n where x < 3000) select randomblob(1000) from n",
    );
    let marked = bad_weather(&gateway).await;
    assert!(gateway.log().to_lowercase().contains("full"), "a clear message: {}", gateway.log());
    ask(&gateway.data(), "drop table filler");
    good_weather(&gateway, &marked).await;
}

#[tokio::test]
async fn records_outlive_the_process() {
    let origin = site().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut gateway = Gateway::before(&origin.url()).data(folder.path()).start().await;
    let cookie = chosen(gateway.address(), "accept_all", &[]).await;
    gateway.finish();
    assert!(gateway.ended().await.success(), "{}", gateway.log());
    let again = Gateway::before(&origin.url()).data(folder.path()).start().await;
    let state = state(again.address(), &[("Cookie", &cookie)]).await;
    assert_eq!(state["decided"], true, "the key of the seal is kept");
    assert_eq!(ask(folder.path(), RECORDS), "[('accept_all',)]");
}
