//! Which version of a site's policy visitors are told of on a day: one that is announced and not in force yet, or for a while the
//! one that has come into force.
//!
//! Refuses to know visitors. Invariant: without a second version nobody is told anything.

use policies::Timestamp;
use policies::policy::PolicyVersion;
use policies::policy::history::Version;
use policies::time::{DAY, Date};

use super::Site;

/// For how many days a change is told where nothing else is promised.
const LEAST_DAYS: i64 = 7;

/// What a notice speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The version that is new.
    pub version: PolicyVersion,
    /// Whether it is in force already.
    pub in_force: bool,
}

impl Site {
    /// The notice for everybody: a version that is announced and comes into force later.
    #[must_use]
    pub fn coming(&self, now: Timestamp) -> Option<Notice> {
        let life = &self.config.life;
        let version = life.history.announced(life.day(now))?;
        Some(Notice { version: version.policy.version, in_force: false })
    }

    /// The notice for who answered before the version in force and isn't asked again: for as many days as it was told of before.
    #[must_use]
    pub fn come(&self, now: Timestamp) -> Option<Notice> {
        let (life, version) = (&self.config.life, self.config.policy.version);
        let version = life.history.of_version(version)?;
        life.history.before(version.policy.version)?;
        let day = life.day(now);
        let told = version.policy.effective <= day && day < self.last_told(version);
        told.then_some(Notice { version: version.policy.version, in_force: true })
    }

    /// The end of the time in which visitors may be told of a version.
    #[must_use]
    pub fn told_until(&self, version: &Version) -> Timestamp {
        self.config.life.start(self.last_told(version)).plus_seconds(DAY)
    }

    /// The first day on which nobody is told of a version any more.
    fn last_told(&self, version: &Version) -> Date {
        let policy = &version.policy;
        let promised = self.config.life.history.before(policy.version).map(|before| before.policy.notice);
        let promised = promised.and_then(|notice| notice.material_days.max(notice.ordinary_days)).map(i64::from);
        let kept = policy.announced.map(|announced| policy.effective.day_number() - announced.day_number());
        let days = promised.max(kept).unwrap_or(LEAST_DAYS).max(LEAST_DAYS);
        Date::of_day_number(policy.effective.day_number() + days)
    }
}
