//! `check`: configuration and policies, every fault of every file at once.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use policies::policy::{Fault, Policy, compile};
use policies::rules::catalog::Catalog;

use super::{CheckArgs, chain, fail, say};
use crate::config::{self, FileFault};
use crate::server;

pub(super) fn main(args: &CheckArgs) -> ExitCode {
    let mut faults: Vec<FileFault> = Vec::new();
    if let Some(path) = &args.config {
        match config::load(path) {
            Ok(config) => {
                for site in &config.sites {
                    say(format_args!(
                        "{}: site {} in front of {}, policy of {}, {}",
                        path.display(),
                        site.name,
                        site.origin,
                        site.policy.effective,
                        if site.regions.tell_apart() { "by region" } else { site.regime.name() }
                    ));
                }
                let files = server::check(&config);
                faults.extend(files.iter().map(|error| (PathBuf::new(), Fault::new("", 0, chain(error)))));
                faults.extend(config.forgiven);
            }
            Err(found) => faults.extend(found),
        }
    }
    for path in &args.policies {
        match check_policy(path) {
            Ok(summary) => say(format_args!("{}: {summary}", path.display())),
            Err(found) => faults.extend(found.into_iter().map(|fault| (path.clone(), fault))),
        }
    }
    told(&faults)
}

/// Prints faults, one a line as `file:line: key: message`.
pub(super) fn told(faults: &[FileFault]) -> ExitCode {
    for (path, fault) in faults {
        let place = match (path.as_os_str().is_empty(), fault.line) {
            (true, _) => String::new(),
            (false, 0) => format!("{}: ", path.display()),
            (false, line) => format!("{}:{line}: ", path.display()),
        };
        let key = if fault.key.is_empty() { String::new() } else { format!("{}: ", fault.key) };
        fail(&format!("{place}{key}{}", fault.message));
    }
    if faults.is_empty() {
        say("no faults");
        return ExitCode::SUCCESS;
    }
    fail(&format!("{} fault{}", faults.len(), if faults.len() == 1 { "" } else { "s" }))
}

fn check_policy(path: &Path) -> Result<String, Vec<Fault>> {
    let policy = compiled(path, &Catalog::bundled()?)?;
    let (cookies, trackers) = (policy.cookies.declared().count(), policy.trackers.declared().count());
    let (purposes, version) = (policy.purposes.len(), policy.version);
    Ok(format!(
        "version {version}, {purposes} purposes, {cookies} cookies and {trackers} trackers declared, in force from {}",
        policy.effective
    ))
}

/// A policy's file, read and compiled.
pub(super) fn compiled(path: &Path, catalog: &Catalog) -> Result<Policy, Vec<Fault>> {
    let source =
        std::fs::read_to_string(path).map_err(|error| vec![Fault::new("", 0, format!("can't be read: {error}"))])?;
    compile(&source, catalog)
}
