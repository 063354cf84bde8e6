//! How long the statistics take to answer: a year that was made up, of a hundred sites, on both stores; every kind of view several times. One line of JSON a
//! view. Refuses to measure the making. Invariant: rows lie in the tables as the gateway writes them, some fifty values of dimensions for each site and day.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use gateway::config::Postgres;
use gateway::stats::ask::{Frame, ask};
use gateway::stats::disclosure::Threshold;
use gateway::stats::measure::{Measure, PurposeMeasure};
use gateway::stats::question::{Cut, Dimension, Question, Resolution};
use gateway::store::{Archive, Limits, Place, Store};
use gateway_tests::postgres::Cluster;
use policies::{Date, Timestamp};
use serde_json::json;

/// Sites and days.
const SITES: i64 = 100;
const DAYS: i64 = 365;
/// For how many days hours are kept.
const HOURS: i64 = 14;
/// How often each view is asked.
const ROUNDS: usize = 7;
/// What a view may take at most, in milliseconds.
const GOAL: f64 = 200.0;
/// 2026-01-01, in days since 1970.
const FIRST: i64 = 20_454;
/// Each dimension with its values: what all have, policies, languages, countries, devices, regimes, groups of pages, signals.
const DIMENSIONS: [(&str, i64); 8] = [
    ("", 1),
    ("policy", 2),
    ("language", 7),
    ("region", 6),
    ("device", 4),
    ("regime", 2),
    ("page_group", 30),
    ("signal", 2),
];

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let slow = runtime.block_on(async {
        let clock = || Timestamp((FIRST + DAYS) * 86_400);
        let file = Place::in_folder(&folder.path().join("data"), clock);
        drop(Store::open(&file, &Limits::default()).expect("the store opens"));
        let path = file.folder.join("consent.sqlite");
        fill_file(&path);
        let mut slow = measured("sqlite", &file).await;
        let cluster = Cluster::own("");
        let database = cluster.fresh();
        let server = Postgres::parse(&database.url(), Path::new("")).expect("the harness writes an address");
        let server = Place::in_folder(&folder.path().join("server"), clock).on(server);
        drop(Store::open(&server, &Limits::default()).expect("the store opens"));
        for statement in statements() {
            database.ask(&format!("set search_path = consent_gateway; {statement}"));
        }
        database.ask("vacuum analyze");
        slow += measured("postgres", &server).await;
        slow
    });
    assert_eq!(slow, 0, "{slow} views took longer than {GOAL} ms at the median");
}

/// SQL that both stores understand.
fn statements() -> Vec<String> {
    let measures =
        (1..=Measure::ALL.len()).map(|place| format!("(20 + (s.i * 7 + t.i * 13 + v.i * 31) % 500) / {place}"));
    let measures = measures.collect::<Vec<_>>().join(", ");
    let of_purpose = (2..2 + PurposeMeasure::ALL.len())
        .map(|place| format!("(20 + (s.i * 5 + t.i * 11 + v.i * 17) % 400) / {place}"));
    let of_purpose = of_purpose.collect::<Vec<_>>().join(", ");
    let mut statements = Vec::new();
    for (grain, from, to) in
        [("day", FIRST, FIRST + DAYS - 1), ("hour", (FIRST + DAYS - HOURS) * 24, (FIRST + DAYS) * 24 - 1)]
    {
        for (site, sites) in [("'site' || s.i", SITES), ("''", 1)] {
            let all = DIMENSIONS.iter().filter(|(name, _)| sites > 1 || !["policy", "page_group"].contains(name));
            let all = all.map(|(name, count)| format!("('{name}', {count})")).collect::<Vec<_>>().join(", ");
            let series = |name: &str, from: i64, to: i64| {
                format!("{name}(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM {name} WHERE i < {to})")
            };
            let with = format!(
                "WITH RECURSIVE {}, {}, {}, d(name, count) AS (VALUES {all})",
                series("s", 1, sites),
                series("t", from, to),
                series("v", 1, 30)
            );
            let key = format!("{site}, d.name, t.i, CASE WHEN d.name = '' THEN '' ELSE d.name || v.i END");
            let of = "FROM s, d, t, v WHERE v.i <= d.count";
            statements
                .push(format!("INSERT INTO figure_{grain} {with} SELECT {key}, {measures} {of} ORDER BY 1, 2, 3, 4"));
            statements.push(format!(
                "INSERT INTO purpose_{grain} {}, p(id) AS (VALUES ('analytics'), ('marketing'), ('preferences'))
                SELECT {key}, p.id, {of_purpose} FROM s, d, t, v, p WHERE v.i <= d.count ORDER BY 1, 2, 3, 4, 5",
                with
            ));
        }
    }
    statements
}

fn fill_file(path: &Path) {
    let script = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nfor s in sys.stdin.read().split(';'): c.execute(s)\nc.commit()\nc.execute('ANALYZE')";
    let mut python = Command::new("python3");
    python.args(["-c", script]).arg(path).stdin(std::process::Stdio::piped());
    let mut running = python.spawn().expect("Python is there");
    let text = statements().join(";");
    running.stdin.take().expect("it reads").write_all(text.as_bytes()).expect("it reads");
    assert!(running.wait().expect("it ends").success(), "the year could not be made up");
}

/// The views that a dashboard and an analyst ask for.
fn questions() -> Vec<(String, Question)> {
    let day = |after: i64| Date::of_day_number(FIRST + after);
    let mut questions = Vec::new();
    for site in [Some(String::from("site7")), None] {
        let whose = if site.is_some() { "one site" } else { "all sites" };
        let mut add = |from: i64, resolution: Resolution, cut: Cut| {
            let days = DAYS - from;
            let name = format!("{whose}, {days} days by {}, {cut:?}", resolution.name());
            let (from, to) = (day(from), day(DAYS - 1));
            questions.push((name, Question { site: site.clone(), from, to, resolution, cut }));
        };
        for resolution in [Resolution::Day, Resolution::Month] {
            add(0, resolution, Cut::Whole);
        }
        for dimension in Dimension::ALL.into_iter().filter(|dimension| site.is_some() || dimension.is_common()) {
            add(0, Resolution::Day, Cut::By(dimension));
        }
        add(0, Resolution::Week, Cut::Only(Dimension::Device, String::from("device1")));
        add(DAYS - HOURS, Resolution::Hour, Cut::Whole);
        add(DAYS - HOURS, Resolution::Hour, Cut::By(Dimension::Device));
    }
    questions
}

/// Asks each view so often; how many were too slow.
async fn measured(name: &str, place: &Place) -> usize {
    let archive = Archive::at(place, Duration::from_secs(10));
    let zone = gateway::config::usual_zone();
    let frame = Frame { zone, now: Timestamp((FIRST + DAYS) * 86_400), threshold: Threshold::default() };
    let mut slow = 0;
    for (view, question) in questions() {
        let mut took = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let answer = ask(&archive, &question, &frame).await.expect("a view has an answer");
            assert!(answer.whole.total.of(Measure::Pages).count().is_some_and(|pages| pages > 0), "{view}");
            took.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        took.sort_by(f64::total_cmp);
        let (median, most) = (took[ROUNDS / 2], took[ROUNDS - 1]);
        slow += usize::from(median > GOAL);
        let line = json!({ "store": name, "view": view, "median_ms": median.round(), "most_ms": most.round() });
        writeln!(std::io::stdout(), "{line}").expect("standard output is open");
    }
    slow
}
