//! Tags that another consent tool put to sleep: which tool, what they wait for, and where their addresses are kept.
//!
//! Refuses tags that are awake: a mark on those says nothing. Invariant: a tag has at most one mark, and each attribute
//! moves at most once.

use super::{COMPLIANZ, COOKIEBOT, KLARO, ONE_TRUST, Tool, USERCENTRICS, VANILLA};

/// Categories or services that one tag may name.
const MOST_CATEGORIES: usize = 16;
/// Bytes of a name.
const LONGEST_NAME: usize = 64;

/// What a tool wrote on a tag.
#[derive(Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whose it is.
    pub tool: &'static Tool,
    /// What it waits for: all of these categories or services; never empty.
    pub categories: Vec<String>,
    /// Attributes that are kept under another name: that name, and their own.
    pub moves: Vec<(&'static str, &'static str)>,
}

/// Elements that tools put to sleep by keeping their address under another name.
const PARKED: [&str; 8] = ["iframe", "img", "embed", "video", "audio", "source", "track", "link"];

/// Reads a tag's mark. `attribute` gives the value of an attribute, where the tag has it.
pub fn marked(element: &str, attribute: &dyn Fn(&str) -> Option<String>) -> Option<Mark> {
    let script = element == "script";
    if script && !attribute("type")?.trim().eq_ignore_ascii_case("text/plain") {
        return None;
    }
    if !script && !PARKED.contains(&element) {
        return None;
    }
    let (tool, names, keeps) = named(attribute)?;
    let categories: Vec<String> =
        names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let fit = categories.iter().all(|name| name.len() <= LONGEST_NAME && !name.starts_with('!'));
    if categories.is_empty() || categories.len() > MOST_CATEGORIES || !fit || categories == ["ignore"] {
        return None;
    }
    let source = keeps.iter().copied().find(|name| attribute(name).is_some_and(|value| !value.trim().is_empty()));
    let own = if element == "link" { "href" } else { "src" };
    let mut moves: Vec<_> = source.into_iter().map(|kept| (kept, own)).collect();
    if script && attribute("data-type").is_some() {
        moves.push(("data-type", "type"));
    }
    // An element that keeps no address loads nothing that could be woken.
    (script || source.is_some()).then_some(Mark { tool, categories, moves })
}

type Named = (&'static Tool, Vec<String>, &'static [&'static str]);

/// Whose mark it is, what it names, and where that tool keeps addresses.
fn named(attribute: &dyn Fn(&str) -> Option<String>) -> Option<Named> {
    if let Some(list) = attribute("data-cookieconsent") {
        let names = list.split(',').map(str::to_owned).collect();
        return Some((&COOKIEBOT, names, &["data-cookieblock-src", "data-src"]));
    }
    let classes = attribute("class").unwrap_or_default();
    if let Some(groups) = classes.split_ascii_whitespace().find_map(|class| class.strip_prefix("optanon-category-")) {
        return Some((&ONE_TRUST, groups.split('-').map(str::to_owned).collect(), &["data-src"]));
    }
    if let Some(service) = attribute("data-usercentrics") {
        return Some((&USERCENTRICS, vec![service], &["data-src", "uc-src", "data-uc-src"]));
    }
    if let Some(category) = attribute("data-category") {
        let own = ["data-cmplz-src", "data-src-cmplz"].iter().any(|name| attribute(name).is_some());
        let tool = if own || classes.contains("cmplz-") { &COMPLIANZ } else { &VANILLA };
        return Some((tool, vec![category], &["data-cmplz-src", "data-src-cmplz", "data-src"]));
    }
    let service = attribute("data-name")?;
    Some((&KLARO, vec![service], &["data-src", "data-href"]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(element: &str, attributes: &[(&str, &str)]) -> Option<Mark> {
        marked(element, &|name| {
            attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    type Expect<'e> = Option<(&'e str, &'e [&'e str], &'e [(&'e str, &'e str)])>;

    fn check(element: &str, attributes: &[(&str, &str)], expect: Expect<'_>) {
        let mark = read(element, attributes);
        let found = mark.as_ref().map(|mark| {
            (mark.tool.name, mark.categories.iter().map(String::as_str).collect::<Vec<_>>(), mark.moves.clone())
        });
        let expect = expect.map(|(tool, names, moves)| (tool, names.to_vec(), moves.to_vec()));
        assert_eq!(found, expect, "{element} {attributes:?}");
    }

    #[test]
    fn each_tool_marks_scripts_its_own_way() {
        const PLAIN: (&str, &str) = ("type", "text/plain");
        check(
            "script",
            &[PLAIN, ("data-cookieconsent", "statistics, marketing")],
            Some(("Cookiebot", &["statistics", "marketing"], &[])),
        );
        check(
            "script",
            &[PLAIN, ("class", "a optanon-category-C0002-C0004")],
            Some(("OneTrust", &["C0002", "C0004"], &[])),
        );
        check(
            "script",
            &[PLAIN, ("data-usercentrics", "Google Analytics"), ("data-src", "/a.js")],
            Some(("Usercentrics", &["Google Analytics"], &[("data-src", "src")])),
        );
        check(
            "script",
            &[PLAIN, ("data-category", "analytics"), ("data-type", "module"), ("data-src", "/a.js")],
            Some(("vanilla-cookieconsent", &["analytics"], &[("data-src", "src"), ("data-type", "type")])),
        );
        check(
            "script",
            &[PLAIN, ("data-category", "statistics"), ("data-service", "x"), ("data-cmplz-src", "/a.js")],
            Some(("Complianz", &["statistics"], &[("data-cmplz-src", "src")])),
        );
        check(
            "script",
            &[PLAIN, ("data-name", "matomo"), ("data-type", "application/javascript")],
            Some(("Klaro", &["matomo"], &[("data-type", "type")])),
        );
    }

    #[test]
    fn frames_and_pictures_keep_their_address_elsewhere() {
        check(
            "iframe",
            &[("data-cookieconsent", "marketing"), ("data-cookieblock-src", "/v")],
            Some(("Cookiebot", &["marketing"], &[("data-cookieblock-src", "src")])),
        );
        check(
            "iframe",
            &[("class", "optanon-category-C0004"), ("data-src", "/v")],
            Some(("OneTrust", &["C0004"], &[("data-src", "src")])),
        );
        check(
            "img",
            &[("class", "cmplz-image"), ("data-category", "marketing"), ("data-src-cmplz", "/p")],
            Some(("Complianz", &["marketing"], &[("data-src-cmplz", "src")])),
        );
        check(
            "link",
            &[("data-name", "fonts"), ("data-href", "/f.css")],
            Some(("Klaro", &["fonts"], &[("data-href", "href")])),
        );
        check(
            "iframe",
            &[("data-usercentrics", "YouTube Video"), ("uc-src", "/v")],
            Some(("Usercentrics", &["YouTube Video"], &[("uc-src", "src")])),
        );
    }

    #[test]
    fn what_is_awake_or_means_the_opposite_has_no_mark() {
        check("script", &[("data-category", "analytics")], None);
        check("script", &[("type", "text/javascript"), ("data-cookieconsent", "statistics")], None);
        check("script", &[("type", "text/plain"), ("data-cookieconsent", "ignore")], None);
        check("script", &[("type", "text/plain"), ("data-category", "!analytics")], None);
        check("script", &[("type", "text/plain"), ("data-category", " ")], None);
        check("iframe", &[("data-category", "marketing"), ("src", "/v")], None);
        check("div", &[("data-name", "x"), ("data-src", "/v")], None);
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_within_bounds(values in prop::collection::vec(any::<String>(), 6)) {
            let names = ["type", "data-cookieconsent", "class", "data-category", "data-name", "data-src"];
            let pairs: Vec<(&str, &str)> = names.iter().copied().zip(values.iter().map(String::as_str)).collect();
            for element in ["script", "iframe"] {
                if let Some(mark) = read(element, &pairs) {
                    prop_assert!(!mark.categories.is_empty() && mark.categories.len() <= MOST_CATEGORIES);
                }
            }
        }
    }
}
