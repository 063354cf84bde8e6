//! Other consent tools that the sites' pages carry, and categories of theirs that nobody gave a purpose.
//!
//! Refuses to keep more than a site could mean. Invariant: memory only, bounded by site; each is said in the log once.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::consent_tools::Tool;

/// Categories of one site.
const CATEGORIES_PER_SITE: usize = 64;

#[derive(Default)]
struct Seen {
    tools: BTreeSet<&'static str>,
    categories: BTreeSet<(&'static str, String)>,
}

/// By site what was seen since the start.
#[derive(Default)]
pub struct OtherTools {
    sites: Mutex<HashMap<String, Seen>>,
}

impl OtherTools {
    /// Notes a tool's script in a page.
    pub fn saw(&self, site: &str, tool: &'static Tool, replaced: bool) {
        if !self.seen(site, |seen| seen.tools.insert(tool.name)) {
            return;
        }
        if replaced {
            tracing::info!(site, tool = tool.name, "another consent tool is in the pages: its scripts are held");
        } else {
            tracing::warn!(
                site,
                tool = tool.name,
                "another consent tool is in the pages, so visitors are asked twice: take it out, or set replace_cmp = true"
            );
        }
    }

    /// Notes a category that tags wait for and that is no purpose of the policy's.
    pub fn saw_unmapped(&self, site: &str, tool: &'static Tool, category: &str) {
        let new = self.seen(site, |seen| {
            let room = seen.categories.len() < CATEGORIES_PER_SITE;
            room && seen.categories.insert((tool.name, category.to_owned()))
        });
        if new {
            tracing::warn!(
                site,
                tool = tool.name,
                category,
                "tags of this category stay asleep: give it a purpose under [sites.cmp_purposes]"
            );
        }
    }

    /// The tools that were seen, and categories without a purpose, each with its tool.
    #[must_use]
    pub fn of(&self, site: &str) -> (Vec<&'static str>, Vec<(&'static str, String)>) {
        let sites = self.sites();
        let Some(seen) = sites.get(site) else { return (Vec::new(), Vec::new()) };
        (seen.tools.iter().copied().collect(), seen.categories.iter().cloned().collect())
    }

    /// The same of all sites as lines of text, for the terminal; empty where nothing was seen.
    #[must_use]
    pub fn text(&self) -> String {
        let mut names: Vec<String> = self.sites().keys().cloned().collect();
        names.sort_unstable();
        let mut text = String::new();
        for site in names {
            let (tools, categories) = self.of(&site);
            // Writing to a string can't fail.
            if !tools.is_empty() {
                writeln!(text, "{site}: other consent tools in the pages: {} (see replace_cmp)", tools.join(", ")).ok();
            }
            for (tool, category) in categories {
                writeln!(text, "{site}: {tool}'s category \"{category}\" has no purpose (see cmp_purposes)").ok();
            }
        }
        text
    }

    fn seen(&self, site: &str, note: impl FnOnce(&mut Seen) -> bool) -> bool {
        let mut sites = self.sites();
        match sites.get_mut(site) {
            Some(seen) => note(seen),
            None => note(sites.entry(site.to_owned()).or_default()),
        }
    }

    fn sites(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent_tools::{KLARO, ONE_TRUST};

    #[test]
    fn what_was_seen_is_told_once_each_and_bounded() {
        let tools = OtherTools::default();
        assert_eq!(tools.text(), "");
        for _ in 0..3 {
            tools.saw("shop", &KLARO, false);
        }
        for number in 0..CATEGORIES_PER_SITE * 2 {
            tools.saw_unmapped("shop", &ONE_TRUST, &format!("STACK{number}"));
        }
        let (names, categories) = tools.of("shop");
        assert_eq!((names, categories.len()), (vec!["Klaro"], CATEGORIES_PER_SITE));
        assert_eq!(tools.of("blog"), (Vec::new(), Vec::new()));
        assert!(tools.text().starts_with("shop: other consent tools in the pages: Klaro (see replace_cmp)\n"));
    }
}
