//! What was counted, by the command line and by the owner's page: the same numbers, and everybody's. Refuses anything that could tell visitors apart.

use gateway_tests::gateway::{command, printed};
use gateway_tests::{Client, Gateway, Origin, Reply, wait};
use serde_json::Value;

use crate::visitors::{choose, page, pages_of_networks};

/// The totals that the command line tells after the gateway has ended, and with that stored everything.
pub(crate) async fn totals(mut gateway: Gateway) -> Value {
    gateway.finish();
    assert!(gateway.ended().await.success(), "{}", gateway.log());
    report(&gateway)["totals"].clone()
}

fn report(gateway: &Gateway) -> Value {
    let data = gateway.data();
    let output = command(gateway.folder(), &["stats", "--data", &data.to_string_lossy(), "--json"]);
    assert!(output.status.success(), "{}", printed(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", printed(&output)))
}

/// A small day: three enter, one of them with the signal, four choose.
async fn some_traffic(gateway: &Gateway) {
    let address = gateway.address();
    page(address, "/", &[]).await;
    page(address, "/list", &[]).await;
    page(address, "/signalled", &[("Sec-GPC", "1")]).await;
    // Going on within the site is no visit; a fragment and a picture are neither visits nor owed a banner.
    let inside = [("Accept", "text/html"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "same-origin")];
    Client::fetch(address, "shop.example", "/inside", &inside).await;
    Client::fetch(address, "shop.example", "/part", &[("Accept", "text/html"), ("Sec-Fetch-Dest", "empty")]).await;
    let accepted = choose(address, "accept_all", &[], &[]).await.set_cookie("consent").expect("a cookie");
    choose(address, "accept_all", &[], &[]).await;
    choose(address, "refuse_all", &[], &[]).await;
    choose(address, "custom", &["analytics"], &[]).await;
    choose(address, "withdraw", &[], &[("Cookie", &accepted)]).await;
    page(address, "/after", &[("Cookie", &accepted)]).await;
}

#[tokio::test]
async fn the_command_line_tells_what_was_counted() {
    let origin = Origin::start(|seen| {
        let reply = Reply::page("<!doctype html><title>T</title><body><p>x</p>");
        if seen.path_only() == "/file" { reply.with("content-disposition", "attachment") } else { reply }
    });
    let origin = origin.await;
    let mut gateway = Gateway::before(&origin.url()).start().await;
    some_traffic(&gateway).await;
    // What is saved and not shown has no banner, and is no visit.
    page(gateway.address(), "/file", &[]).await;
    gateway.finish();
    assert!(gateway.ended().await.success(), "{}", gateway.log());
    let report = report(&gateway);
    let totals = &report["totals"];
    let figures =
        ["pages", "visits", "owed", "visits_owed", "gpc", "answers", "first", "agreed", "accept_all", "refuse_all"];
    let told = figures.map(|figure| totals[figure].as_u64().unwrap_or_else(|| panic!("{figure}: {report:#}")));
    assert_eq!(told, [5, 4, 4, 3, 1, 4, 4, 3, 2, 1], "{report:#}");
    let changes = ["changes", "taken_back", "withdrawn", "rendered", "plain"].map(|figure| totals[figure].as_u64());
    assert_eq!(changes, [1, 1, 1, 0, 0].map(Some), "{report:#}");
    let purposes = totals["purposes"].as_array().cloned().unwrap_or_default();
    let analytics = purposes.iter().find(|of| of["purpose"] == "analytics").unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!(
        ["seen", "granted", "refused", "gained", "lost"].map(|figure| analytics[figure].as_u64()),
        [1, 3, 1, 0, 1].map(Some)
    );
    assert_eq!((&report["definitions"], &report["steps"].as_array().map(Vec::len)), (&Value::from(1), &Some(30)));
    assert_eq!(report["steps"][29]["state"], "running", "today is not over: {report:#}");

    let data = gateway.data();
    let text = printed(&command(gateway.folder(), &["stats", "--data", &data.to_string_lossy()]));
    assert!(text.contains("analytics") && text.contains("Refused all") && text.is_ascii(), "{text}");
    let arguments = ["stats", "--data", &data.to_string_lossy(), "--by", "device", "--plain"];
    let text = printed(&command(gateway.folder(), &arguments));
    assert!(
        text.contains("other") && text.contains("together") && text.contains("<5"),
        "what is narrow is not told: {text}"
    );
    let wrong = printed(&command(gateway.folder(), &["stats", "--from", "2026-02-02", "--to", "2026-02-01"]));
    assert!(wrong.contains("before it begins"), "{wrong}");
    let wrong = printed(&command(gateway.folder(), &["stats", "--by", "name"]));
    assert!(wrong.contains("page_group"), "it says what can be told apart: {wrong}");
    assert!(!text.contains("127.0.0.1"), "nobody is in it: {text}");
}

#[tokio::test]
async fn the_owners_page_shows_a_table_a_chart_and_json() {
    let origin =
        Origin::start(|_| Reply::page("<!doctype html><title>T</title><body><p>x</p>").cookie("nobody_knows=1")).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    some_traffic(&gateway).await;
    let admin = gateway.admin.expect("an admin listener");
    let host = admin.to_string();
    let told = wait::until("the owner's page has the counts", || async {
        let heard = Client::fetch(admin, &host, "/", &[]).await;
        assert_eq!(heard.status, 200, "{}", heard.text());
        let json = Client::fetch(admin, &host, "/api/v1/figures?period=7d", &[]).await;
        let told: Value = serde_json::from_slice(&json.body).unwrap_or_else(|error| panic!("{error}: {}", json.text()));
        (told["totals"]["withdrawn"] == 1).then_some((heard.text(), told))
    });
    let (page, told) = told.await;
    assert!(page.contains("<svg") && page.contains("<table"), "{page}");
    assert_eq!((&told["totals"]["answers"], &told["totals"]["visits"]), (&4.into(), &4.into()), "{told:#}");
    let foreign = Client::fetch(admin, "evil.example", "/", &[]).await;
    assert_ne!(foreign.status, 200, "a page elsewhere can't read it by naming its own host");
}

#[tokio::test]
async fn what_the_site_sets_is_listed_without_values() {
    let origin = Origin::start(|_| {
        Reply::page("<!doctype html><title>T</title>").cookie("nobody_knows=secret-value; Path=/deep; HttpOnly")
    })
    .await;
    let gateway = Gateway::configured(&format!(
        "listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\ntrusted_proxies = [\"127.0.0.1\"]\n\
         [[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
        origin.url()
    ));
    let gateway = gateway.start().await;
    pages_of_networks(gateway.address(), "/", 4, &[]).await;
    let admin = gateway.admin.expect("an admin listener");
    let host = admin.to_string();
    let text = Client::fetch(admin, &host, "/inventory", &[]).await.text();
    assert!(!text.contains("nobody_knows"), "a name that few visitors have may be theirs: {text}");
    pages_of_networks(gateway.address(), "/", 5, &[]).await;
    let text = wait::until("the inventory shows the cookie", || async {
        let text = Client::fetch(admin, &host, "/inventory", &[]).await.text();
        text.contains("nobody_knows").then_some(text)
    });
    let text = text.await;
    assert!(text.contains("/deep"), "{text}");
    assert!(!text.contains("secret-value"), "never a value");
    let file = std::fs::read(gateway.data().join("consent.sqlite")).expect("the store is a file");
    assert!(!file.windows(12).any(|window| window == b"secret-value"), "never a value, in the store neither");
}
