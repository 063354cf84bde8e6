//! A visitor's records in words, and what ends them: what an erasure takes away, and what stays by the policy's table.
//!
//! Refuses to call something deleted that a law keeps or a backup holds. Invariant: whatever stays has its ground and its day.

use policies::policy::history::History;
use policies::policy::texts::Texts;
use policies::policy::{RecordClass, Retention, RetentionBasis};
use policies::rights::{Erasure, after};
use policies::{Date, Record};

use super::said::{Said, Sentence};
use super::settings_page::act_name;
use super::{Scene, words};

/// The records under a visitor's number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// The newest first.
    pub records: Vec<Record>,
    /// Whether there are more.
    pub more: bool,
    /// How many are kept apart, for the law alone.
    pub apart: usize,
}

/// What an erasure would do today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Today, where the site is.
    pub today: Date,
    /// The last day on which a backup may hold the keys of what is destroyed today.
    pub restorable_until: Date,
    /// The day of the newest record.
    pub last: Option<Date>,
    /// Whether the operator's own systems are told of choices.
    pub told_on: bool,
}

/// One record.
pub(super) struct RecordRow {
    pub(super) when: String,
    pub(super) act: String,
    pub(super) granted: String,
    pub(super) refused: String,
    pub(super) version: String,
}

impl Choices {
    /// What is said where there are more than are shown.
    pub(super) fn newest(&self, texts: &Texts) -> Option<String> {
        self.more.then(|| texts.me.records_newest.replace("{n}", &self.records.len().to_string()))
    }
}

/// What is said of records that are kept for the law alone; None where there are none.
pub(super) fn apart(scene: &Scene<'_>, choices: &Choices) -> Option<Sentence> {
    let texts = scene.texts();
    let rows = || scene.policy.retention.iter();
    let of_choices = |row: &&Retention| row.classes.contains(&RecordClass::Withdrawn) && row.law.is_some();
    let law = rows().find(of_choices).and_then(|row| row.law.as_ref());
    let law = law.map_or(Said::own(&texts.policy.law), |law| Said::new(law, scene.lang));
    let count = choices.apart.to_string();
    (choices.apart > 0).then(|| Sentence::new(&texts.me.records_apart, &[("{n}", Said::own(&count)), ("{law}", law)]))
}

pub(super) fn rows(scene: &Scene<'_>, history: &History, choices: &Choices) -> Vec<RecordRow> {
    choices.records.iter().map(|record| row(scene, history, record)).collect()
}

fn row(scene: &Scene<'_>, history: &History, record: &Record) -> RecordRow {
    let policy = history.of_version(record.policy).map_or(scene.policy, |version| &version.policy);
    let names = |ids: &[String], single: &[String]| {
        let purpose = |id: &String| {
            let purpose = policy.purposes.iter().find(|purpose| purpose.id == *id);
            purpose.map_or_else(|| id.clone(), |purpose| Said::new(&purpose.name, scene.lang).text.to_owned())
        };
        let all: Vec<String> = ids.iter().map(purpose).chain(single.iter().cloned()).collect();
        if all.is_empty() { scene.texts().me.nothing.clone() } else { all.join(", ") }
    };
    RecordRow {
        when: words::moment(record.made),
        act: act_name(record.act, &scene.texts().settings).to_owned(),
        granted: names(&record.granted, &record.allowed_singly),
        refused: names(&record.refused, &record.refused_singly),
        version: record.policy.to_string(),
    }
}

/// What the button to erase does.
pub(super) fn erase_about(scene: &Scene<'_>, ending: &Ending) -> Sentence {
    let texts = scene.texts();
    match Erasure::under(scene.policy).kept {
        None => Sentence::new(&texts.me.erase_about, &[]),
        Some(row) => {
            let period = words::period(row.period, texts);
            let until = words::date(after(ending.last.unwrap_or(ending.today), row.period), texts);
            let law = row.law.as_ref().map_or(Said::own(&texts.policy.law), |law| Said::new(law, scene.lang));
            let places = [("{law}", law), ("{period}", Said::own(&period)), ("{date}", Said::own(&until))];
            Sentence::new(&texts.me.erase_law, &places)
        }
    }
}

/// What stays after it.
pub(super) fn stays(scene: &Scene<'_>, ending: &Ending) -> Vec<Sentence> {
    let texts = scene.texts();
    let me = &texts.me;
    let erasure = Erasure::under(scene.policy);
    let mut all = Vec::new();
    all.extend(erasure.kept.map(|row| of_row(scene, &me.stays_row, row, None)));
    all.push(match erasure.register {
        Some(row) => of_row(scene, &me.stays_register, row, Some(after(ending.today, row.period))),
        None => Sentence::new(&me.stays_register_unsaid, &[]),
    });
    if erasure.kept.is_none() {
        all.extend(ending.told_on.then(|| Sentence::new(&me.stays_told, &[("{operator}", scene.operator())])));
        all.push(Sentence::new(&me.stays_log, &[]));
        let until = words::date(ending.restorable_until, texts);
        all.push(Sentence::new(&me.stays_backup, &[("{date}", Said::own(&until))]));
    }
    all.extend(erasure.others.iter().map(|row| of_row(scene, &me.stays_row, row, None)));
    all.push(Sentence::new(&me.stays_outside, &[]));
    all
}

/// A row of the policy's table, in a sentence.
pub(super) fn of_row(scene: &Scene<'_>, sentence: &str, row: &Retention, until: Option<Date>) -> Sentence {
    let texts = scene.texts();
    let (period, until) = (words::period(row.period, texts), until.map(|until| words::date(until, texts)));
    let basis = match (&row.basis, &row.law) {
        (RetentionBasis::Law, Some(law)) => Said::new(law, scene.lang),
        (RetentionBasis::Law, None) => Said::own(&texts.policy.law),
        (RetentionBasis::InternalPolicy, _) => Said::own(&texts.policy.internal_policy),
        (RetentionBasis::Consent, _) => Said::own(&texts.policy.consent),
    };
    let places = [
        ("{record}", Said::new(&row.record, scene.lang)),
        ("{period}", Said::own(&period)),
        ("{basis}", basis),
        ("{date}", Said::own(until.as_deref().unwrap_or_default())),
    ];
    Sentence::new(sentence, &places)
}
