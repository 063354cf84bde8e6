//! The versions of a policy as visitors are told of them, newest first: which is announced, which is in force, which were.
//!
//! Refuses versions that are written and not yet announced. Invariant: exactly one of them is in force.

use policies::policy::history::History;
use policies::{Date, Policy};

use super::Scene;
use super::said::Said;

/// How a version stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Visitors are told of it, and it doesn't hold yet.
    Announced,
    /// It holds.
    InForce,
    /// It held until the end of this day.
    Earlier(Date),
}

/// A version and how it stands.
#[derive(Clone, Copy, Debug)]
pub struct Dated<'a> {
    /// What it says.
    pub policy: &'a Policy,
    /// How it stands.
    pub standing: Standing,
}

/// Those that visitors are told of on a day, the newest first.
#[must_use]
pub fn told(history: &History, day: Date) -> Vec<Dated<'_>> {
    let announced =
        history.announced(day).map(|version| Dated { policy: &version.policy, standing: Standing::Announced });
    let present = &history.in_force(day).policy;
    let mut next = present.effective;
    let earlier = history.earlier(day).map(|version| {
        let until = Date::of_day_number(next.day_number() - 1);
        next = version.policy.effective;
        Dated { policy: &version.policy, standing: Standing::Earlier(until) }
    });
    announced.into_iter().chain([Dated { policy: present, standing: Standing::InForce }]).chain(earlier).collect()
}

/// One of the list.
pub(crate) struct VersionRow<'a> {
    pub(crate) day: Date,
    pub(crate) announced: Option<Date>,
    pub(crate) state: String,
    pub(crate) is_in_force: bool,
    /// It is the one on the page.
    pub(crate) is_shown: bool,
    pub(crate) reason: Option<Said<'a>>,
    pub(crate) page: String,
    /// Where what it changes is shown.
    pub(crate) changes: Option<String>,
    /// Where it is compared with the one in force, if that isn't the next one.
    pub(crate) against: Option<String>,
}

/// The list on a page that shows one of them.
pub(crate) fn rows<'a>(scene: &Scene<'a>, versions: &[Dated<'a>]) -> Vec<VersionRow<'a>> {
    let present = versions.iter().find(|version| version.standing == Standing::InForce);
    let present = present.map(|version| version.policy.effective);
    let row = |(place, version): (usize, &Dated<'a>)| {
        let Dated { policy, standing } = *version;
        let day = policy.effective;
        let before = versions.get(place + 1).map(|before| before.policy.effective);
        let next = place.checked_sub(1).and_then(|next| versions.get(next)).map(|next| next.policy.effective);
        let is_earlier = matches!(standing, Standing::Earlier(_));
        VersionRow {
            day,
            announced: policy.announced,
            state: state(scene, policy, standing),
            is_in_force: standing == Standing::InForce,
            is_shown: policy.version == scene.policy.version,
            reason: policy.reason.as_ref().map(|reason| Said::new(reason, scene.lang)),
            page: scene.version_page(&day),
            changes: before.map(|before| scene.comparison(before, day)),
            against: present.filter(|_| is_earlier && next != present).map(|present| scene.comparison(day, present)),
        }
    };
    versions.iter().enumerate().map(row).collect()
}

fn state(scene: &Scene<'_>, policy: &Policy, standing: Standing) -> String {
    let words = &scene.texts().versions;
    match standing {
        Standing::Announced => words.announced.clone(),
        Standing::InForce => words.in_force.clone(),
        Standing::Earlier(until) => between(&words.earlier, policy.effective, until),
    }
}

/// A sentence with two days in it.
pub(crate) fn between(sentence: &str, from: Date, to: Date) -> String {
    sentence.replace("{from}", &from.to_string()).replace("{to}", &to.to_string())
}

/// What a page says of a version that isn't in force; None for the one that is.
pub(crate) fn warning(scene: &Scene<'_>, versions: &[Dated<'_>]) -> Option<String> {
    let words = &scene.texts().versions;
    let shown = versions.iter().find(|version| version.policy.version == scene.policy.version)?;
    match shown.standing {
        Standing::InForce => None,
        Standing::Announced => Some(words.not_yet.replace("{date}", &shown.policy.effective.to_string())),
        Standing::Earlier(until) => Some(between(&words.not_in_force, shown.policy.effective, until)),
    }
}
