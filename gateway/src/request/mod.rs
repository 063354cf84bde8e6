//! What the origin may see of a request: no refused cookie, not our own, no header that speaks of this hop only,
//! and forwarding headers that are true.

mod cookies;
mod headers;

pub use cookies::Seen;

use http::header::{COOKIE, HOST};
use http::uri::{PathAndQuery, Uri};
use http::{HeaderValue, Request, Version};
use policies::Decision;

use crate::body::Body;
use crate::config::HostMode;
use crate::site::{Site, Treatment};
use crate::visitor::{Peer, Visitor};
use crate::wire::hop;

/// Why a request can't be handed on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its target makes no URL at the origin.
    #[error("the request's target is no path")]
    Target(#[source] http::Error),
}

/// Makes the request that the origin gets, and tells what was kept from it: where nothing is enforced, what would
/// have been.
///
/// # Errors
/// See [`Error`].
pub fn prepare(
    request: Request<Body>,
    site: &Site,
    visitor: &Visitor,
    decision: &Decision,
    treatment: Treatment,
    peer: &Peer,
) -> Result<(Request<Body>, Seen), Error> {
    let (mut parts, body) = request.into_parts();
    let upgrade = headers::wanted_upgrade(&parts.headers);
    hop::remove(&mut parts.headers);
    if let Some(protocol) = upgrade {
        headers::ask_for_upgrade(&mut parts.headers, protocol);
    }
    headers::set_forwarding(&mut parts.headers, visitor, peer);
    if treatment != Treatment::Bypass {
        headers::limit_codings(&mut parts.headers);
    }
    let in_crumbs = parts.version == Version::HTTP_2;
    let seen = cookies::filter(&mut parts.headers, &COOKIE, site, visitor, decision, treatment, in_crumbs);
    parts.headers.insert(HOST, origin_host(site, visitor));
    parts.uri = origin_uri(site, &parts.uri).map_err(Error::Target)?;
    parts.version = Version::HTTP_11;
    Ok((Request::from_parts(parts, body), seen))
}

fn origin_uri(site: &Site, asked: &Uri) -> Result<Uri, http::Error> {
    let mut target = site.config.origin.clone().into_parts();
    target.path_and_query = Some(asked.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")));
    Uri::from_parts(target).map_err(Into::into)
}

fn origin_host(site: &Site, visitor: &Visitor) -> HeaderValue {
    let own = site.config.origin.authority().map_or("", |authority| authority.as_str());
    let host = match site.config.host {
        HostMode::Visitor => visitor.host.as_str(),
        HostMode::Origin => own,
    };
    HeaderValue::from_str(host).unwrap_or_else(|_| HeaderValue::from_static(""))
}
