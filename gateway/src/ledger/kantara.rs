//! A receipt in the older form: Kantara's Consent Receipt 1.1.
//!
//! It refuses what was not granted: that form has no place for a refusal. Invariant: it says nothing that the signed receipt
//! doesn't.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policies::Record;
use policies::consent::Speaker;
use serde_json::{Value, json};

use super::facts::{Facts, Stated};
use super::letters::hex;

/// The receipt of a grant; None where nothing was granted to a visitor who is known by a number.
#[must_use]
pub fn kantara(record: &Record, facts: &Facts, public: &[u8; 32]) -> Option<Vec<u8>> {
    let visitor = record.visitor?;
    let given: Vec<Value> =
        facts.purposes.iter().filter(|stated| stated.given).map(|stated| purpose(stated, facts)).collect();
    if given.is_empty() {
        return None;
    }
    let mut controller = json!({
        "piiController": facts.operator,
        "contact": facts.contact,
        "address": { "addressCountry": facts.country },
        "piiControllerUrl": facts.withdraw_at,
    });
    let kind = if facts.contact_address.contains('@') { "email" } else { "url" };
    let fields = [(kind, Some(&facts.contact_address)), ("phone", facts.contact_phone.as_ref())];
    if let Some(controller) = controller.as_object_mut() {
        controller.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
    }
    serde_json::to_vec_pretty(&json!({
        "version": "KI-CR-v1.1.0",
        "jurisdiction": facts.country,
        "consentTimestamp": record.made.0,
        "collectionMethod": method(record),
        "consentReceiptID": uuid(record.id),
        "publicKey": URL_SAFE_NO_PAD.encode(public),
        "language": facts.language,
        "piiPrincipalId": hex(&visitor),
        "piiControllers": [controller],
        "policyUrl": facts.policy,
        "services": [{ "service": facts.service, "purposes": given }],
        "sensitive": false,
        "spiCat": ["none"],
    }))
    .ok()
}

fn purpose(stated: &Stated, facts: &Facts) -> Value {
    let others = !stated.recipients.is_empty();
    let mut purpose = json!({
        "purpose": stated.name,
        // The specification's own list (appendix of version 1.1).
        "purposeCategory": [match stated.category.as_str() {
            "preferences" => "5 - Personalised Experience",
            "marketing" => "6 - Marketing",
            _ => "4 - Improve Performance",
        }],
        "consentType": "EXPLICIT",
        "piiCategory": ["7 - Computer Device"],
        "primaryPurpose": false,
        "termination": facts.valid_until.clone().unwrap_or_else(|| facts.withdraw_at.clone()),
        "thirdPartyDisclosure": others,
    });
    if let (true, Some(purpose)) = (others, purpose.as_object_mut()) {
        purpose.insert("thirdPartyName".to_owned(), json!(stated.recipients.join(", ")));
    }
    purpose
}

fn method(record: &Record) -> &'static str {
    match (record.speaker, record.circumstances.surface) {
        (Speaker::Officer | Speaker::Site, _) => "consent of a parent or guardian, recorded by the operator",
        (Speaker::Visitor, Some(surface)) => surface.name(),
        (Speaker::Visitor, None) => "web form",
    }
}

/// The id as UUIDs are written: the form asks for one.
fn uuid(id: [u8; 16]) -> String {
    let digits = hex(&id);
    let mut written = String::with_capacity(36);
    for (place, digit) in digits.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            written.push('-');
        }
        written.push(digit);
    }
    written
}
