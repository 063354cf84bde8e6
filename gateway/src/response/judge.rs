//! Which addresses in a page wait for which purpose. In shadow mode everything goes, and what would have waited
//! is noted for the owner. In the cacheable mode one page serves all, so every optional purpose waits.

use std::sync::Arc;

use policies::PurposeSet;

use super::Exchange;
use crate::html::TagJudge;
use crate::inventory::Inventory;
use crate::site::{Site, Treatment};

/// A site's judge for one page.
pub(super) struct SiteJudge {
    site: Arc<Site>,
    granted: PurposeSet,
    treatment: Treatment,
    inventory: Arc<Inventory>,
}

impl SiteJudge {
    pub(super) fn new(exchange: &Exchange, books: &crate::books::Books) -> Self {
        let site = Arc::clone(&exchange.site);
        let granted = if site.config.cacheable { site.config.policy.always() } else { exchange.decision.granted };
        Self { site, granted, treatment: exchange.treatment, inventory: Arc::clone(&books.inventory) }
    }

    /// Whether nothing could be held.
    pub(super) fn lets_all_go(&self) -> bool {
        self.granted == self.site.config.policy.all()
    }
}

impl SiteJudge {
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
    fn hold(&self, host: &str, path: &str) -> Option<&str> {
        let purpose = self.site.held_for(self.granted, host, path)?;
        self.noted(host, purpose)
    }

    fn hold_script(&self, script: &str) -> Vec<&str> {
        let held = self.site.held_scripts(self.granted, script);
        held.filter_map(|(service, purpose)| self.noted(service, purpose)).collect()
    }
}
