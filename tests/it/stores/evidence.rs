//! Entries, the log over them, and what destroying one leaves: by the same checks on both stores.

use gateway::ledger::{Entry, EntryClass, HeadKey, leaf, merkle};
use gateway::store::{Archive, Asked, ContentKind, Ending, Numbered, Place, Store};
use gateway_tests::wait;
use policies::time::DAY;
use policies::{Date, Record, Timestamp};

use super::{Bench, NOW, limits, on_both, record};

on_both!(
    every_entry_is_proved_by_every_gateway,
    the_log_grows_and_says_how,
    the_log_is_made_of_its_leaves,
    heads_that_nothing_needs_go_and_the_log_still_proves_itself,
    contents_go_by_their_last_day,
    entries_are_paged_and_chosen,
    what_is_destroyed_is_gone_and_its_leaf_stays,
    a_key_that_is_gone_takes_its_entries_along,
    what_grows_old_is_told_and_moved_or_wrapped_anew,
);

fn entry(number: u8, class: EntryClass, subject: u8) -> Entry {
    Entry {
        id: [number; 16],
        site: String::from("shop"),
        class,
        subject: Some([subject; 16]),
        made: Timestamp(1_700_000_000 + i64::from(number)),
        ends: None,
        contents: format!("{{\"number\":{number}}}").into_bytes(),
    }
}

/// The entry's proof, once it has a place; checked against the key that signs heads.
async fn proved(archive: &Archive, id: [u8; 16], public: &[u8]) -> u64 {
    let proven = wait::until("an entry has its place in the log", || async {
        archive.proven(id).await.unwrap().filter(|proven| proven.proof.is_some())
    });
    let proven = proven.await;
    let proof = proven.proof.expect("it has a place");
    assert!(proof.holds(&proven.salt, &proven.entry.contents), "{proof:?}");
    assert!(proof.head.is_signed_by(public));
    assert!(!proof.holds(&proven.salt, b"something else"));
    proof.place
}

fn public_key(bench: &Bench) -> Vec<u8> {
    HeadKey::open(&bench.place().receipt_key).expect("the store has made it").public().to_vec()
}

async fn every_entry_is_proved_by_every_gateway(bench: &Bench) {
    let stores = [bench.open(), bench.open(), bench.open()];
    let public = public_key(bench);
    let adding = stores.iter().zip(0..).map(|(store, first)| async move {
        for number in 0..20 {
            store.append(record(first * 100 + number)).await.unwrap();
        }
    });
    futures_util::future::join_all(adding).await;
    let mut places = Vec::new();
    for (first, number) in (0..3).flat_map(|first| (0..20).map(move |number| (first, number))) {
        let archive = stores[usize::from((first + 1) % 3)].archive();
        places.push(proved(archive, record(first * 100 + number).id, &public).await);
    }
    places.sort_unstable();
    assert_eq!(places, (0..60).collect::<Vec<_>>(), "each place is one entry's");
}

async fn filled(store: &Store, count: u16) {
    for number in 0..count {
        store.append(record(number)).await.unwrap();
    }
    wait::until_true("the log has every leaf", || async {
        store.archive().head().await.unwrap().is_some_and(|head| head.size == u64::from(count))
    })
    .await;
}

async fn the_log_grows_and_says_how(bench: &Bench) {
    let store = bench.open();
    assert_eq!(store.archive().head().await.unwrap(), None);
    filled(&store, 13).await;
    let heads = store.archive().heads(0, 100).await.unwrap();
    assert!(heads.windows(2).all(|pair| pair[0].size < pair[1].size) && heads.len() > 2, "{heads:?}");
    assert_eq!(store.archive().heads(heads[1].size, 1).await.unwrap(), heads[1..2]);
    for old in &heads {
        let (to, path) = store.archive().growth(old.size).await.unwrap().expect("the log is longer");
        assert_eq!(to, *heads.last().unwrap());
        assert!(merkle::verify_consistency((old.size, old.root), (to.size, to.root), &path), "{old:?}");
    }
    assert_eq!(store.archive().growth(1_000).await.unwrap(), None);
}

async fn heads_that_nothing_needs_go_and_the_log_still_proves_itself(bench: &Bench) {
    let first = bench.open();
    filled(&first, 9).await;
    first.close().await;
    // The same store a day later.
    let place = Place { clock: || Timestamp(NOW.0 + DAY), ..bench.place() };
    let store = Store::open(&place, &limits()).expect("the store opens");
    let before = store.archive().heads(0, 100).await.unwrap();
    for number in 20..24 {
        store.append(record(number)).await.unwrap();
    }
    let (archive, public) = (store.archive(), public_key(bench));
    proved(archive, record(23).id, &public).await;
    let all = archive.heads(0, 100).await.unwrap();
    let (earliest, last_of_day, newest) = (before[0], *before.last().unwrap(), *all.last().unwrap());
    assert!(before.len() > 2 && all.len() > before.len() + 1, "{all:?}");
    assert_eq!(archive.crowded_heads(earliest.made, 100).await.unwrap(), Vec::<u64>::new(), "none is that old");
    let crowded = archive.crowded_heads(newest.made, 100).await.unwrap();
    assert_eq!(crowded, before[1..before.len() - 1].iter().map(|head| head.size).collect::<Vec<_>>());
    assert_eq!(archive.crowded_heads(newest.made, 1).await.unwrap(), crowded[..1]);
    let far = Timestamp(NOW.0 + 9 * DAY);
    store.end(Ending::Heads(archive.crowded_heads(far, 100).await.unwrap())).await.unwrap();
    assert_eq!(archive.heads(0, 100).await.unwrap(), [earliest, last_of_day, newest]);
    for old in &all {
        let (to, path) = archive.growth(old.size).await.unwrap().expect("the log is longer");
        assert!(merkle::verify_consistency((old.size, old.root), (to.size, to.root), &path), "{old:?}");
    }
    proved(archive, record(3).id, &public).await;
}

async fn contents_go_by_their_last_day(bench: &Bench) {
    let today = NOW.date();
    let tomorrow = Date::of_day_number(today.day_number() + 1);
    let first = bench.open();
    let kinds = [ContentKind::Form, ContentKind::Style, ContentKind::Policy, ContentKind::Configuration];
    for kind in kinds {
        first.keep_content(kind, [1; 32], b"old".to_vec()).await.unwrap();
    }
    assert_eq!(first.archive().oldest_choice().await.unwrap(), None);
    first.append(record(5)).await.unwrap();
    first.append(Record { site: String::from("another"), ..record(2) }).await.unwrap();
    first
        .enter(Entry { site: String::from("a"), made: Timestamp(1), ..entry(7, EntryClass::Access, 1) })
        .await
        .unwrap();
    assert_eq!(first.archive().oldest_choice().await.unwrap(), Some(record(2).made), "of any site, and choices alone");
    first.close().await;
    let place = Place { clock: || Timestamp(NOW.0 + DAY), ..bench.place() };
    let store = Store::open(&place, &limits()).expect("the store opens");
    store.keep_content(ContentKind::Style, [1; 32], b"old".to_vec()).await.unwrap();
    assert_eq!(store.archive().unshown(today).await.unwrap(), 0);
    assert_eq!(store.archive().unshown(tomorrow).await.unwrap(), 2, "the sheet was shown again");
    store.end(Ending::Contents { before: tomorrow }).await.unwrap();
    let left = async |kind| store.archive().content(kind, [1; 32]).await.unwrap().is_some();
    assert!(!left(ContentKind::Form).await && !left(ContentKind::Policy).await);
    assert!(left(ContentKind::Style).await && left(ContentKind::Configuration).await, "entries name it, and they stay");
}

async fn the_log_is_made_of_its_leaves(bench: &Bench) {
    let store = bench.open();
    filled(&store, 9).await;
    let leaves = store.archive().leaves(0, 100).await.unwrap();
    assert_eq!((leaves.len(), store.archive().leaves(3, 2).await.unwrap()), (9, leaves[3..5].to_vec()));
    let mut frontier = merkle::Frontier::default();
    leaves.iter().for_each(|leaf| frontier.append(*leaf, |_, _| {}));
    assert_eq!(frontier.root(), store.archive().head().await.unwrap().unwrap().root);
    let proven = store.archive().proven(record(4).id).await.unwrap().unwrap();
    let place = usize::try_from(proven.proof.as_ref().unwrap().place).unwrap();
    assert_eq!(leaves[place], leaf(&proven.salt, &proven.entry.contents));
}

fn numbers(found: &[Numbered]) -> Vec<u8> {
    found.iter().filter_map(|found| found.entry.as_ref()).map(|entry| entry.id[0]).collect()
}

async fn entries_are_paged_and_chosen(bench: &Bench) {
    let store = bench.open();
    let made = [
        entry(1, EntryClass::Request, 1),
        entry(2, EntryClass::Access, 1),
        entry(3, EntryClass::Request, 2),
        Entry { site: String::from("other"), subject: None, ..entry(4, EntryClass::Destruction, 0) },
    ];
    for entry in &made {
        store.enter(entry.clone()).await.unwrap();
        store.enter(entry.clone()).await.unwrap();
    }
    let archive = store.archive();
    let all = archive.entries(Asked::default(), 9).await.unwrap();
    assert_eq!(all.iter().filter_map(|found| found.entry.clone()).collect::<Vec<_>>(), made);
    let page = archive.entries(Asked { after: Some(all[1].seq), ..Asked::default() }, 1).await.unwrap();
    assert_eq!(page, all[2..3]);
    let check = |asked: Asked, expect: &'static [u8]| async move {
        assert_eq!(numbers(&archive.entries(asked.clone(), 9).await.unwrap()), expect, "{asked:?}");
    };
    check(Asked { site: Some("other".into()), ..Asked::default() }, &[4]).await;
    check(Asked { class: Some(EntryClass::Request), ..Asked::default() }, &[1, 3]).await;
    check(Asked { subject: Some([1; 16]), ..Asked::default() }, &[1, 2]).await;
    check(Asked { from: Some(Timestamp(1_700_000_002)), ..Asked::default() }, &[2, 3, 4]).await;
    check(Asked { until: Some(Timestamp(1_700_000_002)), ..Asked::default() }, &[1]).await;
    assert_eq!(archive.newest(None, 9).await.unwrap(), [], "none of them is a choice");
    assert_eq!(archive.record([1; 16]).await.unwrap(), None);
}

async fn what_is_destroyed_is_gone_and_its_leaf_stays(bench: &Bench) {
    let store = bench.open();
    store.post_to([(String::from("shop"), vec![[1; 8]])].into(), 10);
    filled(&store, 8).await;
    let (archive, public) = (store.archive(), public_key(bench));
    let before = archive.head().await.unwrap().unwrap();
    let leaves = archive.leaves(0, 100).await.unwrap();
    store.destroy(vec![record(2).id, record(5).id, [0xee; 16]]).await.unwrap();
    store.destroy(vec![record(2).id]).await.unwrap();
    for number in [2, 5] {
        assert_eq!(archive.record(record(number).id).await.unwrap(), None);
        assert_eq!(archive.proven(record(number).id).await.unwrap(), None);
    }
    let kept: Vec<Record> = [7, 6, 4, 3, 1, 0].map(record).to_vec();
    assert_eq!(archive.newest(None, 9).await.unwrap(), kept);
    assert_eq!(archive.owed([1; 8], 9).await.unwrap().len(), 6, "nobody is told of it any more");
    assert_eq!(archive.leaves(0, 100).await.unwrap(), leaves);
    store.append(record(9)).await.unwrap();
    let (to, path) = archive.growth(before.size).await.unwrap().unwrap();
    assert!(merkle::verify_consistency((before.size, before.root), (to.size, to.root), &path));
    for record in kept {
        proved(archive, record.id, &public).await;
    }
}

async fn a_key_that_is_gone_takes_its_entries_along(bench: &Bench) {
    let store = bench.open();
    filled(&store, 3).await;
    let keys = bench.place().record_keys.path;
    for file in std::fs::read_dir(keys).unwrap().flatten().filter(|file| file.path().is_file()) {
        std::fs::remove_file(file.path()).unwrap();
    }
    let archive = store.archive();
    assert_eq!(archive.record(record(1).id).await.unwrap(), None);
    assert_eq!(archive.proven(record(1).id).await.unwrap(), None);
    assert_eq!(archive.newest(None, 9).await.unwrap(), []);
    assert_eq!(archive.entries(Asked::default(), 9).await.unwrap().len(), 3, "what they were is still counted");
    assert_eq!(archive.leaves(0, 9).await.unwrap().len(), 3);
    store.append(record(4)).await.unwrap();
    assert_eq!(archive.newest(None, 9).await.unwrap(), [record(4)]);
}

async fn what_grows_old_is_told_and_moved_or_wrapped_anew(bench: &Bench) {
    let store = bench.open();
    store.post_to([(String::from("shop"), vec![[1; 8]])].into(), 10);
    // Three choices of one visitor: each ends when the next was made, the last when it runs out.
    for number in 1..=3 {
        store.append(record(number)).await.unwrap();
    }
    store.enter(entry(9, EntryClass::Access, 1)).await.unwrap();
    let archive = store.archive();
    let shop = || String::from("shop");
    let far = Timestamp(1_800_000_000);
    let aging = archive.aging(shop(), EntryClass::Consent, far, i64::MIN, 9).await.unwrap();
    let ended: Vec<i64> = aging.iter().map(|aging| aging.ended.0).collect();
    let last = record(3).circumstances.valid_until.unwrap().0;
    assert_eq!(ended, [record(2).made.0, record(3).made.0, last]);
    assert_eq!(archive.aging(shop(), EntryClass::Consent, far, aging[1].seq, 9).await.unwrap(), aging[2..]);
    assert_eq!(archive.aging(shop(), EntryClass::Consent, record(2).made, i64::MIN, 9).await.unwrap(), aging[..1]);
    assert_eq!(archive.aging(shop(), EntryClass::Access, far, i64::MIN, 9).await.unwrap()[0].id, [9; 16]);
    // What a law keeps leaves as it lies there; its key isn't spent.
    let sealed = archive.sealed(vec![record(1).id, record(3).id]).await.unwrap();
    assert_eq!(sealed.iter().map(|sealed| sealed.entry.id).collect::<Vec<_>>(), [record(1).id, record(3).id]);
    let key = sealed[0].entry.wrapped.by;
    store.end(Ending::Archived(vec![record(1).id])).await.unwrap();
    assert_eq!(archive.record(record(1).id).await.unwrap(), None);
    assert_eq!(archive.spent().await.unwrap(), Vec::<[u8; 16]>::new());
    assert_eq!(archive.vault().open(sealed[0].entry.clone()).unwrap().0.id, record(1).id);
    // What is destroyed spends its key; the others are wrapped by another before it goes.
    store.destroy(vec![record(2).id]).await.unwrap();
    assert_eq!(archive.spent().await.unwrap(), [key]);
    let mut under = archive.under(key, 9).await.unwrap();
    under.sort_unstable_by_key(|(id, _)| *id);
    let ids: Vec<_> = under.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [record(3).id, [9; 16]]);
    let tomorrow = Date::of_day_number(NOW.date().day_number() + 1);
    let anew = |(id, wrapped)| (id, archive.vault().wrap_anew(&id, &wrapped, tomorrow).unwrap());
    store.end(Ending::Wrapped(under.into_iter().map(anew).collect())).await.unwrap();
    assert_eq!(archive.under(key, 9).await.unwrap().len(), 0);
    archive.vault().destroy(key).unwrap();
    store.end(Ending::KeyGone(key)).await.unwrap();
    assert_eq!(archive.spent().await.unwrap(), Vec::<[u8; 16]>::new());
    assert_eq!(archive.newest(None, 9).await.unwrap(), [record(3)]);
    store.end(Ending::Spent(vec![[5; 16], [5; 16]])).await.unwrap();
    assert_eq!(archive.spent().await.unwrap(), [[5; 16]]);
    assert!(store.compact().await.unwrap());
    assert_eq!(archive.leaves(0, 9).await.unwrap().len(), 4);
}
