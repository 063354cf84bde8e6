//! Figures of several rounds: a median between its quartiles. Refuses to hide how far they lie apart. Invariant: a ratio is of two figures of one round.

use serde_json::{Value, json};

/// A median and its quartiles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// Of these figures; None where there is none.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().filter(|figure| figure.is_finite()).collect();
        figures.sort_by(f64::total_cmp);
        Some(Self { low: quantile(&figures, 0.25)?, median: quantile(&figures, 0.5)?, high: quantile(&figures, 0.75)? })
    }

    /// Whether everything between these quartiles lies under everything between the other's.
    pub(crate) fn is_under(&self, other: &Self) -> bool {
        self.high < other.low
    }

    /// For the file of figures.
    pub(crate) fn json(&self) -> Value {
        json!({ "low": self.low, "median": self.median, "high": self.high })
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} ({:.2}-{:.2})", self.median, self.low, self.high)
    }
}

/// Between two neighbours, in proportion.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * (sorted.len().checked_sub(1)? as f64);
    let (below, above) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(below + (above - below) * place.fract())
}
