//! An answer for the terminal: figures with sparklines over the steps, bars by act, tables by purpose and by value.
//!
//! It refuses to draw what isn't there: a gap is a space, and what can't be told stays `<5` or `–`. Invariant: in plain text every character
//! is ASCII, so that it passes through anything.

use std::fmt::Write as _;

use super::definitions::definitions;
use super::figures::{Answer, Bucket, Figures, Series, Shown, State};
use super::measure::{Measure, PurposeMeasure};
use super::question::{Cut, Resolution};

const SPARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Steps that one sparkline shows at most; of more, the last ones.
const MOST_SPARKS: usize = 90;
/// Letters of the longest bar.
const BAR: usize = 32;

const FIGURES: [Measure; 11] = [
    Measure::Pages,
    Measure::Visits,
    Measure::VisitsOwed,
    Measure::Owed,
    Measure::Rendered,
    Measure::Answers,
    Measure::Changes,
    Measure::Withdrawn,
    Measure::Gpc,
    Measure::Ahead,
    Measure::Bots,
];
const ACTS: [Measure; 4] = [Measure::AcceptAll, Measure::RefuseAll, Measure::Custom, Measure::AskEachTime];

/// How to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    /// With blocks for bars and sparklines.
    Drawn,
    /// ASCII alone, and a line for each step in place of sparklines.
    Plain,
}

/// The answer as text.
pub(super) fn text(answer: &Answer, letters: Letters) -> String {
    let page = Page { answer, letters };
    let mut text = page.head();
    match &answer.question.cut {
        Cut::Whole => text.push_str(&page.series(&answer.whole)),
        Cut::Only(..) => answer.parts.iter().for_each(|part| text.push_str(&page.series(part))),
        Cut::By(_) => text.push_str(&page.by_value()),
    }
    text.push_str(&page.foot());
    text
}

struct Page<'a> {
    answer: &'a Answer,
    letters: Letters,
}

impl Page<'_> {
    fn head(&self) -> String {
        let Answer { question, zone, definitions, .. } = self.answer;
        let site = question.site.as_deref().unwrap_or("all sites");
        let only = match &question.cut {
            Cut::Only(dimension, value) => format!(", only {dimension} {value}"),
            Cut::By(dimension) => format!(", by {dimension}"),
            Cut::Whole => String::new(),
        };
        let (from, to, every) = (question.from, question.to, question.resolution.name());
        format!("{site}{only}: {from} to {to} by {every} ({zone}; definitions {definitions})\n\n")
    }

    fn series(&self, series: &Series) -> String {
        let mut text = String::new();
        let mut rows: Vec<Vec<String>> = Vec::new();
        for measure in FIGURES {
            let spark = self.spark(series, |figures| figures.of(measure).count().map(|count| count as f64));
            rows.push(vec![label(measure.name()), shown(series.total.of(measure)), spark]);
        }
        for (name, rate) in [
            ("answer", Figures::answer_rate as fn(&Figures) -> Option<f64>),
            ("consent", Figures::consent_rate),
            ("rendered", Figures::rendered_rate),
        ] {
            rows.push(vec![label(name), percent(rate(&series.total)), self.spark(series, rate)]);
        }
        table(&mut text, &rows);
        text.push_str(&self.acts(&series.total));
        text.push_str(&self.purposes(&series.total));
        if self.letters == Letters::Plain {
            text.push_str(&self.steps(series));
        }
        text
    }

    fn acts(&self, figures: &Figures) -> String {
        let most = ACTS.into_iter().filter_map(|act| figures.of(act).count()).max().unwrap_or_default();
        if most == 0 {
            return String::new();
        }
        let mut text = String::from("\nHow they answered\n");
        let row = |act: Measure| {
            vec![label(act.name()), shown(figures.of(act)), self.bar(figures.of(act).count().unwrap_or_default(), most)]
        };
        table(&mut text, &ACTS.map(row));
        text
    }

    fn purposes(&self, figures: &Figures) -> String {
        if figures.purposes.is_empty() {
            return String::new();
        }
        let mut text = String::from("\n");
        let mut rows = vec![
            ["Purpose", "granted", "refused", "consent rate", "taken back", "coverage"].map(str::to_owned).to_vec(),
        ];
        rows.extend(figures.purposes.iter().map(|of| {
            let count = |measure| shown(of.of(measure));
            vec![
                of.purpose.clone(),
                count(PurposeMeasure::Granted),
                count(PurposeMeasure::Refused),
                percent(of.consent_rate()),
                count(PurposeMeasure::Lost),
                percent(figures.coverage(&of.purpose)),
            ]
        }));
        table(&mut text, &rows);
        text
    }

    fn steps(&self, series: &Series) -> String {
        let head = [
            self.answer.question.resolution.name(),
            "visits",
            "banner due",
            "shown",
            "answers",
            "answer rate",
            "consent rate",
            "",
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for (bucket, figures) in self.answer.buckets.iter().zip(&series.steps) {
            if matches!(bucket.state, State::Before | State::ToCome) {
                continue;
            }
            let count = |measure| shown(figures.of(measure));
            let counts = [Measure::Visits, Measure::VisitsOwed, Measure::Rendered, Measure::Answers].map(count);
            let rates = [percent(figures.answer_rate()), percent(figures.consent_rate())];
            let state = match bucket.state {
                State::Gap => "not counted",
                State::Partly => "counted in part",
                State::Running => "so far",
                State::Whole | State::Before | State::ToCome => "",
            };
            rows.push(
                [name(bucket, self.answer.question.resolution)]
                    .into_iter()
                    .chain(counts)
                    .chain(rates)
                    .chain([state.to_owned()])
                    .collect(),
            );
        }
        let mut text = String::from("\n");
        table(&mut text, &rows);
        text
    }

    fn by_value(&self) -> String {
        let dimension = self.answer.question.cut.dimension().map(|dimension| dimension.name()).unwrap_or_default();
        let whole = &self.answer.whole.total;
        let mut rows =
            vec![[dimension, "visits", "answers", "answer rate", "consent rate", ""].map(str::to_owned).to_vec()];
        let row = |value: &str, figures: &Figures| {
            let rate = figures.consent_rate();
            let bar = rate.map_or_else(String::new, |rate| self.bar((rate * 1_000.0) as u64, 1_000));
            vec![
                value.to_owned(),
                shown(figures.of(Measure::Visits)),
                shown(figures.of(Measure::Answers)),
                percent(figures.answer_rate()),
                percent(rate),
                bar,
            ]
        };
        rows.extend(self.answer.parts.iter().map(|part| row(&part.value, &part.total)));
        rows.push(row("together", whole));
        let mut text = String::new();
        table(&mut text, &rows);
        text
    }

    fn foot(&self) -> String {
        let Answer { gaps, threshold, began, policies, .. } = self.answer;
        let mut text = String::new();
        for mark in policies {
            // Writing to a string can't fail; so below.
            writeln!(text, "\nFrom {} on: policy {}.", mark.from, mark.version).ok();
        }
        if began.is_none() {
            text.push_str("\nNothing was counted yet.\n");
        }
        if !gaps.is_empty() {
            let seconds: i64 = gaps.iter().map(|gap| gap.until.0 - gap.from.0).sum();
            writeln!(text, "\nNobody counted for {} of this time ({} gaps).", lasting(seconds), gaps.len()).ok();
        }
        let narrow = if self.answer.question.cut == Cut::Whole { "" } else { ", those below are not told" };
        writeln!(text, "\nFigures from {threshold} on are rounded to its multiples{narrow}. Who had processing suspended is in none.").ok();
        text
    }

    fn spark(&self, series: &Series, value: impl Fn(&Figures) -> Option<f64>) -> String {
        if self.letters == Letters::Plain || series.steps.len() < 2 {
            return String::new();
        }
        let steps = self.answer.buckets.iter().zip(&series.steps);
        let skipped = series.steps.len().saturating_sub(MOST_SPARKS);
        let values: Vec<Option<f64>> = steps
            .skip(skipped)
            .map(|(bucket, figures)| {
                value(figures).filter(|_| matches!(bucket.state, State::Whole | State::Partly | State::Running))
            })
            .collect();
        let most = values.iter().flatten().copied().fold(0.0, f64::max);
        let spark = |value: &Option<f64>| match value {
            Some(value) if most > 0.0 => {
                let place = (value / most * (SPARKS.len() - 1) as f64).round() as usize;
                SPARKS.get(place).copied().unwrap_or('█')
            }
            Some(_) => '▁',
            None => ' ',
        };
        values.iter().map(spark).collect()
    }

    fn bar(&self, count: u64, most: u64) -> String {
        let letters = (count as f64 / most.max(1) as f64 * BAR as f64).round() as usize;
        if self.letters == Letters::Plain { "#".repeat(letters) } else { "█".repeat(letters) }
    }
}

fn label(name: &str) -> String {
    definitions().of(name).map_or_else(|| name.to_owned(), |of| of.label.en.clone())
}

fn name(bucket: &Bucket, resolution: Resolution) -> String {
    match (resolution, bucket.hour) {
        (Resolution::Hour, Some(hour)) => format!("{} {hour:02}:00", bucket.from),
        _ => bucket.from.to_string(),
    }
}

fn shown(shown: Shown) -> String {
    shown.to_string()
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| String::from("-"), |share| format!("{:.0} %", share * 100.0))
}

fn lasting(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} seconds"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Words to the left, numbers to the right.
fn table(text: &mut String, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let width = |column: usize| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let number = |cell: &String| {
        cell.is_empty() || cell.starts_with(|first: char| first.is_ascii_digit() || "<-".contains(first))
    };
    let numeric: Vec<bool> =
        (0..columns).map(|column| column > 0 && column < columns - 1 && cells(column).skip(1).all(number)).collect();
    for row in rows {
        let mut line = String::new();
        for ((cell, width), numeric) in row.iter().zip(&widths).zip(&numeric) {
            if *numeric {
                write!(line, "{cell:>width$}  ").ok();
            } else {
                write!(line, "{cell:<width$}  ").ok();
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
