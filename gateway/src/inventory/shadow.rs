//! What `--shadow` would have taken away: counted, never done.
//!
//! Refuses to list without end: past the bound a site's rest is one number. Invariant: names, hosts, and paths where the site itself keeps a
//! tracker's script.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Different things listed per site.
const ROWS_PER_SITE: usize = 2_000;

/// What would have been taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stripped {
    /// A cookie on its way to the origin.
    RequestCookie,
    /// A `Set-Cookie` line on its way to the browser.
    SetCookie,
    /// A tag of a page.
    Tag,
    /// A request of a tracker to a path of the site's own.
    Request,
}

impl Stripped {
    /// All, in the order of reports.
    pub const ALL: [Self; 4] = [Self::RequestCookie, Self::SetCookie, Self::Tag, Self::Request];

    /// The word in reports for machines and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequestCookie => "request_cookie",
            Self::SetCookie => "set_cookie",
            Self::Tag => "tag",
            Self::Request => "request",
        }
    }
}

/// How often one thing would have been taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowRow {
    /// What.
    pub what: Stripped,
    /// The purpose's id; empty for an unknown name.
    pub purpose: String,
    /// A cookie's key, a tracker's host or service, or a path where its script was found.
    pub name: String,
    /// How often since the start.
    pub count: u64,
}

#[derive(Default)]
struct Site {
    rows: BTreeMap<(Stripped, String, String), u64>,
    rest: u64,
}

/// The counters of all sites, since the start.
#[derive(Default)]
pub struct Shadow {
    sites: Mutex<HashMap<String, Site>>,
}

impl Shadow {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one thing. `name` is a cookie's key (see [`super::key`]), or what tells a tracker.
    pub fn would_strip(&self, site: &str, what: Stripped, purpose: &str, name: &str) {
        let mut sites = self.sites();
        let counted = match sites.get_mut(site) {
            Some(counted) => counted,
            None => sites.entry(site.to_owned()).or_default(),
        };
        let full = counted.rows.len() >= ROWS_PER_SITE;
        let row = (what, purpose.to_owned(), name.to_owned());
        match counted.rows.get_mut(&row) {
            Some(count) => *count = count.saturating_add(1),
            None if full => counted.rest = counted.rest.saturating_add(1),
            None => drop(counted.rows.insert(row, 1)),
        }
    }

    /// A site's counters, by kind, purpose and name, and how often something past the bound came.
    #[must_use]
    pub fn rows(&self, site: &str) -> (Vec<ShadowRow>, u64) {
        let sites = self.sites();
        let Some(counted) = sites.get(site) else { return (Vec::new(), 0) };
        let row = |((what, purpose, name), count): (&(Stripped, String, String), &u64)| ShadowRow {
            what: *what,
            purpose: purpose.clone(),
            name: name.clone(),
            count: *count,
        };
        (counted.rows.iter().map(row).collect(), counted.rest)
    }

    /// All sites' counters as lines of text, for the terminal; empty where nothing was counted.
    #[must_use]
    pub fn text(&self) -> String {
        let mut names: Vec<String> = self.sites().keys().cloned().collect();
        names.sort_unstable();
        let mut text = String::new();
        for site in names {
            let (rows, rest) = self.rows(&site);
            // Writing to a string can't fail.
            writeln!(text, "{site}: would have been taken away").ok();
            for row in rows {
                let purpose = if row.purpose.is_empty() { "(undeclared)" } else { row.purpose.as_str() };
                writeln!(text, "  {:<14}  {purpose:<20}  {:<32}  {:>9}", row.what.name(), row.name, row.count).ok();
            }
            if rest > 0 {
                writeln!(text, "  and {rest} times something else").ok();
            }
        }
        text
    }

    fn sites(&self) -> MutexGuard<'_, HashMap<String, Site>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
