//! What operators do beside a gateway that runs: the emergency switch, and passes for their own requests.
//!
//! Refuses to make a data folder or a key: both belong to the gateway. Invariant: whatever is turned is on record.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use policies::Timestamp;

use super::{chain, fail, say};
use crate::bypass::{self, State, Turn};
use crate::config;
use crate::enforcement::Pass;
use crate::proxy::now;
use crate::seal::Seal;

/// Where the gateway keeps its data.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The gateway's configuration file, which names its data folder.
    #[arg(long, conflicts_with = "data")]
    config: Option<PathBuf>,
    /// The gateway's data folder.
    #[arg(long, default_value = ".data")]
    data: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(super) enum BypassCommand {
    /// From now on everything passes as it came: nothing is stripped, held, expired or put in.
    On(Switch),
    /// The gateway does its work again.
    Off(Switch),
    /// Tell which sites are bypassed, and who turned the switch when.
    Status(Place),
}

#[derive(Debug, Args)]
pub(super) struct Switch {
    /// One site by its name; without it, every site.
    #[arg(long)]
    site: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct PassArgs {
    /// How long the pass holds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=44_640))]
    minutes: u32,
    #[command(flatten)]
    place: Place,
}

/// The data folder, and the sites where a configuration names them.
struct Known {
    data: PathBuf,
    sites: Option<Vec<String>>,
}

impl Place {
    fn known(&self) -> Result<Known, String> {
        let known = match &self.config {
            None => Known { data: self.data.clone(), sites: None },
            Some(path) => {
                let (data, sites) = config::places(path)?;
                Known { data, sites: Some(sites) }
            }
        };
        if known.data.is_dir() {
            return Ok(known);
        }
        Err(format!("{} is no data folder: name the running gateway's by --data or --config", known.data.display()))
    }
}

pub(super) fn bypass(command: &BypassCommand) -> ExitCode {
    let done = match command {
        BypassCommand::On(switch) => turn(switch, true),
        BypassCommand::Off(switch) => turn(switch, false),
        BypassCommand::Status(place) => status(place),
    };
    done.map_or_else(|message| fail(&message), |()| ExitCode::SUCCESS)
}

fn turn(switch: &Switch, on: bool) -> Result<(), String> {
    let known = switch.place.known()?;
    if let (Some(site), Some(sites)) = (&switch.site, &known.sites)
        && !sites.contains(site)
    {
        return Err(format!("no site is named {site}: write one of {}", sites.join(", ")));
    }
    if let Some(site) = &switch.site
        && (site == "*" || site.contains(char::is_whitespace))
    {
        return Err(format!("\"{site}\" is no site's name"));
    }
    let turn = Turn { at: written(now()), on, site: switch.site.clone(), by: who() };
    bypass::turn(&known.data, &turn).map_err(|error| {
        format!(
            "the switch in {} can't be turned: {error}; turn it as the gateway's user or root",
            known.data.display()
        )
    })?;
    let site = switch.site.as_deref().unwrap_or("every site");
    say(format_args!("the bypass of {site} is {}; a running gateway follows within a second", word(on)));
    Ok(())
}

fn status(place: &Place) -> Result<(), String> {
    let known = place.known()?;
    let state = bypass::read_state(&known.data)
        .map_err(|error| format!("the switch in {} can't be read: {error}", known.data.display()))?;
    told(&state, known.sites.as_deref());
    Ok(())
}

fn told(state: &State, sites: Option<&[String]>) {
    match sites {
        Some(sites) => sites.iter().for_each(|site| say(format_args!("{site}: {}", word(state.of(site).is_some())))),
        None => say(if state.is_on_somewhere() { "on" } else { "off" }),
    }
    state.turns().iter().for_each(say);
}

const fn word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// Who runs this, for the record: the one behind sudo, else the one logged in.
pub(super) fn who() -> String {
    let named = ["SUDO_USER", "LOGNAME", "USER"].iter().find_map(|name| std::env::var(name).ok());
    let plain =
        |name: String| name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.@".contains(*c)).take(64).collect();
    named.map(plain).filter(|name: &String| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

fn written(time: Timestamp) -> String {
    jiff::Timestamp::from_second(time.0).unwrap_or_default().to_string()
}

/// Prints a pass and how it is sent.
pub(super) fn pass(args: &PassArgs, pass: Pass) -> ExitCode {
    let issued = args.place.known().and_then(|known| Seal::existing(&known.data).map_err(|error| chain(&error)));
    let until = now().plus_seconds(i64::from(args.minutes) * 60);
    match issued {
        Ok(seal) => {
            say(format_args!("{}: {}", pass.header(), pass.issue(&seal, until)));
            ExitCode::SUCCESS
        }
        Err(message) => fail(&message),
    }
}
