//! The model of consent: what a site tells its visitors (policy), which names and hosts serve which purpose
//! (rules), what a visitor said (consent), and the one pure decision that follows from them.
//!
//! It refuses to know about IO, clocks, HTTP or async: every fact is an argument. Without the feature `author`
//! it is `no_std` + alloc, so that the banner can use it; with it, policy files are read and compiled.
#![cfg_attr(not(feature = "author"), no_std)]

extern crate alloc;

pub mod banner;
#[cfg(feature = "author")]
pub mod body;
#[cfg(feature = "author")]
pub mod browsers;
pub mod consent;
#[cfg(feature = "author")]
pub mod draft;
#[cfg(feature = "author")]
pub mod encoding;
#[cfg(feature = "author")]
pub mod import;
#[cfg(feature = "author")]
mod markup;
pub mod policy;
pub mod purpose;
#[cfg(feature = "author")]
pub mod reader;
#[cfg(feature = "author")]
pub mod rights;
pub mod rules;
mod spelled;
pub mod text;
pub mod time;

pub use consent::{Act, Basis, Decision, Mode, Record, Signals, Token, decide};
pub use policy::{Policy, PolicyVersion, Regime};
pub use purpose::{Category, Purpose, PurposeSet};
pub use text::{Lang, Text};
pub use time::{Date, Period, Timestamp};
