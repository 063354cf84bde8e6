//! What is wrong with a parameter, in words that say what is allowed.
//!
//! Refuses to guess what was meant: a page says what it showed instead, a program gets an error. Invariant: each fault names its parameter.

use policies::Date;

use crate::stats::question::{Dimension, Refused, Resolution};
use crate::view::admin::Words;

/// A parameter at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Its name.
    pub(super) parameter: &'static str,
    /// What is wrong.
    pub(super) wrong: Wrong,
}

/// What can be wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// No such site; these are there.
    Site(Vec<String>),
    /// Not a day.
    Day,
    /// Outside the days that can be asked for.
    DayRange,
    /// None of these words.
    NotOneOf(Vec<&'static str>),
    /// Not `dimension=value`.
    Narrowing,
    /// Only one cut at a time.
    TwoCuts,
    /// The period ends before it begins.
    Backwards { from: Date, to: Date },
    /// Too many steps.
    TooLong { most: i64, resolution: Resolution },
    /// Hours are added up to days after so many.
    HoursGone { days: u32 },
    /// The dimension's values are each site's own.
    NotCommon(Dimension),
    /// No text, or too long a one.
    Text { most: usize },
    /// There is no such parameter here; these are there.
    Unknown(Vec<&'static str>),
    /// It stands there twice.
    Twice,
    /// It is missing, or has no value.
    Empty,
    /// Not a number.
    Number,
}

impl Fault {
    pub(super) const fn of(parameter: &'static str, wrong: Wrong) -> Self {
        Self { parameter, wrong }
    }

    /// What the statistics refused.
    pub(super) const fn of_refused(refused: &Refused) -> Self {
        match *refused {
            Refused::Backwards { from, to } => Self::of("from", Wrong::Backwards { from, to }),
            Refused::TooLong { most, resolution, .. } => Self::of("every", Wrong::TooLong { most, resolution }),
            Refused::NotCommon(dimension) => Self::of("site", Wrong::NotCommon(dimension)),
        }
    }

    /// One sentence that says what is allowed.
    pub(super) fn told(&self, words: Words) -> String {
        let said =
            |key: &str, with: &[(&str, &str)]| words.filled(key, &[&[("parameter", self.parameter)], with].concat());
        match &self.wrong {
            Wrong::Site(sites) => said("fault.site", &[("sites", &listed(sites))]),
            Wrong::Day => said("fault.day", &[]),
            Wrong::DayRange => said("fault.day_range", &[]),
            Wrong::NotOneOf(allowed) => said("fault.one_of", &[("allowed", &allowed.join(", "))]),
            Wrong::Narrowing => {
                said("fault.narrowing", &[("allowed", &Dimension::ALL.map(Dimension::name).join(", "))])
            }
            Wrong::TwoCuts => said("fault.two_cuts", &[]),
            Wrong::Backwards { from, to } => {
                said("fault.backwards", &[("from", &from.to_string()), ("to", &to.to_string())])
            }
            Wrong::TooLong { most, resolution } => {
                said("fault.too_long", &[("most", &most.to_string()), ("every", resolution.name())])
            }
            Wrong::HoursGone { days } => said("fault.hours_gone", &[("days", &days.to_string())]),
            Wrong::NotCommon(dimension) => said("fault.not_common", &[("dimension", dimension.name())]),
            Wrong::Text { most } => said("fault.text", &[("most", &most.to_string())]),
            Wrong::Unknown(known) => said("fault.unknown", &[("allowed", &known.join(", "))]),
            Wrong::Twice => said("fault.twice", &[]),
            Wrong::Empty => said("fault.empty", &[]),
            Wrong::Number => said("fault.number", &[]),
        }
    }
}

/// Names of sites, some of them where there are many.
fn listed(sites: &[String]) -> String {
    const MOST: usize = 20;
    let more = if sites.len() > MOST { ", …" } else { "" };
    format!("{}{more}", sites.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", "))
}
