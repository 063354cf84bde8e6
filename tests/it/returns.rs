//! Coming back from a login or payment provider: a cross-site POST into a tab. Over https the consent travels with it and nothing granted is
//! stripped; over http, and without the cookie, only what the default refuses. Never a banner, an expiry or a visit.

use gateway_tests::certificates::Authority;
use gateway_tests::client::Heard;
use gateway_tests::{Browser, Client, Gateway, Origin, Reply, Seen};

use crate::stage::closed;
use crate::visitors::{HOST, chosen, page, state};

fn shop(seen: &Seen) -> Reply {
    let https = seen.header("x-forwarded-proto").as_deref() == Some("https");
    let cross = if https { "; SameSite=None; Secure" } else { "" };
    let reply = Reply::page(format!(
        "<!doctype html><html lang=en><title>Shop</title><body><p id=end>{}</p></body></html>",
        seen.method
    ));
    reply.cookie(&format!("session=1; Path=/{cross}")).cookie(&format!("_ga=1; Path=/; Max-Age=9999{cross}"))
}

/// The provider's page posts itself to the shop.
fn provider(scheme: &'static str) -> impl Fn(&Seen) -> Reply + Send + Sync + 'static {
    move |_| {
        Reply::page(format!(
            "<!doctype html><title>Pay</title><form id=f method=post action={scheme}://shop.example/return><input name=ok value=1></form>\
             <script>f.submit()</script>"
        ))
    }
}

async fn returned(browser: &Browser, origin: &Origin) -> Seen {
    let location = "location.pathname === '/return' && document.querySelector('#end')";
    browser.until(location).await;
    assert_eq!(browser.text("#end").await, "POST");
    assert!(!browser.has("#consent-banner").await, "nobody is asked on the way back");
    origin.last_at("/return")
}

#[tokio::test]
async fn over_https_nothing_granted_is_stripped() {
    let authority = Authority::fresh();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (certificate, key) = authority.identity(&[HOST]).write(folder.path());
    let origin = Origin::start(shop).await;
    let pay = Origin::start_tls(authority.identity(&["pay.example"]).server(&["http/1.1"]), provider("https")).await;
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\n[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
        certificate.display(),
        key.display(),
        origin.url()
    );
    let gateway = Gateway::configured(&text).start().await;
    let plan = Browser::plan().host(HOST, 443, gateway.address().port()).host("pay.example", 443, pay.address.port());
    let browser = plan.start().await;
    browser.open("https://shop.example/").await;
    browser.click("#consent-accept").await;
    closed(&browser).await;
    browser.open("https://shop.example/again").await;
    let consent = browser
        .cookies()
        .await
        .into_iter()
        .find(|cookie| cookie.name == "__Host-consent")
        .expect("the consent is kept");
    assert!(consent.secure && consent.http_only && consent.path == "/" && consent.same_site == "None", "{consent:?}");
    browser.open("https://pay.example/").await;
    let seen = returned(&browser, &origin).await;
    assert_eq!(seen.cookie_names(), ["session", "_ga"], "what was granted comes along");
    assert!(browser.cookie_names().await.contains(&"_ga".into()), "nothing is expired");
}

#[tokio::test]
async fn over_http_only_what_the_default_refuses_is_stripped() {
    let origin = Origin::start(shop).await;
    let pay = Origin::start(provider("http")).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    let plan = Browser::plan().host(HOST, 80, gateway.address().port()).host("pay.example", 80, pay.address.port());
    let browser = plan.start().await;
    browser.open("http://shop.example/").await;
    browser.click("#consent-accept").await;
    closed(&browser).await;
    browser.open("http://shop.example/again").await;
    browser.open("http://pay.example/").await;
    let seen = returned(&browser, &origin).await;
    assert!(
        !seen.cookie_names().contains(&"_ga".into()),
        "without the consent cookie, the default: {:?}",
        seen.cookie_names()
    );
    assert!(browser.cookie_names().await.contains(&"_ga".into()), "nothing is expired");
    browser.open("http://shop.example/after").await;
    assert!(origin.last_at("/after").cookie_names().contains(&"_ga".into()), "the grant still stands");
    assert!(!browser.has("#consent-banner").await);
}

/// A return by wire: with Fetch Metadata as over https, and without as over http.
async fn return_by_wire(gateway: &Gateway, metadata: bool, cookie: &str) -> Heard {
    let mut headers = vec![("Accept", "text/html"), ("Origin", "https://pay.example"), ("Cookie", cookie)];
    if metadata {
        headers.extend([
            ("Sec-Fetch-Dest", "document"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", "navigate"),
        ]);
    }
    Client::connect(gateway.address(), HOST).await.post_form("/return", &headers, "ok=1").await
}

#[tokio::test]
async fn a_return_is_stripped_by_default_but_never_asked_expired_or_counted() {
    let origin = Origin::start(shop).await;
    let gateway = Gateway::before(&origin.url()).start().await;
    for metadata in [true, false] {
        let heard = return_by_wire(&gateway, metadata, "session=1; _ga=1; _fbp=2").await;
        assert_eq!(heard.status, 200);
        assert!(!heard.text().contains("<consent-banner"), "{}", heard.text());
        assert_eq!(
            heard.all("set-cookie"),
            ["session=1; Path=/"],
            "nothing is expired, and what is refused is not set"
        );
        assert_eq!(origin.last_at("/return").cookie_names(), ["session"]);
    }
    // Once a visitor refused, the marked cookies expire with the next page of their own going, not on a return.
    let refused = chosen(gateway.address(), "refuse_all", &[]).await;
    let heard = return_by_wire(&gateway, false, "session=1; _ga=1").await;
    assert_eq!(heard.all("set-cookie").len(), 1, "{:?}", heard.all("set-cookie"));
    let both = format!("session=1; _ga=1; {refused}");
    let heard = page(gateway.address(), "/own", &[("Cookie", &both)]).await;
    assert!(heard.all("set-cookie").iter().any(|line| line.starts_with("_ga=;")), "{:?}", heard.all("set-cookie"));
    assert_eq!(state(gateway.address(), &[("Cookie", &refused)]).await["decided"], true);
    page(gateway.address(), "/", &[]).await;
    let totals = crate::stats::totals(gateway).await;
    assert_eq!(totals["visits"], 2, "only the two page loads of the visitor's own going are visits: {totals}");
}
