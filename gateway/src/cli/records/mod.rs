//! `records`: what officers read of the evidence, beside a gateway that runs.
//!
//! Refuses to show anybody's record without a reason: who looked at whose record and why is stored before it is shown. Invariant:
//! nothing is written over, and no data folder, key or database is made.

mod chain;
mod copies;
mod csv;
mod evidence;
mod evidence_words;
mod export;
mod migrate;
mod purge;
mod show;
mod verify;

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use policies::Date;

use super::operate::who;
use super::{chain as told_chain, check, fail, say};
use crate::config::{self, Config, SiteConfig};
use crate::ledger::EntryId;
use crate::ledger::access::Access;
use crate::ledger::letters::of_hex;
use crate::proxy::now;
use crate::seal::random;
use crate::server::{store_limits, store_place};
use crate::store::{self, Archive, Store};

/// How long a lock of the gateway's is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Subcommand)]
pub(super) enum RecordsCommand {
    /// Show one record, and write what that visitor saw as a page.
    Show(show::ShowArgs),
    /// Make out the receipt of a record.
    Receipt(show::ReceiptArgs),
    /// Check a receipt, without asking anybody.
    Verify(verify::VerifyArgs),
    /// Print records as JSON lines or CSV.
    Export(export::ExportArgs),
    /// Tell what is due for destruction by the policies' retention tables, and destroy it.
    Purge(purge::PurgeArgs),
    /// Copy the database of records while the gateway runs, and check the copy.
    Backup(copies::BackupArgs),
    /// Put a copy back while the gateway doesn't run.
    Restore(copies::RestoreArgs),
    /// Put together what an inspection asks for, in a new folder.
    Evidence(evidence::EvidenceArgs),
    /// Take everything over into another store: from a file to PostgreSQL, or back.
    Migrate(migrate::MigrateArgs),
}

/// Why somebody looks.
#[derive(Debug, Args)]
struct Reason {
    /// Why you look: one line, kept in the record of staff access.
    #[arg(long)]
    reason: Option<String>,
}

pub(super) async fn main(command: &RecordsCommand) -> ExitCode {
    let done = match command {
        RecordsCommand::Show(args) => show::show(args).await,
        RecordsCommand::Receipt(args) => show::receipt(args).await,
        RecordsCommand::Verify(args) => verify::verify(args).await,
        RecordsCommand::Export(args) => export::export(args).await,
        RecordsCommand::Purge(args) => purge::purge(args).await,
        RecordsCommand::Backup(args) => copies::backup(args).await,
        RecordsCommand::Restore(args) => copies::restore(args).await,
        RecordsCommand::Evidence(args) => evidence::evidence(args).await,
        RecordsCommand::Migrate(args) => migrate::migrate(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fault::Told(code)) => code,
        Err(Fault::Sentence(message)) => fail(&message),
    }
}

/// Why a command ends.
enum Fault {
    /// All is said already.
    Told(ExitCode),
    /// One sentence.
    Sentence(String),
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self::Sentence(message)
    }
}

impl From<store::Error> for Fault {
    fn from(error: store::Error) -> Self {
        Self::Sentence(told_chain(&error))
    }
}

fn configured(path: &Path) -> Result<Config, Fault> {
    config::load(path, now()).map_err(|faults| Fault::Told(check::told(&faults)))
}

/// What the gateway has stored; there must be something.
async fn archive(config: &Config) -> Result<Archive, Fault> {
    let archive = Archive::at(&store_place(config), PATIENCE);
    archive.began().await?;
    Ok(archive)
}

/// Notes who looks at what, before it is shown. `whose` is what was asked for.
async fn noted(
    config: &Config,
    site: &str,
    action: &str,
    whose: &str,
    subject: Option<[u8; 16]>,
    reason: &Reason,
) -> Result<(), Fault> {
    let account = who();
    let reason = reason.reason.as_deref().unwrap_or_default();
    let access = Access { account: &account, source: "command line", action, whose, reason };
    let id = random().map_err(|error| told_chain(&error))?;
    let entry = access.entry(id, site, subject, now()).map_err(|error| error.to_string())?;
    let limits = store::Limits { wait: PATIENCE * 2, lock_wait: PATIENCE, ..store_limits(config) };
    let store = Store::open(&store_place(config), &limits)?;
    let stored = store.enter(entry).await;
    store.close().await;
    Ok(stored?)
}

fn id_of(written: &str) -> Result<EntryId, Fault> {
    let bare = written.replace('-', "").to_ascii_lowercase();
    let wrong = || format!("{written} is no record's number: it has 32 digits and letters from a to f");
    Ok(of_hex(&bare).ok_or_else(wrong)?)
}

fn site<'c>(config: &'c Config, name: &str) -> Result<&'c SiteConfig, Fault> {
    let known = || config.sites.iter().map(|site| site.name.as_str()).collect::<Vec<_>>().join(", ");
    let found = config.sites.iter().find(|site| site.name == name);
    Ok(found.ok_or_else(|| format!("no site is named {name}: write one of {}", known()))?)
}

fn day(written: &str) -> Result<Date, String> {
    Date::parse(written).ok_or_else(|| format!("{written} is no day: write it as 2026-01-31"))
}

/// Writes a new file for this user alone.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    Ok(written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => format!("{} is there already: name another file", path.display()),
        _ => format!("{} can't be written: {error}", path.display()),
    })?)
}

/// Into a new file, or to standard output.
fn hand_over(out: Option<&PathBuf>, bytes: &[u8]) -> Result<(), Fault> {
    match out {
        Some(path) => write_new(path, bytes),
        None => {
            say(String::from_utf8_lossy(bytes).trim_end());
            Ok(())
        }
    }
}
