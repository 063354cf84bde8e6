//! Counting in memory: one short lock, no allocation that a stranger could make grow.
//!
//! Refuses to hold more than [`MOST`] different counts at once: the rest is counted as *other*. Invariant: the sum of
//! what was counted and of what was taken is the same.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use policies::{Act, Date, PolicyVersion, Timestamp};

use crate::store::{Batch, TallyRow, Unsaved};

/// Different counts that wait between two flushes.
const MOST: usize = 20_000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A visitor entered the site.
    Visit,
    /// A page was shown to somebody who owes an answer.
    Owed,
    /// A page was asked for with `Sec-GPC: 1`.
    Signal,
    /// A choice was made.
    Choice(Act),
    /// A choice granted this purpose.
    Granted(&'a str),
    /// A choice refused this purpose.
    Refused(&'a str),
}

impl<'a> Event<'a> {
    /// Kind and name under which it is stored.
    pub(super) const fn words(self) -> (&'static str, &'a str) {
        match self {
            Self::Visit => ("visit", ""),
            Self::Owed => ("owed", ""),
            Self::Signal => ("gpc", ""),
            Self::Choice(act) => ("act", act.name()),
            Self::Granted(purpose) => ("granted", purpose),
            Self::Refused(purpose) => ("refused", purpose),
        }
    }
}

type Key = (i64, PolicyVersion, &'static str, String);

/// Counts of all sites since the last flush.
#[derive(Default)]
pub struct Tally {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    sites: HashMap<String, HashMap<Key, u64>>,
    different: usize,
}

impl Tally {
    /// Counts one event under the policy in force.
    pub fn count(&self, site: &str, policy: PolicyVersion, event: Event<'_>, now: Timestamp) {
        let (kind, name) = event.words();
        let day = now.date().day_number();
        let mut waiting = self.waiting();
        let key = if waiting.different < MOST { (day, policy, kind, name.to_owned()) } else { other(day, policy) };
        waiting.add(site, key, 1);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, site: &str, key: Key, count: u64) {
        let counts = match self.sites.get_mut(site) {
            Some(counts) => counts,
            None => self.sites.entry(site.to_owned()).or_default(),
        };
        match counts.get_mut(&key) {
            Some(counted) => *counted = counted.saturating_add(count),
            None => {
                counts.insert(key, count);
                self.different += 1;
            }
        }
    }
}

fn other(day: i64, policy: PolicyVersion) -> Key {
    (day, policy, "other", String::new())
}

impl Unsaved for Tally {
    fn take(&self, most: usize, _last: bool) -> Batch {
        let mut waiting = self.waiting();
        let Waiting { sites, different } = &mut *waiting;
        let mut tallies = Vec::new();
        for (site, counts) in &mut *sites {
            let room = most.saturating_sub(tallies.len());
            let taken: Vec<Key> = counts.keys().take(room).cloned().collect();
            let row = |key: Key| {
                let count = counts.remove(&key)?;
                let (day, policy, kind, name) = key;
                Some(TallyRow {
                    site: site.clone(),
                    day: Date::of_day_number(day),
                    policy,
                    kind: kind.to_owned(),
                    name,
                    count,
                })
            };
            tallies.extend(taken.into_iter().filter_map(row));
        }
        sites.retain(|_, counts| !counts.is_empty());
        *different = different.saturating_sub(tallies.len());
        Batch { tallies, ..Batch::default() }
    }

    fn put_back(&self, batch: Batch) {
        let mut waiting = self.waiting();
        for row in batch.tallies {
            let day = row.day.day_number();
            let known =
                ["visit", "owed", "gpc", "act", "granted", "refused"].into_iter().find(|kind| *kind == row.kind);
            let key = known.map_or_else(|| other(day, row.policy), |kind| (day, row.policy, kind, row.name));
            waiting.add(&row.site, key, row.count);
        }
    }
}
