//! Which version holds when, what a folder of versions may hold, and what of it is kept.

use gateway_tests::gateway::{command, printed};
use gateway_tests::{Client, Gateway, Origin, wait};

use super::{EVE, MIDNIGHT, QUIET, Years, hashes, shop, version};
use crate::store::{ask, lock};
use crate::visitors::{HOST, choose, chosen, page, state};

async fn in_force(gateway: &Gateway, host: &str) -> String {
    let heard = Client::fetch(gateway.address(), host, "/.consent/state", &[]).await;
    let state: serde_json::Value = serde_json::from_slice(&heard.body).expect("a state");
    state["policy"].as_str().expect("a policy").to_owned()
}

#[tokio::test]
async fn a_version_comes_into_force_at_the_sites_midnight_without_a_restart() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let more = format!(
        "hosts = [\"shop.example\"]\n[[sites]]\nname = \"laden\"\nhosts = [\"laden.example\"]\norigin = \"{}\"\npolicy = \"{}\"\n\
         time_zone = \"Europe/Berlin\"\n",
        origin.url(),
        years.policy().display()
    );
    let gateway = years.gateway(&origin, &more).start().await;
    let [first, second]: [String; 2] = hashes(&years.policy()).try_into().expect("two versions");
    let check = async |moment: &str, seoul: &str, berlin: &str| {
        years.set(moment);
        // Either worker takes some of these connections.
        for _ in 0..8 {
            assert_eq!(in_force(&gateway, "shop.example").await, seoul, "{moment}");
            assert_eq!(in_force(&gateway, "laden.example").await, berlin, "{moment}");
        }
    };
    check(QUIET, &first, &first).await;
    check(EVE, &first, &first).await;
    check(MIDNIGHT, &second, &first).await;
    check("2026-02-28 22:59:59", &second, &first).await;
    check("2026-02-28 23:00:00", &second, &second).await;
    check("2031-01-01 00:00:00", &second, &second).await;
    // A clock that is set back goes back.
    check(EVE, &first, &first).await;
    assert!(!gateway.log().contains("read again"), "nothing was reloaded: {}", gateway.log());
    let gpc = async || Client::fetch(gateway.address(), HOST, "/.well-known/gpc.json", &[]).await.text();
    assert!(gpc().await.contains("2026-01-01"));
    years.set(MIDNIGHT);
    assert!(gpc().await.contains("2026-03-01"));
}

#[tokio::test]
async fn the_text_of_a_version_to_come_is_kept_before_it_is_in_force() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    years.write("2025-06-01.toml", &version("2025-06-01", None, false));
    let gateway = years.gateway(&origin, "").start().await;
    let kept = || ask(&gateway.data(), "select count(*) from content where kind = 'policy'");
    wait::until_true("both are kept", || async { kept() == "[(2,)]" }).await;
    years.set(MIDNIGHT);
    assert_eq!(page(gateway.address(), "/", &[]).await.status, 200);
    assert_eq!(kept(), "[(2,)]", "nothing is left to do on the day, and what no visitor was shown here isn't kept");
}

#[tokio::test]
async fn a_midnight_that_finds_the_store_away_changes_the_version_and_loses_no_refusal() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let gateway = years.gateway(&origin, "").start().await;
    let [first, second]: [String; 2] = hashes(&years.policy()).try_into().expect("two versions");
    years.set(EVE);
    let granted = chosen(gateway.address(), "accept_all", &[]).await;
    let held = lock(&gateway.data()).await;
    let before = chosen(gateway.address(), "refuse_all", &[]).await;
    years.set(MIDNIGHT);
    assert_eq!(in_force(&gateway, HOST).await, second);
    let shown = page(gateway.address(), "/", &[("Cookie", &granted)]).await;
    assert_eq!(shown.status, 200, "pages pass: {}", shown.text());
    let refused = choose(gateway.address(), "accept_all", &[], &[]).await;
    assert_eq!(refused.status, 503, "no record, no grant: {}", refused.text());
    let after = chosen(gateway.address(), "refuse_all", &[]).await;
    drop(held);
    for marked in [&before, &after] {
        wait::until("the refusal is recorded late", || async {
            page(gateway.address(), "/", &[("Cookie", marked)]).await.set_cookie("consent")
        })
        .await;
    }
    let late = "select act, hex(policy) from record where late = 1 order by made";
    let of = |version: &str| format!("('refuse_all', '{}')", version.to_uppercase());
    assert_eq!(ask(&gateway.data(), late), format!("[{}, {}]", of(&first), of(&second)), "each names what was shown");
    assert_eq!(choose(gateway.address(), "accept_all", &[], &[]).await.status, 200);
}

#[tokio::test]
async fn a_reload_takes_a_version_more_and_a_fault_in_one_keeps_the_old_ones() {
    let (years, origin) = (Years::begin(), Origin::start(shop).await);
    let gateway = years.gateway(&origin, "").start().await;
    years.set(MIDNIGHT);
    let before = in_force(&gateway, HOST).await;
    years.write("2026-05-01.toml", "format = 1\n");
    gateway.reload();
    gateway.says("the old one stays").await;
    assert!(gateway.log().contains("2026-05-01.toml"), "{}", gateway.log());
    // The version before promises seven days.
    years.write("2026-05-01.toml", &version("2026-05-01", Some("2026-04-27"), false));
    gateway.reload();
    let stays = || gateway.log().matches("the old one stays").count();
    wait::until_true("it is refused again", || async { stays() == 2 }).await;
    assert!(gateway.log().contains("is 4 days after the announcement"), "{}", gateway.log());
    years.write("2026-05-01.toml", &version("2026-05-01", Some("2026-03-15"), true));
    gateway.reload();
    gateway.says("the configuration was read again").await;
    assert_eq!(in_force(&gateway, HOST).await, before);
    years.set("2026-04-30 15:00:00");
    assert_ne!(in_force(&gateway, HOST).await, before);
    assert_eq!(state(gateway.address(), &[]).await["policy"], in_force(&gateway, HOST).await);
}

#[tokio::test]
async fn what_is_wrong_with_a_folder_of_versions_is_told_at_once() {
    let years = Years::begin();
    years.write("2026-04-01.toml", &version("2026-04-02", None, false));
    years.write("again.toml", &version("2026-03-01", None, false));
    years.write("notes.txt", "no version");
    let folder = years.folder.path();
    std::fs::create_dir(folder.join("empty")).expect("a temporary folder can be written");
    let site = |name: &str, more: &str| {
        format!("[[sites]]\nname = \"{name}\"\nhosts = [\"{name}.example\"]\norigin = \"http://127.0.0.1:1\"\n{more}")
    };
    let text = [
        "listen = [\"127.0.0.1:0\"]\n".to_owned(),
        site("a", "policy = \"policy\"\ntime_zone = \"Asia/Soul\"\n"),
        site("b", "policy = \"empty\"\nnotice_path = \"start\"\n"),
        site("c", "notice_path = \"/?a=b\"\ntime_zone = 9\n"),
    ];
    let text = text.concat();
    std::fs::write(folder.join("gateway.toml"), text).expect("a temporary folder can be written");
    let output = command(folder, &["check", "--config", "gateway.toml"]);
    let told = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for words in [
        "2026-04-01.toml: effective: is 2026-04-02, but the file is named after 2026-04-01",
        "effective: 2026-03-01 is the first day of",
        "gateway.toml:7: sites[0].time_zone: \"Asia/Soul\" is no time zone: do you mean \"Asia/Seoul\"?",
        "sites[1].policy: empty has no version",
        "sites[1].notice_path: must be a path without a query",
        "sites[2].notice_path: must be a path without a query",
        "sites[2].time_zone",
    ] {
        assert!(told.contains(words), "{words} is not told:\n{told}");
    }
    assert!(!told.contains("notes.txt"), "{told}");
}
