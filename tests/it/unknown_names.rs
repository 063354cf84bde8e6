//! Names of cookies that nobody declares: listed for the owner once several networks showed them, folded, and never before; said at once only to
//! who tries a site out alone. Refuses to look at memory: what counts is what is listed and what the store's file holds.

use gateway_tests::{Browser, Client, Gateway, Origin, Reply, wait};

use crate::store::ask;
use crate::visitors::{HOST, page, pages_of_networks};

async fn origin() -> Origin {
    Origin::start(|_| Reply::page("<!doctype html><title>T</title><p>page").cookie("cart_20241101=1").cookie("_ga=1"))
        .await
}

async fn gateway(origin: &Origin, site: &str) -> Gateway {
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\ntrusted_proxies = [\"127.0.0.1\"]\n\
         [[sites]]\nname = \"shop\"\norigin = \"{}\"\n{site}",
        origin.url()
    );
    Gateway::configured(&text).start().await
}

async fn listed(gateway: &Gateway) -> Vec<String> {
    let admin = gateway.admin.expect("an admin listener");
    let heard = Client::fetch(admin, &admin.to_string(), "/inventory.json", &[]).await;
    let listed: serde_json::Value = serde_json::from_slice(&heard.body).expect("JSON");
    let cookies = listed["cookies"].as_array().into_iter().flatten();
    cookies.map(|cookie| cookie["name"].as_str().unwrap_or_default().to_owned()).collect()
}

const STORED: &str = "select key from seen where declared is null order by key";

#[tokio::test]
async fn a_name_is_stored_folded_and_only_after_five_networks() {
    let origin = origin().await;
    let mut gateway = gateway(&origin, "").await;
    let sent = [("Cookie", "account_9f86d081=secret; theme=dark")];
    for _ in 0..3 {
        pages_of_networks(gateway.address(), "/", 4, &sent).await;
    }
    wait::until_true("what is declared is listed at once", || async { listed(&gateway).await.contains(&"_ga".into()) })
        .await;
    assert_eq!(listed(&gateway).await, ["_ga"], "four networks are too few, however often");
    pages_of_networks(gateway.address(), "/", 5, &sent).await;
    let mut names = listed(&gateway).await;
    names.sort_unstable();
    assert_eq!(names, ["_ga", "account_#", "cart_#", "theme"]);
    let data = gateway.folder().join("data");
    gateway.finish();
    gateway.ended().await;
    assert_eq!(ask(&data, STORED), "[('account_#',), ('cart_#',), ('theme',)]");
    let file = std::fs::read(data.join("consent.sqlite")).expect("the store is a file");
    for never in ["198.51.", "9f86d081", "20241101"] {
        assert!(!file.windows(never.len()).any(|window| window == never.as_bytes()), "{never} is stored");
    }
}

#[tokio::test]
async fn who_tries_a_site_out_alone_reads_names_at_once_and_nothing_is_stored() {
    let origin = origin().await;
    let mut gateway = Gateway::before(&origin.url()).flag("--shadow").start().await;
    page(gateway.address(), "/", &[("Cookie", "theme=dark")]).await;
    gateway.says("cart_#").await;
    gateway.says("theme").await;
    for _ in 0..9 {
        page(gateway.address(), "/", &[("Cookie", "theme=dark")]).await;
    }
    assert_eq!(gateway.log().matches("a cookie that nobody declares").count(), 2, "once each: {}", gateway.log());
    let data = gateway.data();
    gateway.finish();
    gateway.ended().await;
    assert_eq!(ask(&data, STORED), "[]");
}

/// Posts a report as a page of this host's would, from a network.
async fn report(gateway: &Gateway, site: &str, network: u8, names: &str) -> u16 {
    let from = format!("198.51.{network}.7");
    let headers = [("Sec-Fetch-Site", site), ("X-Forwarded-For", from.as_str()), ("Content-Type", "text/plain")];
    let mut client = Client::connect(gateway.address(), HOST).await;
    client.request("POST", "/.consent/seen", &headers, names.as_bytes()).await.status
}

#[tokio::test]
async fn pages_report_names_where_the_site_switched_it_on() {
    let origin = origin().await;
    let off = gateway(&origin, "").await;
    assert_eq!(report(&off, "same-origin", 1, "script_made").await, 404, "off without a word");
    let on = gateway(&origin, "report_unknown = true\n").await;
    let names = "script_made_20241101\n_ga\n\n  \n";
    for network in 0..4 {
        assert_eq!(report(&on, "same-origin", network, names).await, 204);
        assert_eq!(report(&on, "cross-site", network + 100, names).await, 403);
    }
    assert_eq!(listed(&on).await, Vec::<String>::new());
    assert_eq!(report(&on, "same-origin", 4, names).await, 204);
    assert_eq!(listed(&on).await, ["script_made_#"]);
    assert_eq!(report(&on, "same-origin", 5, &"a name\n".repeat(2_000)).await, 413);
}

#[tokio::test]
async fn what_a_page_s_scripts_set_is_reported_when_the_page_is_left() {
    let writes = "<!doctype html><html lang=en><head><title>T</title></head><body><p>page</p>\
                  <script>for (const name of ['made_20241101', 'made_20251101', '_ga', 'consent']) document.cookie = name + '=secret; path=/';</script></body></html>";
    let origin = Origin::start(move |_| Reply::page(writes)).await;
    for unknown in ["observe", "deny"] {
        let on = gateway(&origin, &format!("report_unknown = true\nunknown = \"{unknown}\"\n")).await;
        for network in 0..4 {
            assert_eq!(report(&on, "same-origin", network, "made_#\n").await, 204);
        }
        assert_eq!(listed(&on).await, Vec::<String>::new());
        let plan = Browser::plan().host(HOST, 80, on.address().port()).header("X-Forwarded-For", "198.51.200.7");
        let browser = plan.start().await;
        browser.open(&format!("http://{HOST}/")).await;
        browser.open("about:blank").await;
        wait::until_true("the fifth network's report", || async { listed(&on).await == ["made_#"] }).await;
    }
}
