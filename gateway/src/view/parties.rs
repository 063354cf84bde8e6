//! Who receives what cookies and trackers collect, beside who runs the site: third parties, processors, and which of them are abroad.
//!
//! Refuses to list who receives nothing of what is declared. Invariant: whoever is listed is listed once by relation, with how to refuse.

use std::collections::BTreeSet;

use policies::purpose::PurposeIndex;
use policies::rules::tracker::TrackerUse;
use policies::rules::{Recipient, Relation};
use policies::{Period, Policy, Text};

use super::said::Said;
use super::{Scene, words};

/// One who receives something.
pub(crate) struct PartyRow<'a> {
    pub(crate) company: Said<'a>,
    pub(crate) country: &'a str,
    pub(crate) is_abroad: bool,
    pub(crate) items: Vec<Said<'a>>,
    pub(crate) serves: Vec<Said<'a>>,
    pub(crate) period: Option<String>,
    pub(crate) how_to_refuse: Said<'a>,
    pub(crate) privacy: &'a str,
    pub(crate) link: Option<String>,
}

/// All of them.
pub(crate) struct Parties<'a> {
    /// Who uses what they receive for purposes of their own.
    pub(crate) provided: Vec<PartyRow<'a>>,
    /// Who works for the operator.
    pub(crate) entrusted: Vec<PartyRow<'a>>,
}

impl<'a> Parties<'a> {
    pub(crate) fn of(scene: &Scene<'a>) -> Self {
        let of = |relation: Relation| {
            let recipients = scene.policy.recipients.iter().filter(move |(_, party)| party.relation == relation);
            recipients.filter_map(|(key, party)| row(scene, key, party)).collect::<Vec<_>>()
        };
        Self { provided: of(Relation::ThirdParty), entrusted: of(Relation::Processor) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.provided.is_empty() && self.entrusted.is_empty()
    }

    /// Those in another country than the operator's.
    pub(crate) fn abroad(&self) -> impl Iterator<Item = &PartyRow<'a>> {
        self.provided.iter().chain(&self.entrusted).filter(|row| row.is_abroad)
    }
}

/// What is declared for a recipient.
#[derive(Default)]
struct Declared<'a> {
    items: Vec<&'a Text>,
    purposes: BTreeSet<PurposeIndex>,
    kept: Option<Period>,
}

impl<'a> Declared<'a> {
    fn of(policy: &'a Policy, key: &str) -> Self {
        let mut declared = Self::default();
        for rule in policy.cookies.declared().filter(|rule| rule.recipient == key) {
            declared.add(&rule.what, rule.purpose);
        }
        for rule in policy.storage.declared().filter(|rule| rule.recipient == key) {
            declared.add(&rule.what, rule.purpose);
        }
        for rule in policy.trackers.declared().filter(|rule| rule.recipient == key) {
            if let TrackerUse::Purpose(purpose) = rule.usage {
                declared.add(&rule.what, purpose);
                declared.kept = declared.kept.into_iter().chain(rule.lifetime).max_by_key(|kept| kept.most_seconds());
            }
        }
        declared
    }

    fn add(&mut self, what: &'a Text, purpose: PurposeIndex) {
        if !self.items.contains(&what) {
            self.items.push(what);
        }
        self.purposes.insert(purpose);
    }
}

fn row<'a>(scene: &Scene<'a>, key: &str, party: &'a Recipient) -> Option<PartyRow<'a>> {
    let (policy, texts) = (scene.policy, scene.texts());
    let declared = Declared::of(policy, key);
    if declared.purposes.is_empty() {
        return None;
    }
    let said = |text: &'a Text| Said::new(text, scene.lang);
    let purposes: Vec<_> = declared.purposes.iter().filter_map(|index| policy.purpose(*index)).collect();
    let is_optional = purposes.iter().any(|purpose| purpose.is_optional());
    let in_settings = if is_optional { &texts.parties.in_settings } else { &texts.parties.always };
    Some(PartyRow {
        company: said(&party.company),
        country: words::country(&party.country, texts),
        is_abroad: policy.goes_abroad(party),
        items: party
            .items
            .as_ref()
            .map_or_else(|| declared.items.iter().map(|item| said(item)).collect(), |items| vec![said(items)]),
        serves: purposes.iter().map(|purpose| said(&purpose.name)).collect(),
        period: party.period.or(declared.kept).map(|period| words::period(period, texts)),
        how_to_refuse: party.how_to_refuse.as_ref().map_or(Said::own(in_settings), said),
        privacy: &party.privacy,
        link: words::contact_link(&party.privacy),
    })
}
