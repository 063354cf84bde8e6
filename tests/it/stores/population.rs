//! Whether what is counted is true: a population that is known, over TCP and in a browser, two gateways of one store, and a gateway that is killed.
//! Refuses to ask the gateway what should have been counted. Invariant: every cell of every dimension is compared, and nothing else is there.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use gateway::stats::measure::Measure;
use gateway::store::{Archive, Cell, Grain};
use gateway_tests::{Browser, Client, Gateway, Origin, Reply, Seen, wait};
use policies::Timestamp;

use super::Bench;
use super::crashes::origin;
use crate::stage::{closed, taken_over};
use crate::visitors::{HOST, page, state};

/// How many people come to each of two gateways.
const PEOPLE: usize = 1_000;
/// Who walk about at once.
const WALKERS: usize = 8;

const AGENTS: [(&str, &str); 4] = [
    ("phone", "Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"),
    ("tablet", "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"),
    ("desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"),
    ("other", "Mozilla/5.0 (PlayStation 5/9.00) AppleWebKit/605.1.15 (KHTML, like Gecko)"),
];
const LANGUAGES: [(&str, &str); 3] = [("ko", "ko-KR,ko;q=0.9"), ("en", "en-GB"), ("other", "sw")];
const PROGRAM: &str = "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)";

/// By site, dimension and value: what must have been counted.
type Truth = BTreeMap<(String, String, String, String), u64>;

/// What a gateway sees of somebody.
struct Who {
    device: (&'static str, &'static str),
    language: (&'static str, &'static str),
    gpc: bool,
    cookie: Option<String>,
}

impl Who {
    fn headers<'h>(&'h self, more: &[(&'h str, &'h str)]) -> Vec<(&'h str, &'h str)> {
        let mut headers = vec![("User-Agent", self.device.1), ("Accept-Language", self.language.1)];
        headers.extend(self.gpc.then_some(("Sec-GPC", "1")));
        headers.extend(self.cookie.as_deref().map(|cookie| ("Cookie", cookie)));
        headers.extend(more);
        headers
    }
}

/// Somebody who comes by, and what must have been counted of them so far.
struct Person<'p> {
    client: Client,
    who: Who,
    group: String,
    policy: &'p str,
    truth: Truth,
}

impl Person<'_> {
    /// Notes what must be counted now, under each dimension.
    fn counts(&mut self, figures: &[&str]) {
        let cells = [
            ("", ""),
            ("policy", self.policy),
            ("language", self.who.language.0),
            ("region", "-"),
            ("device", self.who.device.0),
            ("regime", "opt-in"),
            ("page_group", self.group.as_str()),
            ("signal", if self.who.gpc { "gpc" } else { "none" }),
        ];
        for site in ["shop", ""] {
            let told =
                cells.iter().filter(|(dimension, _)| !site.is_empty() || !["policy", "page_group"].contains(dimension));
            for ((dimension, value), figure) in told.flat_map(|cell| figures.iter().map(move |figure| (cell, figure))) {
                let cell = [site, *dimension, *value, *figure].map(str::to_owned);
                *self.truth.entry(cell.into()).or_default() += 1;
            }
        }
    }

    async fn opens(&mut self, entering: bool, more: &[(&str, &str)]) {
        let path = format!("{}/page?secret=1", self.group);
        let site = if entering { "none" } else { "same-origin" };
        let kind = [("Accept", "text/html"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", site)];
        let all = [&kind[..], more].concat();
        let headers = self.who.headers(&all);
        assert_eq!(self.client.get(&path, &headers).await.status, 200);
    }

    async fn sees_a_page(&mut self, entering: bool, owing: bool, granted: &[&str]) {
        self.opens(entering, &[]).await;
        let mut figures = vec!["pages", "decided"];
        figures.extend(entering.then_some("visits"));
        figures.extend(self.who.gpc.then_some("gpc"));
        figures.extend((self.who.gpc && entering).then_some("visits_gpc"));
        figures.extend(owing.then_some("owed"));
        figures.extend((owing && entering).then_some("visits_owed"));
        self.counts(&figures);
        for purpose in granted {
            self.counts(&[&format!("{purpose}/seen")]);
        }
    }

    /// The banner's script says that it is shown.
    async fn is_shown_the_banner(&mut self) {
        let (origin, from) = (format!("http://{HOST}"), format!("http://{HOST}{}/page?secret=1", self.group));
        let more = [("Origin", origin.as_str()), ("Referer", from.as_str())];
        let headers = self.who.headers(&more);
        assert_eq!(self.client.request("POST", "/.consent/rendered", &headers, b"").await.status, 204);
        self.counts(&["rendered"]);
    }

    async fn posts(&mut self, act: &str, purposes: &[&str], accept: &str, waited: &str) {
        let back = format!("{}%2Fpage%3Fsecret%3D1", self.group.replace('/', "%2F"));
        let mut form = format!("policy={}&lang=en&back={back}&act={act}{waited}", self.policy);
        purposes.iter().for_each(|purpose| form.push_str(&format!("&purpose={purpose}")));
        let origin = format!("http://{HOST}");
        let more = [("Accept", accept), ("Origin", origin.as_str())];
        let headers = self.who.headers(&more);
        let heard = self.client.post_form("/.consent/choice", &headers, &form).await;
        assert!([200, 303].contains(&heard.status), "{} {}", heard.status, heard.text());
        self.who.cookie = Some(heard.set_cookie("consent").expect("a choice is answered with its cookie"));
    }
}

/// What somebody does, by the number they are.
async fn walk(number: usize, mut person: Person<'_>) -> Truth {
    let all = ["analytics", "marketing", "preferences"];
    let spoken = |person: &mut Person<'_>, granted: &[&str], word: [&str; 2]| {
        for purpose in all {
            let word = if granted.contains(&purpose) { word[0] } else { word[1] };
            person.counts(&[&format!("{purpose}/{word}")]);
        }
    };
    match number % 12 {
        8 => {
            person.who.device = ("other", PROGRAM);
            person.opens(true, &[]).await;
            person.counts(&["bots"]);
            return person.truth;
        }
        9 => {
            person.opens(true, &[("Sec-Purpose", "prefetch;prerender")]).await;
            person.counts(&["ahead"]);
            return person.truth;
        }
        _ => person.sees_a_page(true, true, &[]).await,
    }
    match number % 12 {
        0..=2 => {
            person.is_shown_the_banner().await;
            person.posts("accept_all", &[], "text/plain", "&waited=5").await;
            person.counts(&["answers", "first", "agreed", "accept_all", "within_10"]);
            spoken(&mut person, &all, ["granted", "refused"]);
            person.sees_a_page(false, false, &all).await;
        }
        3 | 4 => {
            person.is_shown_the_banner().await;
            person.posts("refuse_all", &[], "text/plain", "&waited=0").await;
            person.counts(&["answers", "first", "refuse_all", "within_2"]);
            spoken(&mut person, &[], ["granted", "refused"]);
            person.sees_a_page(false, false, &[]).await;
        }
        5 => {
            person.posts("custom", &["analytics"], "text/html", "").await;
            person.counts(&["answers", "first", "agreed", "custom", "plain"]);
            spoken(&mut person, &["analytics"], ["granted", "refused"]);
        }
        6 => person.is_shown_the_banner().await,
        10 => {
            person.posts("accept_all", &[], "text/plain", "&waited=300").await;
            person.counts(&["answers", "first", "agreed", "accept_all", "later"]);
            spoken(&mut person, &all, ["granted", "refused"]);
            person.posts("withdraw", &[], "text/plain", "").await;
            person.counts(&["changes", "taken_back", "withdrawn"]);
            all.iter().for_each(|purpose| person.counts(&[&format!("{purpose}/lost")]));
            person.sees_a_page(true, false, &[]).await;
        }
        _ => person.sees_a_page(false, true, &[]).await,
    }
    person.truth
}

/// Everybody who comes to one gateway; what must have been counted of them.
async fn population(address: SocketAddr) -> Truth {
    let policy = state(address, &[]).await["policy"].as_str().expect("a state names its policy").to_owned();
    let walkers = (0..WALKERS).map(|walker| {
        let policy = policy.clone();
        async move {
            let mut truth = Truth::new();
            for number in (walker..PEOPLE).step_by(WALKERS) {
                let who = Who {
                    device: AGENTS[number / 3 % AGENTS.len()],
                    language: LANGUAGES[number / 5 % LANGUAGES.len()],
                    gpc: number % 7 == 0,
                    cookie: None,
                };
                let (client, group) = (Client::connect(address, HOST).await, format!("/part{}", number / 2 % 5));
                let person = Person { client, who, group, policy: &policy, truth: Truth::new() };
                walk(number, person)
                    .await
                    .into_iter()
                    .for_each(|(cell, count)| *truth.entry(cell).or_default() += count);
            }
            truth
        }
    });
    added(futures_util::future::join_all(walkers).await)
}

fn added(all: Vec<Truth>) -> Truth {
    let mut sum = Truth::new();
    all.into_iter().flatten().for_each(|(cell, count)| *sum.entry(cell).or_default() += count);
    sum
}

/// Everything that is stored, over all time.
async fn stored(archive: &Archive, grain: Grain) -> Truth {
    let mut truth = Truth::new();
    for row in archive.figures_after(grain, Cell::default(), 100_000).await.expect("the store can be read") {
        let Cell { site, dimension, value, .. } = row.cell;
        for (purpose, figure, count) in row.counts.each().filter(|(.., count)| *count > 0) {
            let figure = if purpose.is_empty() { figure.to_owned() } else { format!("{purpose}/{figure}") };
            *truth.entry((site.clone(), dimension.clone(), value.clone(), figure)).or_default() += count;
        }
    }
    truth
}

#[tokio::test]
async fn every_figure_of_two_gateways_is_true() {
    let (bench, origin) = (Bench::postgres(), origin().await);
    let mut nodes = Vec::new();
    for _ in 0..2 {
        nodes.push(Gateway::configured(&bench.configuration(&origin, "")).start().await);
    }
    let truth = futures_util::future::join_all(nodes.iter().map(|node| population(node.address()))).await;
    let truth = added(truth);
    for mut node in nodes {
        node.finish();
        assert!(node.ended().await.success(), "{}", node.log());
    }
    assert!(truth.len() > 500, "{} cells are compared", truth.len());
    for grain in Grain::ALL {
        let stored = stored(&bench.archive(), grain).await;
        let differing: Vec<_> =
            truth.keys().chain(stored.keys()).filter(|cell| truth.get(*cell) != stored.get(*cell)).collect();
        let shown = differing.iter().take(10).map(|cell| (cell, truth.get(*cell), stored.get(*cell)));
        assert!(
            differing.is_empty(),
            "{grain:?}, {} cells (what, truth, stored): {:#?}",
            differing.len(),
            shown.collect::<Vec<_>>()
        );
    }
    let words: String = bench
        .database
        .as_ref()
        .expect("on a server")
        .ask("select string_agg(figures::text, '') from consent_gateway.figure_hour as figures");
    assert!(!words.contains("secret") && !words.contains("127.0.0"), "neither queries nor addresses");
}

#[tokio::test]
async fn a_browsers_banner_says_that_it_is_shown_and_how_long_the_answer_took() {
    let bench = Bench::sqlite();
    let origin = Origin::start(|seen: &Seen| {
        if seen.path_only() == "/favicon.ico" {
            return Reply::status(404);
        }
        Reply::page("<!doctype html><html lang=en><title>T</title><body><p>x</p><a href=/next>on</a>")
    });
    let origin = origin.await;
    let mut gateway = Gateway::configured(&bench.configuration(&origin, "")).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    browser.open(&format!("http://{HOST}/first")).await;
    taken_over(&browser).await;
    browser.open(&format!("http://{HOST}/second")).await;
    taken_over(&browser).await;
    let asked = browser
        .run("return performance.getEntriesByType('resource').filter(e => e.name.endsWith('/rendered')).length")
        .await;
    assert_eq!(asked, 1, "it is told once a page");
    browser.click("#consent-accept").await;
    closed(&browser).await;
    drop(browser);
    gateway.finish();
    assert!(gateway.ended().await.success(), "{}", gateway.log());
    let truth = stored(&bench.archive(), Grain::Day).await;
    let of = |dimension: &str, value: &str, figure: &str| {
        let cell = ["shop", dimension, value, figure].map(str::to_owned);
        truth.get(&cell.into()).copied().unwrap_or_default()
    };
    let whole = ["pages", "owed", "rendered", "answers", "first", "accept_all", "plain", "bots"]
        .map(|figure| of("", "", figure));
    assert_eq!(whole, [2, 2, 2, 1, 1, 1, 0, 0], "{truth:?}");
    let waited = Measure::WAITS.iter().map(|(measure, _)| of("", "", measure.name())).sum::<u64>();
    assert_eq!((waited, of("device", "desktop", "rendered")), (1, 2), "{truth:?}");
    assert_eq!((of("page_group", "/first", "rendered"), of("page_group", "/second", "answers")), (1, 1), "{truth:?}");
}

#[expect(clippy::disallowed_methods, reason = "a gap is a matter of the machine's own clock")]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(since.as_secs()).expect("a clock of this century")
}

#[tokio::test]
async fn a_gateway_that_is_killed_loses_what_it_had_not_stored_and_the_time_is_a_gap() {
    let (bench, origin) = (Bench::sqlite(), origin().await);
    let configuration = bench.configuration(&origin, "");
    let gateway = Gateway::configured(&configuration).start().await;
    page(gateway.address(), "/stored", &[]).await;
    let archive = bench.archive();
    let pages = async || {
        let rows = archive.figures_after(Grain::Hour, Cell::default(), 999).await.unwrap_or_default();
        let whole = rows.iter().filter(|row| row.cell.site == "shop" && row.cell.dimension.is_empty());
        whole.map(|row| row.counts.of(Measure::Pages)).sum::<u64>()
    };
    wait::until("the first page is stored", || async { (pages().await == 1).then_some(()) }).await;
    let until = async || archive.runs(Timestamp(0), Timestamp(i64::MAX), 9).await.expect("the store can be read");
    page(gateway.address(), "/lost", &[]).await;
    gateway.kill();
    let stored = until().await[0].until;
    assert!(now() - stored.0 <= 65, "an idle gateway tells of its time once a minute");
    wait::until("two seconds are gone since then", || async { (now() > stored.0 + 2).then_some(()) }).await;
    let mut gateway = Gateway::configured(&configuration).start().await;
    page(gateway.address(), "/after", &[]).await;
    gateway.finish();
    assert!(gateway.ended().await.success(), "{}", gateway.log());
    assert_eq!(pages().await, 2, "what was stored is there, and what came after");
    let runs = until().await;
    assert_eq!(runs.len(), 2);
    assert!(runs[1].began.0 > runs[0].until.0 + 1, "{runs:?}");
    let told = gateway_tests::gateway::command(
        gateway.folder(),
        &[
            "stats",
            "--config",
            "gateway.toml",
            "--json",
            "--every",
            "hour",
            "--from",
            "2026-01-01",
            "--to",
            "2026-01-01",
        ],
    );
    assert!(told.status.success());
    let data = bench.folder.path().join("data");
    let told =
        gateway_tests::gateway::command(gateway.folder(), &["stats", "--data", &data.to_string_lossy(), "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let gaps = told["gaps"].as_array().expect("gaps are told");
    assert_eq!(gaps.len(), 1, "{told:#}");
    assert_eq!(gaps[0]["from"], gateway::ledger::letters::moment(runs[0].until), "{told:#}");
}
