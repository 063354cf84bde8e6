//! Series as columns, one upon the other, with the whole of the period before as a line across each.
//!
//! Refuses a column where nothing was counted. Invariant: a column is as high as the sum of its known values.

use std::fmt::Write as _;

use super::{Chart, HEIGHT, Point, Series, State, down, number};

/// How much of its bucket a column takes: all of it where there are many.
fn breadth(buckets: usize) -> f64 {
    match buckets {
        0..=62 => 0.72,
        63..=140 => 0.86,
        _ => 1.0,
    }
}

pub(super) fn draw(chart: &Chart<'_>, top: f64, svg: &mut String) {
    let breadth = breadth(chart.buckets.len());
    for bucket in 0..chart.buckets.len() {
        let x = chart.across(bucket as f64 + (1.0 - breadth) / 2.0);
        let width = chart.across(breadth);
        let open = if chart.state(bucket) == State::SoFar { " open" } else { "" };
        let (mut below, mut few) = (0.0, false);
        for series in chart.series.iter().filter(|series| !series.before) {
            match series.points.get(bucket) {
                Some(Point::Known(value)) if *value > 0.0 => {
                    let (upper, lower) = (down(below + value, top), down(below, top));
                    let (y, height, kind) = (number(upper), number(lower - upper), series.kind);
                    write!(
                        svg,
                        "<rect class=\"fill{kind}{open}\" x=\"{x}%\" y=\"{y}\" width=\"{width}%\" height=\"{height}\"/>"
                    )
                    .ok();
                    below += value;
                }
                Some(Point::Few) => few = true,
                _ => {}
            }
        }
        if few {
            let (x, y) = (chart.across(bucket as f64 + 0.5), number(down(below, top) - 4.0));
            write!(svg, "<circle class=\"dot few\" cx=\"{x}%\" cy=\"{y}\" r=\"2\"/>").ok();
        }
        before(chart, bucket, top, svg);
    }
}

/// How high the same bucket was in the period before.
fn before(chart: &Chart<'_>, bucket: usize, top: f64, svg: &mut String) {
    let earlier = chart.series.iter().filter(|series| series.before);
    let value = |series: &Series| match series.points.get(bucket) {
        Some(Point::Known(value)) => Some(*value),
        _ => None,
    };
    let known: Vec<f64> = earlier.filter_map(value).collect();
    if known.is_empty() {
        return;
    }
    let (x1, x2) = (chart.across(bucket as f64), chart.across(bucket as f64 + 1.0));
    let y = number(down(known.iter().sum(), top).min(HEIGHT));
    write!(svg, "<line class=\"earlier\" x1=\"{x1}%\" x2=\"{x2}%\" y1=\"{y}\" y2=\"{y}\"/>").ok();
}
