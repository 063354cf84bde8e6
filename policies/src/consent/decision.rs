//! The one decision about a request: what is granted, on which basis, and whether the visitor is to be asked.
//! Doubt closes tracking: a token of another policy grants nothing. A signal never adds a grant.

use super::{Mode, Signals, Token};
use crate::policy::{Policy, Regime};
use crate::purpose::{Category, PurposeSet};
use crate::time::{DAY, Timestamp};

/// How long a grant holds at most; afterwards the visitor is asked again.
pub const GRANT_LIFE: i64 = 365 * DAY;

/// On what a decision rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The visitor's own answer under this policy.
    Choice,
    /// A signal of the browser, which took something away.
    Signal,
    /// What the regime says without an answer.
    Default,
}

impl Basis {
    /// The word used in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Choice => "choice",
            Self::Signal => "signal",
            Self::Default => "default",
        }
    }
}

/// What holds for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What is granted, what needs no grant included.
    pub granted: PurposeSet,
    /// On what it rests.
    pub basis: Basis,
    /// Whether the visitor owes an answer, so that a banner is due.
    pub prompt: bool,
    /// How allowed cookies are kept.
    pub mode: Mode,
    /// How the site asks.
    pub regime: Regime,
    /// What the visitor's own answer refused: only this may be expired. Empty without an answer.
    pub refused_by_visitor: PurposeSet,
}

impl Decision {
    /// Nothing optional is granted and the visitor is asked: what holds where it can't be known what they said.
    #[must_use]
    pub fn without_grant(policy: &Policy, regime: Regime) -> Self {
        Self {
            granted: policy.always(),
            basis: Basis::Default,
            prompt: regime != Regime::Notice,
            mode: Mode::AsSet,
            regime,
            refused_by_visitor: PurposeSet::EMPTY,
        }
    }
}

/// Decides about one request. `consent` is the token of the visitor's sealed cookie, if it opened.
#[must_use]
pub fn decide(policy: &Policy, regime: Regime, consent: Option<&Token>, signals: Signals, now: Timestamp) -> Decision {
    let always = policy.always();
    let by_signal = if signals.gpc { policy.of_categories(Category::refused_by_gpc) } else { PurposeSet::EMPTY };
    let live = consent.filter(|token| now < token.made.plus_seconds(GRANT_LIFE));
    let Some(token) = live else { return without_answer(policy, regime, by_signal) };
    if token.policy != policy.version {
        return Decision { basis: Basis::Choice, mode: token.mode, ..Decision::without_grant(policy, regime) };
    }
    let chosen = token.granted.intersection(policy.optional());
    // An answer given while the signal was on is the later, explicit word; a signal switched on since then is.
    let overruled = if token.signals.gpc { PurposeSet::EMPTY } else { by_signal.intersection(chosen) };
    Decision {
        granted: chosen.without(overruled).union(always),
        basis: if overruled.is_empty() { Basis::Choice } else { Basis::Signal },
        prompt: false,
        mode: token.mode,
        regime,
        refused_by_visitor: policy.optional().without(chosen),
    }
}

fn without_answer(policy: &Policy, regime: Regime, by_signal: PurposeSet) -> Decision {
    let by_default = match regime {
        Regime::OptIn => policy.always(),
        Regime::OptOut | Regime::Notice => policy.all(),
    };
    let granted = by_default.without(by_signal).union(policy.always());
    // Whoever sends the signal has answered for what it speaks of: nothing left to ask, nobody is asked.
    let open = policy.optional().without(by_signal);
    Decision {
        granted,
        basis: if by_signal.is_empty() { Basis::Default } else { Basis::Signal },
        prompt: regime != Regime::Notice && !open.is_empty(),
        mode: Mode::AsSet,
        regime,
        refused_by_visitor: PurposeSet::EMPTY,
    }
}
