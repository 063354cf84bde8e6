//! Every way in which a request can fail, by whose fault, and the only map from there to status codes. The visitor
//! reads one sentence; the cause is for the log.

use http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use policies::Lang;
use policies::policy::texts::ErrorTexts;
use policies::policy::wording::Wording;

use crate::body::{Body, full};
use crate::origin::UploadFault;
use crate::view::error_page;
use crate::{origin, request, response};

/// Why a visitor gets no answer of the site.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No site has this host.
    #[error("no site is configured for this host")]
    NoSite,
    /// The request makes no sense to us.
    #[error("the request can't be handed on")]
    Request(#[from] request::Error),
    /// The target leads into the reserved path by another spelling.
    #[error("the request's path is the reserved one in disguise")]
    Disguised,
    /// `CONNECT` is for forward proxies.
    #[error("the method CONNECT is not for a gateway")]
    Connect,
    /// The origin gave no answer.
    #[error(transparent)]
    Origin(#[from] origin::Error),
    /// The origin's answer can't be handed on.
    #[error(transparent)]
    Response(#[from] response::Error),
    /// The site waits for its policy.
    #[error("the site has no policy that can be read")]
    NoPolicy,
    /// Too much is under way.
    #[error("too many requests are under way")]
    Busy,
    /// Our own mistake.
    #[error("something went wrong here")]
    Internal,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The request's.
    Visitor,
    /// The origin's.
    Origin,
    /// Ours.
    Gateway,
}

impl Error {
    /// Whose fault it is.
    #[must_use]
    pub const fn source_of(&self) -> Source {
        match self {
            Self::NoSite
            | Self::Request(_)
            | Self::Disguised
            | Self::Connect
            | Self::Origin(origin::Error::Upload(_)) => Source::Visitor,
            Self::Origin(_) | Self::Response(response::Error::Doubt(_)) => Source::Origin,
            Self::Response(response::Error::Coding(_)) | Self::NoPolicy | Self::Busy | Self::Internal => {
                Source::Gateway
            }
        }
    }

    /// The status that says so (RFC 9110 15).
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NoSite => StatusCode::MISDIRECTED_REQUEST,
            Self::Request(error) => refused(error),
            Self::Disguised => StatusCode::NOT_FOUND,
            Self::Connect => StatusCode::METHOD_NOT_ALLOWED,
            Self::Origin(origin::Error::Upload(UploadFault::TooLarge)) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Origin(origin::Error::Upload(UploadFault::Stalled)) => StatusCode::REQUEST_TIMEOUT,
            Self::Origin(origin::Error::Upload(UploadFault::Broken)) => StatusCode::BAD_REQUEST,
            Self::Origin(origin::Error::Unreachable { .. } | origin::Error::Broken { .. })
            | Self::Response(response::Error::Doubt(_)) => StatusCode::BAD_GATEWAY,
            Self::Origin(origin::Error::TooSlow(_)) => StatusCode::GATEWAY_TIMEOUT,
            Self::Busy | Self::NoPolicy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Response(response::Error::Coding(_)) | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer that the visitor gets: one sentence, in both languages and in the site's words.
    #[must_use]
    pub fn answer(&self, wording: &Wording, lang: Lang) -> Response<Body> {
        let status = self.status();
        let page = error_page(wording, lang, status.as_u16(), |texts| self.sentence(texts)).unwrap_or_default();
        let mut answer = Response::new(full(page));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self.source_of(), Source::Origin) || matches!(self, Self::Busy) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
        }
        // Whatever follows a request that was not understood is not read as another (RFC 9112 6.3).
        if self.source_of() == Source::Visitor && !matches!(self, Self::NoSite) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }

    fn sentence<'t>(&self, texts: &'t ErrorTexts) -> &'t String {
        match self {
            Self::NoSite => &texts.wrong_host,
            Self::Disguised => &texts.not_found,
            Self::Connect | Self::Request(request::Error::Method) => &texts.method,
            Self::Request(request::Error::TooLarge) | Self::Origin(origin::Error::Upload(UploadFault::TooLarge)) => {
                &texts.too_large
            }
            Self::Request(_) | Self::Origin(origin::Error::Upload(_)) => &texts.bad_request,
            Self::Origin(origin::Error::Unreachable { .. }) => &texts.origin_down,
            Self::Origin(origin::Error::Broken { .. }) => &texts.origin_broken,
            Self::Origin(origin::Error::TooSlow(_)) => &texts.origin_slow,
            Self::Busy => &texts.busy,
            Self::Response(response::Error::Doubt(_)) => &texts.origin_broken,
            Self::Response(response::Error::Coding(_)) | Self::NoPolicy | Self::Internal => &texts.internal,
        }
    }
}

/// The status for a request that was refused.
const fn refused(error: &request::Error) -> StatusCode {
    match error {
        request::Error::Ambiguous(_) | request::Error::Host => StatusCode::BAD_REQUEST,
        request::Error::Method => StatusCode::METHOD_NOT_ALLOWED,
        request::Error::Expectation => StatusCode::EXPECTATION_FAILED,
        request::Error::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        request::Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
    }
}
