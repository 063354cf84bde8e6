//! The policy page of a service with a history: the version in force, those before it and the one to come, two compared, the feed, the owner's
//! own page in the text's place, and where policy and traffic have grown apart. Refuses to know how versions are chosen: that is another's.

use std::process::Command;

use gateway_tests::gateway::{Plan, command, printed};
use gateway_tests::{Browser, Client, Gateway, Origin, Reply, folders};
use policies::{Date, Lang};
use serde_json::Value;

use crate::access::{check_none, media, seen_by_axe, view};
use crate::stage::SHOP;
use crate::visitors::{HOST, page, pages_of_networks};

const OLD: &str = "2017-04-03";
const PRESENT: &str = "2019-07-01";

fn document(day: &str) -> String {
    let file = folders::repository().join(format!("policies/documents/remotemeeting/{day}.toml"));
    std::fs::read_to_string(file).expect("the document can be read")
}

/// A day, counted from today.
#[expect(clippy::disallowed_methods, reason = "the gateway that is tested goes by the machine's clock")]
fn day(from_today: i64) -> Date {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock after 1970");
    Date::of_day_number(i64::try_from(now.as_secs()).expect("a near time") / 86_400 + from_today)
}

/// The version in force with other days and a cookie that lives longer.
fn later(announced: Date, effective: Date) -> String {
    let longer = "what = { ko = \"자주 여는 회의실\", en = \"rooms opened often\" }\nlifetime = \"P90D\"";
    let text = document(PRESENT);
    assert!(text.contains(longer), "the document keeps rooms for 90 days");
    text.replacen(longer, &longer.replace("P90D", "P2Y"), 1)
        .replacen("announced = \"2019-05-27\"", &format!("announced = \"{announced}\""), 1)
        .replacen(&format!("effective = \"{PRESENT}\""), &format!("effective = \"{effective}\""), 1)
}

/// A site with two versions that were, one that is announced, and one that nobody has been told of.
fn plan(origin: &Origin, more: &str) -> Plan {
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\ntrusted_proxies = [\"127.0.0.1\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\npolicy = \"policy\"\n{more}",
        origin.url()
    );
    let plan = Gateway::configured(&text);
    std::fs::create_dir(plan.folder().join("policy")).expect("a temporary folder can be written");
    for old in [OLD, PRESENT] {
        plan.write(&format!("policy/{old}.toml"), &document(old));
    }
    for (announced, effective) in [(day(-10), day(25)), (day(300), day(400))] {
        plan.write(&format!("policy/{effective}.toml"), &later(announced, effective));
    }
    plan
}

async fn origin() -> Origin {
    Origin::start(|_| {
        Reply::page("<!doctype html><html lang=en><title>T</title><body><main><h1>T</h1></main></body></html>")
            .cookie("cart_81f2a9=1; Max-Age=604800")
            .cookie("RMSESSION=1")
            .cookie("_ga=1; Max-Age=600")
    })
    .await
}

/// Such a site, running.
pub(crate) async fn told_to_change() -> (Origin, Gateway) {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    (origin, gateway)
}

async fn read(gateway: &Gateway, query: &str) -> String {
    let heard = page(gateway.address(), &format!("/.consent/policy?lang=en{query}"), &[]).await;
    assert_eq!(heard.status, 200, "{query}");
    assert_eq!(heard.header("x-robots-tag").as_deref(), Some("noindex"), "{query}");
    let text = heard.text();
    assert!(!text.contains("<script"), "{query}: nothing of the page is a script's");
    text
}

#[tokio::test]
async fn the_page_tells_who_receives_what_and_leads_to_every_version_that_was_told() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let present = read(&gateway, "").await;
    for told in [
        "<dt>In force from</dt><dd><time>2019-07-01</time>",
        "Why it was revised",
        "A company that holds events with us now receives who took part",
        "id=\"provided\"",
        "Seminar Hall (an invented company for events) <small>Singapore</small>",
        "id=\"abroad\"",
        "Refuse &#34;Taking part in events&#34; in the cookie settings.",
        "Another company&#39;s</td>",
        "This site&#39;s</td>",
        "https://www.kopico.go.kr/",
        "privacy@remotemeeting.example",
        "application/atom+xml",
    ] {
        assert!(present.contains(told), "{told}: {present}");
    }
    let coming = day(25);
    assert!(present.contains(&format!("A new version has been announced. It takes effect on {coming}.")), "{present}");
    assert!(present.contains(&format!("&#38;from={PRESENT}&#38;to={coming}")), "{present}");
    assert!(!present.contains(&day(400).to_string()), "nobody has been told of that one");
    let old = read(&gateway, "&version=2017-04-03").await;
    assert!(old.contains("It is not in force now: it held from 2017-04-03 to 2019-06-30."), "{old}");
    assert!(!old.contains("Seminar Hall") && !old.contains("has been announced"), "{old}");
    assert!(old.contains("lang=ko&#38;back=/&#38;version=2017-04-03"), "its languages are its own: {old}");
    let next = read(&gateway, &format!("&version={coming}")).await;
    assert!(next.contains(&format!("This version is not yet in force. It takes effect on {coming}.")), "{next}");
    for unknown in ["&version=2018-01-01", "&version=x", "&from=2017-04-03", &format!("&version={}", day(400))] {
        let heard = page(gateway.address(), &format!("/.consent/policy?lang=en{unknown}"), &[]).await;
        assert_eq!(heard.status, 404, "{unknown}");
    }
}

#[tokio::test]
async fn two_versions_are_compared_by_meaning_with_what_matters_first() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let compared = read(&gateway, "&from=2017-04-03&to=2019-07-01").await;
    let (material, ordinary) = compared.split_once("id=\"ordinary\"").unwrap_or((&compared, ""));
    assert!(material.contains("id=\"material\"") && material.contains("Seminar Hall"), "{compared}");
    assert!(!ordinary.contains("Seminar Hall"), "{compared}");
    assert_eq!(read(&gateway, "&from=2019-07-01&to=2017-04-03").await, compared, "the older one comes first");
    let same = read(&gateway, "&from=2019-07-01&to=2019-07-01").await;
    assert!(same.contains("Nothing differs in meaning."), "{same}");
    let korean = page(gateway.address(), "/.consent/policy?lang=ko&from=2017-04-03&to=2019-07-01", &[]).await.text();
    assert!(korean.contains("권리에 중요한 변경") && korean.contains("세미나홀"), "{korean}");
    let coming = read(&gateway, &format!("&from={PRESENT}&to={}", day(25))).await;
    assert!(coming.contains("rm_rooms") && coming.contains("This version is not yet in force."), "{coming}");
}

/// Reads a feed with Python's parser, and says what stands in it.
const READ_FEED: &str = "import sys, json, xml.etree.ElementTree as tree, datetime
atom = '{http://www.w3.org/2005/Atom}'
root = tree.fromstring(sys.stdin.buffer.read())
assert root.tag == atom + 'feed', root.tag
one = lambda of, name: (lambda found: found[0] if len(found) == 1 else sys.exit(f'{name}: {len(found)}'))(of.findall(atom + name))
for of in [root, *root.findall(atom + 'entry')]:
    assert one(of, 'title').text and one(of, 'id').text.startswith('urn:uuid:')
    datetime.datetime.fromisoformat(one(of, 'updated').text.replace('Z', '+00:00'))
assert one(one(root, 'author'), 'name').text
entries = root.findall(atom + 'entry')
print(json.dumps({
    'id': one(root, 'id').text,
    'self': [l.get('href') for l in root.findall(atom + 'link') if l.get('rel') == 'self'],
    'entries': [{
        'id': one(e, 'id').text, 'title': one(e, 'title').text, 'published': one(e, 'published').text,
        'links': [l.get('href') for l in e.findall(atom + 'link')],
        'text': ''.join(one(e, 'content').itertext()),
    } for e in entries],
}))";

fn parsed(feed: &[u8]) -> Value {
    let mut python = Command::new("python3");
    python.args(["-c", READ_FEED]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut python = python.spawn().expect("Python runs");
    std::io::Write::write_all(&mut python.stdin.take().expect("its input"), feed).expect("it reads");
    let output = python.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(feed));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test]
async fn the_feed_is_atom_and_its_names_stay_at_every_host() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let heard = Client::fetch(gateway.address(), HOST, "/.consent/policy.atom?lang=en", &[]).await;
    assert_eq!((heard.status, heard.header("cache-control").as_deref()), (200, Some("public, max-age=3600")));
    assert_eq!(heard.header("content-type").as_deref(), Some("application/atom+xml; charset=utf-8"));
    assert_eq!(heard.header("set-cookie"), None);
    let feed = parsed(&heard.body);
    assert_eq!(feed["self"][0], format!("http://{HOST}/.consent/policy.atom?lang=en"));
    let entries = feed["entries"].as_array().expect("entries");
    let titles: Vec<_> = entries.iter().map(|entry| entry["title"].as_str().unwrap_or_default()).collect();
    let coming = day(25).to_string();
    assert_eq!(titles.len(), 3, "{titles:?}");
    for (title, day) in titles.iter().zip([coming.as_str(), PRESENT, OLD]) {
        assert!(title.starts_with(day), "{titles:?}");
    }
    assert_eq!(entries[1]["published"], "2019-05-26T15:00:00Z", "the day of its announcement begins in Seoul");
    let text = entries[1]["text"].as_str().unwrap_or_default();
    for told in ["2019-07-01", "Matters to your rights", "Seminar Hall", "A company that holds events"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let links = entries[1]["links"].to_string();
    assert!(links.contains("version=2019-07-01") && links.contains("from=2017-04-03&to=2019-07-01"), "{links}");
    for link in entries[1]["links"].as_array().into_iter().flatten() {
        let path = link.as_str().and_then(|link| link.strip_prefix(&format!("http://{HOST}"))).expect("of this site");
        assert_eq!(page(gateway.address(), path, &[]).await.status, 200, "{path}");
    }
    let elsewhere = Client::fetch(gateway.address(), "other.example", "/.consent/policy.atom?lang=ko", &[]).await;
    let elsewhere = parsed(&elsewhere.body);
    assert_eq!(elsewhere["id"], feed["id"]);
    assert_eq!(elsewhere["entries"][0]["id"], feed["entries"][0]["id"]);
    assert_ne!(feed["entries"][0]["id"], feed["entries"][1]["id"]);
}

const OWN: &str = "# 개인정보 처리방침\n\n우리 사이트의 방침입니다.\n\n<script>document.title = 'taken over'</script>\n\n\
    <img src=/logo.png alt=Logo onerror=\"document.title = 'taken over'\">\n\n## 쿠키\n\n{{ cookies }}\n\n## 그 밖\n\n끝.\n";

#[tokio::test]
async fn an_owners_own_page_is_the_body_with_the_table_where_it_says_and_runs_nothing() {
    let origin = origin().await;
    let plan = plan(&origin, "");
    plan.write("policy/2019-07-01.md", OWN);
    plan.write("policy/2017-04-03.html", "<html><body><main><h1>Then</h1><p>As it was.</p></main></body></html>");
    let gateway = plan.start().await;
    let present = read(&gateway, "").await;
    let places: Vec<_> =
        ["우리 사이트의 방침입니다.", "<h3>쿠키</h3>", "rm_rooms", "<h3>그 밖</h3>", "id=\"versions\""]
            .iter()
            .map(|part| present.find(part).unwrap_or_else(|| panic!("{part}: {present}")))
            .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(!present.contains("What cookies find out"), "the text of the policy's file stands back: {present}");
    let old = read(&gateway, "&version=2017-04-03").await;
    assert!(old.contains("<h2>Then</h2><p>As it was.</p></div>"), "{old}");
    let printed = printed(&command(gateway.folder(), &["check", "--config", "gateway.toml"]));
    assert!(printed.contains("2017-04-03.html: has no {{ cookies }}"), "{printed}");
    assert!(!printed.contains("2019-07-01.md: has no"), "{printed}");
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    browser.open(&format!("{SHOP}/.consent/policy?lang=ko")).await;
    assert_eq!(browser.text("h1").await, "쿠키에 관한 처리방침");
    assert_ne!(browser.run("return document.title;").await, "taken over");
}

#[tokio::test]
async fn what_can_not_be_a_body_is_a_fault_with_its_file() {
    let origin = origin().await;
    let check = |prepare: &dyn Fn(&Plan), more: &str, expect: &str| {
        let plan = plan(&origin, more);
        prepare(&plan);
        let output = command(plan.folder(), &["check", "--config", "gateway.toml"]);
        let told = printed(&output);
        assert!(!output.status.success() && told.contains(expect), "{expect}: {told}");
    };
    let long = |plan: &Plan| plan.write("policy/2019-07-01.md", &"가".repeat(400_000));
    check(&long, "", "2019-07-01.md: is longer than 1 MiB");
    let latin = |plan: &Plan| {
        let file = plan.folder().join("policy/2019-07-01.html");
        std::fs::write(file, b"<p>a\n\xe9</p>").expect("a temporary folder can be written");
    };
    check(&latin, "", "2019-07-01.html:2: is not UTF-8");
    let twice = |plan: &Plan| {
        plan.write("policy/2019-07-01.md", "a");
        plan.write("policy/2019-07-01.html", "<p>a");
    };
    check(&twice, "", "a version has one page");
    check(&|plan| plan.write("own.md", "a"), "policy_body = \"own.md\"\n", "policy_body: can't be with a folder");
    let inside = |plan: &Plan| plan.write("policy/2019-07-01.md", "Our cookies: {{ cookies }}\n");
    check(&inside, "", "stands within <p>");
}

#[tokio::test]
async fn a_policy_of_one_file_names_its_page() {
    let origin = origin().await;
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\npolicy_body = \"own.html\"\n",
        origin.url()
    );
    let plan = Gateway::configured(&text);
    plan.write("own.html", "<h1>Ours</h1><div>{{ cookies }}</div><p>The end.</p>");
    let gateway = plan.start().await;
    let shown = read(&gateway, "").await;
    let ends = shown.contains("<h2>Ours</h2><div>") && shown.contains("</div><p>The end.</p>");
    assert!(ends && shown.contains("id=\"purposes\""), "{shown}");
}

#[tokio::test]
async fn axe_finds_nothing_in_versions_and_comparisons_and_paper_holds_the_whole_page() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    let mut found = Vec::new();
    for lang in Lang::ALL.map(Lang::tag) {
        for (name, query) in
            [("present", ""), ("old", "&version=2017-04-03"), ("compared", "&from=2017-04-03&to=2019-07-01")]
        {
            browser.open(&format!("{SHOP}/.consent/policy?lang={lang}{query}")).await;
            found.extend(seen_by_axe(&browser, lang, name).await);
            let wide = "return document.documentElement.scrollWidth <= innerWidth;";
            view(&browser, 360, 740).await;
            assert_eq!(browser.run(wide).await, true, "{name} {lang} is wider than a phone");
        }
    }
    check_none(&found);
    browser.open(&format!("{SHOP}/.consent/policy?lang=en&version=2017-04-03")).await;
    media(&browser, "print", &[]).await;
    let shown = browser.run("return [...document.querySelectorAll('nav, h1, #standing, .card, #versions')].map(each => each.localName + each.checkVisibility());").await;
    let shown = shown.to_string();
    assert!(shown.contains("navfalse") && shown.contains("h1true") && shown.contains("divtrue"), "{shown}");
    assert_eq!(shown.matches("false").count(), 1, "only the way through the site stays off paper: {shown}");
}

#[tokio::test]
async fn drift_tells_what_was_seen_and_is_not_declared_and_accuses_nobody_before_thirty_days() {
    let origin = origin().await;
    let mut gateway = plan(&origin, "").start().await;
    let data = gateway.folder().to_owned();
    let before = printed(&command(&data, &["policy", "drift", "--config", "gateway.toml"]));
    assert!(before.contains("nothing was watched yet"), "{before}");
    pages_of_networks(gateway.address(), "/", 6, &[]).await;
    gateway.finish();
    gateway.ended().await;
    let told = printed(&command(&data, &["policy", "drift", "--config", "gateway.toml", "--site", "shop"]));
    assert!(told.contains("watched since") && told.contains("can be told after 30 days"), "{told}");
    for part in ["seen and not declared", "cart_#", "prefix = \"cart_\"", "lifetime = \"P7D\""] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("RMSESSION") && !told.contains("isn't seen for"), "{told}");
    let json = command(&data, &["policy", "drift", "--config", "gateway.toml", "--format", "json"]);
    let json: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&json["sites"][0]["site"], &json["sites"][0]["unseen"]), (&"shop".into(), &Value::Null), "{json}");
    let wrong = command(&data, &["policy", "drift", "--config", "gateway.toml", "--site", "ship"]);
    assert!(!wrong.status.success() && printed(&wrong).contains("no site is named ship: write one of shop"));
}
