//! `consent-gateway stats`: an answer for the terminal or for programs, read beside a gateway that runs.
//!
//! It refuses to write anything, also where nothing is stored yet. Invariant: what it prints passed disclosure control, as everywhere.

use std::path::PathBuf;
use std::time::Duration;

use policies::{Date, Timestamp};

use super::ask::{AskError, Frame, ask};
use super::disclosure::Threshold;
use super::question::{Cut, Dimension, Question, Resolution};
use super::terminal::{Letters, text};
use crate::config::{Config, day_of, usual_zone};
use crate::store::{Archive, Place};

/// Days of a period where none are asked for, and by the hour.
const USUAL_DAYS: i64 = 30;
const USUAL_DAYS_OF_HOURS: i64 = 2;

/// What to print.
#[derive(Clone, Debug, clap::Args)]
pub struct StatsArgs {
    /// The gateway's data folder.
    #[arg(long, default_value = ".data", conflicts_with = "config")]
    pub data: PathBuf,
    /// The gateway's configuration file: where it stores on a server, and for the site's own time zone and threshold.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// One site; without it, all together.
    #[arg(long)]
    pub site: Option<String>,
    /// The first day, YYYY-MM-DD, by the site's calendar; without it, thirty days are told, or two by the hour.
    #[arg(long, value_parser = day)]
    pub from: Option<Date>,
    /// The last day; without it, today.
    #[arg(long, value_parser = day)]
    pub to: Option<Date>,
    /// How finely: hour, day, week or month.
    #[arg(long, value_parser = resolution, default_value = "day")]
    pub every: Resolution,
    /// Each value for itself: policy, language, region, device, regime, page_group or signal.
    #[arg(long, value_parser = dimension, conflicts_with = "only")]
    pub by: Option<Dimension>,
    /// Only what has one value, such as device=phone.
    #[arg(long, value_parser = only)]
    pub only: Option<(Dimension, String)>,
    /// In ASCII, with a line for each step; so too where the output is no terminal.
    #[arg(long)]
    pub plain: bool,
    /// As JSON.
    #[arg(long, conflicts_with = "plain")]
    pub json: bool,
}

/// Where it is asked, and how it is written.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The store.
    pub place: Place,
    /// The sites' configuration, where one was named.
    pub config: Option<Config>,
    /// Now.
    pub now: Timestamp,
    /// Whether somebody reads it at a terminal.
    pub terminal: bool,
}

/// The answer as text.
///
/// # Errors
/// See [`AskError`].
pub async fn print(args: &StatsArgs, desk: &Desk) -> Result<String, AskError> {
    let archive = Archive::at(&desk.place, Duration::from_secs(2));
    let frame = frame(args, desk);
    let answer = ask(&archive, &question(args, &frame), &frame).await?;
    if args.json {
        return Ok(serde_json::to_string_pretty(&answer).unwrap_or_default());
    }
    let letters = if args.plain || !desk.terminal { Letters::Plain } else { Letters::Drawn };
    Ok(text(&answer, letters).trim_end().to_owned())
}

fn frame(args: &StatsArgs, desk: &Desk) -> Frame {
    let sites = desk.config.as_ref().map(|config| config.sites.as_slice()).unwrap_or_default();
    let asked = sites.iter().find(|site| args.site.as_ref().is_none_or(|name| *name == site.name));
    let zone = asked.map_or_else(usual_zone, |site| site.life.zone().clone());
    let threshold = desk.config.as_ref().map(|config| u64::from(config.statistics.threshold));
    Frame { zone, now: desk.now, threshold: threshold.and_then(Threshold::of).unwrap_or_default() }
}

fn question(args: &StatsArgs, frame: &Frame) -> Question {
    let to = args.to.unwrap_or_else(|| day_of(&frame.zone, frame.now));
    let days = if args.every == Resolution::Hour { USUAL_DAYS_OF_HOURS } else { USUAL_DAYS };
    let from = args.from.unwrap_or_else(|| Date::of_day_number(to.day_number() - days + 1));
    let cut = match (&args.by, &args.only) {
        (Some(dimension), _) => Cut::By(*dimension),
        (None, Some((dimension, value))) => Cut::Only(*dimension, value.clone()),
        (None, None) => Cut::Whole,
    };
    Question { site: args.site.clone(), from, to, resolution: args.every, cut }
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| String::from("a day is written like 2024-02-29"))
}

fn resolution(text: &str) -> Result<Resolution, String> {
    Resolution::of_name(text).ok_or_else(|| format!("steps are {}", Resolution::ALL.map(Resolution::name).join(", ")))
}

fn dimension(text: &str) -> Result<Dimension, String> {
    Dimension::of_name(text)
        .ok_or_else(|| format!("what can be told apart is {}", Dimension::ALL.map(Dimension::name).join(", ")))
}

fn only(text: &str) -> Result<(Dimension, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| String::from("write it as device=phone"))?;
    Ok((dimension(name)?, value.to_owned()))
}
