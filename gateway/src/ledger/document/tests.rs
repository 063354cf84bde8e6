//! What is written reads as itself, has one spelling, and anything else is an error.
//!
//! Refuses to compare with a library of canonical JSON: the rules are few enough to be checked by themselves.

use policies::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::*;

/// Any record that the gateway could make.
pub(in crate::ledger) fn records() -> impl Strategy<Value = Record> {
    let names = || vec("[ -~가-힣]{1,20}", 0..4);
    let who = (any::<[u8; 16]>(), "[a-z0-9-]{1,20}", option::of(any::<[u8; 16]>()), 0..253_402_300_800_i64);
    let what = (select(&Act::ALL[..]), vec("[a-z_]{1,12}", 0..5), vec("[a-z_]{1,12}", 0..5), names(), names());
    let under =
        (any::<[u8; 8]>(), option::of(any::<[u8; 8]>()), option::of(select(&Lang::ALL[..])), select(&Regime::ALL[..]));
    let how = (
        any::<bool>(),
        select(&[Mode::AsSet, Mode::Session, Mode::Ask][..]),
        any::<bool>(),
        select(&Speaker::ALL[..]),
        option::of("\\PC{0,40}"),
    );
    let around = (
        option::of(0..40_000_000_i64),
        option::of("[A-Z]{2}(-[A-Z]{1,3})?"),
        option::of(select(&Surface::ALL[..])),
        option::of(any::<[u8; 32]>()),
        option::of(any::<[u8; 32]>()),
        option::of("[0-9.]{1,9}"),
        option::of(any::<[u8; 16]>()),
    );
    (who, what, under, how, around).prop_map(|(who, what, under, how, around)| Record {
        id: who.0,
        site: who.1,
        visitor: who.2,
        made: Timestamp(who.3),
        act: what.0,
        granted: what.1,
        refused: what.2,
        allowed_singly: what.3,
        refused_singly: what.4,
        policy: PolicyVersion(under.0),
        words: under.1,
        lang: under.2,
        regime: under.3,
        signals: Signals { gpc: how.0 },
        mode: how.1,
        late: how.2,
        speaker: how.3,
        ground: how.4,
        circumstances: Circumstances {
            valid_until: around.0.map(|seconds| Timestamp(who.3 + seconds)),
            country: around.1,
            surface: around.2,
            form: around.3,
            style: around.4,
            configuration: around.3,
            product: around.5,
            replaces: around.6,
        },
    })
}

/// A choice of everything but one thing.
pub(in crate::ledger) fn one() -> Record {
    Record {
        id: [1; 16],
        site: "shop".to_owned(),
        visitor: Some([2; 16]),
        made: Timestamp(1_790_000_000),
        act: Act::Custom,
        granted: vec!["analytics".to_owned()],
        refused: vec!["marketing".to_owned()],
        allowed_singly: vec!["Maps \"live\"".to_owned()],
        refused_singly: Vec::new(),
        policy: PolicyVersion([3; 8]),
        words: None,
        lang: Some(Lang::Ko),
        regime: Regime::OptIn,
        signals: Signals { gpc: true },
        mode: Mode::AsSet,
        late: false,
        speaker: Speaker::Visitor,
        ground: None,
        circumstances: Circumstances {
            valid_until: Some(Timestamp(1_790_086_400)),
            surface: Some(Surface::Banner),
            product: Some("0.1.0".to_owned()),
            ..Circumstances::default()
        },
    }
}

#[test]
fn a_document_has_the_sections_of_the_standard() {
    let text = String::from_utf8(write(&one())).unwrap();
    let id = "01".repeat(16);
    let visitor = "02".repeat(16);
    assert_eq!(
        text,
        format!(
            "{{\"choice\":{{\"act\":\"custom\",\"allowed_singly\":[\"Maps \\\"live\\\"\"],\"gpc\":true,\"mode\":\"as_set\",\
             \"regime\":\"opt-in\",\"surface\":\"banner\"}},\"event\":[{{\"entity_id\":\"visitor\",\"event_state\":\"given\",\
             \"event_time\":\"2026-09-21T14:13:20Z\",\"event_type\":\"explicit\",\"validity_duration\":\"PT86400S\"}}],\
             \"party_identification\":[{{\"party_id\":\"shop\",\"party_role\":\"pii_controller\"}}],\
             \"pii_processing\":{{\"language\":\"ko\",\"privacy_notice\":\"0303030303030303\",\"purposes\":[\
             {{\"lawful_basis\":\"consent\",\"purpose\":\"analytics\",\"state\":\"given\"}},\
             {{\"lawful_basis\":\"consent\",\"purpose\":\"marketing\",\"state\":\"refused\"}}]}},\
             \"record\":{{\"pii_principal_id\":\"{visitor}\",\"record_id\":\"{id}\",\
             \"schema_version\":\"ISO/IEC TS 27560:2023\"}},\"shown\":{{\"product\":\"0.1.0\"}}}}"
        )
    );
}

#[test]
fn a_refusal_s_document_names_nobody() {
    let refusal =
        Record { visitor: None, act: Act::RefuseAll, granted: Vec::new(), allowed_singly: Vec::new(), ..one() };
    let value: Value = serde_json::from_slice(&write(&refusal)).unwrap();
    assert_eq!(value["record"].get("pii_principal_id"), None);
    assert_eq!(value["event"][0]["event_state"], "refused");
}

#[test]
fn a_document_that_is_cut_or_says_something_unknown_is_an_error() {
    let text = write(&one());
    for end in 0..text.len() {
        assert!(read(&text[..end]).is_err(), "cut at {end}");
    }
    let text = String::from_utf8(text).unwrap();
    for (word, other) in [
        ("custom", "accept_some"),
        ("as_set", "kept"),
        ("opt-in", "opt-on"),
        ("visitor", "somebody"),
        ("\"event\":[{", "\"event\":[],\"later\":[{"),
        ("\"state\":\"refused\"", "\"state\":\"perhaps\""),
        ("2026-09-21T", "2026-09-31T"),
        ("0303030303030303", "03030303030303"),
        ("0101", "01"),
        ("\"ko\"", "\"xx\""),
        ("\"record_id\"", "\"record\""),
        ("\"gpc\":true", "\"gpc\":1"),
        ("\"gpc\":true", "\"gpc\":true,\"gpc\":false"),
    ] {
        let changed = text.replacen(word, other, 1);
        assert_ne!(changed, text, "{word}");
        assert!(read(changed.as_bytes()).is_err(), "{word} as {other}");
    }
    assert!(matches!(read(&vec![b' '; LONGEST + 1]), Err(Unreadable::Long)));
}

/// Records are kept for years: what an earlier version wrote is read for ever.
#[test]
fn what_the_first_version_wrote_is_read() {
    let written = concat!(
        r#"{"choice":{"act":"refuse_all","mode":"as_set","regime":"opt-in"},"event":[{"entity_id":"visitor","#,
        r#""event_state":"refused","event_time":"2026-09-21T14:13:20Z","event_type":"explicit"}],"#,
        r#""party_identification":[{"party_id":"shop","party_role":"pii_controller"}],"pii_processing":{"#,
        r#""privacy_notice":"0303030303030303","purposes":[{"lawful_basis":"consent","purpose":"analytics","#,
        r#""state":"refused"}]},"record":{"record_id":"01010101010101010101010101010101","#,
        r#""schema_version":"ISO/IEC TS 27560:2023"}}"#
    );
    let record = read(written.as_bytes()).unwrap();
    assert_eq!((record.act, record.refused.as_slice()), (Act::RefuseAll, &["analytics".to_owned()][..]));
    assert_eq!(record.circumstances, Circumstances::default());
}

#[test]
fn what_a_newer_version_adds_is_let_pass() {
    let mut value: Value = serde_json::from_slice(&write(&one())).unwrap();
    value["later"] = Value::from(1);
    value["choice"]["later"] = Value::from("word");
    value["event"][0]["later"] = Value::Null;
    assert_eq!(read(&serde_json::to_vec(&value).unwrap()).unwrap(), one());
}

/// Whether a text has the one spelling: keys in order, no blanks, no needless escapes.
fn is_canonical(text: &str) -> bool {
    fn ordered(value: &Value) -> bool {
        match value {
            Value::Object(map) => map.keys().is_sorted() && map.values().all(ordered),
            Value::Array(all) => all.iter().all(ordered),
            Value::Number(number) => number.is_u64() || number.is_i64(),
            Value::Null => false,
            Value::Bool(_) | Value::String(_) => true,
        }
    }
    let value: Value = serde_json::from_str(text).unwrap();
    ordered(&value) && serde_json::to_string(&value).unwrap() == text
}

proptest! {
    #[test]
    fn what_is_written_reads_as_itself_and_is_canonical(record in records()) {
        let text = write(&record);
        prop_assert!(text.len() <= LONGEST);
        prop_assert!(is_canonical(std::str::from_utf8(&text).unwrap()));
        prop_assert_eq!(read(&text).unwrap(), record);
    }

    #[test]
    fn nothing_that_is_read_panics(at in 0.0..1.0_f64, byte: u8) {
        let mut text = write(&one());
        let place = (text.len() as f64 * at) as usize;
        text[place] = byte;
        read(&text).ok();
    }
}
