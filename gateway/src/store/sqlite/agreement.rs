//! An agreement's part of a transaction.
//!
//! It refuses a code that served already: what was said first stays. Invariant: an agreement's record is stored with it, or
//! neither is.

use policies::Record;
use policies::consent::Reference;
use policies::time::DAY;
use rusqlite::{Transaction, params};

const AGREE: &str = "INSERT INTO agreement (site, reference, record, made) VALUES (?, ?, ?, ?)
    ON CONFLICT (site, reference) DO NOTHING";
const FORGET: &str = "DELETE FROM agreement WHERE made < ?";

/// How long a browser may come for what was agreed; by then its code is long over, so that it can't serve again.
const KEPT: i64 = 30 * DAY;

/// Whether the code had not served yet. The record itself is the caller's to add.
pub(super) fn add(transaction: &Transaction<'_>, reference: Reference, record: &Record) -> rusqlite::Result<bool> {
    transaction.prepare_cached(FORGET)?.execute(params![record.made.0.saturating_sub(KEPT)])?;
    let row = params![record.site, reference.0, record.id, record.made.0];
    transaction.prepare_cached(AGREE)?.execute(row).map(|rows| rows > 0)
}
