//! `policy drift`: where a policy and a site's traffic have grown apart: what was seen and isn't declared, what is declared and isn't seen.
//!
//! Refuses to write, and to accuse before it has watched for thirty days. Invariant: read beside a gateway that runs, from what that has stored.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use policies::time::DAY;
use policies::{Date, Timestamp};

use super::{chain, check, fail, say};
use crate::config::{self, SiteConfig};
use crate::inventory::drift::{Drift, drift};
use crate::proxy::now;
use crate::server::store_place;
use crate::store::{Archive, Error};

/// How long another process's lock is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// As many rows as an inventory has.
const MOST: usize = 10_000;

#[derive(Debug, Args)]
pub(super) struct DriftArgs {
    /// The gateway's configuration file.
    #[arg(long)]
    config: PathBuf,
    /// One site by its name; without it, all.
    #[arg(long)]
    site: Option<String>,
    /// As text for people, or as JSON for programs.
    #[arg(long, value_enum, default_value = "text")]
    format: DriftFormat,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum DriftFormat {
    Text,
    Json,
}

pub(super) async fn main(args: &DriftArgs) -> ExitCode {
    let now = now();
    let config = match config::load(&args.config, now) {
        Ok(config) => config,
        Err(faults) => return check::told(&faults),
    };
    let wanted = |site: &&SiteConfig| args.site.as_ref().is_none_or(|name| *name == site.name);
    let sites: Vec<&SiteConfig> = config.sites.iter().filter(wanted).collect();
    if sites.is_empty() {
        let known: Vec<&str> = config.sites.iter().map(|site| site.name.as_str()).collect();
        return fail(&format!(
            "no site is named {}: write one of {}",
            args.site.as_deref().unwrap_or_default(),
            known.join(", ")
        ));
    }
    let archive = Archive::at(&store_place(&config), PATIENCE);
    let mut found = Vec::new();
    for site in sites {
        match of_site(site, &config.catalog, &archive, now).await {
            Ok(drift) => found.push((site, drift)),
            Err(error) => return fail(&chain(&error)),
        }
    }
    match args.format {
        DriftFormat::Text => {
            for (site, drift) in &found {
                say(text(site, drift, now).trim_end());
            }
        }
        DriftFormat::Json => {
            let sites: Vec<_> = found.iter().map(|(site, drift)| json(site, drift)).collect();
            say(serde_json::to_string_pretty(&serde_json::json!({ "sites": sites })).unwrap_or_default());
        }
    }
    ExitCode::SUCCESS
}

async fn of_site(
    site: &SiteConfig,
    catalog: &policies::rules::catalog::Catalog,
    archive: &Archive,
    now: Timestamp,
) -> Result<Drift, Error> {
    let rows = archive.seen(Some(site.name.clone()), MOST).await?;
    let counted = archive.first_day(site.name.clone()).await?.map(|day| Date::of_day_number(day).start());
    let since = rows.iter().map(|row| row.first_seen).chain(counted).min();
    Ok(drift(&site.policy, &site.policy_source, catalog, &rows, since, now))
}

fn text(site: &SiteConfig, drift: &Drift, now: Timestamp) -> String {
    let mut text = String::new();
    let file = &site.life.history.in_force(site.life.day(now)).name;
    // Writing to a string can't fail; so below.
    writeln!(text, "site {}, policy {file}", site.name).ok();
    match drift.since {
        None => writeln!(text, "  nothing was watched yet: no page of this site went through the gateway").ok(),
        Some(since) => writeln!(text, "  watched since {since} ({} days)", drift.days).ok(),
    };
    if drift.undeclared.is_empty() {
        writeln!(text, "  every cookie that was seen is declared").ok();
    } else {
        writeln!(text, "  seen and not declared:").ok();
        for one in &drift.undeclared {
            let held = one.purpose.as_ref().map(|purpose| format!(", held to {purpose} by the catalogue"));
            let (name, first, last) = (&one.name, one.first_seen, one.last_seen);
            writeln!(text, "    {name}: first {first}, last {last}{}", held.unwrap_or_default()).ok();
        }
        writeln!(text, "  lines to add:\n\n{}\n", drift.lines.trim_end()).ok();
    }
    for one in &drift.longer {
        let (name, seen, declared) = (&one.name, days(one.seen), days(one.declared));
        writeln!(text, "  {name} is set for {seen}, declared for {declared}").ok();
    }
    unseen(&mut text, drift);
    writeln!(text, "  not watched: browser storage, and requests that pages send elsewhere (try lists those)").ok();
    text
}

fn unseen(text: &mut String, drift: &Drift) {
    if !drift.is_sure() {
        if drift.since.is_some() {
            writeln!(text, "  what is declared and isn't seen can be told after 30 days").ok();
        }
        return;
    }
    if drift.unseen.is_empty() {
        writeln!(text, "  every cookie that is declared was seen in the last 30 days").ok();
        return;
    }
    writeln!(text, "  declared and not seen for 30 days (a page's own script may set it: look before you remove it):")
        .ok();
    for one in &drift.unseen {
        let last = one.last_seen.map_or_else(|| "never seen".to_owned(), |day| format!("last seen {day}"));
        let lines = one.lines.map_or_else(String::new, |(first, last)| format!(", lines {first} to {last}"));
        writeln!(text, "    {}: {last}{lines}", one.name).ok();
    }
}

fn days(seconds: i64) -> String {
    match seconds / DAY {
        0 if seconds == 0 => "the session".to_owned(),
        0 => format!("{seconds} seconds"),
        days => format!("{days} days"),
    }
}

fn json(site: &SiteConfig, drift: &Drift) -> serde_json::Value {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    serde_json::json!({
        "site": site.name,
        "policy": site.policy.version.to_string(),
        "watched_since": day(drift.since),
        "days": drift.days,
        "undeclared": drift.undeclared.iter().map(|one| serde_json::json!({
            "name": one.name,
            "purpose": one.purpose,
            "first_seen": one.first_seen.to_string(),
            "last_seen": one.last_seen.to_string(),
        })).collect::<Vec<_>>(),
        "lines_to_add": drift.lines,
        "longer": drift.longer.iter().map(|one| serde_json::json!({
            "name": one.name, "seen_seconds": one.seen, "declared_seconds": one.declared,
        })).collect::<Vec<_>>(),
        "unseen": drift.is_sure().then(|| drift.unseen.iter().map(|one| serde_json::json!({
            "name": one.name,
            "last_seen": day(one.last_seen),
            "lines": one.lines.map(|(first, last)| [first, last]),
        })).collect::<Vec<_>>()),
    })
}
