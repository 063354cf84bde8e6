//! A receipt: a record's document, in readable words too, with the proof that it stands in the log, signed as a whole.
//! Whoever has the published keys checks it without us.
//!
//! It refuses a receipt that could be read in two ways. Invariant: everything on it but the signature itself is signed.

mod context;

use std::collections::BTreeMap;

use policies::{Record, Timestamp};
use serde_json::{Value, json};

use super::document::{self, Unreadable, canonical};
use super::facts::Facts;
use super::letters::{hex, moment, of_hex, of_moment};
use super::{EntryClass, Hash, Head, HeadKey, KeyName, Proof, Proven, SALT_BYTES, head, strict};
pub use context::context;

/// A longer text is no receipt.
pub const LONGEST: usize = 256 * 1024;
/// A log of 2^64 leaves has no longer path.
const LONGEST_PATH: usize = 64;
/// After so many seconds a record that waits for its place in the log is asked for again.
pub const ASK_AGAIN: i64 = 60;

/// Public halves of the keys that receipts and heads are signed with, by their names.
#[derive(Clone, Debug, Default)]
pub struct Keys(BTreeMap<KeyName, [u8; 32]>);

impl Keys {
    /// These keys.
    #[must_use]
    pub fn of(publics: impl IntoIterator<Item = [u8; 32]>) -> Self {
        Self(publics.into_iter().map(|public| (head::name_of(&public), public)).collect())
    }

    /// These keys, and others.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    fn find(&self, name: KeyName) -> Option<&[u8; 32]> {
        self.0.get(&name)
    }

    /// Whether one of them signed this head.
    #[must_use]
    pub fn signed(&self, head: &Head) -> bool {
        self.find(head.key).is_some_and(|public| head.is_signed_by(public))
    }
}

/// Why a text is no receipt of whoever has these keys.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Too long.
    #[error("this is longer than any receipt")]
    Long,
    /// No JSON, or another's.
    #[error("this is no receipt: {0}")]
    Shape(String),
    /// Signed with a key that isn't among those known.
    #[error("the receipt names the key {0}, which is none of the published keys")]
    Key(String),
    /// Changed after it was signed, or signed by somebody else.
    #[error("the signature doesn't fit: the receipt was changed after it was signed, or somebody else made it")]
    Signature,
    /// The head.
    #[error("the head of the log on this receipt was not signed by its key")]
    Head,
    /// The path.
    #[error("the record on this receipt doesn't stand in the log at the place that it names")]
    Log,
    /// The record.
    #[error(transparent)]
    Record(#[from] Unreadable),
}

/// A receipt that is what it says.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The choice.
    pub record: Record,
    /// The same in words.
    pub facts: Facts,
    /// When the receipt was made out.
    pub issued: Timestamp,
    /// Who signed it.
    pub key: KeyName,
    /// The record's bytes, as the log commits to them.
    pub contents: Vec<u8>,
    /// What they were salted with.
    pub salt: [u8; SALT_BYTES],
    /// Where it stands in the log. None: it had no place there yet.
    pub proof: Option<Proof>,
}

/// Makes out the receipt of a record.
///
/// # Errors
/// The entry is no record.
pub fn issue(proven: &Proven, facts: &Facts, key: &HeadKey, now: Timestamp) -> Result<Vec<u8>, Unreadable> {
    if proven.entry.class != EntryClass::Consent {
        return Err(Unreadable::Word { field: "class", value: proven.entry.class.name().to_owned() });
    }
    document::read(&proven.entry.contents)?;
    let document: Value = serde_json::from_slice(&proven.entry.contents)?;
    let mut receipt = json!({
        "@context": context(),
        "@type": "dpv:ConsentReceipt",
        "consent_record": document,
        "log": proven.proof.as_ref().map_or_else(
            || json!({ "ask_again": moment(now.plus_seconds(ASK_AGAIN)) }),
            log,
        ),
        "readable": serde_json::to_value(facts)?,
        "receipt": {
            "issued": moment(now),
            "key": hex(&key.name()),
            "salt": hex(&proven.salt),
            "schema_version": document::SCHEMA,
        },
    });
    let signature = hex(&key.sign(&canonical(&receipt)));
    if let Some(receipt) = receipt.as_object_mut() {
        receipt.insert("signature".to_owned(), json!(signature));
    }
    Ok(serde_json::to_vec_pretty(&receipt)?)
}

fn log(proof: &Proof) -> Value {
    let Head { size, made, root, key, signature } = &proof.head;
    json!({
        "head": {
            "key": hex(key),
            "made": moment(*made),
            "root": hex(root),
            "signature": hex(signature),
            "size": size,
        },
        "path": proof.path.iter().map(|hash| hex(hash)).collect::<Vec<_>>(),
        "place": proof.place,
    })
}

/// Checks all of a receipt, without asking anybody.
///
/// # Errors
/// See [`Fault`].
pub fn check(text: &[u8], keys: &Keys) -> Result<Checked, Fault> {
    if text.len() > LONGEST {
        return Err(Fault::Long);
    }
    let mut receipt = strict::read(text).map_err(|error| Fault::Shape(error.to_string()))?;
    let taken = receipt.as_object_mut().and_then(|fields| fields.remove("signature"));
    let signature: [u8; 64] =
        taken.as_ref().and_then(Value::as_str).and_then(of_hex).ok_or_else(|| lacks("signature"))?;
    let part = |name: &'static str| receipt.get(name).ok_or_else(|| lacks(name));
    let about = part("receipt")?;
    let key: KeyName = hex_of(about, "key")?;
    let public = keys.find(key).ok_or_else(|| Fault::Key(hex(&key)))?;
    if !head::is_signed(public, &canonical(&receipt), &signature) {
        return Err(Fault::Signature);
    }
    let contents = canonical(part("consent_record")?);
    let salt = hex_of(about, "salt")?;
    let proof = proof(part("log")?, keys)?;
    if proof.as_ref().is_some_and(|proof| !proof.holds(&salt, &contents)) {
        return Err(Fault::Log);
    }
    let facts = serde_json::from_value(part("readable")?.clone()).map_err(|error| Fault::Shape(error.to_string()))?;
    let issued = text_of(about, "issued").and_then(of_moment).ok_or_else(|| lacks("issued"))?;
    Ok(Checked { record: document::read(&contents)?, facts, issued, key, contents, salt, proof })
}

fn proof(log: &Value, keys: &Keys) -> Result<Option<Proof>, Fault> {
    if log.get("ask_again").is_some() && log.get("head").is_none() {
        return Ok(None);
    }
    let head = log.get("head").ok_or_else(|| lacks("head"))?;
    let head = Head {
        size: number_of(head, "size")?,
        made: text_of(head, "made").and_then(of_moment).ok_or_else(|| lacks("made"))?,
        root: hex_of(head, "root")?,
        key: hex_of(head, "key")?,
        signature: hex_of(head, "signature")?,
    };
    let public = keys.find(head.key).ok_or_else(|| Fault::Key(hex(&head.key)))?;
    if !head.is_signed_by(public) {
        return Err(Fault::Head);
    }
    let path = log.get("path").and_then(Value::as_array).filter(|path| path.len() <= LONGEST_PATH);
    let hash = |hash: &Value| hash.as_str().and_then(of_hex::<32>);
    let path: Option<Vec<Hash>> = path.and_then(|path| path.iter().map(hash).collect());
    Ok(Some(Proof { place: number_of(log, "place")?, path: path.ok_or_else(|| lacks("path"))?, head }))
}

fn text_of<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

fn hex_of<const N: usize>(value: &Value, name: &'static str) -> Result<[u8; N], Fault> {
    text_of(value, name).and_then(of_hex).ok_or_else(|| lacks(name))
}

fn number_of(value: &Value, name: &'static str) -> Result<u64, Fault> {
    value.get(name).and_then(Value::as_u64).ok_or_else(|| lacks(name))
}

fn lacks(name: &str) -> Fault {
    Fault::Shape(format!("it lacks {name}, or what stands there is not what a receipt has"))
}

#[cfg(test)]
mod tests;
