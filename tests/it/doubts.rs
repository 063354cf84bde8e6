//! What the gateway does where it can't know: each doubt has an outcome that the site chose, and each is counted. Refuses to reach a doubt by other
//! means than what comes by wire or file.

use gateway_tests::gateway::{command, printed};
use gateway_tests::{Client, Gateway, Origin, Reply, tags};

use crate::visitors::{HOST, NAVIGATION, page};

const AWAKE: &str = "<script src=\"https://www.googletagmanager.com/gtag/js?id=1\">";

fn configured(origin: &Origin, more: &str) -> String {
    format!(
        "listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\ndata = \"data\"\n[limits]\npage_bytes = 65536\n\
         [[sites]]\nname = \"shop\"\norigin = \"{}\"\n{more}",
        origin.url()
    )
}

/// The count of a doubt under an outcome.
async fn counted(gateway: &Gateway, doubt: &str, outcome: &str) -> u64 {
    let admin = gateway.admin.expect("an admin listener");
    let text = Client::fetch(admin, &admin.to_string(), "/metrics", &[]).await.text();
    let sample = format!("consent_gateway_doubts_total{{site=\"shop\",doubt=\"{doubt}\",outcome=\"{outcome}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&sample)?.parse().ok()).unwrap_or(0)
}

/// A gateway whose site chose an outcome, by its default or in writing.
async fn chose(origin: &Origin, doubt: &str, outcome: &str, written: bool) -> Gateway {
    let more = if written { format!("[sites.on_doubt]\n{doubt} = \"{outcome}\"\n") } else { String::new() };
    Gateway::configured(&configured(origin, &more)).start().await
}

#[tokio::test]
async fn a_page_too_large_to_judge_is_cut_off_or_passes_on() {
    let huge = format!(
        "<!doctype html><html><body><p>before</p>{}<img alt=\"{}\"><p>after</p>{}</body></html>",
        tags::markup(),
        "x".repeat(200_000),
        tags::markup()
    );
    let sent = huge.clone();
    let origin = Origin::start(move |_| Reply::page(sent.clone())).await;
    for (outcome, written) in [("closed", false), ("open", true)] {
        let gateway = chose(&origin, "page_too_large", outcome, written).await;
        let mut client = Client::connect(gateway.address(), HOST).await;
        let all = [&NAVIGATION[..], &[("Connection", "close")]].concat();
        let head = all.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<String>();
        client.send(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n{head}\r\n").as_bytes()).await;
        let text = String::from_utf8_lossy(&client.rest().await).into_owned();
        // A piece may end anywhere: what parts the pieces is taken out.
        let pieces = text.split("\r\n").filter(|piece| u32::from_str_radix(piece, 16).is_err());
        let page = pieces.collect::<String>();
        let (before, after) = page.split_once("<img alt=").unwrap_or((&page, ""));
        assert!(before.contains("before") && !before.contains(AWAKE), "what came before is judged: {before}");
        match outcome {
            "open" => assert!(after.contains("after") && after.contains(AWAKE), "the rest passes unjudged"),
            _ => assert!(!text.contains("after") && !text.ends_with("0\r\n\r\n"), "the page is cut off"),
        }
        assert_eq!(counted(&gateway, "page_too_large", outcome).await, 1, "{outcome}");
    }
}

#[tokio::test]
async fn a_page_in_an_unknown_coding_passes_or_is_refused_with_a_sentence() {
    let origin = Origin::start(|_| Reply::of("text/html", "not to be read").with("content-encoding", "dcz")).await;
    for (outcome, written, status, words) in
        [("open", false, 200, "not to be read"), ("closed", true, 502, "could not be read")]
    {
        let gateway = chose(&origin, "unknown_coding", outcome, written).await;
        let heard = page(gateway.address(), "/", &[]).await;
        assert!(heard.status == status && heard.text().contains(words), "{outcome}: {} {}", heard.status, heard.text());
        assert_eq!(counted(&gateway, "unknown_coding", outcome).await, 1, "{outcome}");
    }
}

#[tokio::test]
async fn a_page_in_an_unreadable_charset_passes_or_is_refused_with_a_sentence() {
    let origin = Origin::start(|_| Reply::of("text/html; charset=iso-2022-jp", "not to be read")).await;
    for (outcome, written, status, words) in
        [("open", false, 200, "not to be read"), ("closed", true, 502, "could not be read")]
    {
        let gateway = chose(&origin, "unknown_charset", outcome, written).await;
        let heard = page(gateway.address(), "/", &[]).await;
        assert!(heard.status == status && heard.text().contains(words), "{outcome}: {} {}", heard.status, heard.text());
        assert_eq!(counted(&gateway, "unknown_charset", outcome).await, 1, "{outcome}");
    }
}

#[tokio::test]
async fn a_broken_token_grants_nothing_or_is_a_first_visit() {
    let origin = Origin::start(|_| Reply::page(tags::page("en", "Shop"))).await;
    let more = |outcome: &str| format!("regime = \"opt-out\"\n[sites.on_doubt]\nbroken_token = \"{outcome}\"\n");
    for (outcome, more, reaches) in
        [("closed", "regime = \"opt-out\"\n".to_owned(), false), ("open", more("open"), true)]
    {
        let gateway = Gateway::configured(&configured(&origin, &more)).start().await;
        let heard = page(gateway.address(), "/", &[("Cookie", "_ga=1; consent=broken")]).await;
        assert!(heard.text().contains("id=\"consent-banner\""), "{outcome}: who may have refused is asked again");
        assert_eq!(origin.last_at("/").cookie_names().contains(&"_ga".to_owned()), reaches, "{outcome}");
        assert_eq!(heard.text().contains(AWAKE), reaches, "{outcome}");
        assert_eq!(counted(&gateway, "broken_token", outcome).await, 1, "{outcome}");
        page(gateway.address(), "/", &[("Cookie", "_ga=1")]).await;
        assert!(origin.last_at("/").cookie_names().contains(&"_ga".to_owned()), "no token is no doubt");
    }
}

#[tokio::test]
async fn a_missing_policy_keeps_the_gateway_from_starting_or_lets_its_site_pass() {
    let origin = Origin::start(|_| Reply::page(tags::page("en", "Shop")).cookie("_ga=1")).await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("gateway.toml");
    let text = |outcome: &str| {
        let blog = format!("[[sites]]\nname = \"blog\"\nhosts = [\"blog.example\"]\norigin = \"{}\"\n", origin.url());
        let more = format!(
            "hosts = [\"shop.example\"]\npolicy = \"missing.toml\"\n[sites.on_doubt]\npolicy_missing = \"{outcome}\"\n{blog}"
        );
        configured(&origin, &more)
    };
    std::fs::write(&file, text("closed")).expect("a temporary folder can be written");
    let output = command(folder.path(), &["run", "--config", "gateway.toml"]);
    assert!(!output.status.success() && printed(&output).contains("missing.toml"), "{}", printed(&output));
    std::fs::write(&file, text("open")).expect("a temporary folder can be written");
    let output = command(folder.path(), &["check", "--config", "gateway.toml"]);
    assert!(!output.status.success() && printed(&output).contains("missing.toml"), "a check tells it all the same");

    let gateway = Gateway::configured(&text("open")).start().await;
    gateway.says("everything passes as it came").await;
    let heard = page(gateway.address(), "/", &[]).await;
    assert_eq!((heard.text(), heard.all("set-cookie")), (tags::page("en", "Shop"), vec!["_ga=1".to_owned()]));
    assert_eq!(counted(&gateway, "policy_missing", "open").await, 1);
    let refused = Client::fetch(gateway.address(), HOST, "/.consent/settings", &[]).await;
    assert_eq!(refused.status, 503, "no choice is taken under a policy that isn't the site's");
    let blog = Client::fetch(gateway.address(), "blog.example", "/", &NAVIGATION).await;
    assert!(blog.text().contains("id=\"consent-banner\""), "the other sites do their work");

    // A policy that comes is put in force; one that goes is not missed.
    let own = gateway.folder().join("missing.toml");
    let starter = gateway_tests::folders::repository().join("policies/documents/starter/opt-in.toml");
    std::fs::copy(starter, &own).expect("a policy can be copied");
    gateway.reload();
    gateway.says("the configuration was read again").await;
    assert!(page(gateway.address(), "/", &[]).await.text().contains("id=\"consent-banner\""));
    std::fs::remove_file(&own).expect("a file can be removed");
    gateway.reload();
    gateway.says("the old one stays").await;
    assert!(page(gateway.address(), "/", &[]).await.text().contains("id=\"consent-banner\""));
    let admin = gateway.admin.expect("an admin listener");
    let text = Client::fetch(admin, &admin.to_string(), "/metrics", &[]).await.text();
    for words in ["reloads_total{in_force=\"true\"} 1", "reloads_total{in_force=\"false\"} 1"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[tokio::test]
async fn a_choice_under_another_policy_grants_nothing_and_is_counted() {
    let origin = Origin::start(|_| Reply::page(tags::page("en", "Shop"))).await;
    let gateway = Gateway::configured(&configured(&origin, "policy = \"own.toml\"\n"));
    let starter = gateway_tests::folders::repository().join("policies/documents/starter/opt-in.toml");
    let policy = std::fs::read_to_string(starter).expect("the starter policy is there");
    gateway.write("own.toml", &policy);
    let gateway = gateway.start().await;
    let cookie = crate::visitors::chosen(gateway.address(), "accept_all", &[]).await;
    std::fs::write(gateway.folder().join("own.toml"), policy.replacen("effective = \"20", "effective = \"19", 1))
        .expect("a temporary folder can be written");
    gateway.reload();
    gateway.says("the configuration was read again").await;
    let heard = page(gateway.address(), "/", &[("Cookie", &format!("_ga=1; {cookie}"))]).await;
    assert!(heard.text().contains("id=\"consent-banner\"") && !heard.text().contains(AWAKE), "{}", heard.text());
    assert!(origin.last_at("/").cookie_names().is_empty());
    assert_eq!(counted(&gateway, "other_policy", "closed").await, 1);
}

#[tokio::test]
async fn every_new_switch_is_checked_with_its_line() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let text = "listen = [\"127.0.0.1:0\"]\naccess_log = 1\n[limits]\naccess_log_lines = 1\n[[sites]]\nname = \"shop\"\n\
                origin = \"http://127.0.0.1:1\"\nbypass_paths = [\"pay\"]\nenforce_paths = [\"/a/../b\"]\nenforce_share = 101\n\
                server_timing = \"yes\"\n[sites.on_doubt]\nunknown_coding = \"ajar\"\nthe_weather = \"open\"\n";
    std::fs::write(folder.path().join("gateway.toml"), text).expect("a temporary folder can be written");
    let output = command(folder.path(), &["check", "--config", "gateway.toml"]);
    let told = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for place in [
        "gateway.toml:2: access_log",
        "gateway.toml:4: limits.access_log_lines",
        "gateway.toml:8: sites[0].bypass_paths",
        "gateway.toml:9: sites[0].enforce_paths",
        "gateway.toml:10: sites[0].enforce_share",
        "gateway.toml:11: sites[0].server_timing",
        "gateway.toml:13: sites[0].on_doubt.unknown_coding",
        "gateway.toml:14: sites[0].on_doubt.the_weather",
    ] {
        assert!(told.contains(place), "{place} is not told:\n{told}");
    }
}
