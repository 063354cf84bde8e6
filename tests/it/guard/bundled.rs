//! Trackers that are bundled into a site's own script, as their makers publish them on npm: there is no tag to hold, only what they store and
//! whom they call. Refuses to know them: the site's policy and the catalogue do. Counted where they would count.

use std::collections::BTreeSet;

use gateway_tests::{Browser, Collector, Gateway, Origin, Reply, Seen, folders, wait};

use crate::stage::{SHOP, closed};

/// Where PostHog, Mixpanel, ga-lite and a Snowplow collector of the site's own are called.
const HOSTS: [&str; 5] = [
    "us.i.posthog.com",
    "us-assets.i.posthog.com",
    "api-js.mixpanel.com",
    "www.google-analytics.com",
    "events.shop.example",
];

/// What the catalogue can't know: the site's own collector, and a key with a name of everyday.
const DECLARED: &str = r#"
[[cookies]]
prefix = "_sp_"
purpose = "analytics"
recipient = "operator"
what = { ko = "방문자 번호", en = "a visitor's number" }
lifetime = "P2Y"
[[storage]]
area = "local"
prefix = "snowplowOutQueue_"
purpose = "analytics"
recipient = "operator"
what = { ko = "보낼 기록", en = "events to be sent" }
lifetime = "P30D"
[[storage]]
area = "local"
name = "uid"
purpose = "analytics"
recipient = "operator"
what = { ko = "방문자 번호", en = "a visitor's number" }
lifetime = "P400D"
[[trackers]]
host = "events.shop.example"
purpose = "analytics"
recipient = "operator"
what = { ko = "본 페이지", en = "pages viewed" }
"#;

fn shop(seen: &Seen) -> Reply {
    match seen.path_only() {
        "/favicon.ico" => Reply::status(404),
        "/own" => Reply::of("text/plain", "own"),
        "/trackers.js" => {
            let script = std::fs::read(folders::react().join("trackers.js")).expect("the fixture can be read");
            Reply::of("text/javascript; charset=utf-8", script)
        }
        _ => Reply::page(
            "<!doctype html><html lang=\"en\"><head><title>Shop</title></head><body><button id=\"add\">add</button>\
             <script src=\"/trackers.js\"></script></body></html>",
        ),
    }
}

struct Shop {
    origin: Origin,
    collector: Collector,
    gateway: Gateway,
}

impl Shop {
    async fn open() -> Self {
        let origin = Origin::start(shop).await;
        let starter = folders::repository().join("policies/documents/starter/opt-in.toml");
        let policy = std::fs::read_to_string(starter).expect("the starter policy can be read");
        let plan = Gateway::before(&origin.url());
        plan.write("policy.toml", &format!("{policy}\n{DECLARED}"));
        let gateway = plan.option("--policy", "policy.toml").start().await;
        Self { origin, collector: Collector::start().await, gateway }
    }

    async fn browser(&self, port: u16) -> Browser {
        Browser::plan().host("shop.example", 80, port).trackers(&HOSTS, self.collector.port()).start().await
    }

    /// Everything that was stored or called, as words.
    async fn traces(&self, browser: &Browser) -> BTreeSet<String> {
        let keys = "return Promise.all([Object.keys(localStorage), Object.keys(sessionStorage), indexedDB.databases()])
            .then(([local, session, all]) => [...local.map(key => 'local ' + key), ...session.map(key => 'session ' + key),
                ...all.map(({ name }) => 'database ' + name)]);";
        let keys = browser.run(keys).await;
        let keys = keys.as_array().into_iter().flatten().filter_map(|key| key.as_str().map(String::from));
        let cookies = browser.cookie_names().await.into_iter().filter(|name| name != "consent");
        let calls = self.collector.hits().into_keys().map(|host| format!("call {host}"));
        keys.chain(cookies.map(|name| format!("cookie {name}"))).chain(calls).collect()
    }
}

/// The site's own functions: a thing is added, kept and saved.
async fn shops(browser: &Browser) {
    browser.until("window.ready").await;
    browser.click("#add").await;
    browser.until("window.saved === 1 && document.cookie.includes('cart=1') && localStorage.getItem('cart') === '[\"thing\"]'").await;
}

const OWN: [&str; 2] = ["cookie cart", "local cart"];

fn own() -> BTreeSet<String> {
    OWN.map(String::from).into()
}

#[tokio::test]
async fn unanswered_or_refused_they_store_nothing_and_call_nobody_and_the_site_works() {
    let shop = Shop::open().await;
    let browser = shop.browser(shop.gateway.address().port()).await;
    browser.open(SHOP).await;
    shops(&browser).await;
    assert_eq!(shop.traces(&browser).await, own(), "before any answer");
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    browser.open(&format!("{SHOP}/next")).await;
    shops(&browser).await;
    assert_eq!(shop.traces(&browser).await, own(), "after the refusal");
}

#[tokio::test]
async fn after_accepting_they_work_as_without_the_gateway_and_after_a_withdrawal_nothing_is_left() {
    let shop = Shop::open().await;
    let without = shop.browser(shop.origin.address.port()).await;
    without.open(&format!("{SHOP}/next")).await;
    shops(&without).await;
    let everything = [
        "call events.shop.example",
        "call us.i.posthog.com",
        "call api-js.mixpanel.com",
        "call www.google-analytics.com",
    ];
    let expect = wait::until("every tracker calls", || async {
        let traces = shop.traces(&without).await;
        everything.iter().all(|call| traces.contains(*call)).then_some(traces)
    });
    let expect = expect.await;
    assert!(expect.len() >= 12, "{expect:?}");
    shop.collector.forget();

    let browser = shop.browser(shop.gateway.address().port()).await;
    browser.open(SHOP).await;
    browser.click("#consent-accept").await;
    closed(&browser).await;
    browser.open(&format!("{SHOP}/next")).await;
    shops(&browser).await;
    let same = tokio::time::timeout(wait::PATIENCE, async {
        while shop.traces(&browser).await != expect {
            tokio::task::yield_now().await;
        }
    });
    assert!(same.await.is_ok(), "{:?}\nwithout the gateway: {expect:?}", shop.traces(&browser).await);

    browser.click("#consent-settings-link").await;
    browser.click("#consent-refuse").await;
    browser.until("location.pathname === '/next' && window.ready").await;
    shop.collector.forget();
    wait::until_true("what this site's scripts can reach is gone", || async {
        let left = shop.traces(&browser).await;
        left.iter().all(|trace| OWN.contains(&trace.as_str()) || trace.starts_with("cookie third_"))
    })
    .await;
}
