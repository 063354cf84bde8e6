//! What a visitor who is asked anew holds from their answer to an earlier version: the form repeats it.
//!
//! Refuses to grant: what stands here is what the visitor said. Invariant: an answer for what is new takes nothing back that was
//! allowed, and widens nothing that was narrowed.

use policies::banner::{FIELD_ITEM, FIELD_MODE, FIELD_PURPOSE, FIELD_SHARED, VALUE_NO, VALUE_SESSION, VALUE_YES};
use policies::{Mode, Policy, PurposeSet, Token};

/// What the form repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Purposes that are ticked.
    pub granted: PurposeSet,
    /// Fields that go along unseen: single answers, and how what is allowed is kept.
    pub fields: Vec<(&'static str, String)>,
}

impl Kept {
    /// What a token says that was carried to the version in force; only what is `granted` still is ticked.
    #[must_use]
    pub fn of(carried: &Token, granted: PurposeSet) -> Self {
        let word = |allowed: bool| if allowed { VALUE_YES } else { VALUE_NO };
        let items = carried.exceptions.iter();
        let items = items.map(|(key, allowed)| (FIELD_ITEM, format!("{key}:{}", word(allowed))));
        let mode = (carried.mode == Mode::Session).then(|| (FIELD_MODE, VALUE_SESSION.to_owned()));
        let shared = carried.shared.then(|| (FIELD_SHARED, VALUE_YES.to_owned()));
        let fields = items.chain(mode).chain(shared).collect();
        Self { granted: carried.granted.intersection(granted), fields }
    }

    /// Every field with its value, ticked purposes first, as a list of pairs in JSON.
    #[must_use]
    pub fn json(&self, policy: &Policy) -> String {
        let ticked = policy.ids(self.granted).into_iter().map(|id| (FIELD_PURPOSE, id));
        let fields = self.fields.iter().map(|(name, value)| (*name, value.as_str()));
        // Ids, keys and words are made of harmless letters: nothing to escape.
        let pairs = ticked.chain(fields).map(|(name, value)| format!("[\"{name}\",\"{value}\"]"));
        format!("[{}]", pairs.collect::<Vec<_>>().join(","))
    }
}
