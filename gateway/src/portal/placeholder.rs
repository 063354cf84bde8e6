//! The page in a held frame's place. The frame names only the rule that holds it; what is held stays in the page.
//!
//! Refuses rules that this site hasn't, so that nobody can put words into it. Invariant: only this very origin frames it.

use http::header::{CONTENT_SECURITY_POLICY, HeaderName, REFERER};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use policies::Lang;
use policies::rules::tracker::TrackerUse;

use super::{Guest, answer, form};
use crate::body::Body;
use crate::view::{self, Placeholder};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'self'; base-uri 'none'";

/// The placeholder that a frame asks for.
pub(super) fn page(request: &Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    let (mut of, mut lang) = (None, None);
    for (name, value) in query {
        match name.as_ref() {
            "of" => of = Some(value.into_owned()),
            "lang" => lang = Lang::of_tag(&value),
            _ => {}
        }
    }
    let html = of.and_then(|of| html(&of, lang, request.headers(), guest));
    html.map_or_else(|| answer::not_found(guest), framable)
}

fn html(of: &str, lang: Option<Lang>, headers: &HeaderMap, guest: Guest<'_>) -> Option<String> {
    let policy = &guest.site.config.policy;
    let (host, path) = of.split_at_checked(of.find('/').unwrap_or(of.len()))?;
    let rule = policy.trackers.find(host, path).filter(|rule| rule.host == host && rule.path == path)?;
    let TrackerUse::Purpose(purpose) = rule.usage else { return None };
    let of_catalog = || guest.runtime.catalog.service(&rule.recipient).map(|service| &service.recipient);
    let recipient = policy.recipients.get(&rule.recipient).or_else(of_catalog)?;
    let lang = guest.lang(guest.visitor.token.and_then(|token| token.lang).or(lang));
    let (back, seal) = (came_from(headers, &guest.visitor.host), guest.form_seal());
    let scene = guest.scene(lang, &back, &seal);
    let allowed = guest.decision().allows_service(purpose, &rule.recipient);
    let look = guest.site.framed_look.as_deref();
    view::placeholder(Placeholder { scene, rule, purpose, recipient, allowed, look }).ok()
}

/// The page around the frame, to come back to; the front page where the browser doesn't say.
fn came_from(headers: &HeaderMap, host: &str) -> String {
    let referer = headers.get(REFERER).and_then(|value| value.to_str().ok()?.parse::<Uri>().ok());
    let own = referer.filter(|uri| uri.authority().is_some_and(|from| from.as_str().eq_ignore_ascii_case(host)));
    let path = own.and_then(|uri| uri.path_and_query().map(ToString::to_string)).unwrap_or_default();
    form::local_path(&path).to_owned()
}

fn framable(html: String) -> Response<Body> {
    let mut response = answer::page(StatusCode::OK, html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // A page that embeds only what agrees to it embeds this.
    for (name, value) in
        [("cross-origin-embedder-policy", "require-corp"), ("cross-origin-resource-policy", "same-origin")]
    {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_this_site_is_gone_back_to() {
        let check = |referer: &'static str, expect: &str| {
            let headers = HeaderMap::from_iter([(REFERER, HeaderValue::from_static(referer))]);
            assert_eq!(came_from(&headers, "shop.example:8080"), expect, "{referer}");
        };
        check("http://shop.example:8080/list?q=1", "/list?q=1");
        check("http://shop.example:8080//evil.example/", "/");
        check("http://evil.example/list", "/");
        check("nonsense", "/");
        assert_eq!(came_from(&HeaderMap::new(), "shop.example"), "/");
    }
}
