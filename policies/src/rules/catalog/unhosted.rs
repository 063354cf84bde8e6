//! The catalogue's rows for what no host tells: inline scripts, shapes of addresses, and how scripts begin.
//!
//! Refuses a row that a site's own address or script could fit by accident: too short a text, or a shape that says too
//! little. Invariant: every row has a source, its own or its service's.

use std::collections::BTreeMap;

use super::{CatalogService, find_service};
use crate::purpose::PurposeIndex;
use crate::reader::Table;
use crate::rules::tracker::TrackerUse;
use crate::rules::{LoaderRule, QueryKey, ShapeRule, SnippetRule};

/// A known inline script of a service.
#[derive(Clone, Debug)]
pub struct CatalogSnippet {
    texts: Vec<String>,
    /// Where it was read.
    pub source: String,
}

/// How requests of a service look on any host.
#[derive(Clone, Debug)]
pub struct CatalogShape {
    within: String,
    ends: String,
    query: Vec<QueryKey>,
    /// Where it was read.
    pub source: String,
}

/// How a script of a service begins.
#[derive(Clone, Debug)]
pub struct CatalogLoader {
    starts: String,
    texts: Vec<String>,
    /// Where it was read.
    pub source: String,
}

impl CatalogSnippet {
    pub(crate) fn rule(&self, service: &CatalogService, purpose: PurposeIndex) -> SnippetRule {
        SnippetRule { texts: self.texts.clone(), usage: TrackerUse::Purpose(purpose), recipient: service.id.clone() }
    }
}

impl CatalogShape {
    pub(crate) fn rule(&self, service: &CatalogService, purpose: PurposeIndex) -> ShapeRule {
        ShapeRule {
            within: self.within.clone(),
            ends: self.ends.clone(),
            query: self.query.clone(),
            usage: TrackerUse::Purpose(purpose),
            recipient: service.id.clone(),
        }
    }
}

impl CatalogLoader {
    pub(crate) fn rule(&self, service: &CatalogService, purpose: PurposeIndex) -> LoaderRule {
        LoaderRule {
            starts: self.starts.clone(),
            texts: self.texts.clone(),
            usage: TrackerUse::Purpose(purpose),
            recipient: service.id.clone(),
        }
    }
}

/// Reads all rows of these kinds; faults are told to the tables.
pub(super) fn read(services: &mut BTreeMap<String, CatalogService>, root: &mut Table<'_, '_>) {
    for mut table in root.tables("snippets") {
        let (texts, source) = (texts(&mut table), table.string("source"));
        if let Some(service) = find_service(services, &mut table) {
            let source = source.unwrap_or_else(|| service.source.clone());
            service.snippets.push(CatalogSnippet { texts, source });
        }
        table.finish();
    }
    for mut table in root.tables("shapes") {
        let (within, ends) = (table.string("within").unwrap_or_default(), table.string("ends").unwrap_or_default());
        let (query, source) = (query(&mut table), table.string("source"));
        if !says_enough(&within, &ends, &query) {
            table.fault("query", "says too little: a path and a key with a fixed value, two of these, or three keys");
        }
        if let Some(service) = find_service(services, &mut table) {
            let source = source.unwrap_or_else(|| service.source.clone());
            service.shapes.push(CatalogShape { within, ends, query, source });
        }
        table.finish();
    }
    for mut table in root.tables("loaders") {
        let starts = table.string("starts");
        let starts = table.needed("starts", starts).unwrap_or_default();
        if starts.len() < 16 {
            table.fault("starts", "must be at least 16 characters");
        }
        let (texts, source) = (texts(&mut table), table.string("source"));
        if let Some(service) = find_service(services, &mut table) {
            let source = source.unwrap_or_else(|| service.source.clone());
            service.loaders.push(CatalogLoader { starts, texts, source });
        }
        table.finish();
    }
}

fn texts(table: &mut Table<'_, '_>) -> Vec<String> {
    let texts = table.strings("texts");
    if texts.is_empty() || texts.iter().any(|text| text.len() < 4) {
        table.fault("texts", "must be at least one text of at least 4 characters");
    }
    texts
}

fn query(table: &mut Table<'_, '_>) -> Vec<QueryKey> {
    let written = table.strings("query");
    let read = |text: &String| {
        let key = QueryKey::parse(text);
        if key.is_none() {
            table.fault("query", format!("\"{text}\" is no key: write \"key\", \"key=value\" or \"key=beginning*\""));
        }
        key
    };
    written.iter().filter_map(read).collect()
}

/// Whether no address has this shape by accident: the less its path says, the more its query must.
fn says_enough(within: &str, ends: &str, query: &[QueryKey]) -> bool {
    let fixed = query.iter().filter(|key| key.is_fixed()).count();
    let (path, keys) = (within.len() + ends.len(), query.len());
    match fixed {
        0 => (path >= 3 && keys >= 5) || (path >= 6 && keys >= 2) || (path >= 20 && keys >= 1),
        1 => (path >= 3 && keys >= 2) || path >= 6,
        _ => true,
    }
}
