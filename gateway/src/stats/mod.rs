//! Statistics, thin: counts of visits, of pages that owed a banner, and of choices. Nobody is in them.
//!
//! It refuses identifiers, addresses and paths. Invariant: a count is stored once, or stays in memory.

mod chart;
pub mod disclosure;
pub mod figures;
mod flush;
pub mod measure;
mod print;
pub mod question;
mod report;
mod tally;

pub use chart::{Chart, Series, chart};
pub use flush::{flush, flush_once};
pub use print::{StatsArgs, print};
pub use report::{Choices, Counts, Day, PurposeCounts, Report, Row, period, report};
pub use tally::{Event, Tally};

/// Values of one dimension that an answer shows; the rest stands together as `other`.
pub const MOST_VALUES: usize = 40;

#[cfg(test)]
mod tests;
