//! Records that are owed: refusals that took effect while the store could not write. They wait here, bounded,
//! and the ids of those stored are remembered for a while, so that the visitor's cookie can be unmarked.
//!
//! It refuses to wait or to grow. Invariant: an id is said to be stored only after the commit that holds it.

use std::collections::{HashSet, VecDeque};

use policies::Record;

/// What became of a late record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// It waits; leave the token marked.
    Queued,
    /// It is stored; the token may be unmarked.
    Stored,
    /// There is no room; leave the token marked, a later request brings it again.
    Full,
}

/// The records that wait, and the ids that are done.
#[derive(Debug)]
pub(super) struct LateRecords {
    waiting: VecDeque<Record>,
    waiting_ids: HashSet<[u8; 16]>,
    done: VecDeque<[u8; 16]>,
    done_ids: HashSet<[u8; 16]>,
    room: usize,
    memory: usize,
}

impl LateRecords {
    pub(super) fn new(room: usize, memory: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            waiting_ids: HashSet::new(),
            done: VecDeque::new(),
            done_ids: HashSet::new(),
            room,
            memory,
        }
    }

    /// What became of it, and whether it is new here, so that the writer is to be woken.
    pub(super) fn note(&mut self, record: Record) -> (Late, bool) {
        if self.done_ids.contains(&record.id) {
            return (Late::Stored, false);
        }
        if self.waiting_ids.contains(&record.id) {
            return (Late::Queued, false);
        }
        if self.waiting.len() >= self.room {
            return (Late::Full, false);
        }
        self.waiting_ids.insert(record.id);
        self.waiting.push_back(record);
        (Late::Queued, true)
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The oldest that wait; they stay until [`Self::stored`] names them.
    pub(super) fn oldest(&self, most: usize) -> Vec<Record> {
        self.waiting.iter().take(most).cloned().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// These, the oldest, are committed.
    pub(super) fn stored(&mut self, records: &[Record]) {
        for record in records {
            self.waiting_ids.remove(&record.id);
            if self.done_ids.insert(record.id) {
                self.done.push_back(record.id);
            }
        }
        let Self { waiting, waiting_ids, .. } = self;
        waiting.retain(|record| waiting_ids.contains(&record.id));
        while self.done.len() > self.memory {
            if let Some(forgotten) = self.done.pop_front() {
                self.done_ids.remove(&forgotten);
            }
        }
    }
}
