//! Answers about single services and cookies, as the settings page offers them: one choice of three for each.
//!
//! Refuses what the policy doesn't declare: nobody can answer for what they aren't told. Invariant: what was answered is
//! what the page shows as chosen.

use policies::consent::{Exceptions, ItemKey};
use policies::purpose::PurposeIndex;
use policies::rules::tracker::TrackerUse;

use super::{Scene, listing};

/// One thing that can be answered singly.
pub(crate) struct Single {
    pub(crate) key: ItemKey,
    pub(crate) name: String,
    pub(crate) answer: Option<bool>,
}

/// All that one recipient gets for a purpose, and the cookies in it.
pub(crate) struct Service {
    pub(crate) whole: Single,
    pub(crate) parts: Vec<Single>,
}

/// The declared services of a purpose, in the policy's order.
pub(crate) fn services(scene: &Scene<'_>, purpose: PurposeIndex, exceptions: &Exceptions) -> Vec<Service> {
    let policy = scene.policy;
    let cookies: Vec<_> = policy.cookies.declared().filter(|rule| rule.purpose == purpose).collect();
    let trackers = policy.trackers.declared().filter(|rule| rule.usage == TrackerUse::Purpose(purpose));
    let keys = policy.storage.declared().filter(|rule| rule.purpose == purpose);
    let named = cookies.iter().map(|rule| &rule.recipient).chain(trackers.map(|rule| &rule.recipient));
    let mut recipients: Vec<&str> = Vec::new();
    for recipient in named.chain(keys.map(|rule| &rule.recipient)) {
        if !recipients.contains(&recipient.as_str()) {
            recipients.push(recipient);
        }
    }
    let single = |key, name| Single { key, name, answer: exceptions.answer(key) };
    let part = |rule: &policies::rules::CookieRule| single(ItemKey::of_cookie(&rule.pattern), rule.pattern.to_string());
    let company = |recipient| listing::company(scene, recipient).text;
    // A company with several services is told apart by what it calls them.
    let name = |recipient| {
        let alone = recipients.iter().filter(|other| company(other) == company(recipient)).count() == 1;
        if alone { company(recipient).to_owned() } else { format!("{} ({recipient})", company(recipient)) }
    };
    recipients
        .iter()
        .map(|recipient| Service {
            whole: single(ItemKey::of_service(purpose, recipient), name(recipient)),
            parts: cookies.iter().filter(|rule| rule.recipient == **recipient).map(|rule| part(rule)).collect(),
        })
        .collect()
}
