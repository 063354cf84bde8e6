//! What people read on a receipt: who asked, for what, to whom it goes, and how to take it back, in their own language.
//!
//! It refuses to know where words come from: sentences are handed in. Invariant: all of it is made from a record and the policy
//! that it was made under.

use policies::purpose::PurposeIndex;
use policies::rules::Relation;
use policies::rules::tracker::TrackerUse;
use policies::{Lang, Policy, Record};
use serde::{Deserialize, Serialize};

use super::letters::moment;

/// Who asked for a choice, what was said, and what can be done about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Whom to write to: the office.
    pub contact: String,
    /// An e-mail address or a web address.
    pub contact_address: String,
    /// The office's phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_phone: Option<String>,
    /// The operator's country, ISO 3166 alpha-2.
    pub country: String,
    /// How a choice is changed or taken back, in words.
    pub how_to_withdraw: String,
    /// What language these words are in.
    pub language: String,
    /// When the choice was made.
    pub made: String,
    /// Who runs the site.
    pub operator: String,
    /// Where the policy can be read.
    pub policy: String,
    /// What was said of each purpose.
    pub purposes: Vec<Stated>,
    /// What the site is called.
    pub service: String,
    /// Until when the choice holds at the longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// Where to do it.
    pub withdraw_at: String,
}

/// One purpose, as it was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// Why something is stored, by the policy's own word.
    pub category: String,
    /// Whether it was granted.
    pub given: bool,
    /// Its id in the policy.
    pub id: String,
    /// What people read.
    pub name: String,
    /// Companies beside the operator that receive something for it.
    pub recipients: Vec<String>,
}

/// Where things are found, and what is said of withdrawing.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The language of the words.
    pub lang: Lang,
    /// Scheme, host and reserved prefix: `https://shop.example/.consent/`.
    pub base: &'a str,
    /// How a choice is changed or taken back, in words.
    pub how_to_withdraw: &'a str,
}

impl Facts {
    /// The facts of a record. What its policy doesn't know any more is called by its id.
    #[must_use]
    pub fn of(record: &Record, policy: &Policy, around: Around<'_>) -> Self {
        let Around { lang, base, how_to_withdraw } = around;
        let stated = |given: bool| move |id: &String| Stated::of(id, given, policy, lang);
        Self {
            contact: policy.contact.role.in_lang(lang).to_owned(),
            contact_address: policy.contact.address.clone(),
            contact_phone: policy.contact.phone.clone(),
            country: policy.home.clone(),
            how_to_withdraw: how_to_withdraw.to_owned(),
            language: lang.tag().to_owned(),
            made: moment(record.made),
            operator: policy.operator.in_lang(lang).to_owned(),
            policy: format!("{base}policy?lang={}&version={}", lang.tag(), policy.effective),
            purposes: record.granted.iter().map(stated(true)).chain(record.refused.iter().map(stated(false))).collect(),
            service: policy.service.in_lang(lang).to_owned(),
            valid_until: record.circumstances.valid_until.map(moment),
            withdraw_at: format!("{base}settings?lang={}", lang.tag()),
        }
    }
}

impl Stated {
    fn of(id: &str, given: bool, policy: &Policy, lang: Lang) -> Self {
        let known = policy.index_of(id).and_then(|index| Some((index, policy.purpose(index)?)));
        match known {
            None => Self { given, id: id.to_owned(), name: id.to_owned(), ..Self::default() },
            Some((index, purpose)) => Self {
                category: purpose.category.name().to_owned(),
                given,
                id: id.to_owned(),
                name: purpose.name.in_lang(lang).to_owned(),
                recipients: recipients(policy, index, lang),
            },
        }
    }
}

fn recipients(policy: &Policy, purpose: PurposeIndex, lang: Lang) -> Vec<String> {
    let cookies = policy.cookies.declared().filter(|rule| rule.purpose == purpose).map(|rule| &rule.recipient);
    let stored = policy.storage.declared().filter(|rule| rule.purpose == purpose).map(|rule| &rule.recipient);
    let asked = policy.trackers.declared().filter(|rule| rule.usage == TrackerUse::Purpose(purpose));
    let mut companies: Vec<String> = cookies
        .chain(stored)
        .chain(asked.map(|rule| &rule.recipient))
        .filter_map(|key| policy.recipients.get(key))
        .filter(|recipient| recipient.relation != Relation::Operator)
        .map(|recipient| recipient.company.in_lang(lang).to_owned())
        .collect();
    companies.sort_unstable();
    companies.dedup();
    companies
}
