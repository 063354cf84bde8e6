//! What a receiver is told: a record as JSON.
//!
//! Refuses fields that the record has not, and the ground of a guardian's agreement: it is free text. Invariant: a visitor's id is there only where the record has one, which a pure
//! refusal has not.

use policies::{Act, Record, Timestamp};
use serde::Serialize;

use crate::ledger::letters::hex;

/// The payload, after the shape that Standard Webhooks proposes.
#[derive(Serialize)]
struct Payload<'r> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'r>,
}

#[derive(Serialize)]
struct Data<'r> {
    record: String,
    site: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    visitor: Option<String>,
    act: &'static str,
    granted: &'r [String],
    refused: &'r [String],
    allowed_singly: &'r [String],
    refused_singly: &'r [String],
    mode: &'static str,
    policy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    regime: &'static str,
    signals: Signals,
    made: String,
    late: bool,
    by: &'static str,
}

#[derive(Serialize)]
struct Signals {
    gpc: bool,
}

/// The id of a record's message: the same however often it is sent.
pub(super) fn id(record: &Record) -> String {
    hex(&record.id)
}

/// The body of a record's message; None only if it could not be written as JSON.
pub(super) fn body(record: &Record) -> Option<Vec<u8>> {
    let made = time(record.made);
    let payload = Payload {
        r#type: kind(record),
        timestamp: made.clone(),
        data: Data {
            record: hex(&record.id),
            site: &record.site,
            visitor: record.visitor.as_ref().map(|id| hex(id)),
            act: record.act.name(),
            granted: &record.granted,
            refused: &record.refused,
            allowed_singly: &record.allowed_singly,
            refused_singly: &record.refused_singly,
            mode: record.mode.name(),
            policy: record.policy.to_string(),
            words: record.words.map(|words| hex(&words)),
            regime: record.regime.name(),
            signals: Signals { gpc: record.signals.gpc },
            made,
            late: record.late,
            by: record.speaker.name(),
        },
    };
    serde_json::to_vec(&payload).ok()
}

/// Who refuses everything and is known to have granted before has withdrawn, by whatever button.
fn kind(record: &Record) -> &'static str {
    let nothing_left = record.granted.is_empty() && record.allowed_singly.is_empty();
    if record.act == Act::Withdraw || (nothing_left && record.visitor.is_some()) {
        "consent.withdrawn"
    } else {
        "consent.chosen"
    }
}

fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use policies::consent::{Circumstances, Mode, Speaker};
    use policies::{PolicyVersion, Regime, Signals};

    use super::*;

    fn record(act: Act, visitor: Option<[u8; 16]>, granted: &[&str]) -> Record {
        Record {
            id: [1; 16],
            site: "shop".to_owned(),
            visitor,
            made: Timestamp(1_700_000_000),
            act,
            granted: granted.iter().map(|&id| id.to_owned()).collect(),
            refused: vec!["marketing".to_owned()],
            allowed_singly: Vec::new(),
            refused_singly: Vec::new(),
            policy: PolicyVersion([0xab; 8]),
            words: None,
            lang: None,
            regime: Regime::OptIn,
            signals: Signals { gpc: true },
            mode: Mode::AsSet,
            late: false,
            speaker: Speaker::Site,
            ground: Some("a signed form".to_owned()),
            circumstances: Circumstances::default(),
        }
    }

    #[test]
    fn a_record_is_told_whole() {
        let told = body(&record(Act::Custom, Some([2; 16]), &["analytics"])).unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
        let expect = serde_json::json!({
            "type": "consent.chosen",
            "timestamp": "2023-11-14T22:13:20Z",
            "data": {
                "record": "01".repeat(16),
                "site": "shop",
                "visitor": "02".repeat(16),
                "act": "custom",
                "granted": ["analytics"],
                "refused": ["marketing"],
                "allowed_singly": [],
                "refused_singly": [],
                "mode": Mode::AsSet.name(),
                "policy": "ab".repeat(8),
                "regime": Regime::OptIn.name(),
                "signals": { "gpc": true },
                "made": "2023-11-14T22:13:20Z",
                "late": false,
                "by": "site",
            },
        });
        assert_eq!(told, expect);
    }

    #[test]
    fn a_withdrawal_is_one_by_whatever_button() {
        let check = |act, visitor, granted: &[&str], expect: &str| {
            assert_eq!(kind(&record(act, visitor, granted)), expect, "{act:?}");
        };
        check(Act::RefuseAll, None, &[], "consent.chosen");
        check(Act::RefuseAll, Some([2; 16]), &[], "consent.withdrawn");
        check(Act::Withdraw, Some([2; 16]), &[], "consent.withdrawn");
        check(Act::Withdraw, None, &[], "consent.withdrawn");
        check(Act::AcceptAll, Some([2; 16]), &["analytics"], "consent.chosen");
        let told = body(&record(Act::RefuseAll, None, &[])).unwrap();
        assert!(!String::from_utf8(told).unwrap().contains("visitor"));
    }
}
