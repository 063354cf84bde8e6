//! Rows with bars: how long each is, and what stands beside it.
//!
//! Refuses a bar for what is too little to tell. Invariant: no bar leaves its row.

use crate::admin::voice::Quantity;

/// Percent for a drawing.
fn drawn(share: f64) -> String {
    format!("{:.2}", (share * 100.0).clamp(0.0, 100.0))
}

/// One bar of a part of a whole.
pub(super) fn single(kind: usize, share: Option<f64>) -> Vec<(usize, String, String)> {
    share.filter(|share| *share > 0.0).map(|share| (kind, drawn(0.0), drawn(share))).into_iter().collect()
}

/// One bar of a value among others, the greatest of which is as wide as there is room.
pub(super) fn among(kind: usize, value: Quantity, greatest: f64) -> Vec<(usize, String, String)> {
    single(kind, value.value().filter(|_| greatest > 0.0).map(|value| value / greatest))
}

/// Bars behind each other, of parts that make up a whole; nothing where one of them is too little to tell.
pub(super) fn stacked(parts: &[(usize, Quantity)]) -> Vec<(usize, String, String)> {
    let values: Option<Vec<(usize, f64)>> = parts.iter().map(|(kind, part)| Some((*kind, part.value()?))).collect();
    let values = values.unwrap_or_default();
    let whole: f64 = values.iter().map(|(_, value)| value).sum();
    let mut begun = 0.0;
    let mut bars = Vec::new();
    for (kind, value) in values.into_iter().filter(|(_, value)| whole > 0.0 && *value > 0.0) {
        bars.push((kind, drawn(begun / whole), drawn(value / whole)));
        begun += value;
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::figures::Shown;

    fn count(count: u64) -> Quantity {
        Quantity::Count(Shown::Count(count))
    }

    #[test]
    fn parts_lie_behind_each_other_and_what_cannot_be_told_is_not_drawn() {
        let bar = |kind, from: &str, width: &str| (kind, from.to_owned(), width.to_owned());
        assert_eq!(stacked(&[(1, count(3)), (2, count(1))]), [bar(1, "0.00", "75.00"), bar(2, "75.00", "25.00")]);
        assert_eq!(stacked(&[(1, count(3)), (2, Quantity::Count(Shown::Below(5)))]), []);
        assert_eq!(stacked(&[(1, count(0)), (2, count(0))]), []);
        assert_eq!(among(1, count(3), 4.0), [bar(1, "0.00", "75.00")]);
        assert_eq!(single(1, Some(1.2)), [bar(1, "0.00", "100.00")], "a bar ends with its row");
    }
}
