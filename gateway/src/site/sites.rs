//! Every site of a process by its hosts, and of each the version of its policy that is in force.
//!
//! Refuses timers: which version holds is said by the moment of each request, so that all workers and nodes change at the same
//! moment, and a clock that is set back goes back. Invariant: every version in force or to come was made before it is needed.

use std::collections::HashMap;
use std::sync::Arc;

use http::Uri;
use policies::Timestamp;

use super::{Site, without_port};
use crate::config::{Config, Hsts, SiteConfig};

/// Every site of a process, by host.
#[derive(Debug)]
pub struct Sites {
    by_host: HashMap<String, Versions>,
    any_host: Option<Versions>,
    /// Some site tells browsers to come by https alone.
    pub any_hsts: bool,
}

/// One site under each version of its policy.
#[derive(Clone, Debug)]
struct Versions {
    first: Arc<Site>,
    /// The end of the first one's time; the end of all times where nothing follows.
    until: Timestamp,
    /// Each from its first moment, the next one first.
    later: Vec<(Timestamp, Arc<Site>)>,
}

impl Versions {
    fn of(config: &SiteConfig) -> Self {
        let made = |config: &SiteConfig| Arc::new(Site::of(config));
        let later = config.life.later().iter().map(|(from, enforced)| (*from, made(&config.under(enforced)))).collect();
        Self::starting(made(config), later)
    }

    fn starting(first: Arc<Site>, later: Vec<(Timestamp, Arc<Site>)>) -> Self {
        let until = later.first().map_or(Timestamp(i64::MAX), |(from, _)| *from);
        Self { first, until, later }
    }

    fn at(&self, now: Timestamp) -> &Arc<Site> {
        if now < self.until {
            return &self.first;
        }
        self.later.iter().rev().find(|(from, _)| *from <= now).map_or(&self.first, |(_, site)| site)
    }

    fn copied(&self, copy: &mut impl FnMut(&Arc<Site>) -> Arc<Site>) -> Self {
        let later = self.later.iter().map(|(from, site)| (*from, copy(site))).collect();
        Self::starting(copy(&self.first), later)
    }
}

impl Sites {
    /// The sites of a configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let all: Vec<_> = config.sites.iter().map(|site| (&site.hosts, Versions::of(site))).collect();
        let pairs = all.iter().flat_map(|(hosts, site)| hosts.iter().map(|host| (host.clone(), site.clone())));
        Self {
            by_host: pairs.collect(),
            any_host: all.iter().find(|(hosts, _)| hosts.is_empty()).map(|(_, site)| site.clone()),
            any_hsts: config.sites.iter().any(|site| site.hsts.is_some()),
        }
    }

    /// The same sites in memory of their own, down to the counts of who holds them: for another worker.
    #[must_use]
    pub fn copied(&self) -> Self {
        let mut copies: HashMap<*const Site, Arc<Site>> = HashMap::new();
        let mut copy = |site: &Arc<Site>| {
            let copied = || {
                let mut copied = Site { label: Arc::from(&*site.label), ..Site::clone(site) };
                // Requests hold a part of these too.
                copied.config.wording = Arc::new((*site.config.wording).clone());
                if let Ok(origin) = Uri::try_from(site.config.origin.to_string()) {
                    copied.config.origin = origin;
                }
                Arc::new(copied)
            };
            Arc::clone(copies.entry(Arc::as_ptr(site)).or_insert_with(copied))
        };
        let by_host = self.by_host.iter().map(|(host, site)| (host.clone(), site.copied(&mut copy))).collect();
        let any_host = self.any_host.as_ref().map(|site| site.copied(&mut copy));
        Self { by_host, any_host, any_hsts: self.any_hsts }
    }

    /// The site of a `Host`, with or without port, in any case, under the version of its policy in force at `now`.
    #[must_use]
    pub fn find(&self, host: &str, now: Timestamp) -> Option<&Arc<Site>> {
        self.versions(host).map(|site| site.at(now))
    }

    /// What browsers are told of https at a host; no version of a policy changes that.
    #[must_use]
    pub fn hsts(&self, host: &str) -> Option<Hsts> {
        self.versions(host)?.first.config.hsts
    }

    fn versions(&self, host: &str) -> Option<&Versions> {
        let bare = without_port(host).trim_end_matches('.');
        let named = self.by_host.get(bare).or_else(|| {
            let written_otherwise = bare.bytes().any(|byte| byte.is_ascii_uppercase());
            written_otherwise.then(|| self.by_host.get(&bare.to_ascii_lowercase())).flatten()
        });
        named.or(self.any_host.as_ref())
    }
}
