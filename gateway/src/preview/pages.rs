//! The small site behind the previewed gateway: a page of grey lines for each view, with what the view needs.
//!
//! Refuses to look like anybody's site: what is looked at is what the gateway puts in. Invariant: it sets one cookie and holds one frame, both
//! of which the site's own policy speaks of.

use askama::Template;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use policies::rules::NamePattern;
use policies::rules::tracker::TrackerUse;
use policies::{Lang, Policy};

use super::Stage;
use crate::body::{Body, full};
use crate::config::SiteConfig;

/// What begins the paths of these pages.
pub(super) const FOLDER: &str = "/page/";

/// Where a frame comes from that many sites have: the bundled catalogue knows it.
const VIDEO: (&str, &str) = ("www.youtube.com", "/embed/");

#[derive(Template)]
#[template(path = "preview/page.html")]
struct Page<'p> {
    lang: Lang,
    service: &'p str,
    prefix: &'p str,
    view: &'p str,
    frame: Option<String>,
}

/// The page of a view; None for every other path.
pub(super) fn answer(request: &Request<Incoming>, stage: &Stage) -> Option<Response<Body>> {
    let view = request.uri().path().strip_prefix(FOLDER)?;
    let shown = stage.shown.load();
    let site = shown.site.as_ref()?;
    let lang = super::board::asked(request.uri().query().unwrap_or_default(), site).lang;
    let service = site.policy.service.in_lang(lang);
    let frame = if view == "placeholder" { held_frame(&site.policy) } else { None };
    let html = Page { lang, service, prefix: &site.prefix, view, frame }.render().ok()?;
    let mut response = Response::new(full(html));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(line) = cookie(&site.policy).filter(|_| view == "prompt") {
        headers.extend(HeaderValue::try_from(line).map(|line| (SET_COOKIE, line)));
    }
    Some(response)
}

/// Whether the policy has something of this kind to show.
pub(super) fn has(view: &str, site: &SiteConfig) -> bool {
    match view {
        "prompt" => cookie(&site.policy).is_some(),
        "placeholder" => held_frame(&site.policy).is_some(),
        _ => true,
    }
}

/// A cookie that waits for an answer: the first that the policy declares for a purpose which can be refused.
fn cookie(policy: &Policy) -> Option<String> {
    let optional = |index| policy.purpose(index).is_some_and(policies::purpose::Purpose::is_optional);
    let name =
        policy.cookies.declared().filter(|rule| optional(rule.purpose) && !rule.on_request).find_map(|rule| {
            let name = match &rule.pattern {
                NamePattern::Exact(name) => name.clone(),
                NamePattern::Prefix(prefix) => format!("{prefix}preview"),
                NamePattern::Suffix(suffix) => format!("preview{suffix}"),
            };
            // Browsers keep these to https.
            (!name.starts_with("__")).then_some(name)
        })?;
    Some(format!("{name}=preview; Path=/; Max-Age=86400"))
}

/// The address of a frame that is held: a video where the policy knows of such, else the first tracker that it declares.
fn held_frame(policy: &Policy) -> Option<String> {
    let waits = |usage| {
        let TrackerUse::Purpose(purpose) = usage else { return false };
        policy.purpose(purpose).is_some_and(policies::purpose::Purpose::is_optional)
    };
    let (host, path) = VIDEO;
    if policy.trackers.find(host, path).is_some_and(|rule| waits(rule.usage)) {
        return Some(format!("https://{host}{path}"));
    }
    let rule = policy.trackers.declared().find(|rule| waits(rule.usage))?;
    Some(format!("https://{}{}", rule.host, rule.path))
}
