//! Keys whose entries were destroyed go too: what else lies under them is wrapped anew first.
//!
//! It refuses to take a key that a writer may still have in hand: one is used on its own day (UTC) alone, and rests an hour longer.
//! Invariant: when a key is destroyed nothing that is kept lies under it.

use std::collections::HashMap;

use policies::time::DAY;
use policies::{Date, Timestamp};

use super::{Desk, PAGE};
use crate::ledger::EntryId;
use crate::store::{Ending, Error};
use crate::vault::{KeyId, Vault, Wrapped};

/// Seconds into the next day after which no writer has a key of the day before in hand.
const REST: i64 = 3_600;

/// What became of spent keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Destroyed now.
    pub destroyed: usize,
    /// Entries that were wrapped anew.
    pub wrapped: usize,
    /// Still in use today: they go with the next purge.
    pub resting: usize,
}

/// Destroys the keys that are spent and at rest, then makes today's backup and lets old ones go.
pub(super) async fn destroy_spent(desk: &Desk) -> Result<Keys, Error> {
    let vault = desk.store.archive().vault();
    let days: HashMap<KeyId, Date> = vault.folder().keys()?.into_iter().map(|(day, id)| (id, day)).collect();
    let mut keys = Keys::default();
    for key in desk.store.archive().spent().await? {
        if days.get(&key).is_some_and(|day| !is_at_rest(*day, desk.now)) {
            keys.resting += 1;
            continue;
        }
        if days.contains_key(&key) {
            keys.wrapped += free(desk, vault, key).await?;
            vault.destroy(key)?;
        }
        desk.store.end(Ending::KeyGone(key)).await?;
        keys.destroyed += 1;
    }
    vault.folder().back_up(desk.now.date())?;
    Ok(keys)
}

/// Wraps what lies under a key anew, in the store and in the deposit.
async fn free(desk: &Desk, vault: &Vault, key: KeyId) -> Result<usize, Error> {
    let today = desk.now.date();
    let anew = |under: &[(EntryId, Wrapped)]| -> Result<Vec<(EntryId, Wrapped)>, Error> {
        under.iter().map(|(id, old)| Ok((*id, vault.wrap_anew(id, old, today)?))).collect()
    };
    let mut count = 0;
    loop {
        let wrapped = anew(&desk.store.archive().under(key, PAGE).await?)?;
        if wrapped.is_empty() {
            break;
        }
        count += wrapped.len();
        desk.store.end(Ending::Wrapped(wrapped)).await?;
    }
    loop {
        let wrapped = anew(&desk.deposit(Vec::new(), move |deposit| deposit.under(key, PAGE)).await?)?;
        if wrapped.is_empty() {
            return Ok(count);
        }
        count += wrapped.len();
        desk.deposit((), move |deposit| deposit.wrap(&wrapped)).await?;
    }
}

fn is_at_rest(day: Date, now: Timestamp) -> bool {
    now.0 >= (day.day_number() + 1) * DAY + REST
}
