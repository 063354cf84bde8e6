//! Deletes one cookie at the visitor's wish, wherever it may stand in the browser. The choice stays what it is.
//!
//! Refuses to delete the consent cookie: what it remembers is changed by a choice. Invariant: nothing is recorded.

use http::header::SET_COOKIE;
use http::{Request, Response};

use super::post::{self, Refusal};
use super::{Guest, answer};
use crate::body::Body;
use crate::expiry::deletions_of;
use crate::site::Site;

/// Takes the post of a name.
pub(super) async fn take(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let form = match post::read(&parts.headers, body, guest).await {
        Ok(form) => form,
        Err(refusal) => return refusal.answer(&parts.headers, guest),
    };
    let own = Site::cookie_name(guest.visitor.scheme);
    let Some(name) = form.name.filter(|name| name != own) else {
        return Refusal::BAD_REQUEST.answer(&parts.headers, guest);
    };
    let lines = deletions_of(guest.site, guest.visitor, &guest.books.inventory, name.as_bytes());
    let mut response = answer::see_other(&form.back);
    let most = guest.runtime.limits.expiries;
    response.headers_mut().extend(lines.into_iter().take(most).map(|line| (SET_COOKIE, line)));
    response
}
