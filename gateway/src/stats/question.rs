//! What can be asked: a site, some of its days, how finely, and at most one cut through the people counted.
//!
//! It refuses two cuts at once: no crossing of two dimensions is stored, so that none can be asked. Invariant: a question that was
//! checked has an answer of a bounded size.

use std::fmt;

use policies::Date;
use serde::Serialize;

/// Days of the longest period.
pub const MOST_DAYS: i64 = 3_660;

/// Steps of the longest answer.
pub const MOST_BUCKETS: i64 = 800;

/// How finely a period is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Resolution {
    /// Hours of the site's own clock; the hour that comes twice in autumn is one. Kept for some weeks only.
    Hour,
    /// Its days.
    Day,
    /// From Monday on.
    Week,
    /// Calendar months.
    Month,
}

impl Resolution {
    /// All, the finest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The word in addresses and arguments.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| resolution.name() == name)
    }
}

/// By what people and pages are told apart. Each is counted for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The version of the policy in force: 16 hexadecimal digits.
    Policy,
    /// The first language that the browser asks for, of those that the site speaks: a BCP 47 tag, or `other`.
    Language,
    /// The country, where the site's terms hang on it: `KR`, `unknown`; `-` where they don't.
    Region,
    /// `phone`, `tablet`, `desktop` or `other`.
    Device,
    /// How the site asks there: `opt-in`, `opt-out`, `notice`.
    Regime,
    /// The part of the site: one of the configured prefixes, or the first segment of the path; `other` for the rest.
    PageGroup,
    /// Whether the browser sent `Sec-GPC: 1`: `gpc` or `none`.
    Signal,
}

impl Dimension {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 7] =
        [Self::Policy, Self::Language, Self::Region, Self::Device, Self::Regime, Self::PageGroup, Self::Signal];

    /// The word in addresses, arguments and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Language => "language",
            Self::Region => "region",
            Self::Device => "device",
            Self::Regime => "regime",
            Self::PageGroup => "page_group",
            Self::Signal => "signal",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.name() == name)
    }

    /// Whether its values mean the same at every site, so that all sites can be asked together.
    #[must_use]
    pub const fn is_common(self) -> bool {
        !matches!(self, Self::Policy | Self::PageGroup)
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The one cut through what was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cut {
    /// None: everything.
    #[default]
    Whole,
    /// Only what has this value: a narrow figure.
    Only(Dimension, String),
    /// Each value for itself: narrow figures.
    By(Dimension),
}

impl Cut {
    /// The dimension that it goes through, if any.
    #[must_use]
    pub const fn dimension(&self) -> Option<Dimension> {
        match self {
            Self::Whole => None,
            Self::Only(dimension, _) | Self::By(dimension) => Some(*dimension),
        }
    }
}

/// What somebody wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The site's name in the configuration; None: all sites together, each by its own clock.
    pub site: Option<String>,
    /// The first day, by the site's own calendar.
    pub from: Date,
    /// The last day, inclusive.
    pub to: Date,
    /// How finely.
    pub resolution: Resolution,
    /// Of whom.
    pub cut: Cut,
}

/// Why a question has no answer, in words for whoever asked; each names what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The period ends before it begins.
    #[error("the period ends on {to}, before it begins on {from}: exchange the two")]
    Backwards {
        /// The first day.
        from: Date,
        /// The last.
        to: Date,
    },
    /// Too many steps.
    #[error("{days} days by {} are too many steps: ask for at most {most} days, or more coarsely", .resolution.name())]
    TooLong {
        /// Days asked for.
        days: i64,
        /// How finely.
        resolution: Resolution,
        /// The most days.
        most: i64,
    },
    /// All sites can't be told apart by what each has for itself.
    #[error("values of {0} are each site's own: name a site, or ask by language, region, device, regime or signal")]
    NotCommon(Dimension),
}

impl Question {
    /// Days of the longest period that may be asked for so finely.
    #[must_use]
    pub const fn most_days(resolution: Resolution) -> i64 {
        match resolution {
            Resolution::Hour => MOST_BUCKETS / 24,
            Resolution::Day => MOST_BUCKETS,
            Resolution::Week | Resolution::Month => MOST_DAYS,
        }
    }

    /// Whether it can be answered.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn check(&self) -> Result<(), Refused> {
        let Self { from, to, resolution, .. } = *self;
        let days = to.day_number() - from.day_number() + 1;
        let most = Self::most_days(resolution);
        match self.cut.dimension().filter(|dimension| self.site.is_none() && !dimension.is_common()) {
            _ if days < 1 => Err(Refused::Backwards { from, to }),
            _ if days > most => Err(Refused::TooLong { days, resolution, most }),
            Some(dimension) => Err(Refused::NotCommon(dimension)),
            None => Ok(()),
        }
    }

    /// The same over as many days just before these.
    #[must_use]
    pub fn period_before(&self) -> Self {
        let (from, to) = (self.from.day_number(), self.to.day_number());
        let before = from - 1;
        Self { from: Date::of_day_number(before - (to - from)), to: Date::of_day_number(before), ..self.clone() }
    }
}
