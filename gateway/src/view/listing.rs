//! Puts a policy's cookies, trackers and recipients in the order in which people read them: by purpose.
//!
//! Refuses what the catalogue enforces without the policy declaring it: only what the policy tells is listed. Invariant:
//! each declared cookie and tracker is listed once, under its own purpose.

use policies::Policy;
use policies::purpose::{Purpose, PurposeIndex};
use policies::rules::tracker::TrackerUse;
use policies::rules::{Recipient, Relation};

use super::said::Said;
use super::{Scene, words};

/// A purpose with all that is stored or sent for it.
pub(crate) struct PurposeRow<'a> {
    pub(crate) index: PurposeIndex,
    pub(crate) purpose: &'a Purpose,
    pub(crate) name: Said<'a>,
    pub(crate) about: Said<'a>,
    pub(crate) consequence: Option<Said<'a>>,
    /// Cookies, then what scripts keep beside them.
    pub(crate) cookies: Vec<Item<'a>>,
    pub(crate) trackers: Vec<Item<'a>>,
}

/// A cookie, or a place that requests go to.
pub(crate) struct Item<'a> {
    /// A cookie's name or pattern; a tracker's host and path.
    pub(crate) name: String,
    /// The same without a tracker's path, which only the policy page tells.
    pub(crate) short: String,
    pub(crate) what: Said<'a>,
    pub(crate) lifetime: String,
    pub(crate) company: Said<'a>,
    /// Where who receives it is.
    pub(crate) country: &'a str,
    /// Whether who receives it is another than who runs the site.
    pub(crate) is_others: bool,
    pub(crate) on_request: bool,
    pub(crate) despite_catalog: Option<Said<'a>>,
}

/// What one recipient collects in one way, under all the names that it uses: a service with twenty cookies is read once.
pub(crate) struct Group<'a> {
    pub(crate) what: Said<'a>,
    pub(crate) company: Said<'a>,
    pub(crate) on_request: bool,
    pub(crate) items: Vec<&'a Item<'a>>,
}

impl<'a> PurposeRow<'a> {
    /// Cookies and trackers by what is collected and who receives it, in the order of their first names.
    pub(crate) fn groups(&'a self) -> Vec<Group<'a>> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        for item in self.cookies.iter().chain(&self.trackers) {
            let Item { what, company, on_request, .. } = item;
            match groups
                .iter_mut()
                .find(|group| (group.what, group.company, group.on_request) == (*what, *company, *on_request))
            {
                Some(group) if group.items.iter().any(|known| known.short == item.short) => {}
                Some(group) => group.items.push(item),
                None => {
                    groups.push(Group { what: *what, company: *company, on_request: *on_request, items: vec![item] })
                }
            }
        }
        groups
    }
}

/// Who receives something.
pub(crate) struct RecipientRow<'a> {
    pub(crate) company: Said<'a>,
    pub(crate) country: &'a str,
    pub(crate) privacy: &'a str,
    pub(crate) link: Option<String>,
}

/// The purposes in the policy's order.
pub(crate) fn purposes<'a>(scene: &Scene<'a>) -> Vec<PurposeRow<'a>> {
    let lang = scene.lang;
    let row = |(index, purpose): (PurposeIndex, &'a Purpose)| PurposeRow {
        index,
        purpose,
        name: Said::new(&purpose.name, lang),
        about: Said::new(&purpose.about, lang),
        consequence: purpose.consequence.as_ref().map(|text| Said::new(text, lang)),
        cookies: cookies(scene, index).into_iter().chain(keys(scene, index)).collect(),
        trackers: trackers(scene, index),
    };
    scene.policy.indexed().map(row).collect()
}

fn cookies<'a>(scene: &Scene<'a>, purpose: PurposeIndex) -> Vec<Item<'a>> {
    let declared = scene.policy.cookies.declared().filter(|rule| rule.purpose == purpose);
    declared
        .map(|rule| Item {
            name: rule.pattern.to_string(),
            short: rule.pattern.to_string(),
            what: Said::new(&rule.what, scene.lang),
            lifetime: words::lifetime(rule.lifetime, scene.texts()),
            company: company(scene, &rule.recipient),
            country: country(scene, &rule.recipient),
            is_others: is_others(scene.policy, &rule.recipient),
            on_request: rule.on_request,
            despite_catalog: rule.despite_catalog.as_ref().map(|text| Said::new(text, scene.lang)),
        })
        .collect()
}

/// Keys and databases, told apart from cookies by the browser's own word for their place.
fn keys<'a>(scene: &Scene<'a>, purpose: PurposeIndex) -> impl Iterator<Item = Item<'a>> {
    let declared = scene.policy.storage.declared().filter(move |rule| rule.purpose == purpose);
    declared.map(|rule| Item {
        name: format!("{} ({})", rule.pattern, rule.area.name()),
        short: rule.pattern.to_string(),
        what: Said::new(&rule.what, scene.lang),
        lifetime: words::lifetime(rule.lifetime, scene.texts()),
        company: company(scene, &rule.recipient),
        country: country(scene, &rule.recipient),
        is_others: is_others(scene.policy, &rule.recipient),
        on_request: false,
        despite_catalog: None,
    })
}

fn trackers<'a>(scene: &Scene<'a>, purpose: PurposeIndex) -> Vec<Item<'a>> {
    let declared = scene.policy.trackers.declared().filter(|rule| rule.usage == TrackerUse::Purpose(purpose));
    declared
        .map(|rule| Item {
            name: format!("{}{}", rule.host, rule.path),
            short: rule.host.clone(),
            what: Said::new(&rule.what, scene.lang),
            lifetime: rule.lifetime.map(|length| words::period(length, scene.texts())).unwrap_or_default(),
            company: company(scene, &rule.recipient),
            country: country(scene, &rule.recipient),
            is_others: is_others(scene.policy, &rule.recipient),
            on_request: false,
            despite_catalog: None,
        })
        .collect()
}

/// A compiled policy has every recipient that its rules name; the key stands in should that ever fail.
pub(crate) fn company<'a>(scene: &Scene<'a>, key: &'a str) -> Said<'a> {
    let recipient = scene.policy.recipients.get(key);
    recipient.map_or(Said::own(key), |recipient| Said::new(&recipient.company, scene.lang))
}

fn country<'a>(scene: &Scene<'a>, key: &str) -> &'a str {
    let recipient = scene.policy.recipients.get(key);
    recipient.map_or("", |recipient| words::country(&recipient.country, scene.texts()))
}

fn is_others(policy: &Policy, key: &str) -> bool {
    policy.recipients.get(key).is_none_or(|recipient| recipient.relation != Relation::Operator)
}

/// The recipients that something is declared for.
pub(crate) fn recipients<'a>(scene: &Scene<'a>) -> Vec<RecipientRow<'a>> {
    let policy = scene.policy;
    let is_named = |key: &str| {
        policy.cookies.declared().any(|rule| rule.recipient == key)
            || policy.storage.declared().any(|rule| rule.recipient == key)
            || policy.trackers.declared().any(|rule| rule.recipient == key)
    };
    let row = |recipient: &'a Recipient| RecipientRow {
        company: Said::new(&recipient.company, scene.lang),
        country: words::country(&recipient.country, scene.texts()),
        privacy: &recipient.privacy,
        link: words::contact_link(&recipient.privacy),
    };
    policy.recipients.iter().filter(|(key, _)| is_named(key)).map(|(_, recipient)| row(recipient)).collect()
}
