//! Visitors who confirm each cookie: what waits, how it is asked about and let go, here and on another node. Refuses to
//! look into the gateway: the prompt in a real browser, the lines on the wire.

use std::net::SocketAddr;

use gateway_tests::client::Heard;
use gateway_tests::{Browser, Client, Gateway, Origin, Reply, Seen, wait};

use crate::stage::SHOP;
use crate::visitors::{HOST, chosen, page, state};

const LINE: &str = "_ga=abc; Path=/; Max-Age=63072000; SameSite=Lax; HttpOnly";

/// Sets cookies with pages, with what scripts fetch, with pictures, and with posts that lead on.
fn shop(seen: &Seen) -> Reply {
    let text = "<!doctype html><html lang=en><title>T</title><body><p id=text>Text.</p></body></html>";
    match seen.path_only() {
        "/" => Reply::page(text).cookie(LINE).cookie("session=1; Path=/"),
        "/fetched" => Reply::of("application/json", "{}").cookie("_fbp=fb; Path=/"),
        "/picture.gif" => Reply::of("image/gif", "").cookie("_gid=img"),
        "/post" => Reply::redirect(303, "/thanks").cookie("wcs_bt=posted"),
        "/gone" => Reply::page(text).cookie("_ga=; Path=/; Max-Age=0"),
        _ => Reply::page(text),
    }
}

async fn site() -> (Origin, Gateway) {
    let origin = Origin::start(shop).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    (origin, gateway)
}

async fn asks(address: SocketAddr) -> String {
    chosen(address, "ask_each_time", &[]).await
}

async fn told(address: SocketAddr, consent: &str) -> serde_json::Value {
    let heard = Client::fetch(address, HOST, "/.consent/held?lang=en", &[("Cookie", consent)]).await;
    assert_eq!(heard.header("cache-control").as_deref(), Some("no-store"));
    serde_json::from_slice(&heard.body).expect("JSON")
}

async fn answer(address: SocketAddr, consent: &str, fields: &[(&str, &str)]) -> Heard {
    let policy = state(address, &[]).await["policy"].as_str().unwrap_or_default().to_owned();
    let all = [&[("policy", policy.as_str()), ("lang", "en"), ("back", "/"), ("act", "single")][..], fields].concat();
    // Keys, envelopes and words need no escape.
    let form = all.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let origin = format!("http://{HOST}");
    let headers = [("Accept", "text/plain"), ("Origin", origin.as_str()), ("Cookie", consent)];
    Client::connect(address, HOST).await.post_form("/.consent/choice", &headers, &form).await
}

fn lines(heard: &Heard) -> Vec<String> {
    heard.all("set-cookie").into_iter().filter(|line| !line.starts_with("consent=")).collect()
}

fn text<'v>(item: &'v serde_json::Value, key: &str) -> &'v str {
    item[key].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_cookie_waits_is_named_and_is_set_as_it_came() {
    let (_origin, gateway) = site().await;
    let address = gateway.address();
    let consent = asks(address).await;
    let heard = page(address, "/", &[("Cookie", &consent)]).await;
    assert_eq!(lines(&heard), ["session=1; Path=/"], "what nobody speaks of passes");
    assert!(heard.header("server-timing").is_some_and(|mark| mark.contains("consent-held;desc=\"1\"")));
    let waiting = told(address, &consent).await;
    let item = &waiting["items"][0];
    assert_eq!((text(item, "name"), text(item, "purpose"), text(item, "lifetime")), ("_ga", "analytics", "730 days"));
    assert!(text(item, "whose").contains("Google") && !text(item, "what").is_empty());
    assert!(!waiting.to_string().contains("abc"), "a value is nowhere to be read");
    let yes = format!("{}:yes", text(item, "key"));
    let heard = answer(address, &consent, &[("item", &yes), ("held", text(item, "envelope"))]).await;
    assert_eq!(lines(&heard), [LINE]);
    assert!(heard.header("cache-control").is_some_and(|value| value == "no-store"));
    let allowed = heard.set_cookie("consent").expect("the answer is remembered");
    assert!(lines(&page(address, "/", &[("Cookie", &allowed)]).await).contains(&LINE.to_owned()), "not asked again");
    assert!(told(address, &allowed).await["items"].as_array().is_some_and(Vec::is_empty));
}

#[tokio::test]
async fn a_refusal_is_remembered_and_always_is_for_the_purpose() {
    let (origin, gateway) = site().await;
    let address = gateway.address();
    let consent = asks(address).await;
    page(address, "/", &[("Cookie", &consent)]).await;
    let waiting = told(address, &consent).await;
    let no = format!("{}:no", text(&waiting["items"][0], "key"));
    let heard = answer(address, &consent, &[("item", &no), ("held", text(&waiting["items"][0], "envelope"))]).await;
    assert!(lines(&heard).iter().all(|line| line.contains("Max-Age=0")), "nothing is set: {:?}", lines(&heard));
    let refused = heard.set_cookie("consent").expect("remembered");
    let again = page(address, "/", &[("Cookie", &format!("{refused}; _ga=old"))]).await;
    assert!(again.header("server-timing").is_none(), "nothing waits");
    assert_eq!(origin.last_at("/").cookie_names(), Vec::<String>::new());
    let consent = asks(address).await;
    Client::fetch(address, HOST, "/fetched", &[("Cookie", &consent)]).await;
    let heard = answer(address, &consent, &[("purpose", "marketing")]).await;
    assert_eq!(lines(&heard), ["_fbp=fb; Path=/"], "what waits for that purpose is let go");
    assert!(heard.text().contains("marketing"));
}

#[tokio::test]
async fn answers_to_scripts_pictures_and_posts_wait_alike_and_keep_their_place() {
    let (_origin, gateway) = site().await;
    let address = gateway.address();
    let consent = asks(address).await;
    for path in ["/fetched", "/picture.gif"] {
        let heard = Client::fetch(address, HOST, path, &[("Cookie", &consent)]).await;
        assert!(lines(&heard).is_empty() && heard.header("server-timing").is_some(), "{path}");
        assert!(heard.header("cache-control").is_some_and(|value| value.contains("private")), "{path}");
    }
    let mut client = Client::connect(address, HOST).await;
    let heard = client.post_form("/post", &[("Cookie", &consent)], "a=1").await;
    assert!(heard.status == 303 && lines(&heard).is_empty());
    let heard = page(address, "/thanks", &[("Cookie", &consent)]).await;
    assert!(heard.header("server-timing").is_some(), "the page behind the redirect tells");
    let waiting = told(address, &consent).await;
    let items = waiting["items"].as_array().expect("a list");
    assert_eq!(items.iter().map(|item| text(item, "name")).collect::<Vec<_>>(), ["_fbp", "_gid", "wcs_bt"]);
    let yes: Vec<String> = items.iter().map(|item| format!("{}:yes", text(item, "key"))).collect();
    let fields: Vec<(&str, &str)> = yes.iter().map(|yes| ("item", yes.as_str())).collect();
    let heard = answer(address, &consent, &fields).await;
    assert_eq!(lines(&heard), ["_fbp=fb; Path=/", "_gid=img; Path=/", "wcs_bt=posted; Path=/"]);
}

#[tokio::test]
async fn an_envelope_opens_on_another_node_and_after_a_restart_for_its_visitor_alone() {
    let (origin, first) = site().await;
    let consent = asks(first.address()).await;
    page(first.address(), "/", &[("Cookie", &consent)]).await;
    let waiting = told(first.address(), &consent).await;
    let item = &waiting["items"][0];
    let (yes, envelope) = (format!("{}:yes", text(item, "key")), text(item, "envelope").to_owned());
    let key = std::fs::read(first.data().join("consent.key")).expect("a key");
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("consent.key"), key).expect("the same key");
    let second = Gateway::before(&origin.url()).data(folder.path()).start().await;
    let address = second.address();
    assert!(told(address, &consent).await["items"].as_array().is_some_and(Vec::is_empty), "it knows of nothing");
    let stranger = asks(address).await;
    let heard = answer(address, &stranger, &[("item", &yes), ("held", &envelope)]).await;
    assert!(lines(&heard).is_empty() && heard.text().contains("Load the page again"), "{}", heard.text());
    let heard = answer(address, &consent, &[("item", &yes), ("held", &envelope)]).await;
    assert_eq!(lines(&heard), [LINE]);
    let heard = answer(address, &consent, &[("item", &yes), ("held", "AAAA")]).await;
    assert!(heard.status == 200 && heard.text().contains("Load the page again"));
}

#[tokio::test]
async fn a_deletion_passes_and_takes_what_waits_with_it() {
    let (_origin, gateway) = site().await;
    let consent = asks(gateway.address()).await;
    page(gateway.address(), "/", &[("Cookie", &consent)]).await;
    let heard = page(gateway.address(), "/gone", &[("Cookie", &consent)]).await;
    assert_eq!(lines(&heard), ["_ga=; Path=/; Max-Age=0"]);
    assert!(told(gateway.address(), &consent).await["items"].as_array().is_some_and(Vec::is_empty));
}

#[tokio::test]
async fn what_finds_no_room_is_said() {
    let origin = Origin::start(shop).await;
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\n[limits]\nheld_lines = 1\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
        origin.url()
    );
    let gateway = Gateway::configured(&text).start().await;
    let (one, two) = (asks(gateway.address()).await, asks(gateway.address()).await);
    page(gateway.address(), "/", &[("Cookie", &one)]).await;
    let heard = page(gateway.address(), "/", &[("Cookie", &two)]).await;
    assert!(heard.header("server-timing").is_some_and(|mark| mark.contains("consent-lost")), "never silently dropped");
    assert_eq!(lines(&heard), ["session=1; Path=/"], "and never set");
    let heard = Client::fetch(gateway.address(), HOST, "/fetched", &[("Cookie", &two)]).await;
    assert!(heard.header("server-timing").is_some_and(|mark| mark.contains("consent-lost")));
    assert!(heard.header("cache-control").is_some_and(|value| value.contains("private")), "it is this visitor's alone");
}

async fn asking_browser(gateway: &Gateway) -> Browser {
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    browser.open(&format!("{SHOP}/plain")).await;
    browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/plain")).await;
    browser.click("#consent-ask").await;
    browser.until("location.pathname == '/plain'").await;
    browser
}

#[tokio::test]
async fn the_prompt_names_what_waits_and_sets_it_when_allowed() {
    let (_origin, gateway) = site().await;
    let browser = asking_browser(&gateway).await;
    browser.open(&format!("{SHOP}/")).await;
    browser.until("document.querySelector('#consent-ask b')?.textContent == '_ga'").await;
    let said = browser.text("#consent-ask").await;
    assert!(said.contains("Google") && said.contains("730 days") && said.contains("Always for Analytics"), "{said}");
    assert!(!browser.cookie_names().await.contains(&"_ga".into()));
    browser.click("#consent-ask button[aria-label^='Allow:']").await;
    browser.until("!document.querySelector('#consent-ask')").await;
    assert!(browser.cookie_names().await.contains(&"_ga".into()));
    // A script's own request, and a picture: the page hears of both, and asks in one prompt.
    browser.run("fetch('/fetched'); new Image().src = '/picture.gif'").await;
    browser.until("document.querySelectorAll('#consent-ask li').length == 2").await;
    browser.click("#consent-ask > p > button[aria-label='Refuse all of these']").await;
    browser.until("!document.querySelector('#consent-ask')").await;
    let kept = browser.cookie_names().await;
    assert!(!kept.iter().any(|name| name == "_fbp" || name == "_gid"), "{kept:?}");
}

#[tokio::test]
async fn without_script_the_settings_page_lists_what_waits() {
    let (_origin, gateway) = site().await;
    let plan = Browser::plan().host("shop.example", 80, gateway.address().port());
    let browser = plan.without_script().start().await;
    browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/")).await;
    browser.click("#consent-ask").await;
    browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/")).await;
    browser.click("#consent-waiting button[value$=':yes']").await;
    wait::until_true("the cookie is set", || async { browser.cookie_names().await.contains(&"_ga".into()) }).await;
}
