//! What most tests set up: a shop with its tags and cookies, the collector behind its tags, the gateway in front. Refuses to decide anything
//! that a test is about. Invariant: the shop's cookies have a catalogued or declared meaning, said by name.

use gateway_tests::{Browser, Collector, Gateway, Origin, Reply, Seen, browser, tags};

/// The shop's host as browsers are told to find it; plain http on port 80.
pub(crate) const SHOP: &str = "http://shop.example";

/// Waits until the banner's program has taken the form over.
pub(crate) async fn taken_over(browser: &Browser) {
    browser.until_listening("#consent-form", "submit").await;
}

/// Waits until no banner is in view and the settings link is.
pub(crate) async fn closed(browser: &Browser) {
    browser.until("!document.querySelector('#consent-banner')?.checkVisibility()").await;
    browser.until("document.querySelector('#consent-settings')?.checkVisibility()").await;
}

/// Origin and collector of a shop.
pub(crate) struct Shop {
    pub(crate) origin: Origin,
    pub(crate) collector: Collector,
}

impl Shop {
    /// A shop whose pages carry every tag and that sets cookies by header: `session` (nobody speaks of it), `_ga` and `_fbp` as
    /// the site's own server would, the second hidden from scripts.
    pub(crate) async fn open() -> Self {
        Self { origin: Origin::start(shop).await, collector: Collector::start().await }
    }

    /// A browser that finds the shop at this port and the trackers at the collector.
    pub(crate) fn browser(&self, port: u16) -> browser::Plan {
        let plan = Browser::plan().host("shop.example", 80, port);
        plan.trackers(&tags::hosts(), self.collector.port())
    }

    /// The gateway in front of the shop with the starter policy.
    pub(crate) async fn gateway(&self) -> Gateway {
        Gateway::before(&self.origin.url()).start().await
    }

    /// What trackers know and left in a browser: hosts that were asked, tracking cookies, storage keys.
    pub(crate) async fn traces(&self, browser: &Browser) -> Traces {
        let names = browser.cookie_names().await;
        let ours = ["session", "consent", "__Host-consent"];
        Traces {
            hosts: self.collector.hits().into_keys().collect(),
            cookies: names.into_iter().filter(|name| !ours.contains(&name.as_str())).collect(),
            keys: browser.storage_keys().await,
        }
    }
}

/// See [`Shop::traces`].
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Traces {
    pub(crate) hosts: Vec<String>,
    pub(crate) cookies: Vec<String>,
    pub(crate) keys: Vec<String>,
}

impl Traces {
    /// What of everything that the shop's tags leave is missing here.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let hosts = tags::hosts().into_iter().filter(|host| !self.hosts.iter().any(|own| own == host));
        let cookies = tags::cookies().into_iter().filter(|name| !self.cookies.iter().any(|own| own == name));
        let keys = tags::keys().into_iter().filter(|key| !self.keys.iter().any(|own| own == key));
        hosts.chain(cookies).chain(keys).collect()
    }
}

fn shop(seen: &Seen) -> Reply {
    match seen.path_only() {
        "/favicon.ico" => Reply::status(404),
        "/plain" => Reply::page("<!doctype html><title>Plain</title><p>No tags here.</p>"),
        _ => with_cookies(Reply::page(tags::page("en", "A shop"))),
    }
}

fn with_cookies(reply: Reply) -> Reply {
    reply
        .cookie("session=s1; Path=/; HttpOnly; SameSite=Lax")
        .cookie("_ga=GA1.1.server; Path=/; Max-Age=63072000")
        .cookie("_fbp=fb.1.server; Path=/; Max-Age=7776000; HttpOnly")
}
