//! What went wrong, for programs (RFC 9457): one shape for all, with the parameter and what is allowed.
//!
//! Refuses to tell the store's inner troubles. Invariant: 400 is for what can't be read, 422 for what is read and can't be answered.

use http::StatusCode;
use http::header::ALLOW;
use policies::Lang;
use serde_json::json;

use crate::admin::fault::{Fault, Wrong};
use crate::admin::shape::{self, Answer};
use crate::store::Error;
use crate::view::admin::Words;

const MEDIA: &str = "application/problem+json";

/// A problem with a sentence about it, and about each parameter.
pub(super) fn told(status: StatusCode, detail: &str, faults: &[Fault]) -> Answer {
    let fault = |fault: &Fault| json!({ "parameter": fault.parameter, "detail": fault.told(Words(Lang::En)) });
    let problem = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
        "errors": faults.iter().map(fault).collect::<Vec<_>>(),
    });
    shape::json_as(status, MEDIA, &problem)
}

/// Parameters at fault.
pub(super) fn of(faults: &[Fault]) -> Answer {
    let unread = faults.iter().any(|fault| is_unread(&fault.wrong));
    let status = if unread { StatusCode::BAD_REQUEST } else { StatusCode::UNPROCESSABLE_ENTITY };
    let detail = faults.first().map(|fault| fault.told(Words(Lang::En))).unwrap_or_default();
    told(status, &detail, faults)
}

/// The store can't be asked.
pub(super) fn unavailable(error: &Error) -> Answer {
    told(StatusCode::SERVICE_UNAVAILABLE, &error.to_string(), &[])
}

/// Another method is needed.
pub(super) fn method(allowed: &'static str) -> Answer {
    let mut answer = told(StatusCode::METHOD_NOT_ALLOWED, &format!("This path has {allowed}."), &[]);
    answer.headers_mut().insert(ALLOW, http::HeaderValue::from_static(allowed));
    answer
}

const fn is_unread(wrong: &Wrong) -> bool {
    matches!(
        wrong,
        Wrong::Site(_)
            | Wrong::Day
            | Wrong::NotOneOf(_)
            | Wrong::Narrowing
            | Wrong::Unknown(_)
            | Wrong::Twice
            | Wrong::Empty
            | Wrong::Number
    )
}
