//! The harness of the whole-behaviour tests: the real gateway as a process, real origins over TCP, a collector that
//! answers in the name of real tracker hosts, and a real Chromium. It refuses to pretend: whatever is missing (a binary,
//! a browser, an installed fixture) ends the test with one sentence that says how to get it. Invariant: everything listens on
//! loopback only, and every process started here is ended by its own handle.

pub mod browser;
pub mod caches;
pub mod certificates;
mod chromedriver;
pub mod client;
pub mod codings;
pub mod collector;
pub mod folders;
pub mod frames;
pub mod fuzz;
pub mod gateway;
pub mod origin;
pub mod postgres;
pub mod process;
pub mod raw_origin;
pub mod tags;
pub mod wait;

pub use browser::Browser;
pub use client::Client;
pub use collector::Collector;
pub use gateway::Gateway;
pub use origin::{Origin, Reply, Seen};
pub use raw_origin::RawOrigin;
