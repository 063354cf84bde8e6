//! From a question to its answer: rows are read, added up by step, and shown as disclosure control allows.
//!
//! It refuses to hand out exact narrow counts: [`counted`] does, for what compares counts with the truth and for nothing that people see.
//! Invariant: an answer's totals are of all rows of its period, whatever its steps.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use policies::{Date, Timestamp};

use super::disclosure::Threshold;
use super::figures::{Answer, Bucket, Figures, Gap, PolicyMark, Series, Values};
use super::gaps::{gaps, state, steps};
use super::question::{Cut, Dimension, Question, Refused, Resolution};
use super::{DEFINITIONS, MOST_VALUES, OTHER};
use crate::config::start_of;
use crate::store::{ALL_SITES, Archive, Counts, Error, FigureRow, FiguresAsked, Grain};

/// Rows that one question may read.
const MOST_ROWS: usize = 200_000;

/// Runs that one question may read: more restarts than that leave their gaps out.
const MOST_RUNS: usize = 20_000;

/// By what an answer is read.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The site's time zone.
    pub zone: TimeZone,
    /// When it is asked.
    pub now: Timestamp,
    /// Below how many narrow figures aren't told.
    pub threshold: Threshold,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The question.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Exact counts along some steps: never for showing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// The value of the dimension; empty for the whole.
    pub value: String,
    /// Over the whole period.
    pub total: Counts,
    /// By step.
    pub steps: Vec<Counts>,
}

/// Answers a question.
///
/// # Errors
/// See [`AskError`].
pub async fn ask(archive: &Archive, question: &Question, frame: &Frame) -> Result<Answer, AskError> {
    let (whole, parts, cut_short) = counted(archive, question).await?;
    let (buckets, gaps, began) = times(archive, question, frame).await?;
    let policies = match &question.site {
        Some(site) => marks(archive, site, question).await?,
        None => Vec::new(),
    };
    let threshold = frame.threshold;
    Ok(Answer {
        question: question.clone(),
        zone: frame.zone.iana_name().unwrap_or("UTC").to_owned(),
        definitions: DEFINITIONS,
        threshold: threshold.count(),
        buckets,
        parts: parts.iter().map(|part| shown_part(part, &whole, threshold)).collect(),
        whole: shown_whole(&whole, threshold),
        cut_short,
        policies,
        gaps,
        began,
    })
}

/// Exact counts: the whole, and the parts that the cut asks for, the most frequent first; and whether there were more.
///
/// # Errors
/// See [`AskError`].
pub async fn counted(archive: &Archive, question: &Question) -> Result<(Counted, Vec<Counted>, bool), AskError> {
    question.check()?;
    let steps = steps(question);
    let whole = read(archive, question, "", None).await?;
    let whole = series(&steps, "", &whole);
    let parts = match &question.cut {
        Cut::Whole => Vec::new(),
        Cut::Only(dimension, value) => {
            let rows = read(archive, question, dimension.name(), Some(value)).await?;
            vec![series(&steps, value, &rows)]
        }
        Cut::By(dimension) => by_value(&steps, &read(archive, question, dimension.name(), None).await?),
    };
    let (parts, cut_short) = shortened(parts, steps.len());
    Ok((whole, parts, cut_short))
}

async fn read(
    archive: &Archive,
    question: &Question,
    dimension: &str,
    value: Option<&str>,
) -> Result<Vec<FigureRow>, Error> {
    let grain = if question.resolution == Resolution::Hour { Grain::Hour } else { Grain::Day };
    let (from, to) = (question.from.day_number(), question.to.day_number());
    let (from, to) = if grain == Grain::Hour { (from * 24, to * 24 + 23) } else { (from, to) };
    let site = question.site.clone().unwrap_or_else(|| ALL_SITES.to_owned());
    let asked =
        FiguresAsked { grain, site, dimension: dimension.to_owned(), value: value.map(str::to_owned), from, to };
    archive.figures(asked, MOST_ROWS).await
}

type Step = (Bucket, i64, i64);

fn series<'r>(steps: &[Step], value: &str, rows: impl IntoIterator<Item = &'r FigureRow>) -> Counted {
    let mut counted =
        Counted { value: value.to_owned(), total: Counts::default(), steps: vec![Counts::default(); steps.len()] };
    for row in rows {
        counted.total.join(&row.counts);
        let at = steps.partition_point(|(_, _, last)| *last < row.cell.at);
        if let Some(step) = counted.steps.get_mut(at) {
            step.join(&row.counts);
        }
    }
    counted
}

fn by_value(steps: &[Step], rows: &[FigureRow]) -> Vec<Counted> {
    let mut values: BTreeMap<&str, Vec<&FigureRow>> = BTreeMap::new();
    rows.iter().for_each(|row| values.entry(&row.cell.value).or_default().push(row));
    let mut parts: Vec<Counted> = values.into_iter().map(|(value, rows)| series(steps, value, rows)).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.total.sum()));
    parts
}

/// The most frequent, and the rest as one.
fn shortened(mut parts: Vec<Counted>, steps: usize) -> (Vec<Counted>, bool) {
    let rest = parts.split_off(parts.len().min(MOST_VALUES));
    let cut_short = !rest.is_empty();
    for part in rest {
        let other = match parts.iter_mut().find(|part| part.value == OTHER) {
            Some(other) => other,
            None => {
                parts.push(Counted {
                    value: OTHER.to_owned(),
                    steps: vec![Counts::default(); steps],
                    ..Counted::default()
                });
                let Some(last) = parts.last_mut() else { continue };
                last
            }
        };
        other.total.join(&part.total);
        other.steps.iter_mut().zip(&part.steps).for_each(|(sum, step)| sum.join(step));
    }
    (parts, cut_short)
}

fn shown_whole(counted: &Counted, threshold: Threshold) -> Series {
    let show = |counts: &Counts| Figures::of_counts(counts, |_, _, count| threshold.whole(count));
    Series { value: String::new(), total: show(&counted.total), steps: counted.steps.iter().map(show).collect() }
}

fn shown_part(part: &Counted, whole: &Counted, threshold: Threshold) -> Series {
    let show = |part: &Counts, whole: &Counts| {
        Figures::of_counts(&part.with_purposes_of(whole), |purpose, place, count| {
            threshold.narrow(count, whole.at(purpose, place))
        })
    };
    let steps = part.steps.iter().zip(&whole.steps).map(|(part, whole)| show(part, whole)).collect();
    Series { value: part.value.clone(), total: show(&part.total, &whole.total), steps }
}

async fn times(
    archive: &Archive,
    question: &Question,
    frame: &Frame,
) -> Result<(Vec<Bucket>, Vec<Gap>, Option<Timestamp>), Error> {
    let Frame { zone, now, .. } = frame;
    let from = start_of(zone, question.from, 0);
    let until = start_of(zone, day_after(question.to), 0);
    let began = archive.began().await?;
    let runs = archive.runs(from, until, MOST_RUNS).await?;
    // What was before anybody counted is no gap.
    let gaps = match began {
        Some(began) if began < until => gaps(&runs, from.max(began), until, *now),
        _ => Vec::new(),
    };
    let look = |(bucket, _, _): Step| {
        let begin = start_of(zone, bucket.from, bucket.hour.unwrap_or_default());
        let end = match bucket.hour {
            Some(hour) if hour < 23 => start_of(zone, bucket.from, hour + 1),
            _ => start_of(zone, day_after(bucket.to), 0),
        };
        Bucket { state: state(&gaps, begin, end, began, *now), ..bucket }
    };
    Ok((steps(question).into_iter().map(look).collect(), gaps, began))
}

const fn day_after(day: Date) -> Date {
    Date::of_day_number(day.day_number() + 1)
}

/// Versions of the policy whose first count lies within the period.
async fn marks(archive: &Archive, site: &str, question: &Question) -> Result<Vec<PolicyMark>, Error> {
    let (from, to) = (question.from.day_number(), question.to.day_number());
    let rows = archive.firsts(site.to_owned(), Dimension::Policy.name().to_owned()).await?;
    let within = rows.into_iter().filter(|(_, first)| (from..=to).contains(first));
    let mut marks: Vec<_> =
        within.map(|(version, first)| PolicyMark { version, from: Date::of_day_number(first) }).collect();
    marks.sort_by_key(|mark| mark.from);
    Ok(marks)
}

/// The values of each dimension that were counted in some days, the most frequent first.
///
/// # Errors
/// See [`Error`].
pub async fn values(archive: &Archive, site: Option<&str>, from: Date, to: Date) -> Result<Vec<Values>, Error> {
    let site = site.unwrap_or(ALL_SITES).to_owned();
    let rows = archive.values(site, from.day_number(), to.day_number(), MOST_ROWS).await?;
    let of = |dimension: Dimension| {
        let values = rows.iter().filter(|row| row.dimension == dimension.name());
        Values { dimension, values: values.take(MOST_VALUES).map(|row| row.value.clone()).collect() }
    };
    Ok(Dimension::ALL.into_iter().map(of).collect())
}
