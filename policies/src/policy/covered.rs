//! What a choice that was made under an earlier version is worth under this one: a grant covers a purpose as it stood, a
//! refusal stays a refusal, and what grew or is new is open.
//!
//! Refuses to guess: a version that isn't known here carries nothing. Invariant: no carried token grants what the visitor
//! didn't agree to.

use alloc::vec::Vec;

use super::{Policy, PolicyVersion};
use crate::consent::{Exceptions, ItemKey, Mode, Token};
use crate::purpose::{MAX_PURPOSES, PurposeIndex, PurposeSet};

/// How choices under one earlier version are read under the policy that holds this.
#[derive(Clone, Debug)]
pub struct Covered {
    /// The earlier version.
    pub version: PolicyVersion,
    /// By the place of a purpose in the earlier version: its place here, where both have it as an optional one.
    places: [Option<PurposeIndex>; MAX_PURPOSES],
    /// Purposes here that a grant of then still covers.
    holds: PurposeSet,
    /// Single answers that can still be given, by their key then.
    items: Vec<CarriedItem>,
}

/// One service or cookie that could be answered for singly then and can be now.
#[derive(Clone, Copy, Debug)]
struct CarriedItem {
    then: ItemKey,
    now: ItemKey,
    /// Whether a yes of then still covers it; a no always does.
    holds: bool,
}

/// A choice of an earlier version as it stands under this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The token, in this version's places.
    pub token: Token,
    /// What the visitor has not answered for: purposes that are new, or that grew since they agreed.
    pub open: PurposeSet,
}

#[cfg(feature = "author")]
impl Covered {
    /// What choices under `then` cover under `now`; `holds` says of two purposes whether a yes to the one still is a yes to
    /// the other.
    #[must_use]
    pub fn new(then: &Policy, now: &Policy, holds: impl Fn(PurposeIndex, PurposeIndex) -> bool) -> Self {
        let mut covered =
            Self { version: then.version, places: [None; MAX_PURPOSES], holds: PurposeSet::EMPTY, items: Vec::new() };
        for old in then.optional().iter() {
            let same = then.purpose(old).and_then(|purpose| now.index_of(&purpose.id));
            let Some(new) = same.filter(|new| now.optional().contains(*new)) else { continue };
            if let Some(place) = covered.places.get_mut(old.place()) {
                *place = Some(new);
            }
            if holds(old, new) {
                covered.holds = covered.holds.with(new);
            }
        }
        covered.carry_items(then, now);
        covered
    }

    /// Items of the same name, where they serve the same purpose still.
    fn carry_items(&mut self, then: &Policy, now: &Policy) {
        let now: std::collections::BTreeMap<_, _> =
            now.items().into_iter().map(|item| ((item.name, item.purpose), item.key)).collect();
        for item in then.items() {
            let Some(purpose) = self.places.get(item.purpose.place()).copied().flatten() else { continue };
            let holds = self.holds.contains(purpose);
            let key = now.get(&(item.name, purpose)).copied();
            self.items.extend(key.map(|now| CarriedItem { then: item.key, now, holds }));
        }
        self.items.sort_unstable_by_key(|item| item.then);
    }
}

impl Covered {
    fn places_of(&self, then: PurposeSet) -> PurposeSet {
        then.iter().filter_map(|old| self.places.get(old.place()).copied().flatten()).collect()
    }

    fn exceptions(&self, then: &Exceptions) -> Exceptions {
        let carried = then.iter().filter_map(|(key, allowed)| {
            let item = self.items.get(self.items.binary_search_by_key(&key, |item| item.then).ok()?)?;
            (!allowed || item.holds).then_some((item.now, allowed))
        });
        // Two keys that fall together would be one answer for both: then the refusal is the one that stays.
        carried.fold(Exceptions::NONE, |all, (key, allowed)| {
            let allowed = allowed && all.answer(key) != Some(false);
            all.with(key, allowed).unwrap_or(all)
        })
    }

    fn carry(&self, token: &Token, policy: &Policy) -> Carried {
        let granted = self.places_of(token.granted).intersection(self.holds);
        let refused_all = token.is_pure_refusal();
        // Who refused everything refused whatever comes, and who confirms each cookie is asked about each.
        let answered_for_all = refused_all || token.mode == Mode::Ask;
        let refused = self.places_of(PurposeSet::from_bits(!token.granted.bits()));
        let open = policy.optional().without(granted).without(refused);
        let exceptions =
            if token.exceptions.is_empty() { token.exceptions } else { self.exceptions(&token.exceptions) };
        Carried {
            token: Token { policy: policy.version, granted, exceptions, ..*token },
            open: if answered_for_all { PurposeSet::EMPTY } else { open },
        }
    }
}

impl Policy {
    /// A choice as it stands under this version, where it was made under one that this policy's history knows; None where
    /// it was made under this version itself or an unknown one.
    #[must_use]
    pub fn carried(&self, token: &Token) -> Option<Carried> {
        let covered = self.earlier.iter().find(|covered| covered.version == token.policy)?;
        Some(covered.carry(token, self))
    }
}
