//! The guard in a real browser: what scripts of a page can write and ask for, by every way that a guard of this size can see. Refuses to look at
//! the guard itself: what counts is what the browser keeps and what the collector was asked.

mod bundled;
mod cookies;
mod elements;
mod fresh;
mod modes;
mod requests;
mod rules;

use gateway_tests::{Browser, Collector, Gateway, Origin, Reply, Seen, tags, wait};

use crate::stage::{SHOP, closed};

/// A site whose pages run a script of the test's own, a collector, and the gateway in front.
pub(crate) struct Setting {
    pub(crate) origin: Origin,
    pub(crate) collector: Collector,
    pub(crate) gateway: Gateway,
}

/// A site whose every page runs one script first in its head and one in its body. They are files of its own: an inline script that names a
/// tracker would be held with the page.
pub(crate) fn site(seen: &Seen, head: &str, body: &str) -> Reply {
    match seen.path_only() {
        "/favicon.ico" => Reply::status(404),
        "/own" => Reply::of("text/plain", "own"),
        "/head.js" => Reply::of("text/javascript", head.to_owned()),
        "/body.js" => Reply::of("text/javascript", body.to_owned()),
        _ => Reply::page(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>A page</title><script src=\"/head.js\"></script></head>\
             <body><h1>A page</h1><div id=\"place\"></div><script src=\"/body.js\"></script></body></html>",
        ),
    }
}

impl Setting {
    /// A site that answers so, with the starter policy.
    pub(crate) async fn of(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let origin = Origin::start(answer).await;
        let gateway = Gateway::before(&origin.url()).start().await;
        Self { origin, collector: Collector::start().await, gateway }
    }

    /// The same with one HTML for all visitors.
    pub(crate) async fn for_all(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let origin = Origin::start(answer).await;
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\ncacheable = true\n",
            origin.url()
        );
        let gateway = Gateway::configured(&text).start().await;
        Self { origin, collector: Collector::start().await, gateway }
    }

    /// A browser that finds the site behind the gateway and every tracker at the collector.
    pub(crate) async fn browser(&self) -> Browser {
        self.browser_at(self.gateway.address().port()).await
    }

    /// A browser that goes to the site without the gateway.
    pub(crate) async fn browser_without(&self) -> Browser {
        self.browser_at(self.origin.address.port()).await
    }

    async fn browser_at(&self, port: u16) -> Browser {
        let plan = Browser::plan().host("shop.example", 80, port);
        plan.trackers(&tags::hosts(), self.collector.port()).start().await
    }

    /// Waits until the collector was asked for all of these paths.
    pub(crate) async fn asked_for_all(&self, paths: &[&str]) {
        let missing = || {
            let asked = self.collector.requests();
            let missing = paths.iter().filter(|path| !asked.iter().any(|asked| asked.ends_with(*path)));
            missing.copied().collect::<Vec<_>>()
        };
        let found = tokio::time::timeout(wait::PATIENCE, async {
            while !missing().is_empty() {
                tokio::task::yield_now().await;
            }
        });
        assert!(found.await.is_ok(), "never asked for {:?}, only for {:?}", missing(), self.collector.requests());
    }
}

/// Opens the shop's first page and accepts everything.
pub(crate) async fn accepted(browser: &Browser) {
    browser.open(SHOP).await;
    browser.click("#consent-accept").await;
    closed(browser).await;
}

/// Opens the shop's first page and refuses everything.
pub(crate) async fn refused(browser: &Browser) {
    browser.open(SHOP).await;
    browser.click("#consent-refuse").await;
    closed(browser).await;
}

/// The names of cookies that a page can set, without the gateway's own.
pub(crate) async fn names(browser: &Browser) -> Vec<String> {
    let names = browser.cookie_names().await;
    names.into_iter().filter(|name| name != "consent").collect()
}
