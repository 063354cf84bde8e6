//! The kinds of work that every contestant does, and what a visitor and an origin must see of each. Refuses to differ between contestants by more
//! than the consent cookie, which each seals in its own way. Invariant: eight of twelve cookies of a request, four of six `Set-Cookie` lines and ten
//! tags of a page belong to trackers that the visitor refused.

use std::fmt::Write as _;

/// The host that every request names.
pub(crate) const HOST: &str = "shop.example";

/// Cookies that a visitor's browser has of trackers.
pub(crate) const REFUSED: [&str; 8] = [
    "_ga=GA1.1.1234567890.1700000000",
    "_ga_7Q2W9X1K3M=GS1.1.1700000000.1.1.1700000123.0.0.0",
    "_gid=GA1.2.987654321.1700000000",
    "_fbp=fb.1.1700000000000.1234567890",
    "_fbc=fb.1.1700000000000.AbCdEfGhIjKlMn",
    "_gcl_au=1.1.1234567890.1700000000",
    "_clck=1a2b3c4%7C2%7Cfgh%7C0%7C1400",
    "_hjSessionUser_3141592=eyJpZCI6IjEyMzQ1Njc4",
];

/// Cookies without which the site doesn't work.
pub(crate) const NEEDED: [&str; 3] =
    ["PHPSESSID=q8r7s6t5u4v3w2x1y0z9", "csrftoken=k3j4h5g6f7d8s9a0", "cart_id=00012345"];

/// What the origin sets, as it stands in the answers of (a) and (b).
pub(crate) const SET: [&str; 6] = [
    "PHPSESSID=q8r7s6t5u4v3w2x1y0z9; Path=/; HttpOnly; SameSite=Lax",
    "_ga=GA1.1.1234567890.1700000000; Path=/; Max-Age=63072000",
    "_gid=GA1.2.987654321.1700000000; Path=/; Max-Age=86400",
    "_fbp=fb.1.1700000000000.1234567890; Path=/; Max-Age=7776000",
    "_gcl_au=1.1.1234567890.1700000000; Path=/; Max-Age=7776000",
    "cart_id=00012345; Path=/; Max-Age=604800; SameSite=Lax",
];

/// Addresses of scripts whose trackers are refused.
const REFUSED_SCRIPTS: [&str; 8] = [
    "https://www.google-analytics.com/analytics.js",
    "https://www.googletagmanager.com/gtag/js?id=G-7Q2W9X1K3M",
    "https://connect.facebook.net/en_US/fbevents.js",
    "https://static.hotjar.com/c/hotjar-3141592.js?sv=7",
    "https://www.clarity.ms/tag/1a2b3c4d5e",
    "https://wcs.naver.net/wcslog.js",
    "https://snap.licdn.com/li.lms-analytics/insight.min.js",
    "https://analytics.tiktok.com/i18n/pixel/events.js",
];

/// Addresses of images whose trackers are refused.
const REFUSED_IMAGES: [&str; 2] =
    ["https://www.facebook.com/tr?id=1234567890&amp;ev=PageView", "https://stats.g.doubleclick.net/collect?v=1"];

/// The site's own scripts and images in the page.
const OWN_SCRIPTS: usize = 12;
const OWN_IMAGES: usize = 8;

const PAGE_BYTES: usize = 64 * 1024;
/// The page has a `<` every so many bytes.
const BYTES_PER_TAG: usize = 22;
const FILE_BYTES: usize = 1024 * 1024;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// 1 KiB of JSON.
    Json,
    /// A page of 64 KiB for a visitor who refused earlier.
    Page,
    /// The same page for a visitor who has not answered: the banner is put in.
    PageAsked,
    /// A download of 1 MiB.
    Download,
}

impl Work {
    /// Every kind.
    pub(crate) const ALL: [Self; 4] = [Self::Json, Self::Page, Self::PageAsked, Self::Download];

    /// The path at the origin.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Json => "/json",
            Self::Page | Self::PageAsked => "/page",
            Self::Download => "/download",
        }
    }

    /// Whether the answer is a page.
    pub(crate) fn is_page(self) -> bool {
        matches!(self, Self::Page | Self::PageAsked)
    }

    /// The headers of its request beside `Host`; `consent` is the contestant's cookie of a refusal.
    pub(crate) fn headers(self, consent: &str) -> Vec<(&'static str, String)> {
        let mut cookies: Vec<&str> = Vec::new();
        for place in 0..REFUSED.len().max(NEEDED.len()) {
            cookies.extend([REFUSED.get(place), NEEDED.get(place)].into_iter().flatten());
        }
        if self != Self::PageAsked {
            cookies.push(consent);
        }
        let accepted = if self.is_page() { "text/html,application/xhtml+xml" } else { "*/*" };
        let mut headers = vec![("Accept", String::from(accepted)), ("Cookie", cookies.join("; "))];
        if self.is_page() {
            headers.push(("Sec-Fetch-Dest", String::from("document")));
            headers.push(("Sec-Fetch-Site", String::from("none")));
        }
        headers
    }

    /// The origin's body.
    pub(crate) fn body(self) -> Vec<u8> {
        match self {
            Self::Json => json(),
            Self::Page | Self::PageAsked => page().into_bytes(),
            Self::Download => (0..FILE_BYTES).map(|at| u8::try_from(at * 31 % 251).unwrap_or_default()).collect(),
        }
    }

    /// The origin's answer, head and body.
    pub(crate) fn answer(self) -> Vec<u8> {
        let kind = match self {
            Self::Json => "application/json",
            Self::Page | Self::PageAsked => "text/html; charset=utf-8",
            Self::Download => "application/octet-stream",
        };
        answer(kind, if self == Self::Download { &[] } else { &SET }, &self.body())
    }
}

/// An answer of this kind that sets these cookies.
pub(crate) fn answer(kind: &str, cookies: &[&str], body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n");
    for line in cookies {
        write!(head, "Set-Cookie: {line}\r\n").ok();
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// What the addresses of refused trackers look like in a tag that is awake.
pub(crate) fn awake() -> impl Iterator<Item = String> {
    REFUSED_SCRIPTS.iter().chain(&REFUSED_IMAGES).map(|address| format!(" src=\"{address}\""))
}

/// What the site's own tags look like, which nobody may touch.
pub(crate) fn own() -> impl Iterator<Item = String> {
    (0..OWN_SCRIPTS).map(own_script).chain((0..OWN_IMAGES).map(own_image))
}

fn own_script(number: usize) -> String {
    format!("<script src=\"/assets/part-{number}.js\" defer></script>")
}

fn own_image(number: usize) -> String {
    format!("<img src=\"/images/{number}.jpg\" alt=\"\" width=\"320\" height=\"200\">")
}

fn json() -> Vec<u8> {
    let mut text = String::from("{\"goods\":[");
    for number in 0.. {
        let row = format!("{{\"number\":{number},\"name\":\"Goods\",\"price\":12000,\"left\":7}},");
        if text.len() + row.len() + 20 > 1024 {
            break;
        }
        text.push_str(&row);
    }
    text.push_str("{}],\"more\":\"");
    while text.len() < 1022 {
        text.push('.');
    }
    text.push_str("\"}");
    text.into_bytes()
}

/// A shop's page: refused and own tags in turn, then rows that are dense with tags.
fn page() -> String {
    let mut page =
        String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Shop</title>\n");
    for number in 0..OWN_SCRIPTS {
        page.push_str(&own_script(number));
        if let Some(address) = REFUSED_SCRIPTS.get(number) {
            write!(page, "\n<script async src=\"{address}\"></script>").ok();
        }
        page.push('\n');
    }
    page.push_str("</head>\n<body>\n<h1>Shop</h1>\n");
    for number in 0..OWN_IMAGES {
        page.push_str(&own_image(number));
        if let Some(address) = REFUSED_IMAGES.get(number) {
            write!(page, "\n<img width=\"1\" height=\"1\" alt=\"\" src=\"{address}\">").ok();
        }
        page.push('\n');
    }
    rows(&mut page);
    page.push_str("</body>\n</html>\n");
    page
}

fn rows(page: &mut String) {
    let end = PAGE_BYTES - "</body>\n</html>\n".len();
    for number in 0_usize.. {
        let row = format!(
            "<div class=\"goods\"><a href=\"/goods/{number:04}\"><b>Goods {number:04}</b></a>, blue, in three sizes, made \
             by hand of wool from the highlands, sent within two days and taken back within a month, <i>12,000</i> won <u \
             title=\"left\">7</u></div>\n"
        );
        if page.len() + row.len() + 10 > end {
            break;
        }
        page.push_str(&row);
    }
    page.push_str("<!--");
    while page.len() < end - 3 {
        page.push('.');
    }
    page.push_str("-->");
}

/// Stops where the work isn't what the tables say.
pub(crate) fn check() {
    let page = page();
    let tags = page.matches('<').count();
    let density = page.len() / tags;
    assert_eq!(page.len(), PAGE_BYTES, "the page's size");
    assert!(density.abs_diff(BYTES_PER_TAG) <= 1, "the page has a `<` every {density} bytes");
    assert_eq!(page.matches("<script").count(), OWN_SCRIPTS + REFUSED_SCRIPTS.len(), "scripts of the page");
    assert_eq!(page.matches("<img").count(), OWN_IMAGES + REFUSED_IMAGES.len(), "images of the page");
    assert_eq!(json().len(), 1024, "the size of the JSON");
    for mark in awake().chain(own()) {
        assert_eq!(page.matches(&mark).count(), 1, "{mark} stands once in the page");
    }
}
