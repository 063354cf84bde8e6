//! `records evidence`: what an inspection asks for, in one folder: versions, notices, pages, switches, counts, destructions, and the log.
//!
//! Refuses to hold any visitor's record. Invariant: the README says of the log what was computed, not what is hoped.

use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use clap::Args;
use policies::Date;
use policies::consent::Terms;

use super::evidence_words::{Filled, readme};
use super::export::{Range, each, sites};
use super::{Fault, archive, chain, configured, day, show, site, write_new};
use crate::bypass;
use crate::cli::{chain as told_chain, say};
use crate::config::{Config, SiteConfig};
use crate::csv::quoted;
use crate::ledger::letters::{hex, moment};
use crate::ledger::{EntryClass, HeadKey, Published, document};
use crate::proxy::now;
use crate::shown::{self, Face};
use crate::site::Sites;
use crate::stats::question::Dimension;
use crate::store::{Archive, Asked, ContentKind, FigureRow, FiguresAsked, Grain};

/// Rows of counts, and pages that records name, at the most.
const MOST_ROWS: usize = 1_000_000;
const MOST_PAGES: usize = 1_000;

#[derive(Debug, Args)]
pub(in crate::cli) struct EvidenceArgs {
    /// The gateway's configuration file.
    #[arg(long)]
    config: PathBuf,
    /// One site by its name; without it, all.
    #[arg(long)]
    site: Option<String>,
    /// The first day, such as 2026-01-01 (UTC).
    #[arg(long, value_parser = day)]
    from: Date,
    /// The last day.
    #[arg(long, value_parser = day)]
    to: Date,
    /// A folder that is not there yet.
    #[arg(long)]
    out: PathBuf,
}

/// What all parts are written from.
struct Pack<'p> {
    config: &'p Config,
    archive: &'p Archive,
    range: Range,
}

pub(super) async fn evidence(args: &EvidenceArgs) -> Result<(), Fault> {
    if args.from > args.to {
        return Err(String::from("--from is later than --to").into());
    }
    let config = configured(&args.config)?;
    let archive = archive(&config).await?;
    let names = sites(&config, args.site.as_deref())?;
    let key = &config.records.receipt_key;
    if !key.is_file() {
        return Err(format!("{} is not there: the gateway that signs the log makes it", key.display()).into());
    }
    let key = HeadKey::open(key).map_err(|error| told_chain(&error))?;
    folder(&args.out)?;
    let range = Range { from: Some(args.from), to: Some(args.to) };
    let pack = Pack { config: &config, archive: &archive, range };
    for name in &names {
        pack.site(site(&config, name)?, &args.out.join(name)).await?;
    }
    let turns =
        bypass::read_state(&config.data).map_err(|error| format!("the emergency switch can't be read: {error}"))?;
    let turns: String = turns.turns().iter().map(|turn| format!("{turn}\n")).collect();
    write_new(&args.out.join("switches.txt"), turns.as_bytes())?;
    let log = args.out.join("log");
    folder(&log)?;
    let published = Published::of(&config.records.receipt_key, &key);
    write_new(&log.join("keys.json"), published.json().as_bytes())?;
    let proof = chain::prove(&archive, &published.keys(), &log).await?;
    let filled = Filled {
        range: &range.to_string(),
        made: &moment(now()),
        sites: &names.join(", "),
        size: proof.size,
        heads: proof.heads,
        fault: proof.fault.as_deref(),
    };
    write_new(&args.out.join("README.md"), readme(&filled).as_bytes())?;
    match proof.fault {
        Some(fault) => Err(fault.into()),
        None => {
            say(format_args!("{}: {} leaves and {} heads of the log fit", args.out.display(), proof.size, proof.heads));
            Ok(())
        }
    }
}

fn days(promised: Option<u16>) -> String {
    promised.map(|days| days.to_string()).unwrap_or_default()
}

fn folder(path: &Path) -> Result<(), Fault> {
    let made = std::fs::DirBuilder::new().mode(0o700).create(path);
    Ok(made.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => format!("{} is there already: name a new folder", path.display()),
        _ => format!("{} can't be made: {error}", path.display()),
    })?)
}

impl Pack<'_> {
    async fn site(&self, site: &SiteConfig, into: &Path) -> Result<(), Fault> {
        folder(into)?;
        self.versions(site, into)?;
        self.pages(site, into).await?;
        write_new(&into.join("settings.json"), &site.settings.json())?;
        self.entries(site, EntryClass::Configuration, &into.join("configuration.jsonl")).await?;
        self.entries(site, EntryClass::Destruction, &into.join("destruction.jsonl")).await?;
        self.counts(site, &into.join("counts.csv")).await
    }

    fn versions(&self, site: &SiteConfig, into: &Path) -> Result<(), Fault> {
        let folder_of = into.join("policies");
        folder(&folder_of)?;
        let mut table = String::from("version,announced,effective,notice_days,notice_days_material,name\n");
        let all = site.life.history.versions();
        for (place, version) in all.iter().enumerate() {
            let policy = &version.policy;
            let ended = all.get(place + 1).is_some_and(|next| Some(next.policy.effective) <= self.range.from);
            let begun = policy.announced.unwrap_or(policy.effective);
            if ended || Some(begun) > self.range.to {
                continue;
            }
            let announced = policy.announced.map(|day| day.to_string()).unwrap_or_default();
            table.push_str(&format!(
                "{},{announced},{},{},{},{}\n",
                policy.version,
                policy.effective,
                days(policy.notice.ordinary_days),
                days(policy.notice.material_days),
                quoted(&version.name)
            ));
            write_new(&folder_of.join(format!("{}.toml", policy.version)), version.source.as_bytes())?;
        }
        write_new(&into.join("versions.csv"), table.as_bytes())
    }

    /// The faces as they are now, and those that records of these days name.
    async fn pages(&self, site: &SiteConfig, into: &Path) -> Result<(), Fault> {
        let pages = into.join("pages");
        folder(&pages)?;
        let all = Sites::new(self.config);
        let host = site.hosts.first().map_or("localhost", String::as_str);
        if let Some(present) = all.find(host, now()) {
            let terms = Terms::of(present.config.regime);
            for (face, name) in [(Face::Banner, "banner"), (Face::Settings, "settings")] {
                for lang in present.config.languages.offered() {
                    let html = shown::html(present, shown::Key { face, lang: *lang, terms });
                    let page = show::whole(&html, &shown::sheets(present, face));
                    write_new(&pages.join(format!("{name}-{}.html", lang.tag())), page.as_bytes())?;
                }
            }
        }
        let mut named = BTreeSet::new();
        let asked = Asked { site: Some(site.name.clone()), class: Some(EntryClass::Consent), ..self.range.asked() };
        each(self.archive, asked, |entry| {
            let around = document::read(&entry.contents).ok().map(|record| record.circumstances);
            if let (Some(form), true) = (around.as_ref().and_then(|around| around.form), named.len() < MOST_PAGES) {
                named.insert((form, around.and_then(|around| around.style)));
            }
            Ok(())
        })
        .await?;
        for (form, style) in named {
            let Some(html) = self.archive.content(ContentKind::Form, form).await? else { continue };
            let style = match style {
                Some(style) => self.archive.content(ContentKind::Style, style).await?.unwrap_or_default(),
                None => Vec::new(),
            };
            let page = show::whole(&String::from_utf8_lossy(&html), &String::from_utf8_lossy(&style));
            write_new(&pages.join(format!("seen-{}.html", hex(&form))), page.as_bytes())?;
        }
        Ok(())
    }

    async fn entries(&self, site: &SiteConfig, class: EntryClass, file: &Path) -> Result<(), Fault> {
        let mut lines = Vec::new();
        let asked = Asked { site: Some(site.name.clone()), class: Some(class), ..self.range.asked() };
        each(self.archive, asked, |entry| {
            lines.extend_from_slice(&entry.contents);
            lines.push(b'\n');
            Ok(())
        })
        .await?;
        write_new(file, &lines)
    }

    async fn counts(&self, site: &SiteConfig, file: &Path) -> Result<(), Fault> {
        let (Some(from), Some(to)) = (self.range.from, self.range.to) else { return Ok(()) };
        let asked = FiguresAsked {
            grain: Grain::Day,
            site: site.name.clone(),
            dimension: Dimension::Policy.name().to_owned(),
            value: None,
            from: from.day_number(),
            to: to.day_number(),
        };
        let mut table = String::from("day,policy,purpose,figure,count\n");
        for FigureRow { cell, counts } in self.archive.figures(asked, MOST_ROWS).await? {
            let (day, policy) = (Date::of_day_number(cell.at), quoted(&cell.value));
            for (purpose, figure, count) in counts.each().filter(|(.., count)| *count > 0) {
                table.push_str(&format!("{day},{policy},{},{figure},{count}\n", quoted(purpose)));
            }
        }
        write_new(file, table.as_bytes())
    }
}
