//! Who may keep a page, and whom it may be shown to: browsers, Varnish and nginx, before and behind the gateway. Refuses to trust a cache's own
//! manners. Invariant: what a visitor sees is judged by the page's bytes, never by what a cache says of them.

mod alone;
mod back;
mod shared;

use std::net::SocketAddr;

use gateway_tests::client::Heard;
use gateway_tests::{Client, Reply, Seen, tags};

use crate::visitors::{HOST, NAVIGATION, chosen};

const AWAKE: &str = "<script src=\"https://www.googletagmanager.com/gtag/js?id=1\">";
const DATE: &str = "Wed, 21 Oct 2015 07:28:00 GMT";

/// A site that asks everybody to keep its pages, answers conditions, and takes saves under a condition.
fn site(seen: &Seen) -> Reply {
    let holds = |name: &str| seen.all(name).iter().any(|line| line.contains("\"v1\""));
    match (seen.method.as_str(), seen.path_only()) {
        ("PUT", _) if !holds("if-match") => Reply::status(412),
        ("PUT", _) => Reply::status(204).with("etag", "\"v2\""),
        (_, "/logo.png") => kept(Reply::of("image/png", "png")).cookie("_ga=1; Path=/; Max-Age=9999"),
        (_, "/app.js") if holds("if-none-match") => kept(Reply::status(304)),
        (_, "/app.js") => kept(Reply::of("text/javascript", "1")),
        _ if holds("if-none-match") || !seen.all("if-modified-since").is_empty() => kept(Reply::status(304)),
        (_, "/fragment") => kept(Reply::page(format!("<section>{}</section>", tags::markup()))),
        _ => kept(Reply::page(tags::page("en", "Kept"))),
    }
}

fn kept(reply: Reply) -> Reply {
    reply.with("etag", "\"v1\"").with("last-modified", DATE).with("cache-control", "public, max-age=600")
}

/// What a page shows of its visitor's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Granted,
    Refused,
    Asked,
}

fn shown(page: &Heard) -> Shown {
    let text = page.text();
    assert!(text.contains("The end of the page."), "a whole page: {} {text}", page.status);
    match (text.contains("<consent-banner"), text.contains(AWAKE)) {
        (true, false) => Shown::Asked,
        (false, true) => Shown::Granted,
        (false, false) => Shown::Refused,
        (true, true) => panic!("asked, but tags are awake: {text}"),
    }
}

/// A visitor who keeps a page as browsers do, and shows it again when told that it is unchanged.
struct Visitor {
    address: SocketAddr,
    cookie: Option<String>,
    page: Option<Heard>,
}

impl Visitor {
    fn new(address: SocketAddr) -> Self {
        Self { address, cookie: None, page: None }
    }

    async fn answered(address: SocketAddr, act: &str) -> Self {
        let mut visitor = Self::new(address);
        visitor.answer(act).await;
        visitor
    }

    async fn answer(&mut self, act: &str) {
        self.cookie = Some(chosen(self.address, act, &[]).await);
    }

    /// Loads the page, under the condition of the one that is kept; what is then on the screen.
    async fn load(&mut self) -> Shown {
        let tag = self.page.as_ref().and_then(|page| page.header("etag"));
        let mut headers = NAVIGATION.to_vec();
        headers.extend(self.cookie.as_deref().map(|cookie| ("Cookie", cookie)));
        headers.extend(tag.as_deref().map(|tag| ("If-None-Match", tag)));
        let heard = Client::fetch(self.address, HOST, "/", &headers).await;
        if heard.status == 304 {
            let page = self.page.as_ref().expect("only what is kept is unchanged");
            assert_eq!(heard.header("etag"), page.header("etag"), "the word is about the page that is kept");
            return shown(page);
        }
        assert_eq!(heard.status, 200);
        let now = shown(&heard);
        self.page = Some(heard);
        now
    }
}
