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
use crate::store::{ReceiverId, Store};
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
        Ok(Self { all: all.collect::<Result<_, _>>()? })
    }
}

/// What is wrong with the files that a configuration names for receivers, as a start would find it; makes none.
#[must_use]
pub fn faults(config: &Config) -> Vec<Error> {
    let of_one = |webhook: &Webhook| {
        let key = SharedKey::check(&webhook.key, &config.data).err().map(Error::Key);
        let way = Way::new(webhook.authorities.as_deref(), config.limits.connect_wait).err().map(Error::Way);
        key.into_iter().chain(way)
    };
    config.sites.iter().flat_map(|site| &site.webhooks).flat_map(of_one).collect()
}

/// From the store's next commit on, records of a configuration's sites wait for its receivers. Needs no key, so that another
/// process can write records too.
pub fn post_to_all(store: &Store, config: &Config) {
    let of_site = |site: &SiteConfig| site.webhooks.iter().map(|webhook| id_of(&site.name, &webhook.url)).collect();
    let by_site: HashMap<String, Vec<ReceiverId>> =
        config.sites.iter().map(|site| (site.name.clone(), of_site(site))).collect();
    store.post_to(by_site, config.limits.webhook_queue);
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
