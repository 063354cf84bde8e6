//! `policy`: lines of a policy file, made from what an owner has already. They go to standard output, what is to be known about them to
//! standard error, so that they can be appended as they are.
//!
//! Refuses to change a file.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use policies::draft::{List, draft, draft_published, read_list};
use policies::encoding::decoded;
use policies::import::{Format, Imported, import};
use policies::policy::{Fault, Policy, compile};
use policies::rules::catalog::Catalog;
use url::Url;

use super::drift::{self, DriftArgs};
use super::{chain, check, note, policy_life, say};
use crate::client::page;
use crate::config::{FileFault, STARTER};

/// The longest list that is read: some thousand cookies with long descriptions.
const LONGEST_LIST: u64 = 8 << 20;

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Turn a list of cookies (CSV or JSON, as another consent tool exports it) into policy lines.
    Cookies(Cookies),
    /// Read a privacy policy as it is published (text, Markdown, a page saved from a browser, or a page's address) into a policy file for review.
    Import(Import),
    /// Print the paragraphs, in Korean and English, that a privacy policy needs on the gateway's own cookie and records.
    Snippet,
    /// Tell what changes from one version of a policy to another, by meaning, and what of it matters to visitors' rights.
    Diff(policy_life::DiffArgs),
    /// Check policies with all their versions: notices, periods, recipients, what Korean law asks for. Every fault at once.
    Check(policy_life::CheckArgs),
    /// Begin a version: a copy of the last one, with the earliest lawful day of effect.
    New(policy_life::NewArgs),
    /// Print the letter that tells people of a version.
    Mail(policy_life::MailArgs),
    /// Hold a policy against its site's traffic: what was seen and isn't declared, what is declared and isn't seen.
    Drift(DriftArgs),
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The saved page, or its address.
    #[arg(value_name = "FILE|URL")]
    page: PathBuf,
    /// A policy file for review, or the facts that were read.
    #[arg(long, value_enum, default_value = "toml")]
    format: ImportFormat,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ImportFormat {
    Toml,
    Json,
}

/// What an owner adds to the published policy.
const SNIPPET: [&str; 2] = [
    include_str!("../../../policies/snippets/own-cookie.ko.md"),
    include_str!("../../../policies/snippets/own-cookie.en.md"),
];

#[derive(Debug, Args)]
pub(super) struct Cookies {
    /// The list.
    list: PathBuf,
    /// The policy that the lines are for; without it, the opt-in starter policy.
    #[arg(long)]
    policy: Option<PathBuf>,
}

pub(super) async fn main(command: &PolicyCommand) -> ExitCode {
    let done = match command {
        PolicyCommand::Drift(args) => return drift::main(args).await,
        PolicyCommand::Cookies(args) => drafted(args),
        PolicyCommand::Import(args) => imported(args).await.map_err(|fault| vec![(args.page.clone(), fault)]),
        PolicyCommand::Snippet => {
            say(SNIPPET.map(str::trim_end).join("\n\n"));
            Ok(())
        }
        PolicyCommand::Diff(args) => policy_life::show_diff(args),
        PolicyCommand::Mail(args) => policy_life::show_mail(args),
        PolicyCommand::Check(args) => return policy_life::check(args),
        PolicyCommand::New(args) => return policy_life::begin(args),
    };
    let faults = match done {
        Ok(()) => return ExitCode::SUCCESS,
        Err(faults) => faults,
    };
    check::told(&faults)
}

fn drafted(args: &Cookies) -> Result<(), Vec<FileFault>> {
    let of = |path: &Path| {
        let path = path.to_owned();
        move |fault: Fault| vec![(path.clone(), fault)]
    };
    let list = read(&args.list).and_then(|bytes| read_list(&decoded(&bytes, None)?)).map_err(of(&args.list))?;
    let (catalog, policy) = policy_of(args.policy.as_deref())?;
    let draft = draft(&list, &policy, &catalog);
    if !draft.text.is_empty() {
        say(draft.text.trim_end());
    }
    tell_unread(&args.list, &list);
    let (written, known, open) = (draft.written, draft.known, draft.open);
    note(&format!(
        "{written} became lines, {known} are in the policy already, {open} wait for an answer at the end, {} could not be read",
        list.unread.len()
    ));
    Ok(())
}

async fn imported(args: &Import) -> Result<(), Fault> {
    let read = match args.page.to_str().and_then(|written| Url::parse(written).ok()).filter(is_on_the_web) {
        Some(address) => import_from(&address).await?,
        None => import(&read(&args.page)?, format_of(&args.page))?,
    };
    match args.format {
        ImportFormat::Json => say(read.json()),
        ImportFormat::Toml => say(draft_published(&read).trim_end()),
    }
    if read.sections.is_empty() {
        note(&format!("{}: no sections of a privacy policy were found: is it the right page?", args.page.display()));
    }
    Ok(())
}

fn is_on_the_web(address: &Url) -> bool {
    matches!(address.scheme(), "http" | "https")
}

/// What a file's name says of it.
fn format_of(path: &Path) -> Option<Format> {
    match path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("html" | "htm" | "xhtml") => Some(Format::Html),
        Some("md" | "markdown") => Some(Format::Markdown),
        _ => None,
    }
}

/// Fetches a page and reads it; what the answer says of it counts as a file's name does.
async fn import_from(address: &Url) -> Result<Imported, Fault> {
    let longest = usize::try_from(LONGEST_LIST).unwrap_or(usize::MAX);
    let page = page::fetch(address, longest).await.map_err(|error| Fault::new("", 0, chain(&error)))?;
    let (kind, charset) = page.kind.split_once(';').unwrap_or((&page.kind, ""));
    let format = match kind.trim() {
        "text/html" | "application/xhtml+xml" => Some(Format::Html),
        "text/markdown" => Some(Format::Markdown),
        _ => None,
    };
    let label = charset.split_once("charset=").map(|(_, label)| label.trim().trim_matches('"'));
    match label.and_then(policies::encoding::named) {
        Some(encoding) => import(decoded(&page.bytes, Some(encoding))?.as_bytes(), format),
        None => import(&page.bytes, format),
    }
}

/// Rows that could not be read are told one by one: nothing of a list is lost.
fn tell_unread(path: &Path, list: &List) {
    for Fault { line, message, .. } in &list.unread {
        let place = if *line > 0 { format!(":{line}") } else { String::new() };
        note(&format!("{}{place}: {message}", path.display()));
    }
}

fn policy_of(path: Option<&Path>) -> Result<(Catalog, Policy), Vec<FileFault>> {
    let of =
        |path: &Path, faults: Vec<Fault>| faults.into_iter().map(|fault| (path.to_owned(), fault)).collect::<Vec<_>>();
    let catalog = Catalog::bundled().map_err(|faults| of(Path::new("the bundled catalogue"), faults))?;
    let policy = match path {
        None => compile(STARTER, &catalog).map_err(|faults| of(Path::new("the bundled starter policy"), faults))?,
        Some(path) => check::compiled(path, &catalog).map_err(|faults| of(path, faults))?,
    };
    Ok((catalog, policy))
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let unreadable = |error: std::io::Error| Fault::new("", 0, format!("can't be read: {error}"));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LONGEST_LIST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST_LIST {
        return Err(Fault::new("", 0, format!("is longer than {} MiB: split it", LONGEST_LIST >> 20)));
    }
    Ok(bytes)
}
