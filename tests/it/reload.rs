//! What follows a reload, and what it can't change. Refuses to look at how fast: each fact is awaited.

use gateway_tests::origin::free_address;
use gateway_tests::{Client, Gateway, Origin, Reply, folders, wait};

use crate::store::{ask, lock};
use crate::visitors::HOST;

async fn origin() -> Origin {
    Origin::start(|_| Reply::page("<!doctype html><title>T</title><p>page").cookie("_ga=1")).await
}

fn text(sites: &[(&str, &str)], more: &str) -> String {
    let sites = sites.iter().map(|(name, origin)| {
        format!("[[sites]]\nname = \"{name}\"\nhosts = [\"{name}.example\"]\norigin = \"{origin}\"\n{more}\n")
    });
    format!("listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\ndata = \"data\"\n{}", sites.collect::<String>())
}

fn rewrite(gateway: &Gateway, text: &str) {
    std::fs::write(gateway.folder().join("gateway.toml"), text).expect("a temporary folder can be written");
    gateway.reload();
}

/// How many policies' texts the store keeps.
fn kept(gateway: &Gateway) -> String {
    ask(&gateway.data(), "select count(*) from content where kind = 'policy'")
}

#[tokio::test]
async fn the_admin_pages_and_the_watch_over_origins_follow_a_reload() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&[("shop", &origin.url())], "")).start().await;
    let admin = gateway.admin.expect("an admin listener");
    let listed = async |name: &str| Client::fetch(admin, "localhost", "/", &[]).await.text().contains(name);
    assert!(listed("shop").await && !listed("second-site").await);
    let gone = free_address().await;
    rewrite(&gateway, &text(&[("shop", &origin.url()), ("second-site", &format!("http://{gone}"))], ""));
    gateway.says("the configuration was read again").await;
    assert!(listed("second-site").await, "the new site is there to choose");
    gateway.says(&format!("the origin http://{gone}/ doesn't answer yet")).await;
    let _late = Origin::start_at(gone, |_| Reply::page("late")).await;
    gateway.says(&format!("the origin http://{gone}/ answers now")).await;
}

#[tokio::test]
async fn the_text_of_a_new_policy_is_kept_after_a_reload_and_tried_again_until_it_is() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&[("shop", &origin.url())], "")).start().await;
    wait::until_true("the first policy's text is kept", || async { kept(&gateway) == "[(1,)]" }).await;
    let policy = folders::repository().join("policies/documents/starter/opt-out.toml");
    let holder = lock(&gateway.data()).await;
    rewrite(&gateway, &text(&[("shop", &origin.url())], &format!("policy = \"{}\"", policy.display())));
    gateway.says("the policy's text could not be kept; it is tried again").await;
    assert_eq!(kept(&gateway), "[(1,)]");
    drop(holder);
    gateway.says("the policy's text is kept now").await;
    assert_eq!(kept(&gateway), "[(2,)]");
}

#[tokio::test]
async fn a_reload_says_what_only_a_restart_can_change() {
    let origin = origin().await;
    let first = text(&[("shop", &origin.url())], "");
    let gateway = Gateway::configured(&first).start().await;
    let address = gateway.address();
    rewrite(
        &gateway,
        &first
            .replace("127.0.0.1:0\"]", "127.0.0.2:0\"]")
            .replace("\"data\"", "\"elsewhere\"")
            .replace("admin =", "workers = 7\nadmin ="),
    );
    gateway.says("a restart is needed for what a reload can't change: listen, workers, data").await;
    gateway.says("the configuration was read again").await;
    assert_eq!(Client::fetch(address, HOST, "/", &[]).await.status, 200, "it listens where it did");
    assert!(!gateway.folder().join("elsewhere/consent.sqlite").exists());
    rewrite(&gateway, &first);
    wait::until_true("it was read once more", || async {
        gateway.log().matches("the configuration was read again").count() == 2
    })
    .await;
    assert_eq!(gateway.log().matches("a restart is needed").count(), 1, "{}", gateway.log());
}

#[tokio::test]
async fn who_is_believed_follows_a_reload() {
    let origin = origin().await;
    let first = text(&[("shop", &origin.url())], "");
    let gateway = Gateway::configured(&first).start().await;
    let visitor = async || {
        Client::fetch(gateway.address(), HOST, "/", &[("X-Forwarded-For", "203.0.113.9")]).await;
        origin.last_at("/").header("x-forwarded-for").unwrap_or_default()
    };
    assert_eq!(visitor().await, "127.0.0.1");
    rewrite(&gateway, &format!("trusted_proxies = [\"127.0.0.1\"]\n{first}"));
    gateway.says("the configuration was read again").await;
    assert_eq!(visitor().await, "203.0.113.9, 127.0.0.1");
}
