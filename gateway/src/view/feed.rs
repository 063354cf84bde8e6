//! The feed of a policy's versions (Atom, RFC 4287): an entry for each that visitors are told of, with its days, its reason and what it changes.
//!
//! Refuses letters that XML 1.0 has no place for. Invariant: an entry's id is that of its site and its text, whatever host it is asked for at.

use askama::Template;
use policies::policy::texts::Texts;
use policies::{Policy, PolicyVersion, Timestamp};

use super::Scene;
use super::comparison_page::Difference;
use super::said::Said;

/// What the feed is made of.
#[derive(Clone, Copy, Debug)]
pub struct Feed<'a> {
    /// Who speaks; its policy is the version in force.
    pub scene: Scene<'a>,
    /// Scheme and host of the site, without a slash behind.
    pub base: &'a str,
    /// What tells this site from others, the same at all its hosts.
    pub site: &'a str,
    /// The newest first; at least one.
    pub entries: &'a [FeedEntry<'a>],
}

/// One version.
#[derive(Clone, Debug)]
pub struct FeedEntry<'a> {
    /// What it says.
    pub policy: &'a Policy,
    /// When it was told: its entry is as old.
    pub told: Timestamp,
    /// The version before it, and how it differs from that.
    pub before: Option<(&'a Policy, Vec<Difference>)>,
}

#[derive(Template)]
#[template(path = "feed.xml")]
struct FeedTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    base: &'a str,
    id: String,
    updated: String,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    policy: &'a Policy,
    id: String,
    told: String,
    page: String,
    changes: Option<String>,
    reason: Option<Said<'a>>,
    groups: Vec<(&'a str, Vec<&'a Difference>)>,
}

/// The feed in one language.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn feed(feed: Feed<'_>) -> askama::Result<String> {
    let Feed { scene, base, site, entries } = feed;
    let updated = entries.iter().map(|entry| entry.told).max().unwrap_or(Timestamp(0));
    let written = FeedTemplate {
        texts: scene.texts(),
        base,
        id: urn(PolicyVersion([0; 8]), site),
        updated: moment(updated),
        entries: entries.iter().map(|one| entry(&scene, site, one)).collect(),
        scene,
    }
    .render()?;
    Ok(written.chars().filter(|letter| is_in_xml(*letter)).collect())
}

fn entry<'a>(scene: &Scene<'a>, site: &str, entry: &'a FeedEntry<'a>) -> Entry<'a> {
    let words = &scene.texts().versions;
    let policy = entry.policy;
    let of = |name: &'a str, is_material| {
        let differences = entry.before.iter().flat_map(|(_, differences)| differences);
        (name, differences.filter(|one| one.is_material == is_material).collect::<Vec<_>>())
    };
    let groups = [of(&words.material, true), of(&words.ordinary, false)];
    Entry {
        policy,
        id: urn(policy.version, site),
        told: moment(entry.told),
        page: scene.version_page(&policy.effective),
        changes: entry.before.as_ref().map(|(before, _)| scene.comparison(before.effective, policy.effective)),
        reason: policy.reason.as_ref().map(|reason| Said::new(reason, scene.lang)),
        groups: groups.into_iter().filter(|(_, rows)| !rows.is_empty()).collect(),
    }
}

/// A name for ever (RFC 9562, version 8): the text's own hash and one of the site (FNV-1a), which hides nothing and needn't.
fn urn(version: PolicyVersion, site: &str) -> String {
    let start = 0xcbf2_9ce4_8422_2325_u64;
    let of_site = site.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let bits = (u128::from(u64::from_be_bytes(version.0)) << 64) | u128::from(of_site);
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (8 << 76) | (2 << 62);
    let written = format!("{bits:032x}");
    let mut rest = written.as_str();
    let mut parts = Vec::new();
    for length in [8, 4, 4, 4, 12] {
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        parts.push(part);
        rest = after;
    }
    format!("urn:uuid:{}", parts.join("-"))
}

fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).unwrap_or_default().to_string()
}

/// `Char` of XML 1.0.
const fn is_in_xml(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_the_site_and_the_text() {
        let version = PolicyVersion([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]);
        let one = urn(version, "shop");
        assert!(one.starts_with("urn:uuid:11223344-5566-8788-"), "{one}");
        assert_eq!(one.len(), "urn:uuid:".len() + 36);
        assert_eq!(one, urn(version, "shop"));
        assert_ne!(one, urn(version, "blog"));
        assert_ne!(one, urn(PolicyVersion([1; 8]), "shop"));
        assert!(matches!(one.split('-').nth(3).and_then(|part| part.chars().next()), Some('8' | '9' | 'a' | 'b')));
    }
}
