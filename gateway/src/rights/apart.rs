//! A visitor's records that are kept for the law alone: reading them out of the deposit, and destroying them where no law asks for them any more.
//!
//! It refuses to make a deposit where there is none. Invariant: what is destroyed there has its keys noted as spent in the store.

use std::path::Path;

use crate::ledger::EntryId;
use crate::store::{Archive, Deposit, Ending, Error, Sealed, Store};
use crate::vault;

/// The documents of a visitor's records in the deposit, the newest `most` of them with the newest first.
///
/// # Errors
/// The deposit can't be read.
pub async fn kept_apart(
    archive: &Archive,
    folder: &Path,
    site: &str,
    visitor: [u8; 16],
    most: usize,
) -> Result<Vec<Vec<u8>>, Error> {
    let found = under(folder, site, visitor, most).await?;
    let mut documents = Vec::with_capacity(found.len());
    for sealed in found {
        match archive.vault().open(sealed.entry) {
            Ok((entry, _)) => documents.push(entry.contents),
            Err(vault::Error::Destroyed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(documents)
}

/// Destroys a visitor's records in the deposit; tells when each was made.
pub(super) async fn erase(
    store: &Store,
    folder: &Path,
    site: &str,
    visitor: [u8; 16],
) -> Result<Vec<(EntryId, policies::Timestamp)>, Error> {
    let found = under(folder, site, visitor, usize::MAX).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let gone: Vec<_> = found.iter().map(|sealed| (sealed.entry.id, sealed.entry.made)).collect();
    let (folder, ids) = (folder.to_owned(), gone.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    let keys = tokio::task::spawn_blocking(move || Deposit::open(&folder)?.destroy(&ids)).await??;
    store.end(Ending::Spent(keys)).await?;
    Ok(gone)
}

async fn under(folder: &Path, site: &str, visitor: [u8; 16], most: usize) -> Result<Vec<Sealed>, Error> {
    let (folder, site) = (folder.to_owned(), site.to_owned());
    let look = move || {
        if Deposit::is_in(&folder) { Deposit::open(&folder)?.of_subject(&site, visitor, most) } else { Ok(Vec::new()) }
    };
    tokio::task::spawn_blocking(look).await?
}
