//! What a policy promises besides cookies: how long records are kept, how early changes are told, which rights
//! visitors have and how cookies can be refused.

use crate::text::Text;
use crate::time::Period;

/// Why a record is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionBasis {
    /// A law asks for it.
    Law,
    /// The operator's own rule.
    InternalPolicy,
    /// The person agreed to it.
    Consent,
}

/// One line of the retention table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Which record.
    pub record: Text,
    /// How long it is kept.
    pub period: Period,
    /// Why.
    pub basis: RetentionBasis,
    /// Which law, where the basis is one.
    pub law: Option<Text>,
}

/// How many days before a change visitors are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Notice {
    /// For any change.
    pub ordinary_days: Option<u16>,
    /// For a change that matters to visitors' rights.
    pub material_days: Option<u16>,
}

/// A way to refuse that the policy promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalMode {
    /// Accept every cookie.
    AllowAll,
    /// Confirm each time a cookie is stored.
    AskEachTime,
    /// Refuse every cookie.
    RefuseAll,
    /// Keep cookies only until the browser closes.
    SessionOnly,
}

/// A right that the policy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// See what is kept.
    Access,
    /// Have it corrected.
    Correction,
    /// Have it deleted.
    Deletion,
    /// Have its processing suspended.
    Suspension,
    /// Take consent back.
    Withdrawal,
}

/// Words used in files for the kinds above.
pub trait FileWord: Sized + Copy + 'static {
    /// Every kind with its word.
    const WORDS: &'static [(&'static str, Self)];
}

impl FileWord for RetentionBasis {
    const WORDS: &'static [(&'static str, Self)] =
        &[("law", Self::Law), ("internal_policy", Self::InternalPolicy), ("consent", Self::Consent)];
}

impl FileWord for RefusalMode {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("allow_all", Self::AllowAll),
        ("ask_each_time", Self::AskEachTime),
        ("refuse_all", Self::RefuseAll),
        ("session_only", Self::SessionOnly),
    ];
}

impl FileWord for Right {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("access", Self::Access),
        ("correction", Self::Correction),
        ("deletion", Self::Deletion),
        ("suspension", Self::Suspension),
        ("withdrawal", Self::Withdrawal),
    ];
}

impl FileWord for super::Regime {
    const WORDS: &'static [(&'static str, Self)] =
        &[("opt-in", Self::OptIn), ("opt-out", Self::OptOut), ("notice", Self::Notice)];
}

impl FileWord for crate::purpose::Category {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("necessary", Self::Necessary),
        ("preferences", Self::Preferences),
        ("analytics", Self::Analytics),
        ("marketing", Self::Marketing),
    ];
}
