//! The versions of a site's policy: which one is in force on a day of the site's own calendar, and what the site enforces
//! under each that is in force or to come.
//!
//! Refuses files of a folder that don't say their day, and time zones that nobody knows. Invariant: who reads a configuration at
//! a moment gets the version in force then, and with it every later one, compiled; nothing is compiled later.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use policies::Regime;
use policies::Timestamp;
use policies::policy::check::{Finding, Severity};
use policies::policy::history::{History, Version};
use policies::policy::{Fault, Policy};
use policies::reader::{At, Table};
use policies::rules::catalog::Catalog;
use policies::time::Date;

use super::compile::{FileFault, STARTER};
use super::{OtherTool, Regions};

/// Where a site's days begin, unless its configuration says otherwise.
const DEFAULT_ZONE: &str = "Asia/Seoul";
/// The page that tells of changes, unless the site's configuration names another.
const START_PAGE: &str = "/";
/// Most versions of one policy.
const MOST_VERSIONS: usize = 200;
/// The longest policy file that is read.
const LONGEST: u64 = 4 << 20;
/// What a site without a policy file is said to go by.
const BUNDLED: &str = "the bundled starter policy";

/// What a site enforces under one version of its policy.
#[derive(Clone, Debug)]
pub struct Enforced {
    /// The version.
    pub policy: Arc<Policy>,
    /// Its file's text, kept as evidence of what was shown.
    pub source: Arc<str>,
    /// How the site asks where no region says otherwise.
    pub regime: Regime,
    /// How it asks in which part of the world.
    pub regions: Regions,
    /// What is done about another consent tool.
    pub other_tool: OtherTool,
}

/// The versions of a site's policy, and when each holds.
#[derive(Clone, Debug)]
pub struct Life {
    /// Every version, earlier ones too.
    pub history: Arc<History>,
    /// The path of the page that tells of changes.
    pub notice_path: String,
    /// What is wrong with versions that hold or held: told, and in nothing's way.
    pub warnings: Arc<[FileFault]>,
    zone: TimeZone,
    later: Arc<[(Timestamp, Enforced)]>,
}

impl Life {
    /// A life, and what is enforced at `now`; `under` says what is enforced under a version. What speaks against a version to
    /// come goes to `faults`.
    pub(super) fn begin(
        history: Arc<History>,
        keys: LifeKeys,
        now: Timestamp,
        faults: &mut Vec<FileFault>,
        mut under: impl FnMut(&Version) -> Enforced,
    ) -> (Self, Enforced) {
        let LifeKeys { zone, notice_path } = keys;
        let today = day_of(&zone, now);
        let in_force = history.in_force(today);
        let first = under(in_force);
        let mut warnings = Vec::new();
        // A first version that doesn't hold yet is enforced all the same.
        let is_to_come = |finding: &Finding| finding.effective > in_force.policy.effective && finding.refuses(today);
        // Nobody here can mend what comes with the program; and advice is for who asks for it.
        let findings = history.findings().into_iter().filter(|finding| finding.name != BUNDLED);
        for finding in findings.filter(|finding| finding.severity == Severity::Fault) {
            let told = if is_to_come(&finding) { &mut *faults } else { &mut warnings };
            told.push((PathBuf::from(finding.name), finding.fault));
        }
        let later = history.later(today).map(|version| (start_of(&zone, version.policy.effective, 0), under(version)));
        let later: Arc<[_]> = later.collect();
        (Self { history, notice_path, warnings: warnings.into(), zone, later }, first)
    }

    /// The life of a site that has no regions and no other consent tool, in the usual time zone, and what is enforced at `now`.
    #[must_use]
    pub fn simple(history: History, now: Timestamp) -> (Self, Enforced) {
        Self::begin(Arc::new(history), LifeKeys::default(), now, &mut Vec::new(), |version| Enforced {
            policy: Arc::clone(&version.policy),
            source: Arc::clone(&version.source),
            regime: version.policy.regime,
            regions: Regions::everywhere(version.policy.regime),
            other_tool: OtherTool::default(),
        })
    }

    /// The site's time zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The day of a moment where the site is.
    #[must_use]
    pub fn day(&self, now: Timestamp) -> Date {
        day_of(&self.zone, now)
    }

    /// The moment at which a day begins where the site is.
    #[must_use]
    pub fn start(&self, day: Date) -> Timestamp {
        start_of(&self.zone, day, 0)
    }

    /// What follows the version in force when the configuration was read, each from its first moment, the next one first.
    #[must_use]
    pub fn later(&self) -> &[(Timestamp, Enforced)] {
        &self.later
    }
}

/// What a site's table says of its policy's life.
#[derive(Clone, Debug)]
pub(super) struct LifeKeys {
    zone: TimeZone,
    notice_path: String,
}

impl Default for LifeKeys {
    fn default() -> Self {
        Self { zone: usual_zone(), notice_path: START_PAGE.to_owned() }
    }
}

/// Reads `time_zone` and `notice_path` of a site.
pub(super) fn read(table: &mut Table<'_, '_>) -> LifeKeys {
    let usual = LifeKeys::default();
    let zone = table.string("time_zone").and_then(|name| {
        let zone = zone_of(&name);
        if zone.is_none() {
            table.fault("time_zone", unknown_zone(&name));
        }
        zone
    });
    let notice_path = table.string("notice_path").filter(|path| {
        let fits = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
        if !fits {
            table.fault("notice_path", "must be a path without a query, such as \"/\" or \"/ko/\"");
        }
        fits
    });
    LifeKeys { zone: zone.unwrap_or(usual.zone), notice_path: notice_path.unwrap_or(usual.notice_path) }
}

/// A time zone by its name in the IANA database: the machine's, else the one that is built in. Names such as `EST5EDT,M3.2.0` are none.
fn zone_of(name: &str) -> Option<TimeZone> {
    jiff::tz::db().get(name).ok()
}

fn unknown_zone(name: &str) -> String {
    let far = |known: &str| distance(&name.to_ascii_lowercase(), &known.to_ascii_lowercase());
    // A city alone is the usual mistake.
    let of_city = |known: &str| known.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(name));
    let known = jiff::tz::db().available().map(|known| known.as_str().to_owned());
    let nearest = known.min_by_key(|known| if of_city(known) { 0 } else { far(known) });
    let nearest = nearest.unwrap_or_else(|| DEFAULT_ZONE.to_owned());
    format!("\"{name}\" is no time zone: do you mean \"{nearest}\"?")
}

/// How many letters must be put in, left out or changed (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.bytes().enumerate() {
        let mut before = at;
        let mut left = at + 1;
        for (place, theirs) in row.iter_mut().skip(1).zip(other.bytes()) {
            let changed = before + usize::from(letter != theirs);
            before = *place;
            left = changed.min(before + 1).min(left + 1);
            *place = left;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Where days begin where no site says otherwise.
#[must_use]
pub fn usual_zone() -> TimeZone {
    zone_of(DEFAULT_ZONE).unwrap_or(TimeZone::UTC)
}

/// The day that it is in a zone. One that the calendar of jiff doesn't reach (before the year -9999, after 9999) is UTC's.
#[must_use]
pub fn day_of(zone: &TimeZone, now: Timestamp) -> Date {
    let Ok(moment) = jiff::Timestamp::from_second(now.0) else { return now.date() };
    let date = zone.to_datetime(moment).date();
    let part = |part: i8| u8::try_from(part).unwrap_or(1);
    Date { year: i32::from(date.year()), month: part(date.month()), day: part(date.day()) }
}

/// When an hour of a day begins in a zone. Where it is left out, it is the first moment that there is.
#[must_use]
pub fn start_of(zone: &TimeZone, day: Date, hour: u8) -> Timestamp {
    let part = |part: u8| i8::try_from(part).unwrap_or(1);
    let year = i16::try_from(day.year).unwrap_or(i16::MAX);
    let first = jiff::civil::Date::new(year, part(day.month), part(day.day)).ok();
    let first = first.and_then(|date| zone.to_ambiguous_zoned(date.at(part(hour), 0, 0, 0)).compatible().ok());
    let utc = day.start().plus_seconds(i64::from(hour) * 3_600);
    first.map_or(utc, |zoned| Timestamp(zoned.timestamp().as_second()))
}

/// The files that a policy's path means: itself, or the versions that lie in the folder, in the order of their names.
///
/// # Errors
/// The folder can't be read.
pub(super) fn versions_in(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        if file.extension().is_some_and(|ending| ending == "toml") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// What the files of a policy say.
#[derive(Debug)]
pub struct Sources {
    /// Each version by its file's name.
    pub read: Vec<(String, String)>,
    /// Each file or folder that won't do, with what is wrong with it.
    pub unread: Vec<(PathBuf, String)>,
}

/// Reads all versions that a policy's path means.
#[must_use]
pub fn sources(path: &Path) -> Sources {
    let nothing = |message: String| Sources { read: Vec::new(), unread: vec![(path.to_owned(), message)] };
    let unreadable = |error: std::io::Error| format!("can't be read: {error}");
    let files = match versions_in(path) {
        Ok(files) => files,
        Err(error) => return nothing(unreadable(error)),
    };
    if files.is_empty() {
        let how = "a version is a file named by the day from which it holds, such as 2026-01-01.toml";
        return nothing(format!("has no version: {how}"));
    }
    if files.len() > MOST_VERSIONS {
        return nothing(format!("has {} versions: at most {MOST_VERSIONS}", files.len()));
    }
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    for file in files {
        match text(&file) {
            Ok(text) => read.push((file.display().to_string(), text)),
            Err(error) => unread.push((file, unreadable(error))),
        }
    }
    Sources { read, unread }
}

fn text(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(file)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(std::io::Error::other(format!("it is longer than {} MiB", LONGEST >> 20)));
    }
    Ok(text)
}

/// Reads a site's policy with all its versions; what is wrong goes to `faults`. Without a path it is the starter policy.
pub(super) fn read_history(
    path: Option<&Path>,
    at: (&Path, &At),
    catalog: &Catalog,
    faults: &mut Vec<FileFault>,
) -> Option<History> {
    let Some(path) = path else { return starter(catalog, faults) };
    let (config, key) = at;
    let Sources { read, unread } = sources(path);
    let whole = unread.is_empty();
    let told = |(file, message): (PathBuf, String)| key.fault(format!("{} {message}", file.display()));
    faults.extend(unread.into_iter().map(|unread| (config.to_owned(), told(unread))));
    if read.is_empty() {
        return None;
    }
    history(read, catalog, faults).filter(|_| whole)
}

/// The starter policy alone.
pub(super) fn starter(catalog: &Catalog, faults: &mut Vec<FileFault>) -> Option<History> {
    history(vec![(BUNDLED.to_owned(), STARTER.to_owned())], catalog, faults)
}

fn history(sources: Vec<(String, String)>, catalog: &Catalog, faults: &mut Vec<FileFault>) -> Option<History> {
    let placed = |(name, fault): (String, Fault)| (PathBuf::from(name), fault);
    History::compile(sources, catalog).map_err(|found| faults.extend(found.into_iter().map(placed))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        zone_of(name).unwrap_or_else(|| panic!("{name}"))
    }

    #[test]
    fn a_day_begins_at_the_sites_midnight() {
        let check = |name: &str, day: &str, expect: &str| {
            let (zone, day) = (zone(name), Date::parse(day).unwrap());
            let start = start_of(&zone, day, 0);
            assert_eq!(Some(start.0), expect.parse::<jiff::Timestamp>().ok().map(|at| at.as_second()), "{name} {day}");
            assert_eq!(
                (day_of(&zone, start), day_of(&zone, start.plus_seconds(-1)) < day),
                (day, true),
                "{name} {day}"
            );
        };
        check("Asia/Seoul", "2026-03-01", "2026-02-28T15:00:00Z");
        check("UTC", "2024-02-29", "2024-02-29T00:00:00Z");
        check("America/New_York", "2026-03-09", "2026-03-09T04:00:00Z");
        // Midnight was left out.
        check("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z");
    }

    #[test]
    fn a_wrong_zone_names_the_nearest() {
        let check = |name: &str, expect: &str| {
            assert!(zone_of(name).is_none(), "{name}");
            assert!(unknown_zone(name).contains(&format!("\"{expect}\"")), "{}", unknown_zone(name));
        };
        check("Asia/Soul", "Asia/Seoul");
        check("Seoul", "Asia/Seoul");
        check("Europe/Berln", "Europe/Berlin");
        assert_eq!((distance("kitten", "sitting"), distance("", "ab"), distance("ab", "")), (3, 2, 2));
    }

    #[test]
    fn times_beyond_any_calendar_are_still_days() {
        for seconds in [i64::MIN / 2, -1, 0, i64::MAX / 1_000_000] {
            assert!(day_of(&zone("Asia/Seoul"), Timestamp(seconds)).month > 0);
        }
        let far = Date { year: 9999, month: 12, day: 31 };
        assert!(start_of(&zone("Asia/Seoul"), far, 0) < far.start());
    }
}
