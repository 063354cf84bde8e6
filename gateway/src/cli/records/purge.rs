//! `records purge`: what is due by the policies' own tables, and its destruction.
//!
//! Refuses to destroy before it was told to with `--yes`. Invariant: what it says is destroyed was looked for and not found.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use policies::Timestamp;

use super::{Fault, PATIENCE, configured, told_chain};
use crate::cli::operate::who;
use crate::cli::say;
use crate::proxy::now;
use crate::retention::{self, Desk, Done, Fate, Plan, Step};
use crate::server::{store_limits, store_place};
use crate::store::{self, Store};

#[derive(Debug, Args)]
pub(in crate::cli) struct PurgeArgs {
    /// The gateway's configuration file.
    #[arg(long)]
    config: PathBuf,
    /// Only tell what would go and why.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Destroy it.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn purge(args: &PurgeArgs) -> Result<(), Fault> {
    let config = Arc::new(configured(&args.config)?);
    // A gateway that has run has made what is opened here.
    super::archive(&config).await?;
    let limits = store::Limits { wait: PATIENCE * 2, lock_wait: PATIENCE, ..store_limits(&config) };
    let store = Store::open(&store_place(&config), &limits)?;
    let desk = Desk { store: store.clone(), config, now: now() };
    let done = purged(&desk, args).await;
    store.close().await;
    done
}

async fn purged(desk: &Desk, args: &PurgeArgs) -> Result<(), Fault> {
    let plan = retention::plan(desk).await.map_err(|error| told_chain(&error))?;
    say(planned(&plan, desk));
    if args.dry_run || !args.yes {
        if !args.dry_run && !plan.is_empty() {
            say("Nothing was done. To do it: the same command with --yes");
        }
        return Ok(());
    }
    let by = who();
    let done = retention::purge(desk, plan, Some(&by)).await.map_err(|error| told_chain(&error))?;
    say(outcome(&done));
    let left: usize = done.steps.iter().map(|purged| purged.left).sum();
    if left > 0 {
        return Err(Fault::Sentence(format!(
            "{left} records are still there; purge again and look at the log if they stay"
        )));
    }
    Ok(())
}

/// What is due, a line for each class of each site.
fn planned(plan: &Plan, desk: &Desk) -> String {
    let mut lines: Vec<String> = plan.steps.iter().map(line).collect();
    if lines.is_empty() {
        lines.push(String::from("Nothing is due."));
    }
    for (site, class) in &plan.without_row {
        let class = retention::word(*class);
        lines.push(format!(
            "{site}: the policy's retention table has no row for `{class}`: nothing of it is destroyed. Add one with classes = [\"{class}\"]"
        ));
    }
    if desk.config.records.approval {
        lines.push(String::from("The gateway waits for this command: [records] approval = true."));
    }
    lines.join("\n")
}

fn line(step: &Step) -> String {
    let fate = match step.fate {
        Fate::Deposit => "move to the deposit (a law keeps them)",
        Fate::Destroy => "destroy",
        Fate::DestroyDeposited => "destroy in the deposit",
    };
    format!(
        "{site}: {fate}: {count} of class {class}, made {oldest} to {newest}, kept for {period}",
        site = step.site,
        count = step.entries.len(),
        class = retention::word(step.class),
        oldest = step.oldest.date(),
        newest = step.newest.date(),
        period = step.rule.period,
    )
}

fn outcome(done: &Done) -> String {
    let destroyed = |purged: &&retention::Purged| purged.step.fate != Fate::Deposit;
    let count: usize = done.steps.iter().filter(destroyed).map(|purged| purged.step.entries.len() - purged.left).sum();
    let mut lines = vec![format!("{count} records are destroyed; the register of destruction says so.")];
    let retention::Keys { destroyed, wrapped, resting } = done.keys;
    lines.push(format!(
        "Keys: {destroyed} destroyed, {resting} go with the next purge, {wrapped} other records wrapped anew."
    ));
    if count > 0 || destroyed > 0 {
        lines.push(format!(
            "Until {} a backup of the keys could bring them back; after that nothing can.",
            day(done.beyond_recovery)
        ));
    }
    lines
        .extend((!done.logs.is_empty()).then(|| format!("Files of the access log removed: {}.", done.logs.join(", "))));
    lines.extend((done.contents > 0).then(|| {
        format!("{} forms, sheets and texts removed: no record that is kept names them any more.", done.contents)
    }));
    if !done.complete {
        lines.push(String::from(
            "Incomplete: a reader keeps the database's log of changes, which may hold copies. The gateway tries again.",
        ));
    }
    lines.join("\n")
}

fn day(moment: Timestamp) -> String {
    moment.date().to_string()
}
