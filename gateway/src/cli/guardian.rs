//! `guardian`: an officer of the site records what a parent or guardian agreed to, beside a gateway that runs.
//!
//! Refuses to make a data folder, a key or a database: they belong to the gateway. Invariant: nothing is said that is not
//! stored.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use policies::Record;
use policies::consent::Speaker;

use super::{chain, check, fail, say};
use crate::config::{self, Config, SiteConfig};
use crate::guardian::{self, Place, Said};
use crate::ledger::letters::hex;
use crate::proxy::now;
use crate::seal::Seal;
use crate::server::{store_limits, store_place};
use crate::store::{self, Archive, Store};
use crate::webhooks;

/// How long a lock of the gateway's is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Subcommand)]
pub(super) enum GuardianCommand {
    /// Record a guardian's consent to purposes. The visitor's browser takes it up when it looks for it.
    Grant(Grant),
}

#[derive(Debug, Args)]
pub(super) struct Grant {
    /// The gateway's configuration file.
    #[arg(long)]
    config: PathBuf,
    /// The site by its name.
    #[arg(long)]
    site: String,
    /// The code that the visitor's page showed.
    #[arg(long)]
    reference: String,
    /// Ids of the purposes that the guardian agrees to, with commas between them.
    #[arg(long, required = true, value_delimiter = ',')]
    purposes: Vec<String>,
    /// How the consent was had, such as "by telephone, form 7": one line, kept with the record. Name nobody.
    #[arg(long)]
    ground: Option<String>,
}

pub(super) async fn main(command: &GuardianCommand) -> ExitCode {
    let GuardianCommand::Grant(grant) = command;
    let config = match config::load(&grant.config, now()) {
        Ok(config) => config,
        Err(faults) => return check::told(&faults),
    };
    match granted(grant, &config).await {
        Ok(record) => {
            let (id, purposes) = (hex(&record.id), record.granted.join(", "));
            say(format_args!("recorded as {id}: {purposes}; the visitor's page takes it up when it looks for it"));
            ExitCode::SUCCESS
        }
        Err(message) => fail(&message),
    }
}

async fn granted(grant: &Grant, config: &Config) -> Result<Record, String> {
    let site = site(&grant.site, config)?;
    let seal = Seal::existing(&config.data).map_err(|error| chain(&error))?;
    let store = opened(config).await?;
    let purposes: Vec<&str> = grant.purposes.iter().map(|id| id.trim()).collect();
    let said = Said {
        reference: &grant.reference,
        purposes: &purposes,
        ground: grant.ground.as_deref(),
        speaker: Speaker::Officer,
    };
    let agreed = guardian::agree(said, Place { site, seal: &seal, store: &store }, now()).await;
    store.close().await;
    agreed.map_err(|error| chain(&error))
}

pub(super) fn site<'c>(name: &str, config: &'c Config) -> Result<&'c SiteConfig, String> {
    let known = || config.sites.iter().map(|site| site.name.as_str()).collect::<Vec<_>>().join(", ");
    let named = config.sites.iter().find(|site| site.name == name);
    named.ok_or_else(|| format!("no site is named {name}: write one of {}", known()))
}

/// The store of a gateway that has run. One that an older version wrote is left to that version.
pub(super) async fn opened(config: &Config) -> Result<Store, String> {
    // Nobody waits for this but the officer: a gateway that writes is let end.
    let limits = store::Limits { wait: PATIENCE * 2, lock_wait: PATIENCE, ..store_limits(config) };
    Archive::at(&store_place(config), limits.lock_wait).began().await.map_err(|error| chain(&error))?;
    let store = Store::open(&store_place(config), &limits).map_err(|error| chain(&error))?;
    webhooks::post_to_all(&store, config);
    Ok(store)
}
