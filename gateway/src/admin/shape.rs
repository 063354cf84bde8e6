//! The shapes of answers: private, framed by nobody, with one script of our own on pages and none elsewhere.

use askama::Template;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

pub(super) type Answer = Response<Full<Bytes>>;

/// Of pages: our sheet and our one script as files, nothing inline, forms to this listener.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Of everything else: nothing at all.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(super) fn page(template: &impl Template) -> Answer {
    match template.render() {
        Ok(html) => {
            let mut page = answer(StatusCode::OK, "text/html; charset=utf-8", html);
            page.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
            page
        }
        Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "The page could not be made.\n"),
    }
}

pub(super) fn json(value: &impl Serialize) -> Answer {
    json_as(StatusCode::OK, "application/json", value)
}

pub(super) fn json_as(status: StatusCode, media: &'static str, value: &impl Serialize) -> Answer {
    match serde_json::to_string(value) {
        Ok(json) => answer(status, media, json),
        Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "The numbers could not be written.\n"),
    }
}

/// A file to keep, under a name.
pub(super) fn file(media: &'static str, name: &str, body: String) -> Answer {
    let mut answer = answer(StatusCode::OK, media, body);
    let safe: String = name
        .chars()
        .map(|each| if each.is_ascii_alphanumeric() || "-._".contains(each) { each } else { '-' })
        .collect();
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{safe}\"")) {
        answer.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    answer
}

pub(super) fn text(status: StatusCode, words: impl Into<String>) -> Answer {
    answer(status, "text/plain; charset=utf-8", words.into())
}

pub(super) fn sheet(css: &'static str) -> Answer {
    answer(StatusCode::OK, "text/css; charset=utf-8", css)
}

pub(super) fn script(js: &'static str) -> Answer {
    answer(StatusCode::OK, "text/javascript; charset=utf-8", js)
}

/// Go on to this address of ours.
pub(super) fn see(address: &str) -> Answer {
    let mut answer = text(StatusCode::SEE_OTHER, "");
    if let Ok(value) = HeaderValue::try_from(address) {
        answer.headers_mut().insert(LOCATION, value);
    }
    answer
}

/// Nothing more to say.
pub(super) fn done() -> Answer {
    let mut answer = text(StatusCode::NO_CONTENT, "");
    answer.headers_mut().remove(CONTENT_TYPE);
    answer
}

pub(super) fn method_not_allowed(allowed: &'static str) -> Answer {
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, format!("Ask for this with {allowed}.\n"));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

pub(super) fn answer(status: StatusCode, media: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let fixed = [
        (CONTENT_TYPE, media),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
