//! `records export`: the records of a site and a time, for people and programs.
//!
//! Refuses to hold them all: they are read page by page. Invariant: what was destroyed is counted and not shown.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use clap::Args;
use policies::time::DAY;
use policies::{Date, Timestamp};

use super::{Fault, Reason, archive, configured, csv, day, noted, site};
use crate::cli::{chain, note};
use crate::config::Config;
use crate::ledger::{Entry, EntryClass, document};
use crate::store::{Archive, Asked};

/// Entries that are read at once.
const PAGE: usize = 500;

#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    /// The gateway's configuration file.
    #[arg(long)]
    config: PathBuf,
    /// One site by its name; without it, all.
    #[arg(long)]
    site: Option<String>,
    /// The first day, such as 2026-01-01 (UTC).
    #[arg(long, value_parser = day)]
    from: Option<Date>,
    /// The last day.
    #[arg(long, value_parser = day)]
    to: Option<Date>,
    /// The records' own documents, one a line, or a table.
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Into this new file instead of standard output.
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Jsonl,
    Csv,
}

pub(super) async fn export(args: &ExportArgs) -> Result<(), Fault> {
    let config = configured(&args.config)?;
    let sites = sites(&config, args.site.as_deref())?;
    let archive = archive(&config).await?;
    let range = Range { from: args.from, to: args.to };
    for site in &sites {
        noted(&config, site, "records export", &format!("all of {range}"), None, &args.reason).await?;
    }
    let mut out = opened(args.out.as_ref())?;
    if args.format == Format::Csv {
        line(&mut out, csv::HEAD.as_bytes())?;
    }
    let mut gone = 0;
    for site in sites {
        let asked = Asked { site: Some(site), class: Some(EntryClass::Consent), ..range.asked() };
        gone += each(&archive, asked, |entry| match args.format {
            Format::Jsonl => line(&mut out, &entry.contents),
            Format::Csv => {
                let record = document::read(&entry.contents).map_err(|error| chain(&error))?;
                line(&mut out, csv::row(&record).as_bytes())
            }
        })
        .await?;
    }
    out.flush().map_err(unwritten)?;
    if gone > 0 {
        note(&format!("{gone} records of this time were destroyed and are not among these"));
    }
    Ok(())
}

/// The sites that are meant, by name.
pub(super) fn sites(config: &Config, named: Option<&str>) -> Result<Vec<String>, Fault> {
    match named {
        Some(name) => Ok(vec![site(config, name)?.name.clone()]),
        None => Ok(config.sites.iter().map(|site| site.name.clone()).collect()),
    }
}

/// Some days, both ends included.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

impl Range {
    pub(super) fn asked(self) -> Asked {
        Asked {
            from: self.from.map(Date::start),
            until: self.to.map(|last| Timestamp(last.start().0.saturating_add(DAY))),
            ..Asked::default()
        }
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = |day: Option<Date>| day.map_or_else(|| String::from("-"), |day| day.to_string());
        write!(f, "{} to {}", end(self.from), end(self.to))
    }
}

/// Hands over the entries that are asked for, the oldest first; how many were destroyed.
pub(super) async fn each(
    archive: &Archive,
    mut asked: Asked,
    mut take: impl FnMut(Entry) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let mut gone = 0;
    loop {
        let page = archive.entries(asked.clone(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(gone) };
        asked.after = Some(last.seq);
        for numbered in page {
            match numbered.entry {
                Some(entry) => take(entry)?,
                None => gone += 1,
            }
        }
    }
}

fn opened(path: Option<&PathBuf>) -> Result<Box<dyn Write + Send>, Fault> {
    let Some(path) = path else { return Ok(Box::new(std::io::BufWriter::new(std::io::stdout()))) };
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let told = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => format!("{} is there already: name another file", path.display()),
        _ => format!("{} can't be written: {error}", path.display()),
    };
    Ok(Box::new(std::io::BufWriter::new(opened.map_err(told)?)))
}

fn line(out: &mut impl Write, bytes: &[u8]) -> Result<(), Fault> {
    Ok(out.write_all(bytes).and_then(|()| out.write_all(b"\n")).map_err(unwritten)?)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
fn unwritten(error: std::io::Error) -> String {
    format!("the export can't be written: {error}")
}
