//! Questions that time answers: charts with the period before, marks, gaps and what is still counted, and the table behind each.
//!
//! Refuses a value where nobody counted. Invariant: the table says in words whatever the chart draws.

use super::told::Told;
use crate::admin::voice::{NOTHING, Quantity, axis_count, axis_share};
use crate::chart::{self, Chart, Point, Shape, Unit};
use crate::stats::figures::{Answer, Bucket, Figures, Series, State};
use crate::stats::measure::Measure;
use crate::stats::question::{Cut, Resolution};
use crate::view::admin::board::{Block, Key, Part, Plot};
use crate::view::admin::{Column, Table, TableRow};

/// Lines in one chart at most: more can't be told apart.
pub(super) const MOST_LINES: usize = 6;

/// Reads one quantity of a step or of a period.
pub(super) type Reading<'r> = Box<dyn Fn(&Figures) -> Quantity + 'r>;

/// One line or one layer of columns.
pub(super) struct Curve<'r> {
    pub(super) kind: usize,
    pub(super) name: String,
    pub(super) of: Reading<'r>,
    pub(super) series: &'r Series,
    pub(super) before: Option<&'r Series>,
}

/// What is drawn, and how.
pub(super) struct Drawing<'r> {
    pub(super) id: &'static str,
    pub(super) question: &'r str,
    pub(super) words: &'r str,
    pub(super) shape: Shape,
    pub(super) unit: Unit,
    pub(super) axis: String,
    pub(super) curves: Vec<Curve<'r>>,
}

pub(super) fn share(part: Measure, whole: Measure) -> impl Fn(&Figures) -> Quantity {
    move |figures| Quantity::Share(figures.of(part), figures.of(whole))
}

pub(super) fn count(measure: Measure) -> impl Fn(&Figures) -> Quantity {
    move |figures| Quantity::Count(figures.of(measure))
}

/// How many of those who answer grant something, and how many answer at all; or the first for each value of the split.
pub(super) fn agreement(told: &Told<'_>) -> Block {
    let voice = &told.voice;
    let question = voice.of("agree.question");
    let rate = share(Measure::Agreed, Measure::Answers);
    let now = told.total(&rate);
    let answers = voice.count(told.count(Measure::Answers));
    let mut answer = match now.value() {
        Some(_) => voice.filled("agree.answer", &[("rate", &voice.quantity(now)), ("answers", &answers)]),
        None if now.is_few() => voice.of("agree.few"),
        None => voice.of("agree.nobody"),
    };
    if let Some(before) = told.total_before(&rate).filter(|before| before.value().is_some()) {
        answer = format!("{answer} {}", voice.filled("agree.before", &[("rate", &voice.quantity(before))]));
    }
    let curves = match told.scope.cut {
        Cut::By(dimension) => {
            let curve = |(place, series): (usize, &'_ Series)| (place + 1, voice.value(dimension, &series.value));
            let parts = told.now.parts.iter().take(MOST_LINES).enumerate();
            parts
                .map(|(place, series)| {
                    let (kind, name) = curve((place, series));
                    let of = Box::new(share(Measure::Agreed, Measure::Answers));
                    Curve { kind, name, of, series, before: None }
                })
                .collect()
        }
        Cut::Whole | Cut::Only(..) => curves(
            told,
            vec![
                (voice.of("agree.consent_rate"), Box::new(share(Measure::Agreed, Measure::Answers))),
                (voice.of("agree.answer_rate"), Box::new(share(Measure::Answers, Measure::VisitsOwed))),
            ],
        ),
    };
    let drawing = Drawing {
        id: "agree",
        question: &question,
        words: &answer,
        shape: Shape::Lines,
        unit: Unit::Share,
        axis: voice.of("agree.axis"),
        curves,
    };
    let parts = vec![plot(told, drawing)];
    Block { id: "agree", question, answer, parts }
}

/// By which act, step by step.
pub(super) fn acts(told: &Told<'_>) -> Block {
    let voice = &told.voice;
    let acts = [Measure::AcceptAll, Measure::Custom, Measure::AskEachTime, Measure::RefuseAll];
    let question = voice.of("acts.question");
    let said = |measure: Measure| {
        let quantity = Quantity::Share(told.count(measure), told.count(Measure::Answers));
        format!("{} {}", voice.measure(measure), voice.quantity(quantity))
    };
    let shares = acts.map(said).join(", ");
    let answer =
        voice.filled("acts.answer", &[("answers", &voice.count(told.count(Measure::Answers))), ("shares", &shares)]);
    let layers = acts.map(|act| {
        let of: Reading<'_> = Box::new(count(act));
        (voice.measure(act), of)
    });
    let drawing = Drawing {
        id: "acts",
        question: &question,
        words: &answer,
        shape: Shape::Columns,
        unit: Unit::Count,
        axis: voice.of("acts.axis"),
        curves: curves(told, layers.into())
            .into_iter()
            .zip([1, 2, 3, 6])
            .map(|(curve, kind)| Curve { kind, ..curve })
            .collect(),
    };
    let parts = vec![plot(told, drawing)];
    Block { id: "acts", question, answer, parts }
}

/// Who comes with `Sec-GPC: 1`.
pub(super) fn signal(told: &Told<'_>) -> Block {
    let voice = &told.voice;
    let question = voice.of("signal.question");
    let rate = share(Measure::VisitsGpc, Measure::Visits);
    let visits = voice.count(told.count(Measure::VisitsGpc));
    let answer = voice.filled("signal.answer", &[("visits", &visits), ("rate", &voice.quantity(told.total(&rate)))]);
    let drawing = Drawing {
        id: "signal",
        question: &question,
        words: &answer,
        shape: Shape::Lines,
        unit: Unit::Share,
        axis: voice.of("signal.axis"),
        curves: curves(told, vec![(voice.of("signal.rate"), Box::new(rate))]),
    };
    let parts = vec![plot(told, drawing)];
    Block { id: "signal", question, answer, parts }
}

/// Who thinks better of it.
pub(super) fn changes(told: &Told<'_>) -> Block {
    let voice = &told.voice;
    let question = voice.of("changes.question");
    let said = |measure| voice.count(told.count(measure));
    let answer = voice.filled(
        "changes.answer",
        &[
            ("changes", &said(Measure::Changes)),
            ("taken_back", &said(Measure::TakenBack)),
            ("withdrawn", &said(Measure::Withdrawn)),
        ],
    );
    let layers: Vec<(String, Reading<'_>)> = vec![
        (voice.measure(Measure::Changes), Box::new(count(Measure::Changes))),
        (voice.measure(Measure::Withdrawn), Box::new(count(Measure::Withdrawn))),
    ];
    let drawing = Drawing {
        id: "changes",
        question: &question,
        words: &answer,
        shape: Shape::Lines,
        unit: Unit::Count,
        axis: voice.of("changes.axis"),
        curves: curves(told, layers),
    };
    let parts = vec![plot(told, drawing)];
    Block { id: "changes", question, answer, parts }
}

/// A curve for each figure, of what the view is of, beside the period before.
pub(super) fn curves<'r>(told: &'r Told<'_>, figures: Vec<(String, Reading<'r>)>) -> Vec<Curve<'r>> {
    let Some(series) = told.series() else { return Vec::new() };
    let before = told.series_before();
    let curve = |(place, (name, of))| Curve { kind: place + 1, name, of, series, before };
    figures.into_iter().enumerate().map(curve).collect()
}

/// The chart with its legend and its table.
pub(super) fn plot(told: &Told<'_>, drawing: Drawing<'_>) -> Part {
    let Drawing { id, question, words, shape, unit, axis, curves } = drawing;
    let mut series = Vec::new();
    for curve in &curves {
        if let (Some(before), Some(answer)) = (curve.before, &told.before) {
            let of = &*curve.of;
            let points = points(answer, before, of, told.now.buckets.len());
            series.push(chart::Series { kind: curve.kind, before: true, points });
        }
        let points = points(&told.now, curve.series, &*curve.of, told.now.buckets.len());
        series.push(chart::Series { kind: curve.kind, before: false, points });
    }
    let resolution = told.scope.resolution();
    let bucket = |bucket: &Bucket| {
        let (label, weight) = told.voice.tick(bucket, resolution);
        chart::Bucket { label, weight, state: drawn(bucket.state) }
    };
    let chart = Chart {
        id,
        title: question,
        words,
        shape,
        unit,
        written: if unit == Unit::Share { axis_share } else { axis_count },
        buckets: told.now.buckets.iter().map(bucket).collect(),
        series,
        marks: told.marks(),
    };
    Part::Plot(Plot {
        axis,
        legend: legend(told, &curves, &chart),
        svg: chart.svg(),
        table: table(told, question, &curves, resolution),
    })
}

const fn drawn(state: State) -> chart::State {
    match state {
        State::Whole | State::Partly => chart::State::Counted,
        State::Running => chart::State::SoFar,
        State::Gap => chart::State::Gap,
        State::Before | State::ToCome => chart::State::Ahead,
    }
}

const fn is_counted(state: State) -> bool {
    matches!(state, State::Whole | State::Partly | State::Running)
}

/// A point for each step that the chart has; the period before may have another number of them.
fn points(answer: &Answer, series: &Series, of: &dyn Fn(&Figures) -> Quantity, steps: usize) -> Vec<Point> {
    let step = |place: usize| match (answer.buckets.get(place), series.steps.get(place)) {
        (Some(bucket), Some(figures)) if is_counted(bucket.state) => of(figures).point(),
        _ => Point::Missing,
    };
    (0..steps).map(step).collect()
}

fn legend(told: &Told<'_>, curves: &[Curve<'_>], chart: &Chart<'_>) -> Vec<Key> {
    let shape = if chart.shape == Shape::Lines { "line" } else { "fill" };
    let mut keys: Vec<Key> =
        curves.iter().map(|curve| Key { class: format!("{shape}{}", curve.kind), name: curve.name.clone() }).collect();
    let mut more = |wanted: bool, class: &str, word: &str| {
        if wanted {
            keys.push(Key { class: class.to_owned(), name: told.voice.of(word) });
        }
    };
    let earlier = if chart.shape == Shape::Lines { "before" } else { "earlier" };
    more(chart.series.iter().any(|series| series.before), earlier, "legend.before");
    more(chart.buckets.iter().any(|bucket| bucket.state == chart::State::SoFar), "so-far", "legend.so_far");
    more(chart.buckets.iter().any(|bucket| bucket.state == chart::State::Gap), "gap", "legend.gap");
    more(chart.series.iter().any(|series| series.points.contains(&Point::Few)), "few", "legend.few");
    keys
}

/// A row for each step; the period before behind each figure.
fn table(told: &Told<'_>, question: &str, curves: &[Curve<'_>], resolution: Resolution) -> Table {
    let voice = &told.voice;
    let mut columns = vec![Column { name: voice.of(&format!("resolution.{}", resolution.name())), numeric: false }];
    for curve in curves {
        columns.push(Column { name: curve.name.clone(), numeric: true });
        if curve.before.is_some() {
            columns.push(Column { name: voice.filled("legend.before_of", &[("name", &curve.name)]), numeric: true });
        }
    }
    let said = |answer: &Answer, series: &Series, of: &dyn Fn(&Figures) -> Quantity, place: usize| match (
        answer.buckets.get(place).map(|bucket| bucket.state),
        series.steps.get(place),
    ) {
        (Some(State::Gap), _) => voice.of("said.gap"),
        (Some(state), Some(figures)) if is_counted(state) => voice.quantity(of(figures)),
        _ => NOTHING.to_owned(),
    };
    let row = |(place, bucket): (usize, &Bucket)| {
        let mut cells = vec![voice.step(bucket, resolution)];
        for curve in curves {
            cells.push(said(&told.now, curve.series, &*curve.of, place));
            if let (Some(series), Some(before)) = (curve.before, &told.before) {
                cells.push(said(before, series, &*curve.of, place));
            }
        }
        TableRow { cells, problem: false }
    };
    let rows = told.now.buckets.iter().enumerate().map(row).collect();
    let heading = voice.filled("legend.table_of", &[("question", question)]);
    Table { heading, columns, rows, empty: voice.of("state.nothing_narrow") }
}
