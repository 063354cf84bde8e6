//! A record as a document: canonical JSON (RFC 8785) in the four sections of ISO/IEC TS 27560 and a fifth for what a cookie
//! choice has beside them.
//!
//! It refuses what this version can't mean: an unknown word, a misspelt number. Keys that it doesn't know are let pass, since a
//! newer version may have written them. Invariant: what is written reads as itself, for as long as records are kept.

use policies::consent::{Circumstances, Mode, Speaker, Surface};
use policies::{Act, Lang, PolicyVersion, Record, Regime, Signals};
use serde::{Deserialize, Serialize};

use super::letters::{hex, moment, of_hex, of_moment, of_seconds, seconds};

/// A longer text is no record's.
pub const LONGEST: usize = 64 * 1024;

/// Which edition the sections follow.
pub const SCHEMA: &str = "ISO/IEC TS 27560:2023";

const GIVEN: &str = "given";
const REFUSED: &str = "refused";

/// Why a text is no record's document.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Too long.
    #[error("the document is longer than any record's")]
    Long,
    /// Not JSON, or without a field that each record has.
    #[error("the document is not a record's: {0}")]
    Shape(#[from] serde_json::Error),
    /// A field says what this version doesn't know.
    #[error("the document's {field} says {value:?}, which means nothing to this version")]
    Word {
        /// Which.
        field: &'static str,
        /// What it says.
        value: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Document {
    choice: ChoiceSection,
    event: Vec<Event>,
    party_identification: Vec<Party>,
    pii_processing: Processing,
    record: Metadata,
    #[serde(default, skip_serializing_if = "Shown::is_empty")]
    shown: Shown,
}

/// 27560: record metadata.
#[derive(Serialize, Deserialize)]
struct Metadata {
    /// Absent for a pure refusal, which costs no identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pii_principal_id: Option<String>,
    record_id: String,
    schema_version: String,
}

/// 27560: PII processing.
#[derive(Serialize, Deserialize)]
struct Processing {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// The version of the policy: the beginning of its text's SHA-256.
    privacy_notice: String,
    purposes: Vec<Purpose>,
}

#[derive(Serialize, Deserialize)]
struct Purpose {
    lawful_basis: String,
    purpose: String,
    state: String,
}

/// 27560: party identification.
#[derive(Serialize, Deserialize)]
struct Party {
    party_id: String,
    party_role: String,
}

/// 27560: event.
#[derive(Serialize, Deserialize)]
struct Event {
    /// Who spoke.
    entity_id: String,
    event_state: String,
    event_time: String,
    event_type: String,
    /// From the event on, at the longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validity_duration: Option<String>,
}

/// What a choice about cookies has beside the standard's fields.
#[derive(Serialize, Deserialize)]
struct ChoiceSection {
    act: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowed_singly: Vec<String>,
    /// Where the visitor was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    gpc: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ground: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    late: bool,
    mode: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refused_singly: Vec<String>,
    regime: String,
    /// The record whose place this one takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaces: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    surface: Option<String>,
}

/// What the visitor had before them, by content hash.
#[derive(Default, Serialize, Deserialize)]
struct Shown {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    configuration: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<String>,
    /// The version of the gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    product: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    style: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

impl Shown {
    const fn is_empty(&self) -> bool {
        let Self { configuration, form, product, style, words } = self;
        configuration.is_none() && form.is_none() && product.is_none() && style.is_none() && words.is_none()
    }
}

const fn is_false(value: &bool) -> bool {
    !*value
}

/// The document of a record.
#[must_use]
pub fn write(record: &Record) -> Vec<u8> {
    let purpose = |state: &'static str| {
        move |id: &String| Purpose { lawful_basis: "consent".to_owned(), purpose: id.clone(), state: state.to_owned() }
    };
    let around = &record.circumstances;
    let valid = around.valid_until.map(|until| seconds(until.0.saturating_sub(record.made.0)));
    let purposes = record.granted.iter().map(purpose(GIVEN)).chain(record.refused.iter().map(purpose(REFUSED)));
    canonical(&Document {
        choice: ChoiceSection {
            act: record.act.name().to_owned(),
            allowed_singly: record.allowed_singly.clone(),
            country: around.country.clone(),
            gpc: record.signals.gpc,
            ground: record.ground.clone(),
            late: record.late,
            mode: record.mode.name().to_owned(),
            refused_singly: record.refused_singly.clone(),
            regime: record.regime.name().to_owned(),
            replaces: around.replaces.map(|id| hex(&id)),
            surface: around.surface.map(|surface| surface.name().to_owned()),
        },
        event: vec![Event {
            entity_id: record.speaker.name().to_owned(),
            event_state: state(record).to_owned(),
            event_time: moment(record.made),
            event_type: "explicit".to_owned(),
            validity_duration: valid,
        }],
        party_identification: vec![Party { party_id: record.site.clone(), party_role: "pii_controller".to_owned() }],
        pii_processing: Processing {
            language: record.lang.map(|lang| lang.tag().to_owned()),
            privacy_notice: record.policy.to_string(),
            purposes: purposes.collect(),
        },
        record: Metadata {
            pii_principal_id: record.visitor.map(|visitor| hex(&visitor)),
            record_id: hex(&record.id),
            schema_version: SCHEMA.to_owned(),
        },
        shown: Shown {
            configuration: around.configuration.map(|hash| hex(&hash)),
            form: around.form.map(|hash| hex(&hash)),
            product: around.product.clone(),
            style: around.style.map(|hash| hex(&hash)),
            words: record.words.map(|words| hex(&words)),
        },
    })
}

/// The one spelling of a value that RFC 8785 knows, for values of texts, whole numbers, yes and no. Their keys are ASCII, so
/// that sorting by bytes is sorting by what the standard calls code units.
pub(super) fn canonical(value: &impl Serialize) -> Vec<u8> {
    // Of what is written here nothing can fail: no key is other than text.
    let Ok(mut value) = serde_json::to_value(value) else { return Vec::new() };
    value.sort_all_objects();
    serde_json::to_vec(&value).unwrap_or_default()
}

/// What the event came to.
fn state(record: &Record) -> &'static str {
    match record.act {
        Act::Withdraw => "withdrawn",
        Act::AskEachTime => "requested",
        _ if record.granted.is_empty() && record.allowed_singly.is_empty() => REFUSED,
        _ => GIVEN,
    }
}

/// The record of a document.
///
/// # Errors
/// See [`Unreadable`].
pub fn read(text: &[u8]) -> Result<Record, Unreadable> {
    if text.len() > LONGEST {
        return Err(Unreadable::Long);
    }
    let Document { choice, event, party_identification, pii_processing, record, shown } = serde_json::from_slice(text)?;
    let event = first(event, "event")?;
    let party = first(party_identification, "party_identification")?;
    let (granted, refused) = purposes(pii_processing.purposes)?;
    let made = word("event_time", &event.event_time, of_moment)?;
    let valid = maybe("validity_duration", event.validity_duration.as_deref(), of_seconds)?;
    let circumstances = Circumstances {
        valid_until: valid.map(|seconds| made.plus_seconds(seconds)),
        country: choice.country,
        surface: maybe("surface", choice.surface.as_deref(), Surface::of_name)?,
        form: maybe("form", shown.form.as_deref(), of_hex)?,
        style: maybe("style", shown.style.as_deref(), of_hex)?,
        configuration: maybe("configuration", shown.configuration.as_deref(), of_hex)?,
        product: shown.product,
        replaces: maybe("replaces", choice.replaces.as_deref(), of_hex)?,
    };
    Ok(Record {
        id: word("record_id", &record.record_id, of_hex)?,
        site: party.party_id,
        visitor: maybe("pii_principal_id", record.pii_principal_id.as_deref(), of_hex)?,
        made,
        act: word("act", &choice.act, Act::of_name)?,
        granted,
        refused,
        allowed_singly: choice.allowed_singly,
        refused_singly: choice.refused_singly,
        policy: word("privacy_notice", &pii_processing.privacy_notice, PolicyVersion::parse)?,
        words: maybe("words", shown.words.as_deref(), of_hex)?,
        lang: maybe("language", pii_processing.language.as_deref(), |tag| {
            Lang::ALL.into_iter().find(|lang| lang.tag() == tag)
        })?,
        regime: word("regime", &choice.regime, Regime::of_name)?,
        signals: Signals { gpc: choice.gpc },
        mode: word("mode", &choice.mode, |name| {
            [Mode::AsSet, Mode::Session, Mode::Ask].into_iter().find(|mode| mode.name() == name)
        })?,
        late: choice.late,
        speaker: word("entity_id", &event.entity_id, Speaker::of_name)?,
        ground: choice.ground,
        circumstances,
    })
}

/// What was granted and what refused, each in its order.
fn purposes(all: Vec<Purpose>) -> Result<(Vec<String>, Vec<String>), Unreadable> {
    let (mut granted, mut refused) = (Vec::new(), Vec::new());
    for Purpose { purpose, state, .. } in all {
        match state.as_str() {
            GIVEN => granted.push(purpose),
            REFUSED => refused.push(purpose),
            _ => return Err(Unreadable::Word { field: "state", value: state }),
        }
    }
    Ok((granted, refused))
}

fn first<T>(all: Vec<T>, field: &'static str) -> Result<T, Unreadable> {
    all.into_iter().next().ok_or_else(|| Unreadable::Word { field, value: String::new() })
}

fn word<T>(field: &'static str, value: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Unreadable> {
    read(value).ok_or_else(|| Unreadable::Word { field, value: value.chars().take(64).collect() })
}

fn maybe<T>(
    field: &'static str,
    value: Option<&str>,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Unreadable> {
    value.map(|value| word(field, value, read)).transpose()
}

#[cfg(test)]
pub(super) mod tests;
