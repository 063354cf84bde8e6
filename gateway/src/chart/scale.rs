//! How high the plot reaches, and where its grid lies: at numbers that people like to read.
//!
//! Refuses a plot that doesn't begin at nought. Invariant: the highest value fits, and takes half of the height or more where there is any.

/// Lines of the grid above nought at most.
const MOST_LINES: usize = 5;

/// What values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Whole numbers.
    Count,
    /// Parts of a whole, from 0 to 1.
    Share,
}

impl Unit {
    /// The upper end of the plot.
    pub(super) fn top(self, highest: f64) -> f64 {
        let step = self.step(highest);
        let fewest = if highest > 0.0 { 1.0 } else { self.lines_of_nothing() };
        (highest / step - 1e-9).ceil().max(fewest) * step
    }

    /// The places of the grid, from nought to the upper end.
    pub(super) fn grid(self, top: f64) -> Vec<f64> {
        let step = self.step(top);
        let lines = (top / step).round().clamp(1.0, 2.0 * MOST_LINES as f64);
        (0..=lines as usize).map(|line| line as f64 * step).collect()
    }

    /// The smallest of 1, 2, 5, 10, 20, 50, … with which few lines reach the highest value.
    fn step(self, highest: f64) -> f64 {
        let (mut step, factors) = match self {
            Self::Count => (1.0, [2.0, 2.5, 2.0]),
            Self::Share => (0.01, [2.0, 2.5, 2.0]),
        };
        for factor in factors.iter().cycle().take(200) {
            if highest <= step * MOST_LINES as f64 + 1e-9 {
                break;
            }
            step *= factor;
        }
        step
    }

    /// So that a plot of nothing has a scale.
    const fn lines_of_nothing(self) -> f64 {
        match self {
            Self::Count => 4.0,
            Self::Share => 2.0,
        }
    }
}
