//! A visitor's own records: reading them by the number in the sealed cookie, and destroying them at their wish.
//!
//! It refuses whatever isn't under that number at that site. Invariant: what was destroyed can't be read here any more; its leaves stay in
//! the log.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use policies::{Record, Timestamp};
use serde_json::Value;

use super::apart;
use super::register::PAGE;
use crate::ledger::{Entry, EntryClass, EntryId, document};
use crate::seal::random;
use crate::store::{Archive, Asked, Error, Reason, Store};

/// Entries that are looked at for one page: nobody chooses that often, and a program that does is told of some.
const MOST_LOOKED_AT: usize = 20_000;
/// Entries that are destroyed in one transaction.
const AT_ONCE: usize = 500;

/// The documents of the records under a number, the newest `most` of them with the newest first, and whether there are more.
///
/// # Errors
/// The store can't be read.
pub async fn records(
    archive: &Archive,
    site: &str,
    visitor: [u8; 16],
    most: usize,
) -> Result<(Vec<(Record, Vec<u8>)>, bool), Error> {
    let mut newest: VecDeque<Entry> = VecDeque::new();
    let mut count = 0_usize;
    each(archive, site, visitor, MOST_LOOKED_AT, |entry| {
        count += 1;
        newest.push_front(entry);
        newest.truncate(most);
    })
    .await?;
    let read = |entry: Entry| match document::read(&entry.contents) {
        Ok(record) => Some((record, entry.contents)),
        Err(error) => {
            tracing::error!(%error, "a record can't be shown to its visitor");
            None
        }
    };
    Ok((newest.into_iter().filter_map(read).collect(), count > most))
}

/// What is erased.
#[derive(Clone, Copy, Debug)]
pub struct Erasing<'a> {
    /// The site's name.
    pub site: &'a str,
    /// The records under this number.
    pub visitor: [u8; 16],
    /// But for this one.
    pub but: Option<EntryId>,
    /// The folder of what is kept for the law alone: whoever may be erased has nothing there that a law asks for now.
    pub deposit: &'a Path,
    /// When.
    pub now: Timestamp,
    /// From when no backup of the keys can bring them back.
    pub beyond_recovery: Timestamp,
}

/// Destroys the records under a number, looks that they are gone, and enters that in the register of destruction; tells how many.
///
/// # Errors
/// The store can't do it now. What it did not do is still there: doing it again goes on.
pub async fn erase(store: &Store, erasing: Erasing<'_>) -> Result<usize, Error> {
    let mut found = under(store, &erasing).await?;
    let ids: Vec<EntryId> = found.iter().map(|(id, _)| *id).collect();
    for some in ids.chunks(AT_ONCE) {
        store.destroy(some.to_vec()).await?;
    }
    found.extend(apart::erase(store, erasing.deposit, erasing.site, erasing.visitor).await?);
    // Their pages are overwritten; this takes them out of the log of changes too.
    store.compact_soon();
    if !under(store, &erasing).await?.is_empty() {
        return Err(Error::Unavailable { reason: Reason::Slow, source: None });
    }
    if let Some(entry) = destroyed(&erasing, &found) {
        // They are gone, whatever the register says.
        if let Err(error) = store.enter(entry).await {
            tracing::error!(site = erasing.site, count = found.len(), %error, "records were destroyed, and the register of destruction can't say it");
        }
    }
    Ok(found.len())
}

async fn under(store: &Store, erasing: &Erasing<'_>) -> Result<Vec<(EntryId, Timestamp)>, Error> {
    let mut found = Vec::new();
    let mut meet = |entry: Entry| found.extend((Some(entry.id) != erasing.but).then_some((entry.id, entry.made)));
    each(store.archive(), erasing.site, erasing.visitor, usize::MAX, &mut meet).await?;
    Ok(found)
}

/// What the register of destruction says of it; it names nobody, and nothing where there was nothing.
fn destroyed(erasing: &Erasing<'_>, found: &[(EntryId, Timestamp)]) -> Option<Entry> {
    let made = || found.iter().map(|(_, made)| made.0);
    let says = BTreeMap::from([
        ("approved_by", Value::from("the visitor")),
        ("basis", Value::from("erasure")),
        ("beyond_recovery", Value::from(erasing.beyond_recovery.0)),
        ("class", Value::from("consent")),
        ("count", Value::from(found.len())),
        ("left", Value::from(0)),
        ("newest", Value::from(made().max()?)),
        ("oldest", Value::from(made().min()?)),
        ("site", Value::from(erasing.site)),
    ]);
    Some(Entry {
        id: random().ok()?,
        site: erasing.site.to_owned(),
        class: EntryClass::Destruction,
        subject: None,
        made: erasing.now,
        ends: None,
        // Of texts and whole numbers nothing can fail.
        contents: serde_json::to_vec(&says).unwrap_or_default(),
    })
}

async fn each(
    archive: &Archive,
    site: &str,
    visitor: [u8; 16],
    most: usize,
    mut meet: impl FnMut(Entry),
) -> Result<(), Error> {
    let (mut after, mut looked_at) = (None, 0_usize);
    while looked_at < most {
        let asked = Asked {
            site: Some(site.to_owned()),
            class: Some(EntryClass::Consent),
            subject: Some(visitor),
            after,
            ..Asked::default()
        };
        let page = archive.entries(asked, PAGE).await?;
        let Some(last) = page.last().map(|numbered| numbered.seq) else { break };
        after = Some(last);
        looked_at += page.len();
        page.into_iter().filter_map(|numbered| numbered.entry).for_each(&mut meet);
    }
    Ok(())
}
