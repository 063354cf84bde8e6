//! A banner's script says that it is shown: so pages whose banner was blocked, or came without script, can be told from those that people left.
//!
//! Refuses other sites' pages. Invariant: nothing is read but what any request shows of its crowd, and nothing is answered.

use http::header::REFERER;
use http::{HeaderMap, Request, Response, StatusCode, Uri};

use super::sender::Sender;
use super::{Guest, answer};
use crate::body::Body;
use crate::stats::{Place, Scene};

/// Takes the word. It comes without cookies, and whoever has an answer says nothing.
pub(super) fn take(request: &Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let Guest { site, visitor, books, now, .. } = guest;
    if Sender::read(request.headers(), visitor.scheme, &visitor.host) != Sender::Here {
        return answer::text(StatusCode::FORBIDDEN, String::new());
    }
    let from = page(request.headers());
    let place = from.as_ref().map_or(Place::Nowhere, |page| Place::Of(page.path()));
    books.tally.rendered(&Scene { site, traits: visitor.traits(site), place, now });
    answer::text(StatusCode::NO_CONTENT, String::new())
}

fn page(headers: &HeaderMap) -> Option<Uri> {
    headers.get(REFERER)?.to_str().ok()?.parse().ok()
}
