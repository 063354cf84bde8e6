//! Sites that go from page to page without loading one: Next.js (App Router, built and started as its makers say), Vue with its router, and Turbo
//! Drive. No complaint of the framework, one banner before and after, tags of the page gone to asleep until granted. Refuses to fake a framework.

use std::process::Command;

use gateway_tests::process::Process;
use gateway_tests::{Browser, Collector, Gateway, Origin, Reply, Seen, folders, origin, tags, wait};
use serde_json::json;

use crate::stage::{SHOP, closed, taken_over};

/// The hosts of an article's tags: a script in each of two ways, a pixel and a frame.
const HOSTS: &[&str] = &["www.googletagmanager.com", "static.hotjar.com", "www.facebook.com", "td.doubleclick.net"];

/// A site behind the gateway, and what its tags reach.
struct Stage {
    gateway: Gateway,
    collector: Collector,
    home: &'static str,
    article: &'static str,
    /// The hosts of the article's tags.
    hosts: &'static [&'static str],
}

impl Stage {
    async fn before(origin: &str, home: &'static str, article: &'static str, hosts: &'static [&'static str]) -> Self {
        let gateway = Gateway::before(origin).start().await;
        Self { gateway, collector: Collector::start().await, home, article, hosts }
    }

    async fn cacheable(mut self, origin: &str) -> Self {
        let site = "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\ncacheable = true\n";
        self.gateway = Gateway::configured(&format!("{site}origin = \"{origin}\"\n")).start().await;
        self
    }

    async fn browser(&self) -> Browser {
        let plan = Browser::plan().host("shop.example", 80, self.gateway.address().port());
        plan.trackers(&tags::hosts(), self.collector.port()).start().await
    }

    async fn open(&self, browser: &Browser, path: &str) {
        browser.open(&format!("{SHOP}{path}")).await;
        browser.until("window.hydrated").await;
        browser.run("window.mark = true;").await;
    }

    fn asked(&self) -> Vec<String> {
        self.collector.hits().into_keys().collect()
    }

    async fn all_wake(&self) {
        let expect: Vec<String> = self.hosts.iter().map(ToString::to_string).collect();
        wait::until_true(&format!("{expect:?} are asked"), || async {
            expect.iter().all(|host| self.asked().contains(host))
        })
        .await;
    }

    /// Refused on the page gone to: one banner all along, and nothing wakes.
    async fn refused(&self) {
        let browser = self.browser().await;
        self.open(&browser, self.home).await;
        taken_over(&browser).await;
        check_one(&browser, true).await;
        browser.click("#count").await;
        go(&browser, "article").await;
        check_one(&browser, true).await;
        check_quiet(&browser).await;
        browser.click("#consent-refuse").await;
        closed(&browser).await;
        for name in ["home", "article"] {
            go(&browser, name).await;
            check_one(&browser, false).await;
        }
        browser.driver().back().await.expect("there is a page to go back to");
        browser.until("document.querySelector('#home')").await;
        check_one(&browser, false).await;
        assert_eq!(browser.run("return document.querySelector('#count').textContent;").await, "clicked 1 times");
        self.open(&browser, self.article).await;
        go(&browser, "home").await;
        check_one(&browser, false).await;
        go(&browser, "article").await;
        check_one(&browser, false).await;
        check_quiet(&browser).await;
        assert!(self.asked().is_empty(), "nothing wakes: {:?}", self.asked());
    }

    /// Accepted on the page gone to: what was held there wakes, and so do the tags of later pages.
    async fn accepted(&self) {
        let browser = self.browser().await;
        self.open(&browser, self.home).await;
        taken_over(&browser).await;
        go(&browser, "article").await;
        assert!(self.asked().is_empty(), "nothing before the answer: {:?}", self.asked());
        browser.click("#consent-accept").await;
        closed(&browser).await;
        self.all_wake().await;
        go(&browser, "home").await;
        check_one(&browser, false).await;
        self.collector.forget();
        self.open(&browser, self.home).await;
        go(&browser, "article").await;
        self.all_wake().await;
        check_one(&browser, false).await;
        check_quiet(&browser).await;
    }
}

/// Follows a link within the page: the document stays the same.
async fn go(browser: &Browser, name: &str) {
    browser.click(&format!("#to-{name}")).await;
    // Turbo shows what it remembers of a page first, and marks the document until the page itself stands.
    browser.until(&format!("document.querySelector('#{name}') && !document.documentElement.ariaBusy")).await;
    assert_eq!(browser.run("return window.mark;").await, true, "to {name} without a page load");
}

/// One banner where one is owed, else none; one link to the settings; first in the body.
async fn check_one(browser: &Browser, owed: bool) {
    let shown = if owed { "#consent-banner" } else { "#consent-settings" };
    browser.until(&format!("document.querySelector('{shown}')?.checkVisibility()")).await;
    let counts = "return ['#consent-banner', '#consent-settings'].map(id => {
        const all = [...document.querySelectorAll(id)];
        return [all.length, all.filter(each => each.checkVisibility()).length];
    });";
    let counts = browser.run(counts).await;
    let expect = if owed { json!([[1, 1], [1, 0]]) } else { json!([[0, 0], [1, 1]]) };
    assert_eq!(counts, expect, "banner and settings: how many there are, and in view");
}

async fn check_quiet(browser: &Browser) {
    // A hint that is held has no address: the browser says so, and nobody else minds.
    let known = ["favicon.ico", "<link rel=preload> has an invalid `href` value"];
    let said: Vec<_> = browser.complaints().await;
    let said: Vec<_> = said.into_iter().filter(|said| !known.iter().any(|part| said.contains(part))).collect();
    assert!(said.is_empty(), "{said:#?}");
}

struct Next {
    _process: Process,
    url: String,
}

impl Next {
    async fn start() -> Self {
        let address = origin::free_address().await;
        let mut command = Command::new("node");
        command.args(["node_modules/next/dist/bin/next", "start", "--hostname", "127.0.0.1", "--port"]);
        command.arg(address.port().to_string()).current_dir(folders::next()).env("NEXT_TELEMETRY_DISABLED", "1");
        let process = Process::start("Next.js", command);
        wait::until_true("Next.js listens", || async { tokio::net::TcpStream::connect(address).await.is_ok() }).await;
        Self { _process: process, url: format!("http://{address}") }
    }

    async fn stage(&self) -> Stage {
        Stage::before(&self.url, "/", "/article", HOSTS).await
    }
}

#[tokio::test]
async fn a_next_site_keeps_one_banner_and_what_is_refused_asleep() {
    let next = Next::start().await;
    next.stage().await.refused().await;
}

#[tokio::test]
async fn a_next_site_wakes_what_is_granted() {
    let next = Next::start().await;
    next.stage().await.accepted().await;
}

#[tokio::test]
async fn what_a_next_site_streams_later_comes_through_and_sleeps() {
    let next = Next::start().await;
    let stage = next.stage().await;
    let browser = stage.browser().await;
    stage.open(&browser, "/slow").await;
    browser.until("document.querySelector('#late')?.checkVisibility()").await;
    taken_over(&browser).await;
    check_one(&browser, true).await;
    go(&browser, "home").await;
    go(&browser, "slow").await;
    browser.until("document.querySelector('#late')?.checkVisibility()").await;
    check_one(&browser, true).await;
    check_quiet(&browser).await;
    assert!(stage.asked().is_empty(), "{:?}", stage.asked());
    browser.click("#consent-accept").await;
    wait::until_true("the late pixel wakes", || async { stage.asked().contains(&"www.facebook.com".into()) }).await;
}

/// A Vue site with the build that its makers give to developers, or to visitors.
fn vue(seen: &Seen, mode: &str) -> Reply {
    let name = match seen.path_only() {
        "/vue" => "vue.html",
        "/vue/article" => "vue-article.html",
        "/vue.js" => &format!("vue-{mode}.js"),
        _ => return Reply::status(404),
    };
    let kind = if name.ends_with(".js") { "text/javascript; charset=utf-8" } else { "text/html; charset=utf-8" };
    Reply::of(kind, std::fs::read(folders::react().join(name)).expect("the fixture can be read"))
}

const VUE_HOSTS: &[&str] = &["www.googletagmanager.com", "www.facebook.com", "td.doubleclick.net"];

#[tokio::test]
async fn a_vue_site_keeps_one_banner_and_what_is_refused_asleep() {
    let origin = Origin::start(|seen| vue(seen, "production")).await;
    Stage::before(&origin.url(), "/vue", "/vue/article", VUE_HOSTS).await.refused().await;
}

#[tokio::test]
async fn a_vue_site_wakes_what_is_granted_and_its_development_build_has_nothing_to_say() {
    let origin = Origin::start(|seen| vue(seen, "development")).await;
    Stage::before(&origin.url(), "/vue", "/vue/article", VUE_HOSTS).await.accepted().await;
}

fn turbo(seen: &Seen) -> Reply {
    let body = match seen.path_only() {
        "/" => String::from("<h1 id=home>Home</h1>"),
        "/article" => format!("<h1 id=article>Article</h1>{}", tags::markup()),
        "/thanks" => String::from("<h1 id=thanks>Thanks</h1>"),
        "/order" => return Reply::redirect(303, "/thanks"),
        "/turbo.js" => {
            let script = std::fs::read(folders::react().join("turbo.js")).expect("the fixture can be read");
            return Reply::of("text/javascript", script);
        }
        _ => return Reply::status(404),
    };
    Reply::page(format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Turbo shop</title><script defer src=/turbo.js></script></head>\
         <body><nav><a id=to-home href=/>Home</a> <a id=to-article href=/article>Article</a></nav>{body}\
         <button id=count onclick=\"count.textContent = 'clicked 1 times'\">clicked 1 times</button>\
         <form method=post action=/order><button id=to-thanks>Order</button></form>\
         <script>addEventListener('turbo:load', () => {{ window.hydrated = true; }}, {{ once: true }});</script></body></html>"
    ))
}

#[tokio::test]
async fn a_turbo_site_keeps_one_banner_and_what_is_refused_asleep() {
    let origin = Origin::start(turbo).await;
    Stage::before(&origin.url(), "/", "/article", HOSTS).await.refused().await;
}

#[tokio::test]
async fn a_turbo_site_wakes_what_is_granted() {
    let origin = Origin::start(turbo).await;
    Stage::before(&origin.url(), "/", "/article", HOSTS).await.accepted().await;
}

#[tokio::test]
async fn a_turbo_site_asks_however_many_pages_are_gone_through_and_after_a_form() {
    let origin = Origin::start(turbo).await;
    let stage = Stage::before(&origin.url(), "/", "/article", HOSTS).await;
    let browser = stage.browser().await;
    stage.open(&browser, "/").await;
    taken_over(&browser).await;
    for _ in 0..12 {
        go(&browser, "article").await;
        go(&browser, "home").await;
    }
    check_one(&browser, true).await;
    go(&browser, "thanks").await;
    check_one(&browser, true).await;
    assert_eq!(browser.run("return window.pages.at(-1);").await, "/thanks", "Turbo tells of the page");
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    go(&browser, "home").await;
    check_one(&browser, false).await;
    assert!(stage.asked().is_empty(), "{:?}", stage.asked());
}

#[tokio::test]
async fn one_page_for_all_goes_through_turbo_too() {
    let origin = Origin::start(turbo).await;
    let stage = Stage::before(&origin.url(), "/", "/article", HOSTS).await.cacheable(&origin.url()).await;
    let browser = stage.browser().await;
    stage.open(&browser, "/").await;
    taken_over(&browser).await;
    go(&browser, "article").await;
    browser.until("document.querySelector('#consent-banner')?.checkVisibility()").await;
    assert_eq!(browser.run("return document.querySelectorAll('#consent-banner').length;").await, 1);
    browser.click("#consent-accept").await;
    closed(&browser).await;
    stage.all_wake().await;
    go(&browser, "home").await;
    browser.until("document.querySelector('#consent-settings')?.checkVisibility()").await;
    browser.until("!document.querySelector('#consent-banner')?.checkVisibility()").await;
}
