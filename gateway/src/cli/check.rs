//! `check`: configuration and policies, every fault of every file at once.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use policies::policy::{Fault, Policy, compile};
use policies::rules::catalog::Catalog;

use super::{CheckArgs, chain, fail, say};
use crate::config::{self, FileFault, SiteConfig};
use crate::proxy::now;
use crate::server;
use crate::view::{FORM_BUDGET, form_weight};

pub(super) fn main(args: &CheckArgs) -> ExitCode {
    let mut faults: Vec<FileFault> = Vec::new();
    if let Some(path) = &args.config {
        match config::load(path, now()) {
            Ok(config) => {
                for site in &config.sites {
                    say(format_args!(
                        "{}: site {} in front of {}, policy of {}{}, {}",
                        path.display(),
                        site.name,
                        site.origin,
                        site.policy.effective,
                        to_come(site),
                        if site.regions.tell_apart() { "by region" } else { site.regime.name() }
                    ));
                    say_weights(site);
                    site.bodies.unmarked.iter().for_each(|file| say(config::unmarked(file)));
                    for warning in site.life.warnings.iter() {
                        say(format_args!("warning: {}", config::told(warning)));
                    }
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

/// From when later versions hold.
fn to_come(site: &SiteConfig) -> String {
    site.life.later().iter().map(|(_, later)| format!(", then {}", later.policy.effective)).collect()
}

/// Says in which languages the owner's words make the banner heavier than it should be on a slow line; it works all the same.
fn say_weights(site: &SiteConfig) {
    if site.wording.version().is_none() {
        return;
    }
    for lang in site.languages.offered() {
        let weight = form_weight(site, *lang);
        if weight > FORM_BUDGET {
            let (name, tag) = (&site.name, lang.tag());
            say(format_args!(
                "site {name}: form and sheet of the banner weigh {weight} bytes (gzip) in {tag}; over {FORM_BUDGET} it shows later on a slow line: shorten the words in [sites.words.{tag}]"
            ));
        }
    }
}

/// Prints faults, one a line as `file:line: key: message`.
pub(super) fn told(faults: &[FileFault]) -> ExitCode {
    for fault in faults {
        fail(&config::told(fault));
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
