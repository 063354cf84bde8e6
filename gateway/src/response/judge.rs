//! Which addresses in a page wait for which purpose. In shadow mode everything goes, and what would have waited
//! is noted for the owner. In the cacheable mode one page serves all, so every optional purpose waits.

use std::sync::Arc;

use policies::PurposeSet;

use super::Exchange;
use crate::html::TagJudge;
use crate::inventory::Inventory;
use crate::site::{Site, Treatment, without_port};

/// A site's judge for one page.
pub(super) struct SiteJudge {
    site: Arc<Site>,
    granted: PurposeSet,
    page_host: String,
    treatment: Treatment,
    inventory: Arc<Inventory>,
}

impl SiteJudge {
    pub(super) fn new(exchange: &Exchange, books: &crate::books::Books) -> Self {
        let site = Arc::clone(&exchange.site);
        let granted = if site.config.cacheable { site.config.policy.always() } else { exchange.decision.granted };
        let page_host = without_port(&exchange.visitor.host).to_ascii_lowercase();
        Self { site, granted, page_host, treatment: exchange.treatment, inventory: Arc::clone(&books.inventory) }
    }

    /// Whether nothing could be held.
    pub(super) fn lets_all_go(&self) -> bool {
        self.granted == self.site.config.policy.all()
    }
}

impl TagJudge for SiteJudge {
    fn hold(&self, url: &str) -> Option<&str> {
        let (host, path) = host_and_path(url, &self.page_host);
        let purpose = self.site.held_for(self.granted, &host, path)?;
        if self.treatment == Treatment::Shadow {
            self.inventory.would_hold(&self.site, &host, purpose);
            return None;
        }
        Some(purpose)
    }
}

/// Host in lower case without port, and path without query, of a normalised address in a page of `page_host`.
fn host_and_path<'u>(url: &'u str, page_host: &str) -> (String, &'u str) {
    let after_scheme = url.split_once("//").filter(|(scheme, _)| scheme.is_empty() || scheme.ends_with(':'));
    let Some((_, rest)) = after_scheme else {
        return (page_host.to_owned(), without_query(url));
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = without_query(path);
    (without_port(host).to_ascii_lowercase(), if path.is_empty() { "/" } else { path })
}

fn without_query(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::host_and_path;

    #[test]
    fn an_address_is_taken_apart() {
        let check = |url: &str, host: &str, path: &str| {
            assert_eq!(host_and_path(url, "shop.example"), (host.to_owned(), path), "{url}")
        };
        check("https://www.google-analytics.com/g/collect?v=2", "www.google-analytics.com", "/g/collect");
        check("//Ads.Example:8443", "ads.example", "/");
        check("https://user:word@ads.example/x#y", "ads.example", "/x");
        check("https://ads.example?x=/y", "ads.example", "/");
        check("/local/pixel?u=//ads.example", "shop.example", "/local/pixel");
        check("local.js", "shop.example", "local.js");
    }
}
