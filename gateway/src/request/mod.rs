//! What the origin may see of a request: no refused cookie, not our own, no header that speaks of this hop only,
//! no class in its own entity tags, and forwarding headers that are true.

mod conditional;
mod cookies;
mod headers;
mod own_paths;
pub mod strict;
mod told;

pub use conditional::is_conditional;
pub use own_paths::is_stopped;
pub use told::tell_granted;

use std::sync::Arc;

use http::header::{CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING};
use http::uri::{PathAndQuery, Uri};
use http::{HeaderMap, HeaderValue, Method, Request, Version};
use http_body::Body as _;
use http_body_util::BodyExt;
use policies::{Decision, Timestamp};

use crate::body::Body;
use crate::class::Class;
use crate::config::HostMode;
use crate::site::{Site, Treatment};
use crate::visitor::{Names, Visitor};
use crate::wire::hop;

/// Why a request can't be handed on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Two readers could understand it differently.
    #[error("the request is ambiguous: {0}")]
    Ambiguous(&'static str),
    /// No host, several, one that disagrees with the target, or one that is none.
    #[error("the request names no single host")]
    Host,
    /// `TRACE` would show the visitor headers that were meant for the origin.
    #[error("the method TRACE is not answered")]
    Method,
    /// An expectation that is not `100-continue`.
    #[error("the request expects what is not known here")]
    Expectation,
    /// More header lines than `limits.headers`.
    #[error("the request has too many headers")]
    TooManyHeaders,
    /// A longer body than `limits.request_body_bytes`.
    #[error("the request's body is too large")]
    TooLarge,
}

/// Whether a request announces a longer body than allowed; 0 allows any.
#[must_use]
pub fn is_too_large(headers: &HeaderMap, most: u64) -> bool {
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    most > 0 && announced.is_some_and(|announced| announced > most)
}

/// What a request's answer will hang on.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The cookies that came.
    pub names: Arc<Names>,
    /// The last request on this connection brought the same, and they were judged alike.
    pub again: bool,
    /// The origin's tags of pages of this class that the visitor has: they were handed on without their class.
    pub kept_pages: Vec<Vec<u8>>,
    /// The visitor reads trailers.
    pub reads_trailers: bool,
}

/// Makes the request that the origin gets, and tells what was kept from it: where nothing is enforced, what would
/// have been. A class is there only where something is.
///
/// # Errors
/// See [`Error`].
pub fn prepare(
    request: Request<Body>,
    site: &Site,
    visitor: &Visitor,
    decision: &Decision,
    treatment: Treatment,
    class: Option<&Class>,
    now: Timestamp,
) -> Result<(Request<Body>, Seen), Error> {
    let (mut parts, body) = request.into_parts();
    let upgrade = headers::wanted_upgrade(parts.version, &parts.headers);
    hop::remove(&mut parts.headers);
    if let Some(protocol) = upgrade {
        headers::ask_for_upgrade(&mut parts.headers, protocol);
    }
    headers::remove_lies(&mut parts.headers);
    headers::set_forwarding(&mut parts.headers, visitor);
    headers::remove_told_country(&mut parts.headers, &site.config.regions.told_by, visitor);
    if treatment != Treatment::Bypass {
        headers::limit_codings(&mut parts.headers);
    }
    let in_crumbs = parts.version == Version::HTTP_2;
    let (names, again) = cookies::filter(&mut parts.headers, site, visitor, decision, treatment, in_crumbs, now);
    let asked = conditional::Asked {
        reads: matches!(parts.method, Method::GET | Method::HEAD),
        page: visitor.navigation.wants_html,
    };
    let kept_pages = conditional::settle(&mut parts.headers, asked, class.map(Class::letters));
    let reads_trailers = parts.headers.contains_key(TE);
    let body = if parts.headers.contains_key(TRAILER) { with_clean_trailers(body) } else { body };
    let host = origin_host(site, visitor);
    if parts.headers.get(HOST).is_none_or(|asked| asked != host) {
        parts.headers.insert(HOST, HeaderValue::from_str(host).unwrap_or_else(|_| HeaderValue::from_static("")));
    }
    parts.uri = path_alone(parts.uri);
    parts.version = Version::HTTP_11;
    // A body of unknown length is said to be one with every method; hyper would drop that of a GET.
    if !body.is_end_stream() && !parts.headers.contains_key(CONTENT_LENGTH) {
        parts.headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    let seen = Seen { names, again, kept_pages, reads_trailers };
    Ok((Request::from_parts(parts, body), seen))
}

/// Origins may read trailers as headers: what can't come by header can't come behind the body either.
fn with_clean_trailers(body: Body) -> Body {
    let clean = |frame: http_body::Frame<bytes::Bytes>| match frame.into_trailers() {
        Ok(mut trailers) => {
            headers::clean_trailers(&mut trailers);
            http_body::Frame::trailers(trailers)
        }
        Err(frame) => frame,
    };
    body.map_frame(clean).boxed_unsync()
}

/// What an origin is asked for: it knows who it is.
fn path_alone(asked: Uri) -> Uri {
    if asked.scheme().is_none() && asked.authority().is_none() && asked.path_and_query().is_some() {
        return asked;
    }
    asked.into_parts().path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/")).into()
}

fn origin_host<'h>(site: &'h Site, visitor: &'h Visitor) -> &'h str {
    match site.config.host {
        HostMode::Visitor => &visitor.host,
        HostMode::Origin => site.config.origin.authority().map_or("", |authority| authority.as_str()),
    }
}

#[cfg(test)]
mod tests;
