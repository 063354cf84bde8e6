//! A call of the site's own server: a guardian, whom it has verified, agreed for the browser with this code. Signed with a key
//! that the server and this gateway share.
//!
//! Refuses whatever isn't signed, whole and fresh. Invariant: the same call again changes nothing.

use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use policies::consent::Speaker;
use serde::Deserialize;

use super::{Guest, answer};
use crate::body::Body;
use crate::config::{Doubt, Scheme};
use crate::guardian::{self, Place, Said};
use crate::signing::{Call, CallError, LABEL, SharedKey, authority};
use crate::wire::dictionary;

static DIGEST: HeaderName = HeaderName::from_static("content-digest");
static INPUT: HeaderName = HeaderName::from_static("signature-input");
static SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// Bytes of a body.
const LONGEST: usize = 4 * 1024;

/// What the server says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    reference: String,
    purposes: Vec<String>,
    ground: Option<String>,
}

/// Takes a call. Sites without a key for it have no such address.
pub(super) async fn take(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let Some(key) = guest.runtime.guardian_keys.get(&guest.site.config.name) else {
        return answer::not_found(guest);
    };
    match told(request, key, guest).await {
        Ok(told) => agree(&told, guest).await,
        Err((status, why)) => answer::text(status, format!("{why}\n")),
    }
}

async fn told(request: Request<Body>, key: &SharedKey, guest: Guest<'_>) -> Result<Told, (StatusCode, String)> {
    let (parts, body) = request.into_parts();
    let refused = |status, why: &str| (status, why.to_owned());
    if !is_json(&parts.headers) {
        return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json"));
    }
    #[expect(clippy::disallowed_methods, reason = "the body is limited")]
    let body = Limited::new(body, LONGEST).collect().await;
    let body = body.map_err(|_| refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large, or broke off"))?;
    let body = body.to_bytes();
    verify(&parts, &body, key, guest).map_err(|why| (StatusCode::FORBIDDEN, why.to_string()))?;
    serde_json::from_slice(&body).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).map(|media| media.as_bytes()).unwrap_or_default();
    let media = media.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    media.eq_ignore_ascii_case(b"application/json")
}

fn verify(parts: &http::request::Parts, body: &[u8], key: &SharedKey, guest: Guest<'_>) -> Result<(), CallError> {
    let whole = |name: &HeaderName| {
        let lines: Option<Vec<&str>> = parts.headers.get_all(name).iter().map(|line| line.to_str().ok()).collect();
        lines.map(|lines| lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(", ")).unwrap_or_default()
    };
    let (content_digest, inputs, signatures) = (whole(&DIGEST), whole(&INPUT), whole(&SIGNATURE));
    let host = authority(&guest.visitor.host, guest.visitor.scheme == Scheme::Https);
    let call = Call {
        method: parts.method.as_str(),
        authority: &host,
        path: parts.uri.path(),
        content_digest: &content_digest,
        sha_256: member(&content_digest, "sha-256").ok_or(CallError::Digest)?,
        input: member(&inputs, LABEL).ok_or(CallError::Input)?,
        signature: member(&signatures, LABEL).ok_or(CallError::Signature)?,
    };
    call.verify(key, body, guest.now)
}

fn member<'v>(value: &'v str, key: &str) -> Option<&'v str> {
    std::str::from_utf8(dictionary::member(value.as_bytes(), key.as_bytes())?).ok()
}

async fn agree(told: &Told, guest: Guest<'_>) -> Response<Body> {
    let Guest { site, runtime, books, now, .. } = guest;
    let purposes: Vec<&str> = told.purposes.iter().map(String::as_str).collect();
    let ground = told.ground.as_deref();
    let said = Said { reference: &told.reference, purposes: &purposes, ground, speaker: Speaker::Site };
    let place = Place { site: &site.config, seal: &runtime.seal, store: &books.store };
    match guardian::agree(said, place, now).await {
        Ok(record) => {
            let id: String = record.id.iter().map(|byte| format!("{byte:02x}")).collect();
            answer::json(format!("{{\"record\":\"{id}\"}}\n"))
        }
        Err(error) => {
            if matches!(error, guardian::Error::Store(_)) {
                books.settle(site, Doubt::StoreDown);
            }
            answer::text(status(&error), format!("{error}\n"))
        }
    }
}

const fn status(error: &guardian::Error) -> StatusCode {
    use guardian::Error::{Expired, Foreign, Ground, NoPolicy, NotAsked, Purposes, Seal, Store, TooMany, Used};
    match error {
        Used => StatusCode::CONFLICT,
        Expired => StatusCode::GONE,
        Foreign | Purposes(_) | TooMany | Ground => StatusCode::UNPROCESSABLE_ENTITY,
        NotAsked => StatusCode::NOT_FOUND,
        NoPolicy | Seal(_) | Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
