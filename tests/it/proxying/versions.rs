//! HTTP/2 in clear and by TLS, origins behind TLS, and an origin that is not there yet.

use gateway_tests::certificates::Authority;
use gateway_tests::client::{fetch_h2_tls, fetch_h2c};
use gateway_tests::origin::free_address;
use gateway_tests::{Client, Gateway, Origin, Reply, Seen};

use crate::visitors::{HOST, NAVIGATION, page};

fn small(seen: &Seen) -> Reply {
    Reply::page(format!("<!doctype html><title>Small</title><p>{} {:?}</p>", seen.path, seen.cookie_names()))
        .cookie("a=1")
        .cookie("_ga=1")
}

#[tokio::test]
async fn http_2_in_clear_is_spoken_when_known_beforehand() {
    let origin = Origin::start(small).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    // HTTP/2 lets a client send each cookie in a field of its own.
    let headers = [&NAVIGATION[..], &[("cookie", "a=1"), ("cookie", "_ga=1"), ("cookie", "b=2")]].concat();
    let heard = fetch_h2c(gateway.address(), HOST, "/two?x=1", &headers).await;
    assert_eq!(heard.status, 200);
    assert!(heard.text().contains("/two?x=1") && heard.text().contains("consent-banner"), "{}", heard.text());
    assert_eq!(heard.all("set-cookie"), ["a=1"]);
    let seen = origin.last_at("/two");
    assert_eq!(seen.cookie_names(), ["a", "b"]);
    assert_eq!(seen.header("cookie").as_deref(), Some("a=1; b=2"), "an HTTP/1.1 origin reads one line");
    assert!(seen.header("host").is_some_and(|host| host == HOST), "the authority becomes the host");
}

#[tokio::test]
async fn tls_from_two_files_with_either_version() {
    let origin = Origin::start(small).await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let authority = Authority::fresh();
    let (certificate, key) = authority.identity(&[HOST]).write(folder.path());
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\n[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
        certificate.display(),
        key.display(),
        origin.url()
    );
    let gateway = Gateway::configured(&text).start().await;
    let heard = fetch_h2_tls(gateway.address(), HOST, "/h2", &NAVIGATION, authority.client(&["h2", "http/1.1"])).await;
    assert_eq!(heard.status, 200);
    assert!(heard.text().contains("consent-banner"));
    assert_eq!(origin.last_at("/h2").header("x-forwarded-proto").as_deref(), Some("https"));

    let mut client = Client::connect_tls(gateway.address(), HOST, authority.client(&["http/1.1"])).await;
    assert!(client.get("/h1", &NAVIGATION).await.text().contains("/h1"));
    let state = client.get("/.consent/state", &[]).await;
    let state: serde_json::Value = serde_json::from_slice(&state.body).expect("a state");
    let form = format!("policy={}&lang=en&back=%2F&act=accept_all", state["policy"].as_str().unwrap_or_default());
    let origin_header = format!("https://{HOST}");
    let headers = [("Accept", "text/plain"), ("Origin", origin_header.as_str())];
    let chosen = client.post_form("/.consent/choice", &headers, &form).await;
    let line = chosen.all("set-cookie").into_iter().find(|line| line.starts_with("__Host-consent="));
    let line = line.unwrap_or_else(|| panic!("{}: {:?}", chosen.status, chosen.all("set-cookie"))).to_ascii_lowercase();
    for attribute in ["secure", "path=/", "httponly", "samesite=none"] {
        assert!(line.split(';').any(|part| part.trim() == attribute), "{attribute} in {line}");
    }
    assert!(!line.contains("domain="), "{line}");
    assert!(line.split(';').next().is_some_and(|pair| pair.len() <= 300), "{line}");
}

#[tokio::test]
async fn an_origin_behind_tls_is_reached_and_mapped_back() {
    let authority = Authority::fresh();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let ca = authority.write(folder.path());
    let tls = authority.identity(&["localhost"]).server(&["http/1.1"]);
    let origin = Origin::start_tls(tls, |seen| {
        let own = seen.header("host").unwrap_or_default();
        match seen.path_only() {
            "/go" => Reply::redirect(302, &format!("https://{own}/there?x=1"))
                .cookie("a=1; Domain=localhost; Path=/")
                .cookie("b=2; Path=/"),
            "/away" => Reply::redirect(302, "https://elsewhere.example/"),
            _ => small(seen),
        }
    });
    let origin = origin.await;
    let url = format!("https://localhost:{}", origin.address.port());
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{url}\"\norigin_ca = \"{}\"\nhost = \"origin\"\n",
        ca.display()
    );
    let gateway = Gateway::configured(&text).start().await;
    assert!(page(gateway.address(), "/", &[]).await.text().contains("consent-banner"));
    let own = format!("localhost:{}", origin.address.port());
    assert_eq!(origin.last_at("/").header("host").as_deref(), Some(own.as_str()), "the origin is told its own name");
    let moved = page(gateway.address(), "/go", &[]).await;
    assert_eq!(
        moved.header("location").as_deref(),
        Some("http://shop.example/there?x=1"),
        "its own redirects lead back here"
    );
    let cookies = moved.all("set-cookie");
    assert!(!cookies.iter().any(|line| line.to_ascii_lowercase().contains("domain=localhost")), "{cookies:?}");
    assert!(
        cookies.iter().any(|line| line.starts_with("a=1")) && cookies.iter().any(|line| line == "b=2; Path=/"),
        "{cookies:?}"
    );
    let away = page(gateway.address(), "/away", &[]).await;
    assert_eq!(away.header("location").as_deref(), Some("https://elsewhere.example/"), "others' addresses stay");
}

#[tokio::test]
async fn an_origin_that_nobody_vouches_for_is_not_believed() {
    let tls = Authority::fresh().identity(&["localhost"]).server(&["http/1.1"]);
    let origin = Origin::start_tls(tls, small).await;
    let gateway = Gateway::before(&format!("https://localhost:{}", origin.address.port())).start().await;
    let heard = page(gateway.address(), "/", &[]).await;
    assert_eq!(heard.status, 502, "{}", heard.text());
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn an_origin_that_comes_up_late_is_found() {
    let address = free_address().await;
    let gateway = Gateway::before(&format!("http://{address}")).start().await;
    gateway.says(&address.to_string()).await;
    let down = page(gateway.address(), "/", &[]).await;
    assert_eq!(down.status, 502, "{}", down.text());
    assert!(!down.text().is_empty(), "a visitor is told something");
    let origin = Origin::start_at(address, small).await;
    let up = page(gateway.address(), "/up", &[]).await;
    assert_eq!(up.status, 200, "{}", gateway.log());
    assert_eq!(origin.seen_at("/up").len(), 1);
}
