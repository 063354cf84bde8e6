//! Pages that only a browser can settle: every way a page has to load from a tracker is tried in Chromium, straight from the origin and through
//! the gateway. Refuses to believe a way that Chromium doesn't take: without the gateway each must reach the collector.

use gateway_tests::{Browser, Collector, Gateway, Origin, Reply, Seen, wait};

use crate::stage::{SHOP, closed, taken_over};

/// Analytics and marketing hosts of the catalogue.
const MEASURES: &str = "www.google-analytics.com";
const ADVERTISES: &str = "connect.facebook.net";

/// Ways that Chromium takes by itself, each with an address of its own.
const WAYS: [&str; 26] = [
    "<img src='&#x68;ttps:&sol;&sol;TRACKER/entity'>",
    "<img src='ht\ntps://www.google\t-analytics.com/tabs'>",
    "<img src='https://www.google%2danalytics.COM/percent'>",
    "<img src='\\\\TRACKER\\backslash'>",
    "<img src='///TRACKER/slashes'>",
    "<img src='https://www。google-analytics．com/dots'>",
    "<img src='https://ｗｗｗ.google-analytics.com/wide'>",
    "<img srcset='/own.gif 2x, https://TRACKER/srcset 1x'>",
    "<picture><source srcset='https://TRACKER/picture'><img src=/own.gif></picture>",
    "<svg><image href='https://TRACKER/svg-image' width=9 height=9 /></svg>",
    "<svg><script xlink:href='https://TRACKER/svg-script'></script></svg>",
    "<object data='https://TRACKER/object'></object>",
    "<embed src='https://TRACKER/embed'>",
    "<input type=image src='https://TRACKER/input'>",
    "<video poster='https://TRACKER/poster'></video>",
    "<audio src='https://TRACKER/audio' preload=auto></audio>",
    "<table background='https://TRACKER/table'><tr><td>x</table>",
    "<iframe srcdoc='<img src=&quot;https://TRACKER/srcdoc&quot;>'></iframe>",
    "<div><template shadowrootmode=open><img src='https://TRACKER/shadow'></template></div>",
    "<p style='background:url(https://TRACKER/style-attribute)'>x</p>",
    "<style>@import 'https://TRACKER/import'; em { background: \\75 rl('https://TRACKER/style-escape') } </style><em>x</em>",
    "<link rel=stylesheet href='https://TRACKER/sheet'>",
    "<link rel=preload as=image imagesrcset='https://TRACKER/imagesrcset 1x'>",
    "<script>document.createElement('p'); new Image().src = 'https:\\/\\/TRACKER/inline'</script>",
    "<script>document.write('<img src=\"https://TRACKER/written\">')</script>",
    "<select><option><script src='https://TRACKER/in-select'></script></select>",
];

fn markup() -> String {
    WAYS.concat().replace("TRACKER", MEASURES)
}

/// The address in each way that must be asked.
fn names() -> Vec<String> {
    let ways = WAYS.iter().flat_map(|way| way.split(['/', '\\', '\'', '"', ' ', '<', '>', '&', ')']));
    let known = [
        "entity",
        "tabs",
        "percent",
        "backslash",
        "slashes",
        "dots",
        "wide",
        "srcset",
        "picture",
        "svg-image",
        "svg-script",
        "object",
        "embed",
        "input",
        "poster",
        "audio",
        "table",
        "srcdoc",
        "shadow",
        "style-attribute",
        "import",
        "style-escape",
        "sheet",
        "imagesrcset",
        "inline",
        "written",
        "in-select",
    ];
    let mut names: Vec<_> = ways.filter(|word| known.contains(word)).map(|word| format!("{MEASURES}/{word}")).collect();
    names.sort();
    names.dedup();
    names
}

fn answer(seen: &Seen) -> Reply {
    let html =
        |text: String| Reply::page(format!("<!doctype html><html lang=en><title>x</title><body>{text}<p id=end>end"));
    match seen.path_only() {
        "/ways" => html(markup()).with("link", format!("<https://{MEASURES}/header-hint>; rel=preload; as=image")),
        "/utf-16" => {
            let page = format!(
                "<!doctype html><html lang=ko><title>쿠키 🍪</title><body><img src='https://{MEASURES}/wide-page'><p id=end>끝 🍪"
            );
            let bytes: Vec<u8> = page.encode_utf16().flat_map(u16::to_be_bytes).collect();
            Reply::of("text/html; charset=utf-16be", bytes)
        }
        "/euc-kr" => {
            let page = format!(
                "<!doctype html><html lang=ko><!-- {} --><meta charset=euc-kr><title>쿠키</title><body><img src='https://{MEASURES}/late'><p id=end>똠방각하",
                "x".repeat(1500)
            );
            Reply::of("text/html", encoding_rs::EUC_KR.encode(&page).0.into_owned())
        }
        "/xhtml" => Reply::of(
            "application/xhtml+xml",
            format!(
                "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head><title>x</title><script src=\"https://{MEASURES}/a\"/></head>\
                 <body><p style=\"background:url(https://{MEASURES}/b)\"><![CDATA[<img src=\"https://{MEASURES}/no\"/>]]></p><img src=\"https://{MEASURES}/c\" alt=\"\"/><p id=\"end\">end &amp; more</p></body></html>"
            ),
        ),
        "/snippets" => html(format!(
            "<script>window.order = ['before'];</script>\
             <script>(function(d, u) {{ order.push('measures'); var s = d.createElement('img'); s.src = u + '/one'; d.body.append(s) }})(document, 'https://{MEASURES}');</script>\
             <script type='text/javascript'>order.push('both'); new Image().src = '//{MEASURES}/two'; new Image().src = '//{ADVERTISES}/three';</script>\
             <script>order.push('own'); window.config = {{ url: 'https://{MEASURES}/config' }};</script>\
             <script type='application/json' id=data>{{\"createElement\": \"https://{MEASURES}/json\"}}</script>\
             <script type=module>order.push('module'); new Image().src = 'https://{MEASURES}/four';</script>\
             <svg><image xlink:href='https://{MEASURES}/five' width=9 height=9 /></svg>"
        )),
        "/modules" => html(format!(
            "<script type=importmap>{{\"imports\":{{\"own\":\"/own.mjs\",\"stats\":\"https://{MEASURES}/stats.mjs\"}}}}</script>\
             <script type=speculationrules>{{\"prefetch\":[{{\"source\":\"list\",\"urls\":[\"https://{MEASURES}/ahead\"],\"eagerness\":\"immediate\"}}]}}</script>\
             <script type=module>import 'stats'; import {{ name }} from 'own'; document.title = name;</script>"
        )),
        "/own.mjs" => Reply::of("text/javascript", "export const name = 'own module';"),
        _ => Reply::status(404),
    }
}

struct Reading {
    origin: Origin,
    collector: Collector,
}

impl Reading {
    async fn ready() -> Self {
        Self { origin: Origin::start(answer).await, collector: Collector::start().await }
    }

    async fn browser(&self, port: u16) -> Browser {
        let plan = Browser::plan().host("shop.example", 80, port);
        plan.trackers(&[MEASURES, ADVERTISES], self.collector.port()).start().await
    }

    async fn through_the_gateway(&self) -> (Gateway, Browser) {
        let gateway = Gateway::before(&self.origin.url()).start().await;
        let browser = self.browser(gateway.address().port()).await;
        (gateway, browser)
    }

    fn asked(&self) -> Vec<String> {
        let mut asked: Vec<_> = self
            .collector
            .requests()
            .into_iter()
            .map(|request| request.split('?').next().unwrap_or_default().to_owned())
            .collect();
        asked.sort();
        asked.dedup();
        asked
    }

    async fn until_asked(&self, wanted: &[String]) {
        let missing = || wanted.iter().filter(|name| !self.asked().contains(name)).collect::<Vec<_>>();
        let all = tokio::time::timeout(wait::PATIENCE, async {
            while !missing().is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
        assert!(all.await.is_ok(), "never asked: {:?}", missing());
    }

    async fn quiet(&self, browser: &Browser, page: &str) {
        browser.open(&format!("{SHOP}{page}")).await;
        taken_over(browser).await;
        assert!(browser.has("#end").await, "{page} is whole");
        assert_eq!(self.collector.requests(), Vec::<String>::new(), "{page}");
    }
}

#[tokio::test]
async fn no_way_of_a_page_to_load_reaches_a_refused_tracker() {
    let reading = Reading::ready().await;
    let plain = reading.browser(reading.origin.address.port()).await;
    plain.open(&format!("{SHOP}/ways")).await;
    reading.until_asked(&names()).await;
    drop(plain);
    reading.collector.forget();

    let (_gateway, browser) = reading.through_the_gateway().await;
    reading.quiet(&browser, "/ways").await;
    browser.click("#consent-refuse").await;
    closed(&browser).await;
    browser.reload().await;
    assert_eq!(reading.collector.requests(), Vec::<String>::new(), "after the refusal");
}

#[tokio::test]
async fn charsets_are_read_as_the_browser_reads_them() {
    let reading = Reading::ready().await;
    let (_gateway, browser) = reading.through_the_gateway().await;
    for (page, title, end) in [("/utf-16", "쿠키 🍪", "끝 🍪"), ("/euc-kr", "쿠키", "똠방각하")] {
        reading.quiet(&browser, page).await;
        assert_eq!(browser.run("return document.title").await, title, "{page}");
        assert_eq!(browser.text("#end").await, end, "{page}");
        assert_eq!(browser.text("#consent-accept").await, "모두 허용", "{page}");
    }
}

#[tokio::test]
async fn xhtml_stays_well_formed_with_the_banner_in_it() {
    let reading = Reading::ready().await;
    let (_gateway, browser) = reading.through_the_gateway().await;
    reading.quiet(&browser, "/xhtml").await;
    assert_eq!(browser.run("return document.contentType").await, "application/xhtml+xml");
    assert!(!browser.has("parsererror").await, "the page is well-formed");
    assert_eq!(browser.text("#end").await, "end & more");
    browser.click("#consent-accept").await;
    closed(&browser).await;
    reading.until_asked(&["a", "b", "c"].map(|name| format!("{MEASURES}/{name}"))).await;
}

#[tokio::test]
async fn inline_loaders_wake_once_in_order_and_own_scripts_never_wait() {
    let reading = Reading::ready().await;
    let (_gateway, browser) = reading.through_the_gateway().await;
    reading.quiet(&browser, "/snippets").await;
    assert_eq!(browser.run("return order").await, serde_json::json!(["before", "own"]));
    assert!(browser.run("return document.querySelector('#data').text").await.as_str().unwrap().contains("/json"));

    browser.click("#consent-choose > summary").await;
    browser.click("#consent-form input[name=purpose][value=analytics]").await;
    browser.click("#consent-save").await;
    closed(&browser).await;
    let measured = ["one", "four", "five"].map(|name| format!("{MEASURES}/{name}"));
    reading.until_asked(&measured).await;
    browser.until("order.includes('module')").await;
    assert_eq!(browser.run("return order").await, serde_json::json!(["before", "own", "measures", "module"]));
    let mut expected = measured.to_vec();
    expected.sort();
    assert_eq!(reading.asked(), expected, "a script of two purposes waits for both");
}

#[tokio::test]
async fn a_refused_module_is_empty_and_the_others_run() {
    let reading = Reading::ready().await;
    let (_gateway, browser) = reading.through_the_gateway().await;
    reading.quiet(&browser, "/modules").await;
    browser.until("document.title === 'own module'").await;
    assert_eq!(reading.collector.requests(), Vec::<String>::new());
}
