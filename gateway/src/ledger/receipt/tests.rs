//! A receipt is checked by its published key alone, and nothing on it can be changed.
//!
//! Refuses to trust one bit: each is turned.

use policies::policy::compile;
use policies::rules::catalog::Catalog;
use policies::{Lang, Policy};
use proptest::prelude::*;

use super::*;
use crate::ledger::document::tests::{one, records};
use crate::ledger::facts::Around;
use crate::ledger::merkle::{Frontier, Node, inclusion};
use crate::ledger::{Entry, leaf};

const NOW: Timestamp = Timestamp(1_790_000_100);

struct Desk {
    _folder: tempfile::TempDir,
    key: HeadKey,
    keys: Keys,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let key = HeadKey::open(&folder.path().join("receipt.key")).unwrap();
    let keys = Keys::of([*key.public()]);
    Desk { _folder: folder, key, keys }
}

/// The record as the third leaf of five.
fn proven(record: &Record, key: &HeadKey) -> Proven {
    let (contents, salt) = (document::write(record), [7; SALT_BYTES]);
    let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::<Node, Hash>::new());
    for place in 0..5_u8 {
        let leaf = if place == 2 { leaf(&salt, &contents) } else { leaf(&[place; SALT_BYTES], b"{}") };
        frontier.append(leaf, |node, hash| {
            nodes.insert(node, hash);
        });
    }
    let path = inclusion(2, 5, &mut |node| nodes.get(&node).copied().ok_or(())).unwrap();
    let head = key.head(5, frontier.root(), NOW);
    let entry = Entry {
        id: record.id,
        site: record.site.clone(),
        class: EntryClass::Consent,
        subject: record.visitor,
        made: record.made,
        ends: None,
        contents,
    };
    Proven { entry, salt, proof: Some(Proof { place: 2, path, head }) }
}

fn policy() -> Policy {
    let source = include_str!("../../../../policies/documents/starter/opt-in.toml");
    compile(source, &Catalog::bundled().unwrap()).unwrap()
}

fn facts(record: &Record) -> Facts {
    let around = Around { lang: Lang::Ko, base: "https://shop.example/.consent/", how_to_withdraw: "설정에서" };
    Facts::of(record, &policy(), around)
}

#[test]
fn a_receipt_is_checked_by_the_published_key_alone() {
    let (desk, record) = (desk(), one());
    let proven = proven(&record, &desk.key);
    let text = issue(&proven, &facts(&record), &desk.key, NOW).unwrap();
    let checked = check(&text, &desk.keys).unwrap();
    assert_eq!((&checked.record, &checked.facts, checked.issued), (&record, &facts(&record), NOW));
    assert_eq!((&checked.proof, &checked.contents), (&proven.proof, &proven.entry.contents));
    // Blanks and order mean nothing; canonical or not it is the same receipt.
    let value: Value = serde_json::from_slice(&text).unwrap();
    assert!(check(&canonical(&value), &desk.keys).is_ok());
    let other = self::desk();
    assert!(matches!(check(&text, &other.keys), Err(Fault::Key(_))));
    assert!(matches!(check(&text, &Keys::default()), Err(Fault::Key(_))));
}

#[test]
fn a_record_without_a_place_says_when_to_ask_again() {
    let (desk, record) = (desk(), one());
    let proven = Proven { proof: None, ..proven(&record, &desk.key) };
    let text = issue(&proven, &facts(&record), &desk.key, NOW).unwrap();
    let value: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(value["log"]["ask_again"], "2026-09-21T14:16:00Z");
    assert_eq!(check(&text, &desk.keys).unwrap().proof, None);
}

#[test]
fn what_is_no_record_gets_no_receipt() {
    let desk = desk();
    let mut proven = proven(&one(), &desk.key);
    proven.entry.class = EntryClass::Access;
    assert!(issue(&proven, &Facts::default(), &desk.key, NOW).is_err());
    let other = Entry { class: EntryClass::Consent, contents: b"{}".to_vec(), ..proven.entry };
    assert!(issue(&Proven { entry: other, ..proven }, &Facts::default(), &desk.key, NOW).is_err());
}

/// A receipt whose signature fits, made by somebody who has the key: its parts must fit each other all the same.
fn resigned(text: &[u8], key: &HeadKey, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(text).unwrap();
    change(&mut value);
    value.as_object_mut().unwrap().remove("signature");
    let signature = hex(&key.sign(&canonical(&value)));
    value["signature"] = Value::from(signature);
    canonical(&value)
}

#[test]
fn parts_that_do_not_fit_each_other_are_found_whoever_signed() {
    let (desk, record) = (desk(), one());
    let text = issue(&proven(&record, &desk.key), &facts(&record), &desk.key, NOW).unwrap();
    let check = |change: fn(&mut Value)| check(&resigned(&text, &desk.key, change), &desk.keys).map(|_| ());
    assert!(check(|_| {}).is_ok());
    assert!(matches!(check(|value| value["log"]["place"] = Value::from(3)), Err(Fault::Log)));
    assert!(matches!(check(|value| value["log"]["path"][0] = Value::from("00".repeat(32))), Err(Fault::Log)));
    assert!(matches!(check(|value| value["log"]["head"]["size"] = Value::from(6)), Err(Fault::Head)));
    assert!(matches!(check(|value| value["receipt"]["salt"] = Value::from("00".repeat(32))), Err(Fault::Log)));
    let act = |value: &mut Value| value["consent_record"]["choice"]["act"] = Value::from("refuse_all");
    assert!(matches!(check(act), Err(Fault::Log)));
    for part in ["consent_record", "log", "readable", "receipt"] {
        let mut value: Value = serde_json::from_slice(&text).unwrap();
        value.as_object_mut().unwrap().remove(part);
        assert!(super::check(&resigned(&canonical(&value), &desk.key, |_| {}), &desk.keys).is_err(), "{part}");
    }
    assert!(check(|value| value["log"]["path"] = Value::from(vec!["00".repeat(32); 65])).is_err());
}

#[test]
fn a_text_that_is_cut_or_doubled_is_no_receipt() {
    let (desk, record) = (desk(), one());
    let text = issue(&proven(&record, &desk.key), &facts(&record), &desk.key, NOW).unwrap();
    for end in (0..text.trim_ascii_end().len()).step_by(7) {
        assert!(check(&text[..end], &desk.keys).is_err(), "cut at {end}");
    }
    let text = String::from_utf8(text).unwrap();
    let doubled = text.replacen("\"@type\"", "\"@type\":\"x\",\"@type\"", 1);
    assert!(matches!(check(doubled.as_bytes(), &desk.keys), Err(Fault::Shape(_))));
    assert!(matches!(check(&vec![b' '; LONGEST + 1], &desk.keys), Err(Fault::Long)));
}

#[test]
fn the_older_form_tells_what_was_granted_and_nothing_else() {
    let (desk, record) = (desk(), one());
    assert!(policy().index_of("analytics").is_some(), "the policy knows what was granted");
    let kantara = crate::ledger::kantara(&record, &facts(&record), desk.key.public()).unwrap();
    let value: Value = serde_json::from_slice(&kantara).unwrap();
    assert_eq!(value["version"], "KI-CR-v1.1.0");
    assert_eq!(value["consentTimestamp"], 1_790_000_000);
    assert_eq!(value["consentReceiptID"], "01010101-0101-0101-0101-010101010101");
    assert_eq!(value["services"][0]["purposes"].as_array().map(Vec::len), Some(1), "marketing was refused");
    let refusal = Record { visitor: None, granted: Vec::new(), ..record };
    assert_eq!(crate::ledger::kantara(&refusal, &facts(&refusal), desk.key.public()), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_record_s_receipt_holds_and_no_change_of_it_does(record in records(), at in 0.0..1.0_f64, bit in 0_u8..8) {
        let desk = desk();
        let text = issue(&proven(&record, &desk.key), &facts(&record), &desk.key, NOW).unwrap();
        let text = canonical(&serde_json::from_slice::<Value>(&text).unwrap());
        prop_assert_eq!(check(&text, &desk.keys).unwrap().record, record);
        let mut changed = text.clone();
        let place = (text.len() as f64 * at) as usize;
        changed[place] ^= 1 << bit;
        // An escape can be spelt in two ways that mean the same: whatever still holds says the same.
        if let Ok(checked) = check(&changed, &desk.keys) {
            prop_assert_eq!(canonical(&serde_json::from_slice::<Value>(&changed).unwrap()), text);
            prop_assert_eq!(checked.issued, NOW);
        }
    }
}
