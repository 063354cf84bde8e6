//! Every way in which a request can fail, by whose fault, and the only map from there to status codes. The visitor
//! reads one sentence; the cause is for the log.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use policies::Lang;
use policies::policy::texts::ErrorTexts;

use crate::body::{Body, full};
use crate::view::error_page;
use crate::{origin, request, response};

/// Why a visitor gets no answer of the site.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No site has this host.
    #[error("no site is configured for this host")]
    NoSite,
    /// No `Host`, or several.
    #[error("the request names no single host")]
    Host,
    /// The request makes no sense to us.
    #[error("the request can't be handed on")]
    Request(#[from] request::Error),
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
            Self::NoSite | Self::Host | Self::Request(_) | Self::Connect => Source::Visitor,
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
            Self::Host | Self::Request(_) => StatusCode::BAD_REQUEST,
            Self::Connect => StatusCode::METHOD_NOT_ALLOWED,
            Self::Origin(origin::Error::Unreachable { .. }) | Self::Response(response::Error::Doubt(_)) => {
                StatusCode::BAD_GATEWAY
            }
            Self::Origin(origin::Error::TooSlow(_)) => StatusCode::GATEWAY_TIMEOUT,
            Self::Busy | Self::NoPolicy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Response(response::Error::Coding(_)) | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer that the visitor gets: one sentence, in both languages.
    #[must_use]
    pub fn answer(&self, lang: Lang) -> Response<Body> {
        let status = self.status();
        let page = error_page(lang, status.as_u16(), |texts| self.sentence(texts)).unwrap_or_default();
        let mut answer = Response::new(full(page));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self, Self::Busy | Self::Origin(_)) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        answer
    }

    fn sentence(&self, texts: &'static ErrorTexts) -> &'static String {
        match self {
            Self::NoSite => &texts.wrong_host,
            Self::Host | Self::Request(_) => &texts.bad_request,
            Self::Connect => &texts.method,
            Self::Origin(origin::Error::Unreachable { .. }) => &texts.origin_down,
            Self::Origin(origin::Error::TooSlow(_)) => &texts.origin_slow,
            Self::Busy => &texts.busy,
            Self::Response(response::Error::Doubt(_)) => &texts.origin_broken,
            Self::Response(response::Error::Coding(_)) | Self::NoPolicy | Self::Internal => &texts.internal,
        }
    }
}
