//! What comes back: figures as they may be shown, by step and in total, with everything that is needed to read them right.
//!
//! It refuses exact narrow counts: a [`Shown`] is made by `disclosure` alone, and rates are made of what is shown. Invariant: each series
//! has a figure for each step.

use policies::Date;
use policies::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::measure::{Counts, Measure, PurposeMeasure};
use super::question::Question;

/// One number as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// The number, exact or rounded as its place asks for.
    Count(u64),
    /// Fewer than this, and perhaps nobody.
    Below(u64),
}

impl Shown {
    /// The number, where there is one.
    #[must_use]
    pub const fn count(self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(count),
            Self::Below(_) => None,
        }
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Below(threshold) => write!(f, "<{threshold}"),
        }
    }
}

/// A number, or the text `<5`.
impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Below(_) => serializer.collect_str(self),
        }
    }
}

/// What was shown of one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfPurpose {
    /// Its id in the policy.
    pub purpose: String,
    shown: [Shown; PurposeMeasure::ALL.len()],
}

impl OfPurpose {
    pub(super) const fn new(purpose: String, shown: [Shown; PurposeMeasure::ALL.len()]) -> Self {
        Self { purpose, shown }
    }

    /// One of its figures.
    #[must_use]
    pub fn of(&self, measure: PurposeMeasure) -> Shown {
        self.shown.get(measure as usize).copied().unwrap_or(Shown::Count(0))
    }

    /// Grants by answers that spoke about it, 0 to 1; None where either can't be shown or nobody answered.
    #[must_use]
    pub fn consent_rate(&self) -> Option<f64> {
        let (granted, refused) = (self.of(PurposeMeasure::Granted).count()?, self.of(PurposeMeasure::Refused).count()?);
        share(granted, granted + refused)
    }
}

/// The figures of one step or of a whole period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    shown: [Shown; Measure::ALL.len()],
    /// By purpose, in the order of their ids; purposes of which nothing was counted are left out.
    pub purposes: Vec<OfPurpose>,
}

impl Figures {
    /// Figures of counts, each shown as `show` says.
    pub(super) fn of_counts(counts: &Counts, mut show: impl FnMut(&str, usize, u64) -> Shown) -> Self {
        let mut shown = [Shown::Count(0); Measure::ALL.len()];
        for (place, measure) in shown.iter_mut().zip(Measure::ALL) {
            *place = show("", measure as usize, counts.of(measure));
        }
        let purposes = counts.purposes().map(|(purpose, of)| {
            let mut shown = [Shown::Count(0); PurposeMeasure::ALL.len()];
            for (place, measure) in shown.iter_mut().zip(PurposeMeasure::ALL) {
                *place = show(purpose, measure as usize, of.get(measure as usize).copied().unwrap_or_default());
            }
            OfPurpose::new(purpose.to_owned(), shown)
        });
        Self { shown, purposes: purposes.collect() }
    }

    /// One of the figures.
    #[must_use]
    pub fn of(&self, measure: Measure) -> Shown {
        self.shown.get(measure as usize).copied().unwrap_or(Shown::Count(0))
    }

    /// What was shown of a purpose.
    #[must_use]
    pub fn purpose(&self, id: &str) -> Option<&OfPurpose> {
        self.purposes.iter().find(|purpose| purpose.purpose == id)
    }

    /// Answers by visits that owed one. Above 1 where people answered later in a visit that began in an earlier step.
    #[must_use]
    pub fn answer_rate(&self) -> Option<f64> {
        share(self.of(Measure::Answers).count()?, self.of(Measure::VisitsOwed).count()?)
    }

    /// Answers that granted something by answers.
    #[must_use]
    pub fn consent_rate(&self) -> Option<f64> {
        share(self.of(Measure::Agreed).count()?, self.of(Measure::Answers).count()?)
    }

    /// Page views that a purpose could see by page views on which there was a decision.
    #[must_use]
    pub fn coverage(&self, purpose: &str) -> Option<f64> {
        let seen = self.purpose(purpose).map_or(Some(0), |of| of.of(PurposeMeasure::Seen).count())?;
        share(seen, self.of(Measure::Decided).count()?)
    }

    /// Banners that were shown by pages that owed one.
    #[must_use]
    pub fn rendered_rate(&self) -> Option<f64> {
        share(self.of(Measure::Rendered).count()?, self.of(Measure::Owed).count()?)
    }
}

/// Each measure under its name; then `purposes`, and `rates` of what is shown (null where they can't be told).
impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for measure in Measure::ALL {
            map.serialize_entry(measure.name(), &self.of(measure))?;
        }
        let purposes = self.purposes.iter().map(|of| {
            let mut entry = serde_json::Map::new();
            entry.insert("purpose".to_owned(), of.purpose.as_str().into());
            for measure in PurposeMeasure::ALL {
                entry.insert(measure.name().to_owned(), serde_json::to_value(of.of(measure)).unwrap_or_default());
            }
            entry.insert("consent_rate".to_owned(), of.consent_rate().into());
            entry.insert("coverage".to_owned(), self.coverage(&of.purpose).into());
            entry
        });
        map.serialize_entry("purposes", &purposes.collect::<Vec<_>>())?;
        let rates =
            [("answer", self.answer_rate()), ("consent", self.consent_rate()), ("rendered", self.rendered_rate())];
        map.serialize_entry("rates", &rates.into_iter().collect::<std::collections::BTreeMap<_, _>>())?;
        map.end()
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a share of counts below 2^53")]
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// How far a step was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// From its beginning to its end.
    Whole,
    /// With gaps: see [`Answer::gaps`].
    Partly,
    /// Nobody counted: no gateway was up. Its figures are no zeros but a gap.
    Gap,
    /// It lies before the first count of all.
    Before,
    /// It is not over yet.
    Running,
    /// It has not begun.
    ToCome,
}

/// One step of the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its first day within the period.
    pub from: Date,
    /// Its last day within the period.
    pub to: Date,
    /// Its hour, 0 to 23, where the steps are hours.
    pub hour: Option<u8>,
    /// How far it was counted.
    pub state: State,
}

/// Figures along the steps of an answer, and in total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The value of the dimension; empty for the whole.
    pub value: String,
    /// Over the whole period: rounded by itself, not the sum of what is shown of the steps.
    pub total: Figures,
    /// For each of [`Answer::buckets`], in their order.
    pub steps: Vec<Figures>,
}

/// A time in which nobody counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The last moment up to which counts were stored.
    pub from: Timestamp,
    /// From when on somebody counted again.
    pub until: Timestamp,
}

/// A version of the policy came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyMark {
    /// Its hash: 16 hexadecimal digits.
    pub version: String,
    /// The first day with a count under it.
    pub from: Date,
}

/// The values that were counted of one dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// Of which.
    pub dimension: super::question::Dimension,
    /// The most frequent first; at most [`super::MOST_VALUES`].
    pub values: Vec<String>,
}

/// An answer, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// The time zone of the site's calendar, by its IANA name.
    pub zone: String,
    /// The version of the definitions that its figures follow.
    pub definitions: u32,
    /// Narrow figures below this are not shown, and others are rounded to its multiples.
    pub threshold: u64,
    /// The steps of the period.
    pub buckets: Vec<Bucket>,
    /// Everything together, whatever the cut.
    pub whole: Series,
    /// What the cut asks for: nothing, one series, or one for each value, the most frequent first.
    pub parts: Vec<Series>,
    /// Whether there were more values than are shown: the rest stands together as `other`.
    pub cut_short: bool,
    /// Versions of the policy that came into force within the period.
    pub policies: Vec<PolicyMark>,
    /// Times within the period in which nobody counted.
    pub gaps: Vec<Gap>,
    /// When counting began; None: nothing was ever counted.
    pub began: Option<Timestamp>,
}
