//! `policy diff | check | new | mail`: the versions of a policy, compared, checked, begun and told.
//!
//! Refuses to change a file that is there: a new version is a new file. Invariant: every fault of every file is told at once.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use policies::draft::{Beginning, next_version};
use policies::policy::Fault;
use policies::policy::check::{Severity, earliest, promised};
use policies::policy::diff::{self, Change, Weight, diff, mail};
use policies::policy::history::{History, Version};
use policies::rules::catalog::Catalog;
use policies::{Date, Lang, Policy, Timestamp};

use super::policy_diff_page::comparison;
use super::{note, say};
use crate::config::{self, FileFault, Sources};
use crate::proxy::now;

#[derive(Debug, Args)]
pub(super) struct Two {
    /// The earlier version's file, or a folder: its last two versions.
    old: PathBuf,
    /// The later version's file.
    new: Option<PathBuf>,
    /// The language.
    #[arg(long, value_enum, default_value = "ko")]
    lang: LangArg,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    two: Two,
    /// For reading here, for a program, or a page that stands by itself.
    #[arg(long, value_enum, default_value = "text")]
    format: DiffFormat,
}

#[derive(Debug, Args)]
pub(super) struct MailArgs {
    #[command(flatten)]
    two: Two,
    /// Where the site's consent pages stand, such as https://shop.example/.consent/.
    #[arg(long)]
    portal: Option<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum DiffFormat {
    Text,
    Json,
    Html,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LangArg {
    Ko,
    En,
}

impl LangArg {
    const fn lang(self) -> Lang {
        match self {
            Self::Ko => Lang::Ko,
            Self::En => Lang::En,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Policies: a file is a policy of one version, a folder one with a version in each YYYY-MM-DD.toml.
    #[arg(required = true)]
    policies: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The folder with a version in each YYYY-MM-DD.toml.
    folder: PathBuf,
    /// The revision matters to visitors' rights: the longer notice that was promised.
    #[arg(long)]
    material: bool,
    /// Why it is written, in Korean.
    #[arg(long)]
    reason: Option<String>,
    /// Why it is written, in English.
    #[arg(long)]
    reason_en: Option<String>,
    /// The day on which it is told; without it today, in Korea where the operator is at home there, else in UTC.
    #[arg(long, value_parser = read_day)]
    announced: Option<Date>,
}

fn read_day(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "write a day that exists, as 2026-03-01".to_owned())
}

/// Prints what changes from one version to another.
pub(super) fn show_diff(args: &DiffArgs) -> Result<(), Vec<FileFault>> {
    let (old, new) = two(&args.two)?;
    let (changes, lang) = (diff(&old, &new), args.two.lang.lang());
    match args.format {
        DiffFormat::Text => say(diff::text(&old, &new, &changes, lang).trim_end()),
        DiffFormat::Json => say(diff::json(&old, &new, &changes)),
        DiffFormat::Html => match comparison(&old, &new, &changes, lang) {
            Ok(page) => say(page),
            Err(error) => return Err(fault(&args.two.old, error.to_string())),
        },
    }
    Ok(())
}

/// Prints the letter that tells of a version.
pub(super) fn show_mail(args: &MailArgs) -> Result<(), Vec<FileFault>> {
    let (old, new) = two(&args.two)?;
    let changes: Vec<Change> = diff(&old, &new);
    if changes.is_empty() {
        note("nothing changes between the two versions");
    }
    say(mail(&new, &changes, args.two.lang.lang(), args.portal.as_deref()).trim_end());
    Ok(())
}

/// Tells everything that is wrong with policies. Advice alone is no failure.
pub(super) fn check(args: &CheckArgs) -> ExitCode {
    let mut faults: Vec<FileFault> = Vec::new();
    for path in &args.policies {
        let history = match history(path) {
            Ok(history) => history,
            Err(found) => {
                faults.extend(found);
                continue;
            }
        };
        let findings = history.findings();
        let count = |of| findings.iter().filter(|finding| finding.severity == of).count();
        let (versions, wrong, better) = (history.versions().len(), count(Severity::Fault), count(Severity::Advice));
        let newest = history.versions().last().map(|version| version.policy.effective.to_string()).unwrap_or_default();
        say(format_args!(
            "{}: {versions} versions, the last of {newest}; faults: {wrong}, advice: {better}",
            path.display()
        ));
        for finding in findings {
            let told = (PathBuf::from(finding.name), finding.fault);
            match finding.severity {
                Severity::Fault => faults.push(told),
                Severity::Advice => say(format_args!("advice: {}", config::told(&told))),
            }
        }
    }
    super::check::told(&faults)
}

/// Begins a version: the last one's file under a new day.
pub(super) fn begin(args: &NewArgs) -> ExitCode {
    match begun(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(faults) => super::check::told(&faults),
    }
}

fn begun(args: &NewArgs) -> Result<(), Vec<FileFault>> {
    if !args.folder.is_dir() {
        return Err(fault(&args.folder, "is no folder: put the version that holds into it, as YYYY-MM-DD.toml"));
    }
    let history = history(&args.folder)?;
    let Some(last) = history.versions().last() else { return Err(fault(&args.folder, "holds no version")) };
    let announced = args.announced.unwrap_or_else(|| today(&last.policy, now()));
    let weight = if args.material { Weight::Material } else { Weight::Ordinary };
    let days = promised(last.policy.notice, weight);
    // A version that is to come begins first.
    let effective = earliest(announced, days).max(earliest(last.policy.effective, None));
    let reason = (args.reason.clone(), args.reason_en.clone());
    let written = next_version(&last.source, &Beginning { announced, effective, reason });
    let Some(written) = written else {
        return Err(fault(Path::new(&last.name), "can't be copied: it says no effective"));
    };
    let file = args.folder.join(format!("{effective}.toml"));
    let create = std::fs::OpenOptions::new().write(true).create_new(true).open(&file);
    create
        .and_then(|mut file| file.write_all(written.as_bytes()))
        .map_err(|error| fault(&file, format!("can't be written: {error}")))?;
    say(file.display());
    let promise = days.map_or_else(|| "no time is promised".to_owned(), |days| format!("{days} days were promised"));
    note(&format!(
        "told on {announced}, in force from {effective} ({promise}): write what changes and why, then `consent-gateway policy check {}`",
        args.folder.display()
    ));
    Ok(())
}

/// The day of a moment where the operator is at home; Korea has one time, nine hours before UTC.
fn today(policy: &Policy, now: Timestamp) -> Date {
    let ahead = if policy.home == "KR" { 9 * 3_600 } else { 0 };
    now.plus_seconds(ahead).date()
}

fn two(args: &Two) -> Result<(std::sync::Arc<Policy>, std::sync::Arc<Policy>), Vec<FileFault>> {
    let history_of = history(&args.old)?;
    let policy = |version: &Version| version.policy.clone();
    let Some(new) = &args.new else {
        return match history_of.versions() {
            [.., old, new] => Ok((policy(old), policy(new))),
            _ => Err(fault(&args.old, "holds one version: name two files, or a folder with two versions")),
        };
    };
    let later = history(new)?;
    match (history_of.versions().last(), later.versions().last()) {
        (Some(old), Some(new)) => Ok((policy(old), policy(new))),
        _ => Err(fault(new, "holds no version")),
    }
}

/// All versions of a policy.
fn history(path: &Path) -> Result<History, Vec<FileFault>> {
    let in_file = |faults: Vec<Fault>| faults.into_iter().map(|fault| (path.to_owned(), fault)).collect::<Vec<_>>();
    let catalog = Catalog::bundled().map_err(in_file)?;
    let Sources { read, unread } = config::sources(path);
    if !unread.is_empty() {
        return Err(unread.into_iter().map(|(file, message)| (file, Fault::new("", 0, message))).collect());
    }
    let named = |(name, fault): (String, Fault)| (PathBuf::from(name), fault);
    History::compile(read, &catalog).map_err(|faults| faults.into_iter().map(named).collect())
}

fn fault(path: &Path, message: impl Into<String>) -> Vec<FileFault> {
    vec![(path.to_owned(), Fault::new("", 0, message))]
}
