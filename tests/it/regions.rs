//! One site, several regimes: by the country that a believed proxy tells or that a table of networks has. Refuses to look inside: what counts is
//! which cookies are set, what the state says, and what the record holds.

use gateway_tests::gateway::{command, printed};
use gateway_tests::{Client, Gateway, Origin, Reply};
use serde_json::Value;

use crate::faults::clocks::{following, step};
use crate::store::ask;
use crate::visitors::{HOST, NAVIGATION, choose, page, state};

const BY_HEADER: &str =
    "trusted_proxies = [\"127.0.0.1\"]\ncountry_header = \"X-Country\"\nsubdivision_header = \"X-Country-Region\"";
const REGIONS: &str = "regime = \"opt-in\"\n\
    [[sites.regions]]\ncountries = [\"KR\", \"AU\", \"US\"]\nregime = \"opt-out\"\n\
    [[sites.regions]]\ncountries = [\"US-CA\", \"EEA\", \"UK\"]\nregime = \"opt-in\"\ngrant_months = 6\n\
    [[sites.regions]]\ncountries = [\"JP\"]\nregime = \"notice\"\n";

async fn origin() -> Origin {
    Origin::start(|_| Reply::page("<!doctype html><title>T</title><p>page").cookie("_ga=1").cookie("_fbp=1")).await
}

fn text(origin: &Origin, root: &str, site: &str) -> String {
    format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n{root}\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n{site}",
        origin.url()
    )
}

/// Whether analytics is granted without a word, and whether the visitor is asked.
fn told(state: &Value) -> (bool, bool) {
    let granted = state["granted"].as_array().into_iter().flatten().any(|purpose| purpose == "analytics");
    (granted, state["prompt"].as_bool().unwrap_or_default())
}

const OPT_IN: (bool, bool) = (false, true);
const OPT_OUT: (bool, bool) = (true, true);
const NOTICE: (bool, bool) = (true, false);

#[tokio::test]
async fn two_countries_are_asked_in_two_ways_as_the_proxy_tells() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, BY_HEADER, REGIONS)).start().await;
    let check = async |headers: &[(&str, &str)], expect: (bool, bool)| {
        assert_eq!(told(&state(gateway.address(), headers).await), expect, "{headers:?}");
        let heard = page(gateway.address(), "/", headers).await;
        assert_eq!(heard.all("set-cookie").len(), if expect.0 { 2 } else { 0 }, "{headers:?}");
        assert_eq!(heard.text().contains("<form"), expect.1, "{headers:?}");
        heard
    };
    let korean = check(&[("X-Country", "KR")], OPT_OUT).await;
    let german = check(&[("X-Country", "DE")], OPT_IN).await;
    check(&[("X-Country", "JP")], NOTICE).await;
    check(&[("X-Country", "BR")], OPT_IN).await;
    check(&[("X-Country", "US"), ("X-Country-Region", "TX")], OPT_OUT).await;
    check(&[("X-Country", "US"), ("X-Country-Region", "CA")], OPT_IN).await;
    check(&[("X-Country", "us-ca")], OPT_IN).await;
    for unknown in [&[][..], &[("X-Country", "XX")], &[("X-Country", "T1")], &[("X-Country", "KR, DE")]] {
        check(unknown, OPT_IN).await;
    }
    check(&[("X-Country", "KR"), ("X-Country", "KR")], OPT_IN).await;
    assert_eq!(origin.last_at("/").all("x-country").len(), 2, "what a believed proxy says goes on");
    // A page of one country is no page of the other, for the visitor's own cache and for any on the way.
    for heard in [&korean, &german] {
        let vary = heard.all("vary").join(", ");
        assert!(vary.contains("x-country") && vary.contains("x-country-region"), "{vary}");
    }
}

#[tokio::test]
async fn a_kept_page_is_not_confirmed_in_another_country() {
    let origin = Origin::start(|asked| {
        let known = asked.header("if-none-match").is_some();
        if known { Reply::status(304) } else { Reply::page("<!doctype html><title>T</title>") }.with("etag", "\"v1\"")
    })
    .await;
    let gateway = Gateway::configured(&text(&origin, BY_HEADER, REGIONS)).start().await;
    let korean = page(gateway.address(), "/", &[("X-Country", "KR")]).await;
    let tag = korean.header("etag").expect("a page has a tag");
    let again = async |country: &str| {
        page(gateway.address(), "/", &[("X-Country", country), ("If-None-Match", &tag)]).await.status
    };
    assert_eq!((again("KR").await, again("AU").await), (304, 304), "one regime, one page");
    assert_eq!(again("US").await, 200, "Americans read their law's words");
    assert_eq!((again("DE").await, again("JP").await), (200, 200));
}

#[tokio::test]
async fn what_a_stranger_says_of_his_country_is_not_heard_and_not_handed_on() {
    let origin = origin().await;
    let root = BY_HEADER.replace("127.0.0.1", "10.0.0.1");
    let gateway = Gateway::configured(&text(&origin, &root, REGIONS)).start().await;
    let lies = [("X-Country", "KR"), ("X_Country", "KR"), ("X-Country-Region", "CA")];
    assert_eq!(told(&state(gateway.address(), &lies).await), OPT_IN);
    page(gateway.address(), "/", &lies).await;
    let asked = origin.last_at("/");
    for name in ["x-country", "x_country", "x-country-region"] {
        assert_eq!(asked.all(name), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn a_table_of_networks_tells_where_no_header_does_and_is_read_again() {
    let origin = origin().await;
    let root = "trusted_proxies = [\"127.0.0.1\"]\ncountry_table = \"countries.csv\"";
    let plan = Gateway::configured(&text(&origin, root, REGIONS));
    let table = "network,country\n203.0.113.0/24,KR\n198.51.100.0/25,DE\n2001:db8::/32,JP\n";
    plan.write("countries.csv", table);
    let gateway = plan.start().await;
    let check = async |address: &str, expect: (bool, bool)| {
        let found = told(&state(gateway.address(), &[("X-Forwarded-For", address)]).await);
        assert_eq!(found, expect, "{address}");
    };
    check("203.0.113.9", OPT_OUT).await;
    check("198.51.100.9", OPT_IN).await;
    check("198.51.100.200", OPT_IN).await;
    check("2001:db8:7::1", NOTICE).await;
    assert_eq!(told(&state(gateway.address(), &[("X-Country", "KR")]).await), OPT_IN, "no header is configured");

    let file = gateway.folder().join("countries.csv");
    std::fs::write(&file, "203.0.113.0/24,KR\n203.0.113.0/25,JP\n1.2.3.4,XX\n").expect("a folder can be written");
    gateway.reload();
    gateway.says("the configuration has 2 fault(s); the old one stays").await;
    for words in ["line 2: overlaps the network of line 1", "line 3: \"XX\" is no country"] {
        assert!(gateway.log().contains(words), "{words}: {}", gateway.log());
    }
    check("203.0.113.9", OPT_OUT).await;
    std::fs::write(&file, "203.0.113.0/24,JP\n").expect("a folder can be written");
    gateway.reload();
    gateway.says("the configuration was read again").await;
    check("203.0.113.9", NOTICE).await;
    check("2001:db8:7::1", OPT_IN).await;
}

#[tokio::test]
async fn the_record_and_the_policy_page_say_how_this_visitor_was_asked() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, BY_HEADER, REGIONS)).start().await;
    for (country, expect) in [("KR", "opt-out"), ("DE", "opt-in")] {
        let heard = choose(gateway.address(), "accept_all", &[], &[("X-Country", country)]).await;
        assert_eq!(heard.status, 200, "{}", heard.text());
        let newest = "select regime from record order by seq desc limit 1";
        assert_eq!(ask(&gateway.data(), newest), format!("[('{expect}',)]"));
    }
    let shown = async |country: &str| {
        let heard = Client::fetch(gateway.address(), HOST, "/.consent/policy?lang=en", &[("X-Country", country)]).await;
        heard.text().split("How it asks").nth(1).unwrap_or_default().chars().take(200).collect::<String>()
    };
    assert_ne!(shown("KR").await, shown("DE").await);
}

#[tokio::test]
async fn a_grant_holds_as_long_as_its_region_says_and_using_the_site_extends_nothing() {
    let origin = origin().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let clock = folder.path().join("clock");
    step(&clock, 0);
    let gateway = following(Gateway::configured(&text(&origin, BY_HEADER, REGIONS)), &clock).start().await;
    let choice = async |country: &str, act: &str| {
        let heard = choose(gateway.address(), act, &[], &[("X-Country", country)]).await;
        heard.set_cookie("consent").expect("a choice is kept")
    };
    let granted = [("DE", choice("DE", "accept_all").await), ("BR", choice("BR", "accept_all").await)];
    let refused = [("DE", choice("DE", "refuse_all").await), ("US", choice("US", "refuse_all").await)];
    let told = async |country: &str, cookie: &str| {
        let headers = [("X-Country", country), ("Cookie", cookie)];
        page(gateway.address(), "/", &headers).await;
        told(&state(gateway.address(), &headers).await)
    };
    let refusal_of = |country: &str| refused.iter().find(|(own, _)| *own == country).map(|(_, cookie)| cookie).unwrap();
    for (days, german, brazilian) in [
        (100, (true, false), (true, false)),
        (180, (true, false), (true, false)),
        (186, OPT_IN, (true, false)),
        (370, OPT_IN, OPT_IN),
    ] {
        step(&clock, days);
        let expect = [german, brazilian];
        for ((country, cookie), expect) in granted.iter().zip(expect) {
            assert_eq!(told(country, cookie).await, expect, "a grant in {country} after {days} days");
        }
        let asked_again = (told("DE", refusal_of("DE")).await.1, told("US", refusal_of("US")).await.1);
        assert_eq!(asked_again, (days > 184, days > 366), "a refusal after {days} days");
    }
}

#[tokio::test]
async fn one_page_for_all_is_the_strictest_and_the_state_tells_the_rest() {
    let origin = Origin::start(|_| {
        Reply::page(
            "<!doctype html><title>T</title><script src=\"https://www.google-analytics.com/analytics.js\"></script>",
        )
        .with("etag", "\"v1\"")
    })
    .await;
    let gateway = Gateway::configured(&text(&origin, BY_HEADER, &format!("cacheable = true\n{REGIONS}"))).start().await;
    let (korean, german) =
        (page(gateway.address(), "/", &[("X-Country", "KR")]).await, page(gateway.address(), "/", &[]).await);
    assert_eq!((korean.text(), korean.header("etag")), (german.text(), german.header("etag")));
    assert!(korean.text().contains("text/plain"), "tags sleep for all: {}", korean.text());
    assert!(!korean.all("vary").join(", ").contains("x-country"));
    assert_eq!(told(&state(gateway.address(), &[("X-Country", "KR")]).await), OPT_OUT);
    assert_eq!(told(&state(gateway.address(), &[("X-Country", "DE")]).await), OPT_IN);
}

#[tokio::test]
async fn what_regions_can_not_mean_is_told_with_key_and_line() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a temporary folder can be written")
    };
    let check = |root: &str, site: &str, words: &[&str]| {
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\n{root}\n[[sites]]\nname = \"shop\"\norigin = \"http://127.0.0.1:1\"\n{site}"
        );
        write("gateway.toml", &text);
        let output = command(folder.path(), &["check", "--config", "gateway.toml"]);
        let told = printed(&output);
        for words in words {
            assert!(told.contains(words), "{words:?} is not in {told}");
        }
        assert_eq!(output.status.success(), words == ["no faults"], "{told}");
    };
    check(BY_HEADER, REGIONS, &["no faults"]);
    check("", REGIONS, &["sites[0].regions: need country_header or country_table"]);
    check("country_header = \"X-Country\"", "", &["country_header: needs trusted_proxies"]);
    check("trusted_proxies = [\"10.0.0.1\"]\ncountry_header = \"Cookie\"", "", &["gateway.toml:3: country_header"]);
    check("country_table = \"missing.csv\"", "", &["gateway.toml:2: country_table: ", "missing.csv can't be read"]);
    write("bad.csv", "network,country\n10.0.0.0/8,KR\n10.1.0.0/16\n10.2.0.0/16,DE\n");
    check(
        "country_table = \"bad.csv\"",
        "",
        &["bad.csv:3: must be network,country", "bad.csv:4: overlaps", "2 faults"],
    );
    let wrong = "[[sites.regions]]\ncountries = [\"EU\", \"Korea\"]\nregime = \"opt-out\"\ngrant_months = 13\n";
    check(
        BY_HEADER,
        wrong,
        &["regions[0].countries: \"Korea\"", "regions[0].grant_months", "regions[0].regime: can't be for AT"],
    );
    check(BY_HEADER, &REGIONS.replacen("opt-in", "notice", 1).replace("\"EEA\", ", ""), &["leave 37 countries (AT"]);
}

#[tokio::test]
async fn a_page_that_is_gone_to_in_a_browser_without_a_country_is_asked_first() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, BY_HEADER, REGIONS)).start().await;
    let heard = Client::fetch(gateway.address(), HOST, "/", &NAVIGATION).await;
    assert!(heard.all("set-cookie").is_empty() && heard.text().contains("<form"), "{}", heard.text());
}
