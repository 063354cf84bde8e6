//! Makes a [`Policy`] of a policy file and the catalogue, or tells every fault. Content decides the version:
//! the same bytes always compile to the same policy.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::file::{self, CookieFile, KeptFile, PolicyFile, ServiceFile, StorageFile, TrackerFile};
use super::{Fault, Policy, PolicyVersion, Redress, Retention, lint};
use crate::purpose::{Category, MAX_PURPOSES, Purpose, PurposeIndex};
use crate::reader::{At, read_file};
use crate::rules::catalog::{Catalog, CatalogLoader, CatalogService, CatalogShape, CatalogSnippet};
use crate::rules::tracker::TrackerUse;
use crate::rules::{
    CookieRule, CookieRules, NamePattern, Recipient, Relation, RuleSource, StorageRule, StorageRules, TrackerRule,
    TrackerRules,
};

/// Compiles the text of a policy file.
///
/// # Errors
/// Every fault of the file, with key and line.
pub fn compile(source: &str, catalog: &Catalog) -> Result<Policy, Vec<Fault>> {
    let read = read_file(source, file::read);
    let Some(file) = read.value else { return Err(read.faults) };
    let mut faults = read.faults;
    let purposes = check_purposes(&file.purposes, &mut faults);
    let mut compiler =
        Compiler { catalog, purposes: &purposes, recipients: recipients(&file), faults, used: BTreeSet::new() };
    let (cookies, trackers) = (compiler.cookies(&file), compiler.trackers(&file));
    let obedient = compiler.catalog.services().filter(|known| known.consent_mode).map(|known| known.id.clone());
    let in_consent_mode: BTreeSet<String> = obedient.collect();
    let storage = compiler.storage(&file);
    let snippets = compiler.unhosted(&file, |known| &known.snippets, CatalogSnippet::rule);
    let shapes = compiler.unhosted(&file, |known| &known.shapes, CatalogShape::rule);
    let loaders = compiler.unhosted(&file, |known| &known.loaders, CatalogLoader::rule);
    let retention = compiler.retention(&file);
    let Compiler { recipients, mut faults, .. } = compiler;
    if file.announced.is_some_and(|announced| announced > file.effective) {
        faults.push(Fault::new("announced", 0, "lies after effective: a policy is told before it holds"));
    }
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.line);
        return Err(faults);
    }
    Ok(Policy {
        version: PolicyVersion(short_hash(source)),
        service: file.service,
        operator: file.operator,
        announced: file.announced,
        effective: file.effective,
        reason: file.reason,
        redress: file.redress.unwrap_or_else(|| redress_of(&file.home)),
        home: file.home,
        handling: file.handling,
        assumed: file.assumed,
        regime: file.regime,
        rights: file.rights,
        contact: file.contact,
        notice: file.notice,
        section: file.section,
        purposes,
        recipients,
        cookies: CookieRules::new(cookies),
        storage: StorageRules::new(storage),
        trackers: TrackerRules::new(trackers)
            .with_snippets(snippets)
            .with_shapes(shapes)
            .with_loaders(loaders)
            .with_consent_mode(in_consent_mode),
        retention,
        earlier: Vec::new(),
    })
}

/// The first eight bytes of a text's SHA-256.
pub(super) fn short_hash(source: &str) -> [u8; 8] {
    let digest = Sha256::digest(source.as_bytes());
    let mut hash = [0; 8];
    hash.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    hash
}

fn recipients(file: &PolicyFile) -> BTreeMap<String, Recipient> {
    let with_operator = |(key, recipient): &(String, Recipient)| {
        let mut recipient = recipient.clone();
        if key == "operator" || recipient.company.ko == file.operator.ko {
            recipient.relation = Relation::Operator;
        }
        (key.clone(), recipient)
    };
    file.recipients.iter().map(with_operator).collect()
}

/// The bodies that help in a country, as far as they are known.
fn redress_of(home: &str) -> Vec<Redress> {
    if home != "KR" {
        return Vec::new();
    }
    let bodies = |root: &mut crate::reader::Table<'_, '_>| {
        Some(root.tables("redress").into_iter().filter_map(file::read_redress).collect())
    };
    read_file(include_str!("../../redress/kr.toml"), bodies).value.unwrap_or_default()
}

fn check_purposes(written: &[(At, Purpose)], faults: &mut Vec<Fault>) -> Vec<Purpose> {
    let mut seen = BTreeSet::new();
    for (place, (at, purpose)) in written.iter().enumerate() {
        let well_formed = purpose.id.len() <= 32
            && purpose.id.starts_with(|first: char| first.is_ascii_lowercase())
            && purpose.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !well_formed {
            faults.push(at.fault_at("id", "must begin with a small letter and hold only a-z, 0-9 and _, at most 32"));
        }
        if !seen.insert(purpose.id.as_str()) {
            faults.push(at.fault_at("id", format!("\"{}\" is there twice", purpose.id)));
        }
        if place == MAX_PURPOSES {
            faults.push(at.fault(format!("is one too many: a policy has at most {MAX_PURPOSES} purposes")));
        }
        if (place == 0) != (purpose.id == "necessary") {
            faults.push(at.fault_at("id", "the first purpose, and no other, is \"necessary\""));
        }
        if purpose.id == "necessary" && purpose.category != Category::Necessary {
            faults.push(at.fault_at("category", "must be \"necessary\" for the purpose of that name"));
        }
        faults.extend(lint::consequence(at, purpose));
    }
    written.iter().map(|(_, purpose)| purpose.clone()).collect()
}

struct Compiler<'a> {
    catalog: &'a Catalog,
    purposes: &'a [Purpose],
    recipients: BTreeMap<String, Recipient>,
    faults: Vec<Fault>,
    /// Services that the policy takes over.
    used: BTreeSet<String>,
}

impl Compiler<'_> {
    fn purpose(&mut self, at: &At, id: &str) -> Option<PurposeIndex> {
        let found = self.purposes.iter().position(|purpose| purpose.id == id).and_then(PurposeIndex::new);
        if found.is_none() {
            let ids: Vec<&str> = self.purposes.iter().map(|purpose| purpose.id.as_str()).collect();
            self.faults.push(
                at.fault_at("purpose", format!("\"{id}\" is not one of this policy's purposes: {}", ids.join(", "))),
            );
        }
        found
    }

    fn of_category(&self, category: Category) -> Option<PurposeIndex> {
        self.purposes.iter().position(|purpose| purpose.category == category).and_then(PurposeIndex::new)
    }

    fn category_of(&self, purpose: PurposeIndex) -> Category {
        self.purposes.get(purpose.place()).map_or(Category::Marketing, |purpose| purpose.category)
    }

    fn known_recipient(&mut self, at: &At, key: &str) {
        if !self.recipients.contains_key(key) {
            self.faults.push(at.fault_at(
                "recipient",
                format!("\"{key}\" is not written: add [recipients.{key}] with company, country and privacy"),
            ));
        }
    }

    /// The policy's own cookies, then its services', then what the catalogue adds.
    fn cookies(&mut self, file: &PolicyFile) -> Vec<CookieRule> {
        let mut rules = Vec::new();
        let mut seen = BTreeSet::new();
        for cookie in &file.cookies {
            let KeptFile { at, pattern, .. } = &cookie.kept;
            if !seen.insert(pattern) {
                self.faults.push(at.fault(format!("{pattern} is there twice")));
            }
            rules.extend(self.own_cookie(cookie));
        }
        for service in &file.services {
            let Some((known, purpose)) = self.service(service) else { continue };
            let source = RuleSource::Service(known.id.clone());
            rules.extend(
                known.cookies.iter().filter(|row| row.reviewed).map(|row| row.rule(known, purpose, source.clone())),
            );
        }
        for known in self.catalog.services() {
            for row in known.cookies.iter().filter(|row| row.reviewed) {
                let Some(purpose) = self.of_category(row.category) else { continue };
                rules.push(row.rule(known, purpose, RuleSource::Catalog(known.id.clone())));
            }
        }
        rules
    }

    fn own_cookie(&mut self, cookie: &CookieFile) -> Option<CookieRule> {
        let CookieFile { kept, on_request, despite_catalog } = cookie;
        let purpose = self.kept_for(kept)?;
        self.faults.extend(lint::catalogued(self.catalog, cookie, self.category_of(purpose)));
        Some(CookieRule {
            pattern: kept.pattern.clone(),
            purpose,
            recipient: kept.recipient.clone(),
            what: kept.what.clone(),
            lifetime: kept.lifetime,
            on_request: *on_request,
            despite_catalog: despite_catalog.clone(),
            source: RuleSource::Policy,
        })
    }

    /// The purpose of a cookie or key, whose faults are told.
    fn kept_for(&mut self, kept: &KeptFile) -> Option<PurposeIndex> {
        let purpose = self.purpose(&kept.at, &kept.purpose);
        self.known_recipient(&kept.at, &kept.recipient);
        self.long_enough(&kept.at, &kept.pattern);
        purpose
    }

    fn long_enough(&mut self, at: &At, pattern: &NamePattern) {
        if pattern.len() < NamePattern::SHORTEST_PART && !matches!(pattern, NamePattern::Exact(_)) {
            self.faults.push(at.fault(
                "a prefix or suffix needs at least 3 characters, or it would swallow names that it doesn't mean",
            ));
        }
    }

    /// The policy's own keys, then its services', then what the catalogue adds.
    fn storage(&mut self, file: &PolicyFile) -> Vec<StorageRule> {
        let mut seen = BTreeSet::new();
        for key in &file.storage {
            let KeptFile { at, pattern, .. } = &key.kept;
            if !seen.insert((key.area, pattern)) {
                self.faults.push(at.fault(format!("{pattern} is there twice")));
            }
        }
        let mut rules: Vec<StorageRule> = file.storage.iter().filter_map(|key| self.own_key(key)).collect();
        for (known, purpose) in self.used_services(file) {
            let source = RuleSource::Service(known.id.clone());
            rules.extend(known.storage.iter().map(|row| row.rule(known, purpose, source.clone())));
        }
        for known in self.catalog.services() {
            let Some(purpose) = self.of_category(known.category) else { continue };
            let source = RuleSource::Catalog(known.id.clone());
            rules.extend(known.storage.iter().map(|row| row.rule(known, purpose, source.clone())));
        }
        rules
    }

    fn own_key(&mut self, key: &StorageFile) -> Option<StorageRule> {
        let StorageFile { area, kept } = key;
        Some(StorageRule {
            area: *area,
            purpose: self.kept_for(kept)?,
            pattern: kept.pattern.clone(),
            recipient: kept.recipient.clone(),
            what: kept.what.clone(),
            lifetime: kept.lifetime,
            source: RuleSource::Policy,
        })
    }

    /// A catalogued service and the purpose it serves here; its recipient becomes the policy's.
    fn service(&mut self, service: &ServiceFile) -> Option<(&CatalogService, PurposeIndex)> {
        let ServiceFile { at, catalog: id, purpose, .. } = service;
        let catalog = self.catalog;
        let Some(known) = catalog.service(id) else {
            self.faults
                .push(at.fault_at("catalog", format!("\"{id}\" is not in the catalogue{}", catalog.nearest(id))));
            return None;
        };
        let index = match purpose.as_deref() {
            Some(written) => self.purpose(at, written)?,
            None => self.of_category(known.category).or_else(|| {
                self.faults.push(at.fault_at(
                    "purpose",
                    format!("is missing, and no purpose has the category {}", known.category.name()),
                ));
                None
            })?,
        };
        if self.category_of(index) == Category::Necessary && known.category.refused_by_gpc() {
            self.faults
                .push(at.fault_at("purpose", format!("is necessary, but {id} is a {} service", known.category.name())));
        }
        let recipient = self.recipients.entry(known.id.clone()).or_insert_with(|| known.recipient.clone());
        recipient.period = service.period.or(recipient.period);
        recipient.relation = service.relation.unwrap_or(recipient.relation);
        recipient.how_to_refuse = service.how_to_refuse.clone().or_else(|| recipient.how_to_refuse.take());
        self.used.insert(known.id.clone());
        Some((known, index))
    }

    /// The policy's own trackers, then its services', then what the catalogue adds.
    fn trackers(&mut self, file: &PolicyFile) -> Vec<TrackerRule> {
        let mut rules: Vec<TrackerRule> =
            file.trackers.iter().filter_map(|tracker| self.own_tracker(tracker)).collect();
        for (known, purpose) in self.used_services(file) {
            let source = RuleSource::Service(known.id.clone());
            rules.extend(known.trackers.iter().filter_map(|row| row.rule(known, Some(purpose), source.clone())));
        }
        for known in self.catalog.services() {
            for row in &known.trackers {
                rules.extend(row.rule(known, self.of_category(row.category), RuleSource::Catalog(known.id.clone())));
            }
        }
        rules
    }

    /// The rows of one kind for what no host tells: the services' own, then those that the catalogue adds.
    fn unhosted<Row, Rule>(
        &self,
        file: &PolicyFile,
        rows: impl Fn(&CatalogService) -> &Vec<Row>,
        rule: impl Fn(&Row, &CatalogService, PurposeIndex) -> Rule,
    ) -> Vec<Rule> {
        let of_catalog = self.catalog.services().filter_map(|known| Some((known, self.of_category(known.category)?)));
        let all = self.used_services(file).chain(of_catalog);
        all.flat_map(|(known, purpose)| rows(known).iter().map(|row| rule(row, known, purpose)).collect::<Vec<_>>())
            .collect()
    }

    /// The services that the policy takes over, each with the purpose it serves here.
    fn used_services(&self, file: &PolicyFile) -> impl Iterator<Item = (&CatalogService, PurposeIndex)> {
        let used = file.services.iter().filter(|service| self.used.contains(&service.catalog));
        used.filter_map(|service| {
            let known = self.catalog.service(&service.catalog)?;
            let named =
                service.purpose.as_deref().and_then(|id| self.purposes.iter().position(|purpose| purpose.id == id));
            Some((known, named.and_then(PurposeIndex::new).or_else(|| self.of_category(known.category))?))
        })
    }

    fn retention(&mut self, file: &PolicyFile) -> Vec<Retention> {
        let row = |row: &file::RetentionFile| Retention {
            purpose: row.purpose.as_deref().and_then(|id| self.purpose(&row.at, id)),
            ..row.row.clone()
        };
        file.retention.iter().map(row).collect()
    }

    fn own_tracker(&mut self, tracker: &TrackerFile) -> Option<TrackerRule> {
        let purpose = self.purpose(&tracker.at, &tracker.purpose);
        self.known_recipient(&tracker.at, &tracker.recipient);
        Some(TrackerRule {
            host: tracker.host.clone(),
            path: tracker.path.clone(),
            usage: TrackerUse::Purpose(purpose?),
            recipient: tracker.recipient.clone(),
            what: tracker.what.clone(),
            lifetime: tracker.lifetime,
            source: RuleSource::Policy,
        })
    }
}
