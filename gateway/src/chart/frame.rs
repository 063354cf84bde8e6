//! What stands around the values: the title for those who listen, the grid with its numbers, dates, what wasn't counted, and marks.
//!
//! Refuses to leave a gap white: nothing counted and nobody there look different. Invariant: neighbouring gaps are one.

use std::fmt::Write as _;

use super::ticks::ticks;
use super::{Chart, HEIGHT, State, down, escaped, number};

/// Space between the plot's lower end and the dates' base line.
const DATES: f64 = 18.0;

pub(super) fn begun(chart: &Chart<'_>) -> String {
    let (id, title, words) = (chart.id, escaped(chart.title), escaped(chart.words));
    format!(
        "<svg class=\"plot\" role=\"img\" aria-labelledby=\"{id}-title {id}-words\" height=\"{HEIGHT}\" \
         xmlns=\"http://www.w3.org/2000/svg\"><title id=\"{id}-title\">{title}</title><desc id=\"{id}-words\">{words}</desc>\
         <defs><pattern id=\"{id}-gap\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V6\"/></pattern></defs>"
    )
}

/// From the back to the front: what wasn't counted, the lines of the grid, numbers and dates.
pub(super) fn grid(chart: &Chart<'_>, top: f64, svg: &mut String) {
    bands(chart, State::Gap, "gap", svg);
    bands(chart, State::SoFar, "so-far", svg);
    for value in chart.unit.grid(top) {
        let (y, written) = (number(down(value, top)), escaped(&(chart.written)(value)));
        // Writing to a string can't fail; so below.
        write!(svg, "<line class=\"grid\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>").ok();
        write!(svg, "<text class=\"y\" x=\"-8\" y=\"{y}\">{written}</text>").ok();
    }
    let foot = HEIGHT + DATES;
    for tick in ticks(&chart.buckets) {
        let Some(bucket) = chart.buckets.get(tick.bucket) else { continue };
        let (x, label) = (chart.across(tick.bucket as f64 + 0.5), escaped(&bucket.label));
        let class = if tick.always { "x" } else { "x wide" };
        write!(svg, "<text class=\"{class}\" x=\"{x}%\" y=\"{foot}\">{label}</text>").ok();
    }
}

/// Neighbouring buckets of one state, each run as one band.
fn bands(chart: &Chart<'_>, state: State, class: &str, svg: &mut String) {
    let mut bucket = 0;
    while bucket < chart.buckets.len() {
        let run = chart.buckets.iter().skip(bucket).take_while(|each| each.state == state).count();
        if run > 0 {
            let (x, width) = (chart.across(bucket as f64), chart.across(run as f64));
            let id = chart.id;
            let fill = if state == State::Gap { format!(" fill=\"url(#{id}-gap)\"") } else { String::new() };
            write!(svg, "<rect class=\"{class}\" x=\"{x}%\" y=\"0\" width=\"{width}%\" height=\"{HEIGHT}\"{fill}/>")
                .ok();
        }
        bucket += run.max(1);
    }
}

/// A line at each bucket in which something happened, with its signs above.
pub(super) fn marks(chart: &Chart<'_>, svg: &mut String) {
    let mut marked: Vec<usize> = chart.marks.iter().map(|mark| mark.bucket).collect();
    marked.sort_unstable();
    marked.dedup();
    for bucket in marked {
        let here = chart.marks.iter().filter(|mark| mark.bucket == bucket);
        let signs = escaped(&here.map(|mark| mark.sign.as_str()).collect::<Vec<_>>().join(" "));
        let x = chart.across(bucket as f64);
        write!(
            svg,
            "<line class=\"mark\" x1=\"{x}%\" x2=\"{x}%\" y1=\"-4\" y2=\"{HEIGHT}\"/>\
             <text class=\"sign\" x=\"{x}%\" y=\"-8\">{signs}</text>"
        )
        .ok();
    }
}
