//! The keys that wrap: each in a file, read when it is needed, and known for a while.
//!
//! It refuses to go on using a key whose file is gone: another process may have destroyed it. Invariant: a key is on disk, and its
//! folder too, before anything is closed under it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use policies::Date;

use super::folder::Folder;
use super::{Error, KEY_BYTES, Opened, key, random};

/// Names a key file: random.
pub type KeyId = [u8; 16];

/// Keys that are remembered at the most.
const MOST_KNOWN: usize = 1_024;

pub(super) struct Keys {
    folder: Folder,
    known: Mutex<HashMap<KeyId, Known>>,
}

#[derive(Clone)]
struct Known {
    path: PathBuf,
    key: Opened,
}

impl Keys {
    pub(super) fn new(folder: Folder) -> Self {
        Self { folder, known: Mutex::default() }
    }

    pub(super) const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// A new key in a file of its own.
    pub(super) fn make(&self, day: Date) -> Result<KeyId, Error> {
        let (id, bytes) = (random::<16>()?, random::<KEY_BYTES>()?);
        let path = self.folder.add(day, id, &bytes)?;
        self.remember(id, Known { path, key: Arc::new(key(&bytes)?) });
        Ok(id)
    }

    pub(super) fn find(&self, id: KeyId) -> Result<Opened, Error> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(Known { path, key }) = known {
            if path.exists() {
                return Ok(key);
            }
            self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        }
        let (path, bytes) = self.folder.find(id)?;
        let opened: Opened = Arc::new(key(&bytes)?);
        self.remember(id, Known { path, key: Arc::clone(&opened) });
        Ok(opened)
    }

    pub(super) fn destroy(&self, id: KeyId) -> Result<(), Error> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.folder.destroy(id)
    }

    fn remember(&self, id: KeyId, key: Known) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(id, key);
    }
}

/// Nothing of the keys.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("folder", &self.folder).finish_non_exhaustive()
    }
}
