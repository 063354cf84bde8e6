//! The vault: entries sealed so that they can be destroyed. Each entry's contents are closed (AES-256-GCM) under a key of its own, which
//! lies beside it, wrapped by a key that lies in a file outside the database: whoever has an old copy of the database and not
//! that file has nothing.
//!
//! It refuses to seal under a key that isn't safely on disk. Invariant: a key file serves the entries of one day, so that it can go with them.

mod folder;
mod keys;

pub use folder::Folder;
pub use keys::KeyId;

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use policies::{Date, Timestamp};

use crate::ledger::{Entry, EntryClass, EntryId, Hash, SALT_BYTES, leaf};
use keys::Keys;

/// Entries that one key file serves at the most: when one of them is destroyed, the others are wrapped anew.
const MOST_UNDER_ONE_KEY: u32 = 65_536;
/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes of a nonce, which stands before what it closed.
const NONCE_BYTES: usize = 12;

/// An entry as it lies in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedEntry {
    /// Its name.
    pub id: EntryId,
    /// The site's name in the configuration.
    pub site: String,
    /// What it is of.
    pub class: EntryClass,
    /// Whose.
    pub subject: Option<[u8; 16]>,
    /// When.
    pub made: Timestamp,
    /// When it stops to hold by itself.
    pub ends: Option<Timestamp>,
    /// Its leaf in the log.
    pub leaf: Hash,
    /// The key of this entry, wrapped.
    pub wrapped: Wrapped,
    /// Salt and contents, closed under the key of this entry: nonce, closed bytes, tag.
    pub body: Vec<u8>,
}

/// An entry's key, closed under the key of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// Which file.
    pub by: KeyId,
    /// Nonce, closed key, tag.
    pub bytes: Vec<u8>,
}

/// Why the vault doesn't do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file of the key is gone: what it closed was destroyed.
    #[error("the key that this entry was sealed with has been destroyed")]
    Destroyed,
    /// What lies there is not what was sealed.
    #[error("an entry doesn't open with its key: it was changed, or its key was")]
    Damaged,
    /// The key folder.
    #[error("the keys of the records in {path} can't be used: make sure that this user may read and write there", path = .path.display())]
    Folder {
        /// The folder or file.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The system has no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
}

/// The keys of a folder, and what is done with them.
#[derive(Debug)]
pub struct Vault {
    keys: Keys,
    /// The file that new entries are sealed under.
    current: Mutex<Option<Current>>,
}

#[derive(Debug)]
struct Current {
    id: KeyId,
    day: Date,
    served: u32,
}

impl Vault {
    /// The vault of a folder. Nothing is read or made before it is needed.
    #[must_use]
    pub fn at(folder: Folder) -> Self {
        Self { keys: Keys::new(folder), current: Mutex::new(None) }
    }

    /// Where its keys lie.
    #[must_use]
    pub const fn folder(&self) -> &Folder {
        self.keys.folder()
    }

    /// Seals an entry on a day.
    ///
    /// # Errors
    /// The folder or the system's random bytes.
    pub fn seal(&self, entry: &Entry, day: Date) -> Result<SealedEntry, Error> {
        let (salt, own) = (random::<SALT_BYTES>()?, random::<KEY_BYTES>()?);
        let by = self.key_of(day)?;
        let body = close(&key(&own)?, bound(entry), &[&salt, entry.contents.as_slice()])?;
        Ok(SealedEntry {
            id: entry.id,
            site: entry.site.clone(),
            class: entry.class,
            subject: entry.subject,
            made: entry.made,
            ends: entry.ends,
            leaf: leaf(&salt, &entry.contents),
            wrapped: self.wrap(&entry.id, &own, by)?,
            body,
        })
    }

    /// The entry, and the salt of its leaf.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(&self, sealed: SealedEntry) -> Result<(Entry, [u8; SALT_BYTES]), Error> {
        let own = self.unwrap(&sealed.id, &sealed.wrapped)?;
        let SealedEntry { id, site, class, subject, made, ends, leaf: logged, body, .. } = sealed;
        let mut entry = Entry { id, site, class, subject, made, ends, contents: Vec::new() };
        let opened = open(&key(&own)?, bound(&entry), &body)?;
        let (salt, contents) = opened.split_first_chunk::<SALT_BYTES>().ok_or(Error::Damaged)?;
        if leaf(salt, contents) != logged {
            return Err(Error::Damaged);
        }
        entry.contents = contents.to_vec();
        Ok((entry, *salt))
    }

    /// An entry's key under another file, so that the one it was under can be destroyed.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn wrap_anew(&self, entry: &EntryId, wrapped: &Wrapped, day: Date) -> Result<Wrapped, Error> {
        let own = self.unwrap(entry, wrapped)?;
        self.wrap(entry, &own, self.key_of(day)?)
    }

    /// Destroys a key file: nothing that it closed opens again. One that is gone already is no error.
    ///
    /// # Errors
    /// The folder.
    pub fn destroy(&self, id: KeyId) -> Result<(), Error> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|current| current.id == id) {
            *current = None;
        }
        self.keys.destroy(id)
    }

    /// The file for new entries of a day: another day's is never used, so that it is known when no writer has a file in hand.
    fn key_of(&self, day: Date) -> Result<KeyId, Error> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = current.as_mut()
            && current.day == day
            && current.served < MOST_UNDER_ONE_KEY
            && self.keys.find(current.id).is_ok()
        {
            current.served += 1;
            return Ok(current.id);
        }
        let id = self.keys.make(day)?;
        *current = Some(Current { id, day, served: 1 });
        Ok(id)
    }

    fn wrap(&self, entry: &EntryId, own: &[u8; KEY_BYTES], by: KeyId) -> Result<Wrapped, Error> {
        let bytes = close(&*self.keys.find(by)?, Aad::from(entry.to_vec()), &[own])?;
        Ok(Wrapped { by, bytes })
    }

    fn unwrap(&self, entry: &EntryId, wrapped: &Wrapped) -> Result<[u8; KEY_BYTES], Error> {
        let own = open(&*self.keys.find(wrapped.by)?, Aad::from(entry.to_vec()), &wrapped.bytes)?;
        own.try_into().map_err(|_| Error::Damaged)
    }
}

/// What a body is bound to: moved to another entry, or given another life, it doesn't open.
fn bound(entry: &Entry) -> Aad<Vec<u8>> {
    let subject = entry.subject.map(|subject| subject.to_vec()).unwrap_or_default();
    let ends = entry.ends.map(|ends| ends.0.to_be_bytes().to_vec()).unwrap_or_default();
    let (made, class, site) = (entry.made.0.to_be_bytes(), entry.class.name().as_bytes(), entry.site.as_bytes());
    // Lengths stand before what has no fixed one: nothing can pass from one part into the next.
    let lengths = [subject.len(), ends.len(), class.len()].map(|length| u8::try_from(length).unwrap_or(u8::MAX));
    let parts: [&[u8]; 7] = [&entry.id, &made, &lengths, &subject, &ends, class, site];
    Aad::from(parts.concat())
}

fn key(bytes: &[u8]) -> Result<RandomizedNonceKey, Error> {
    RandomizedNonceKey::new(&AES_256_GCM, bytes).map_err(|_| Error::Damaged)
}

fn close(key: &RandomizedNonceKey, bound: Aad<Vec<u8>>, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let mut closed = parts.concat();
    let nonce = key.seal_in_place_append_tag(bound, &mut closed).map_err(|_| Error::NoRandomness)?;
    Ok([nonce.as_ref().as_slice(), &closed].concat())
}

fn open(key: &RandomizedNonceKey, bound: Aad<Vec<u8>>, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let (nonce, closed) = bytes.split_at_checked(NONCE_BYTES).ok_or(Error::Damaged)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Damaged)?;
    let mut opened = closed.to_vec();
    let length = key.open_in_place(nonce, bound, &mut opened).map_err(|_| Error::Damaged)?.len();
    opened.truncate(length);
    Ok(opened)
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

/// A key in use, shared.
type Opened = Arc<RandomizedNonceKey>;

#[cfg(test)]
mod tests;
