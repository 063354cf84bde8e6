//! What is held and how it wakes, in a real browser: each script once, in its turn, with what it counts on. Refuses to judge by markup: what counts is
//! what ran, in the order in which it ran, and what the third party was asked. Invariant: nothing of the third party runs before the choice.

mod frames;
mod order;
mod places;
mod rules;
mod waits;
mod writes;

use gateway_tests::certificates::Authority;
use gateway_tests::{Browser, Gateway, Origin, Reply, Seen, browser};

use crate::stage::{SHOP, closed, taken_over};

/// A host of statistics, and one of advertising.
pub(super) const STATISTICS: &str = "https://static.hotjar.com";
pub(super) const ADVERTISING: &str = "https://connect.facebook.net";
/// Hosts of what plays or draws in frames.
pub(super) const VIDEO: &str = "https://www.youtube.com";
pub(super) const MAP: &str = "https://map.naver.com";

/// A page, its headers, and the third party's files by path.
#[derive(Clone, Default)]
pub(super) struct Page {
    pub(super) html: String,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) files: Vec<(&'static str, &'static str)>,
    pub(super) cacheable: bool,
}

impl Page {
    /// A whole page with this head and body; `window.ran` is the list in which scripts say that they ran.
    pub(super) fn new(head: &str, body: &str) -> Self {
        let html = format!(
            "<!doctype html><html lang=en><head><meta charset=utf-8><title>Held</title><script nonce=n1>window.ran = [];</script>\
             {head}</head><body><h1 id=top>Held</h1>{body}<p id=end>The end.</p></body></html>"
        );
        Self { html, ..Self::default() }
    }

    /// The same with a file of the third party, a script by its ending.
    pub(super) fn file(mut self, path: &'static str, body: &'static str) -> Self {
        self.files.push((path, body));
        self
    }

    /// The same with a header.
    pub(super) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same where one HTML serves all visitors.
    pub(super) fn cacheable(mut self) -> Self {
        self.cacheable = true;
        self
    }

    /// Opens it in a browser that has never been there.
    pub(super) async fn open(self) -> Stage {
        let stage = self.behind(Browser::plan()).await;
        stage.browser.open(SHOP).await;
        stage
    }

    /// The same, with another browser and before any page is opened.
    pub(super) async fn behind(self, plan: browser::Plan) -> Stage {
        let plan = plan.view(1280, 1600);
        let Self { html, headers, files, cacheable } = self;
        let page = move |seen: &Seen| {
            if seen.path_only() == "/favicon.ico" {
                return Reply::status(404);
            }
            headers.iter().fold(Reply::page(html.clone()), |reply, (name, value)| reply.with(name, value))
        };
        let origin = Origin::start(page).await;
        let hosts = [STATISTICS, ADVERTISING, VIDEO, MAP].map(|url| url.trim_start_matches("https://"));
        let identity = Authority::fresh().identity(&hosts);
        let third_party = Origin::start_tls(identity.server(&["h2", "http/1.1"]), move |seen| file(&files, seen)).await;
        let gateway = if cacheable {
            let origin = origin.url();
            Gateway::configured(&format!(
                "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{origin}\"\ncacheable = true\n"
            ))
        } else {
            Gateway::before(&origin.url())
        };
        let gateway = gateway.start().await;
        let plan = plan.host("shop.example", 80, gateway.address().port());
        let browser = plan.trackers(&hosts, third_party.address.port()).start().await;
        Stage { origin, third_party, gateway, browser }
    }
}

fn file(files: &[(&'static str, &'static str)], seen: &Seen) -> Reply {
    let Some((path, body)) = files.iter().find(|(path, _)| *path == seen.path_only()) else {
        return Reply::status(404);
    };
    let kind = if path.ends_with("js") { "text/javascript" } else { "text/html" };
    Reply::of(kind, *body).with("access-control-allow-origin", "*").with("cache-control", "no-store")
}

/// A page in a browser, a third party, and the gateway between.
pub(super) struct Stage {
    pub(super) origin: Origin,
    pub(super) third_party: Origin,
    pub(super) gateway: Gateway,
    pub(super) browser: Browser,
}

impl Stage {
    /// Nothing has run and nobody was asked; then the visitor accepts.
    pub(super) async fn accept(&self) {
        let before = self.browser.run("return window.ran;").await;
        assert_eq!(before, serde_json::json!([]), "nothing that is held runs before the choice");
        assert!(self.third_party.seen().is_empty(), "{:?}", self.asked());
        self.press_accept().await;
    }

    /// Accepts, whatever has been before.
    pub(super) async fn press_accept(&self) {
        taken_over(&self.browser).await;
        self.browser.click("#consent-accept").await;
        closed(&self.browser).await;
    }

    /// Waits until as many have run, and compares who it was, in which order.
    pub(super) async fn ran(&self, expect: &[&str]) {
        let count = format!("window.ran.length >= {}", expect.len());
        let waited = tokio::time::timeout(gateway_tests::wait::PATIENCE / 2, self.browser.until(&count)).await;
        let ran = self.browser.run("return window.ran;").await;
        assert!(waited.is_ok(), "only {ran} ran, the browser says {:?}", self.browser.errors().await);
        assert_eq!(ran, serde_json::json!(expect));
    }

    /// Waits for the last of all, then makes sure that each ran once.
    pub(super) async fn ran_once_each(&self, expect: &[&str]) {
        self.ran(expect).await;
        self.browser.run("return new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));").await;
        assert_eq!(self.browser.run("return window.ran;").await, serde_json::json!(expect), "once each");
    }

    /// Waits until the third party was asked for all these paths, queries aside.
    pub(super) async fn asks_for(&self, paths: &[&str]) {
        let all = || async {
            let asked = self.asked();
            paths.iter().all(|path| asked.iter().any(|asked| asked.split('?').next() == Some(path)))
        };
        let waiting = gateway_tests::wait::until_true("the third party is asked", all);
        if tokio::time::timeout(gateway_tests::wait::PATIENCE / 2, waiting).await.is_err() {
            panic!("only {:?} of {paths:?} were asked for; {:?}", self.asked(), self.browser.errors().await);
        }
    }

    /// The paths that the third party was asked for.
    pub(super) fn asked(&self) -> Vec<String> {
        self.third_party.seen().into_iter().map(|seen| seen.path).collect()
    }
}

/// An inline script that is held for statistics.
pub(super) fn inline(code: &str) -> String {
    marked("", code)
}

/// The same with attributes.
pub(super) fn marked(attributes: &str, code: &str) -> String {
    format!("<script {attributes}>if (window.never) fetch('{STATISTICS}/never');\n{code}</script>")
}

/// A script of the third party, with attributes.
pub(super) fn external(attributes: &str, path: &str) -> String {
    format!("<script {attributes} src=\"{STATISTICS}{path}\"></script>")
}
