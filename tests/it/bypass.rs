//! Taking the gateway out and bringing it in: the emergency switch, untouched paths, and the parts of a site where enforcement has begun. Refuses to
//! ask the gateway what it did: the origin and the visitor see it.

use std::time::{Duration, Instant};

use gateway_tests::codings::encode;
use gateway_tests::gateway::{command, printed};
use gateway_tests::{Client, Gateway, Origin, Reply, tags, wait};

use crate::visitors::{HOST, NAVIGATION, chosen, page, state};

async fn site() -> Origin {
    Origin::start(|_| Reply::page(tags::page("en", "Shop")).cookie("_ga=1").with("etag", "\"1\"")).await
}

fn configured(origin: &Origin, more: &str) -> String {
    format!(
        "listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\ndata = \"data\"\ntrusted_proxies = [\"127.0.0.1\"]\n\
         [[sites]]\nname = \"shop\"\norigin = \"{}\"\n{more}",
        origin.url()
    )
}

/// Whether a page load at this path went through as if there were no gateway; None where it went half and half.
async fn untouched(gateway: &Gateway, origin: &Origin, path: &str, headers: &[(&str, &str)]) -> Option<bool> {
    let all = [&[("Cookie", "_ga=0")][..], headers].concat();
    let heard = page(gateway.address(), path, &all).await;
    let sent = origin.last_at(path).cookie_names().contains(&"_ga".to_owned());
    let set = heard.all("set-cookie").iter().any(|line| line == "_ga=1");
    let same = heard.text() == tags::page("en", "Shop");
    (sent == set && set == same).then_some(same)
}

fn run(gateway: &Gateway, words: &[&str]) -> String {
    let output = command(gateway.folder(), &[words, &["--data", "data"]].concat());
    assert!(output.status.success(), "{words:?}: {}", printed(&output));
    printed(&output)
}

#[tokio::test]
async fn the_bypass_ends_all_rewriting_within_a_second_and_is_on_record() {
    let origin = site().await;
    let mut gateway = Gateway::before(&origin.url()).start().await;
    let refusal = chosen(gateway.address(), "refuse_all", &[]).await;
    assert_eq!(untouched(&gateway, &origin, "/", &[]).await, Some(false));
    run(&gateway, &["bypass", "on"]);
    let turned = Instant::now();
    wait::until_true("the bypass is on", || async { untouched(&gateway, &origin, "/", &[]).await == Some(true) }).await;
    assert!(turned.elapsed() < Duration::from_secs(1), "{:?}", turned.elapsed());
    let cookies = format!("_ga=0; {refusal}");
    let heard = page(gateway.address(), "/refused", &[("Cookie", &cookies)]).await;
    assert_eq!(heard.all("set-cookie"), ["_ga=1"], "nothing is expired");
    assert_eq!(heard.header("etag").as_deref(), Some("\"1\""), "what describes the bytes is true still");
    assert_eq!(origin.last_at("/refused").all("cookie"), ["_ga=0"], "our own cookie is nobody else's");
    assert_eq!(state(gateway.address(), &[("Cookie", &refusal)]).await["decided"], true, "the portal works");
    chosen(gateway.address(), "accept_all", &[]).await;

    let admin = gateway.admin.expect("an admin listener");
    let host = admin.to_string();
    for (path, words) in [
        ("/?lang=en", "site: bypassed since 20"),
        ("/readyz", "bypassed sites: site"),
        ("/metrics", "consent_gateway_bypass{site=\"site\"} 1"),
    ] {
        let text = Client::fetch(admin, &host, path, &[]).await.text();
        assert!(text.contains(words), "{path}: {text}");
    }
    gateway.says("the bypass of every site is on").await;

    // It outlives the process, until somebody turns it off.
    let data = gateway.data();
    gateway.finish();
    assert!(gateway.ended().await.success(), "{}", gateway.log());
    let again = Gateway::before(&origin.url()).data(&data).start().await;
    assert_eq!(untouched(&again, &origin, "/", &[]).await, Some(true));
    run(&gateway, &["bypass", "off"]);
    wait::until_true("the bypass is off", || async { untouched(&again, &origin, "/", &[]).await == Some(false) }).await;
    let status = run(&gateway, &["bypass", "status"]);
    let lines: Vec<&str> = status.lines().collect();
    assert_eq!((lines.len(), lines.first()), (3, Some(&"off")), "{status}");
    assert!(lines[1].contains(" on * ") && lines[2].contains(" off * "), "who did what when: {status}");
}

#[tokio::test]
async fn one_site_is_bypassed_and_others_are_not() {
    let origin = site().await;
    let blog = format!("[[sites]]\nname = \"blog\"\nhosts = [\"blog.example\"]\norigin = \"{}\"\n", origin.url());
    let text = configured(&origin, &format!("hosts = [\"shop.example\"]\n{blog}"));
    let gateway = Gateway::configured(&text).start().await;
    let output = command(gateway.folder(), &["bypass", "on", "--site", "nobody", "--config", "gateway.toml"]);
    assert!(!output.status.success() && printed(&output).contains("shop, blog"), "{}", printed(&output));
    let output = command(gateway.folder(), &["bypass", "on", "--site", "shop", "--config", "gateway.toml"]);
    assert!(output.status.success(), "{}", printed(&output));
    wait::until_true("the bypass is on", || async { untouched(&gateway, &origin, "/", &[]).await == Some(true) }).await;
    let blog = Client::fetch(gateway.address(), "blog.example", "/", &NAVIGATION).await;
    assert!(blog.text().contains("id=\"consent-banner\""), "{}", blog.text());
    let output = command(gateway.folder(), &["bypass", "status", "--config", "gateway.toml"]);
    assert!(printed(&output).starts_with("shop: on\nblog: off\n"), "{}", printed(&output));
}

#[tokio::test]
async fn bypass_paths_pass_untouched() {
    let origin = site().await;
    let more = "bypass_paths = [\"/api/payments/*\", \"/health\"]\n";
    let gateway = Gateway::configured(&configured(&origin, more)).start().await;
    for (path, expect) in [
        ("/api/payments/card", true),
        ("/health", true),
        ("/healthy", false),
        ("/api/payments", false),
        ("/api/payments/%2e%2e/shop", false),
        ("/api/payments//shop", false),
    ] {
        assert_eq!(untouched(&gateway, &origin, path, &[]).await, Some(expect), "{path}");
    }
}

#[tokio::test]
async fn enforcement_begins_with_named_paths() {
    let origin = site().await;
    let gateway = Gateway::configured(&configured(&origin, "enforce_paths = [\"/new/*\"]\n")).start().await;
    assert_eq!(untouched(&gateway, &origin, "/new/page", &[]).await, Some(false));
    assert_eq!(untouched(&gateway, &origin, "/old", &[]).await, Some(true));
    let admin = gateway.admin.expect("an admin listener");
    let text = Client::fetch(admin, &admin.to_string(), "/shadow", &[]).await.text();
    assert!(text.contains("_ga"), "elsewhere it is judged and listed: {text}");
}

#[tokio::test]
async fn in_shadow_mode_pages_keep_their_bytes_and_headers_and_are_listed() {
    let body = encode("gzip", tags::page("en", "Shop").as_bytes());
    let sent = body.clone();
    let origin = Origin::start(move |seen| {
        if seen.path_only() == "/unclosed" {
            return Reply::of("text/html", "<style>p { background: url(https://stats.g.doubleclick.net/a.png) }");
        }
        let reply = Reply::of("text/html; charset=utf-8", sent.clone()).with("content-encoding", "gzip");
        reply.with("etag", "\"strong\"").with("cache-control", "public, max-age=60").with("accept-ranges", "bytes")
    });
    let origin = origin.await;
    let gateway = Gateway::configured(&configured(&origin, "shadow = true\n")).start().await;
    let heard = page(gateway.address(), "/", &[("Accept-Encoding", "gzip")]).await;
    assert_eq!(heard.body, body, "not even coded anew");
    let length = body.len().to_string();
    for (name, value) in [
        ("etag", "\"strong\""),
        ("cache-control", "public, max-age=60"),
        ("accept-ranges", "bytes"),
        ("content-length", length.as_str()),
    ] {
        assert_eq!(heard.header(name).as_deref(), Some(value), "{name}");
    }
    // A sheet that nobody closed holds all the same, and is whole where the page ends.
    page(gateway.address(), "/unclosed", &[]).await;
    let admin = gateway.admin.expect("an admin listener");
    let text = Client::fetch(admin, &admin.to_string(), "/shadow", &[]).await.text();
    for listed in ["www.googletagmanager.com", "stats.g.doubleclick.net"] {
        assert!(text.contains(listed), "{listed}: {text}");
    }
}

#[tokio::test]
async fn enforcement_begins_with_a_share_of_networks_and_stays_with_them() {
    let origin = site().await;
    let gateway = Gateway::configured(&configured(&origin, "enforce_share = 30\n")).start().await;
    let mut enforced = 0;
    for network in 0..60 {
        let from = |host: u8| format!("203.0.{network}.{host}");
        let seen = async |address: String| {
            let passed = untouched(&gateway, &origin, "/", &[("X-Forwarded-For", &address)]).await;
            passed.expect("all or nothing")
        };
        let first = seen(from(1)).await;
        if network < 10 {
            assert_eq!(seen(from(200)).await, first, "neighbours are treated alike, again and again");
        }
        enforced += u32::from(!first);
    }
    // Sixty draws at 30 %: fewer than 5 or more than 35 come once in a hundred thousand runs.
    assert!((5..=35).contains(&enforced), "{enforced} of 60");
    let cookie = chosen(gateway.address(), "refuse_all", &[]).await;
    for network in 0..10 {
        let (address, cookies) = (format!("203.0.{network}.1"), format!("_ga=0; {cookie}"));
        page(gateway.address(), "/chosen", &[("X-Forwarded-For", &address), ("Cookie", &cookies)]).await;
        assert!(origin.last_at("/chosen").cookie_names().is_empty(), "who has answered is taken at their word");
    }
}

#[tokio::test]
async fn a_preview_shows_the_enforced_site_to_whoever_has_a_signed_header() {
    let origin = site().await;
    let gateway = Gateway::configured(&configured(&origin, "shadow = true\n")).start().await;
    let other = Gateway::before(&origin.url()).start().await;
    let pass = |gateway: &Gateway| {
        let line = run(gateway, &["preview-token", "--minutes", "5"]);
        line.trim().strip_prefix("consent-preview: ").map(str::to_owned).expect("a header to send")
    };
    let (good, foreign) = (pass(&gateway), pass(&other));
    let debug = run(&gateway, &["debug-token"]).trim().replace("consent-debug: ", "");
    assert_eq!(untouched(&gateway, &origin, "/", &[]).await, Some(true));
    assert_eq!(untouched(&gateway, &origin, "/", &[("Consent-Preview", &good)]).await, Some(false));
    for wrong in ["", "1", &foreign, &debug, good.trim_start_matches('A')] {
        assert_eq!(untouched(&gateway, &origin, "/", &[("Consent-Preview", wrong)]).await, Some(true), "{wrong}");
        assert!(origin.last_at("/").header("consent-preview").is_none(), "it never reaches the origin");
    }
    assert!(state(gateway.address(), &[]).await["prompt"] == true, "{HOST}");
}

#[tokio::test]
async fn payment_login_and_captcha_stay_awake_under_a_rule_for_their_whole_domain() {
    let awake = [
        "https://stdpay.inicis.com/stdjs/INIStdPay.js",
        "https://js.tosspayments.com/v2/standard",
        "https://nsp.pay.naver.com/sdk/js/naverpay.min.js",
        "https://www.google.com/recaptcha/api.js",
        "https://js.hcaptcha.com/1/api.js",
        "https://challenges.cloudflare.com/turnstile/v0/api.js",
        "https://t1.kakaocdn.net/kakao_js_sdk/2.7.4/kakao.min.js",
        "https://accounts.google.com/gsi/client",
    ];
    let script = |address: &str| format!("<script src=\"{address}\"></script>");
    let held = "https://ads.inicis.com/tag.js";
    let html = awake.iter().map(|address| script(address)).collect::<String>() + script(held).as_str();
    let page_html = format!("<!doctype html><html><head><title>T</title>{html}</head><body></body></html>");
    let origin = Origin::start(move |_| Reply::page(page_html.clone())).await;
    let starter = gateway_tests::folders::repository().join("policies/documents/starter/opt-in.toml");
    let mut policy = std::fs::read_to_string(starter).expect("the starter policy is there");
    for host in ["inicis.com", "naver.com", "google.com", "hcaptcha.com", "cloudflare.com", "kakaocdn.net"] {
        policy.push_str(&format!(
            "\n[[trackers]]\nhost = \"{host}\"\npurpose = \"marketing\"\nrecipient = \"operator\"\n\
             what = {{ ko = \"모두\", en = \"everything\" }}\n"
        ));
    }
    let plan = Gateway::configured(&configured(&origin, "policy = \"own.toml\"\n"));
    plan.write("own.toml", &policy);
    let gateway = plan.start().await;
    let text = page(gateway.address(), "/", &[]).await.text();
    for address in awake {
        assert!(text.contains(&script(address)), "{address} is held: {text}");
    }
    assert!(!text.contains(&script(held)), "the rule is in force elsewhere: {text}");
}
