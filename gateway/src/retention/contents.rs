//! What hangs on records and isn't one: forms, sheets and texts that no record names any more, and heads of the log that nothing needs.
//!
//! It refuses to open records to learn what they name: a content's last day says it. Invariant: what goes was not shown for longer than any
//! record that could name it is kept, and no record as old as that is there.

use policies::policy::RecordClass;
use policies::time::DAY;
use policies::{Date, Timestamp};

use super::{Desk, PAGE, Rule};
use crate::store::{Deposit, Ending, Error};

/// A refusal may be owed for as long as browsers keep its cookie: its record then names what was shown that long before.
const OWED: i64 = 400 * DAY;
/// Days by which a record may be made after its form was noted as shown.
const APART: i64 = 2;
/// All heads of so many days stay; of earlier days the last of each does.
const ALL_HEADS: i64 = 7 * DAY;

/// Lets contents go, and heads that nothing needs; tells how many contents went.
pub(super) async fn forget(desk: &Desk) -> Result<u64, Error> {
    thin_heads(desk).await?;
    let Some(before) = unnamed_before(desk).await? else { return Ok(0) };
    let count = desk.store.archive().unshown(before).await?;
    if count > 0 {
        desk.store.end(Ending::Contents { before }).await?;
    }
    Ok(count)
}

/// The first day on which what was shown last may still be named by a record; None where records are kept without an end.
async fn unnamed_before(desk: &Desk) -> Result<Option<Date>, Error> {
    let mut longest = 0;
    for site in &desk.config.sites {
        for class in [RecordClass::Consent, RecordClass::Withdrawn] {
            let Some(rule) = Rule::of(&site.policy, class).filter(|_| !site.policy_missing) else { return Ok(None) };
            longest = longest.max(rule.period.most_seconds());
        }
    }
    let archived = desk.deposit(None, |deposit: &mut Deposit| deposit.oldest()).await?;
    let stored = desk.store.archive().oldest_choice().await?;
    let oldest = [archived, stored].into_iter().flatten().map(|oldest| oldest.date().day_number() - APART).min();
    let unowed = Timestamp(desk.now.0.saturating_sub(OWED.saturating_add(longest))).date().day_number();
    Ok(Some(Date::of_day_number(oldest.map_or(unowed, |oldest| oldest.min(unowed)))))
}

/// Receipts carry their own head, and the log's hashes prove how it grew: heads of earlier days are only landmarks.
async fn thin_heads(desk: &Desk) -> Result<(), Error> {
    let before = Timestamp(desk.now.0.saturating_sub(ALL_HEADS));
    loop {
        let crowded = desk.store.archive().crowded_heads(before, PAGE).await?;
        if crowded.is_empty() {
            return Ok(());
        }
        desk.store.end(Ending::Heads(crowded)).await?;
    }
}
