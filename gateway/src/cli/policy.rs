//! `policy`: lines of a policy file, made from what an owner has already. They go to standard output, what is to be known about them to
//! standard error, so that they can be appended as they are.
//!
//! Refuses to change a file.

use std::borrow::Cow;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use encoding_rs::{EUC_KR, Encoding};
use policies::draft::{List, draft, read_list};
use policies::policy::{Fault, Policy, compile};
use policies::rules::catalog::Catalog;

use super::{check, note, say};
use crate::config::{FileFault, STARTER};

/// The longest list that is read: some thousand cookies with long descriptions.
const LONGEST_LIST: u64 = 8 << 20;

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Turn a list of cookies (CSV or JSON, as another consent tool exports it) into policy lines.
    Cookies(Cookies),
}

#[derive(Debug, Args)]
pub(super) struct Cookies {
    /// The list.
    list: PathBuf,
    /// The policy that the lines are for; without it, the opt-in starter policy.
    #[arg(long)]
    policy: Option<PathBuf>,
}

pub(super) fn main(command: &PolicyCommand) -> ExitCode {
    let PolicyCommand::Cookies(args) = command;
    let faults = match drafted(args) {
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
    let list = read(&args.list).and_then(|bytes| read_list(&decoded(&bytes)?)).map_err(of(&args.list))?;
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

/// Spreadsheets write UTF-8, UTF-16 with its mark, or, in Korean ones, EUC-KR.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, Fault> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Ok(encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    let unknown = || Fault::new("", 0, "is neither UTF-8 nor EUC-KR: save it as UTF-8");
    EUC_KR.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(unknown)
}
