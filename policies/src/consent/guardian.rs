//! A guardian's consent for a visitor who is too young to agree alone: the code that names the visitor's browser, and what
//! that browser is given once a guardian agreed.
//!
//! Refuses a guardian's word on what is no matter of consent. Invariant: what a guardian granted, the visitor alone can take
//! away and not add to.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{Act, Choice, Exceptions, GrantIds, Mode, Record, Signals, Token};
use crate::policy::{Policy, Regime};
use crate::purpose::PurposeSet;
use crate::spelled;
use crate::time::Timestamp;

/// Bytes of a reference.
pub const REFERENCE_BYTES: usize = 10;

/// The code that a visitor hands to a guardian: who knows it can agree for the browser that was given it, and do nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reference(pub [u8; REFERENCE_BYTES]);

impl Reference {
    /// Reads what people write: in any case, with blanks and dashes anywhere, `O` for `0`, `I` and `L` for `1`.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        spelled::read(written).map(Self)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        spelled::write(&self.0, f)
    }
}

/// What a token remembers of a guardian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guardian {
    /// The visitor may not agree alone, and was given this code for a guardian.
    Asked(Reference),
    /// What is granted here, a guardian granted.
    Agreed,
}

/// Who said what a record holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// The visitor, in their browser.
    #[default]
    Visitor,
    /// An officer of the site, for a guardian whom they have heard.
    Officer,
    /// The site's own server, for a guardian whom it has verified.
    Site,
}

impl Speaker {
    /// All.
    pub const ALL: [Self; 3] = [Self::Visitor, Self::Officer, Self::Site];

    /// The word used in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Officer => "officer",
            Self::Site => "site",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|speaker| speaker.name() == name)
    }
}

/// Why purposes are none that a guardian can grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementError {
    /// None is named.
    Nothing,
    /// The policy has no purpose of this id.
    UnknownPurpose(String),
    /// It needs nobody's consent.
    NotOptional(String),
}

impl fmt::Display for AgreementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no purpose is named"),
            Self::UnknownPurpose(id) => write!(f, "the site's policy has no purpose \"{id}\""),
            Self::NotOptional(id) => write!(f, "the purpose \"{id}\" needs nobody's consent"),
        }
    }
}

impl core::error::Error for AgreementError {}

/// What a guardian granted, and who says so.
#[derive(Clone, Copy, Debug)]
pub struct Agreement<'a> {
    /// By whom it came in.
    pub speaker: Speaker,
    /// On which ground, in their own words.
    pub ground: Option<&'a str>,
    /// Optional purposes; see [`Agreement::purposes`].
    pub granted: PurposeSet,
    /// How the site asks.
    pub regime: Regime,
    /// When.
    pub made: Timestamp,
}

impl Agreement<'_> {
    /// The purposes that a guardian grants by these ids.
    ///
    /// # Errors
    /// See [`AgreementError`].
    pub fn purposes(policy: &Policy, ids: &[&str]) -> Result<PurposeSet, AgreementError> {
        if ids.is_empty() {
            return Err(AgreementError::Nothing);
        }
        let purpose = |id: &&str| {
            let index = policy.index_of(id).ok_or_else(|| AgreementError::UnknownPurpose((*id).to_owned()))?;
            policy
                .optional()
                .contains(index)
                .then_some(index)
                .ok_or_else(|| AgreementError::NotOptional((*id).to_owned()))
        };
        ids.iter().map(purpose).collect()
    }

    /// The record of it: `ids` are its own, and the random number by which the browser will be known.
    #[must_use]
    pub fn record(&self, ids: GrantIds, site: &str, policy: &Policy) -> Record {
        let token = Token {
            policy: policy.version,
            granted: self.granted.intersection(policy.optional()),
            exceptions: Exceptions::NONE,
            act: Act::Guardian,
            mode: Mode::AsSet,
            regime: self.regime,
            lang: None,
            signals: Signals::default(),
            made: self.made,
            shared: false,
            sweep: None,
            unrecorded: None,
            ids: Some(ids),
            guardian: Some(Guardian::Agreed),
            suspended: false,
        };
        let ground = self.ground.map(ToOwned::to_owned);
        Record { speaker: self.speaker, ground, ..Record::of_token(ids.record, site, policy, &token) }
    }
}

impl Token {
    /// The code that was given to this browser, if it waits for a guardian's answer.
    #[must_use]
    pub const fn reference(&self) -> Option<Reference> {
        match self.guardian {
            Some(Guardian::Asked(reference)) => Some(reference),
            Some(Guardian::Agreed) | None => None,
        }
    }

    /// The token that takes this one's place once a guardian's agreement is on record. What the visitor refused singly, or
    /// wants forgotten when the browser closes, stays so. None under another policy than the record's.
    #[must_use]
    pub fn agreed(&self, record: &Record, policy: &Policy) -> Option<Self> {
        let same_policy = self.policy == policy.version && record.policy == policy.version;
        let granted: PurposeSet = record.granted.iter().filter_map(|id| policy.index_of(id)).collect();
        same_policy.then_some(Self {
            granted: granted.intersection(policy.optional()),
            exceptions: self.exceptions.refusals(),
            act: record.act,
            regime: record.regime,
            // The guardian was not asked under a signal, so that one holds.
            signals: record.signals,
            made: record.made,
            unrecorded: None,
            ids: record.visitor.map(|visitor| GrantIds { visitor, record: record.id }),
            guardian: Some(Guardian::Agreed),
            ..*self
        })
    }
}

impl Choice {
    /// Whether it allows something that a token doesn't.
    #[must_use]
    pub fn adds_to(&self, token: &Token) -> bool {
        *self != self.within(token)
    }

    /// What of it a token allows already.
    #[must_use]
    pub fn within(&self, token: &Token) -> Self {
        let kept = |(key, allowed): &(_, bool)| !allowed || token.exceptions.answer(*key) == Some(true);
        let answers: Vec<_> = self.exceptions.iter().filter(kept).collect();
        let exceptions = answers
            .into_iter()
            .try_fold(Exceptions::NONE, |all, (key, allowed)| all.with(key, allowed))
            .unwrap_or_default();
        Self { granted: self.granted.intersection(token.granted), exceptions, ..self.without_grants() }
    }

    /// What its token remembers of a guardian, by what the token before did: a code waits while everything is refused, and
    /// a guardian's grant stays one until somebody who may says more.
    #[must_use]
    pub fn guardian_after(&self, before: Option<&Token>) -> Option<Guardian> {
        let before = before?;
        match before.guardian? {
            Guardian::Asked(_) if !self.is_pure_refusal() => None,
            Guardian::Agreed if self.is_pure_refusal() || self.adds_to(before) => None,
            kept => Some(kept),
        }
    }
}

#[cfg(test)]
mod reference_tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reference_is_read_as_people_write_it() {
        let reference = Reference([0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf]);
        assert_eq!(alloc::format!("{reference}"), "0123-4567-89AB-CDEF");
        for written in [
            "0123-4567-89AB-CDEF",
            "0123456789abcdef",
            " o1 23-4567 89ABCDEF ",
            "OI23-4567-89AB-CDEF",
            "0L234567-89ABCDEF",
        ] {
            assert_eq!(Reference::parse(written), Some(reference), "{written}");
        }
        for wrong in [
            "",
            "0123-4567-89AB-CDE",
            "0123-4567-89AB-CDEF0",
            "U123-4567-89AB-CDEF",
            "0123_4567_89AB_CDEF",
            "0123-4567-89AB-CDÉ",
        ] {
            assert_eq!(Reference::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Reference::parse(&"0".repeat(1_000)), None);
    }

    proptest! {
        #[test]
        fn every_reference_is_read_again(bytes: [u8; REFERENCE_BYTES]) {
            let written = alloc::format!("{}", Reference(bytes));
            prop_assert_eq!(Reference::parse(&written), Some(Reference(bytes)));
            prop_assert_eq!(Reference::parse(&written.to_ascii_lowercase().replace('-', "")), Some(Reference(bytes)));
        }
    }
}
