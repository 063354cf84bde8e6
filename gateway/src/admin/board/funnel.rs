//! The way from a page that owed a question to a yes, how long answers took, and what was counted beside the way.
//!
//! Refuses to call it a refusal when nobody saw a banner: what was never shown and what was left alone are steps of their own. Invariant: no step
//! is wider than the first.

use super::bars::{among, single};
use super::over_time::count;
use super::told::Told;
use crate::admin::voice::{NOTHING, Quantity};
use crate::stats::figures::Shown;
use crate::stats::measure::Measure;
use crate::view::admin::board::{BarRow, Bars, Block, Part};
use crate::view::admin::{Column, Table, TableRow};

/// From owed to granted.
pub(super) fn of(told: &Told<'_>) -> Block {
    let voice = &told.voice;
    let steps = [Measure::Owed, Measure::Rendered, Measure::Answers, Measure::Agreed];
    let counts = steps.map(|step| told.count(step));
    let [owed, rendered, answers, agreed] = counts;
    let said = |key: &str, part: Shown, whole: Shown| {
        voice.filled(key, &[("share", &voice.quantity(Quantity::Share(part, whole)))])
    };
    let answer = [
        said("funnel.rendered", rendered, owed),
        said("funnel.answered", answers, told.count(Measure::VisitsOwed)),
        said("funnel.agreed", agreed, answers),
    ]
    .join(" ");
    let mut rows = Vec::new();
    let lost = ["funnel.blocked", "funnel.ignored", "funnel.refused"];
    for (place, (step, count)) in steps.into_iter().zip(counts).enumerate() {
        let before = place.checked_sub(1).and_then(|before| counts.get(before).copied());
        let of_before =
            before.map_or_else(|| NOTHING.to_owned(), |whole| voice.quantity(Quantity::Share(count, whole)));
        if let (Some(whole), Some(word)) = (before, place.checked_sub(1).and_then(|place| lost.get(place))) {
            rows.push(lost_row(told, word, whole, count));
        }
        rows.push(BarRow {
            name: voice.measure(step),
            link: None,
            aside: false,
            bar: single(1, Quantity::Share(count, owed).value()),
            cells: vec![voice.count(count), of_before, voice.quantity(Quantity::Share(count, owed))],
        });
    }
    let bars = Bars {
        caption: voice.of("funnel.question"),
        legend: Vec::new(),
        columns: ["funnel.step", "funnel.count", "funnel.of_step", "funnel.of_owed"].map(|key| voice.of(key)).into(),
        rows,
    };
    Block {
        id: "funnel",
        question: voice.of("funnel.question"),
        answer,
        parts: vec![Part::Bars(bars), Part::Words(voice.of("funnel.note"))],
    }
}

/// What went away between two steps.
fn lost_row(told: &Told<'_>, word: &str, whole: Shown, kept: Shown) -> BarRow {
    let voice = &told.voice;
    let lost = whole.count().zip(kept.count()).map(|(whole, kept)| Shown::Count(whole.saturating_sub(kept)));
    let share = lost.map_or_else(|| voice.of("said.few"), |lost| voice.quantity(Quantity::Share(lost, whole)));
    let count = lost.map_or_else(|| voice.of("said.few"), |lost| voice.count(lost));
    BarRow {
        name: voice.of(word),
        link: None,
        aside: true,
        bar: Vec::new(),
        cells: vec![format!("−{count}"), share, String::new()],
    }
}

/// How long answers took.
pub(super) fn waits(told: &Told<'_>) -> Block {
    let voice = &told.voice;
    let counts = Measure::WAITS.map(|(measure, _)| told.count(measure));
    let all: u64 = counts.iter().filter_map(|shown| shown.count()).sum();
    let greatest = counts.iter().filter_map(|shown| shown.count()).max().unwrap_or_default() as f64;
    let rows = Measure::WAITS.into_iter().zip(counts).map(|((measure, _), count)| BarRow {
        name: voice.measure(measure),
        link: None,
        aside: false,
        bar: among(1, Quantity::Count(count), greatest),
        cells: vec![voice.count(count), voice.quantity(Quantity::Share(count, Shown::Count(all)))],
    });
    let bars = Bars {
        caption: voice.of("waits.question"),
        legend: Vec::new(),
        columns: ["waits.within", "waits.answers", "waits.share"].map(|key| voice.of(key)).into(),
        rows: rows.collect(),
    };
    let answer = match quickly(&counts, all) {
        Some(share) => voice.filled("waits.answer", &[("share", &share)]),
        None => voice.of("waits.nobody"),
    };
    Block { id: "waits", question: voice.of("waits.question"), answer, parts: vec![Part::Bars(bars)] }
}

/// The share of those who took ten seconds at the most.
fn quickly(counts: &[Shown], all: u64) -> Option<String> {
    let within: Option<u64> = counts.iter().take(3).map(|shown| shown.count()).sum();
    within.filter(|_| all > 0).map(|within| crate::admin::voice::percent(within as f64 / all as f64))
}

/// What is counted apart: programs, pages fetched ahead, kinds of answers.
pub(super) fn beside(told: &Told<'_>) -> Block {
    let voice = &told.voice;
    let measures = [
        Measure::First,
        Measure::Renewed,
        Measure::Plain,
        Measure::Single,
        Measure::Guardian,
        Measure::Imported,
        Measure::Bots,
        Measure::Ahead,
    ];
    let mut columns = vec![
        Column { name: voice.of("beside.what"), numeric: false },
        Column { name: voice.of("beside.count"), numeric: true },
    ];
    columns.extend(told.before.as_ref().map(|_| Column { name: voice.of("legend.before"), numeric: true }));
    let rows = measures.map(|measure| {
        let before = told.total_before(count(measure)).map(|before| voice.quantity(before));
        let cells = [voice.measure(measure), voice.count(told.count(measure))];
        TableRow { cells: cells.into_iter().chain(before).collect(), problem: false }
    });
    let question = voice.of("beside.question");
    let table = Table { heading: question.clone(), columns, rows: rows.into(), empty: String::new() };
    Block { id: "beside", question, answer: voice.of("beside.answer"), parts: vec![Part::Table(table)] }
}
