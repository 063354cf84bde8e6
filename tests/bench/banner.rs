//! How soon a banner is in view, how soon the page is drawn after its answer, and what it downloads: ours, and those of two consent tools that run as
//! a script in the page, from the same server, in a real Chromium, in turn. Refuses to judge: figures depend on the machine, and a busy one spoils
//! them. Invariant: each round of each tool is a first visit, with nothing kept from the one before.

use std::io::Write as _;

use gateway_tests::{Browser, Gateway, Origin, Reply, Seen, folders};
use serde_json::{Value, json};

/// Visits of each tool on each line.
const ROUNDS: usize = 9;
const SHOP: &str = "http://shop.example";

/// A tool: its page, its banner's element, the button that is pressed, and when it is gone.
struct Tool {
    name: &'static str,
    page: &'static str,
    banner: &'static str,
    button: &'static str,
}

const TOOLS: [Tool; 3] = [
    Tool { name: "ours", page: "/ours", banner: "#consent-banner", button: "#consent-refuse" },
    Tool {
        name: "vanilla-cookieconsent",
        page: "/vanilla",
        banner: "#cc-main .cm",
        button: "#cc-main [data-role=necessary]",
    },
    Tool { name: "klaro", page: "/klaro", banner: "#klaro .cookie-notice", button: "#klaro .cn-decline" },
];

/// A network and a processor, as Chromium makes them slower.
struct Line {
    name: &'static str,
    /// Milliseconds to and from the server.
    latency: u32,
    /// Bytes in a second; -1 where nothing is slowed.
    bytes: i64,
    processor: u32,
}

const LINES: [Line; 2] = [
    Line { name: "plain", latency: 0, bytes: -1, processor: 1 },
    Line { name: "150 ms, 1.6 Mbit/s, processor 4x slower", latency: 150, bytes: 200_000, processor: 4 },
];

/// One visit, in milliseconds, bytes and parts of the view.
#[derive(Default)]
struct Visit {
    seen: f64,
    answered: f64,
    bytes: f64,
    requests: f64,
    shift: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let origin = Origin::start(site).await;
    // The others' pages come through the gateway too, which does nothing there: the same server, the same hops.
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\nbypass_paths = [\"/vanilla\", \"/klaro\", \"/peers/*\"]\n",
        origin.url()
    );
    let gateway = Gateway::configured(&text).start().await;
    let mut visits: Vec<Vec<Visit>> = Vec::new();
    for _ in 0..LINES.len() * TOOLS.len() {
        visits.push(Vec::new());
    }
    for round in 0..=ROUNDS {
        for (at, line) in LINES.iter().enumerate() {
            for (place, tool) in TOOLS.iter().enumerate() {
                let visit = visit(gateway.address().port(), tool, line).await;
                // The first round warms the machine's caches and counts for nobody.
                if round > 0
                    && let Some(list) = visits.get_mut(at * TOOLS.len() + place)
                {
                    list.push(visit);
                }
            }
        }
    }
    print(&visits);
}

fn print(visits: &[Vec<Visit>]) {
    let build = if cfg!(debug_assertions) { "debug" } else { "optimised" };
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{ROUNDS} visits each in turn; medians; the gateway's build is {build}").ok();
    for (line, visits) in LINES.iter().zip(visits.chunks(TOOLS.len())) {
        let heads = ["visible ms", "ratio", "next paint ms", "bytes", "requests", "shift"];
        writeln!(out, "\n{}", line.name).ok();
        write!(out, "{:<24}", "").ok();
        heads.iter().for_each(|head| drop(write!(out, "{head:>15}")));
        writeln!(out).ok();
        let first = visits.first().map_or(f64::NAN, |ours| median(ours, |visit| visit.seen));
        for (tool, visits) in TOOLS.iter().zip(visits) {
            let of = |what: fn(&Visit) -> f64| median(visits, what);
            let seen = of(|visit| visit.seen);
            write!(out, "{:<24}{seen:>15.0}{:>15.2}{:>15.1}", tool.name, seen / first, of(|visit| visit.answered)).ok();
            writeln!(
                out,
                "{:>15.0}{:>15.0}{:>15.4}",
                of(|visit| visit.bytes),
                of(|visit| visit.requests),
                of(|visit| visit.shift)
            )
            .ok();
        }
    }
}

fn median(visits: &[Visit], of: impl Fn(&Visit) -> f64) -> f64 {
    let mut figures: Vec<f64> = visits.iter().map(of).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Stands in each page before anything else: notes when the banner was drawn, and the moves of the page. Two frames after the element is in view,
/// the first of them has been drawn.
const WATCH: &str = "<script>
    const shown = () => { const each = document.querySelector(BANNER); if (!each) return false;
        const box = each.getBoundingClientRect(), style = getComputedStyle(each);
        return box.height > 40 && box.top < innerHeight - 40 && box.bottom > 40 && style.visibility === 'visible' && +style.opacity > 0.9; };
    const look = () => shown() ? requestAnimationFrame(() => { window.seen ??= performance.now(); }) : requestAnimationFrame(look);
    requestAnimationFrame(look);
    window.moved = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => { window.moved += entry.value; })).observe({ type: 'layout-shift', buffered: true });
    addEventListener('click', event => { window.pressed = event.timeStamp;
        requestAnimationFrame(() => setTimeout(() => { window.answered = performance.now() - window.pressed; })); }, true);
    </script>";

fn page(tool: &str, head: &str) -> Reply {
    let banner = TOOLS.iter().find(|each| each.page == tool).map_or("", |each| each.banner);
    let watch = WATCH.replace("BANNER", &format!("'{banner}'"));
    let text = "<p>A paragraph of the page, long enough to fill a line and to show that nothing moves.</p>".repeat(30);
    let page = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Page</title>{watch}{head}</head>\
         <body><h1>Page</h1>{text}</body></html>"
    );
    packed(Reply::of("text/html; charset=utf-8", gzip(page.as_bytes())))
}

fn peer(path: &str) -> Reply {
    let file = folders::fixture("npm").join("node_modules").join(path);
    let kind = if path.ends_with(".css") { "text/css" } else { "text/javascript; charset=utf-8" };
    let body = std::fs::read(&file).unwrap_or_else(|_| panic!("{} is missing: run `make deps`", file.display()));
    packed(Reply::of(kind, gzip(&body)))
}

fn packed(reply: Reply) -> Reply {
    reply.with("content-encoding", "gzip").with("cache-control", "no-store")
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(body).and_then(|()| packed.finish()).unwrap_or_default()
}

/// As their own documents say it is done.
fn site(seen: &Seen) -> Reply {
    match seen.path_only() {
        "/favicon.ico" => Reply::status(404),
        "/vanilla" => page(
            "/vanilla",
            "<link rel=stylesheet href=/peers/vanilla-cookieconsent/dist/cookieconsent.css><script type=module src=/peers/vanilla.js></script>",
        ),
        "/peers/vanilla.js" => packed(Reply::of("text/javascript; charset=utf-8", gzip(VANILLA.as_bytes()))),
        "/klaro" => page(
            "/klaro",
            "<script defer src=/peers/klaro.js></script><script defer src=/peers/klaro/dist/klaro.js></script>",
        ),
        "/peers/klaro.js" => packed(Reply::of("text/javascript; charset=utf-8", gzip(KLARO.as_bytes()))),
        path => path.strip_prefix("/peers/").map_or_else(|| page("/ours", ""), peer),
    }
}

/// (A driven browser looks like a robot to it.)
const VANILLA: &str = "import * as CookieConsent from '/peers/vanilla-cookieconsent/dist/cookieconsent.esm.js';
CookieConsent.run({
    hideFromBots: false,
    categories: { necessary: { enabled: true, readOnly: true }, analytics: {}, marketing: {} },
    language: { default: 'en', translations: { en: {
        consentModal: { title: 'What cookies are used for', description: 'A cookie is a small text that a site stores in your browser.',
            acceptAllBtn: 'Accept all', acceptNecessaryBtn: 'Refuse all', showPreferencesBtn: 'Choose by purpose' },
        preferencesModal: { title: 'Choose by purpose', acceptAllBtn: 'Accept all', acceptNecessaryBtn: 'Refuse all', savePreferencesBtn: 'Save',
            sections: [{ title: 'Analytics', description: 'Counts which pages are viewed.', linkedCategory: 'analytics' },
                { title: 'Marketing', description: 'Chooses adverts.', linkedCategory: 'marketing' }] },
    } } },
});";

const KLARO: &str = "var klaroConfig = { version: 1, lang: 'en', translations: { en: { purposes: { analytics: 'Analytics', marketing: 'Marketing' } } },
    services: [{ name: 'statistics', title: 'Statistics', purposes: ['analytics'] }, { name: 'adverts', title: 'Adverts', purposes: ['marketing'] }] };";

/// One first visit: a browser of its own, whose first page warms it.
async fn visit(port: u16, tool: &Tool, line: &Line) -> Visit {
    let browser = Browser::plan().host("shop.example", 80, port).view(390, 844).start().await;
    browser.open("data:text/html,<p>warm").await;
    browser.devtools("Network.enable", json!({})).await;
    let network = json!({ "offline": false, "latency": line.latency, "downloadThroughput": line.bytes, "uploadThroughput": line.bytes });
    browser.devtools("Network.emulateNetworkConditions", network).await;
    browser.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": line.processor })).await;
    browser.open(&format!("{SHOP}{}", tool.page)).await;
    browser.until(&format!("window.seen /* {} */", tool.name)).await;
    browser.until(&format!("document.querySelector({:?})?.checkVisibility()", tool.button)).await;
    if tool.name == "ours" {
        browser.until("customElements.get('consent-banner')").await;
    }
    let fetched = "return performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
        .filter(entry => !entry.name.includes('favicon'))
        .reduce(([bytes, requests], entry) => [bytes + entry.transferSize, requests + 1], [0, 0]);";
    let fetched = browser.run(fetched).await;
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let [bytes, requests] = [number(&fetched[0]), number(&fetched[1])];
    browser.click(tool.button).await;
    browser.until("window.answered").await;
    let figures = browser.run("return [window.seen, window.answered, window.moved];").await;
    Visit { seen: number(&figures[0]), answered: number(&figures[1]), bytes, requests, shift: number(&figures[2]) }
}
