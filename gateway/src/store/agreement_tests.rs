//! What guardians agreed to, on real files.

use policies::Timestamp;
use policies::consent::{REFERENCE_BYTES, Speaker};
use policies::time::DAY;

use super::tests::record;
use super::*;

const CODE: Reference = Reference([1; REFERENCE_BYTES]);

fn agreed(number: u16, speaker: Speaker) -> Record {
    Record { speaker, ground: Some("heard on the telephone".to_owned()), ..record(number) }
}

async fn found(store: &Store, site: &str, code: Reference) -> Option<Record> {
    store.archive().agreement(site.to_owned(), code).await.unwrap()
}

#[tokio::test]
async fn a_code_serves_once_and_at_its_site_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (store, other) = (
        Store::open(&Place::sample(folder.path()), &Limits::default()).unwrap(),
        Store::open(&Place::sample(folder.path()), &Limits::default()).unwrap(),
    );
    assert_eq!(found(&store, "shop", CODE).await, None);
    store.agree(CODE, agreed(1, Speaker::Officer)).await.unwrap();
    assert_eq!(found(&other, "shop", CODE).await, Some(agreed(1, Speaker::Officer)), "another process finds it");
    assert_eq!(found(&store, "other", CODE).await, None);
    other.agree(CODE, agreed(2, Speaker::Site)).await.unwrap();
    assert_eq!(found(&store, "shop", CODE).await, Some(agreed(1, Speaker::Officer)), "what was said first stays");
    assert_eq!(store.archive().record(record(2).id).await.unwrap(), None, "and nothing else is on record");
    assert_eq!(store.archive().newest(None, 9).await.unwrap(), [agreed(1, Speaker::Officer)]);
}

#[tokio::test]
async fn an_agreement_is_told_to_receivers_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Place::sample(folder.path()), &Limits::default()).unwrap();
    store.post_to([(String::from("shop"), vec![[9; 8]])].into(), 10);
    for _ in 0..2 {
        store.agree(CODE, agreed(1, Speaker::Site)).await.unwrap();
    }
    let owed = store.archive().owed([9; 8], 9).await.unwrap();
    assert_eq!(owed.iter().map(|owed| owed.record.clone()).collect::<Vec<_>>(), [agreed(1, Speaker::Site)]);
}

#[tokio::test]
async fn what_nobody_came_for_is_forgotten_and_its_record_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Place::sample(folder.path()), &Limits::default()).unwrap();
    let (first, later) = (agreed(1, Speaker::Site), agreed(2, Speaker::Site));
    store.agree(CODE, first.clone()).await.unwrap();
    let next = Reference([2; REFERENCE_BYTES]);
    store.agree(next, Record { made: Timestamp(first.made.0 + 30 * DAY), ..later.clone() }).await.unwrap();
    assert!(found(&store, "shop", CODE).await.is_some());
    let last = Reference([3; REFERENCE_BYTES]);
    let much_later = Record { id: [8; 16], made: Timestamp(first.made.0 + 31 * DAY), ..later };
    store.agree(last, much_later).await.unwrap();
    assert_eq!(found(&store, "shop", CODE).await, None);
    assert!(found(&store, "shop", next).await.is_some());
    assert_eq!(store.archive().record(first.id).await.unwrap(), Some(first));
}
