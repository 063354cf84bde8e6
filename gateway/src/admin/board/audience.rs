//! Who is asked and how they answer, by each dimension for itself; and what each version of the policy was answered.
//!
//! Refuses to cross two dimensions: nobody counts them so. Invariant: a row leads to the view of itself alone.

use super::bars::single;
use super::over_time::share;
use super::told::{Told, letter};
use crate::stats::figures::Series;
use crate::stats::measure::Measure;
use crate::stats::question::Dimension;
use crate::view::admin::board::{BarRow, Bars, Block, Part};

/// Rows of one dimension.
const MOST_ROWS: usize = 12;

/// The dimensions of people, in the order in which they are told.
const OF_PEOPLE: [Dimension; 4] = [Dimension::Device, Dimension::Language, Dimension::Region, Dimension::Regime];

pub(super) fn versions(told: &Told<'_>) -> Option<Block> {
    let voice = &told.voice;
    let answer = told.of_dimension(Dimension::Policy)?;
    let row = |series: &Series| {
        let place = told.policies().position(|mark| mark.version == series.value);
        let sign = place.map_or_else(String::new, |place| format!("{} · ", letter(place)));
        let mut row = of_value(told, Dimension::Policy, series);
        row.name = format!("{sign}{}", row.name);
        row
    };
    let rows: Vec<BarRow> = answer.parts.iter().take(MOST_ROWS).map(row).collect();
    let said = if rows.len() > 1 { "versions.answer" } else { "versions.one" };
    let answer = voice.filled(said, &[("versions", &rows.len().to_string())]);
    let question = voice.of("versions.question");
    let parts = vec![Part::Bars(bars(told, Dimension::Policy, question.clone(), rows))];
    Some(Block { id: "versions", question, answer, parts })
}

pub(super) fn groups(told: &Told<'_>) -> Option<Block> {
    let voice = &told.voice;
    if told.by.is_empty() {
        let parts = vec![Part::Words(voice.of("audience.narrow"))];
        return Some(Block { id: "audience", question: voice.of("audience.question"), answer: String::new(), parts });
    }
    let part = |dimension: Dimension| {
        // One value is everybody, whose figures stand above.
        let answer = told.of_dimension(dimension).filter(|answer| answer.parts.len() > 1)?;
        let rows = answer.parts.iter().take(MOST_ROWS).map(|series| of_value(told, dimension, series)).collect();
        Some(Part::Bars(bars(told, dimension, voice.dimension(dimension), rows)))
    };
    let parts: Vec<Part> = OF_PEOPLE.into_iter().filter_map(part).collect();
    Some(Block { id: "audience", question: voice.of("audience.question"), answer: voice.of("audience.answer"), parts })
}

fn of_value(told: &Told<'_>, dimension: Dimension, series: &Series) -> BarRow {
    let (voice, figures) = (&told.voice, &series.total);
    let rate = share(Measure::Agreed, Measure::Answers)(figures);
    let answered = share(Measure::Answers, Measure::VisitsOwed)(figures);
    let counts =
        [Measure::Visits, Measure::VisitsOwed, Measure::Answers].map(|measure| voice.count(figures.of(measure)));
    BarRow {
        name: voice.value(dimension, &series.value),
        link: told.link(dimension, &series.value),
        aside: false,
        bar: single(1, rate.value()),
        cells: [voice.quantity(rate)].into_iter().chain(counts).chain([voice.quantity(answered)]).collect(),
    }
}

fn bars(told: &Told<'_>, dimension: Dimension, caption: String, rows: Vec<BarRow>) -> Bars {
    let voice = &told.voice;
    let counts = [Measure::Visits, Measure::VisitsOwed, Measure::Answers].map(|measure| voice.measure(measure));
    let rates = ["agree.consent_rate", "agree.answer_rate"].map(|key| voice.of(key));
    let [consent, answered] = rates;
    let name = voice.dimension(dimension);
    Bars {
        caption,
        legend: Vec::new(),
        columns: [name, consent].into_iter().chain(counts).chain([answered]).collect(),
        rows,
    }
}
