//! What a visitor granted and refused, and by which act. A choice is checked against the policy it was made
//! under: a purpose that this policy hasn't is an error, never ignored.

use core::fmt;

use crate::policy::Policy;
use crate::purpose::PurposeSet;

/// By which act a choice was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    /// One button for everything.
    AcceptAll,
    /// One button for nothing optional.
    RefuseAll,
    /// Purpose by purpose.
    Custom,
    /// Taking an earlier grant back.
    Withdraw,
}

impl Act {
    /// All, in the order in which statistics show them.
    pub const ALL: [Self; 4] = [Self::AcceptAll, Self::RefuseAll, Self::Custom, Self::Withdraw];

    /// The word used in forms, records and statistics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AcceptAll => "accept_all",
            Self::RefuseAll => "refuse_all",
            Self::Custom => "custom",
            Self::Withdraw => "withdraw",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }
}

/// How allowed cookies are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// As the site sets them.
    #[default]
    AsSet,
    /// Until the browser closes.
    Session,
    /// Each one is confirmed.
    Ask,
}

impl Mode {
    /// The word used in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsSet => "as_set",
            Self::Session => "session",
            Self::Ask => "ask",
        }
    }
}

/// A choice under one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// By which act.
    pub act: Act,
    /// What was granted; never contains what needs no grant.
    pub granted: PurposeSet,
}

/// Why a choice is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoiceError {
    /// The policy has no purpose of this id.
    UnknownPurpose,
}

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPurpose => f.write_str("the choice names a purpose that this policy has not"),
        }
    }
}

impl core::error::Error for ChoiceError {}

impl Choice {
    /// The choice that an act and the ticked purposes make. Ticks count only for [`Act::Custom`].
    ///
    /// # Errors
    /// A purpose that the policy hasn't.
    pub fn new<'a>(policy: &Policy, act: Act, ticked: impl IntoIterator<Item = &'a str>) -> Result<Self, ChoiceError> {
        let ticked: PurposeSet = ticked
            .into_iter()
            .map(|id| policy.index_of(id).ok_or(ChoiceError::UnknownPurpose))
            .collect::<Result<_, _>>()?;
        let granted = match act {
            Act::AcceptAll => policy.optional(),
            Act::RefuseAll | Act::Withdraw => PurposeSet::EMPTY,
            Act::Custom => ticked.intersection(policy.optional()),
        };
        Ok(Self { act, granted })
    }

    /// Whether nothing was granted: such a choice leaves no identifier behind.
    #[must_use]
    pub const fn is_pure_refusal(self) -> bool {
        self.granted.is_empty()
    }
}
