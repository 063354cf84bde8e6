//! `records migrate`: everything that a store holds, taken over into another.
//!
//! Refuses a target with data in it, and a source that is written to. Invariant: keys stay in their files; what was moved is proved by the log
//! before it is said to be.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Fault, PATIENCE, configured};
use crate::cli::{chain, say};
use crate::config::{Config, Postgres};
use crate::ledger::letters::hex;
use crate::server::{store_limits, store_place};
use crate::store::{self, Place, relocate};

#[derive(Debug, Args)]
pub(in crate::cli) struct MigrateArgs {
    /// The configuration file: it names the keys, which stay where they are.
    #[arg(long)]
    config: PathBuf,
    /// Where everything lies now: sqlite:FOLDER, or postgres://…, env:NAME, file:PATH. Stop its gateways first.
    #[arg(long)]
    from: String,
    /// Where everything is to lie, in the same words; it must be empty, or hold a move from there that was broken off.
    #[arg(long)]
    to: String,
}

pub(super) async fn migrate(args: &MigrateArgs) -> Result<(), Fault> {
    let config = configured(&args.config)?;
    let folder = args.config.parent().unwrap_or(Path::new(""));
    let (from, to) = (place(&config, "--from", &args.from, folder)?, place(&config, "--to", &args.to, folder)?);
    // A page of entries takes longer than a choice.
    let limits = store::Limits { wait: PATIENCE * 12, lock_wait: PATIENCE, ..store_limits(&config) };
    let moved = relocate(&from, &to, &limits).await.map_err(|error| chain(&error))?;
    let (rows, sum) = moved.figures;
    say(format_args!(
        "moved {} entries, {} contents, {rows} counts (of {sum} in all), {} sightings, {} agreements, {} messages that wait",
        moved.entries, moved.contents, moved.seen, moved.agreements, moved.posted
    ));
    match moved.head {
        Some(head) => say(format_args!(
            "verified: the target's {} leaves make up the root {} that the source signed",
            head.size,
            hex(&head.root)
        )),
        None => say("verified: the log is empty on both sides"),
    }
    say(
        "now name the target by `store` in the configuration (without it the data folder is meant), and start the gateways",
    );
    Ok(())
}

fn place(config: &Config, option: &str, written: &str, folder: &Path) -> Result<Place, Fault> {
    let own = store_place(config);
    if let Some(data) = written.strip_prefix("sqlite:") {
        return Ok(Place { folder: PathBuf::from(data), postgres: None, ..own });
    }
    let server = Postgres::named(written, folder).map_err(|message| format!("{option} {message}"))?;
    Ok(own.on(server))
}
