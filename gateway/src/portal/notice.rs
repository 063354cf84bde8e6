//! Dismisses the notice of a change of the policy: a cookie remembers the version, and the visitor is led back to the page.
//!
//! Refuses versions that the site doesn't have. Invariant: nothing is recorded, and the cookie is the same for everybody.

use http::header::SET_COOKIE;
use http::{Request, Response};
use policies::policy::PolicyVersion;

use super::post::{self, Refusal};
use super::{Guest, answer, cookie};
use crate::body::Body;

/// Takes the post of a version.
pub(super) async fn take(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    // A page may have stood open while the version came into force: then it is told of, and dismissed, all the same.
    let form = match post::read_any(&parts.headers, body, guest).await {
        Ok(form) => form,
        Err(refusal) => return refusal.answer(&parts.headers, guest),
    };
    let history = &guest.site.config.life.history;
    let told = PolicyVersion::parse(form.policy()).and_then(|version| history.of_version(version));
    let Some(version) = told else { return Refusal::BAD_REQUEST.answer(&parts.headers, guest) };
    let mut response = answer::see_other(&form.back);
    let line =
        cookie::dismissal(version.policy.version, guest.site.told_until(version), guest.now, guest.visitor.scheme);
    response.headers_mut().extend(line.map(|line| (SET_COOKIE, line)));
    response
}
