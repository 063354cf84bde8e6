//! A chart of some days as SVG, drawn on the server: stacked bars, one colour to a series.
//!
//! Refuses to be the only way to the numbers: it has a title and a description, and the table stands beside it. Its
//! colours are numbers that the page's sheet replaces ([`Series::mark`]), so that it follows light and dark.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Size in the chart's own units; the page scales it.
const SIZE: (u32, u32) = (760, 240);

/// Space below the bars for dates.
const FOOT: u32 = 26;

/// The most dates under a chart.
const MOST_DATES: usize = 8;

const TEXT: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(2, 2, 2);

/// One series of a chart.
#[derive(Clone, Debug)]
pub struct Series {
    /// 1 to 9: the bars have the colour `#0A0A0` and this digit, for the sheet to replace.
    pub mark: u8,
    /// A value for each day.
    pub values: Vec<u64>,
}

/// What to draw.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// Unique within the page.
    pub id: &'a str,
    /// Its name.
    pub title: &'a str,
    /// The same in words, for those who can't see it.
    pub description: &'a str,
    /// The days, as written below the bars.
    pub days: Vec<String>,
    /// From the bottom to the top.
    pub series: Vec<Series>,
}

/// Draws a chart; empty where nothing can be drawn.
#[must_use]
pub fn chart(chart: &Chart<'_>) -> String {
    let mut svg = String::new();
    let drawn = draw(chart, &mut svg);
    let Some((_, body)) = svg.split_once('\n').filter(|_| drawn.is_ok()) else { return String::new() };
    let (id, (width, height)) = (chart.id, SIZE);
    let [title, description] = [chart.title, chart.description].map(escaped);
    format!(
        "<svg class=\"chart\" role=\"img\" aria-labelledby=\"{id}-title {id}-words\" viewBox=\"0 0 {width} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\"><title id=\"{id}-title\">{title}</title><desc id=\"{id}-words\">\
         {description}</desc>\n{body}"
    )
}

fn draw(chart: &Chart<'_>, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let days = chart.days.len();
    let stacked = |day: usize| chart.series.iter().filter_map(|series| series.values.get(day)).sum::<u64>();
    let highest = (0..days).map(stacked).max().unwrap_or_default().max(4);
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let mut context = ChartBuilder::on(&root)
        .margin_top(12)
        .margin_right(12)
        .margin_bottom(FOOT)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..days.max(1) as f64, 0.0..highest as f64 * 1.05)?;
    context
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .y_labels(5)
        .y_label_formatter(&|value| format!("{value:.0}"))
        .y_label_style(("sans-serif", 15, &TEXT))
        .axis_style(GRID)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .draw()?;
    for day in 0..days {
        let mut below = 0.0;
        for series in &chart.series {
            let value = series.values.get(day).copied().unwrap_or_default() as f64;
            if value > 0.0 {
                let corners = [(day as f64 + 0.15, below), (day as f64 + 0.85, below + value)];
                context.draw_series([Rectangle::new(corners, RGBColor(10, 10, series.mark.min(9)).filled())])?;
            }
            below += value;
        }
    }
    let step = days.div_ceil(MOST_DATES).max(1);
    let style = ("sans-serif", 15).into_font().color(&TEXT).pos(Pos::new(HPos::Center, VPos::Top));
    let dates =
        chart.days.iter().enumerate().step_by(step).map(|(day, date)| {
            EmptyElement::at((day as f64 + 0.5, 0.0)) + Text::new(date.clone(), (0, 7), style.clone())
        });
    context.draw_series(dates)?;
    drop(context);
    root.present()?;
    drop(root);
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
