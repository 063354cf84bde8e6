//! Which process runs on which core, and what it costs there: processor time and memory of a process group, as the kernel counts them. Refuses
//! to run on a machine with one core. Invariant: a contestant alone has the first core; origin and load share the second.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Where the contestant runs.
pub(crate) const OWN_CORE: usize = 0;
/// Where origin and load run.
pub(crate) const OTHER_CORE: usize = 1;

/// The kernel counts processor time for user programs in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// A command that will run on this core alone.
pub(crate) fn pinned(core: usize, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(core.to_string()).arg(program);
    command
}

/// Stops where there are no two cores to part contestant and load.
pub(crate) fn check() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    assert!(cores > OTHER_CORE, "the contest needs two cores, one for the contestant alone");
}

/// Lets this process, and what it starts, have as many descriptors as it may; the number.
pub(crate) fn widen_descriptors() -> usize {
    let own = std::process::id().to_string();
    let limits = std::fs::read_to_string("/proc/self/limits").expect("a process can read its limits");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("the limit of open files is told");
    let most: usize = line.split_whitespace().nth(4).and_then(|hard| hard.parse().ok()).unwrap_or(1_024);
    Command::new("prlimit").args(["--pid", &own, &format!("--nofile={most}:{most}")]).status().ok();
    most
}

/// Processor time that the processes of a group have used.
pub(crate) fn time_of(group: u32) -> Duration {
    let ticks = stats().filter_map(|stat| ticks_of(&stat, group)).sum::<u32>();
    TICK * ticks
}

/// Memory of a group's processes in KiB, where pages that several share count in parts.
pub(crate) fn memory_of(group: u32) -> f64 {
    members(group).map(|id| proportional(&id)).sum()
}

/// After the name in brackets, which may hold anything: state, parent, group; user and system time stand eighth and ninth behind the group.
fn ticks_of(stat: &str, group: u32) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    if fields.nth(2)?.parse() != Ok(group) {
        return None;
    }
    let user: u32 = fields.nth(8)?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn stats() -> impl Iterator<Item = String> {
    processes().filter_map(|folder| std::fs::read_to_string(Path::new("/proc").join(folder).join("stat")).ok())
}

fn processes() -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir("/proc").expect("the kernel lists its processes");
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
}

fn members(group: u32) -> impl Iterator<Item = String> {
    processes().filter(move |id| {
        let stat = std::fs::read_to_string(Path::new("/proc").join(id).join("stat"));
        stat.is_ok_and(|stat| ticks_of(&stat, group).is_some())
    })
}

fn proportional(id: &str) -> f64 {
    let file = Path::new("/proc").join(id).join("smaps_rollup");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("can't read {}: {error}", file.display()));
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).expect("the kernel tells the share");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
