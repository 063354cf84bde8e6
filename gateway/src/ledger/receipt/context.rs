//! What the names on a receipt mean, as JSON-LD 1.1: the fields of ISO/IEC TS 27560 in terms of the Data Privacy Vocabulary
//! (DPV), after the W3C group's guide to that standard.
//!
//! It refuses to be fetched: it stands in every receipt, so that nobody's server hears of who reads one. Invariant: the stored
//! records have the same names.

use serde_json::{Value, json};

/// The context of receipts and exports.
#[must_use]
pub fn context() -> Value {
    let term = |id: &str| json!({ "@id": id, "@type": "@vocab" });
    json!({
        "dct": "http://purl.org/dc/terms/",
        "dpv": "https://w3id.org/dpv#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        // The sections of the standard only sort: what stands in them is said of the record itself.
        "choice": "@nest",
        "pii_processing": "@nest",
        "record": "@nest",
        "shown": "@nest",
        "consent": "dpv:Consent",
        "consent_record": "dct:source",
        "country": "dpv:hasJurisdiction",
        "entity_id": "dpv:isIndicatedBy",
        "event": "dct:hasPart",
        "event_state": term("dpv:hasConsentStatus"),
        "event_time": { "@id": "dpv:isIndicatedAtTime", "@type": "xsd:dateTime" },
        "event_type": { "@id": "dct:type", "@type": "@vocab" },
        "explicit": "dpv:ExplicitlyExpressedConsent",
        "given": "dpv:ConsentGiven",
        "language": "dct:language",
        "lawful_basis": term("dpv:hasLegalBasis"),
        "party_id": "dct:identifier",
        "party_identification": "dpv:hasDataController",
        "pii_principal_id": "dpv:hasDataSubject",
        "privacy_notice": "dpv:hasNotice",
        "purpose": "dct:identifier",
        "purposes": "dpv:hasPurpose",
        "record_id": "dct:identifier",
        "refused": "dpv:ConsentRefused",
        "replaces": "dct:replaces",
        "requested": "dpv:ConsentRequested",
        "schema_version": "dct:conformsTo",
        "state": term("dpv:hasConsentStatus"),
        "surface": "dpv:hasIndicationMethod",
        "validity_duration": { "@id": "dpv:hasDuration", "@type": "xsd:duration" },
        "withdrawn": "dpv:ConsentWithdrawn",
    })
}
