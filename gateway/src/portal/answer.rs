//! The shapes of the portal's answers. Pages can't be framed, cached or indexed, and run nothing.

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Request, Response, StatusCode};
use policies::PurposeSet;

use super::{Guest, pages};
use crate::body::{Body, empty, full};

const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What a page with an owner's own text may show beside: its pictures, from its own site.
const OWN_PAGE_POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A page around an owner's own text.
pub(super) fn own_page(html: String) -> Response<Body> {
    let mut response = page(StatusCode::OK, html);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(OWN_PAGE_POLICY));
    response
}

/// A whole page.
pub(super) fn page(status: StatusCode, html: String) -> Response<Body> {
    let mut response = private(status, "text/html; charset=utf-8", full(html));
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    response
}

/// One sentence, or a list of words.
pub(super) fn text(status: StatusCode, text: String) -> Response<Body> {
    private(status, "text/plain; charset=utf-8", full(text))
}

/// Back to a page of the site, by GET.
pub(super) fn see_other(location: &str) -> Response<Body> {
    let mut response = private(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", empty());
    let location = HeaderValue::from_str(location).unwrap_or_else(|_| HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response
}

/// What the page's scripts need to know of this visitor. The answer repeats the question's own mark, so that one
/// that somebody kept is not taken for it.
pub(super) fn state(request: &Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (decision, policy) = (guest.decision(), &guest.site.config.policy);
    let list = |set: PurposeSet| {
        // Ids are made of small letters, digits and '_': nothing to escape.
        policy.ids(set).iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(",")
    };
    let notice = guest.visitor.notice_elsewhere(request.headers(), guest.site, &decision, guest.now);
    let told = guest.site.rules.told(policy, &decision);
    let told: Vec<String> = told.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
    let json = format!(
        "{{\"decided\":{},\"granted\":[{}],\"refused\":[{}],\"policy\":\"{}\",\"prompt\":{},\"mode\":\"{}\",\"single\":{{{}}},\
         \"guard\":{{{}}},\"kept\":{},\"notice\":\"{}\",\"edition\":\"{}\",\"asked\":\"{}\"}}\n",
        !decision.prompt,
        list(decision.granted),
        list(policy.all().without(decision.granted)),
        policy.version,
        decision.prompt,
        decision.mode.name(),
        decision.exceptions.iter().map(|(key, allowed)| format!("\"{key}\":{allowed}")).collect::<Vec<_>>().join(","),
        told.join(","),
        guest.visitor.kept(guest.site, &decision, guest.now).json(policy),
        notice.map(|notice| notice.version.to_string()).unwrap_or_default(),
        guest.site.rules.edition,
        mark(request.uri().query().unwrap_or_default())
    );
    self::json(json)
}

/// What the page's scripts read.
pub(super) fn json(json: String) -> Response<Body> {
    private(StatusCode::OK, "application/json", full(json))
}

/// A question's mark is a few small letters and digits; anything else is none.
fn mark(query: &str) -> &str {
    let fits = query.len() <= 16 && query.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if fits { query } else { "" }
}

pub(super) fn not_found(guest: Guest<'_>) -> Response<Body> {
    pages::sentence(StatusCode::NOT_FOUND, |texts| &texts.not_found, guest)
}

pub(super) fn not_allowed(guest: Guest<'_>) -> Response<Body> {
    let mut response = pages::sentence(StatusCode::METHOD_NOT_ALLOWED, |texts| &texts.method, guest);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    response
}

fn private(status: StatusCode, media: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
