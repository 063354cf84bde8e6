//! What a reload swaps as one: the sites, the seal, and the keys that are shared with origins and sites. A request takes one snapshot and keeps it to its end.

use std::collections::HashMap;

use std::sync::Arc;

use policies::rules::catalog::Catalog;

use crate::config::{Config, Front, Limits};
use crate::ledger::{HeadKey, Published, Unusable};
use crate::seal::{self, Seal};
use crate::signing::{self, OriginWord, SharedKey};
use crate::site::Sites;

/// Why there is no such state.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The seal's key.
    #[error(transparent)]
    Seal(#[from] seal::Error),
    /// A key that is shared with an origin.
    #[error(transparent)]
    Key(#[from] signing::Error),
    /// The key of receipts.
    #[error(transparent)]
    Receipt(#[from] Unusable),
}

/// One consistent state of the configuration.
#[derive(Debug)]
pub struct Runtime {
    /// By host.
    pub sites: Sites,
    /// Of the consent cookies.
    pub seal: Seal,
    /// What signs the word to an origin, by site; only of sites that tell it.
    pub origin_words: HashMap<String, OriginWord>,
    /// What receipts are signed with.
    pub receipt_key: Arc<HeadKey>,
    /// The public halves of that key and of those before it.
    pub published_keys: Arc<Published>,
    /// What guardians' consent is signed with, by site; only of sites whose server may tell of it.
    pub guardian_keys: HashMap<String, SharedKey>,
    /// How visitors come here, and who is believed about it.
    pub front: Front,
    /// Bounds.
    pub limits: Limits,
    /// What is known of services.
    pub catalog: Arc<Catalog>,
}

impl Runtime {
    /// The state that a configuration means.
    ///
    /// # Errors
    /// A key can't be had.
    pub fn new(config: &Config) -> Result<Self, Error> {
        // The seal makes the data folder, where keys lie too.
        let seal = Seal::open(&config.data)?;
        let receipt_key = HeadKey::open(&config.records.receipt_key)?;
        Ok(Self {
            sites: Sites::new(config),
            seal,
            origin_words: origin_words(config)?,
            published_keys: Arc::new(Published::noted(&config.records.receipt_key, &receipt_key)),
            receipt_key: Arc::new(receipt_key),
            guardian_keys: guardian_keys(config)?,
            front: config.front.clone(),
            limits: config.limits,
            catalog: Arc::clone(&config.catalog),
        })
    }
}

impl Runtime {
    /// The same state in memory of its own, for another worker: what one worker counts and remembers of it with each
    /// request, no other waits for.
    #[must_use]
    pub fn copied(&self) -> Self {
        let words = self.origin_words.iter().map(|(site, word)| (site.clone(), word.copied()));
        Self {
            sites: self.sites.copied(),
            seal: self.seal.clone(),
            origin_words: words.collect(),
            receipt_key: Arc::clone(&self.receipt_key),
            published_keys: Arc::clone(&self.published_keys),
            guardian_keys: self.guardian_keys.clone(),
            front: self.front.clone(),
            limits: self.limits,
            catalog: Arc::clone(&self.catalog),
        }
    }
}

/// What is wrong with the files of keys that a configuration names, as a start would find it; makes none.
#[must_use]
pub fn key_faults(config: &Config) -> Vec<Error> {
    let keys = config.sites.iter().flat_map(|site| site.origin_key.iter().chain(&site.guardian_key));
    keys.filter_map(|path| SharedKey::check(path, &config.data).err()).map(Error::Key).collect()
}

fn guardian_keys(config: &Config) -> Result<HashMap<String, SharedKey>, signing::Error> {
    let mut keys = HashMap::new();
    for (site, path) in config.sites.iter().filter_map(|site| Some((&site.name, site.guardian_key.as_ref()?))) {
        let key = SharedKey::open(path)?;
        tracing::info!(site, key_id = key.id(), "the site's server may tell what guardians agreed to");
        keys.insert(site.clone(), key);
    }
    Ok(keys)
}

fn origin_words(config: &Config) -> Result<HashMap<String, OriginWord>, signing::Error> {
    let mut words = HashMap::new();
    for (site, path) in config.sites.iter().filter_map(|site| Some((&site.name, site.origin_key.as_ref()?))) {
        let word = OriginWord::new(SharedKey::open(path)?);
        tracing::info!(site, key_id = word.key_id(), "the origin is told what visitors grant");
        words.insert(site.clone(), word);
    }
    Ok(words)
}
