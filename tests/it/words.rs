//! The owner's own words, as visitors read them: in banner, settings, policy page, prompt and placeholder, in both kinds of pages, and after
//! a reload. Refuses to look into the configuration: what counts is what is shown, and what the store keeps of it.

use gateway_tests::gateway::{command, printed};
use gateway_tests::{Browser, Client, Gateway, Origin, Reply, Seen, folders, wait};
use serde_json::json;

use crate::stage::{SHOP, closed, taken_over};
use crate::store::ask;
use crate::visitors::{HOST, page};

const WORDS: &str = "[sites.words.en.banner]\naccept = \"Yes to all\"\nrefuse = \"No to all\"\nsettings = \"Cookies & you\"\n\
    reload = \"Some of it needs a fresh page.\"\nagain = \"Fresh page\"\n\
    [sites.words.en.settings]\ncurrent = \"What you said\"\nasked_by = \"{service}, by {operator}\"\n\
    [sites.words.en.policy]\ntitle = \"Cookies at the shop\"\n\
    [sites.words.en.ask]\ntitle = \"May it stay?\"\nallow = \"It may\"\nrefuse = \"Never\"\n\
    [sites.words.en.placeholder]\nheading = \"{host} waits here.\"\nonce = \"Just now\"\n\
    [sites.words.en.error]\norigin_down = \"The shop sleeps.\"\n\
    [sites.words.ko.banner]\nrefuse = \"전부 거부\"\n";

fn shop(seen: &Seen) -> Reply {
    let lang = if seen.path_only() == "/ko" { "ko" } else { "en" };
    let reply = Reply::page(format!(
        "<!doctype html><html lang={lang}><title>T</title><body><h1>T</h1>\
         <iframe id=video width=560 height=315 src='https://www.youtube.com/embed/1'></iframe>\
         <script data-consent-reload src='https://static.hotjar.com/one.js'></script></body></html>"
    ));
    if seen.path_only() == "/counted" { reply.cookie("_ga=abc; Path=/; Max-Age=600") } else { reply }
}

fn text(origin: &str, more: &str) -> String {
    format!("listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n[[sites]]\nname = \"shop\"\norigin = \"{origin}\"\n{more}")
}

async fn site(more: &str) -> (Origin, Gateway, Browser) {
    let origin = Origin::start(shop).await;
    let gateway = Gateway::configured(&text(&origin.url(), more)).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).view(1280, 1000).start().await;
    (origin, gateway, browser)
}

#[tokio::test]
async fn banner_settings_policy_page_and_placeholder_say_what_the_owner_wrote_and_the_rest_stays() {
    let (_origin, gateway, browser) = site(WORDS).await;
    browser.open(SHOP).await;
    taken_over(&browser).await;
    let buttons =
        "return ['accept', 'refuse', 'save'].map(id => document.getElementById(`consent-${id}`).textContent);";
    assert_eq!(browser.run(buttons).await, json!(["Yes to all", "No to all", "Save selection"]));
    let frame = "document.getElementById('video').contentDocument";
    browser.until(&format!("{frame}?.getElementById('consent-once')")).await;
    let words = format!(
        "return ['h1', '#consent-once', '#consent-always'].map(css => {frame}.querySelector(css).textContent);"
    );
    assert_eq!(browser.run(&words).await, json!(["www.youtube.com waits here.", "Just now", "Always allow"]));
    browser.click("#consent-accept").await;
    closed(&browser).await;
    assert_eq!(browser.text("#consent-settings-link").await, "Cookies & you");
    browser.until("document.querySelector('#consent-settings button')").await;
    let offer = browser.text("#consent-settings p").await;
    assert_eq!(offer.split_whitespace().collect::<Vec<_>>().join(" "), "Some of it needs a fresh page. Fresh page");
    browser.open(&format!("{SHOP}/.consent/settings?lang=en")).await;
    let settings = browser.text("main").await;
    for own in ["What you said", "Yes to all", "No to all", "Withdraw consent", "Cookies at the shop", ", by "] {
        assert!(settings.contains(own), "{own}: {settings}");
    }
    browser.open(&format!("{SHOP}/.consent/policy?lang=en")).await;
    assert_eq!(browser.text("h1").await, "Cookies at the shop");
    // Without a browser: another language has its own words, and an answer that isn't the origin's speaks them too.
    let korean = page(gateway.address(), "/ko", &[]).await.text();
    assert!(korean.contains(">전부 거부</button>") && korean.contains(">모두 허용</button>"), "{korean}");
}

#[tokio::test]
async fn the_prompt_asks_in_the_owner_s_words() {
    let (_origin, _gateway, browser) = site(WORDS).await;
    browser.open(&format!("{SHOP}/.consent/settings?lang=en&back=/counted")).await;
    browser.click("#consent-ask").await;
    browser.until("document.querySelector('#consent-ask h2')").await;
    let words = "return ['h2', 'li button:nth-of-type(1)', 'li button:nth-of-type(2)', 'p'].map(css => document.querySelector(`#consent-ask ${css}`).textContent);";
    let expect = json!(["May it stay?", "It may", "Never", "Nothing of this is stored until you answer."]);
    assert_eq!(browser.run(words).await, expect);
}

#[tokio::test]
async fn where_one_page_serves_all_it_says_the_same() {
    let (_origin, _gateway, browser) = site(&format!("cacheable = true\n{WORDS}")).await;
    browser.open(SHOP).await;
    browser.until("document.querySelector('#consent-banner:not([hidden])')").await;
    assert_eq!(browser.text("#consent-refuse").await, "No to all");
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    assert_eq!(browser.text("#consent-settings-link").await, "Cookies & you");
}

#[tokio::test]
async fn a_reload_takes_new_words_and_colours_and_no_browser_keeps_the_old_page() {
    let origin = Origin::start(|seen| {
        let reply = match seen.header("if-none-match") {
            Some(_) => Reply::status(304),
            None => Reply::page("<!doctype html><html lang=en><title>T</title>"),
        };
        reply.with("etag", "\"1\"").with("cache-control", "no-cache")
    });
    let origin = origin.await;
    let gateway = Gateway::configured(&text(&origin.url(), WORDS)).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    let shown = async |words: &str, accent: &str| {
        browser.open(SHOP).await;
        browser.until("document.querySelector('#consent-banner')?.checkVisibility()").await;
        assert_eq!(browser.text("#consent-accept").await, words);
        let colour = "return getComputedStyle(document.getElementById('consent-accept')).backgroundColor;";
        assert_eq!(browser.run(colour).await, accent);
    };
    shown("Yes to all", "rgb(33, 73, 127)").await;
    let change = async |more: &str, count: usize| {
        let file = gateway.folder().join("gateway.toml");
        std::fs::write(file, text(&origin.url(), more)).expect("a temporary folder can be written");
        gateway.reload();
        wait::until_true("it was read again", || async {
            gateway.log().matches("the configuration was read again").count() == count
        })
        .await;
    };
    change(&WORDS.replace("Yes to all", "All of them"), 1).await;
    shown("All of them", "rgb(33, 73, 127)").await;
    change("[sites.look]\naccent = \"#5b2a86\"\n", 2).await;
    shown("Accept all", "rgb(91, 42, 134)").await;
}

#[tokio::test]
async fn a_record_names_the_words_that_were_shown_and_they_are_kept() {
    let (_origin, gateway, browser) = site(WORDS).await;
    browser.open(SHOP).await;
    taken_over(&browser).await;
    // The words change while the page stands: what counts is what it showed.
    let changed = WORDS.replace("Yes to all", "All of them");
    wait::until_true("the first words are kept", || async { kept(&gateway).len() == 1 }).await;
    let file = gateway.folder().join("gateway.toml");
    let before = std::fs::read_to_string(&file).expect("the configuration").replace(WORDS, &changed);
    std::fs::write(&file, before).expect("a temporary folder can be written");
    gateway.reload();
    wait::until_true("the new words are kept", || async { kept(&gateway).len() == 2 }).await;
    browser.click("#consent-accept").await;
    closed(&browser).await;
    let named = ask(
        &gateway.data(),
        "select cast(c.bytes as text) from record r join content c on c.kind = 'words' and substr(c.hash, 1, 8) = r.words",
    );
    assert!(named.contains("en.banner.accept = \"Yes to all\"") && !named.contains("All of them"), "{named}");
    assert!(named.contains("ko.banner.refuse") && !named.contains("Save selection"), "the owner's alone: {named}");
}

fn kept(gateway: &Gateway) -> Vec<String> {
    let kept = ask(&gateway.data(), "select hex(hash) from content where kind = 'words'");
    kept.split("',)").filter(|row| row.contains('\'')).map(str::to_owned).collect()
}

#[tokio::test]
async fn who_finds_the_site_asleep_reads_the_owner_s_sentence() {
    let nobody = gateway_tests::origin::free_address().await;
    let gateway = Gateway::configured(&text(&format!("http://{nobody}"), WORDS)).start().await;
    let heard = Client::fetch(gateway.address(), HOST, "/", &[]).await;
    assert!(heard.status == 502 && heard.text().contains("The shop sleeps."), "{}", heard.text());
    assert!(heard.text().contains("사이트가 응답하지 않습니다."), "{}", heard.text());
}

#[test]
fn check_tells_every_word_that_can_t_be_and_which_make_the_banner_heavy() {
    let told = |words: &str| {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("gateway.toml");
        std::fs::write(&file, text("http://127.0.0.1:3000", words)).expect("a temporary folder can be written");
        printed(&command(folder.path(), &["check", "--config", "gateway.toml"]))
    };
    let faults = told(
        "[sites.words.en.banner]\naccept = \"Continue to the shop now\"\nrefuse = \"No\"\nsettings = \"\"\n[sites.words.nl]\n[sites.words.en.settings]\nmade = \"Chosen.\"\n",
    );
    for line in [
        "gateway.toml:7: sites[0].words.en.banner.accept: accept has 24 letters and refuse has 2",
        "gateway.toml:9: sites[0].words.en.banner.settings: is empty",
        "sites[0].words.nl: is no language that is spoken here: ko, en, ja, zh-Hans, de, fr",
        "gateway.toml:12: sites[0].words.en.settings.made: must have each of {date} once",
    ] {
        assert!(faults.contains(line), "{line}\n{faults}");
    }
    let light = told(WORDS);
    assert!(light.contains("no faults") && !light.contains("weigh"), "{light}");
    // Words that no compression makes light.
    let mut state = 7_u32;
    let mut noise = |letters: usize| -> String {
        let letter = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[(state >> 16) as usize % 62])
        };
        (0..letters).map(letter).collect()
    };
    let keys = ["choose", "save", "always", "if_refused", "on_request", "recipients", "policy", "settings", "again"];
    let words: String = keys.map(|key| format!("{key} = \"{}\"\n", noise(60))).concat();
    let long: String = ["failed", "blocked", "reload"].map(|key| format!("{key} = \"{}\"\n", noise(140))).concat();
    let policy = folders::repository().join("policies/documents/remotemeeting/2017-04-03.toml");
    let heavy = told(&format!("policy = \"{}\"\n[sites.words.en.banner]\n{words}{long}", policy.display()));
    let line = "site shop: form and sheet of the banner weigh 4";
    assert!(heavy.contains(line) && heavy.contains("shorten the words in [sites.words.en]"), "{heavy}");
    assert!(heavy.contains("no faults"), "it works all the same: {heavy}");
}
