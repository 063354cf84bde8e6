//! The page that checks a receipt which somebody pastes or hands in as a file; whole without a script.
//!
//! Refuses to show anything of a text that wasn't signed here: it would be a stranger's words on the site's own page. Invariant:
//! nothing that is handed in is kept.

use http::{HeaderMap, Request, Response, StatusCode};
use policies::banner::FIELD_RECEIPT;
use policies::policy::texts::ReceiptTexts;

use super::pages::Asked;
use super::post::Refusal;
use super::sender::Sender;
use super::{Guest, answer, form, multipart, receipt};
use crate::body::Body;
use crate::ledger::letters::hex;
use crate::ledger::receipt::{Fault, LONGEST, check};
use crate::view::{self, CheckPage, Verdict};

/// Field of the form: the file.
const FILE: &str = "file";
/// The form around a receipt: boundaries, names, and the seal of none.
const AROUND: usize = 16 * 1024;

/// The page with its form.
pub(super) fn page(request: &Request<Body>, guest: Guest<'_>) -> Response<Body> {
    told(Verdict::Unasked, &Asked::read(request, &guest), guest)
}

/// Checks what is handed in.
pub(super) async fn take(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let asked = Asked::read(&request, &guest);
    let (parts, body) = request.into_parts();
    let text = match handed_in(&parts.headers, body, guest).await {
        Ok(text) => text,
        Err(refusal) => return refusal.answer(&parts.headers, guest),
    };
    match check(&text, &receipt::known_keys(guest)) {
        Ok(checked) => {
            let number = hex(&checked.record.id);
            let placed = checked.proof.map(|proof| (proof.place, proof.head.size, proof.head.made));
            told(
                Verdict::Good { facts: &checked.facts, number: &number, placed, issued: checked.issued },
                &asked,
                guest,
            )
        }
        Err(fault) => told(Verdict::Bad(why(&fault)), &asked, guest),
    }
}

async fn handed_in(headers: &HeaderMap, body: Body, guest: Guest<'_>) -> Result<Vec<u8>, Refusal> {
    if Sender::read(headers, guest.visitor.scheme, &guest.visitor.host) == Sender::Elsewhere {
        return Err(Refusal::CROSS_SITE);
    }
    let boundary = multipart::boundary(headers).ok_or(Refusal::OTHER_KIND)?;
    let whole = form::whole(body, LONGEST + AROUND).await.map_err(|error| match error {
        form::Error::TooLarge => Refusal::TOO_LARGE,
        form::Error::Kind | form::Error::Shape | form::Error::Broken(_) => Refusal::BAD_REQUEST,
    })?;
    let text = multipart::first(&whole, boundary, &[FIELD_RECEIPT, FILE]).ok_or(Refusal::BAD_REQUEST)?;
    Ok(text.to_vec())
}

fn why(fault: &Fault) -> fn(&ReceiptTexts) -> &String {
    match fault {
        Fault::Long | Fault::Shape(_) | Fault::Record(_) => |words| &words.bad_shape,
        Fault::Key(_) => |words| &words.bad_key,
        Fault::Signature => |words| &words.bad_signature,
        Fault::Head | Fault::Log => |words| &words.bad_log,
    }
}

fn told(verdict: Verdict<'_>, asked: &Asked, guest: Guest<'_>) -> Response<Body> {
    let page = CheckPage { scene: asked.scene(&guest), verdict };
    answer::page(StatusCode::OK, view::check_page(page).unwrap_or_default())
}
