//! What a page's guard reports: names of cookies that scripts set and nobody speaks of.
//!
//! Refuses other sites' pages, values, and more than a few names at once. Invariant: nothing is kept of a report whose site
//! has not switched reports on.

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};

use super::sender::Sender;
use super::{Guest, answer};
use crate::body::Body;

/// Bytes of a report.
const LONGEST: usize = 8 * 1024;
/// Names of a report.
const MOST: usize = 50;

/// Takes a report: one name a line.
pub(super) async fn take(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let Guest { site, visitor, books, now, .. } = guest;
    if !site.config.switches.report_unknown {
        return answer::not_found(guest);
    }
    let (parts, body) = request.into_parts();
    if Sender::read(&parts.headers, visitor.scheme, &visitor.host) != Sender::Here {
        return answer::text(StatusCode::FORBIDDEN, String::new());
    }
    #[expect(clippy::disallowed_methods, reason = "the body is limited")]
    let Ok(body) = Limited::new(body, LONGEST).collect().await else {
        return answer::text(StatusCode::PAYLOAD_TOO_LARGE, String::new());
    };
    let body = body.to_bytes();
    let names = body.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|name| !name.is_empty());
    for name in names.take(MOST).filter(|name| site.config.policy.cookies.find(name).is_none()) {
        books.inventory.reported(site, name, visitor.prefix(), now);
    }
    answer::text(StatusCode::NO_CONTENT, String::new())
}
