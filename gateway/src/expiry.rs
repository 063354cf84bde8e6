//! How long cookies last: cut to what the visitor or the policy says, and expired where refused.
//!
//! Expiring what a visitor refused: a `Set-Cookie` that deletes, for each name that still comes, at every domain,
//! path and partition where the inventory saw it set. Only a refusal that the visitor gave expires anything.

use http::HeaderValue;
use policies::rules::NamePattern;
use policies::{Decision, Mode, Timestamp};

use crate::config::Scheme;
use crate::inventory::{Inventory, Place};
use crate::site::{Judgement, Site, declared_life, without_port};
use crate::visitor::Visitor;
use crate::wire::cookie_line::{self, deletion_line};

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
        rule.is_some_and(|rule| decision.was_refused(rule))
    };
    let mut asked: Vec<&[u8]> = Vec::new();
    let once = names.into_iter().filter(refused).filter(|name| {
        let new = !asked.contains(name);
        asked.push(name);
        new
    });
    once.flat_map(|name| deletions_of(site, visitor, inventory, name)).take(most).collect()
}

/// A stretch of the deletions that a refusal asks for.
#[derive(Debug, Default)]
pub struct Swept {
    /// The lines for this answer.
    pub lines: Vec<HeaderValue>,
    /// Where the next answer goes on; None at the end.
    pub next: Option<u16>,
}

/// The deletions of everything that is refused, whether it came with a request or not: each name that is declared or was
/// seen, at every place. They are many, so an answer takes `most` of them, from the one numbered `from`. Families of
/// names are not among them: only a request shows which names they have.
#[must_use]
pub fn sweep(
    site: &Site,
    visitor: &Visitor,
    decision: &Decision,
    inventory: &Inventory,
    from: u16,
    most: usize,
) -> Swept {
    let names = site.config.policy.cookies.iter().filter_map(|rule| match &rule.pattern {
        NamePattern::Exact(name) if decision.was_refused(rule) => Some((rule, name.as_bytes())),
        NamePattern::Exact(_) | NamePattern::Prefix(_) | NamePattern::Suffix(_) => None,
    });
    let known = names.filter(|(rule, name)| rule.source.is_declared() || !inventory.places(site, name).is_empty());
    let all = known.flat_map(|(_, name)| deletions_of(site, visitor, inventory, name));
    let mut rest = all.skip(usize::from(from)).peekable();
    let lines: Vec<HeaderValue> = rest.by_ref().take(most).collect();
    let sent = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    Swept { next: rest.peek().is_some().then(|| from.saturating_add(sent)), lines }
}

/// The deletions of one name, whatever the visitor chose.
#[must_use]
pub fn deletions_of(site: &Site, visitor: &Visitor, inventory: &Inventory, name: &[u8]) -> Vec<HeaderValue> {
    let secure = visitor.scheme == Scheme::Https;
    let mut lines: Vec<HeaderValue> = Vec::new();
    for place in places(site, visitor, inventory, name) {
        let domain = place.domain.as_deref().map(str::as_bytes);
        let line = deletion_line(name, domain, Some(place.path.as_bytes()), secure || place.secure, place.partitioned);
        let line = line.and_then(|line| HeaderValue::from_bytes(&line).ok()).filter(|line| !lines.contains(line));
        lines.extend(line);
    }
    lines
}

/// The line with a shorter life, where the visitor keeps optional cookies until the browser closes, or where the site
/// keeps none longer than its policy declares.
#[must_use]
pub fn kept(
    line: &HeaderValue,
    site: &Site,
    judgement: Judgement<'_>,
    decision: &Decision,
    now: Timestamp,
) -> Option<HeaderValue> {
    let Judgement::Granted(rule) = judgement else { return None };
    let until_the_browser_closes = decision.mode == Mode::Session && is_optional(site, judgement);
    let most = if until_the_browser_closes { Some(0) } else { declared_life(&site.config, rule) };
    let cut = cookie_line::with_life_at_most(line.as_bytes(), most?, now.0)?;
    HeaderValue::from_bytes(&cut).ok()
}

/// Whether a line passes because the visitor granted what it serves.
#[must_use]
pub fn is_optional(site: &Site, judgement: Judgement<'_>) -> bool {
    matches!(judgement, Judgement::Granted(rule) if site.config.policy.optional().contains(rule.purpose))
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
