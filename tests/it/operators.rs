//! What operators see and do: numbers, health, the access log, ids, times, an explained decision, and the unit of the service. Refuses to believe a
//! number that no other program reads.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use gateway_tests::gateway::{command, printed};
use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, Origin, RawOrigin, Reply, folders, tags, wait};
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

use crate::visitors::{HOST, NAVIGATION, choose, chosen, page};

async fn site() -> Origin {
    Origin::start(|_| Reply::page(tags::page("en", "Shop")).cookie("_ga=secret-value")).await
}

fn configured(origin: &str, top: &str, more: &str) -> String {
    format!(
        "listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\ndata = \"data\"\n{top}\n\
         [[sites]]\nname = \"shop\"\norigin = \"{origin}\"\n{more}"
    )
}

/// What the admin listener answers.
async fn asked(gateway: &Gateway, path: &str) -> (u16, String) {
    let admin = gateway.admin.expect("an admin listener");
    let heard = Client::fetch(admin, &admin.to_string(), path, &[]).await;
    (heard.status, heard.text())
}

fn sample(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test]
async fn metrics_are_read_by_promtool_and_count_what_happened() {
    let origin = site().await;
    let gateway = Gateway::configured(&configured(&origin.url(), "", "")).start().await;
    let refusal = chosen(gateway.address(), "refuse_all", &[]).await;
    page(gateway.address(), "/", &[("Cookie", &format!("_ga=1; {refusal}"))]).await;
    let _open = Client::connect(gateway.address(), HOST).await;
    Client::connect(gateway.address(), HOST).await.request("BREW", "/odd", &[], b"").await;
    let text = wait::until("the open connection is counted", || async {
        let (status, text) = asked(&gateway, "/metrics").await;
        assert_eq!(status, 200, "{text}");
        (sample(&text, "consent_gateway_connections").is_some_and(|open| open >= 1.0)).then_some(text)
    });
    let text = text.await;

    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = promtool.spawn().expect("promtool is there: run `make deps`");
    promtool.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("promtool reads");
    let output = promtool.wait_with_output().expect("promtool ends");
    assert!(output.status.success() && printed(&output).trim().is_empty(), "{}\n{text}", printed(&output));

    let page = "consent_gateway_requests_total{site=\"shop\",method=\"GET\",status=\"2xx\"}";
    assert!(sample(&text, page).is_some_and(|count| count >= 2.0), "{text}");
    assert!(text.contains("method=\"other\""), "methods are classes: {text}");
    for (name, expect) in [
        ("consent_gateway_cookies_total{site=\"shop\",what=\"kept_back\"}", 1.0),
        ("consent_gateway_bypass{site=\"shop\"}", 0.0),
        ("consent_gateway_store_writable", 1.0),
        ("consent_gateway_late_records", 0.0),
        ("consent_gateway_failures_total{class=\"origin\"}", 0.0),
    ] {
        assert_eq!(sample(&text, name), Some(expect), "{name}: {text}");
    }
    let dropped = sample(&text, "consent_gateway_cookies_total{site=\"shop\",what=\"dropped\"}");
    assert!(dropped.is_some_and(|count| count >= 1.0), "{text}");
    let held = sample(&text, "consent_gateway_held_tags_total{site=\"shop\"}");
    assert!(held.is_some_and(|count| count >= 1.0), "{text}");
    assert!(text.contains("consent_gateway_request_duration_seconds_bucket{le=\"+Inf\",site=\"shop\"}"), "{text}");
    assert!(!text.contains("secret-value") && !text.contains("\"_ga") && !text.contains("/odd"), "{text}");
}

#[tokio::test]
async fn a_gateway_is_ready_while_choices_can_be_stored_and_until_it_stops() {
    let (pieces, receiver) = mpsc::channel(1);
    let receiver = std::sync::Arc::new(Mutex::new(Some(receiver)));
    let origin = RawOrigin::start(move |_| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nfirst";
        let receiver = receiver.try_lock().expect("asked once").take().expect("asked once");
        Answer::Pieces(head.as_bytes().to_vec(), receiver)
    });
    let origin = origin.await;
    let mut gateway = Gateway::configured(&configured(&origin.url(), "", "")).start().await;
    assert_eq!(asked(&gateway, "/healthz").await, (200, "alive\n".to_owned()));
    assert_eq!(asked(&gateway, "/readyz").await.0, 200);

    let holder = crate::store::lock(&gateway.folder().join("data")).await;
    assert_eq!(choose(gateway.address(), "accept_all", &[], &[]).await.status, 503);
    let (_, numbers) = asked(&gateway, "/metrics").await;
    let doubt = "consent_gateway_doubts_total{site=\"shop\",doubt=\"store_down\",outcome=\"closed\"}";
    assert_eq!(sample(&numbers, doubt), Some(1.0), "{numbers}");
    let (status, text) = asked(&gateway, "/readyz").await;
    assert!(status == 503 && text.contains("store writable: no"), "{status} {text}");
    assert_eq!(asked(&gateway, "/healthz").await.0, 200, "it lives");
    drop(holder);
    wait::until_true("it is ready without another choice", || async { asked(&gateway, "/readyz").await.0 == 200 })
        .await;

    let mut client = Client::connect(gateway.address(), HOST).await;
    client.send(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await;
    client.hear_head().await;
    gateway.finish();
    wait::until_true("who asks is sent elsewhere", || async {
        let (status, text) = asked(&gateway, "/readyz").await;
        status == 503 && text.contains("stopping: yes")
    })
    .await;
    pieces.send(b"later".to_vec()).await.expect("the origin writes");
    assert_eq!(client.exactly(10).await, b"firstlater");
    drop((pieces, client));
    assert!(gateway.ended().await.success(), "{}", gateway.log());
}

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[tokio::test]
async fn the_access_log_tells_each_answer_without_what_could_tell_visitors_apart() {
    let origin = site().await;
    let top = "access_log = \"access.log\"\ntrusted_proxies = [\"127.0.0.1\"]";
    let mut gateway = Gateway::configured(&configured(&origin.url(), top, "hosts = [\"shop.example\"]")).start().await;
    let file = gateway.folder().join("access.log");
    let headers = [
        ("Cookie", "_ga=hidden-cookie"),
        ("X-Forwarded-For", "203.0.113.77"),
        ("Referer", "http://shop.example/hidden-referrer"),
        ("X-Request-Id", "edge-42"),
    ];
    let heard = page(gateway.address(), "/shop?q=hidden-query", &headers).await;
    let log = wait::until("a line is written", || async { lines(&file).into_iter().next() }).await;
    for (key, expect) in [
        ("id", Value::from("edge-42")),
        ("site", Value::from("shop")),
        ("method", Value::from("GET")),
        ("path", Value::from("/shop")),
        ("status", Value::from(200)),
        ("bytes", Value::from(heard.body.len())),
        ("complete", Value::from(true)),
        ("network", Value::from("203.0.113.0/24")),
        ("basis", Value::from("default")),
        ("treatment", Value::from("enforce")),
        ("cookies_kept_back", Value::from(1)),
        ("set_cookies_dropped", Value::from(1)),
    ] {
        assert_eq!(log[key], expect, "{key}: {log}");
    }
    assert!(log["time"].as_str().is_some_and(|time| time.ends_with('Z')) && log["milliseconds"].is_u64(), "{log}");
    let text = format!("{}{}", std::fs::read_to_string(&file).expect("a log"), gateway.log());
    for hidden in ["hidden", "secret-value", "203.0.113.77", "?q"] {
        assert!(!text.contains(hidden), "{hidden} is written: {text}");
    }
    assert_eq!(Client::fetch(gateway.address(), "nobody.example", "/", &[]).await.status, 421);
    let log = wait::until("a refused request is written too", || async { lines(&file).into_iter().nth(1) }).await;
    assert_eq!((&log["site"], &log["status"]), (&Value::from(""), &Value::from(421)), "{log}");

    // As logrotate does it: the file is moved, the signal follows.
    let moved = gateway.folder().join("access.log.1");
    std::fs::rename(&file, &moved).expect("a file can be moved");
    gateway.signal("USR1");
    wait::until_true("a new file is there", || async { file.exists() }).await;
    page(gateway.address(), "/after", &[]).await;
    wait::until_true("the new file is written", || async {
        lines(&file).first().is_some_and(|line| line["path"] == "/after")
    })
    .await;
    assert_eq!(lines(&moved).len(), 2, "nothing is lost");
    page(gateway.address(), "/last", &[]).await;
    gateway.finish();
    assert!(gateway.ended().await.success(), "{}", gateway.log());
    assert_eq!(lines(&file).last().map(|line| line["path"].clone()), Some(Value::from("/last")));
}

#[tokio::test]
async fn a_page_that_passes_as_it_came_is_logged_as_whole() {
    let origin = site().await;
    let text = configured(&origin.url(), "access_log = \"access.log\"", "shadow = true");
    let gateway = Gateway::configured(&text).start().await;
    let heard = page(gateway.address(), "/", &[]).await;
    assert!(heard.header("content-length").is_some(), "its length is told beforehand: {:?}", heard.headers);
    let file = gateway.folder().join("access.log");
    let log = wait::until("a line is written", || async { lines(&file).into_iter().next() }).await;
    for (key, expect) in [
        ("treatment", Value::from("shadow")),
        ("bytes", Value::from(heard.body.len())),
        ("complete", Value::from(true)),
    ] {
        assert_eq!(log[key], expect, "{key}: {log}");
    }
}

#[tokio::test]
async fn an_access_log_on_a_full_disk_costs_no_request() {
    let origin = site().await;
    let gateway = Gateway::configured(&configured(&origin.url(), "access_log = \"/dev/full\"", "")).start().await;
    for _ in 0..5 {
        assert_eq!(page(gateway.address(), "/", &[]).await.status, 200);
    }
    gateway.says("the access log can't be written").await;
    assert_eq!(page(gateway.address(), "/", &[]).await.status, 200);
    assert_eq!(gateway.log().matches("the access log can't be written").count(), 1, "{}", gateway.log());
    wait::until_true("each lost line is counted", || async {
        sample(&asked(&gateway, "/metrics").await.1, "consent_gateway_access_log_dropped_lines_total") == Some(6.0)
    })
    .await;
}

#[tokio::test]
async fn without_an_access_log_the_signal_changes_nothing() {
    let origin = site().await;
    let gateway = Gateway::before(&origin.url()).start().await;
    gateway.signal("USR1");
    page(gateway.address(), "/", &[]).await;
    assert_eq!(page(gateway.address(), "/", &[]).await.status, 200);
}

#[tokio::test]
async fn requests_have_an_id_that_the_origin_is_told() {
    let origin = site().await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let ids = async |headers: &[(&str, &str)]| {
        page(gateway.address(), "/", headers).await;
        origin.last_at("/").all("x-request-id")
    };
    let (first, second) = (ids(&[]).await, ids(&[("X-Request-Id", "a-strangers")]).await);
    for id in [&first, &second] {
        assert!(matches!(id.as_slice(), [id] if id.len() == 32), "{id:?}");
    }
    assert_ne!(first, second);
    let text = configured(&origin.url(), "trusted_proxies = [\"127.0.0.1\"]", "");
    let gateway = Gateway::configured(&text).variable("CONSENT_GATEWAY_LOG", "debug").start().await;
    page(gateway.address(), "/", &[("X-Request-Id", "edge-42")]).await;
    assert_eq!(origin.last_at("/").all("x-request-id"), ["edge-42"]);
    gateway.says("edge-42").await;
}

#[tokio::test]
async fn failures_of_a_class_are_one_line_in_a_while() {
    let away = gateway_tests::origin::free_address().await;
    let gateway = Gateway::configured(&configured(&format!("http://{away}"), "", "")).start().await;
    for _ in 0..20 {
        assert_eq!(page(gateway.address(), "/", &[]).await.status, 502);
    }
    let told = gateway.log().matches("a request failed").count();
    assert_eq!(told, 1, "{}", gateway.log());
    let (_, text) = asked(&gateway, "/metrics").await;
    assert_eq!(sample(&text, "consent_gateway_failures_total{class=\"origin\"}"), Some(20.0), "{text}");
    let failed = "consent_gateway_requests_total{site=\"shop\",method=\"GET\",status=\"5xx\"}";
    assert_eq!(sample(&text, failed), Some(20.0), "a site's own failures are its own: {text}");
}

#[tokio::test]
async fn a_signed_header_explains_the_decision_about_its_request() {
    let origin = site().await;
    let gateway = Gateway::configured(&configured(&origin.url(), "", "")).start().await;
    let issued = |words: &[&str]| {
        let output = command(gateway.folder(), &[words, &["--config", "gateway.toml"]].concat());
        assert!(output.status.success(), "{}", printed(&output));
        let line = printed(&output).trim().to_owned();
        line.split_once(": ").map(|(_, token)| token.to_owned()).expect("a header to send")
    };
    let (good, preview) = (issued(&["debug-token"]), issued(&["preview-token"]));
    let cookies = "_ga=hidden; od%d=hidden; session=hidden";
    let explained = async |token: &str| {
        let heard = page(gateway.address(), "/", &[("Consent-Debug", token), ("Cookie", cookies)]).await;
        assert!(origin.last_at("/").header("consent-debug").is_none(), "it never reaches the origin");
        heard.header("consent-debug-result")
    };
    let told = explained(&good).await.expect("an explanation");
    for words in [
        "site=shop; treatment=enforce; basis=default; granted=necessary; prompt=1; choice=none;",
        "kept-back=1(_ga);",
        "dropped=1(_ga);",
        "page=judged;",
        "regime=opt-in; lang=en; gpc=0; policy=",
        "; class=",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("hidden") && !told.contains("secret-value"), "never a value: {told}");
    let mut past = Command::new("faketime");
    past.arg("2 hours ago").arg(folders::gateway_binary()).args(["debug-token", "--config", "gateway.toml"]);
    let output = past.current_dir(gateway.folder()).output().expect("faketime is there: run `make deps`");
    let stale = printed(&output).trim().replace("consent-debug: ", "");
    assert!(stale.len() == good.len() && stale != good, "{stale}");
    for wrong in ["", "1", &preview, good.trim_start_matches('A'), &stale] {
        assert_eq!(explained(wrong).await, None, "{wrong}");
    }
    let output = command(gateway.folder(), &["debug-token", "--minutes", "0", "--config", "gateway.toml"]);
    assert_eq!(output.status.code(), Some(2), "{}", printed(&output));
    let output = command(gateway.folder(), &["debug-token", "--data", "nowhere"]);
    assert!(!output.status.success() && !gateway.folder().join("nowhere").exists(), "no folder is made");
}

#[tokio::test]
async fn times_are_told_where_the_site_says_so() {
    let origin = Origin::start(|_| Reply::page(tags::page("en", "Shop")).with("server-timing", "db;dur=1")).await;
    let gateway = Gateway::configured(&configured(&origin.url(), "", "server_timing = true\n")).start().await;
    let told = page(gateway.address(), "/", &[]).await.all("server-timing");
    assert!(
        matches!(told.as_slice(), [own, added] if own == "db;dur=1" && added.starts_with("origin;dur=") && added.contains(", gateway;dur=")),
        "{told:?}"
    );
    let gateway = Gateway::configured(&configured(&origin.url(), "", "")).start().await;
    assert_eq!(page(gateway.address(), "/", &[]).await.all("server-timing"), ["db;dur=1"]);
    assert_eq!(NAVIGATION.len(), 3);
}

#[test]
fn the_unit_of_the_service_is_sound_and_exposes_little() {
    let unit = std::fs::read_to_string(folders::repository().join("gateway/packaging/consent-gateway.service"));
    let unit = unit.expect("the unit is part of the repository");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let binary = folders::gateway_binary();
    let here = folder.path().join("consent-gateway.service");
    let placed = unit.replace("/usr/local/bin/consent-gateway", &binary.to_string_lossy());
    std::fs::write(&here, placed).expect("a temporary folder can be written");
    let analyze = |words: &[&str]| {
        let output = Command::new("systemd-analyze").args(words).arg(&here).output();
        let output = output.expect("systemd-analyze is there: run `make deps`");
        assert!(output.status.success(), "{words:?}: {}", printed(&output));
        printed(&output)
    };
    let said = analyze(&["verify"]);
    assert!(said.trim().is_empty(), "{said}");
    analyze(&["security", "--offline=true", "--no-pager", "--threshold=20"]);
}
