//! A visitor without a browser, for what is a matter of bytes: reads the state, makes a choice as the banner does, keeps the consent cookie. Refuses
//! to know how a cookie is sealed. Invariant: every request names the shop's host.

use std::net::SocketAddr;

use gateway_tests::Client;
use gateway_tests::client::Heard;

/// The host that these visitors ask for.
pub(crate) const HOST: &str = "shop.example";

/// What a browser says of itself when a page is loaded into a tab.
pub(crate) const NAVIGATION: [(&str, &str); 3] =
    [("Accept", "text/html,application/xhtml+xml"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")];

/// Loads a path as a page, with these headers too.
pub(crate) async fn page(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Heard {
    let all = [&NAVIGATION[..], headers].concat();
    Client::fetch(address, HOST, path, &all).await
}

/// Loads a path as visitors of so many networks do, by a proxy in front that is believed.
pub(crate) async fn pages_of_networks(address: SocketAddr, path: &str, count: u8, headers: &[(&str, &str)]) {
    for number in 0..count {
        let from = format!("198.51.{number}.7");
        page(address, path, &[&[("X-Forwarded-For", from.as_str())][..], headers].concat()).await;
    }
}

/// The consent state as JSON.
pub(crate) async fn state(address: SocketAddr, headers: &[(&str, &str)]) -> serde_json::Value {
    let heard = Client::fetch(address, HOST, "/.consent/state", headers).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    assert!(heard.header("cache-control").is_some_and(|value| value.contains("no-store")), "a state is never kept");
    serde_json::from_slice(&heard.body).unwrap_or_else(|error| panic!("no state: {error}: {}", heard.text()))
}

/// Posts a choice as the banner does (`Accept: text/plain`); `purposes` count with the act `custom`.
pub(crate) async fn choose(address: SocketAddr, act: &str, purposes: &[&str], headers: &[(&str, &str)]) -> Heard {
    let state = state(address, headers).await;
    let policy = state["policy"].as_str().expect("a state names its policy");
    let mut form = format!("policy={policy}&lang=en&back=%2F&act={act}");
    for purpose in purposes {
        form.push_str(&format!("&purpose={purpose}"));
    }
    let origin = format!("http://{HOST}");
    let all = [&[("Accept", "text/plain"), ("Origin", origin.as_str())][..], headers].concat();
    Client::connect(address, HOST).await.post_form("/.consent/choice", &all, &form).await
}

/// Makes a choice and hands over the consent cookie (`name=value`).
pub(crate) async fn chosen(address: SocketAddr, act: &str, purposes: &[&str]) -> String {
    let heard = choose(address, act, purposes, &[]).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    heard.set_cookie("consent").unwrap_or_else(|| panic!("no consent cookie in {:?}", heard.all("set-cookie")))
}

/// Posts one of the portal's forms as a page without script does.
pub(crate) async fn post(address: SocketAddr, path: &str, fields: &str, cookie: &str) -> Heard {
    let policy = state(address, &[]).await["policy"].as_str().unwrap_or_default().to_owned();
    let origin = format!("http://{HOST}");
    let headers = [("Accept", "text/html"), ("Origin", origin.as_str()), ("Cookie", cookie)];
    let form = format!("policy={policy}&lang=en&back=%2Flist&{fields}");
    Client::connect(address, HOST).await.post_form(&format!("/.consent/{path}"), &headers, &form).await
}
