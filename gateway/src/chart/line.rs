//! Series as lines: whole where they were counted, broken where they weren't, dashed towards what is still counted.
//!
//! The paths stand in a drawing of their own that is stretched to the plot's width; the sheet keeps their strokes from
//! being stretched with it. Dots lie at percentages. Refuses to join two values over a gap. Invariant: every known value is on a line or is a dot.

use std::fmt::Write as _;

use super::{Chart, HEIGHT, Point, Series, State, down, number};

/// Width of the drawing before it is stretched.
const WIDTH: f64 = 1000.0;

/// Size of a dot, and how high what can't be told stands above the base line.
const DOT: f64 = 3.5;

pub(super) fn draw(chart: &Chart<'_>, top: f64, svg: &mut String) {
    write!(
        svg,
        "<svg class=\"lines\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" width=\"100%\" height=\"{HEIGHT}\">"
    )
    .ok();
    // What came before lies behind.
    let ordered = || {
        chart.series.iter().filter(|series| series.before).chain(chart.series.iter().filter(|series| !series.before))
    };
    for series in ordered() {
        paths(chart, series, top, svg);
    }
    svg.push_str("</svg>");
    for series in ordered() {
        dots(chart, series, top, svg);
    }
}

fn class(series: &Series) -> String {
    format!("line{}{}", series.kind, if series.before { " before" } else { "" })
}

fn known(series: &Series, bucket: usize) -> Option<f64> {
    match series.points.get(bucket) {
        Some(Point::Known(value)) => Some(*value),
        _ => None,
    }
}

/// A line through each run of known values; the last stretch is apart where it leads to what isn't over.
fn paths(chart: &Chart<'_>, series: &Series, top: f64, svg: &mut String) {
    let place = |bucket: usize, value: f64| {
        let x = WIDTH * (bucket as f64 + 0.5) / chart.buckets.len().max(1) as f64;
        format!("{} {}", number(x), number(down(value, top)))
    };
    let so_far = |bucket: usize| !series.before && chart.state(bucket) == State::SoFar;
    let (mut whole, mut open, mut before) = (String::new(), String::new(), None);
    for bucket in 0..chart.buckets.len() {
        let here = known(series, bucket).map(|value| place(bucket, value));
        match (&before, &here) {
            (Some(before), Some(here)) if so_far(bucket) => open = format!("M{before}L{here}"),
            (Some(_), Some(here)) => whole.extend(["L", here]),
            (None, Some(here)) if !so_far(bucket) => whole.extend(["M", here]),
            _ => {}
        }
        before = here;
    }
    let class = class(series);
    for (path, more) in [(whole, ""), (open, " open")] {
        if !path.is_empty() {
            write!(svg, "<path class=\"{class}{more}\" d=\"{path}\"/>").ok();
        }
    }
}

/// Values that stand alone, the last one, and what is too little to be told.
fn dots(chart: &Chart<'_>, series: &Series, top: f64, svg: &mut String) {
    let class = class(series);
    let last = (0..chart.buckets.len()).rev().find(|bucket| known(series, *bucket).is_some());
    for (bucket, point) in series.points.iter().enumerate().take(chart.buckets.len()) {
        let x = chart.across(bucket as f64 + 0.5);
        let alone = |bucket: usize| {
            let before = bucket.checked_sub(1).and_then(|before| known(series, before));
            before.is_none() && known(series, bucket + 1).is_none()
        };
        match point {
            Point::Known(value) if alone(bucket) || (last == Some(bucket) && !series.before) => {
                let (y, more) =
                    (number(down(*value, top)), if chart.state(bucket) == State::SoFar { " open" } else { "" });
                write!(svg, "<circle class=\"{class} dot{more}\" cx=\"{x}%\" cy=\"{y}\" r=\"{DOT}\"/>").ok();
            }
            Point::Few => {
                let y = number(HEIGHT - DOT);
                write!(svg, "<circle class=\"{class} dot few\" cx=\"{x}%\" cy=\"{y}\" r=\"2\"/>").ok();
            }
            Point::Known(_) | Point::Missing => {}
        }
    }
}
