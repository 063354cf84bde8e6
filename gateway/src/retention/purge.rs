//! Carrying a plan out: entries go, keys go after them, absence is verified, and the register says what went.
//!
//! It refuses to say that something is destroyed which can still be read. Invariant: what is interrupted is found again by the next plan.

use std::collections::HashMap;

use policies::time::DAY;
use policies::{Date, Timestamp};

use super::keys::{self, Keys};
use super::plan::{Fate, Plan, Step};
use super::register::{self, Destroyed};
use super::{Desk, PAGE, at, contents, rotated};
use crate::ledger::EntryId;
use crate::store::{ALL_SITES, Deposit, Ending, Error, Sealed};

/// One step as it was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purged {
    /// The step.
    pub step: Step,
    /// How many of its entries are still there: something kept them.
    pub left: usize,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// By site, class and fate.
    pub steps: Vec<Purged>,
    /// Forms, sheets and texts that went, because no record names them any more.
    pub contents: u64,
    /// What became of keys.
    pub keys: Keys,
    /// Files of the access log that went.
    pub logs: Vec<String>,
    /// Whether no copy is left in the log of changes: a reader can keep it. Then the next purge tries again.
    pub complete: bool,
    /// Until then a backup of the keys can bring back what was destroyed now.
    pub beyond_recovery: Timestamp,
}

/// Carries a plan out. `by` is who approved it, where somebody did.
///
/// # Errors
/// The store's; what was done until then stays done.
pub async fn purge(desk: &Desk, plan: Plan, by: Option<&str>) -> Result<Done, Error> {
    let mut done = Done {
        steps: Vec::new(),
        contents: 0,
        keys: Keys::default(),
        logs: Vec::new(),
        complete: false,
        beyond_recovery: desk.store.archive().vault().folder().beyond_recovery(desk.now),
    };
    for step in plan.steps {
        carry_out(desk, &step).await?;
        let left = left(desk, &step).await?;
        done.steps.push(Purged { step, left });
    }
    forget_counts(desk).await?;
    done.contents = contents::forget(desk).await?;
    done.logs = rotated::remove(desk);
    done.keys = keys::destroy_spent(desk).await?;
    done.complete = desk.store.compact().await?;
    for Purged { step, left } in done.steps.iter().filter(|purged| purged.step.fate != Fate::Deposit) {
        let destroyed = Destroyed::of(step, *left, by, &done);
        desk.store.enter(register::entry(&destroyed, desk.now)?).await?;
    }
    Ok(done)
}

async fn carry_out(desk: &Desk, step: &Step) -> Result<(), Error> {
    for page in step.entries.chunks(PAGE) {
        let ids: Vec<EntryId> = page.iter().map(|(id, _)| *id).collect();
        match step.fate {
            Fate::Destroy => desk.store.destroy(ids).await?,
            Fate::DestroyDeposited => {
                let keys = desk.deposit(Vec::new(), move |deposit| deposit.destroy(&ids)).await?;
                desk.store.end(Ending::Spent(keys)).await?;
            }
            Fate::Deposit => {
                let sealed = desk.store.archive().sealed(ids.clone()).await?;
                let ended: HashMap<EntryId, Timestamp> = page.iter().copied().collect();
                let since = |sealed: Sealed| ended.get(&sealed.entry.id).map(|ended| (sealed, *ended));
                let entries: Vec<_> = sealed.into_iter().filter_map(since).collect();
                at(desk.config.records.archive.clone(), move |deposit: &mut Deposit| deposit.add(&entries)).await?;
                desk.store.end(Ending::Archived(ids)).await?;
            }
        }
    }
    Ok(())
}

/// How many entries of a step are still where they should be gone from.
async fn left(desk: &Desk, step: &Step) -> Result<usize, Error> {
    let mut left = 0;
    for page in step.entries.chunks(PAGE) {
        let ids: Vec<EntryId> = page.iter().map(|(id, _)| *id).collect();
        left += match step.fate {
            Fate::Destroy | Fate::Deposit => desk.store.archive().sealed(ids).await?.len(),
            Fate::DestroyDeposited => {
                let count = move |deposit: &mut Deposit| {
                    let found = ids.iter().map(|id| deposit.find(*id)).collect::<Result<Vec<_>, _>>()?;
                    Ok(found.into_iter().flatten().count())
                };
                desk.deposit(0, count).await?
            }
        };
    }
    Ok(left)
}

/// Counts of days go as each site's policy promises, what all sites have together with the first of them; counts by the hour after so many
/// days as are configured.
async fn forget_counts(desk: &Desk) -> Result<(), Error> {
    let mut first_kept = Vec::new();
    for site in desk.sites() {
        let before = first_day_kept(desk, site);
        first_kept.push(before);
        if let Some(before) = before {
            desk.store.end(Ending::Counts { site: site.name.clone(), before }).await?;
        }
        let today = site.life.day(desk.now).day_number();
        forget_hours(desk, &site.name, today).await?;
    }
    // What is of all sites is of the one whose promise ends first, too.
    if let Some(before) = first_kept.iter().flatten().max() {
        desk.store.end(Ending::Counts { site: ALL_SITES.to_owned(), before: *before }).await?;
    }
    forget_hours(desk, ALL_SITES, desk.now.date().day_number()).await?;
    // Where a site's counts stay for good, so does what tells their gaps.
    if let Some(before) = first_kept.into_iter().collect::<Option<Vec<_>>>().and_then(|days| days.into_iter().min()) {
        desk.store.end(Ending::Runs { before: before.start().plus_seconds(-DAY) }).await?;
    }
    Ok(())
}

async fn forget_hours(desk: &Desk, site: &str, today: i64) -> Result<(), Error> {
    let before = Date::of_day_number(today - i64::from(desk.config.statistics.hours_days));
    desk.store.end(Ending::Hours { site: site.to_owned(), before }).await
}

/// None where the policy promises nothing.
fn first_day_kept(desk: &Desk, site: &crate::config::SiteConfig) -> Option<Date> {
    let rule = super::Rule::of(&site.policy, policies::policy::RecordClass::Statistics)?;
    // A day's counts are due when its last second is. From a day that surely stays, back to the first that does: a few days.
    let stays = |day: i64| rule.over(Timestamp((day + 1) * DAY), site.life.zone()) > desk.now;
    let mut first = rule.earliest(desk.now).date().day_number() + 1;
    while stays(first - 1) {
        first -= 1;
    }
    Some(Date::of_day_number(first))
}
