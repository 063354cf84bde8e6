//! The emergency switch: a file of lines in the data folder, one for each time that somebody turned the gateway's
//! work off or on. The file is both the switch and its record: lines are only added, the last word on a site counts.
//!
//! Refuses to turn anything off for a line that it can't read. Invariant: what is on outlives a restart.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

/// The file within the data folder.
const FILE: &str = "bypass.log";
/// Bytes of it that are read: some hundred thousand words.
const MOST_BYTES: u64 = 16 * 1_048_576;
/// Stands for every site.
const EVERY: &str = "*";

/// One time that somebody turned the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Whether the gateway's work was turned off (the bypass on).
    pub on: bool,
    /// For which site; None: for every one.
    pub site: Option<String>,
    /// Who, as the system knows them.
    pub by: String,
}

impl Turn {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (at, word, site, by) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let on = match word {
            "on" => true,
            "off" => false,
            _ => return None,
        };
        let site = (site != EVERY).then(|| site.to_owned());
        words.next().is_none().then(|| Self { at: at.to_owned(), on, site, by: by.to_owned() })
    }
}

impl std::fmt::Display for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = if self.on { "on" } else { "off" };
        write!(f, "{} {word} {} {}", self.at, self.site.as_deref().unwrap_or(EVERY), self.by)
    }
}

/// What the file says at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    turns: Vec<Turn>,
    everywhere: Option<usize>,
    /// The turn that counts for a site.
    sites: HashMap<String, usize>,
    /// Lines that could not be read.
    pub unreadable: usize,
}

impl State {
    /// Reads the file's text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut state = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match Turn::parse(line) {
                Some(turn) => state.take(turn),
                None => state.unreadable += 1,
            }
        }
        state
    }

    fn take(&mut self, turn: Turn) {
        let place = self.turns.len();
        match &turn.site {
            Some(site) => drop(self.sites.insert(site.clone(), place)),
            None => {
                self.sites.clear();
                self.everywhere = Some(place);
            }
        }
        self.turns.push(turn);
    }

    /// The turn that keeps a site bypassed, if it is.
    #[must_use]
    pub fn of(&self, site: &str) -> Option<&Turn> {
        let place = self.sites.get(site).copied().or(self.everywhere)?;
        self.turns.get(place).filter(|turn| turn.on)
    }

    fn counts(&self, place: usize) -> bool {
        self.everywhere == Some(place) || self.sites.values().any(|known| *known == place)
    }

    /// Whether any site is bypassed, of these or of all that may come.
    #[must_use]
    pub fn is_on_somewhere(&self) -> bool {
        let places = self.sites.values().chain(&self.everywhere);
        places.filter_map(|place| self.turns.get(*place)).any(|turn| turn.on)
    }

    /// Every turn, the oldest first.
    #[must_use]
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }
}

/// The switch of one data folder, as a gateway that runs knows it.
pub struct Bypass {
    path: PathBuf,
    state: ArcSwap<State>,
    seen: Mutex<Mark>,
}

/// What tells one content of the file from another without reading it.
type Mark = Option<(u64, u64, i64, i64)>;

impl Bypass {
    /// The switch in a data folder. A file that can't be read bypasses nothing, and is told in the log.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        let bypass =
            Self { path: folder.join(FILE), state: ArcSwap::from_pointee(State::default()), seen: Mutex::new(None) };
        bypass.look();
        bypass
    }

    /// The turn that keeps a site bypassed, if it is.
    #[must_use]
    pub fn is_on(&self, site: &str) -> bool {
        self.state.load().of(site).is_some()
    }

    /// What the file said when it was last looked at.
    #[must_use]
    pub fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// Looks whether the file changed, and takes what it says. Reads the disk: not for the way of a request.
    pub fn look(&self) {
        let mark = mark(&self.path);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == mark {
            return;
        }
        match read(&self.path) {
            Ok(state) => {
                let known = self.state.load().turns.len();
                // At the start the past is not told again, only what is in force.
                let told = |(place, turn): &(usize, &Turn)| known > 0 || (turn.on && state.counts(*place));
                for (_, turn) in state.turns.iter().enumerate().skip(known).filter(told) {
                    let site = turn.site.as_deref().unwrap_or("every site");
                    let word = if turn.on { "on: nothing is rewritten" } else { "off" };
                    tracing::warn!(at = turn.at, by = turn.by, "the bypass of {site} is {word}");
                }
                if state.unreadable > 0 {
                    tracing::error!("{} has {} lines that say nothing", self.path.display(), state.unreadable);
                }
                self.state.store(Arc::new(state));
            }
            Err(error) => {
                tracing::error!(%error, "{} can't be read; the bypass stays as it is", self.path.display());
            }
        }
        *seen = mark;
    }
}

fn mark(path: &Path) -> Mark {
    let file = std::fs::metadata(path).ok()?;
    Some((file.ino(), file.len(), file.mtime(), file.mtime_nsec()))
}

/// What a data folder's file says now; nothing where there is none.
///
/// # Errors
/// What the system says.
pub fn read_state(folder: &Path) -> std::io::Result<State> {
    read(&folder.join(FILE))
}

fn read(path: &Path) -> std::io::Result<State> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::default()),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(State::parse(&String::from_utf8_lossy(&bytes)))
}

/// Adds a turn to a data folder's file, synced before it is answered.
///
/// # Errors
/// What the system says; also where the folder is missing, which no running gateway's is.
pub fn turn(folder: &Path, turn: &Turn) -> std::io::Result<()> {
    let path = folder.join(FILE);
    let mut file = std::fs::OpenOptions::new().append(true).create(true).mode(0o644).open(&path)?;
    // Whoever turns it may be another user than the gateway, which must be able to read it all the same.
    if file.metadata()?.permissions().mode() & 0o044 != 0o044 {
        file.set_permissions(std::fs::Permissions::from_mode(0o644)).ok();
    }
    // One write, so that two at once don't mix their words.
    file.write_all(format!("{turn}\n").as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(on: bool, site: Option<&str>) -> Turn {
        Turn { at: String::from("2026-03-01T00:00:00Z"), on, site: site.map(str::to_owned), by: String::from("kim") }
    }

    #[test]
    fn the_last_word_on_a_site_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let check = |on, site, expect: [bool; 2]| {
            turn(folder.path(), &turned(on, site)).expect("written");
            let state = read_state(folder.path()).expect("read");
            assert_eq!(["one", "two"].map(|site| state.of(site).is_some()), expect, "{on} {site:?}");
        };
        check(true, Some("one"), [true, false]);
        check(true, None, [true, true]);
        check(false, Some("two"), [true, false]);
        check(false, Some("one"), [false, false]);
        check(true, Some("two"), [false, true]);
        check(false, None, [false, false]);
        assert_eq!(read_state(folder.path()).expect("read").turns().len(), 6, "every turn is on record");
    }

    #[test]
    fn a_line_that_says_nothing_turns_nothing() {
        let state = State::parse("garbage\n2026 on * kim\n2026 maybe * kim\n2026 off");
        assert_eq!((state.of("one").is_some(), state.turns().len(), state.unreadable), (true, 1, 3));
        assert_eq!(State::parse(&state.turns()[0].to_string()).turns(), state.turns());
    }
}
