//! Statistics: what visitors are shown and what they answer, counted for everybody alike. Nobody is in them.
//!
//! The room has three parts. Counting: `traits` (what a request is counted under), `table` (one worker's counts), `tally` (all workers'), `flush`.
//! Asking: `question`, `ask`, `gaps`, `figures`. Telling: `disclosure` (what may be told), `definitions` (what a figure means), `print`.
//!
//! It refuses identifiers, addresses, paths beyond a group of pages, and crossings: which traits came together is forgotten with
//! each flush, and what is stored is by one dimension at a time. Invariant: a count is stored once, or stays in memory.

pub mod ask;
mod bots;
pub mod definitions;
pub mod disclosure;
pub mod figures;
mod flush;
mod gaps;
mod json;
mod print;
pub mod question;
mod table;
mod tally;
mod terminal;
mod traits;

pub use definitions::{DEFINITIONS, Definition, Definitions, definitions};
pub use flush::{flush, flush_once};
pub use print::{Desk, StatsArgs, print};
pub use table::{Place, Scene};
pub use tally::{Chosen, Page, Tally};
pub use traits::{Crowd, Device, Region, SeenAs, Traits};

/// What is counted, by name.
pub mod measure {
    pub use crate::store::{Counts, Measure, PurposeMeasure};
}

/// Values of one dimension that an answer shows; the rest stands together as [`OTHER`].
pub const MOST_VALUES: usize = 40;

/// The value of what is not told apart.
pub const OTHER: &str = "other";

#[cfg(test)]
mod tests;
