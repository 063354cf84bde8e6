//! Which addresses in a page wait for which purpose. In shadow mode everything goes, and what would have waited
//! is noted for the owner. In the cacheable mode one page serves all, so every optional purpose waits.

use std::sync::Arc;

use policies::Decision;

use super::Exchange;
use crate::consent_tools::{self, Mark, Tool};
use crate::html::{Marked, TagJudge};
use crate::inventory::Inventory;
use crate::site::{NEVER, Site, Treatment, without_port};
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
        // Another consent tool's tags are held, and its marks are read, whatever is granted.
        self.decision.grants_all(&self.site.config.policy) && !self.site.config.other_tool.replace
    }
}

impl SiteJudge {
    /// The service whose script was found at a place of the site's own.
    fn loader(&self, host: &str, path: &str) -> Option<String> {
        let config = &self.site.config;
        let own = config.switches.tag_gateways && (host == self.host || config.hosts.iter().any(|own| own == host));
        self.inventory.loaders().at(&config.name, path).filter(|_| own)
    }

    /// Another consent tool was found: held where the gateway takes its place.
    fn other_tool(&self, tool: &'static Tool) -> Option<&'static str> {
        let replace = self.site.config.other_tool.replace;
        self.inventory.other_tools().saw(&self.site.config.name, tool, replace);
        if replace { self.noted(tool.name, NEVER) } else { None }
    }

    /// The ids of the purposes that a mark waits for under this decision. A category without a purpose waits for ever.
    fn waits_for(&self, mark: &Mark) -> Option<Vec<String>> {
        let (config, mut purposes) = (&self.site.config, Vec::new());
        for category in &mark.categories {
            let Some(purpose) = config.other_tool.purpose_of(&config.policy, mark.tool, category) else {
                self.inventory.other_tools().saw_unmapped(&config.name, mark.tool, category);
                return None;
            };
            if !self.decision.granted.contains(purpose) {
                purposes.extend(config.policy.purpose(purpose).map(|purpose| purpose.id.clone()));
            }
        }
        Some(purposes)
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
        if let Some(tool) = consent_tools::at(host, path)
            && let Some(never) = self.other_tool(tool)
        {
            return Some(never);
        }
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

    fn other_mark(&self, element: &str, attribute: &dyn Fn(&str) -> Option<String>) -> Option<Marked> {
        if !self.site.config.other_tool.replace || self.treatment != Treatment::Enforce {
            return None;
        }
        let mark = consent_tools::marked(element, attribute)?;
        Some(Marked { purposes: self.waits_for(&mark)?, moves: mark.moves })
    }

    fn hold_setup(&self, script: &str) -> Option<&str> {
        self.other_tool(consent_tools::set_up_by(script)?)
    }

    fn hold_script(&self, script: &str) -> Vec<&str> {
        let held = self.site.held_scripts(&self.decision, script);
        held.filter_map(|(service, purpose)| self.noted(service, purpose)).collect()
    }
}
