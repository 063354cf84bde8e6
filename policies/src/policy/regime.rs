//! How a site asks its visitors.

/// What holds before and without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Regime {
    /// Nothing optional before a yes (GDPR and ePrivacy; the strictest).
    OptIn,
    /// Optional purposes until a no (several US states).
    OptOut,
    /// Visitors are told, and may refuse on the settings page; nobody is asked.
    Notice,
}

impl Regime {
    /// All, the strictest first.
    pub const ALL: [Self; 3] = [Self::OptIn, Self::OptOut, Self::Notice];

    /// The word used in files and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OptIn => "opt-in",
            Self::OptOut => "opt-out",
            Self::Notice => "notice",
        }
    }

    /// Reads the word used in files.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|regime| regime.name() == name)
    }
}
