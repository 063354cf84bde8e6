//! The bodies of the fuzz targets, shared with the test that replays their seeds.
//!
//! Refuses to depend on the test harness, which would have a browser's driver built for fuzzing. Invariant: one source
//! file holds what is promised.

#[path = "../../src/fuzz.rs"]
pub mod targets;
