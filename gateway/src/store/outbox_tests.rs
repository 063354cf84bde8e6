//! The outbox on real files: posted with the record, bounded, and settled once.

use policies::Timestamp;

use super::tests::{opened, quick, record};
use super::*;

const ONE: ReceiverId = [1; 8];
const TWO: ReceiverId = [2; 8];

fn to(receivers: &[ReceiverId]) -> std::collections::HashMap<String, Vec<ReceiverId>> {
    [(String::from("shop"), receivers.to_vec())].into()
}

async fn waiting(store: &Store, receiver: ReceiverId) -> Vec<u16> {
    let number = |owed: &Owed| u16::from_be_bytes([owed.record.id[0], owed.record.id[1]]);
    store.archive().owed(receiver, 100).await.unwrap().iter().map(number).collect()
}

#[tokio::test]
async fn a_record_is_posted_to_every_receiver_of_its_site_once() {
    let (_folder, store) = opened(&Limits::default());
    store.append(record(1)).await.unwrap();
    let mut posted = store.posted();
    store.post_to(to(&[ONE, TWO]), 10);
    store.append(record(2)).await.unwrap();
    store.append(record(2)).await.unwrap();
    store.append(Record { site: String::from("other"), ..record(3) }).await.unwrap();
    assert!(posted.has_changed().unwrap());
    posted.mark_unchanged();
    assert_eq!((waiting(&store, ONE).await, waiting(&store, TWO).await), (vec![2], vec![2]));
    assert_eq!(store.archive().owed(ONE, 9).await.unwrap()[0].record, record(2));
    let late = Record { late: true, ..record(4) };
    assert_eq!(store.note_late(late.clone()), Late::Queued);
    store.append(record(5)).await.unwrap();
    assert_eq!(store.note_late(late), Late::Stored);
    let mut both = waiting(&store, ONE).await;
    both.sort_unstable();
    assert_eq!(both, [2, 4, 5], "what is stored late is told too");
    assert!(posted.has_changed().unwrap());
}

#[tokio::test]
async fn what_is_told_goes_and_what_was_not_taken_stands_behind() {
    let (_folder, store) = opened(&Limits::default());
    store.post_to(to(&[ONE, TWO]), 10);
    for number in 1..=3 {
        store.append(record(number)).await.unwrap();
    }
    let rows = store.archive().owed(ONE, 2).await.unwrap();
    let settled = Settled { told: vec![rows[1].seq], later: vec![(rows[0].seq, Timestamp(77))] };
    store.settle(settled).await.unwrap();
    assert_eq!((waiting(&store, ONE).await, waiting(&store, TWO).await), (vec![3, 1], vec![1, 2, 3]));
    let last = store.archive().owed(ONE, 9).await.unwrap().pop().unwrap();
    assert_eq!((last.due, last.failures), (Timestamp(77), 1));
    // A row's number is used once: settling it again hits nothing.
    let newest = store.archive().owed(ONE, 9).await.unwrap()[0].seq;
    store.settle(Settled { told: vec![newest], ..Settled::default() }).await.unwrap();
    store.append(record(4)).await.unwrap();
    store.settle(Settled { told: vec![newest], ..Settled::default() }).await.unwrap();
    assert_eq!(waiting(&store, ONE).await, [4, 1]);
}

#[tokio::test]
async fn too_many_and_too_old_are_given_up_and_counted() {
    let (_folder, store) = opened(&quick());
    store.post_to(to(&[ONE, TWO]), 2);
    for number in 1..=4 {
        store.append(record(number)).await.unwrap();
    }
    assert_eq!((waiting(&store, ONE).await, waiting(&store, TWO).await), (vec![3, 4], vec![3, 4]));
    assert_eq!(store.lost(), 4);
    store.tidy_outbox(Timestamp(1_000), Timestamp(900)).await.unwrap();
    assert_eq!(waiting(&store, ONE).await.len(), 2, "they wait since now");
    store.append(record(5)).await.unwrap();
    store.tidy_outbox(Timestamp(1_100), Timestamp(1_001)).await.unwrap();
    assert_eq!((waiting(&store, ONE).await, store.lost()), (vec![5], 8));
}

#[tokio::test]
async fn record_and_post_are_stored_together_or_not_at_all() {
    let (folder, store) = opened(&quick());
    store.post_to(to(&[ONE]), 10);
    let broken = rusqlite::Connection::open(folder.path().join("data/consent.sqlite")).unwrap();
    broken.execute_batch("ALTER TABLE outbox RENAME TO away").unwrap();
    store.append(record(1)).await.unwrap_err();
    assert_eq!(store.archive().record(record(1).id).await.unwrap(), None);
    broken.execute_batch("ALTER TABLE away RENAME TO outbox").unwrap();
    store.append(record(1)).await.unwrap();
    assert_eq!(waiting(&store, ONE).await, [1]);
}
