//! What is told of counts, and how they are told apart: `[statistics]`, and `page_groups` of a site.
//!
//! Refuses a threshold that could point at somebody, and groups that no path can be in. Invariant: a site's groups are bounded.

use policies::reader::Table;

/// The lowest threshold, and the usual one: below so many a narrow figure isn't told.
pub const LEAST_THRESHOLD: u32 = 5;
/// The highest: past it nothing would be told.
const MOST_THRESHOLD: i64 = 1_000;
/// For how many days counts by the hour are kept unless the file says otherwise, and at most.
const USUAL_HOURS: u32 = 14;
const MOST_HOURS: i64 = 92;
/// Groups of one site's pages.
pub const MOST_PAGE_GROUPS: usize = 40;

/// What is told of counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Below so many a narrow figure isn't told.
    pub threshold: u32,
    /// For how many days counts by the hour are kept; those by the day stay as the policy says.
    pub hours_days: u32,
}

impl Default for Statistics {
    fn default() -> Self {
        Self { threshold: LEAST_THRESHOLD, hours_days: USUAL_HOURS }
    }
}

pub(super) fn read(mut table: Table<'_, '_>) -> Statistics {
    let usual = Statistics::default();
    let mut days = |key: &'static str, range| table.integer(key, range).and_then(|written| u32::try_from(written).ok());
    let threshold = days("threshold", i64::from(LEAST_THRESHOLD)..=MOST_THRESHOLD);
    let hours_days = days("hours_days", 1..=MOST_HOURS);
    Statistics { threshold: threshold.unwrap_or(usual.threshold), hours_days: hours_days.unwrap_or(usual.hours_days) }
}

/// The parts of a site that its pages are counted by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageGroups(Vec<String>);

impl PageGroups {
    /// The prefix that a path lies under, and its number; None where it lies under none. The longest counts.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<(usize, &str)> {
        let lies_under = |prefix: &str| {
            let rest = path.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/'))
        };
        let found = self.0.iter().enumerate().filter(|(_, prefix)| lies_under(prefix));
        found.max_by_key(|(_, prefix)| prefix.len()).map(|(number, prefix)| (number, prefix.as_str()))
    }

    /// Whether the owner has named none: then the first segment of a path is its group.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads `page_groups` of a site.
pub(super) fn read_groups(table: &mut Table<'_, '_>) -> PageGroups {
    let mut groups = table.strings("page_groups");
    for group in groups.iter().filter(|group| !group.starts_with('/') || group.contains(['?', '#']) || group.len() > 64)
    {
        table.fault(
            "page_groups",
            format!("\"{group}\" must be the beginning of a path, such as \"/shop\", of at most 64 bytes"),
        );
    }
    if groups.len() > MOST_PAGE_GROUPS {
        table.fault(
            "page_groups",
            format!("holds {} prefixes; at most {MOST_PAGE_GROUPS} are counted apart", groups.len()),
        );
        groups.truncate(MOST_PAGE_GROUPS);
    }
    PageGroups(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_of_the_longest_prefix_that_it_lies_under() {
        let groups = PageGroups(["/", "/shop", "/shop/sale/"].map(String::from).to_vec());
        let check = |path, expect| assert_eq!(groups.find(path).map(|(_, prefix)| prefix), expect, "{path}");
        check("/", Some("/"));
        check("/about", Some("/"));
        check("/shop", Some("/shop"));
        check("/shop/cart", Some("/shop"));
        check("/shopping", Some("/"));
        check("/shop/sale/1", Some("/shop/sale/"));
        assert_eq!(PageGroups(vec![String::from("/shop")]).find("/about"), None);
    }
}
