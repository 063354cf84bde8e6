//! The register of destruction: one entry for what a purge destroyed of a class of a site, as an inspection asks for it. It names
//! nobody.
//!
//! It refuses to be destroyed itself: it says what went and nothing of whom. Invariant: an entry is made only after absence was looked for.

use policies::Timestamp;
use serde::Serialize;

use super::plan::{Fate, Step};
use super::purge::Done;
use super::word;
use crate::ledger::{Entry, EntryClass};
use crate::seal::random;
use crate::store::{Error, Reason};

/// What the register says of one class of one site. Keys stand in the order of the alphabet, so that the text is canonical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Destroyed {
    /// Who approved it; without, it went by the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// Why it was kept until then.
    pub basis: &'static str,
    /// Until then a backup of the keys can bring it back, in seconds since 1970.
    pub beyond_recovery: i64,
    /// As the policy's table names it.
    pub class: &'static str,
    /// Whether no copy was left in the database's log of changes.
    pub complete: bool,
    /// How many.
    pub count: usize,
    /// From the deposit, not from the store.
    pub deposited: bool,
    /// Keys that were destroyed with them.
    pub keys_destroyed: usize,
    /// Keys that go with the next purge.
    pub keys_resting: usize,
    /// How many were still there afterwards.
    pub left: usize,
    /// When the last of them was made.
    pub newest: i64,
    /// When the first of them was made.
    pub oldest: i64,
    /// How long they were to be kept (ISO 8601).
    pub period: String,
    /// The site's name in the configuration.
    pub site: String,
}

impl Destroyed {
    pub(super) fn of(step: &Step, left: usize, by: Option<&str>, done: &Done) -> Self {
        use policies::policy::RetentionBasis;
        Self {
            approved_by: by.map(str::to_owned),
            basis: match step.rule.basis {
                RetentionBasis::Law => "law",
                RetentionBasis::InternalPolicy => "internal_policy",
                RetentionBasis::Consent => "consent",
            },
            beyond_recovery: done.beyond_recovery.0,
            class: word(step.class),
            complete: done.complete,
            count: step.entries.len() - left,
            deposited: step.fate == Fate::DestroyDeposited,
            keys_destroyed: done.keys.destroyed,
            keys_resting: done.keys.resting,
            left,
            newest: step.newest.0,
            oldest: step.oldest.0,
            period: step.rule.period.to_string(),
            site: step.site.clone(),
        }
    }
}

pub(super) fn entry(destroyed: &Destroyed, now: Timestamp) -> Result<Entry, Error> {
    let unable = |_| Error::Unavailable { reason: Reason::Keys, source: None };
    Ok(Entry {
        id: random().map_err(unable)?,
        site: destroyed.site.clone(),
        class: EntryClass::Destruction,
        subject: None,
        made: now,
        ends: None,
        contents: serde_json::to_vec(destroyed).unwrap_or_default(),
    })
}
