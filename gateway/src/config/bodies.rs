//! Owners' own pages, which stand in the place of the policy page's text: named in the configuration for a policy of one file, or beside a
//! version's file and called like it.
//!
//! Refuses pages that can't be read whole, and two for one version. Invariant: a page belongs to one version.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use policies::PolicyVersion;
use policies::body::{self, Body, MARK, Written};
use policies::policy::Fault;
use policies::policy::history::History;
use policies::reader::At;
use policies::time::Date;

use super::FileFault;

/// What such a file's name may end in.
const ENDINGS: [&str; 4] = ["md", "markdown", "html", "htm"];

/// The pages of one site.
#[derive(Clone, Debug, Default)]
pub struct Bodies {
    by_version: Arc<BTreeMap<PolicyVersion, Body>>,
    /// Files without a mark for the table, which then stands behind their text.
    pub unmarked: Vec<PathBuf>,
}

impl Bodies {
    /// The page of a version.
    #[must_use]
    pub fn of(&self, version: PolicyVersion) -> Option<&Body> {
        self.by_version.get(&version)
    }
}

/// What a site's table says of its own page.
pub(super) struct Named<'n> {
    /// The file's path as written, and where.
    pub(super) body: Option<(&'n str, At)>,
    /// The policy's path; None for the starter policy.
    pub(super) policy: Option<&'n Path>,
    /// The configuration file, and its folder.
    pub(super) config: &'n Path,
    pub(super) folder: &'n Path,
}

/// Reads the pages of a site's versions; what is wrong goes to `faults`.
pub(super) fn read(named: &Named<'_>, history: &History, faults: &mut Vec<FileFault>) -> Bodies {
    let mut bodies = BTreeMap::new();
    let mut unmarked = Vec::new();
    let mut add = |version, file: PathBuf, faults: &mut Vec<FileFault>| match page(&file) {
        Ok(body) => {
            if !body.marked {
                unmarked.push(file);
            }
            bodies.insert(version, body);
        }
        Err(fault) => faults.push((file, fault)),
    };
    if let Some((body, at)) = &named.body {
        match (named.policy.filter(|policy| policy.is_dir()), history.versions().last()) {
            (Some(policy), _) => {
                let message = format!(
                    "can't be with a folder of versions: put it beside its version, as {}/YYYY-MM-DD.md",
                    policy.display()
                );
                faults.push((named.config.to_owned(), at.fault(message)));
            }
            (None, Some(version)) => add(version.policy.version, named.folder.join(body), faults),
            (None, None) => {}
        }
        return Bodies { by_version: Arc::new(bodies), unmarked };
    }
    for version in history.versions() {
        let mut beside = beside(Path::new(&version.name)).into_iter();
        if let Some(file) = beside.next() {
            if let Some(other) = beside.next() {
                let message = format!("{} is there too: a version has one page", other.display());
                faults.push((file.clone(), Fault::new("", 0, message)));
            }
            add(version.policy.version, file, faults);
        }
    }
    Bodies { by_version: Arc::new(bodies), unmarked }
}

/// Pages beside a version's file, if that is called by a day.
pub(super) fn beside(version: &Path) -> Vec<PathBuf> {
    let day = version.file_stem().and_then(|stem| Date::parse(stem.to_str()?));
    let files = ENDINGS.iter().map(|ending| version.with_extension(ending));
    files.filter(|file| day.is_some() && file.is_file()).collect()
}

fn page(file: &Path) -> Result<Body, Fault> {
    let fault = |message: String| Fault::new("", 0, message);
    let written = file.file_name().and_then(|name| Written::of_name(name.to_str()?));
    let written = written.ok_or_else(|| fault("is neither Markdown (.md) nor HTML (.html)".to_owned()))?;
    let opened = std::fs::File::open(file).map_err(|error| fault(format!("can't be read: {error}")))?;
    let mut bytes = Vec::new();
    let most = body::LONGEST as u64 + 1;
    opened.take(most).read_to_end(&mut bytes).map_err(|error| fault(format!("can't be read: {error}")))?;
    // Cut at the bound, a letter may be cut too: that it is too long is what counts.
    if bytes.len() > body::LONGEST {
        return Err(fault(format!("is longer than {} MiB", body::LONGEST >> 20)));
    }
    let source = String::from_utf8(bytes).map_err(|error| {
        let line =
            error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n').count();
        Fault::new("", line + 1, "is not UTF-8: save it as UTF-8")
    })?;
    body::compile(source.strip_prefix('\u{feff}').unwrap_or(&source), written)
}

/// What to tell of a page without a mark.
#[must_use]
pub fn unmarked(file: &Path) -> String {
    format!("{}: has no {MARK}: the table of cookies stands behind its text", file.display())
}
