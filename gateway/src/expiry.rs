//! Expiring what a visitor refused: a `Set-Cookie` that deletes, for each name that still comes, at every domain,
//! path and partition where the inventory saw it set. Only a refusal that the visitor gave expires anything.

use http::HeaderValue;
use policies::Decision;

use crate::config::Scheme;
use crate::inventory::{Inventory, Place};
use crate::site::{Site, without_port};
use crate::visitor::Visitor;
use crate::wire::cookie_line::deletion_line;

/// The deletions of these names for one answer, at most `most` lines; what is left comes with the next answers,
/// because the names still do.
#[must_use]
pub fn deletions<'n>(
    site: &Site,
    visitor: &Visitor,
    decision: &Decision,
    inventory: &Inventory,
    names: impl IntoIterator<Item = &'n [u8]>,
    most: usize,
) -> Vec<HeaderValue> {
    let refused = |name: &&[u8]| {
        let rule = site.config.policy.cookies.find(name);
        rule.is_some_and(|rule| decision.refused_by_visitor.contains(rule.purpose))
    };
    let secure = visitor.scheme == Scheme::Https;
    let mut lines: Vec<HeaderValue> = Vec::new();
    for name in names.into_iter().filter(refused) {
        for place in places(site, visitor, inventory, name) {
            let domain = place.domain.as_deref().map(str::as_bytes);
            let line =
                deletion_line(name, domain, Some(place.path.as_bytes()), secure || place.secure, place.partitioned);
            if let Some(line) =
                line.and_then(|line| HeaderValue::from_bytes(&line).ok()).filter(|line| !lines.contains(line))
            {
                lines.push(line);
            }
            if lines.len() >= most {
                return lines;
            }
        }
    }
    lines
}

/// Where the name was seen, and where scripts usually set theirs: this host, and each parent domain.
fn places(site: &Site, visitor: &Visitor, inventory: &Inventory, name: &[u8]) -> Vec<Place> {
    let at_root = |domain: Option<String>| Place { domain, path: "/".to_owned(), partitioned: false, secure: false };
    let mut places = inventory.places(site, name);
    places.push(at_root(None));
    let host = without_port(&visitor.host).to_ascii_lowercase();
    if host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[') {
        let parents = host.match_indices('.').filter_map(|(dot, _)| host.get(dot + 1..));
        let domains = std::iter::once(host.as_str()).chain(parents).filter(|domain| domain.contains('.'));
        places.extend(domains.map(|domain| at_root(Some(domain.to_owned()))));
    }
    places
}
