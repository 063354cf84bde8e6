//! Statistics, thin: counts of visits, of pages that owed a banner, and of choices. Nobody is in them.
//!
//! It refuses identifiers, addresses and paths. Invariant: a count is stored once, or stays in memory.

mod chart;
mod flush;
mod print;
mod report;
mod tally;

pub use chart::{Chart, Series, chart};
pub use flush::{flush, flush_once};
pub use print::{StatsArgs, print};
pub use report::{Choices, Counts, Day, PurposeCounts, Report, Row, period, report};
pub use tally::{Event, Tally};

#[cfg(test)]
mod tests;
