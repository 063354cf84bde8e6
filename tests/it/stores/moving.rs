//! A store moved into another, there and back, and broken off on the way. Refuses to trust the mover: what arrived is read and proved by the target's own
//! means. Invariant: nothing is lost, doubled or mixed.

use std::time::Duration;

use gateway::ledger::{Entry, EntryClass};
use gateway::store::{
    Archive, Batch, Cell, ContentKind, Error, Grain, MoveError, Moved, RunRow, SameSite, SeenIn, SeenRow, Store,
    relocate,
};
use gateway_tests::gateway::{command, printed};
use policies::consent::{REFERENCE_BYTES, Reference};
use policies::{Record, Timestamp};

use super::crashes::{log_is_whole, origin};
use super::{Bench, counted_once, limits, record};

/// An hour of a day since 1970, of which two hours before are too.
const HOUR: i64 = 20_777 * 24 + 9;
const CODE: Reference = Reference([4; REFERENCE_BYTES]);

async fn filled(bench: &Bench) -> Store {
    let store = bench.open();
    store.post_to([(String::from("shop"), vec![[1; 8]])].into(), 10_000);
    let choices = (0..1_200).map(|number| store.append(record(number)));
    assert!(futures_util::future::join_all(choices).await.iter().all(Result::is_ok));
    store.agree(CODE, Record { site: String::from("other"), ..record(5_000) }).await.unwrap();
    let id = [0xab; 16];
    let (site, class, contents) = (String::from("other"), EntryClass::Request, b"{}".to_vec());
    let entry =
        Entry { id, site, class, subject: Some([2; 16]), made: Timestamp(1), ends: Some(Timestamp(9)), contents };
    store.enter(entry).await.unwrap();
    store.destroy(vec![record(7).id, record(8).id]).await.unwrap();
    for (kind, number) in [(ContentKind::Policy, 1), (ContentKind::Banner, 2), (ContentKind::Words, 0xff)] {
        store.keep_content(kind, [number; 32], vec![number; 100_000]).await.unwrap();
    }
    let figures = (0..3).flat_map(|number| {
        let at = |dimension| counted_once("shop", dimension, HOUR - number, 1_000_000);
        [at(("", "")), at(("device", "phone"))]
    });
    let run = RunRow { id: [5; 16], began: Timestamp(5), until: Timestamp(9) };
    store.add(Batch { figures: figures.collect(), runs: vec![run], ..Batch::default() }).await.unwrap();
    let seen = SeenRow {
        site: String::from("shop"),
        key: String::from("_ga_*"),
        domain: None,
        path: String::from("/"),
        partitioned: true,
        seen_in: SeenIn::Request,
        secure: true,
        http_only: false,
        same_site: SameSite::Lax,
        declared: None,
        lifetime: 5,
        purpose: None,
        first_seen: Timestamp(1),
        last_seen: Timestamp(2),
        count: 3,
        returned: 1,
    };
    store.add(Batch { seen: vec![seen], ..Batch::default() }).await.unwrap();
    store
}

async fn arrived(bench: &Bench, from: &Store, moved: &Moved) {
    let (source, store) = (from.archive(), bench.open());
    let target = store.archive();
    assert_eq!((moved.entries, moved.contents, moved.figures, moved.seen), (1_200, 3, (8, 36_000_000), 1));
    assert_eq!((moved.agreements, moved.posted), (1, 1_198));
    assert_eq!(target.newest(None, 2_000).await.unwrap(), source.newest(None, 2_000).await.unwrap());
    assert_eq!(target.heads(0, 10_000).await.unwrap(), source.heads(0, 10_000).await.unwrap());
    assert_eq!(target.spent().await.unwrap(), source.spent().await.unwrap());
    assert_eq!(target.seen(None, 9).await.unwrap(), source.seen(None, 9).await.unwrap());
    for grain in Grain::ALL {
        let rows = async |archive: &Archive| archive.figures_after(grain, Cell::default(), 99).await.unwrap();
        assert_eq!(rows(target).await, rows(source).await);
    }
    let ever = (Timestamp(0), Timestamp(99));
    assert_eq!(target.runs(ever.0, ever.1, 9).await.unwrap(), source.runs(ever.0, ever.1, 9).await.unwrap());
    let other = || String::from("other");
    assert_eq!(target.agreement(other(), CODE).await.unwrap(), source.agreement(other(), CODE).await.unwrap());
    let entry = |archive: Archive| async move { archive.proven([0xab; 16]).await.unwrap().unwrap() };
    assert_eq!(entry(target.clone()).await, entry(source.clone()).await);
    assert_eq!(target.record(record(7).id).await.unwrap(), None, "what was destroyed stays destroyed");
    assert_eq!(target.owed([1; 8], 9).await.unwrap().len(), 9);
    log_is_whole(bench, 2).await;
    // It is a store like any other.
    store.append(record(9_000)).await.unwrap();
    log_is_whole(bench, 2).await;
}

/// A place for the same keys.
fn beside(bench: &Bench, source: &Bench) -> gateway::store::Place {
    let mut place = bench.place();
    place.record_keys = source.place().record_keys;
    place.receipt_key = source.place().receipt_key;
    place
}

#[tokio::test]
async fn from_a_file_to_a_server_and_back() {
    let (file, server, again) = (Bench::sqlite(), Bench::postgres(), Bench::sqlite());
    let source = filled(&file).await;
    let server = server.with_keys_of(&file);
    let moved = relocate(&file.place(), &server.place(), &limits()).await.unwrap();
    let again = again.with_keys_of(&file);
    let back = relocate(&server.place(), &again.place(), &limits()).await.unwrap();
    assert_eq!(back, moved);
    arrived(&again, &source, &back).await;
    arrived(&server, &source, &moved).await;
}

#[tokio::test]
async fn a_target_with_data_is_refused_and_a_move_that_was_broken_off_goes_on() {
    let (file, other, server) = (Bench::sqlite(), Bench::sqlite(), Bench::postgres());
    let source = filled(&file).await;
    other.open().append(record(1)).await.unwrap();
    let server = server.with_keys_of(&file);
    let database = server.database.as_ref().expect("it is on a server");
    drop(server.open());
    // Room for a part of it: the move stops there, as it would where the server does.
    let bound = "create function consent_gateway.enough() returns trigger language plpgsql as $$ begin
        if (select count(*) from consent_gateway.entry) >= 700 then raise exception 'enough'; end if; return new; end $$;
        create trigger enough before insert on consent_gateway.entry for each row execute function consent_gateway.enough()";
    database.ask(bound);
    let broken = relocate(&file.place(), &server.place(), &limits()).await.unwrap_err();
    assert!(matches!(broken, MoveError::Store(_)), "{broken}");
    let there = database.ask("select count(*) from consent_gateway.entry").parse::<u32>().unwrap();
    assert!((500..1_000).contains(&there), "{there} entries are there");
    let refused = relocate(&other.place(), &beside(&server, &other), &limits()).await.unwrap_err();
    assert!(matches!(refused, MoveError::NotEmpty), "another store's move is not this one's: {refused}");
    // Neither a gateway nor a command takes a part for the whole.
    let refused = Store::open(&server.place(), &limits()).err().expect("a part is refused");
    assert!(matches!(refused, Error::HalfMoved { .. }), "{refused}");
    let read = Archive::at(&server.place(), Duration::from_secs(5)).newest(None, 1).await;
    assert!(matches!(read, Err(Error::HalfMoved { .. })), "{read:?}");
    let text = server.configuration(&origin().await, "");
    std::fs::write(server.folder.path().join("gateway.toml"), text).unwrap();
    let output = command(server.folder.path(), &["run", "--config", "gateway.toml"]);
    let said = printed(&output);
    assert!(!output.status.success() && said.contains("holds only a part"), "{said}");
    database.ask("drop trigger enough on consent_gateway.entry");
    let moved = relocate(&file.place(), &server.place(), &limits()).await.unwrap();
    let refused = relocate(&file.place(), &server.place(), &limits()).await.unwrap_err();
    assert!(matches!(refused, MoveError::NotEmpty), "it is done: {refused}");
    arrived(&server, &source, &moved).await;
}
