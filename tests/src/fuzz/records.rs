//! What must hold for any bytes that are taken for a record or a receipt.
//!
//! They refuse nothing, as their room does. Invariant: see the room.

use gateway::ledger::document;
use gateway::ledger::receipt::{Keys, check};

/// Whose signature the seed of receipts has.
const PUBLIC: [u8; 32] = *include_bytes!("receipt.public");

/// A record's document: what can be read is written so that it reads as the same, in one spelling.
pub fn record(data: &[u8]) {
    let Ok(record) = document::read(data) else { return };
    let written = document::write(&record);
    let again = document::read(&written).expect("what is written can be read");
    assert_eq!(again, record);
    assert_eq!(document::write(&again), written, "it has one spelling");
}

/// A receipt: what holds has a record on it, and a place in the log that its own contents lead to.
pub fn receipt(data: &[u8]) {
    let Ok(checked) = check(data, &Keys::of([PUBLIC])) else { return };
    assert_eq!(document::read(&checked.contents).expect("a record"), checked.record);
    assert!(checked.proof.is_none_or(|proof| proof.holds(&checked.salt, &checked.contents)));
}
