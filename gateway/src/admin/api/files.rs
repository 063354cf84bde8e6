//! The same figures as files: a row for each step of each series, and one for its total.
//!
//! Refuses cells that a spreadsheet would compute. Invariant: each row says by which definitions it was counted.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::admin::shape::{self, Answer};
use crate::csv::quoted;
use crate::stats::figures::{Answer as Told, Figures, Series};
use crate::stats::measure::{Measure, PurposeMeasure};

/// What every row begins with.
const HEAD: [&str; 10] =
    ["definitions", "site", "time_zone", "every", "from", "to", "hour", "state", "dimension", "value"];

/// Every series of an answer, with the dimension that it is a value of.
fn all(told: &Told) -> impl Iterator<Item = (&'static str, &Series)> {
    let dimension = told.question.cut.dimension().map_or("", |dimension| dimension.name());
    std::iter::once(("", &told.whole)).chain(told.parts.iter().map(move |series| (dimension, series)))
}

/// The fields that a row begins with; None for a total.
fn head(told: &Told, dimension: &str, value: &str, step: Option<usize>) -> [Value; 10] {
    let question = &told.question;
    let place = step.and_then(|step| told.buckets.get(step)).map(|bucket| json!(bucket));
    let of = |name: &str| place.as_ref().and_then(|place| place.get(name).cloned());
    let day = |name: &str, whole: policies::Date| of(name).unwrap_or_else(|| whole.to_string().into());
    [
        told.definitions.into(),
        question.site.clone().map_or(Value::Null, Value::from),
        told.zone.clone().into(),
        question.resolution.name().into(),
        day("from", question.from),
        day("to", question.to),
        of("hour").unwrap_or(Value::Null),
        of("state").unwrap_or_else(|| "total".into()),
        dimension.into(),
        value.into(),
    ]
}

/// Rows in the order in which they are written.
fn rows(told: &Told) -> impl Iterator<Item = ([Value; 10], &Figures)> {
    all(told).flat_map(move |(dimension, series)| {
        let steps = series.steps.iter().enumerate();
        let steps = steps.map(move |(place, figures)| (head(told, dimension, &series.value, Some(place)), figures));
        steps.chain(std::iter::once((head(told, dimension, &series.value, None), &series.total)))
    })
}

fn name(told: &Told, ending: &str) -> String {
    let question = &told.question;
    let site = question.site.as_deref().unwrap_or("all-sites");
    format!("consent-{site}-{}-{}-definitions-{}.{ending}", question.from, question.to, told.definitions)
}

/// A table: a column for each measure, and for each of each purpose.
pub(super) fn csv(told: &Told) -> Answer {
    let purposes: BTreeSet<&str> =
        rows(told).flat_map(|(_, figures)| figures.purposes.iter().map(|of| of.purpose.as_str())).collect();
    let mut text = String::new();
    let of_purposes = purposes
        .iter()
        .flat_map(|purpose| PurposeMeasure::ALL.map(|measure| format!("purpose.{purpose}.{}", measure.name())));
    let columns = HEAD.into_iter().chain(Measure::ALL.map(Measure::name)).chain(["answer_rate", "consent_rate"]);
    let columns: Vec<String> = columns.map(str::to_owned).chain(of_purposes).map(|column| quoted(&column)).collect();
    // Writing to a string can't fail; so below.
    write!(text, "{}\r\n", columns.join(",")).ok();
    for (head, figures) in rows(told) {
        let mut cells: Vec<String> = head.iter().map(cell).collect();
        cells.extend(Measure::ALL.map(|measure| cell(&json!(figures.of(measure)))));
        cells.extend([figures.answer_rate(), figures.consent_rate()].map(|rate| cell(&json!(rate))));
        for purpose in &purposes {
            let of = figures.purpose(purpose);
            cells.extend(
                PurposeMeasure::ALL
                    .map(|measure| of.map_or_else(|| String::from("0"), |of| cell(&json!(of.of(measure))))),
            );
        }
        write!(text, "{}\r\n", cells.join(",")).ok();
    }
    shape::file("text/csv; charset=utf-8; header=present", &name(told, "csv"), text)
}

/// An object on each line.
pub(super) fn jsonl(told: &Told) -> Answer {
    let mut text = String::new();
    for (head, figures) in rows(told) {
        let mut row: Map<String, Value> = HEAD.into_iter().map(str::to_owned).zip(head).collect();
        row.insert(String::from("figures"), json!(figures));
        writeln!(text, "{}", Value::Object(row)).ok();
    }
    shape::file("application/jsonl; charset=utf-8", &name(told, "jsonl"), text)
}

/// Numbers as they are, nothing for what there isn't, text in quotes.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}
