//! From an event to the report, through a real store.

use std::sync::Arc;

use policies::{Act, Date, PolicyVersion, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::store::{Batch, Limits, Store, Unsaved};

const POLICY: PolicyVersion = PolicyVersion([0xab; 8]);

/// 2024-02-29T12:00:00Z.
const NOON: Timestamp = Timestamp(1_709_208_000);

/// What a report without counts ends with.
const TODAY: Date = Date { year: 2024, month: 6, day: 1 };

fn today() -> Timestamp {
    Timestamp(TODAY.day_number() * policies::time::DAY)
}

fn counted() -> Arc<Tally> {
    let tally = Arc::new(Tally::default());
    let count = |site, event, days: i64| tally.count(site, POLICY, event, NOON.plus_seconds(days * 86_400));
    for _ in 0..3 {
        count("shop", Event::Visit, 0);
    }
    count("shop", Event::Owed, 0);
    count("shop", Event::Signal, 1);
    count("shop", Event::Choice(Act::AcceptAll), 1);
    count("shop", Event::Granted("analytics"), 1);
    count("shop", Event::Choice(Act::Custom), 1);
    count("shop", Event::Refused("analytics"), 1);
    count("blog", Event::Visit, 2);
    tally
}

fn opened() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&crate::store::Place::sample(folder.path()), &Limits::default()).unwrap();
    (folder, store)
}

fn args(folder: &TempDir, json: bool) -> StatsArgs {
    StatsArgs { data: folder.path().to_owned(), site: None, from: None, to: None, json }
}

#[tokio::test]
async fn what_was_counted_is_reported_once() {
    let (folder, store) = opened();
    let tally = counted();
    let sources: Vec<Arc<dyn Unsaved>> = vec![Arc::clone(&tally) as Arc<dyn Unsaved>];
    flush(sources.clone(), store.clone(), std::future::ready(())).await;
    flush_once(&sources, &store, false).await.unwrap();
    let (from, to) = period(store.archive(), None, None, None, TODAY).await.unwrap();
    assert_eq!((from.to_string().as_str(), to.to_string().as_str()), ("2024-02-02", "2024-03-02"));
    let all = report(store.archive(), None, from, to).await.unwrap();
    assert_eq!((all.totals.visits, all.totals.owed, all.totals.gpc, all.totals.choices.sum()), (4, 1, 1, 2));
    assert_eq!(all.days.len(), 30);
    assert_eq!(all.policies.len(), 2);
    assert_eq!(
        all.purposes,
        [PurposeCounts { site: String::from("shop"), purpose: String::from("analytics"), granted: 1, refused: 1 }]
    );
    let text = print(&args(&folder, false), today).await.unwrap();
    let expect = "all sites, 2024-02-02 to 2024-03-02 (UTC days)

            visits  banner due  accept all  custom  refuse all  ask each  single  guardian  withdraw  GPC pages
2024-02-29       3           1           0       0           0         0       0         0         0          0
2024-03-01       0           0           1       1           0         0       0         0         0          1
2024-03-02       1           0           0       0           0         0       0         0         0          0
total            4           1           1       1           0         0       0         0         0          1

site  purpose    granted  refused
shop  analytics        1        1

site  policy version    from        to          visits  choices
blog  abababababababab  2024-03-02  2024-03-02       1        0
shop  abababababababab  2024-02-29  2024-03-01       3        2
";
    assert_eq!(text, expect);
    let blog = StatsArgs { site: Some(String::from("blog")), ..args(&folder, true) };
    let json: serde_json::Value = serde_json::from_str(&print(&blog, today).await.unwrap()).unwrap();
    assert_eq!(json["totals"]["visits"], 1);
    assert_eq!(json["days"][29]["date"], "2024-03-02");
}

#[tokio::test]
async fn an_empty_folder_says_so() {
    let folder = TempDir::new().unwrap();
    assert!(print(&args(&folder, false), today).await.unwrap_err().to_string().contains("nothing is stored"));
}

#[tokio::test]
async fn a_period_is_bounded() {
    let (_folder, store) = opened();
    let day = |text| Date::parse(text);
    let check = |from, to, expect: (&'static str, &'static str)| {
        let archive = store.archive().clone();
        async move {
            let (from, to) = period(&archive, None, from, to, TODAY).await.unwrap();
            assert_eq!((from.to_string().as_str(), to.to_string().as_str()), expect);
        }
    };
    check(day("2024-01-01"), day("2024-01-31"), ("2024-01-01", "2024-01-31")).await;
    check(day("2024-02-01"), day("2024-01-31"), ("2024-01-31", "2024-01-31")).await;
    check(day("1999-01-01"), day("2024-12-31"), ("2023-11-28", "2024-12-31")).await;
    check(day("2024-02-01"), None, ("2024-02-01", "2024-02-01")).await;
}

#[test]
fn a_tally_is_bounded_and_loses_nothing() {
    let tally = Tally::default();
    for number in 0..20_005 {
        tally.count("shop", POLICY, Event::Granted(&number.to_string()), NOON);
    }
    let first = tally.take(5, false);
    assert_eq!(first.tallies.len(), 5);
    tally.put_back(first);
    let all = tally.take(usize::MAX, true);
    assert_eq!(all.tallies.iter().map(|row| row.count).sum::<u64>(), 20_005);
    assert_eq!(all.tallies.iter().find(|row| row.kind == "other").map(|row| row.count), Some(5));
    assert_eq!(tally.take(usize::MAX, true), Batch::default());
}

#[test]
fn a_chart_speaks_to_those_who_cannot_see_it() {
    let svg = chart(&Chart {
        id: "choices",
        title: "Choices <by day>",
        description: "3 & more",
        days: (1..=31).map(|day| format!("03-{day:02}")).collect(),
        series: vec![Series { mark: 1, values: vec![3; 31] }, Series { mark: 2, values: vec![1; 30] }],
    });
    assert!(svg.starts_with("<svg class=\"chart\" role=\"img\""), "{svg}");
    assert!(svg.contains("<title id=\"choices-title\">Choices &lt;by day&gt;</title>"));
    assert!(svg.contains("3 &amp; more") && svg.trim_end().ends_with("</svg>"));
    assert_eq!(svg.matches("fill=\"#0A0A01\"").count(), 31);
    assert_eq!(svg.matches("fill=\"#0A0A02\"").count(), 30);
    assert!(!svg.contains("03-31") && svg.contains("03-29"));
    let empty = Chart { id: "none", title: "", description: "", days: Vec::new(), series: Vec::new() };
    assert!(chart(&empty).contains("</svg>"));
}
