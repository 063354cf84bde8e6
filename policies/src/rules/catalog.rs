//! The bundled catalogue of known cookies and trackers. Reviewed rows are rules and may strip; labels only
//! name what was seen. Every row has a source; only facts are kept (names, hosts, lifetimes).

mod unhosted;

pub use unhosted::{CatalogLoader, CatalogShape, CatalogSnippet};

use std::collections::BTreeMap;

use super::{
    CookieRule, Lifetime, NamePattern, Recipient, Relation, RuleSource, StorageArea, StorageRule, TrackerRule,
};
use crate::policy::{Fault, FileWord};
use crate::purpose::{Category, PurposeIndex};
use crate::reader::{Table, read_file};
use crate::rules::tracker::TrackerUse;
use crate::text::Text;

/// How far a catalogue row may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tier {
    Rule,
    Label,
    NeverHold,
}

impl FileWord for Tier {
    const WORDS: &'static [(&'static str, Self)] =
        &[("rule", Self::Rule), ("label", Self::Label), ("never-hold", Self::NeverHold)];
}

/// A service that many sites use.
#[derive(Clone, Debug)]
pub struct CatalogService {
    /// Its key, such as `google-analytics`.
    pub id: String,
    /// Who runs it.
    pub recipient: Recipient,
    /// What it is for.
    pub category: Category,
    /// What it collects.
    pub what: Text,
    /// Where its documentation stands.
    pub source: String,
    /// Its cookies.
    pub cookies: Vec<CatalogCookie>,
    /// What its scripts keep beside cookies.
    pub storage: Vec<CatalogKey>,
    /// Its hosts.
    pub trackers: Vec<CatalogTracker>,
    /// What its inline scripts can't do without.
    pub snippets: Vec<CatalogSnippet>,
    /// Whether its tags go by Google's consent mode: told that something is denied, they keep nothing for it.
    pub consent_mode: bool,
    /// How its requests look on any host.
    pub shapes: Vec<CatalogShape>,
    /// How its scripts begin.
    pub loaders: Vec<CatalogLoader>,
}

/// A known cookie name of a service.
#[derive(Clone, Debug)]
pub struct CatalogCookie {
    /// Which names.
    pub pattern: NamePattern,
    /// Key of the service.
    pub service: String,
    /// What it is for.
    pub category: Category,
    /// How long it lasts.
    pub lifetime: Lifetime,
    /// Whether it may strip.
    pub reviewed: bool,
    /// Where it was read.
    pub source: String,
}

/// A known key or database of a service's scripts.
#[derive(Clone, Debug)]
pub struct CatalogKey {
    area: StorageArea,
    pattern: NamePattern,
    lifetime: Lifetime,
    /// Where it was read.
    pub source: String,
}

/// A known place of a service.
#[derive(Clone, Debug)]
pub struct CatalogTracker {
    host: String,
    path: String,
    tier: Tier,
    /// What it is for.
    pub category: Category,
    /// Where it was read.
    pub source: String,
}

/// A name that a public database knows: it may only be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Which names.
    pub pattern: NamePattern,
    /// Who sets it.
    pub platform: String,
    /// What it is said to be for.
    pub category: Category,
}

/// Everything that is known.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    services: BTreeMap<String, CatalogService>,
    labels: Vec<Label>,
}

impl CatalogCookie {
    pub(crate) fn rule(&self, service: &CatalogService, purpose: PurposeIndex, source: RuleSource) -> CookieRule {
        CookieRule {
            pattern: self.pattern.clone(),
            purpose,
            recipient: service.id.clone(),
            what: service.what.clone(),
            lifetime: self.lifetime,
            on_request: false,
            despite_catalog: None,
            source,
        }
    }
}

impl CatalogKey {
    pub(crate) fn rule(&self, service: &CatalogService, purpose: PurposeIndex, source: RuleSource) -> StorageRule {
        StorageRule {
            area: self.area,
            pattern: self.pattern.clone(),
            purpose,
            recipient: service.id.clone(),
            what: service.what.clone(),
            lifetime: self.lifetime,
            source,
        }
    }
}

impl CatalogTracker {
    /// The rule it makes for a policy; None for labels, and where the policy has no purpose for it.
    pub(crate) fn rule(
        &self,
        service: &CatalogService,
        purpose: Option<PurposeIndex>,
        source: RuleSource,
    ) -> Option<TrackerRule> {
        let usage = match self.tier {
            Tier::Rule => TrackerUse::Purpose(purpose?),
            Tier::NeverHold => TrackerUse::NeverHold,
            Tier::Label => return None,
        };
        Some(TrackerRule {
            host: self.host.clone(),
            path: self.path.clone(),
            usage,
            recipient: service.id.clone(),
            what: service.what.clone(),
            lifetime: None,
            source,
        })
    }
}

impl Catalog {
    /// The catalogue that comes with the product.
    ///
    /// # Errors
    /// Every fault of its files; none in a released product, which its tests hold.
    pub fn bundled() -> Result<Self, Vec<Fault>> {
        let mut catalog = Self::default();
        let mut faults = Vec::new();
        let services = read_file(include_str!("../../catalog/services.toml"), |root| Some(read_services(root))).whole();
        catalog.services = services.unwrap_or_else(|found| {
            faults.extend(found);
            BTreeMap::new()
        });
        let cookies = read_file(include_str!("../../catalog/cookies.toml"), |root| {
            catalog.read_cookies(root);
            catalog.read_storage(root);
            Some(())
        })
        .whole();
        let trackers = read_file(include_str!("../../catalog/trackers.toml"), |root| {
            catalog.read_trackers(root);
            unhosted::read(&mut catalog.services, root);
            Some(())
        })
        .whole();
        faults.extend(cookies.err().into_iter().chain(trackers.err()).flatten());
        catalog.labels = include_str!("../../catalog/labels.tsv").lines().filter_map(read_label).collect();
        if faults.is_empty() { Ok(catalog) } else { Err(faults) }
    }

    /// A service by key.
    #[must_use]
    pub fn service(&self, id: &str) -> Option<&CatalogService> {
        self.services.get(id)
    }

    /// Every service, by key.
    pub fn services(&self) -> impl Iterator<Item = &CatalogService> {
        self.services.values()
    }

    /// What this name is said to be, for showing only: by the catalogue's own rows, else by the public database.
    #[must_use]
    pub fn label(&self, name: &[u8]) -> Option<Label> {
        let own = self.services.values().flat_map(|service| service.cookies.iter().map(move |row| (service, row)));
        let own = own.filter(|(_, row)| row.pattern.matches(name)).max_by_key(|(_, row)| exactness(&row.pattern));
        let of_service = |(service, row): (&CatalogService, &CatalogCookie)| Label {
            pattern: row.pattern.clone(),
            platform: service.recipient.company.en.clone(),
            category: row.category,
        };
        let public = || {
            self.labels.iter().filter(|label| label.pattern.matches(name)).max_by_key(|label| exactness(&label.pattern))
        };
        own.map(of_service).or_else(|| public().cloned())
    }

    /// A reviewed analytics or marketing cookie whose names this pattern would cover.
    pub(crate) fn reviewed_overlap(&self, pattern: &NamePattern) -> Option<&CatalogCookie> {
        let known = self.services.values().flat_map(|service| &service.cookies);
        known.filter(|row| row.reviewed && row.category.refused_by_gpc()).find(|row| row.pattern.overlaps(pattern))
    }

    /// A hint for a key that is not there: those that begin alike.
    pub(crate) fn nearest(&self, id: &str) -> String {
        let beginning: String = id.chars().take(4).collect();
        let near: Vec<&str> =
            self.services.keys().map(String::as_str).filter(|key| key.starts_with(&beginning)).collect();
        if near.is_empty() { String::new() } else { format!(": perhaps {}", near.join(" or ")) }
    }

    fn read_cookies(&mut self, root: &mut Table<'_, '_>) {
        for mut table in root.tables("cookies") {
            let pattern = crate::policy::read_pattern(&mut table);
            let lifetime = crate::policy::read_lifetime(&mut table);
            let lifetime = table.needed("lifetime", lifetime);
            let tier = table.word::<Tier>("tier").unwrap_or(Tier::Rule);
            let category = table.word::<Category>("category");
            let source = table.string("source");
            if let Some(service) = find_service(&mut self.services, &mut table)
                && let (Some(pattern), Some(lifetime)) = (pattern, lifetime)
            {
                service.cookies.push(CatalogCookie {
                    pattern,
                    service: service.id.clone(),
                    category: category.unwrap_or(service.category),
                    lifetime,
                    reviewed: tier == Tier::Rule,
                    source: source.unwrap_or_else(|| service.source.clone()),
                });
            }
            table.finish();
        }
    }

    fn read_storage(&mut self, root: &mut Table<'_, '_>) {
        for mut table in root.tables("storage") {
            let area = table.word("area");
            let area = table.needed("area", area);
            let pattern = crate::policy::read_pattern(&mut table);
            let lifetime = crate::policy::read_lifetime(&mut table);
            let lifetime = table.needed("lifetime", lifetime);
            let source = table.string("source");
            if let Some(service) = find_service(&mut self.services, &mut table)
                && let (Some(area), Some(pattern), Some(lifetime)) = (area, pattern, lifetime)
            {
                let source = source.unwrap_or_else(|| service.source.clone());
                service.storage.push(CatalogKey { area, pattern, lifetime, source });
            }
            table.finish();
        }
    }

    fn read_trackers(&mut self, root: &mut Table<'_, '_>) {
        for mut table in root.tables("trackers") {
            let host = table.string("host");
            let host = table.needed("host", host);
            let path = table.string("path").unwrap_or_default();
            let tier = table.word::<Tier>("tier").unwrap_or(Tier::Rule);
            let category = table.word::<Category>("category");
            let source = table.string("source");
            if let Some(service) = find_service(&mut self.services, &mut table)
                && let Some(host) = host
            {
                service.trackers.push(CatalogTracker {
                    host,
                    path,
                    tier,
                    category: category.unwrap_or(service.category),
                    source: source.unwrap_or_else(|| service.source.clone()),
                });
            }
            table.finish();
        }
    }
}

/// Of two patterns that match, the exact one knows better, then the longer.
fn exactness(pattern: &NamePattern) -> (bool, usize) {
    (matches!(pattern, NamePattern::Exact(_)), pattern.len())
}

fn find_service<'c>(
    services: &'c mut BTreeMap<String, CatalogService>,
    table: &mut Table<'_, '_>,
) -> Option<&'c mut CatalogService> {
    let id = table.string("service");
    let id = table.needed("service", id)?;
    let found = services.get_mut(&id);
    if found.is_none() {
        table.fault("service", format!("\"{id}\" is not in services.toml"));
    }
    found
}

fn read_services(root: &mut Table<'_, '_>) -> BTreeMap<String, CatalogService> {
    let mut services = BTreeMap::new();
    for (id, mut table) in root.all_tables() {
        let (company, country, privacy) = (table.text("company"), table.string("country"), table.string("privacy"));
        let (company, country) = (table.needed("company", company), table.needed("country", country));
        let privacy = table.needed("privacy", privacy);
        let (category, what, source) = (table.word("category"), table.text("what"), table.string("source"));
        let (category, what) = (table.needed("category", category), table.needed("what", what));
        let source = table.needed("source", source);
        let consent_mode = table.boolean("consent_mode").unwrap_or(false);
        table.finish();
        if let (Some(company), Some(country), Some(privacy), Some(category), Some(what), Some(source)) =
            (company, country, privacy, category, what, source)
        {
            let items = Some(what.clone());
            let (period, relation, how_to_refuse) = (None, Relation::Processor, None);
            let recipient = Recipient { company, country, privacy, items, period, relation, how_to_refuse };
            services.insert(
                id.clone(),
                CatalogService {
                    id,
                    recipient,
                    category,
                    what,
                    source,
                    cookies: Vec::new(),
                    storage: Vec::new(),
                    trackers: Vec::new(),
                    snippets: Vec::new(),
                    consent_mode,
                    shapes: Vec::new(),
                    loaders: Vec::new(),
                },
            );
        }
    }
    services
}

/// One line of the label file: match, name, platform, category, lifetime, controller, parted by tabs.
fn read_label(line: &str) -> Option<Label> {
    let mut fields = line.split('\t');
    let (kind, name, platform, category) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let pattern = match kind {
        "name" => NamePattern::Exact(name.to_owned()),
        "prefix" => NamePattern::Prefix(name.to_owned()),
        _ => return None,
    };
    Some(Label { pattern, platform: platform.to_owned(), category: Category::of_name(category)? })
}

#[cfg(test)]
#[path = "catalog_tests.rs"]
mod tests;
