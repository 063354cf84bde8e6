//! Charts over time as SVG, drawn on the server: lines and stacked columns with gaps, marks and what is still counted.
//!
//! Refuses to be the only way to the numbers: a chart has a title and says itself in words, and its caller puts the table
//! beside it. Refuses colours, sizes and fonts too: whatever is drawn has a class, and the page's sheet says how it looks, by day,
//! by night and in print. Invariant: what wasn't counted is never drawn as a value.
//!
//! A chart has no width of its own. Across, everything lies at a percentage, so that one drawing serves a phone and a
//! large screen and its letters stay as large as the page's; only the paths of lines are stretched ([`line`]).

mod columns;
mod frame;
mod line;
mod scale;
mod ticks;

pub use scale::Unit;

/// Height of the plot in CSS pixels; the sheet leaves room around it for labels.
pub const HEIGHT: f64 = 200.0;

/// What is known of one bucket of time in one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Point {
    /// A count, or a share from 0 to 1.
    Known(f64),
    /// Somebody was counted, and too few to say how many.
    Few,
    /// Nothing to draw: not counted, or a share of nobody.
    Missing,
}

/// How far a bucket of time was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All of it, as far as is known.
    Counted,
    /// It isn't over yet.
    SoFar,
    /// No gateway counted in it.
    Gap,
    /// It has not begun, or nothing can be known of it.
    Ahead,
}

/// A bucket of time below the plot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// What stands below it, where there is room.
    pub label: String,
    /// How much its label is wanted: 0 never, 1 for any bucket, more for those that begin something, such as a month.
    pub weight: u8,
    /// How far it was counted.
    pub state: State,
}

/// Values of one kind, one for each bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Which of the sheet's kinds of line it has, from 1.
    pub kind: usize,
    /// Of the period before: drawn lighter.
    pub before: bool,
    /// As many as there are buckets.
    pub points: Vec<Point>,
}

/// Something that happened at the beginning of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which bucket, from 0.
    pub bucket: usize,
    /// A letter or a number that the list beside the chart explains.
    pub sign: String,
}

/// How the values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A line for each series.
    Lines,
    /// A column for each bucket, series upon series.
    Columns,
}

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// Unique within the page.
    pub id: &'a str,
    /// The question that it answers.
    pub title: &'a str,
    /// The answer in words, for those who can't see it.
    pub words: &'a str,
    /// How its values are drawn.
    pub shape: Shape,
    /// What its values are.
    pub unit: Unit,
    /// Writes a value beside the plot.
    pub written: fn(f64) -> String,
    /// Time, from left to right.
    pub buckets: Vec<Bucket>,
    /// What is drawn; columns from the bottom to the top.
    pub series: Vec<Series>,
    /// What happened meanwhile, by bucket.
    pub marks: Vec<Mark>,
}

impl Chart<'_> {
    /// The drawing.
    #[must_use]
    pub fn svg(&self) -> String {
        let top = self.unit.top(self.highest());
        let mut svg = frame::begun(self);
        frame::grid(self, top, &mut svg);
        match self.shape {
            Shape::Lines => line::draw(self, top, &mut svg),
            Shape::Columns => columns::draw(self, top, &mut svg),
        }
        frame::marks(self, &mut svg);
        svg.push_str("</svg>");
        svg
    }

    /// The highest place that is drawn to.
    fn highest(&self) -> f64 {
        let known = |series: &Series, bucket: usize| match series.points.get(bucket) {
            Some(Point::Known(value)) => *value,
            _ => 0.0,
        };
        let in_bucket = |bucket: usize| match self.shape {
            Shape::Lines => self.series.iter().map(|series| known(series, bucket)).fold(0.0, f64::max),
            Shape::Columns => {
                let of = |before: bool| {
                    self.series
                        .iter()
                        .filter(|series| series.before == before)
                        .map(|series| known(series, bucket))
                        .sum()
                };
                f64::max(of(false), of(true))
            }
        };
        (0..self.buckets.len()).map(in_bucket).fold(0.0, f64::max)
    }

    fn state(&self, bucket: usize) -> State {
        self.buckets.get(bucket).map_or(State::Ahead, |bucket| bucket.state)
    }

    /// A place between the first bucket's beginning (0) and the last one's end (as many as there are), in percent.
    fn across(&self, place: f64) -> String {
        number(100.0 * place / self.buckets.len().max(1) as f64)
    }
}

/// How far from the top of the plot a value lies.
fn down(value: f64, top: f64) -> f64 {
    HEIGHT - HEIGHT * (value / top).clamp(0.0, 1.0)
}

/// A coordinate with two digits behind the point at most.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Text as it stands between tags and in attributes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
