//! The daily purge of a gateway that runs.
//!
//! It refuses to destroy where an officer approves what goes: then it tells what waits. Invariant: a failure is told and tried again; no
//! visitor waits for it.

use std::sync::Arc;
use std::time::Duration;

use policies::{Date, Timestamp};
use tokio::sync::watch;

use super::{Desk, Fate, Plan, plan, purge};
use crate::config::Config;
use crate::store::{Claim, Error, Store};

/// The first purge comes when the start is over.
const FIRST: Duration = Duration::from_secs(5);
/// How often the day is looked at, and a purge that failed or was incomplete is tried again.
const LOOK: Duration = Duration::from_secs(600);

/// What is claimed by one gateway of a store each day.
const PURGE: &str = "purge";

/// Purges once a day, by the configuration in force.
pub async fn run(current: watch::Receiver<Arc<Config>>, store: Store, clock: fn() -> Timestamp) {
    let (mut last, mut ours): (Option<Date>, Option<Date>) = (None, None);
    let mut pause = FIRST;
    loop {
        tokio::time::sleep(pause).await;
        pause = LOOK;
        let now = clock();
        if last == Some(now.date()) {
            continue;
        }
        // One gateway of a shared store does it; what it doesn't finish, it tries again.
        if ours != Some(now.date()) {
            match store.archive().claim(PURGE, now.date().to_string()).await {
                Ok(Claim::Ours) => ours = Some(now.date()),
                Ok(Claim::Done) => {
                    last = Some(now.date());
                    continue;
                }
                // Whoever is at it may end before it is done.
                Ok(Claim::Others) | Err(_) => continue,
            }
        }
        let config = Arc::clone(&current.borrow());
        let desk = Desk { store: store.clone(), config, now };
        match holding(&desk, once(&desk)).await {
            Ok(true) => {
                last = Some(now.date());
                store.archive().finish(PURGE, now.date().to_string()).await.ok();
            }
            Ok(false) => {}
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "what is due could not be destroyed; it is tried again in ten minutes");
            }
        }
    }
}

/// Does the work, and tells the other gateways of the store that it is being done.
async fn holding<T>(desk: &Desk, work: impl Future<Output = T>) -> T {
    // Both are polled at any time: they ask the same archive, where one may wait for the other's turn to end.
    let hold = async {
        let mut ticks = tokio::time::interval(LOOK);
        loop {
            ticks.tick().await;
            desk.store.archive().hold(PURGE, desk.now.date().to_string()).await.ok();
        }
    };
    tokio::select! {
        done = work => done,
        held = hold => held,
    }
}

/// Whether nothing is left to do today.
async fn once(desk: &Desk) -> Result<bool, Error> {
    let mut due = plan(desk).await?;
    tell_missing(&due);
    if desk.config.records.approval {
        due.steps.retain(|step| step.fate == Fate::Deposit || tell_waiting(step));
    }
    let done = purge(desk, due, None).await?;
    for purged in &done.steps {
        let (step, left) = (&purged.step, purged.left);
        let (site, class, count) = (&step.site, super::word(step.class), step.entries.len() - left);
        let fate = if step.fate == Fate::Deposit { "moved to the deposit" } else { "destroyed" };
        tracing::info!(site, class, count, left, period = %step.rule.period, "records were {fate}");
    }
    if !done.complete {
        tracing::warn!(
            "a reader keeps the database's log of changes: copies of what was destroyed go with the next try"
        );
    }
    Ok(done.complete)
}

fn tell_missing(plan: &Plan) {
    for (site, class) in &plan.without_row {
        let class = super::word(*class);
        tracing::warn!(
            site,
            class,
            "the policy's retention table has no row for these records, so that none is destroyed; add one with classes = [\"{class}\"]"
        );
    }
}

/// Says what waits for an officer, and that it isn't to be done now.
fn tell_waiting(step: &super::Step) -> bool {
    let (site, class, count) = (&step.site, super::word(step.class), step.entries.len());
    tracing::warn!(
        site,
        class,
        count,
        "records are due for destruction and wait for approval: consent-gateway records purge"
    );
    false
}
