//! Other consent tools in a site's pages: found and told of, held so that nobody is asked twice, their marked tags woken by the gateway's choice, and
//! what visitors answered to them. Klaro and vanilla-cookieconsent are their makers' own programs; the others stand in pages as they are documented.
//! Refuses to judge by markup alone: what counts is what is in view, what ran, and what is stored.

use gateway_tests::{Browser, Client, Gateway, Origin, Reply, Seen, folders, wait};
use serde_json::{Value, json};

use crate::stage::{SHOP, closed, taken_over};
use crate::store::ask;

const REPLACE: &str = "replace_cmp = true\n";
const EQUAL: &str = "replace_cmp = true\nimport_grants = true\n[sites.cmp_purposes]\nanalytics = \"analytics\"\nads = \"marketing\"\nlooks = \"preferences\"\n";

/// The tools' own tags, as their makers document them.
const SNIPPETS: [(&str, &str); 4] = [
    ("OneTrust", "<script src=https://cdn.cookielaw.org/scripttemplates/otSDKStub.js data-domain-script=0></script>"),
    ("Cookiebot", "<script id=Cookiebot src=https://consent.cookiebot.com/uc.js data-cbid=0 async></script>"),
    ("Usercentrics", "<script id=usercentrics-cmp src=https://web.cmp.usercentrics.eu/ui/loader.js async></script>"),
    (
        "Complianz",
        "<script id=cmplz-cookiebanner-js defer src=/wp-content/plugins/complianz-gdpr/cookiebanner/js/complianz.min.js></script>",
    ),
];

const KLARO: &str = "<script>window.klaroConfig = { mustConsent: false, services: [{ name: 'matomo', purposes: ['stats'] }],\
     translations: { zz: {}, en: { purposes: { stats: 'Statistics' } } } };</script><script defer src=/klaro.js></script>";

const VANILLA: &str = "<script src=/cookieconsent.umd.js></script><script>CookieConsent.run({ hideFromBots: false,\
     categories: { necessary: { readOnly: true }, analytics: {}, ads: {}, looks: {} },\
     language: { default: 'en', translations: { en: { consentModal: { title: 'Theirs', acceptAllBtn: 'Yes', acceptNecessaryBtn: 'No' },\
     preferencesModal: { sections: [] } } } } });</script>";

fn html(head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Shop</title><script>window.ran = [];</script>{head}</head>\
         <body><h1>Shop</h1>{body}</body></html>"
    )
}

/// A shop with this page, and the two programs at addresses of its own.
async fn origin(page: String) -> Origin {
    let files = ["klaro.js", "cookieconsent.umd.js"].map(|name| {
        let file = std::fs::read(folders::react().join(name));
        (format!("/{name}"), file.expect("the tools are there: run `make deps`"))
    });
    Origin::start(move |seen: &Seen| match seen.path_only() {
        "/favicon.ico" => Reply::status(404),
        "/frame" => Reply::page("<!doctype html><title>F</title><script>parent.ran.push('frame')</script>"),
        "/file.js" => Reply::of("text/javascript", "window.ran.push('file');"),
        path => match files.iter().find(|(name, _)| name == path) {
            Some((_, file)) => Reply::of("text/javascript", file.clone()),
            None => Reply::page(page.clone()),
        },
    })
    .await
}

fn config(origin: &Origin, keys: &str) -> String {
    format!(
        "listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n{keys}",
        origin.url()
    )
}

async fn gateway(origin: &Origin, keys: &str) -> Gateway {
    Gateway::configured(&config(origin, keys)).start().await
}

async fn browser(gateway: &Gateway) -> Browser {
    Browser::plan().host("shop.example", 80, gateway.address().port()).start().await
}

async fn tools_told(gateway: &Gateway) -> Value {
    let admin = gateway.admin.expect("an admin listener");
    let heard = Client::fetch(admin, &admin.to_string(), "/inventory.json", &[]).await;
    let listed: Value = serde_json::from_slice(&heard.body).expect("JSON");
    listed["consent_tools"].clone()
}

/// Which banners are in view: ours, Klaro's, vanilla-cookieconsent's.
async fn banners(browser: &Browser) -> Value {
    let seen = "return ['#consent-banner', '.klaro .cookie-notice, .klaro .cookie-modal', '#cc-main .cm'].map((css) =>\
                document.querySelector(css)?.checkVisibility() ?? false);";
    browser.run(seen).await
}

const NAVIGATION: (&str, &str) = ("Sec-Fetch-Dest", "document");

#[tokio::test]
async fn six_tools_are_found_and_told_of() {
    let mut expect: Vec<&str> = SNIPPETS.iter().map(|(name, _)| *name).collect();
    expect.extend(["Klaro", "vanilla-cookieconsent"]);
    expect.sort_unstable();
    let head: String = SNIPPETS.iter().map(|(_, tag)| *tag).chain([KLARO, VANILLA]).collect();
    let origin = origin(html(&head, "")).await;
    let gateway = gateway(&origin, "").await;
    assert_eq!(tools_told(&gateway).await, json!([]), "nothing before a page was read");
    for _ in 0..3 {
        let heard = Client::fetch(gateway.address(), "shop.example", "/", &[NAVIGATION]).await;
        assert!(heard.text().contains("<script id=Cookiebot src="), "without a word of the owner's they stay");
    }
    let told = tools_told(&gateway).await;
    assert_eq!(told, json!([{ "site": "shop", "tools": expect, "unmapped": [] }]));
    for tool in expect {
        let said = gateway.log().lines().filter(|line| line.contains("replace_cmp") && line.contains(tool)).count();
        assert_eq!(said, 1, "{tool} is said once: {}", gateway.log());
    }
    let admin = gateway.admin.expect("an admin listener");
    let page = Client::fetch(admin, &admin.to_string(), "/inventory", &[]).await.text();
    assert!(page.contains("Another consent tool is in the pages: Complianz, Cookiebot, Klaro"), "{page}");
}

#[tokio::test]
async fn there_are_two_banners_until_the_gateway_takes_the_other_s_place() {
    for (tag, theirs) in [(KLARO, 1), (VANILLA, 2)] {
        let origin = origin(html("", tag)).await;
        let before = gateway(&origin, "").await;
        let both = browser(&before).await;
        both.open(SHOP).await;
        wait::until_true("both ask", || async {
            let seen = banners(&both).await;
            seen[0] == json!(true) && seen[theirs] == json!(true)
        })
        .await;

        let after = gateway(&origin, REPLACE).await;
        let one = browser(&after).await;
        origin.forget();
        one.open(SHOP).await;
        taken_over(&one).await;
        assert_eq!(banners(&one).await, json!([true, false, false]));
        one.click("#consent-accept").await;
        closed(&one).await;
        one.reload().await;
        closed(&one).await;
        assert_eq!(banners(&one).await, json!([false, false, false]), "granting everything doesn't wake it");
        let asked = origin.seen_at("/klaro.js").len() + origin.seen_at("/cookieconsent.umd.js").len();
        assert_eq!(asked, 0, "its program is never asked for");
        let errors = one.errors().await;
        assert!(
            errors.iter().all(|error| error.contains("/favicon.ico")),
            "nothing calls what isn't there: {errors:?}"
        );
    }
}

#[tokio::test]
async fn a_tool_that_a_script_puts_in_is_held_too() {
    let origin = origin(html("", "")).await;
    let gateway = gateway(&origin, REPLACE).await;
    let browser = browser(&gateway).await;
    browser.open(SHOP).await;
    taken_over(&browser).await;
    browser.click("#consent-accept").await;
    closed(&browser).await;
    let put = "const s = document.createElement('script'); s.src = 'https://cdn.cookielaw.org/scripttemplates/otSDKStub.js';\
               document.head.append(s); return [s.src, s.dataset.consentHold];";
    assert_eq!(browser.run(put).await, json!(["", "-"]));
}

/// What each tool marks, in its own way, in the order of the page. Klaro's and Usercentrics' marks name services.
fn marked() -> String {
    let says = |word: &str| format!("ran.push('{word}')");
    [
        format!("<script type=text/plain data-cookieconsent=statistics>{}</script>", says("cookiebot")),
        format!("<script type=text/plain class='x optanon-category-C0002-C0004'>{}</script>", says("onetrust")),
        format!("<script type=text/plain data-usercentrics='Some Counter'>{}</script>", says("usercentrics")),
        format!("<script type=text/plain data-type=application/javascript data-name=matomo>{}</script>", says("klaro")),
        format!("<script type=text/plain data-category=analytics>{}</script>", says("vanilla")),
        String::from(
            "<script type=text/plain data-category=statistics data-service=x data-cmplz-src=/file.js></script>",
        ),
        String::from("<iframe title=f data-cookieconsent=marketing data-cookieblock-src=/frame></iframe>"),
        format!("<script type=text/plain class=optanon-category-STACK42>{}</script>", says("nobody knows")),
        format!("<script type=text/plain data-category=necessary>{}</script>", says("necessary")),
    ]
    .concat()
}

const SERVICES: &str =
    "replace_cmp = true\n[sites.cmp_purposes]\n\"Some Counter\" = \"analytics\"\nmatomo = \"analytics\"\n";

async fn ran(browser: &Browser, expect: &[&str]) {
    let mut expect: Vec<&str> = expect.to_vec();
    expect.sort_unstable();
    let count = format!("window.ran.length >= {}", expect.len());
    let waited = tokio::time::timeout(wait::PATIENCE / 2, browser.until(&count)).await;
    let ran = browser.run("return [...window.ran].sort();").await;
    assert!(waited.is_ok(), "only {ran} ran; {:?}", browser.errors().await);
    assert_eq!(ran, json!(expect));
}

const ANALYTICS: [&str; 6] = ["cookiebot", "usercentrics", "klaro", "vanilla", "file", "necessary"];

#[tokio::test]
async fn tags_that_other_tools_put_to_sleep_wake_by_our_choice() {
    let origin = origin(html("", &marked())).await;
    let gateway = gateway(&origin, SERVICES).await;
    let browser = browser(&gateway).await;
    browser.open(SHOP).await;
    taken_over(&browser).await;
    ran(&browser, &["necessary"]).await;
    assert_eq!(origin.seen_at("/frame").len() + origin.seen_at("/file.js").len(), 0);
    browser.click("#consent-accept").await;
    closed(&browser).await;
    let all: Vec<&str> = ANALYTICS.into_iter().chain(["onetrust", "frame"]).collect();
    ran(&browser, &all).await;
    browser.reload().await;
    ran(&browser, &all).await;
    assert!(!browser.has("[data-consent-hold]").await, "who granted it gets live tags");
    let told = tools_told(&gateway).await;
    assert_eq!(told[0]["unmapped"], json!([["OneTrust", "STACK42"]]));
}

#[tokio::test]
async fn one_granted_purpose_wakes_its_own_marked_tags_alone() {
    let origin = origin(html("", &marked())).await;
    let gateway = gateway(&origin, SERVICES).await;
    let browser = browser(&gateway).await;
    browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/")).await;
    browser.click("input[name=purpose][value=analytics]").await;
    browser.click("#consent-save").await;
    browser.open(SHOP).await;
    closed(&browser).await;
    ran(&browser, &ANALYTICS).await;
    assert_eq!(browser.run("return document.querySelectorAll('[data-consent-hold]').length;").await, json!(2));
}

#[tokio::test]
async fn without_the_owner_s_word_marked_tags_are_left_alone() {
    let origin = origin(html("", &marked())).await;
    let gateway = gateway(&origin, "").await;
    let heard = Client::fetch(gateway.address(), "shop.example", "/", &[NAVIGATION]).await;
    assert!(heard.text().contains(&marked()));
}

/// Answers the real tool, then has the gateway take its place.
async fn answered(role: &str, keys: &str) -> (Origin, Gateway, Browser) {
    let origin = origin(html("", VANILLA)).await;
    let gateway = gateway(&origin, "").await;
    let browser = browser(&gateway).await;
    browser.open(SHOP).await;
    browser.until(&format!("document.querySelector('#cc-main [data-role={role}]')")).await;
    browser.run(&format!("document.querySelector('#cc-main [data-role={role}]').click();")).await;
    browser.until("document.cookie.includes('cc_cookie=')").await;
    std::fs::write(gateway.folder().join("gateway.toml"), config(&origin, keys)).expect("the folder can be written");
    gateway.reload();
    gateway.says("the configuration was read again").await;
    (origin, gateway, browser)
}

fn recorded(gateway: &Gateway) -> String {
    ask(&gateway.data(), "select act, granted, refused from record order by seq")
}

#[tokio::test]
async fn who_refused_there_has_refused_here() {
    let (_origin, gateway, browser) = answered("necessary", REPLACE).await;
    browser.open(SHOP).await;
    closed(&browser).await;
    assert_eq!(banners(&browser).await, json!([false, false, false]), "nobody asks again");
    wait::until_true("the refusal is recorded", || async {
        recorded(&gateway) == "[('imported', '', 'preferences analytics marketing')]"
    })
    .await;
    assert_eq!(ask(&gateway.data(), "select count(*) from record where visitor is not null"), "[(0,)]");
    browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/")).await;
    assert!(browser.text("body").await.contains("Taken over from the consent tool"), "the visitor is told");
    browser.open(SHOP).await;
    closed(&browser).await;
    assert!(recorded(&gateway).matches("imported").count() == 1, "once");
}

#[tokio::test]
async fn what_was_granted_there_is_granted_only_if_the_owner_says_so() {
    let (_origin, gateway, browser) = answered("all", REPLACE).await;
    browser.open(SHOP).await;
    taken_over(&browser).await;
    assert_eq!(recorded(&gateway), "[]", "without the owner's word the visitor is asked");

    let (_origin, gateway, browser) = answered("all", EQUAL).await;
    let date = "return Math.floor(Date.parse(JSON.parse(decodeURIComponent(document.cookie.match(/cc_cookie=([^;]+)/)[1])).lastConsentTimestamp) / 1000);";
    let date = browser.run(date).await;
    browser.open(SHOP).await;
    let granted = "[('imported', 'preferences analytics marketing', '')]";
    wait::until_true("the grant is recorded", || async { recorded(&gateway) == granted }).await;
    assert_eq!(ask(&gateway.data(), "select made from record"), format!("[({date},)]"));
    wait::until_true("the grant holds", || async {
        browser.open(SHOP).await;
        browser.cookie_names().await.contains(&String::from("consent"))
    })
    .await;
    assert_eq!(banners(&browser).await, json!([false, false, false]));
    browser.open(SHOP).await;
    assert_eq!(recorded(&gateway), granted, "one record");
}

const DAY: i64 = 86_400;

/// What a visitor with these cookies meets: whether our banner asks, and what is recorded by the second page.
async fn met(keys: &str, cookies: &str) -> (bool, String) {
    let origin = origin(html("", "")).await;
    let gateway = gateway(&origin, keys).await;
    let headers = [NAVIGATION, ("Cookie", cookies)];
    let heard = Client::fetch(gateway.address(), "shop.example", "/", &headers).await;
    let asks = heard.text().contains("id=\"consent-banner\"");
    // A choice posted afterwards is stored behind whatever waits: then all that will be recorded is.
    let given = heard.set_cookie("consent").is_some();
    if given {
        wait::until_true("it is recorded", || async { recorded(&gateway) != "[]" }).await;
    }
    (asks, recorded(&gateway))
}

#[tokio::test]
async fn each_tool_s_refusals_are_taken_over_and_broken_cookies_are_not() {
    let refused = (false, String::from("[('imported', '', 'preferences analytics marketing')]"));
    let asked = (true, String::from("[]"));
    let optanon = |groups: &str| {
        format!("OptanonConsent=consentId=a&groups={groups}; OptanonAlertBoxClosed=2026-10-01T00:00:00.000Z")
    };
    let all_no = optanon("C0001%3A1%2CC0002%3A0%2CC0003%3A0%2CC0004%3A0");
    let cookiebot = "CookieConsent={stamp:%27x%27%2Cnecessary:true%2Cpreferences:false%2Cstatistics:false%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:1%2Cutc:1790000000000%2Cregion:%27kr%27}";
    let complianz =
        "cmplz_banner-status=dismissed; cmplz_functional=allow; cmplz_statistics=deny; cmplz_marketing=deny";
    for cookies in [&*all_no, cookiebot, complianz, "klaro=%7B%22matomo%22%3Afalse%7D"] {
        assert_eq!(met(REPLACE, cookies).await, refused, "{cookies}");
    }
    for cookies in
        ["klaro=%7B%22matomo%22%3A", "cc_cookie=%7B%7D", "CookieConsent=-1", "OptanonConsent=groups=C0002%3A0"]
    {
        assert_eq!(met(REPLACE, cookies).await, asked, "{cookies}");
    }
    assert_eq!(met(REPLACE, &optanon("C0002%3A0%2CC0004%3A1")).await, asked, "what is left open is asked");
    assert_eq!(met("", &all_no).await, asked, "only where the gateway takes the tool's place");
}

#[tokio::test]
async fn a_refusal_there_outweighs_a_site_that_tracks_until_told() {
    let origin = origin(html(
        "",
        "<img alt='' src=https://www.facebook.com/tr?id=1><img alt='' src=https://www.google-analytics.com/collect>",
    ))
    .await;
    let gateway = gateway(&origin, "regime = \"opt-out\"\nreplace_cmp = true\n").await;
    let cookies =
        "OptanonConsent=groups=C0002%3A1%2CC0004%3A0; OptanonAlertBoxClosed=2026-10-01T00:00:00.000Z; _fbp=1; _ga=1";
    let heard = Client::fetch(gateway.address(), "shop.example", "/", &[NAVIGATION, ("Cookie", cookies)]).await;
    assert!(heard.text().contains("data-consent-hold=\"marketing\"") && !heard.text().contains("hold=\"analytics\""));
    let names = origin.last_at("/").cookie_names();
    assert!(names.contains(&String::from("_ga")) && !names.contains(&String::from("_fbp")), "{names:?}");
}

#[tokio::test]
async fn a_grant_without_a_date_or_too_old_or_of_the_future_is_none() {
    let now = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
    let now = i64::try_from(now).expect("a date");
    let keys = "replace_cmp = true\nimport_grants = true\n[sites.cmp_purposes]\nstatistics = \"analytics\"\nmarketing = \"marketing\"\npreferences = \"preferences\"\n";
    let cookiebot = |utc: i64| {
        format!(
            "CookieConsent={{stamp:%27x%27%2Cnecessary:true%2Cpreferences:true%2Cstatistics:true%2Cmarketing:true%2Cmethod:%27explicit%27%2Cutc:{utc}000}}"
        )
    };
    let undated =
        "cmplz_banner-status=dismissed; cmplz_statistics=allow; cmplz_marketing=allow; cmplz_preferences=allow";
    for cookies in [cookiebot(now - 400 * DAY), cookiebot(now + DAY), String::from(undated)] {
        assert_eq!(met(keys, &cookies).await, (true, String::from("[]")), "{cookies}");
    }
    assert!(!met(keys, &cookiebot(now - DAY)).await.0, "a good one is not asked about");
}

#[tokio::test]
async fn the_owner_s_mistakes_are_told_with_their_lines() {
    let origin = origin(html("", "")).await;
    let plan = Gateway::configured("");
    let check = |keys: &str| {
        plan.write("gateway.toml", &config(&origin, keys));
        let output = gateway_tests::gateway::command(plan.folder(), &["check", "--config", "gateway.toml"]);
        gateway_tests::gateway::printed(&output)
    };
    assert!(check("import_grants = true\n").contains("needs replace_cmp = true"));
    assert!(check("replace_cmp = true\nimport_grants = true\n").contains("needs [sites.cmp_purposes]"));
    let unknown = check("replace_cmp = true\n[sites.cmp_purposes]\nstatistics = \"analytic\"\n");
    assert!(
        unknown.contains("cmp_purposes.statistics") && unknown.contains("is no purpose of the policy"),
        "{unknown}"
    );

    assert!(check(&format!("ask_age = true\n{EQUAL}")).contains("can't be with ask_age"));
}
