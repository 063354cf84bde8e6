//! What every post here must be before it is looked at: sent by this very origin, a form within its bound, made under the
//! policy in force.
//!
//! Refuses by status and one sentence. Invariant: nothing is done for a post of another site.

use http::header::ACCEPT;
use http::{HeaderMap, Response, StatusCode};
use policies::policy::texts::ErrorTexts;

use super::form::{self, Form};
use super::sender::Sender;
use super::{Guest, answer, pages};
use crate::body::Body;

/// Why a post is not taken, and the sentence for the visitor.
#[derive(Clone, Copy)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) sentence: fn(&ErrorTexts) -> &String,
}

impl Refusal {
    pub(super) const BAD_REQUEST: Self = Self { status: StatusCode::BAD_REQUEST, sentence: |texts| &texts.bad_request };
    pub(super) const TOO_MANY: Self = Self { status: StatusCode::CONFLICT, sentence: |texts| &texts.too_many };
    pub(super) const NOT_STORED: Self =
        Self { status: StatusCode::SERVICE_UNAVAILABLE, sentence: |texts| &texts.not_stored };
    pub(super) const CROSS_SITE: Self = Self { status: StatusCode::FORBIDDEN, sentence: |texts| &texts.cross_site };
    pub(super) const OTHER_KIND: Self =
        Self { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence: |texts| &texts.bad_request };
    pub(super) const TOO_LARGE: Self =
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, sentence: |texts| &texts.too_large };
    pub(super) const POLICY_CHANGED: Self =
        Self { status: StatusCode::CONFLICT, sentence: |texts| &texts.policy_changed };

    /// As a sentence for a script, as a page for people.
    pub(super) fn answer(self, headers: &HeaderMap, guest: Guest<'_>) -> Response<Body> {
        if by_script(headers) {
            answer::text(self.status, (self.sentence)(&guest.texts(None).error).clone())
        } else {
            pages::sentence(self.status, self.sentence, guest)
        }
    }
}

/// Whether the banner's code asks, which wants words and no page.
pub(super) fn by_script(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/plain"))
}

/// Reads a post that was made under the policy in force.
pub(super) async fn read(headers: &HeaderMap, body: Body, guest: Guest<'_>) -> Result<Form, Refusal> {
    let form = read_any(headers, body, guest).await?;
    if form.policy() != guest.site.config.policy.version.to_string() {
        return Err(Refusal::POLICY_CHANGED);
    }
    Ok(form)
}

/// Reads a post that was made under whatever policy.
pub(super) async fn read_any(headers: &HeaderMap, body: Body, guest: Guest<'_>) -> Result<Form, Refusal> {
    let sender = Sender::read(headers, guest.visitor.scheme, &guest.visitor.host);
    if sender == Sender::Elsewhere {
        return Err(Refusal::CROSS_SITE);
    }
    let form = form::read(headers, body, guest.runtime.limits.form_bytes).await.map_err(|error| match error {
        form::Error::Kind => Refusal::OTHER_KIND,
        form::Error::TooLarge => Refusal::TOO_LARGE,
        form::Error::Shape | form::Error::Broken(_) => Refusal::BAD_REQUEST,
    })?;
    if sender == Sender::Unsaid && !guest.sealed(&form.seal) {
        return Err(Refusal::CROSS_SITE);
    }
    Ok(form)
}
