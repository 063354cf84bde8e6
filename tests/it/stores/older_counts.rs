//! Counts of the first version of a server's store, which knew days and policies alone. Refuses to make rates of them. Invariant: nothing that was counted is lost.

use gateway::store::{Cell, FigureRow, Grain, Measure, PurposeMeasure};
use policies::Timestamp;
use policies::time::DAY;

use super::Bench;

/// Where the tables of the first version stand, with counts of two days of two sites in them.
fn older_counts(bench: &Bench) {
    let database = bench.database.as_ref().expect("it is on a server");
    let first = include_str!("../../../gateway/migrations/postgres/0001_beginning.sql");
    database.ask(&format!(
        "create schema consent_gateway; set search_path = consent_gateway; create table version (version bigint not null);
        insert into version values (1); {first}"
    ));
    database.ask(
        "insert into consent_gateway.tally (site, day, policy, kind, name, count) values
        ('shop', 19782, '\\x0102030405060708', 'visit', '', 3), ('shop', 19782, '\\x0102030405060708', 'act', 'refuse_all', 2),
        ('shop', 19782, '\\x0102030405060708', 'granted', 'analytics', 1), ('blog', 19783, '\\xff02030405060708', 'visit', '', 4)",
    );
}

#[tokio::test]
async fn counts_of_the_first_version_are_taken_over() {
    let bench = Bench::postgres();
    older_counts(&bench);
    let archive = bench.open().archive().clone();
    let rows = archive.figures_after(Grain::Day, Cell::default(), 99).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|FigureRow { cell, counts }| {
            let granted = counts.of_purpose("analytics", PurposeMeasure::Granted);
            let counts = [Measure::Visits, Measure::RefuseAll, Measure::Answers].map(|measure| counts.of(measure));
            (cell.site.as_str(), cell.dimension.as_str(), cell.at, cell.value.as_str(), counts, granted)
        })
        .collect();
    let (of_shop, of_blog) = (([3, 2, 0], 1), ([4, 0, 0], 0));
    let row = |site, dimension, at, value, (counts, granted)| (site, dimension, at, value, counts, granted);
    let expect = [
        row("", "", 19_782, "", of_shop),
        row("", "", 19_783, "", of_blog),
        row("blog", "", 19_783, "", of_blog),
        row("blog", "policy", 19_783, "ff02030405060708", of_blog),
        row("shop", "", 19_782, "", of_shop),
        row("shop", "policy", 19_782, "0102030405060708", of_shop),
    ];
    assert_eq!(told, expect, "no rate is made of what didn't tell answers from changes");
    assert_eq!(archive.figures_after(Grain::Hour, Cell::default(), 9).await.unwrap(), []);
    let runs = archive.runs(Timestamp(0), Timestamp(i64::MAX), 9).await.unwrap();
    let times: Vec<_> = runs.iter().map(|run| (run.began.0, run.until.0)).collect();
    assert_eq!(times, [(19_782 * DAY, 19_784 * DAY)]);
}
