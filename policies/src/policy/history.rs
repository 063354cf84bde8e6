//! A service's versions by the day from which each holds: the one in force, those announced, those before it.
//!
//! Refuses two versions of one day. Invariant: there is at least one, the oldest first, and each knows what choices under
//! those before it still cover.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::scope::Scope;
use super::{Covered, Fault, Policy, PolicyVersion, compile};
use crate::rules::catalog::Catalog;
use crate::time::Date;

/// One version.
#[derive(Clone, Debug)]
pub struct Version {
    /// What it says.
    pub policy: Arc<Policy>,
    /// Its file's text, kept as evidence of what was shown.
    pub source: Arc<str>,
    /// What its file is called.
    pub name: String,
}

/// All versions of one service.
#[derive(Clone, Debug)]
pub struct History {
    versions: Vec<Version>,
}

impl History {
    /// Compiles versions from their files' names and texts. A name that is a date, such as `2026-03-01.toml`, says from
    /// when the version holds.
    ///
    /// # Errors
    /// Every fault of every file, each with the file's name; no file at all is one, with an empty name.
    pub fn compile(files: Vec<(String, String)>, catalog: &Catalog) -> Result<Self, Vec<(String, Fault)>> {
        if files.is_empty() {
            let message = "there is no version of the policy: write one as YYYY-MM-DD.toml, named after its first day";
            return Err(vec![(String::new(), Fault::new("", 0, message))]);
        }
        let mut faults = Vec::new();
        let mut read: Vec<(Policy, String, String)> = Vec::new();
        for (name, source) in files {
            match compile(&source, catalog) {
                Ok(policy) => read.push((policy, source, name)),
                Err(found) => faults.extend(found.into_iter().map(|fault| (name.clone(), fault))),
            }
        }
        read.sort_by_key(|(policy, _, _)| policy.effective);
        check_days(&read, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut versions: Vec<Version> = Vec::new();
        for (mut policy, source, name) in read {
            policy.earlier = versions.iter().rev().map(|then| covered(&then.policy, &policy)).collect();
            versions.push(Version { policy: Arc::new(policy), source: source.into(), name });
        }
        Ok(Self { versions })
    }

    /// All, the oldest first.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The version in force on a day: the latest that holds by then; before the first one holds, the first.
    ///
    /// # Panics
    /// Never: there is at least one version.
    #[must_use]
    pub fn in_force(&self, day: Date) -> &Version {
        let begun = self.versions.partition_point(|version| version.policy.effective <= day);
        #[expect(clippy::indexing_slicing, reason = "there is at least one version, and at most all have begun")]
        &self.versions[begun.saturating_sub(1)]
    }

    /// The next version, if visitors are told of it by this day and it is not in force yet. A version that doesn't say when
    /// it was announced is told as early as the one before it promises.
    #[must_use]
    pub fn announced(&self, day: Date) -> Option<&Version> {
        let next = self.later(day).next()?;
        let told = next.policy.announced.unwrap_or_else(|| {
            let promised = self.before(next.policy.version).map(|before| before.policy.notice).unwrap_or_default();
            let days = promised.material_days.max(promised.ordinary_days).unwrap_or_default();
            Date::of_day_number(next.policy.effective.day_number() - i64::from(days))
        });
        (told <= day).then_some(next)
    }

    /// Those before the one in force, the newest first.
    pub fn earlier(&self, day: Date) -> impl Iterator<Item = &Version> {
        let in_force = self.in_force(day).policy.effective;
        self.versions.iter().rev().filter(move |version| version.policy.effective < in_force)
    }

    /// Those that don't hold yet, the next one first.
    pub fn later(&self, day: Date) -> impl Iterator<Item = &Version> {
        let in_force = self.in_force(day).policy.effective;
        self.versions.iter().filter(move |version| version.policy.effective > in_force)
    }

    /// The version that a choice was made under.
    #[must_use]
    pub fn of_version(&self, version: PolicyVersion) -> Option<&Version> {
        self.versions.iter().find(|one| one.policy.version == version)
    }

    /// The version before one.
    #[must_use]
    pub fn before(&self, version: PolicyVersion) -> Option<&Version> {
        let place = self.versions.iter().position(|one| one.policy.version == version)?;
        self.versions.get(place.checked_sub(1)?)
    }
}

fn check_days(read: &[(Policy, String, String)], faults: &mut Vec<(String, Fault)>) {
    let mut by_day: BTreeMap<Date, &str> = BTreeMap::new();
    for (policy, _, name) in read {
        let day = policy.effective;
        if let Some(other) = by_day.insert(day, name) {
            let message = format!("{day} is the first day of {other} too: two versions can't begin to hold on one day");
            faults.push((name.clone(), Fault::new("effective", 0, message)));
        }
        let named = Path::new(name).file_stem().and_then(|stem| Date::parse(stem.to_str()?));
        if let Some(named) = named.filter(|named| *named != day) {
            let message = format!("is {day}, but the file is named after {named}: give both the same day");
            faults.push((name.clone(), Fault::new("effective", 0, message)));
        }
    }
}

fn covered(then: &Policy, now: &Policy) -> Covered {
    Covered::new(then, now, |old, new| match (Scope::of(then, old), Scope::of(now, new)) {
        (Some(then), Some(now)) => now.growth_since(&then).is_empty(),
        _ => false,
    })
}
