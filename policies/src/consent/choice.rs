//! What a visitor granted and refused, and by which act. A choice is checked against the policy it was made
//! under: a purpose that this policy hasn't is an error, never ignored.

use alloc::vec::Vec;
use core::fmt;

use super::{Exceptions, ItemKey, Token, TooMany};
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
    /// From now on each cookie is confirmed.
    AskEachTime,
    /// An answer about single services or cookies, or one purpose more, beside the earlier choice.
    Single,
    /// A guardian agreed for somebody who may not agree alone. No form of a visitor's can say it.
    Guardian,
    /// What was answered to the consent tool that the site had before. No form of a visitor's can say it.
    Imported,
}

impl Act {
    /// All, in the order in which statistics show them.
    pub const ALL: [Self; 8] = [
        Self::AcceptAll,
        Self::RefuseAll,
        Self::Custom,
        Self::Withdraw,
        Self::AskEachTime,
        Self::Single,
        Self::Guardian,
        Self::Imported,
    ];

    /// The word used in forms, records and statistics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AcceptAll => "accept_all",
            Self::RefuseAll => "refuse_all",
            Self::Custom => "custom",
            Self::Withdraw => "withdraw",
            Self::AskEachTime => "ask_each_time",
            Self::Single => "single",
            Self::Guardian => "guardian",
            Self::Imported => "imported",
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

/// What a visitor ticked beside the button that was pressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers<'a> {
    /// Ids of purposes.
    pub purposes: Vec<&'a str>,
    /// Single services and cookies, each with a yes or no.
    pub items: Vec<(ItemKey, bool)>,
    /// Keep what is allowed until the browser closes.
    pub session: bool,
    /// The computer is used by others too.
    pub shared: bool,
}

/// A choice under one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// By which act.
    pub act: Act,
    /// What was granted; never contains what needs no grant.
    pub granted: PurposeSet,
    /// Single answers within a purpose.
    pub exceptions: Exceptions,
    /// How allowed cookies are kept.
    pub mode: Mode,
    /// Whether the choice itself lasts only until the browser closes.
    pub shared: bool,
}

/// Nothing at all was granted, nor asked to be asked about.
pub(super) fn is_pure_refusal(granted: PurposeSet, exceptions: &Exceptions, mode: Mode) -> bool {
    granted.is_empty() && !exceptions.allows_any() && mode != Mode::Ask
}

/// Why a choice is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoiceError {
    /// The policy has no purpose of this id.
    UnknownPurpose,
    /// The policy has no service or cookie of this key.
    UnknownItem,
    /// More single answers than a token carries.
    TooManyExceptions,
    /// The act is a guardian's or an earlier tool's, and comes in by no visitor's form.
    NotTheVisitors,
}

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownPurpose => "the choice names a purpose that this policy has not",
            Self::UnknownItem => "the choice names a service or cookie that this policy has not",
            Self::TooManyExceptions => "the choice holds more single answers than a consent cookie carries",
            Self::NotTheVisitors => "a guardian's consent, or an earlier tool's, is no choice of the visitor's here",
        })
    }
}

impl core::error::Error for ChoiceError {}

impl From<TooMany> for ChoiceError {
    fn from(_: TooMany) -> Self {
        Self::TooManyExceptions
    }
}

impl Choice {
    /// The choice that an act and what was ticked make. Purposes count only for [`Act::Custom`] and [`Act::Single`],
    /// which adds to `before`: what holds under this policy already, also from an earlier version.
    ///
    /// # Errors
    /// A purpose or an item that the policy hasn't, too many items, or an act that is no visitor's.
    pub fn new(policy: &Policy, act: Act, answers: &Answers<'_>, before: Option<&Token>) -> Result<Self, ChoiceError> {
        let ticked = answers.purposes.iter().map(|id| policy.index_of(id).ok_or(ChoiceError::UnknownPurpose));
        let ticked = ticked.collect::<Result<PurposeSet, _>>()?.intersection(policy.optional());
        let mode = if answers.session || answers.shared { Mode::Session } else { Mode::AsSet };
        let fresh =
            Self { act, granted: PurposeSet::EMPTY, exceptions: Exceptions::NONE, mode, shared: answers.shared };
        match act {
            Act::AcceptAll => Ok(Self { granted: policy.optional(), ..fresh }),
            Act::RefuseAll | Act::Withdraw => Ok(Self { mode: Mode::AsSet, ..fresh }),
            Act::AskEachTime => Ok(Self { mode: Mode::Ask, ..fresh }),
            Act::Guardian | Act::Imported => Err(ChoiceError::NotTheVisitors),
            Act::Custom => Self { granted: ticked, ..fresh }.with_items(policy, &answers.items),
            Act::Single => {
                let of_now = before.filter(|token| token.policy == policy.version).copied();
                let before = of_now.or_else(|| Some(policy.carried(before?)?.token));
                let kept = before.map_or(fresh, |token| Self { act, ..Self::of(&token) });
                Self { granted: kept.granted.union(ticked), ..kept }.with_items(policy, &answers.items)
            }
        }
    }

    const fn of(token: &Token) -> Self {
        let Token { act, granted, exceptions, mode, shared, .. } = *token;
        Self { act, granted, exceptions, mode, shared }
    }

    fn with_items(mut self, policy: &Policy, items: &[(ItemKey, bool)]) -> Result<Self, ChoiceError> {
        if items.is_empty() {
            return Ok(self);
        }
        let known = policy.items();
        for &(key, allowed) in items {
            if known.iter().all(|item| item.key != key) {
                return Err(ChoiceError::UnknownItem);
            }
            self.exceptions = self.exceptions.with(key, allowed)?;
        }
        Ok(self)
    }

    /// The same with nothing granted: what is left where somebody else would have to agree.
    #[must_use]
    pub fn without_grants(self) -> Self {
        let mode = if self.mode == Mode::Ask { Mode::AsSet } else { self.mode };
        Self { granted: PurposeSet::EMPTY, exceptions: self.exceptions.refusals(), mode, ..self }
    }

    /// Whether nothing was granted: such a choice leaves no identifier behind.
    #[must_use]
    pub fn is_pure_refusal(&self) -> bool {
        is_pure_refusal(self.granted, &self.exceptions, self.mode)
    }
}
