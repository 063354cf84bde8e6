//! `records backup` and `records restore`: the database of records, copied while the gateway runs and put back when it doesn't.
//!
//! Refuses a copy that doesn't open, and to put one back under a gateway that runs. Invariant: what was there is moved aside, never
//! written over; keys are not copied, since they have backups of their own that end.

use std::path::PathBuf;

use clap::Args;

use super::{Fault, archive, configured};
use crate::cli::say;
use crate::config::Config;
use crate::proxy::now;
use crate::server::store_place;
use crate::store::copies::{self, Checked};

#[derive(Debug, Args)]
pub(in crate::cli) struct BackupArgs {
    /// The gateway's configuration file.
    #[arg(long)]
    config: PathBuf,
    /// The file to write.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RestoreArgs {
    /// The gateway's configuration file.
    #[arg(long)]
    config: PathBuf,
    /// The copy.
    #[arg(long)]
    from: PathBuf,
}

pub(super) async fn backup(args: &BackupArgs) -> Result<(), Fault> {
    let config = configured(&args.config)?;
    in_a_file(&config)?;
    archive(&config).await?;
    let (place, out) = (store_place(&config), args.out.clone());
    let checked = blocking(move || {
        copies::copy(&place, &out)?;
        copies::check(&out, &place)
    })
    .await?;
    say(format!("{} holds {}.", args.out.display(), told(&checked)));
    say(format!(
        "The keys of the records are not in it: keep {} and its backups too; without them a copy says nothing.",
        config.records.keys.path.display()
    ));
    Ok(())
}

pub(super) async fn restore(args: &RestoreArgs) -> Result<(), Fault> {
    let config = configured(&args.config)?;
    in_a_file(&config)?;
    let (place, from) = (store_place(&config), args.from.clone());
    let aside = format!("before-{}", now().0);
    let (checked, aside) = blocking(move || {
        let checked = copies::check(&from, &place)?;
        Ok((checked, copies::put_back(&from, &place, &aside)?))
    })
    .await?;
    say(format!("The store holds {} again.", told(&checked)));
    if let Some(aside) = aside {
        say(format!("What was there lies in {} now; remove it when you are content.", aside.display()));
    }
    Ok(())
}

/// A server's database has its own means.
fn in_a_file(config: &Config) -> Result<(), Fault> {
    match &config.store {
        None => Ok(()),
        Some(server) => Err(Fault::from(format!(
            "the store is {server}: copy and restore it by PostgreSQL's own means, such as pg_dump, and keep its keys in {} apart from that",
            config.records.keys.path.display()
        ))),
    }
}

fn told(checked: &Checked) -> String {
    let Checked { entries, readable, size } = checked;
    let destroyed = entries - readable;
    let lost = if destroyed > 0 {
        format!(" ({destroyed} of them destroyed since: their keys are gone)")
    } else {
        String::new()
    };
    format!("{entries} records and other evidence{lost}, and a log of {size} that verifies")
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, crate::store::Error> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?;
    Ok(done?)
}
