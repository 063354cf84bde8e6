//! Telling receivers that a site names of choices and withdrawals, from the store's outbox: signed, each until it is taken,
//! at least once.
//!
//! Refuses to be waited for: a choice is answered before anything here begins. Invariant: what is told is the record and
//! nothing else; no address of a visitor, no cookie.

mod delivery;
mod message;
mod post;

pub use delivery::{Clock, run};

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::digest;
use http::Uri;

use crate::client;
use crate::config::{Config, SiteConfig, Webhook};
use crate::signing::{self, SharedKey};
use crate::store::ReceiverId;
use post::Way;

/// Why receivers can't be told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A receiver's key.
    #[error(transparent)]
    Key(#[from] signing::Error),
    /// The way to a receiver.
    #[error(transparent)]
    Way(#[from] client::SetupError),
}

/// Everybody whom one configuration names.
#[derive(Debug, Default)]
pub struct Receivers {
    all: Vec<Arc<Receiver>>,
    /// Rows that may wait for each.
    most: usize,
}

/// One receiver of one site.
#[derive(Debug)]
struct Receiver {
    id: ReceiverId,
    site: Arc<str>,
    url: Uri,
    key: SharedKey,
    way: Way,
}

impl Receivers {
    /// The receivers of a configuration; makes keys that are missing.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn new(config: &Config) -> Result<Self, Error> {
        let named = config.sites.iter().flat_map(|site| site.webhooks.iter().map(move |webhook| (site, webhook)));
        let all = named.map(|(site, webhook)| Receiver::new(site, webhook, config).map(Arc::new));
        Ok(Self { all: all.collect::<Result<_, _>>()?, most: config.limits.webhook_queue })
    }

    /// The receivers by site, for the store, and how many rows may wait for each.
    #[must_use]
    pub fn for_store(&self) -> (HashMap<String, Vec<ReceiverId>>, usize) {
        let mut by_site: HashMap<String, Vec<ReceiverId>> = HashMap::new();
        for receiver in &self.all {
            by_site.entry(receiver.site.to_string()).or_default().push(receiver.id);
        }
        (by_site, self.most)
    }
}

impl Receiver {
    fn new(site: &SiteConfig, webhook: &Webhook, config: &Config) -> Result<Self, Error> {
        let key = SharedKey::open(&webhook.key)?;
        let way = Way::new(webhook.authorities.as_deref(), config.limits.connect_wait)?;
        let receiver = Self {
            id: id_of(&site.name, &webhook.url),
            site: Arc::from(site.name.as_str()),
            url: webhook.url.clone(),
            key,
            way,
        };
        tracing::info!(
            site = site.name,
            receiver = receiver.authority(),
            key_id = receiver.key.id(),
            "a receiver is told of choices"
        );
        Ok(receiver)
    }

    /// Host and port: what may be shown of the address.
    fn authority(&self) -> &str {
        self.url.authority().map_or("", |authority| authority.as_str())
    }
}

/// Part of the hash of site and address: addresses may hold secrets, and stay out of the store.
fn id_of(site: &str, url: &Uri) -> ReceiverId {
    let hash = digest::digest(&digest::SHA256, format!("{site}\n{url}").as_bytes());
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}
