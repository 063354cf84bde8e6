//! What visitors may ask for, and what becomes of it: requests to see, correct, delete or suspend, and complaints. Each step is
//! evidence of its own; where a request stands follows from its steps alone.
//!
//! Refuses to know a clock, a store or a page. Invariant: a request that was entered has a day by which it is due, and nothing but an
//! answer or a refusal ends it.

mod due;
mod erasure;
mod reference;
mod request;
mod written;

pub use due::{DAYS, LONGEST_DELAY, Urgency, after, due_on};
pub use erasure::Erasure;
pub use reference::{REQUEST_REFERENCE_BYTES, RequestReference};
pub use request::{OutOfOrder, Request, RequestId, Status, Taken};
pub use written::{LONGEST_ABOUT, LONGEST_LINE, LONGEST_WORDS, Unwritable, line, prose};

use alloc::string::String;
use alloc::vec::Vec;

use crate::text::Lang;
use crate::time::{Date, Timestamp};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequestKind {
    /// To see what is kept.
    Access,
    /// To have it corrected.
    Correction,
    /// To have it deleted.
    Deletion,
    /// To have its processing suspended.
    Suspension,
    /// To have a suspension end.
    Resumption,
    /// Something was done wrong.
    Complaint,
}

impl RequestKind {
    /// All.
    pub const ALL: [Self; 6] =
        [Self::Access, Self::Correction, Self::Deletion, Self::Suspension, Self::Resumption, Self::Complaint];

    /// What somebody can ask for in words; the rest is done by a button.
    pub const ASKED: [Self; 5] = [Self::Access, Self::Correction, Self::Deletion, Self::Suspension, Self::Complaint];

    /// The word in forms, files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Correction => "correction",
            Self::Deletion => "deletion",
            Self::Suspension => "suspension",
            Self::Resumption => "resumption",
            Self::Complaint => "complaint",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether optional use rests until it is answered.
    #[must_use]
    pub const fn suspends(self) -> bool {
        matches!(self, Self::Deletion | Self::Suspension)
    }
}

/// How the answer reaches whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// On the page, by the reference.
    Page,
    /// By letter, mail or telephone: what was given for it.
    To(String),
}

/// For whom somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Representative {
    /// For whoever gave them authority.
    Agent,
    /// For a child or a ward.
    Guardian,
}

impl Representative {
    /// All.
    pub const ALL: [Self; 2] = [Self::Agent, Self::Guardian];

    /// The word in files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Guardian => "guardian",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|who| who.name() == name)
    }
}

/// That somebody may act for another: what was shown, and who checked it. What was shown itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// As what they act.
    pub who: Representative,
    /// What they showed, such as "power of attorney of 3 March, identity card".
    pub shown: String,
    /// Which officer looked at it.
    pub checked_by: String,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// For what.
    pub kind: RequestKind,
    /// What it is about, in the words of whoever asks.
    pub about: String,
    /// How to answer.
    pub reply: Reply,
    /// In which language.
    pub lang: Lang,
    /// The random number in the visitor's consent cookie, where there is one.
    pub visitor: Option<[u8; 16]>,
    /// By what right somebody asks for another.
    pub authority: Option<Authority>,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The visitor, on the page.
    Visitor,
    /// The gateway, as soon as a button was pressed.
    Gateway,
    /// An officer of the site, by account.
    Officer(String),
}

/// What happened to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It came in.
    Entered(Entered),
    /// It takes longer than it should.
    Delayed {
        /// Why.
        ground: String,
        /// Until when.
        until: Date,
    },
    /// It was done, or what was asked was told.
    Answered {
        /// What is said to whoever asked.
        words: String,
    },
    /// It was not done.
    Refused {
        /// Why.
        ground: String,
        /// Where to object, as the policy named it on that day.
        appeal: Vec<String>,
    },
}

impl Deed {
    /// The word in files.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Entered(_) => "entered",
            Self::Delayed { .. } => "delayed",
            Self::Answered { .. } => "answered",
            Self::Refused { .. } => "refused",
        }
    }
}

/// One step of a request. It is never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Of which request.
    pub request: RequestId,
    /// The site's name in the configuration.
    pub site: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// What.
    pub deed: Deed,
}
