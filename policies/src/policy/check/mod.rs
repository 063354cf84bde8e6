//! What is wrong with the versions of a policy although each compiles: promises of the version before that this one breaks, things that
//! the law asks for and that aren't told, and words that have had their day.
//!
//! Refuses to stop at the first. Invariant: every finding names its file, its key, a line and what to do, and says itself whether it
//! speaks against taking the version up.

mod law;
mod notice;
mod recipients;
#[cfg(test)]
mod tests;
mod words;

pub use notice::{earliest, promised};

use super::file::{self, PolicyFile};
use super::history::{History, Version};
use super::{Fault, Policy};
use crate::reader::{line_of, read_file};
use crate::time::Date;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The policy breaks a promise, or doesn't say what it must.
    Fault,
    /// It could be better.
    Advice,
}

/// One thing that was found in a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What the version's file is called.
    pub name: String,
    /// From when the version holds.
    pub effective: Date,
    /// How much it weighs.
    pub severity: Severity,
    /// Where it is, what is wrong and what to do.
    pub fault: Fault,
}

impl Finding {
    /// Whether it speaks against taking the version up on this day: a fault of one that doesn't hold yet can be mended, since nobody has
    /// agreed to it. A version that holds, or held, is a fact; its faults are told and change nothing.
    #[must_use]
    pub fn refuses(&self, today: Date) -> bool {
        self.severity == Severity::Fault && self.effective > today
    }
}

impl History {
    /// Everything that was found in every version, the oldest version first.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let before = std::iter::once(None).chain(self.versions().iter().map(Some));
        let found = self.versions().iter().zip(before).flat_map(|(version, before)| of_version(version, before));
        found.collect()
    }
}

/// What is looked at: a version as it compiles and as it is written, and the one before it.
struct Look<'v> {
    version: &'v Version,
    policy: &'v Policy,
    file: &'v PolicyFile,
    before: Option<&'v Policy>,
    found: Vec<Finding>,
}

impl Look<'_> {
    fn fault(&mut self, key: &str, message: impl Into<String>) {
        self.add(Severity::Fault, key, message.into());
    }

    fn advice(&mut self, key: &str, message: impl Into<String>) {
        self.add(Severity::Advice, key, message.into());
    }

    fn add(&mut self, severity: Severity, key: &str, message: String) {
        let fault = Fault::new(key, line_of(&self.version.source, key), message);
        let (name, effective) = (self.version.name.clone(), self.policy.effective);
        self.found.push(Finding { name, effective, severity, fault });
    }
}

fn of_version(version: &Version, before: Option<&Version>) -> Vec<Finding> {
    // It compiled, so that it reads.
    let Some(file) = read_file(&version.source, file::read).value else { return Vec::new() };
    let before = before.map(|before| &*before.policy);
    let mut look = Look { version, policy: &version.policy, file: &file, before, found: Vec::new() };
    notice::look(&mut look);
    words::look(&mut look);
    recipients::look(&mut look);
    law::look(&mut look);
    look.found.sort_by(|one, other| (one.fault.line, &one.fault.key).cmp(&(other.fault.line, &other.fault.key)));
    look.found
}
