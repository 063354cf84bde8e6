//! What a visitor may answer beside yes and no to everything: single services and cookies, until the browser closes, on a
//! shared computer, one cookie deleted, one's age. Refuses to look at what pages say: only at what is set, sent and kept.

use std::net::SocketAddr;

use gateway_tests::client::Heard;
use gateway_tests::{Browser, Client, Gateway, Origin, Reply, Seen};
use policies::consent::ItemKey;
use policies::rules::NamePattern;

use crate::stage::{SHOP, closed, taken_over};
use crate::visitors::{HOST, chosen, page, state};

/// Two cookies of one service and one of another, all for statistics.
fn counted(seen: &Seen) -> Reply {
    let page = Reply::page("<!doctype html><html lang=en><title>T</title><body><p>Text.</p></body></html>");
    match seen.path_only() {
        "/nothing" => page,
        _ => page
            .cookie("_ga=1; Path=/; Max-Age=63072000")
            .cookie("_gid=1; Path=/; Expires=Thu, 01 Jan 2099 00:00:00 GMT")
            .cookie("wcs_bt=1; Path=/; Max-Age=9999"),
    }
}

async fn shop() -> (Origin, Gateway) {
    let origin = Origin::start(counted).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    (origin, gateway)
}

async fn with_switch(switch: &str) -> (Origin, Gateway) {
    let origin = Origin::start(counted).await;
    let text =
        format!("listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n{switch}\n", origin.url());
    (origin, Gateway::configured(&text).start().await)
}

fn cookie_key(name: &str) -> ItemKey {
    ItemKey::of_cookie(&NamePattern::Exact(name.to_owned()))
}

/// Posts a form as the banner does.
async fn post(address: SocketAddr, path: &str, fields: &str, cookie: &str) -> Heard {
    let policy = state(address, &[]).await["policy"].as_str().unwrap_or_default().to_owned();
    let origin = format!("http://{HOST}");
    let headers = [("Accept", "text/plain"), ("Origin", origin.as_str()), ("Cookie", cookie)];
    let form = format!("policy={policy}&lang=en&back=%2F&{fields}");
    Client::connect(address, HOST).await.post_form(&format!("/.consent/{path}"), &headers, &form).await
}

/// Makes a choice and hands over the consent cookie.
async fn answered(address: SocketAddr, fields: &str) -> String {
    let heard = post(address, "choice", fields, "").await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    heard.set_cookie("consent").unwrap_or_else(|| panic!("no consent cookie in {:?}", heard.all("set-cookie")))
}

/// The lines that set one of the counted cookies.
async fn set(address: SocketAddr, consent: &str) -> Vec<String> {
    let lines = page(address, "/", &[("Cookie", consent)]).await.all("set-cookie");
    lines.into_iter().filter(|line| !line.starts_with("consent=") && !line.contains("Max-Age=0")).collect()
}

#[tokio::test]
async fn one_cookie_of_a_granted_purpose_can_be_refused() {
    let (origin, gateway) = shop().await;
    let address = gateway.address();
    let consent = answered(address, &format!("act=custom&purpose=analytics&item={}:no", cookie_key("_ga"))).await;
    let names: Vec<String> = set(address, &consent).await;
    assert!(names.iter().all(|line| !line.starts_with("_ga=")) && names.iter().any(|line| line.starts_with("_gid=")));
    page(address, "/x", &[("Cookie", &format!("{consent}; _ga=1; _gid=2; wcs_bt=3"))]).await;
    assert_eq!(origin.last_at("/x").cookie_names(), ["_gid", "wcs_bt"]);
}

#[tokio::test]
async fn one_service_of_a_refused_purpose_can_be_allowed_and_its_tag_wakes() {
    let origin = Origin::start(|_| {
        Reply::page(
            "<!doctype html><html lang=en><title>T</title><body><script async \
             src=https://wcs.naver.net/wcslog.js></script><script async \
             src=https://www.google-analytics.com/analytics.js></script></body></html>",
        )
        .cookie("wcs_bt=1; Path=/")
        .cookie("_ga=1; Path=/")
    })
    .await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let address = gateway.address();
    let starter = policies::policy::compile(
        include_str!("../../policies/documents/starter/opt-in.toml"),
        &policies::rules::catalog::Catalog::bundled().expect("the catalogue"),
    )
    .expect("a policy");
    let analytics = starter.index_of("analytics").expect("a purpose");
    let naver = ItemKey::of_service(analytics, "naver-analytics");
    let consent = answered(address, &format!("act=custom&item={naver}:yes")).await;
    let heard = page(address, "/", &[("Cookie", &consent)]).await;
    assert_eq!(set(address, &consent).await, ["wcs_bt=1; Path=/"]);
    assert!(heard.text().contains("<script async src=https://wcs.naver.net/wcslog.js>"), "{}", heard.text());
    assert!(heard.text().contains("data-consent-src=https://www.google-analytics.com/analytics.js"));
}

#[tokio::test]
async fn a_service_that_keeps_browser_storage_alone_is_answered_for_on_the_settings_page() {
    let origin = Origin::start(|_| {
        Reply::page(
            "<!doctype html><html lang=en><title>T</title><body><p>Text.</p><script>localStorage.setItem('widget_id', '7'); \
             localStorage.setItem('other_id', '7'); window.done = true</script></body></html>",
        )
    })
    .await;
    let told = |name: &str| {
        format!(
            "[recipients.{name}]\ncompany = {{ ko = \"{name}\", en = \"{name} Inc.\" }}\ncountry = \"KR\"\nprivacy = \"https://{name}.example\"\n\
             [[storage]]\narea = \"local\"\nname = \"{name}_id\"\npurpose = \"analytics\"\nrecipient = \"{name}\"\n\
             what = {{ ko = \"번호\", en = \"A number\" }}\nlifetime = \"P30D\"\n"
        )
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let policy = folder.path().join("policy.toml");
    let starter = include_str!("../../policies/documents/starter/opt-in.toml");
    std::fs::write(&policy, format!("{starter}\n{}{}", told("widget"), told("other")))
        .expect("a folder can be written");
    let gateway = Gateway::before(&origin.url()).policy(&policy).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    browser.open(&format!("{SHOP}/.consent/settings?lang=en")).await;
    let choose = "[...document.querySelectorAll('.singles label')].find((label) => label.textContent.startsWith('widget Inc.')).querySelector('select')";
    browser
        .run(&format!("document.querySelector('input[value=analytics]').checked = true; {choose}.selectedIndex = 2"))
        .await;
    browser.click("#consent-save").await;
    browser.until("window.done").await;
    assert_eq!(browser.storage_keys().await, ["other_id"], "its purpose is granted, the service alone is refused");
}

#[tokio::test]
async fn until_the_browser_closes_every_optional_cookie_loses_its_lifetime() {
    let (_origin, gateway) = shop().await;
    let consent = answered(gateway.address(), "act=accept_all&mode=session").await;
    assert_eq!(set(gateway.address(), &consent).await, ["_ga=1; Path=/", "_gid=1; Path=/", "wcs_bt=1; Path=/"]);
    let line = post(gateway.address(), "choice", "act=accept_all&mode=session", "").await;
    let own = line.all("set-cookie").into_iter().find(|line| line.starts_with("consent=")).unwrap_or_default();
    assert!(own.contains("Max-Age="), "the choice itself stays: {own}");
}

#[tokio::test]
async fn on_a_shared_computer_the_choice_itself_ends_with_the_browser() {
    let (_origin, gateway) = shop().await;
    let heard = post(gateway.address(), "choice", "act=accept_all&shared=yes", "").await;
    let own = heard.all("set-cookie").into_iter().find(|line| line.starts_with("consent=")).unwrap_or_default();
    assert!(!own.contains("Max-Age") && !own.contains("Expires"), "{own}");
    let consent = heard.set_cookie("consent").expect("a cookie");
    assert_eq!(set(gateway.address(), &consent).await.first().map(String::as_str), Some("_ga=1; Path=/"));
}

#[tokio::test]
async fn lifetimes_are_cut_to_what_the_policy_declares_where_the_site_says_so() {
    let (_origin, gateway) = with_switch("cap_lifetimes = true").await;
    let consent = chosen(gateway.address(), "accept_all", &[]).await;
    let lines = set(gateway.address(), &consent).await;
    let year = 366 * 86_400;
    assert_eq!(lines.first().map(String::as_str), Some("_ga=1; Path=/; Max-Age=63072000"), "declared for two years");
    let gid = lines.iter().find(|line| line.starts_with("_gid=")).expect("it passes");
    let seconds: i64 = gid.rsplit_once("Max-Age=").and_then(|(_, age)| age.parse().ok()).expect("a lifetime");
    assert!(seconds < year, "a day is declared, 2099 was asked for: {gid}");
    let (_origin, plain) = shop().await;
    let consent = chosen(plain.address(), "accept_all", &[]).await;
    assert!(set(plain.address(), &consent).await.iter().any(|line| line.contains("2099")), "off by default");
}

#[tokio::test]
async fn a_refusal_sweeps_every_place_over_the_next_answers_and_then_is_done() {
    let origin = Origin::start(|seen: &Seen| {
        let page = Reply::page("<!doctype html><html lang=en><title>T</title><body><p>Text.</p></body></html>");
        if seen.path_only() == "/deep/x" { page.cookie("_fbp=1; Path=/deep; Max-Age=99") } else { page }
    })
    .await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let address = gateway.address();
    let granted = chosen(address, "accept_all", &[]).await;
    page(address, "/deep/x", &[("Cookie", &granted)]).await;
    let heard = post(address, "choice", "act=withdraw", &granted).await;
    let mut consent = heard.set_cookie("consent").expect("a cookie");
    let mut lines = heard.all("set-cookie");
    let mut rounds = 0;
    loop {
        let heard = page(address, "/", &[("Cookie", &consent)]).await;
        let swept = heard.all("set-cookie");
        if swept.is_empty() {
            break;
        }
        assert!(swept.len() <= 21, "an answer has its bound: {}", swept.len());
        assert!(heard.header("cache-control").is_some_and(|value| value.contains("no-store")));
        consent = heard.set_cookie("consent").expect("how far it is");
        lines.extend(swept);
        rounds += 1;
        assert!(rounds < 100, "it ends");
    }
    assert!(lines.iter().any(|line| line.starts_with("_fbp=;") && line.contains("Path=/deep")), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("_gid=;")), "declared, though never seen: {lines:?}");
    let repeated: std::collections::BTreeSet<_> = lines.iter().filter(|line| !line.starts_with("consent=")).collect();
    assert_eq!(repeated.len(), lines.iter().filter(|line| !line.starts_with("consent=")).count(), "each once");
}

#[tokio::test]
async fn one_cookie_is_deleted_without_changing_the_choice() {
    let (_origin, gateway) = shop().await;
    let consent = chosen(gateway.address(), "accept_all", &[]).await;
    let settings = Client::fetch(
        gateway.address(),
        HOST,
        "/.consent/settings?lang=en",
        &[("Cookie", &format!("{consent}; _ga=1; odd=2"))],
    )
    .await;
    let text = settings.text();
    assert!(text.contains("name=\"name\" value=\"_ga\"") && text.contains("name=\"name\" value=\"odd\""), "{text}");
    assert!(!text.contains("name=\"name\" value=\"consent\""));
    let heard = post(gateway.address(), "forget", "name=_ga", &consent).await;
    let lines = heard.all("set-cookie");
    assert_eq!(heard.status, 303);
    assert!(
        !lines.is_empty() && lines.iter().all(|line| line.starts_with("_ga=; Expires=Thu, 01 Jan 1970")),
        "{lines:?}"
    );
    assert_eq!(post(gateway.address(), "forget", "name=consent", &consent).await.status, 400);
    assert_eq!(set(gateway.address(), &consent).await.len(), 3, "the choice stands");
}

#[tokio::test]
async fn a_refused_cookie_that_comes_again_is_told_on_the_settings_page() {
    let (_origin, gateway) = shop().await;
    let consent = chosen(gateway.address(), "refuse_all", &[]).await;
    let told = |cookie: String| async move {
        let page = Client::fetch(gateway.address(), HOST, "/.consent/settings?lang=en", &[("Cookie", &cookie)]).await;
        page.text().contains("refused, and sent again")
    };
    assert!(told(format!("{consent}; _ga=1")).await);
}

#[tokio::test]
async fn who_accepts_is_asked_for_their_age_where_the_site_asks_and_under_it_everything_stays_refused() {
    let (_origin, gateway) = with_switch("ask_age = true").await;
    let address = gateway.address();
    assert_eq!(post(address, "choice", "act=accept_all", "").await.status, 428);
    assert_eq!(post(address, "choice", "act=refuse_all", "").await.status, 200, "a refusal needs no age");
    let origin = format!("http://{HOST}");
    let policy = state(address, &[]).await["policy"].as_str().unwrap_or_default().to_owned();
    let form = format!("policy={policy}&lang=en&back=%2Flist&act=custom&purpose=analytics&mode=session");
    let page = Client::connect(address, HOST)
        .await
        .post_form("/.consent/choice", &[("Accept", "text/html"), ("Origin", &origin)], &form)
        .await;
    let text = page.text();
    assert!(text.contains("Are you 14 or older?") && text.contains("name=\"purpose\" value=\"analytics\""), "{text}");
    assert!(page.all("set-cookie").is_empty() && text.contains("name=\"back\" value=\"/list\""));
    let of_age = answered(address, "act=accept_all&age=yes").await;
    assert_eq!(set(address, &of_age).await.len(), 3);
    let child = answered(address, "act=accept_all&age=no").await;
    assert!(set(address, &child).await.is_empty());
    let stored = crate::store::ask(&gateway.data(), "select act, granted, visitor is null from record order by seq");
    assert_eq!(
        stored,
        "[('refuse_all', '', 1), ('accept_all', 'preferences analytics marketing', 0), ('accept_all', '', 1)]"
    );
}

#[tokio::test]
async fn the_banner_leads_to_the_question_of_age_and_back() {
    let (_origin, gateway) = with_switch("ask_age = true").await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    browser.open(&format!("{SHOP}/nothing?x=1")).await;
    taken_over(&browser).await;
    browser.click("#consent-accept").await;
    browser.until("document.querySelector('#consent-age-yes') && location.pathname == '/.consent/choice'").await;
    browser.click("#consent-age-yes").await;
    browser.until("location.pathname == '/nothing' && location.search == '?x=1'").await;
    closed(&browser).await;
    assert_eq!(state(gateway.address(), &[]).await["prompt"], true, "another visitor is still asked");
}
