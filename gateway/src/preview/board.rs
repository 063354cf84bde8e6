//! The page around the views: each of them in frames as narrow as a phone and as wide as a desk's screen, in one language, by day or by night;
//! or, where the files have faults, what is wrong with them. Looks again by itself when there is another state.
//!
//! Refuses to draw anything of a view itself. Invariant: each frame is a visitor who has never been here.

use askama::Template;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use policies::Lang;
use policies::banner::{PATH_POLICY, PATH_SETTINGS};

use super::front::{self, HOST_NAME};
use super::{Shown, Stage, pages};
use crate::body::{Body, full};
use crate::config::SiteConfig;

const SHEET: &str = include_str!("../../templates/preview/board.css");
const SCRIPT: &str = include_str!("../../templates/preview/board.js");

/// The views: the word in hosts and paths, and what people call it.
const VIEWS: [(&str, &str, &str); 6] = [
    ("banner", "배너", "Banner"),
    ("open", "펼친 배너", "Banner, opened"),
    ("settings", "설정", "Settings"),
    ("prompt", "쿠키 확인", "Prompt"),
    ("placeholder", "불러오지 않은 자리", "In a held frame's place"),
    ("policy", "처리방침", "Policy page"),
];
/// The widths of a view, by class of the sheet.
const WIDTHS: [&str; 2] = ["phone", "wide"];

/// What the page is asked to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) lang: Lang,
    pub(super) dark: bool,
}

/// Reads a query; what it doesn't say is the first language of the site, by day.
pub(super) fn asked(query: &str, site: &SiteConfig) -> Asked {
    let offered = site.languages.offered();
    let mut asked = Asked { lang: offered.first().copied().unwrap_or(Lang::En), dark: false };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "lang" => asked.lang = Lang::of_tag(&value).filter(|lang| offered.contains(lang)).unwrap_or(asked.lang),
            "scheme" => asked.dark = value == "dark",
            _ => {}
        }
    }
    asked
}

#[derive(Template)]
#[template(path = "preview/board.html")]
struct Board<'b> {
    edition: u64,
    faults: &'b [String],
    site: Option<Site<'b>>,
}

struct Site<'b> {
    name: &'b str,
    asked: Asked,
    languages: Vec<(Lang, &'b str)>,
    views: Vec<View>,
}

struct View {
    key: &'static str,
    ko: &'static str,
    en: &'static str,
    /// Class and address; none where the policy has nothing of the kind.
    frames: Vec<(&'static str, String)>,
}

impl Site<'_> {
    fn is_in(&self, lang: &Lang) -> bool {
        self.asked.lang == *lang
    }

    fn in_lang(&self, lang: &Lang) -> String {
        query(Asked { lang: *lang, ..self.asked })
    }

    fn by_day(&self) -> String {
        query(Asked { dark: false, ..self.asked })
    }

    fn by_night(&self) -> String {
        query(Asked { dark: true, ..self.asked })
    }

    fn as_it_is(&self) -> String {
        query(self.asked)
    }

    fn scheme(&self) -> &'static str {
        if self.asked.dark { "dark" } else { "light" }
    }
}

fn query(asked: Asked) -> String {
    format!("lang={}&scheme={}", asked.lang.tag(), if asked.dark { "dark" } else { "light" })
}

/// Answers what is asked of the page's own host.
pub(super) fn answer(request: &Request<Incoming>, stage: &Stage) -> Response<Body> {
    let shown = stage.shown.load();
    let query = request.uri().query().unwrap_or_default();
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => page(&shown, query, stage),
        (&Method::GET, "/edition") => file("text/plain", shown.edition.to_string()),
        (&Method::GET, "/board.css") => file("text/css", SHEET),
        (&Method::GET, "/board.js") => file("text/javascript", SCRIPT),
        (&Method::POST, "/again") => {
            stage.begin_anew();
            let asked = shown.site.as_ref().map(|site| self::query(asked(query, site))).unwrap_or_default();
            see_other(&format!("/?{asked}"))
        }
        _ => front::refusal(StatusCode::NOT_FOUND),
    }
}

fn page(shown: &Shown, query: &str, stage: &Stage) -> Response<Body> {
    let port = stage.address.port();
    // Faults take the views' place: what would stand there is the state before them.
    let site = shown.site.as_ref().filter(|_| shown.faults.is_empty()).map(|site| {
        let asked = asked(query, site);
        let name = |lang: &Lang| (*lang, site.wording.in_lang(*lang).banner.this_language.as_str());
        Site {
            name: &site.name,
            asked,
            languages: site.languages.offered().iter().map(name).collect(),
            views: VIEWS.map(|view| self::view(view, asked, site, (shown.edition, port))).into(),
        }
    });
    let html = Board { edition: shown.edition, faults: &shown.faults, site }.render().unwrap_or_default();
    let mut response = file("text/html", html);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; \
         frame-src http://*.{HOST_NAME}:{port}; frame-ancestors 'none'; base-uri 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn view(
    (key, ko, en): (&'static str, &'static str, &'static str),
    asked: Asked,
    site: &SiteConfig,
    (edition, port): (u64, u16),
) -> View {
    let lang = asked.lang.tag();
    let path = match key {
        "settings" => format!("{}{PATH_SETTINGS}", site.prefix),
        "policy" => format!("{}{PATH_POLICY}", site.prefix),
        _ => format!("{}{key}", pages::FOLDER),
    };
    let address = |width| {
        // Each a visitor of its own, and a new one with each state.
        let visitor = format!("{key}-{width}-{}-{edition}", lang.to_ascii_lowercase());
        (width, format!("http://{visitor}.{HOST_NAME}:{port}{path}?lang={lang}"))
    };
    let frames = if pages::has(key, site) { WIDTHS.map(address).into() } else { Vec::new() };
    View { key, ko, en, frames }
}

fn file(kind: &'static str, text: impl Into<bytes::Bytes>) -> Response<Body> {
    let mut response = Response::new(full(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    response
}

fn see_other(location: &str) -> Response<Body> {
    let mut response = front::refusal(StatusCode::SEE_OTHER);
    response.headers_mut().extend(HeaderValue::try_from(location).map(|location| (LOCATION, location)));
    response
}
