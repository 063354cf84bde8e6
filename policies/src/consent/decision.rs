//! The one decision about a request: what is granted, on which basis, and whether the visitor is to be asked.
//! Doubt closes tracking: a token of another policy grants nothing. A signal never adds a grant.

use super::{Exceptions, ItemKey, Mode, Signals, Token};
use crate::policy::{Carried, Policy, Regime};
use crate::purpose::{Category, PurposeIndex, PurposeSet};
use crate::rules::CookieRule;
use crate::time::{DAY, Timestamp};

/// How a site asks a visitor, and how long answers hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How the site asks.
    pub regime: Regime,
    /// How long a grant holds; using the site doesn't extend it.
    pub grant_seconds: i64,
    /// How long a full refusal is not asked about again.
    pub refusal_seconds: i64,
    /// They have the right of Americans to opt out, and are told in the words of that law (CCPA 1798.135).
    pub american_opt_out: bool,
}

impl Terms {
    /// A year for grants; half a year for refusals, a year where not asking means using (California's rule).
    #[must_use]
    pub const fn of(regime: Regime) -> Self {
        let refusal_days = match regime {
            Regime::OptIn | Regime::Notice => 182,
            Regime::OptOut => 365,
        };
        Self { regime, grant_seconds: 365 * DAY, refusal_seconds: refusal_days * DAY, american_opt_out: false }
    }
}

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

/// What holds for one cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be kept.
    Granted,
    /// It may not.
    Refused,
    /// The visitor wants to be asked, and has not answered for it.
    Unanswered,
}

/// What holds for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What is granted, what needs no grant included; single answers may say otherwise within a purpose.
    pub granted: PurposeSet,
    /// Single answers.
    pub exceptions: Exceptions,
    /// What a signal took away: there no single answer grants either.
    pub overruled: PurposeSet,
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
            exceptions: Exceptions::NONE,
            overruled: PurposeSet::EMPTY,
            basis: Basis::Default,
            prompt: regime != Regime::Notice,
            mode: Mode::AsSet,
            regime,
            refused_by_visitor: PurposeSet::EMPTY,
        }
    }

    /// The same where the visitor refused these purposes elsewhere, to somebody who asked for the same site; `answered` says
    /// that nothing is left to ask.
    #[must_use]
    pub fn refusing(self, policy: &Policy, refused: PurposeSet, answered: bool) -> Self {
        let refused = refused.intersection(policy.optional());
        if refused.is_empty() && !answered {
            return self;
        }
        Self {
            granted: self.granted.without(refused),
            basis: Basis::Choice,
            prompt: self.prompt && !answered,
            refused_by_visitor: self.refused_by_visitor.union(refused),
            ..self
        }
    }

    /// The same where the visitor has had all processing suspended: whatever was chosen, everything optional counts as refused,
    /// and nobody asks.
    #[must_use]
    pub fn suspended(self, policy: &Policy) -> Self {
        let optional = policy.optional();
        Self {
            granted: policy.always(),
            exceptions: self.exceptions.refusals(),
            overruled: optional,
            basis: Basis::Choice,
            prompt: false,
            refused_by_visitor: optional,
            ..self
        }
    }

    /// Whether nothing at all is kept back.
    #[must_use]
    pub fn grants_all(&self, policy: &Policy) -> bool {
        self.granted == policy.all() && self.exceptions.refusals().is_empty()
    }

    /// What holds for a cookie: an answer about it alone, else about its service, else about its purpose.
    #[must_use]
    pub fn on_cookie(&self, rule: &CookieRule) -> Verdict {
        if let Some(allowed) = self.single_answer(rule) {
            return if allowed { Verdict::Granted } else { Verdict::Refused };
        }
        // What a visitor asks for by an act of their own is not asked about a second time.
        let asked_for = rule.on_request && !self.refused_by_visitor.contains(rule.purpose);
        if asked_for || self.granted.contains(rule.purpose) {
            Verdict::Granted
        } else if self.mode == Mode::Ask && !self.overruled.contains(rule.purpose) {
            Verdict::Unanswered
        } else {
            Verdict::Refused
        }
    }

    /// Whether something may be asked of a service for this purpose.
    #[must_use]
    pub fn allows_service(&self, purpose: PurposeIndex, recipient: &str) -> bool {
        let single = self.answer_for(purpose, || ItemKey::of_service(purpose, recipient));
        single.unwrap_or_else(|| self.granted.contains(purpose))
    }

    /// Whether nobody has spoken for or against a service and this purpose: no answer of the visitor, no signal.
    #[must_use]
    pub fn leaves_open(&self, purpose: PurposeIndex, recipient: &str) -> bool {
        let single = self.answer_for(purpose, || ItemKey::of_service(purpose, recipient));
        let spoken = self.granted.union(self.refused_by_visitor).union(self.overruled).contains(purpose);
        single.is_none() && !spoken
    }

    /// Whether the visitor's own answer refused this cookie, so that it may be expired.
    #[must_use]
    pub fn was_refused(&self, rule: &CookieRule) -> bool {
        self.single_answer(rule).map_or_else(|| self.refused_by_visitor.contains(rule.purpose), |allowed| !allowed)
    }

    fn single_answer(&self, rule: &CookieRule) -> Option<bool> {
        self.answer_for(rule.purpose, || ItemKey::of_cookie(&rule.pattern))
            .or_else(|| self.answer_for(rule.purpose, || ItemKey::of_service(rule.purpose, &rule.recipient)))
    }

    fn answer_for(&self, purpose: PurposeIndex, key: impl FnOnce() -> ItemKey) -> Option<bool> {
        if self.exceptions.is_empty() {
            return None;
        }
        self.exceptions.answer(key()).filter(|allowed| !allowed || !self.overruled.contains(purpose))
    }
}

/// Decides about one request. `consent` is the token of the visitor's sealed cookie, if it opened.
#[must_use]
pub fn decide(policy: &Policy, terms: Terms, consent: Option<&Token>, signals: Signals, now: Timestamp) -> Decision {
    let decision = as_chosen(policy, terms, consent, signals, now);
    // A suspension outlasts what was chosen: it holds under every policy, until it is taken back.
    if consent.is_some_and(|token| token.suspended) { decision.suspended(policy) } else { decision }
}

fn as_chosen(policy: &Policy, terms: Terms, consent: Option<&Token>, signals: Signals, now: Timestamp) -> Decision {
    let by_signal = if signals.gpc { policy.of_categories(Category::refused_by_gpc) } else { PurposeSet::EMPTY };
    let Some(token) = consent else { return without_answer(policy, terms.regime, by_signal) };
    if token.policy == policy.version {
        return by_answer(policy, terms, token, PurposeSet::EMPTY, by_signal, now);
    }
    if let Some(Carried { token, open }) = policy.carried(token) {
        return by_answer(policy, terms, &token, open, by_signal, now);
    }
    // Who refused everything refused whatever a later version asks for, too: they are told of it, not asked.
    if token.is_pure_refusal() && token.unrecorded.is_none() {
        return by_answer(policy, terms, token, PurposeSet::EMPTY, by_signal, now);
    }
    let asked_anew = Decision::without_grant(policy, terms.regime);
    Decision { basis: Basis::Choice, mode: token.mode, ..asked_anew }
}

/// What an answer says under this policy; `open` are purposes that it doesn't speak of.
fn by_answer(
    policy: &Policy,
    terms: Terms,
    token: &Token,
    open: PurposeSet,
    by_signal: PurposeSet,
    now: Timestamp,
) -> Decision {
    let life = if token.is_pure_refusal() { terms.refusal_seconds } else { terms.grant_seconds };
    if now >= token.made.plus_seconds(life) {
        return after_its_time(policy, terms.regime, token, open, by_signal);
    }
    let chosen = token.granted.intersection(policy.optional());
    // An answer given while the signal was on is the later, explicit word; a signal switched on since then is. What the
    // answer doesn't speak of, the signal does.
    let overruled = if token.signals.gpc { open.intersection(by_signal) } else { by_signal };
    let took_away = !overruled.intersection(chosen).is_empty();
    let by_default = if terms.regime == Regime::OptIn { PurposeSet::EMPTY } else { open };
    let left_to_ask = open.without(by_signal);
    Decision {
        granted: chosen.union(by_default).without(overruled).union(policy.always()),
        exceptions: token.exceptions,
        overruled,
        basis: if took_away { Basis::Signal } else { Basis::Choice },
        prompt: terms.regime != Regime::Notice && !left_to_ask.is_empty(),
        mode: token.mode,
        regime: terms.regime,
        refused_by_visitor: refused(policy, token).without(open),
    }
}

/// Where each cookie is confirmed, what was not answered is not refused.
fn refused(policy: &Policy, token: &Token) -> PurposeSet {
    match token.mode {
        Mode::Ask => PurposeSet::EMPTY,
        Mode::AsSet | Mode::Session => policy.optional().without(token.granted),
    }
}

/// A grant that ran out is none; a refusal that ran out still holds, and the visitor is asked again.
fn after_its_time(policy: &Policy, regime: Regime, token: &Token, open: PurposeSet, by_signal: PurposeSet) -> Decision {
    let fresh = without_answer(policy, regime, by_signal);
    let refused = refused(policy, token).without(open);
    let granted = if token.mode == Mode::Ask { policy.always() } else { fresh.granted.without(refused) };
    Decision {
        granted,
        exceptions: token.exceptions.refusals(),
        basis: Basis::Choice,
        mode: token.mode,
        refused_by_visitor: refused,
        ..fresh
    }
}

fn without_answer(policy: &Policy, regime: Regime, by_signal: PurposeSet) -> Decision {
    let by_default = match regime {
        Regime::OptIn => policy.always(),
        Regime::OptOut | Regime::Notice => policy.all(),
    };
    // Whoever sends the signal has answered for what it speaks of: nothing left to ask, nobody is asked.
    let open = policy.optional().without(by_signal);
    Decision {
        granted: by_default.without(by_signal).union(policy.always()),
        overruled: by_signal,
        basis: if by_signal.is_empty() { Basis::Default } else { Basis::Signal },
        prompt: regime != Regime::Notice && !open.is_empty(),
        ..Decision::without_grant(policy, regime)
    }
}
