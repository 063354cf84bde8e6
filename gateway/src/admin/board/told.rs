//! What the statistics answered for one view: the period, the period before, and each dimension for itself.
//!
//! Refuses to ask for two cuts at once: nobody stores them. Invariant: every block of a page speaks of the same days.

use policies::Date;

use super::Reader;
use crate::admin::query::written;
use crate::admin::scope::{Scope, calendar};
use crate::admin::voice::{NOTHING, Quantity, Voice};
use crate::chart::Mark;
use crate::stats::ask::{AskError, Frame, ask, values};
use crate::stats::disclosure::Threshold;
use crate::stats::figures::{Answer, Figures, PolicyMark, Series, Shown, State, Values};
use crate::stats::measure::Measure;
use crate::stats::question::{Cut, Dimension, Question};
use crate::store::Note;

/// Notes that a page shows at most.
const MOST_NOTES: usize = 200;

/// The answers behind one view.
pub(super) struct Told<'r> {
    pub(super) voice: Voice<'r>,
    pub(super) scope: &'r Scope,
    pub(super) today: Date,
    pub(super) now: Answer,
    pub(super) before: Option<Answer>,
    /// Each dimension for itself, where nothing narrows the view.
    pub(super) by: Vec<(Dimension, Answer)>,
    /// What can be narrowed by.
    pub(super) values: Vec<Values>,
    pub(super) notes: Vec<Note>,
}

impl<'r> Told<'r> {
    pub(super) async fn ask(reader: &Reader<'r>, scope: &'r Scope, voice: Voice<'r>) -> Result<Self, AskError> {
        let archive = reader.books.store.archive();
        let site = scope.site.as_deref();
        let frame = frame(reader, site);
        let life = calendar(reader.config, site);
        let today = life.map_or_else(|| reader.now.date(), |life| life.day(reader.now));
        let question = scope.question();
        let now = ask(archive, &question, &frame).await?;
        let before = if scope.compare { Some(ask(archive, &question.period_before(), &frame).await?) } else { None };
        let mut by = Vec::new();
        if !matches!(scope.cut, Cut::Only(..)) {
            let askable = |dimension: &Dimension| site.is_some() || dimension.is_common();
            for dimension in Dimension::ALL.into_iter().filter(askable) {
                let question = Question { cut: Cut::By(dimension), ..question.clone() };
                by.push((dimension, ask(archive, &question, &frame).await?));
            }
        }
        let values = values(archive, site, scope.from, scope.to).await?;
        let notes = archive.notes(site.map(str::to_owned), scope.from, scope.to, MOST_NOTES).await?;
        Ok(Self { voice, scope, today, now, before, by, values, notes })
    }

    /// What the view is of: everything, or what it is narrowed to.
    pub(super) fn series(&self) -> Option<&Series> {
        subject(&self.now)
    }

    pub(super) fn series_before(&self) -> Option<&Series> {
        self.before.as_ref().and_then(subject)
    }

    /// Whether counting had begun when the period before did.
    pub(super) fn is_before_whole(&self) -> bool {
        let before = self.before.as_ref().map(|answer| answer.buckets.as_slice()).unwrap_or_default();
        before.iter().all(|bucket| bucket.state != State::Before)
    }

    /// A figure of the whole period.
    pub(super) fn total(&self, of: impl Fn(&Figures) -> Quantity) -> Quantity {
        self.series().map_or(Quantity::Count(Shown::Count(0)), |series| of(&series.total))
    }

    pub(super) fn total_before(&self, of: impl Fn(&Figures) -> Quantity) -> Option<Quantity> {
        self.series_before().map(|series| of(&series.total))
    }

    /// One count of the whole period.
    pub(super) fn count(&self, measure: Measure) -> Shown {
        self.series().map_or(Shown::Count(0), |series| series.total.of(measure))
    }

    /// Whether there is anything to show.
    pub(super) fn is_counted(&self) -> bool {
        let counted = |bucket: &crate::stats::figures::Bucket| {
            matches!(bucket.state, State::Whole | State::Partly | State::Running)
        };
        self.now.began.is_some() && self.now.buckets.iter().any(counted) && self.series().is_some()
    }

    /// What to know before reading on.
    pub(super) fn notices(&self) -> Vec<String> {
        let voice = &self.voice;
        let mut notices = Vec::new();
        if self.now.began.is_none() {
            notices.push(voice.of("state.nothing_yet"));
        } else if self.now.buckets.iter().all(|bucket| bucket.state == State::Before) {
            notices.push(voice.of("state.before_counting"));
        } else if self.now.buckets.iter().any(|bucket| bucket.state == State::Before) {
            notices.push(voice.of("state.partly_before"));
        } else if self.series().is_none() {
            notices.push(voice.of("state.nothing_narrow"));
        }
        if let Cut::Only(dimension, value) = &self.scope.cut {
            let named =
                [("dimension", voice.of(&format!("dimension.{dimension}"))), ("value", voice.value(*dimension, value))];
            notices.push(voice.filled("state.narrowed", &[("dimension", &named[0].1), ("value", &named[1].1)]));
        }
        let threshold = self.now.threshold.to_string();
        notices.push(voice.filled("state.rounded", &[("threshold", &threshold)]));
        notices
    }

    /// Site, days and time zone in a line.
    pub(super) fn standfirst(&self) -> String {
        let voice = &self.voice;
        let site = self.scope.site.clone().unwrap_or_else(|| voice.of("pick.all_sites"));
        let (from, to) = (self.scope.from, self.scope.to);
        let days = (to.day_number() - from.day_number() + 1).to_string();
        let period = if from == to { voice.day(from) } else { format!("{} – {}", voice.day(from), voice.day(to)) };
        let zone = if self.now.zone.is_empty() { NOTHING } else { &self.now.zone };
        voice.filled("state.standfirst", &[("site", &site), ("period", &period), ("days", &days), ("zone", zone)])
    }

    /// Changes of the policy: the version that was there when counting began is none.
    pub(super) fn policies(&self) -> impl Iterator<Item = &PolicyMark> {
        let began = self.now.began.map_or(i64::MIN, |began| began.date().day_number() + 1);
        self.now.policies.iter().filter(move |mark| mark.from.day_number() > began)
    }

    /// Where things happened along the chart: versions of the policy by letters, notes by numbers.
    pub(super) fn marks(&self) -> Vec<Mark> {
        let place = |day: Date| self.now.buckets.iter().position(|bucket| bucket.from <= day && day <= bucket.to);
        let policies = self.policies().enumerate().map(|(place, mark)| (letter(place), mark.from));
        let notes = self.notes.iter().enumerate().map(|(place, note)| ((place + 1).to_string(), note.day));
        policies.chain(notes).filter_map(|(sign, day)| Some(Mark { bucket: place(day)?, sign })).collect()
    }

    /// The view of one value alone.
    pub(super) fn link(&self, dimension: Dimension, value: &str) -> Option<String> {
        // What stands together can't be asked for.
        let only = Cut::Only(dimension, value.to_owned());
        (value != "other").then(|| self.address(&self.scope.cut_by(only)))
    }

    /// Where a view stands.
    pub(super) fn address(&self, scope: &Scope) -> String {
        format!("/?{}&{}", written([("lang", self.voice.lang().tag().to_owned())]), scope.query())
    }

    pub(super) fn of_dimension(&self, dimension: Dimension) -> Option<&Answer> {
        self.by.iter().find(|(of, _)| *of == dimension).map(|(_, answer)| answer)
    }
}

/// By which clock and threshold the statistics answer.
pub(in crate::admin) fn frame(reader: &Reader<'_>, site: Option<&str>) -> Frame {
    let life = calendar(reader.config, site);
    Frame {
        zone: life.map_or(jiff::tz::TimeZone::UTC, |life| life.zone().clone()),
        now: reader.now,
        threshold: Threshold::of(reader.config.statistics.threshold.into()).unwrap_or_default(),
    }
}

fn subject(answer: &Answer) -> Option<&Series> {
    match answer.question.cut {
        Cut::Whole | Cut::By(_) => Some(&answer.whole),
        Cut::Only(..) => answer.parts.first(),
    }
}

/// The sign of a version in the charts: A, B, …, Z, AA.
pub(super) fn letter(place: usize) -> String {
    let one = |place: usize| char::from(b'A' + u8::try_from(place % 26).unwrap_or_default());
    if place < 26 { one(place).to_string() } else { format!("{}{}", one(place / 26 - 1), one(place)) }
}
