//! Whether a request loads a whole page into a tab, and where the visitor came from. Browsers say so in
//! `Sec-Fetch-*` (W3C Fetch Metadata); older ones are judged by method and headers, and doubt means: no page.

use http::header::{ACCEPT, HeaderName, ORIGIN, REFERER};
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::site::without_port;
use crate::wire::list;

static FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
static FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
static FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
static SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
static PURPOSE: HeaderName = HeaderName::from_static("purpose");

/// What kind of going this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Navigation {
    /// A top-level page load that may carry a banner.
    pub to_page: bool,
    /// The browser itself said that a document is wanted; otherwise the answer must look like one.
    pub surely: bool,
    /// An HTML page may come back, into a tab, a frame or a script.
    pub wants_html: bool,
    /// A document that stands inside another one, as the browser itself said.
    pub framed: bool,
    /// The request enters the site: typed, bookmarked, or by a link from another site.
    pub entering: bool,
    /// The request comes from another site.
    pub cross_site: bool,
    /// The browser fetches it ahead, and perhaps nobody looks at it.
    pub ahead: bool,
    /// A script for a page or a worker, as the browser itself said.
    pub scripted: bool,
}

impl Navigation {
    /// Reads a request's head.
    #[must_use]
    pub fn read(parts: &Parts) -> Self {
        let header = |name: &HeaderName| parts.headers.get(name).map(|value| value.as_bytes());
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let (fetch_site, dest) = (header(&FETCH_SITE), header(&FETCH_DEST));
        let cross_site = match fetch_site {
            Some(site) => site == b"cross-site",
            None => parts.headers.get(ORIGIN).is_some() && !comes_from_here(&parts.headers),
        };
        let ahead =
            header(&SEC_PURPOSE).or_else(|| header(&PURPOSE)).is_some_and(|purpose| purpose.starts_with(b"prefetch"));
        // A page that a service worker asks for has no destination any more, whether it is for a tab or a frame.
        let by_worker = dest == Some(b"empty") && header(&FETCH_MODE) == Some(b"navigate");
        let (to_page, surely) = match dest.filter(|_| !by_worker) {
            Some(b"empty") if by_turbo(&parts.headers) => (true, false),
            Some(dest) => (dest == b"document", true),
            None => (parts.method == Method::GET && wants_page(&parts.headers), false),
        };
        let framed =
            dest.is_some_and(|dest| matches!(dest, b"iframe" | b"frame" | b"object" | b"embed" | b"fencedframe"));
        let entering = match fetch_site {
            Some(site) => site == b"none" || site == b"cross-site",
            None => !comes_from_here(&parts.headers),
        };
        Self {
            // Login and payment providers return by cross-site POST: nobody is asked anything there.
            to_page: to_page && (reads || !cross_site) && parts.method != Method::HEAD,
            surely,
            wants_html: framed || (to_page && surely) || accepts_html(&parts.headers),
            framed,
            entering: to_page && entering && parts.method == Method::GET && !ahead,
            cross_site,
            ahead,
            scripted: dest
                .is_some_and(|dest| matches!(dest, b"script" | b"worker" | b"sharedworker" | b"serviceworker")),
        }
    }
}

fn wants_page(headers: &HeaderMap) -> bool {
    let partial = ["x-requested-with", "hx-request", "turbo-frame", "x-pjax", "x-up-version"];
    accepts_html(headers) && !partial.iter().any(|name| headers.contains_key(*name))
}

/// Turbo Drive fetches whole pages and puts them in the page's place; its frames fetch parts.
fn by_turbo(headers: &HeaderMap) -> bool {
    headers.contains_key("x-turbo-request-id") && wants_page(headers)
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let names_html = |item: &list::Weighed<'_>| item.item.eq_ignore_ascii_case(b"text/html") && item.weight > 0;
    headers.get_all(ACCEPT).iter().any(|line| list::as_written(line.as_bytes()).any(|item| names_html(&item)))
}

/// Whether `Origin` or `Referer` name the host that is asked; without either the answer is no.
fn comes_from_here(headers: &HeaderMap) -> bool {
    let host = headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    let from = headers.get(ORIGIN).or_else(|| headers.get(REFERER)).and_then(|from| from.to_str().ok());
    let from = from.and_then(|from| from.parse::<http::Uri>().ok()).and_then(|from| from.host().map(str::to_owned));
    matches!((host, from), (Some(host), Some(from)) if without_port(host).eq_ignore_ascii_case(&from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, headers: &[(&str, &str)], expect: (bool, bool)) {
        let mut request = http::Request::builder().method(method).uri("/").header("host", "shop.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let navigation = Navigation::read(&parts);
        assert_eq!((navigation.to_page, navigation.entering), expect, "{headers:?}");
    }

    #[test]
    fn browsers_say_what_they_load() {
        check(Method::GET, &[("sec-fetch-dest", "document"), ("sec-fetch-site", "none")], (true, true));
        check(Method::GET, &[("sec-fetch-dest", "document"), ("sec-fetch-site", "cross-site")], (true, true));
        check(Method::GET, &[("sec-fetch-dest", "document"), ("sec-fetch-site", "same-origin")], (true, false));
        check(Method::GET, &[("sec-fetch-dest", "iframe"), ("sec-fetch-site", "same-origin")], (false, false));
        check(Method::GET, &[("sec-fetch-dest", "empty"), ("sec-fetch-site", "same-origin")], (false, false));
        check(Method::POST, &[("sec-fetch-dest", "document"), ("sec-fetch-site", "cross-site")], (false, false));
        check(Method::POST, &[("sec-fetch-dest", "document"), ("sec-fetch-site", "same-origin")], (true, false));
        check(Method::HEAD, &[("sec-fetch-dest", "document"), ("sec-fetch-site", "none")], (false, false));
    }

    #[test]
    fn a_page_that_a_service_worker_asks_for_is_one_by_its_looks() {
        let worker = [("sec-fetch-dest", "empty"), ("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")];
        check(Method::GET, &[&worker[..], &[("accept", "text/html,*/*;q=0.8")]].concat(), (true, false));
        check(Method::GET, &worker, (false, false));
        let fetched = [("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors"), ("accept", "text/html")];
        check(Method::GET, &fetched, (false, false));
    }

    #[test]
    fn a_page_that_turbo_fetches_is_one_and_its_frame_is_not() {
        let drive = [
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            ("x-turbo-request-id", "6b1c7c0e"),
            ("accept", "text/html, application/xhtml+xml"),
        ];
        check(Method::GET, &drive, (true, false));
        check(Method::POST, &drive, (true, false));
        check(Method::GET, &[&drive[..], &[("turbo-frame", "cart")]].concat(), (false, false));
        check(Method::GET, &drive[..4], (false, false));
    }

    #[test]
    fn a_page_fetched_ahead_is_no_visit() {
        check(
            Method::GET,
            &[("sec-fetch-dest", "document"), ("sec-fetch-site", "none"), ("sec-purpose", "prefetch;prerender")],
            (true, false),
        );
    }

    #[test]
    fn older_browsers_are_judged_by_what_they_accept() {
        check(Method::GET, &[("accept", "text/html,*/*;q=0.8")], (true, true));
        check(Method::GET, &[("accept", "text/html"), ("referer", "http://shop.example/list")], (true, false));
        check(Method::GET, &[("accept", "text/html"), ("referer", "http://search.example/")], (true, true));
        check(Method::GET, &[("accept", "text/html"), ("x-requested-with", "XMLHttpRequest")], (false, false));
        check(Method::GET, &[("accept", "text/html"), ("hx-request", "true")], (false, false));
        check(Method::GET, &[("accept", "*/*")], (false, false));
        check(Method::POST, &[("accept", "text/html")], (false, false));
    }
}
