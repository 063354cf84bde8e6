//! What must hold for any bytes that are taken for a record, a receipt, or a step of a visitor's request.
//!
//! They refuse nothing, as their room does. Invariant: see the room.

use gateway::ledger::receipt::{Keys, check};
use gateway::ledger::{document, step};

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

/// A step of a request: as a record; and an entry of it is of the request that it names.
pub fn step(data: &[u8]) {
    let Ok(read) = step::read(data) else { return };
    let written = step::write(&read);
    let again = step::read(&written).expect("what is written can be read");
    assert_eq!(again, read);
    assert_eq!(step::write(&again), written, "it has one spelling");
    assert_eq!(step::entry([3; 16], &read).subject, Some(read.request));
}

/// A receipt: what holds has a record on it, and a place in the log that its own contents lead to.
pub fn receipt(data: &[u8]) {
    let Ok(checked) = check(data, &Keys::of([PUBLIC])) else { return };
    assert_eq!(document::read(&checked.contents).expect("a record"), checked.record);
    assert!(checked.proof.is_none_or(|proof| proof.holds(&checked.salt, &checked.contents)));
}
