//! A visitor's own records: reading them by the number in the sealed cookie, and destroying them at their wish.
//!
//! It refuses whatever isn't under that number at that site. Invariant: what was destroyed can't be read here any more; its leaves stay in
//! the log.

use std::collections::VecDeque;

use policies::Record;

use super::register::PAGE;
use crate::ledger::{Entry, EntryClass, EntryId, document};
use crate::store::{Archive, Asked, Error, Store};

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
    each(archive, site, visitor, |entry| {
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

/// Destroys the records under a number, but for one; tells how many.
///
/// # Errors
/// The store can't do it now. What it did not do is still there: doing it again goes on.
pub async fn erase(store: &Store, site: &str, visitor: [u8; 16], but: Option<EntryId>) -> Result<usize, Error> {
    let mut ids: Vec<EntryId> = Vec::new();
    each(store.archive(), site, visitor, |entry| ids.extend(Some(entry.id).filter(|id| Some(*id) != but))).await?;
    for some in ids.chunks(AT_ONCE) {
        store.destroy(some.to_vec()).await?;
    }
    Ok(ids.len())
}

async fn each(archive: &Archive, site: &str, visitor: [u8; 16], mut meet: impl FnMut(Entry)) -> Result<(), Error> {
    let mut after = None;
    loop {
        let asked = Asked {
            site: Some(site.to_owned()),
            class: Some(EntryClass::Consent),
            subject: Some(visitor),
            after,
            ..Asked::default()
        };
        let page = archive.entries(asked, PAGE).await?;
        let Some(last) = page.last().map(|numbered| numbered.seq) else { return Ok(()) };
        after = Some(last);
        page.into_iter().filter_map(|numbered| numbered.entry).for_each(&mut meet);
    }
}
