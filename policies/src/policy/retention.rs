//! What a policy promises besides cookies: how long records are kept, how early changes are told, which rights
//! visitors have and how cookies can be refused.

use alloc::string::String;
use alloc::vec::Vec;

use crate::purpose::PurposeIndex;
use crate::rules::Relation;
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
    /// Which of the gateway's own records this row is about.
    pub classes: Vec<RecordClass>,
    /// The purpose whose data this row is about: nothing of it lives longer.
    pub purpose: Option<PurposeIndex>,
}

/// A class of records that the gateway itself keeps, or that come with running it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordClass {
    /// Records of consent and refusal that hold.
    Consent,
    /// Records of what was withdrawn or has run out.
    Withdrawn,
    /// What visitors ask for: to see, correct, delete or suspend.
    Requests,
    /// What was counted.
    Statistics,
    /// Who of the staff looked at what.
    StaffAccess,
    /// The server's log of requests.
    AccessLog,
}

/// What becomes of people's data, in words. Each is None where the policy doesn't say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handling {
    /// How it is collected.
    pub collection: Option<Text>,
    /// What happens when its period is over: how it is destroyed.
    pub destruction: Option<Text>,
    /// How rights are used.
    pub exercise: Option<Text>,
    /// How it is kept safe.
    pub safety: Option<Text>,
}

/// A body that helps where somebody's rights were hurt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redress {
    /// What it is called.
    pub name: Text,
    /// Its address on the web, or its phone number.
    pub address: String,
    /// Its phone number, where the address is another.
    pub phone: Option<String>,
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

impl FileWord for RecordClass {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("consent", Self::Consent),
        ("withdrawn", Self::Withdrawn),
        ("requests", Self::Requests),
        ("statistics", Self::Statistics),
        ("staff_access", Self::StaffAccess),
        ("access_log", Self::AccessLog),
    ];
}

/// The operator's own part is no relation that a file could name.
impl FileWord for Relation {
    const WORDS: &'static [(&'static str, Self)] = &[("processor", Self::Processor), ("third_party", Self::ThirdParty)];
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
