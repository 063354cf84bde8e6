//! Files of the access log that were moved aside: they go when the policy's period for that log is over.
//!
//! It refuses the file that is being written, and files of other names. Invariant: a file goes only when its last line is too old.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use policies::Timestamp;
use policies::policy::RecordClass;

use super::Desk;
use super::table::Rule;

/// Removes what is due; the names of what went.
pub(super) fn remove(desk: &Desk) -> Vec<String> {
    let Some(log) = &desk.config.access_log else { return Vec::new() };
    // One log serves all sites: the longest of their periods counts, and without a row in any nothing goes.
    let rules =
        desk.sites().filter_map(|site| Some((Rule::of(&site.policy, RecordClass::AccessLog)?, site.life.zone())));
    let rules: Vec<_> = rules.collect();
    let is_due =
        |written: Timestamp| !rules.is_empty() && rules.iter().all(|(rule, zone)| rule.over(written, zone) <= desk.now);
    let due = aside(log).into_iter().filter(|path| last_written(path).is_some_and(is_due));
    let gone = due.filter(|path| std::fs::remove_file(path).is_ok());
    gone.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
}

/// Files beside the log whose names begin as its does, as log rotation writes them: `access.log.1`, `access.log-20261123.gz`.
fn aside(log: &Path) -> Vec<PathBuf> {
    let Some(name) = log.file_name().map(|name| name.to_string_lossy().into_owned()) else { return Vec::new() };
    let folder = log.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let is_aside = |path: &PathBuf| {
        let found = path.file_name().map(|found| found.to_string_lossy().into_owned()).unwrap_or_default();
        found.strip_prefix(&name).is_some_and(|rest| rest.starts_with(['.', '-']))
    };
    entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).filter(is_aside).collect()
}

fn last_written(path: &Path) -> Option<Timestamp> {
    let since: Duration = path.metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp(i64::try_from(since.as_secs()).ok()?))
}
