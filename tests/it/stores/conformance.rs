//! What every store does: records, contents, counts, sightings, agreements, the outbox, and what is owed late.

use std::collections::HashMap;

use gateway::store::{
    ALL_SITES, Archive, Batch, Cell, ContentKind, FigureRow, FiguresAsked, Grain, Late, Limits, Reason, ReceiverId,
    RunRow, SameSite, SeenIn, SeenRow, Settled, Store,
};
use policies::consent::{Circumstances, REFERENCE_BYTES, Reference, Speaker};
use policies::time::DAY;
use policies::{Record, Timestamp};

use super::{Bench, counted_once, limits, on_both, record};

on_both!(
    records_are_stored_once_and_read_as_they_were,
    contents_are_kept_once,
    counts_add_up_whoever_counts,
    times_are_told_from_each_run,
    sightings_are_merged,
    a_code_serves_once_and_at_its_site_alone,
    what_nobody_came_for_is_forgotten,
    choices_are_told_once_to_each_receiver,
    what_waits_for_receivers_is_bounded,
    what_is_owed_late_is_stored_once,
    a_stopped_store_refuses,
    many_choices_share_commits,
    any_record_comes_back,
    what_bounds_its_size_is_said,
    what_vanishes_under_it_is_said,
);

async fn records_are_stored_once_and_read_as_they_were(bench: &Bench) {
    let (store, other) = (bench.open(), bench.open());
    let archive = other.archive();
    for number in 0..3 {
        store.append(record(number)).await.unwrap();
        assert_eq!(archive.record(record(number).id).await.unwrap(), Some(record(number)), "answered after its commit");
    }
    let refusal = Record { id: [9; 16], visitor: None, lang: None, granted: Vec::new(), ..record(9) };
    store.append(refusal.clone()).await.unwrap();
    store.append(refusal.clone()).await.unwrap();
    other.append(Record { late: true, ..refusal.clone() }).await.unwrap();
    assert_eq!(archive.record(refusal.id).await.unwrap(), Some(refusal.clone()), "what came first stays");
    assert_eq!(archive.newest(None, 2).await.unwrap(), [refusal, record(2)]);
    assert_eq!(archive.newest(Some(String::from("shop")), 9).await.unwrap().len(), 4, "an id is stored once");
    assert_eq!(archive.record([0xff; 16]).await.unwrap(), None);
    store.append(Record { site: String::from("other"), ..record(1) }).await.unwrap();
    let elsewhere = archive.newest(Some(String::from("other")), 9).await.unwrap().len();
    assert_eq!(elsewhere, usize::from(!bench.differences.ids_are_of_all_sites), "the same id at another site");
}

async fn contents_are_kept_once(bench: &Bench) {
    let store = bench.open();
    let archive = store.archive();
    store.keep_content(ContentKind::Policy, [1; 32], b"format = 1".to_vec()).await.unwrap();
    store.keep_content(ContentKind::Policy, [1; 32], b"never looked at again".to_vec()).await.unwrap();
    assert_eq!(archive.content(ContentKind::Policy, [1; 32]).await.unwrap().as_deref(), Some(&b"format = 1"[..]));
    assert_eq!(archive.content(ContentKind::Banner, [1; 32]).await.unwrap(), None);
    assert!(store.can_write().await);
    assert_eq!(archive.content(ContentKind::Banner, [0; 32]).await.unwrap(), None, "a trial leaves nothing");
}

/// The evening of 2024-02-29, in hours since 1970.
const HOUR: i64 = 19_782 * 24 + 21;

fn asked(grain: Grain, site: &str, dimension: &str, value: Option<&str>) -> FiguresAsked {
    let (site, dimension) = (site.to_owned(), dimension.to_owned());
    FiguresAsked {
        grain,
        site,
        dimension,
        value: value.map(str::to_owned),
        from: grain.of_hour(HOUR),
        to: grain.of_hour(HOUR + 24),
    }
}

fn at(row: &FigureRow, grain: Grain) -> FigureRow {
    let cell = Cell { at: grain.of_hour(row.cell.at), ..row.cell.clone() };
    FigureRow { cell, ..row.clone() }
}

async fn counts_add_up_whoever_counts(bench: &Bench) {
    let stores = [bench.open(), bench.open(), bench.open()];
    let row = |value: &str, hour, count| counted_once("shop", ("device", value), hour, count);
    let adding = stores.iter().map(|store| async move {
        let add = async |figures| store.add(Batch { figures, ..Batch::default() }).await.unwrap();
        for _ in 0..5 {
            add(vec![row("phone", HOUR, 2), row("tablet", HOUR, 1), row("phone", HOUR, 1)]).await;
            add(vec![row("tablet", HOUR + 1, 1), row("phone", HOUR + 3, 1)]).await;
        }
    });
    futures_util::future::join_all(adding).await;
    let archive = stores[0].archive();
    let all = async |grain, value| archive.figures(asked(grain, "shop", "device", value), 99).await.unwrap();
    let hours =
        [row("phone", HOUR, 45), row("tablet", HOUR, 15), row("tablet", HOUR + 1, 15), row("phone", HOUR + 3, 15)];
    assert_eq!(all(Grain::Hour, None).await, hours, "by time and value");
    assert_eq!(all(Grain::Hour, Some("phone")).await, [hours[0].clone(), hours[3].clone()]);
    let days = [(HOUR, 45, 30), (HOUR + 3, 15, 0)];
    let days = days.map(|(hour, phones, tablets)| [row("phone", hour, phones), row("tablet", hour, tablets)]);
    let days: Vec<_> =
        days.iter().flatten().map(|row| at(row, Grain::Day)).filter(|row| row.counts.sum() > 0).collect();
    assert_eq!(all(Grain::Day, None).await, days, "a day is the sum of its hours");
    assert_eq!(archive.figures(asked(Grain::Day, ALL_SITES, "device", None), 9).await.unwrap(), []);
    assert_eq!(archive.figures(asked(Grain::Hour, "shop", "device", None), 1).await.unwrap(), hours[..1]);
    assert_eq!(archive.figures_after(Grain::Hour, hours[1].cell.clone(), 1).await.unwrap(), hours[2..3]);
    let firsts = archive.firsts(String::from("shop"), String::from("device")).await.unwrap();
    assert_eq!(firsts, [(String::from("phone"), HOUR / 24), (String::from("tablet"), HOUR / 24)]);
    let values = archive.values(String::from("shop"), 0, HOUR, 9).await.unwrap();
    assert_eq!(
        values.iter().map(|row| (row.value.as_str(), row.count)).collect::<Vec<_>>(),
        [("phone", 60), ("tablet", 30)]
    );
}

async fn times_are_told_from_each_run(bench: &Bench) {
    let store = bench.open();
    let run = |id: u8, began, until| RunRow { id: [id; 16], began: Timestamp(began), until: Timestamp(until) };
    let add = async |runs| store.add(Batch { runs, ..Batch::default() }).await.unwrap();
    assert_eq!(store.archive().began().await.unwrap(), None);
    add(vec![run(1, 100, 110), run(1, 100, 105)]).await;
    add(vec![run(2, 90, 200)]).await;
    add(vec![run(1, 100, 108)]).await;
    let runs = async |from, until| store.archive().runs(Timestamp(from), Timestamp(until), 9).await.unwrap();
    assert_eq!(runs(0, 1_000).await, [run(2, 90, 200), run(1, 100, 110)], "the latest word counts");
    assert_eq!(runs(120, 1_000).await, [run(2, 90, 200)]);
    assert_eq!(runs(0, 95).await, [run(2, 90, 200)]);
    assert_eq!(store.archive().began().await.unwrap(), Some(Timestamp(90)));
}

fn sighting(first: i64, last: i64, lifetime: i64, count: u64) -> SeenRow {
    SeenRow {
        site: String::from("shop"),
        key: String::from("_ga_*"),
        domain: None,
        path: String::from("/"),
        partitioned: false,
        seen_in: SeenIn::Response,
        secure: true,
        http_only: false,
        same_site: SameSite::Lax,
        declared: Some(0),
        lifetime,
        purpose: Some(String::from("analytics")),
        first_seen: Timestamp(first),
        last_seen: Timestamp(last),
        count,
        returned: count / 2,
    }
}

async fn sightings_are_merged(bench: &Bench) {
    let store = bench.open();
    let seen = |rows: Vec<SeenRow>| Batch { seen: rows, ..Batch::default() };
    let last = SeenRow { same_site: SameSite::Strict, purpose: None, ..sighting(5, 25, 450, 2) };
    store.add(seen(vec![sighting(10, 20, 500, 2)])).await.unwrap();
    store.add(seen(vec![sighting(15, 30, 400, 2), last])).await.unwrap();
    let merged = SeenRow { same_site: SameSite::Strict, purpose: None, ..sighting(5, 30, 500, 6) };
    assert_eq!(store.archive().seen(None, 9).await.unwrap(), [merged]);
    let domain = SeenRow { domain: Some("shop.example".into()), seen_in: SeenIn::Request, ..sighting(1, 2, 3, 4) };
    store.add(seen(vec![domain.clone()])).await.unwrap();
    assert_eq!(store.archive().seen(Some("shop".into()), 9).await.unwrap()[1], domain);
    assert_eq!(store.archive().seen(Some("other".into()), 9).await.unwrap(), []);
}

const CODE: Reference = Reference([1; REFERENCE_BYTES]);

fn agreed(number: u16, speaker: Speaker) -> Record {
    Record { speaker, ground: Some("heard on the telephone".to_owned()), ..record(number) }
}

async fn found(store: &Store, site: &str, code: Reference) -> Option<Record> {
    store.archive().agreement(site.to_owned(), code).await.unwrap()
}

async fn a_code_serves_once_and_at_its_site_alone(bench: &Bench) {
    let (store, other) = (bench.open(), bench.open());
    assert_eq!(found(&store, "shop", CODE).await, None);
    store.post_to(to(&[ONE]), 10);
    store.agree(CODE, agreed(1, Speaker::Officer)).await.unwrap();
    assert_eq!(found(&other, "shop", CODE).await, Some(agreed(1, Speaker::Officer)), "another process finds it");
    assert_eq!(found(&store, "other", CODE).await, None);
    other.agree(CODE, agreed(2, Speaker::Site)).await.unwrap();
    store.agree(CODE, agreed(3, Speaker::Site)).await.unwrap();
    assert_eq!(found(&store, "shop", CODE).await, Some(agreed(1, Speaker::Officer)), "what was said first stays");
    assert_eq!(store.archive().newest(None, 9).await.unwrap(), [agreed(1, Speaker::Officer)], "nothing else is stored");
    assert_eq!(waiting(store.archive(), ONE).await, [1], "and it is told once");
}

async fn what_nobody_came_for_is_forgotten(bench: &Bench) {
    let store = bench.open();
    let (first, later) = (agreed(1, Speaker::Site), agreed(2, Speaker::Site));
    store.agree(CODE, first.clone()).await.unwrap();
    let after = |days: i64| Timestamp(first.made.0 + days * DAY);
    let (next, last) = (Reference([2; REFERENCE_BYTES]), Reference([3; REFERENCE_BYTES]));
    store.agree(next, Record { made: after(30), ..later.clone() }).await.unwrap();
    assert!(found(&store, "shop", CODE).await.is_some());
    store.agree(last, Record { id: [8; 16], made: after(31), ..later }).await.unwrap();
    assert_eq!(found(&store, "shop", CODE).await, None);
    assert!(found(&store, "shop", next).await.is_some());
    assert_eq!(store.archive().record(first.id).await.unwrap(), Some(first), "its record stays");
}

const ONE: ReceiverId = [1; 8];
const TWO: ReceiverId = [2; 8];

fn to(receivers: &[ReceiverId]) -> HashMap<String, Vec<ReceiverId>> {
    [(String::from("shop"), receivers.to_vec())].into()
}

async fn waiting(archive: &Archive, receiver: ReceiverId) -> Vec<u16> {
    let owed = archive.owed(receiver, 100).await.unwrap();
    owed.iter().map(|owed| u16::from_be_bytes([owed.record.id[0], owed.record.id[1]])).collect()
}

async fn choices_are_told_once_to_each_receiver(bench: &Bench) {
    let store = bench.open();
    let archive = store.archive();
    store.append(record(1)).await.unwrap();
    let mut posted = store.posted();
    store.post_to(to(&[ONE, TWO]), 10);
    for number in [2, 2, 3, 4] {
        store.append(record(number)).await.unwrap();
    }
    store.append(Record { site: String::from("other"), ..record(5) }).await.unwrap();
    assert!(posted.has_changed().unwrap());
    posted.mark_unchanged();
    assert_eq!((waiting(archive, ONE).await, waiting(archive, TWO).await), (vec![2, 3, 4], vec![2, 3, 4]));
    let rows = archive.owed(ONE, 2).await.unwrap();
    assert_eq!(rows[0].record, record(2));
    let settled = Settled { told: vec![rows[1].seq], later: vec![(rows[0].seq, Timestamp(77))] };
    store.settle(settled).await.unwrap();
    assert_eq!((waiting(archive, ONE).await, waiting(archive, TWO).await), (vec![4, 2], vec![2, 3, 4]));
    let last = archive.owed(ONE, 9).await.unwrap().pop().unwrap();
    assert_eq!((last.due, last.failures), (Timestamp(77), 1));
    let other = bench.open();
    let shown = waiting(other.archive(), ONE).await;
    assert_eq!(shown.is_empty(), bench.differences.owed_rows_are_held, "another process sees {shown:?}");
    let newest = archive.owed(ONE, 9).await.unwrap()[0].seq;
    for _ in 0..2 {
        store.settle(Settled { told: vec![newest], ..Settled::default() }).await.unwrap();
        store.append(record(6)).await.unwrap();
    }
    assert_eq!(waiting(archive, ONE).await, [6, 2], "a row's number is used once");
    assert!(posted.has_changed().unwrap());
}

async fn what_waits_for_receivers_is_bounded(bench: &Bench) {
    let store = bench.open();
    let archive = store.archive();
    store.post_to(to(&[ONE, TWO]), 2);
    for number in 1..=4 {
        store.append(record(number)).await.unwrap();
    }
    assert_eq!((waiting(archive, ONE).await, waiting(archive, TWO).await), (vec![3, 4], vec![3, 4]));
    assert_eq!(store.lost(), 4);
    store.tidy_outbox(Timestamp(1_000), Timestamp(900)).await.unwrap();
    assert_eq!(waiting(archive, ONE).await.len(), 2, "they wait since now");
    store.append(record(5)).await.unwrap();
    store.tidy_outbox(Timestamp(1_100), Timestamp(1_001)).await.unwrap();
    assert_eq!((waiting(archive, ONE).await, store.lost()), (vec![5], 8));
}

async fn what_is_owed_late_is_stored_once(bench: &Bench) {
    let store = bench.open();
    let owed = Record { late: true, ..record(77) };
    assert_eq!(store.note_late(owed.clone()), Late::Queued);
    // The writer takes late records along with whatever it writes next.
    store.append(record(78)).await.unwrap();
    assert_eq!(store.note_late(owed.clone()), Late::Stored);
    let elsewhere = bench.open();
    elsewhere.note_late(owed.clone());
    elsewhere.append(record(79)).await.unwrap();
    assert_eq!(elsewhere.archive().newest(None, 9).await.unwrap().len(), 3, "each gateway may store it, and one does");
    assert_eq!(store.archive().record(owed.id).await.unwrap(), Some(owed));
}

async fn a_stopped_store_refuses(bench: &Bench) {
    let store = bench.open();
    store.append(record(1)).await.unwrap();
    store.close().await;
    assert_eq!(store.append(record(2)).await.unwrap_err().reason(), Some(Reason::Stopped));
    assert_eq!(bench.open().archive().newest(None, 9).await.unwrap(), [record(1)]);
}

async fn many_choices_share_commits(bench: &Bench) {
    let store = bench.opened(&Limits { queue: 1_000, ..limits() });
    let choices = (0..600).map(|number| store.append(record(number)));
    let answers = futures_util::future::join_all(choices).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert!(store.commits() < 200, "{} commits for 600 choices", store.commits());
    assert_eq!(store.archive().newest(None, 1_000).await.unwrap().len(), 600);
}

async fn any_record_comes_back(bench: &Bench) {
    let store = bench.open();
    let odd = Record {
        granted: Vec::new(),
        allowed_singly: vec!["cookie:\u{1f36a} \"'\\;\u{7f}".to_owned()],
        ground: Some("line\nline\t\u{0}".to_owned()),
        made: Timestamp(0),
        words: None,
        ..record(1)
    };
    let circumstances = Circumstances { valid_until: Some(Timestamp(4_000_000_001)), ..Circumstances::default() };
    let far = Record { made: Timestamp(4_000_000_000), site: "s".repeat(64), circumstances, ..record(2) };
    for record in [odd, far] {
        store.append(record.clone()).await.unwrap();
        assert_eq!(store.archive().record(record.id).await.unwrap(), Some(record));
    }
}

async fn what_bounds_its_size_is_said(bench: &Bench) {
    let store = bench.opened(&Limits { max_database_bytes: Some(256 << 10), ..limits() });
    let kept = store.keep_content(ContentKind::Banner, [2; 32], vec![1; 512 << 10]).await;
    let reason = kept.err().and_then(|error| error.reason());
    assert_eq!(reason, bench.differences.size_is_bounded.then_some(Reason::Full));
    store.append(record(1)).await.unwrap();
    store.limit_database(None);
    store.keep_content(ContentKind::Banner, [2; 32], vec![1; 512 << 10]).await.unwrap();
}

async fn what_vanishes_under_it_is_said(bench: &Bench) {
    let store = bench.open();
    store.append(record(1)).await.unwrap();
    match &bench.database {
        Some(database) => drop(database.ask("drop schema consent_gateway cascade")),
        None => std::fs::remove_dir_all(bench.folder.path().join("data")).unwrap(),
    }
    let stored = store.append(record(2)).await;
    assert_eq!(stored.is_ok(), bench.differences.is_made_again, "{stored:?}");
    if let Err(error) = stored {
        assert_eq!(error.reason(), Some(Reason::Unready), "{error}");
    }
    // Whoever begins anew makes it anew.
    let again = bench.open();
    again.append(record(3)).await.unwrap();
    store.append(record(4)).await.unwrap();
    assert!(again.archive().newest(None, 9).await.unwrap().ends_with(&[record(3)]) || bench.differences.is_made_again);
}
