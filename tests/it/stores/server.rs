//! What only a server's store can suffer: connections cut, a server that stops, has no room, holds a lock, is of another version; and ten
//! gateways that begin at once. Refuses to mock the server. Invariant: what was answered is stored once, and what was counted is counted once.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use gateway::config::Postgres;
use gateway::store::{Archive, Batch, Cell, Grain, Limits, Measure, Place, Reason, Store};
use gateway_tests::certificates::Authority;
use gateway_tests::postgres::{Cluster, Database, Stop};
use gateway_tests::process::Process;
use gateway_tests::{Gateway, wait};

use super::crashes::{log_is_whole, origin};
use super::{Bench, counted_once, limits, postgres, record};
use crate::visitors::{choose, chosen, page, state};

/// 2026-11-20, an hour of it since 1970.
const HOUR: i64 = 20_777 * 24 + 9;

fn visits(count: u64) -> Batch {
    Batch { figures: vec![counted_once("shop", ("", ""), HOUR, count)], ..Batch::default() }
}

/// Writes records and counts until told to end; which records were answered, and how many counts.
async fn write(store: &Store, from: u16, (ended, done): (&AtomicBool, &AtomicUsize)) -> (Vec<u16>, u64) {
    let (mut answered, mut counted) = (Vec::new(), 0);
    for number in from..from + 5_000 {
        if ended.load(Ordering::Relaxed) {
            break;
        }
        if store.append(record(number)).await.is_ok() {
            answered.push(number);
            done.fetch_add(1, Ordering::Relaxed);
        } else {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // What isn't answered is counted again, as the gateway does.
        while store.add(visits(1)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        counted += 1;
    }
    (answered, counted)
}

/// Eight writers on two gateways' stores while something is done to the server; afterwards all that was answered is there, once.
async fn under_load(bench: &Bench, trouble: impl AsyncFnOnce(&AtomicUsize)) {
    let hurried = Limits { wait: Duration::from_secs(3), ..limits() };
    let stores = [bench.opened(&hurried), bench.opened(&hurried)];
    let (ended, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    let writing = (0..8_u16).map(|number| write(&stores[usize::from(number % 2)], number * 5_000, (&ended, &done)));
    let (written, ()) = tokio::join!(futures_util::future::join_all(writing), async {
        trouble(&done).await;
        ended.store(true, Ordering::Relaxed);
    });
    let archive = stores[0].archive();
    let stored = archive.newest(None, 1_000_000).await.unwrap();
    let ids: std::collections::BTreeSet<_> = stored.iter().map(|record| record.id).collect();
    assert_eq!(ids.len(), stored.len(), "nothing is stored twice");
    let answered: Vec<u16> = written.iter().flat_map(|(answered, _)| answered.clone()).collect();
    assert!(answered.len() > 50, "only {} records were answered", answered.len());
    for number in answered {
        assert!(ids.contains(&record(number).id), "record {number} was answered and is lost");
    }
    let counted: u64 = written.iter().map(|(_, counted)| counted).sum();
    // What is still to be taken back is, with the next rounds.
    for store in &stores {
        store.add(visits(0)).await.unwrap();
    }
    for grain in Grain::ALL {
        let rows = archive.figures_after(grain, Cell::default(), 9).await.unwrap();
        assert_eq!(
            rows.iter().map(|row| row.counts.of(Measure::Visits)).sum::<u64>(),
            counted,
            "each count is there once"
        );
    }
    log_is_whole(bench, 0).await;
}

#[tokio::test]
async fn connections_that_are_cut_lose_and_double_nothing() {
    let bench = Bench::postgres();
    under_load(&bench, async |_| {
        let database = bench.database.as_ref().expect("it is on a server");
        let mut cut = 0;
        for _ in 0..25 {
            tokio::time::sleep(Duration::from_millis(97)).await;
            cut += database.cut();
        }
        assert!(cut > 20, "only {cut} connections were cut");
    })
    .await;
}

#[tokio::test]
async fn a_server_that_dies_and_comes_back_loses_and_doubles_nothing() {
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::own("")));
    let bench = Bench { database: Some(cluster.fresh()), ..Bench::postgres() };
    under_load(&bench, async |done| {
        for how in [Stop::Immediate, Stop::Fast, Stop::Immediate, Stop::Immediate] {
            let before = done.load(Ordering::Relaxed);
            wait::until_true("records are stored again", || async { done.load(Ordering::Relaxed) > before + 40 }).await;
            tokio::task::spawn_blocking(move || {
                cluster.stop(how);
                std::thread::sleep(Duration::from_millis(200));
                cluster.start();
            })
            .await
            .expect("the server comes back");
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_away_refuses_grants_and_nothing_else() {
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::own("")));
    let bench = Bench { database: Some(cluster.fresh()), ..Bench::postgres() };
    let origin = origin().await;
    let gateway = Gateway::configured(&bench.configuration(&origin, "")).start().await;
    chosen(gateway.address(), "accept_all", &[]).await;
    cluster.stop(Stop::Fast);
    let marked = bad_weather(&gateway).await;
    assert!(gateway.log().contains("database server does not answer"), "a clear message: {}", gateway.log());
    cluster.start();
    good_weather(&bench, &gateway, &marked).await;
}

#[tokio::test]
async fn a_table_that_somebody_locks_refuses_grants_and_nothing_else() {
    let bench = Bench::postgres();
    let database = bench.database.as_ref().expect("it is on a server");
    let origin = origin().await;
    let gateway = Gateway::configured(&bench.configuration(&origin, "")).start().await;
    chosen(gateway.address(), "accept_all", &[]).await;
    let holder = lock(database).await;
    let marked = bad_weather(&gateway).await;
    drop(holder);
    database.cut();
    good_weather(&bench, &gateway, &marked).await;
}

/// Holds a lock on the entries until dropped, or cut.
async fn lock(database: &Database<'_>) -> Process {
    let locked = "begin; lock table consent_gateway.entry; select 'locked'; select pg_sleep(600)";
    let process = Process::start("psql", database.psql(locked));
    wait::until_true("psql holds the lock", || async {
        let held = "select count(*) from pg_locks where relation = 'consent_gateway.entry'::regclass and mode = 'AccessExclusiveLock' and granted";
        database.ask(held) == "1"
    })
    .await;
    process
}

/// What must hold while nothing can be stored; hands over a refusal's cookie.
async fn bad_weather(gateway: &Gateway) -> String {
    let granted = choose(gateway.address(), "accept_all", &[], &[]).await;
    assert_eq!(granted.status, 503, "no durable record, no grant: {}", granted.text());
    assert!(granted.set_cookie("consent").is_none() && !granted.text().trim().is_empty());
    let refused = choose(gateway.address(), "refuse_all", &[], &[]).await;
    assert_eq!(refused.status, 200, "a refusal takes effect at once: {}", refused.text());
    let cookie = refused.set_cookie("consent").expect("a refusal is kept by its cookie");
    let heard = page(gateway.address(), "/", &[("Cookie", &cookie)]).await;
    assert!(heard.text().contains("works"), "the site works: {}", heard.text());
    assert!(heard.all("set-cookie").iter().all(|line| !line.starts_with("_ga")), "{:?}", heard.all("set-cookie"));
    assert_eq!(state(gateway.address(), &[("Cookie", &cookie)]).await["decided"], true);
    cookie
}

/// The marked cookie is recorded, once, and then unmarked.
async fn good_weather(bench: &Bench, gateway: &Gateway, marked: &str) {
    wait::until("the refusal is recorded late", || async {
        page(gateway.address(), "/", &[("Cookie", marked)]).await.set_cookie("consent")
    })
    .await;
    page(gateway.address(), "/", &[("Cookie", marked)]).await;
    chosen(gateway.address(), "accept_all", &[]).await;
    let stored = bench.archive().newest(None, 100).await.unwrap();
    assert_eq!(stored.iter().filter(|record| record.late).count(), 1, "{stored:?}");
    assert!(gateway.log().contains("the store writes again"), "{}", gateway.log());
}

#[tokio::test]
async fn a_server_without_room_says_so_and_writes_again() {
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::own("")));
    let disk = crate::faults::disks::SmallDisk::of(24);
    Cluster::give(disk.path());
    let made = format!("create tablespace small location '{}'", disk.path().display());
    cluster.ask("postgres", &made);
    let bench = Bench { database: Some(cluster.fresh_with("tablespace small")), ..Bench::postgres() };
    let origin = origin().await;
    let gateway = Gateway::configured(&bench.configuration(&origin, "")).start().await;
    let before = chosen(gateway.address(), "accept_all", &[]).await;
    disk.fill();
    let refused = wait::until("a grant can't be stored", || async {
        let heard = choose(gateway.address(), "accept_all", &[], &[]).await;
        (heard.status != 200).then_some(heard)
    });
    assert_eq!(refused.await.status, 503);
    assert_eq!(choose(gateway.address(), "refuse_all", &[], &[]).await.status, 200, "a refusal takes effect");
    assert!(gateway.log().contains("disk is full"), "a clear message: {}", gateway.log());
    assert_eq!(state(gateway.address(), &[("Cookie", &before)]).await["decided"], true);
    disk.empty();
    wait::until_true("grants are stored again", || async {
        choose(gateway.address(), "accept_all", &[], &[]).await.status == 200
    })
    .await;
    let id = bench.record_in(&before).expect("a grant has a record");
    assert!(bench.archive().record(id).await.unwrap().is_some(), "what was stored before is there");
    drop(gateway);
    drop(bench);
    cluster.stop(Stop::Immediate);
}

#[tokio::test]
async fn ten_gateways_begin_at_once() {
    let bench = Bench::postgres();
    let opening = (0..10).map(|_| {
        let place = bench.place();
        tokio::task::spawn_blocking(move || Store::open(&place, &limits()))
    });
    let opened = futures_util::future::join_all(opening).await;
    let stores: Vec<Store> = opened.into_iter().map(|opened| opened.unwrap().expect("each opens")).collect();
    let appending = stores.iter().zip(0..).map(|(store, number)| store.append(record(number)));
    assert!(futures_util::future::join_all(appending).await.iter().all(Result::is_ok));
    assert_eq!(bench.archive().newest(None, 99).await.unwrap().len(), 10);
    let database = bench.database.as_ref().expect("it is on a server");
    assert_eq!(database.ask("select count(*) from consent_gateway.version"), "1");
    let now = database.ask("select to_char(now(), 'YYYY_MM')");
    let months = database.ask("select count(*) from pg_inherits where inhparent = 'consent_gateway.entry'::regclass");
    assert_eq!(months, "4", "this month, the next two, and the rest");
    assert_eq!(database.ask(&format!("select to_regclass('consent_gateway.entry_{now}') is not null")), "t");
}

#[tokio::test]
async fn a_schema_of_others_or_of_a_newer_version_is_left_alone() {
    let bench = Bench::postgres();
    let database = bench.database.as_ref().expect("it is on a server");
    let told = || Store::open(&bench.place(), &limits()).err().map(|error| error.to_string()).unwrap_or_default();
    let asked = || async { bench.archive().newest(None, 1).await.unwrap_err().to_string() };
    assert!(asked().await.contains("nothing is stored"), "{}", asked().await);
    database.ask("create schema consent_gateway; create table consent_gateway.bookmark (url text)");
    assert!(told().contains("is not a database of this gateway"), "{}", told());
    database.ask("drop schema consent_gateway cascade");
    drop(bench.open());
    database.ask("update consent_gateway.version set version = 99");
    assert!(told().contains("newer version (schema 99"), "{}", told());
    assert!(asked().await.contains("newer version"), "{}", asked().await);
    assert_eq!(database.ask("select version from consent_gateway.version"), "99");
}

#[tokio::test]
async fn who_can_not_come_in_is_told_in_a_sentence_without_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = "postgres://anna:pa55word@127.0.0.1:1/consent";
    let place = Place::in_folder(folder.path(), || super::NOW);
    let place = place.on(Postgres::parse(nobody, folder.path()).unwrap());
    let error = Store::open(&place, &limits()).err().expect("nobody listens there");
    let told = format!("{error} {error:?}");
    assert!(told.contains("the PostgreSQL database consent at 127.0.0.1 can't be used"), "{told}");
    assert!(!told.contains("pa55word") && !told.contains("anna"), "{told}");
    let asked = Archive::at(&place, Duration::from_secs(1)).newest(None, 1).await.unwrap_err();
    assert_eq!(asked.reason(), Some(Reason::Away));
    let config = format!(
        "listen = [\"127.0.0.1:0\"]\nstore = \"{nobody}\"\n[[sites]]\nname = \"shop\"\norigin = \"http://127.0.0.1:9\"\n"
    );
    std::fs::write(folder.path().join("gateway.toml"), config).unwrap();
    let output = gateway_tests::gateway::command(folder.path(), &["run", "--config", "gateway.toml"]);
    let printed = gateway_tests::gateway::printed(&output);
    assert!(!output.status.success() && printed.contains("can't be used"), "{printed}");
    assert!(!printed.contains("pa55word"), "{printed}");
}

#[tokio::test]
async fn the_way_to_another_machine_is_encrypted_and_its_certificate_checked() {
    let (ours, others) = (Authority::fresh(), Authority::fresh());
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = ours.identity(&["db.example"]).write(folder.path());
    // The server reads its key itself, and takes none that others may read.
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    [folder.path(), &certificate, &key].into_iter().for_each(Cluster::give);
    let cluster = Cluster::encrypted(&certificate, &key);
    let database = cluster.fresh();
    let keys = tempfile::tempdir().unwrap();
    std::fs::create_dir(keys.path().join("others")).unwrap();
    let (right, wrong) = (ours.write(keys.path()), others.write(&keys.path().join("others")));
    let open = |host: &str, authority: &Path| {
        let url = format!("{}&sslmode=verify-full&sslrootcert={}", database.url_of_host(host), authority.display());
        let place = Place::in_folder(&keys.path().join("data"), || super::NOW);
        Store::open(&place.on(Postgres::parse(&url, keys.path()).unwrap()), &limits())
    };
    for (host, authority) in [("db.example", &wrong), ("other.example", &right)] {
        let error = open(host, authority).err().expect("the certificate is not the server's");
        assert!(format!("{error:?}").to_lowercase().contains("certificate"), "{host}: {error:?}");
    }
    let store = open("db.example", &right).expect("the certificate is the server's");
    store.append(record(1)).await.unwrap();
    assert_eq!(store.archive().newest(None, 9).await.unwrap(), [record(1)]);
    let encrypted = "select bool_and(ssl), count(*) from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'consent-gateway'";
    assert_eq!(database.ask(encrypted), "t|2", "who writes and who asks");
}

#[tokio::test]
async fn commands_beside_a_gateway_read_from_the_server() {
    let bench = Bench::postgres();
    let origin = origin().await;
    let mut gateway = Gateway::configured(&bench.configuration(&origin, "")).start().await;
    let cookie = chosen(gateway.address(), "accept_all", &[]).await;
    let config = gateway.folder().join("gateway.toml").display().to_string();
    let folder = gateway.folder().to_owned();
    let run = |arguments: &[&str]| {
        let output = gateway_tests::gateway::command(&folder, arguments);
        (output.status.success(), gateway_tests::gateway::printed(&output))
    };
    let id: String = bench.record_in(&cookie).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    let (done, printed) = run(&["records", "show", &id, "--config", &config, "--reason", "a test"]);
    assert!(done && printed.contains("accept_all"), "{printed}");
    let (done, printed) = run(&["check", "--config", &config]);
    assert!(done, "{printed}");
    gateway.finish();
    assert!(gateway.ended().await.success());
    let (done, printed) = run(&["stats", "--config", &config]);
    assert!(done && printed.contains("Accepted all"), "{printed}");
    let (done, printed) = run(&["records", "backup", "--config", &config, "--out", "copy.sqlite"]);
    assert!(!done && printed.contains("PostgreSQL's own means"), "{printed}");
    // There, and back into another folder.
    let (from, to) =
        (bench.database.as_ref().unwrap().url(), format!("sqlite:{}", bench.folder.path().join("file").display()));
    let (done, printed) = run(&["records", "migrate", "--config", &config, "--from", &from, "--to", &to]);
    assert!(done && printed.contains("verified: the target's"), "{printed}");
    let (done, printed) = run(&["records", "migrate", "--config", &config, "--from", &from, "--to", &to]);
    assert!(!done && printed.contains("holds data already"), "{printed}");
    let (done, printed) = run(&["records", "migrate", "--config", &config, "--from", "mysql://x", "--to", &to]);
    assert!(!done && printed.contains("--from is no address"), "{printed}");
    let broken = bench.configuration(&origin, "").replace("store = \"postgres:///", "store = \"postgres://db.example/");
    let broken = broken.replacen("?host=", "?sslmode=disable&other=", 1);
    std::fs::write(&config, broken).unwrap();
    let (done, printed) = run(&["check", "--config", &config]);
    assert!(!done && printed.contains("gateway.toml:3: store: can't be read"), "{printed}");
    std::fs::write(&config, "listen = [\"127.0.0.1:0\"]\nstore = \"env:NO_SUCH_VARIABLE\"\n[[sites]]\nname = \"shop\"\norigin = \"http://127.0.0.1:9\"\n").unwrap();
    let (done, printed) = run(&["check", "--config", &config]);
    assert!(!done && printed.contains("NO_SUCH_VARIABLE, which is not set"), "{printed}");
}

#[tokio::test]
async fn no_key_lies_in_the_database() {
    let bench = Bench::postgres();
    let store = bench.open();
    store.append(record(1)).await.unwrap();
    let database = bench.database.as_ref().expect("it is on a server");
    let body = database.ask("select encode(body, 'escape') from consent_gateway.entry");
    assert!(!body.is_empty() && !body.contains("analytics"), "an entry's contents are closed");
    let files = std::fs::read_dir(bench.place().record_keys.path).unwrap().flatten();
    let keys: Vec<String> = files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
    assert_eq!(keys.len(), 1);
    let dump =
        database.ask("select string_agg(encode(key || wrapped || body, 'base64'), '') from consent_gateway.entry");
    let key = "select position(decode($$KEY$$, 'base64') in key || wrapped || body) from consent_gateway.entry";
    assert_eq!(database.ask(&key.replace("KEY", keys[0].trim())), "0", "{dump}");
    let _: Postgres = postgres(database);
}
