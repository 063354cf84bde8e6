//! Purpose by purpose: who grants it, who takes it back, and how much of the traffic it can see.
//!
//! Refuses to order purposes by what an owner would like. Invariant: each purpose keeps its colour and its place in all charts.

use super::bars::{single, stacked};
use super::over_time::{Curve, Drawing, MOST_LINES, Reading, curves, plot};
use super::told::Told;
use crate::admin::voice::{Quantity, sum};
use crate::chart::{Shape, Unit};
use crate::stats::figures::{Figures, OfPurpose, Shown};
use crate::stats::measure::{Measure, PurposeMeasure};
use crate::stats::question::Dimension;
use crate::view::admin::board::{BarRow, Bars, Block, Key, Part};
use crate::view::admin::{Column, Table, TableRow};

/// Rows of a table of coverage.
const MOST_ROWS: usize = 12;

/// What was shown of a purpose; nothing where it was never counted.
fn of(figures: &Figures, purpose: &str, measure: PurposeMeasure) -> Shown {
    figures.purpose(purpose).map_or(Shown::Count(0), |found| found.of(measure))
}

/// Answers that granted a purpose among those that spoke of it.
fn consent(purpose: &str) -> impl Fn(&Figures) -> Quantity + use<'_> {
    move |figures| {
        let (granted, refused) =
            (of(figures, purpose, PurposeMeasure::Granted), of(figures, purpose, PurposeMeasure::Refused));
        Quantity::Share(granted, sum(granted, refused))
    }
}

/// Page views that a purpose could see among those with a decision.
fn seen(purpose: &str) -> impl Fn(&Figures) -> Quantity + use<'_> {
    move |figures| Quantity::Share(of(figures, purpose, PurposeMeasure::Seen), figures.of(Measure::Decided))
}

/// Purposes that somebody answered about.
fn optional<'t>(told: &'t Told<'_>) -> Vec<&'t OfPurpose> {
    let all = told.series().map(|series| series.total.purposes.as_slice()).unwrap_or_default();
    let answered = |purpose: &&OfPurpose| {
        [PurposeMeasure::Granted, PurposeMeasure::Refused].iter().any(|measure| purpose.of(*measure) != Shown::Count(0))
    };
    all.iter().filter(answered).collect()
}

/// Grants and refusals of each purpose, in all and over time.
pub(super) fn granted(told: &Told<'_>) -> Block {
    let voice = &told.voice;
    let question = voice.of("purposes.question");
    let purposes = optional(told);
    if purposes.is_empty() {
        let words = voice.of("purposes.none");
        return Block { id: "purposes", question, answer: words, parts: Vec::new() };
    }
    let row = |purpose: &&OfPurpose| {
        let [granted, refused] = [PurposeMeasure::Granted, PurposeMeasure::Refused].map(|measure| purpose.of(measure));
        let [gained, lost] =
            [PurposeMeasure::Gained, PurposeMeasure::Lost].map(|measure| voice.count(purpose.of(measure)));
        let rate = voice.quantity(Quantity::Share(granted, sum(granted, refused)));
        BarRow {
            name: voice.purpose(&purpose.purpose),
            link: None,
            aside: false,
            bar: stacked(&[(1, Quantity::Count(granted)), (6, Quantity::Count(refused))]),
            cells: vec![rate, voice.count(granted), voice.count(refused), gained, lost],
        }
    };
    let columns = [
        "purposes.purpose",
        "purposes.rate",
        "purposes.granted",
        "purposes.refused",
        "purposes.gained",
        "purposes.lost",
    ];
    let key = |class: &str, word: &str| Key { class: class.to_owned(), name: voice.of(word) };
    let bars = Bars {
        caption: question.clone(),
        legend: vec![key("fill1", "purposes.granted"), key("fill6", "purposes.refused")],
        columns: columns.map(|key| voice.of(key)).into(),
        rows: purposes.iter().map(row).collect(),
    };
    let said = |purpose: &&OfPurpose| {
        format!("{} {}", voice.purpose(&purpose.purpose), voice.quantity(told.total(consent(&purpose.purpose))))
    };
    let answer =
        voice.filled("purposes.answer", &[("shares", &purposes.iter().map(said).collect::<Vec<_>>().join(", "))]);
    let lines = purposes.iter().take(MOST_LINES).map(|purpose| {
        let of: Reading<'_> = Box::new(consent(&purpose.purpose));
        (voice.purpose(&purpose.purpose), of)
    });
    let drawing = Drawing {
        id: "purposes",
        question: &question,
        words: &answer,
        shape: Shape::Lines,
        unit: Unit::Share,
        axis: voice.of("purposes.axis"),
        curves: curves(told, lines.collect()),
    };
    let parts = vec![Part::Bars(bars), plot(told, drawing)];
    Block { id: "purposes", question, answer, parts }
}

/// How much of the traffic each purpose can see: over time, by page group and by device.
pub(super) fn coverage(told: &Told<'_>) -> Block {
    let voice = &told.voice;
    let question = voice.of("coverage.question");
    let all = told.series().map(|series| series.total.purposes.as_slice()).unwrap_or_default();
    let ids: Vec<&str> = all.iter().map(|purpose| purpose.purpose.as_str()).take(MOST_LINES).collect();
    let row = |(place, id): (usize, &&str)| {
        let share = told.total(seen(id));
        let before = told.total_before(seen(id)).map(|before| voice.quantity(before));
        BarRow {
            name: voice.purpose(id),
            link: None,
            aside: false,
            bar: single(place + 1, share.value()),
            cells: std::iter::once(voice.quantity(share)).chain(before).collect(),
        }
    };
    let bars = Bars {
        caption: question.clone(),
        legend: Vec::new(),
        columns: ["purposes.purpose", "coverage.share"]
            .into_iter()
            .chain(told.before.as_ref().map(|_| "legend.before"))
            .map(|key| voice.of(key))
            .collect(),
        rows: ids.iter().enumerate().map(row).collect(),
    };
    let answer = voice.filled("coverage.answer", &[("pages", &voice.count(told.count(Measure::Decided)))]);
    let series = told.series();
    let curve = |(place, id): (usize, &&'_ str)| {
        let id = (*id).to_owned();
        let name = voice.purpose(&id);
        let of: Reading<'_> = Box::new(move |figures| seen(&id)(figures));
        series.map(|series| Curve { kind: place + 1, name, of, series, before: None })
    };
    let drawing = Drawing {
        id: "coverage",
        question: &question,
        words: &answer,
        shape: Shape::Lines,
        unit: Unit::Share,
        axis: voice.of("coverage.axis"),
        curves: ids.iter().enumerate().filter_map(curve).collect(),
    };
    let mut parts = vec![Part::Bars(bars), plot(told, drawing)];
    parts.extend(
        [Dimension::PageGroup, Dimension::Device].into_iter().filter_map(|dimension| covered(told, dimension, &ids)),
    );
    Block { id: "coverage", question, answer, parts }
}

/// A row for each value of a dimension, a column for each purpose.
fn covered(told: &Told<'_>, dimension: Dimension, ids: &[&str]) -> Option<Part> {
    let (voice, answer) = (&told.voice, told.of_dimension(dimension)?);
    let mut columns = vec![Column { name: voice.dimension(dimension), numeric: false }];
    columns.push(Column { name: voice.measure(Measure::Decided), numeric: true });
    columns.extend(ids.iter().map(|id| Column { name: voice.purpose(id), numeric: true }));
    let rows = answer.parts.iter().take(MOST_ROWS).map(|series| {
        let mut cells = vec![voice.value(dimension, &series.value), voice.count(series.total.of(Measure::Decided))];
        cells.extend(ids.iter().map(|id| voice.quantity(seen(id)(&series.total))));
        TableRow { cells, problem: false }
    });
    let heading = voice.filled("coverage.by", &[("dimension", &voice.of(&format!("dimension.{dimension}")))]);
    Some(Part::Table(Table { heading, columns, rows: rows.collect(), empty: voice.of("state.nothing_narrow") }))
}
