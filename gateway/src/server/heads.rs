//! The log's heads, told where whoever writes the database can't reach: to the log output, and to a file outside the data folder.
//!
//! It refuses to go on in silence where the log no longer holds what was told of it. Invariant: a head that was told is never told
//! differently.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::ledger::letters::hex;
use crate::ledger::{Head, merkle};
use crate::store::{Error, Store};

/// How often the newest head is told, where it is another.
const EVERY: Duration = Duration::from_secs(60);

/// How long a stop waits for the newest head.
const LAST: Duration = Duration::from_secs(3);

/// Bytes at the end of the file in which its last line is looked for.
const LONGEST_LINE: u64 = 1_024;

/// Who is told.
pub(super) struct Heads {
    file: Option<PathBuf>,
    store: Store,
    /// Leaves of the newest head that was told.
    told: AtomicU64,
}

impl Heads {
    pub(super) const fn new(file: Option<PathBuf>, store: Store) -> Self {
        Self { file, store, told: AtomicU64::new(0) }
    }

    /// Tells heads until it is dropped.
    pub(super) async fn run(self: Arc<Self>) {
        if let Some(file) = &self.file {
            compare(file, &self.store).await;
        }
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            ticks.tick().await;
            self.tell_newest().await;
        }
    }

    /// Tells the head behind the last write: a database that is put back without what was written last is known by it.
    pub(super) async fn tell_last(&self) {
        if tokio::time::timeout(LAST, self.tell_newest()).await.is_err() {
            tracing::warn!("the log's last head could not be told: the store didn't answer in time");
        }
    }

    async fn tell_newest(&self) {
        match self.store.archive().head().await {
            Ok(Some(head)) if head.size > self.told.load(Ordering::Relaxed) => {
                self.told.store(head.size, Ordering::Relaxed);
                tell(&head, self.file.as_deref());
            }
            // A store that can't be read has told so.
            Ok(_) | Err(_) => {}
        }
    }
}

fn tell(head: &Head, file: Option<&Path>) {
    let (root, key) = (hex(&head.root), hex(&head.key));
    tracing::info!(size = head.size, root, key, "the log of the evidence");
    let Some(path) = file else { return };
    let mut options = std::fs::OpenOptions::new();
    let opened = options.append(true).create(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(line(head).as_bytes()).and_then(|()| file.sync_data()));
    if let Err(error) = written {
        tracing::error!(path = %path.display(), %error, "the log's head could not be written to records.heads");
    }
}

fn line(head: &Head) -> String {
    let Head { size, made, root, key, signature } = head;
    let (root, key, signature) = (hex(root), hex(key), hex(signature));
    format!(
        "{{\"key\":\"{key}\",\"made\":{},\"root\":\"{root}\",\"signature\":\"{signature}\",\"size\":{size}}}\n",
        made.0
    )
}

/// Whether the store's log has grown out of the head that was told last.
async fn compare(path: &Path, store: &Store) {
    let Some((size, root)) = last(path) else { return };
    match holds(size, root, store).await {
        Ok(true) => {}
        Ok(false) => tracing::error!(
            size,
            root = hex(&root),
            path = %path.display(),
            "the log of the evidence does not hold what was told of it: the database was changed, or put back from an older copy"
        ),
        Err(error) => tracing::warn!(%error, "the log of the evidence can't be compared with records.heads"),
    }
}

async fn holds(size: u64, root: [u8; 32], store: &Store) -> Result<bool, Error> {
    let Some((new, path)) = store.archive().growth(size).await? else { return Ok(false) };
    Ok(merkle::verify_consistency((size, root), (new.size, new.root), &path))
}

/// Size and root of the last line.
fn last(path: &Path) -> Option<(u64, [u8; 32])> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_LINE))).ok()?;
    let mut text = String::new();
    file.take(LONGEST_LINE).read_to_string(&mut text).ok()?;
    let line: serde_json::Value = serde_json::from_str(text.lines().last()?).ok()?;
    Some((line["size"].as_u64()?, crate::ledger::letters::of_hex(line["root"].as_str()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Limits, Place};

    #[tokio::test]
    async fn a_log_that_is_not_what_was_told_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let (file, data) = (folder.path().join("heads.jsonl"), folder.path().join("data"));
        let store = Store::open(&Place::sample(&data), &Limits::default()).unwrap();
        assert_eq!(last(&file), None);
        let entry = |number: u8| crate::ledger::Entry {
            id: [number; 16],
            site: String::from("shop"),
            class: crate::ledger::EntryClass::Configuration,
            subject: None,
            made: policies::Timestamp(1),
            ends: None,
            contents: vec![number],
        };
        store.enter(entry(1)).await.unwrap();
        tell(&store.archive().head().await.unwrap().unwrap(), Some(&file));
        store.enter(entry(2)).await.unwrap();
        tell(&store.archive().head().await.unwrap().unwrap(), Some(&file));
        let (size, root) = last(&file).unwrap();
        assert_eq!(size, 2);
        store.enter(entry(3)).await.unwrap();
        assert!(holds(size, root, &store).await.unwrap());
        assert!(!holds(size, [0; 32], &store).await.unwrap(), "another root");
        let older = Store::open(&Place::sample(&folder.path().join("older")), &Limits::default()).unwrap();
        older.enter(entry(1)).await.unwrap();
        assert!(!holds(size, root, &older).await.unwrap(), "a log that is shorter than what was told");
        older.enter(entry(2)).await.unwrap();
        assert!(!holds(size, root, &older).await.unwrap(), "a log of its own");
    }
}
