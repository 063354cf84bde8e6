//! Which addresses in a page wait for which purpose. In shadow mode everything goes, and what would have waited
//! is noted for the owner. In the cacheable mode one page serves all, so every optional purpose waits.

use std::sync::Arc;

use policies::Decision;

use super::Exchange;
use crate::html::TagJudge;
use crate::inventory::Inventory;
use crate::site::{Site, Treatment, without_port};
use crate::view::placeholder_address;

/// A site's judge for one page.
pub(super) struct SiteJudge {
    site: Arc<Site>,
    decision: Decision,
    treatment: Treatment,
    inventory: Arc<Inventory>,
    /// The page's own, in lower case without port.
    host: String,
    /// The reserved path with scheme and host, where the page may frame a page of its own.
    frames: Option<String>,
}

impl SiteJudge {
    pub(super) fn new(exchange: &Exchange, books: &crate::books::Books) -> Self {
        let site = Arc::clone(&exchange.site);
        let config = &site.config;
        let for_all = || Decision::without_grant(&config.policy, config.regions.strictest().regime);
        let decision = if config.cacheable { for_all() } else { exchange.decision };
        let host = without_port(&exchange.visitor.host).to_ascii_lowercase();
        let inventory = Arc::clone(&books.inventory);
        Self { site, decision, treatment: exchange.treatment, inventory, host, frames: None }
    }

    /// The same for a page that may frame the gateway's pages, which lie there.
    pub(super) fn showing(self, frames: Option<String>) -> Self {
        Self { frames, ..self }
    }

    /// Whether nothing could be held.
    pub(super) fn lets_all_go(&self) -> bool {
        self.decision.grants_all(&self.site.config.policy)
    }
}

impl SiteJudge {
    /// The service whose script was found at a place of the site's own.
    fn loader(&self, host: &str, path: &str) -> Option<String> {
        let config = &self.site.config;
        let own = config.switches.tag_gateways && (host == self.host || config.hosts.iter().any(|own| own == host));
        self.inventory.loaders().at(&config.name, path).filter(|_| own)
    }

    /// What is held; in shadow mode it is noted and goes.
    fn noted<'s>(&self, place: &str, purpose: &'s str) -> Option<&'s str> {
        if self.treatment == Treatment::Shadow {
            self.inventory.would_hold(&self.site, place, purpose);
            return None;
        }
        Some(purpose)
    }
}

impl TagJudge for SiteJudge {
    fn hold(&self, host: &str, path: &str, query: &str) -> Option<&str> {
        let site = &*self.site;
        if site.config.policy.trackers.find(host, path).is_some() {
            return self.noted(host, site.held_for(&self.decision, host, path)?);
        }
        if let Some((service, purpose)) = site.held_by_shape(&self.decision, host, path, query) {
            return self.noted(service, purpose?);
        }
        let service = self.loader(host, path)?;
        let purpose = site.held_loader(&self.decision, host, path, &service)?;
        self.noted(&format!("{path} ({service})"), purpose)
    }

    fn placeholder(&self, host: &str, path: &str, lang: Option<&str>) -> Option<String> {
        let rule = self.site.config.policy.trackers.find(host, path)?;
        Some(placeholder_address(self.frames.as_deref()?, rule, lang))
    }

    fn hold_script(&self, script: &str) -> Vec<&str> {
        let held = self.site.held_scripts(&self.decision, script);
        held.filter_map(|(service, purpose)| self.noted(service, purpose)).collect()
    }
}
