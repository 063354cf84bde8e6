//! The visitor's side of a guardian's consent: a code to hand on, kept in the consent cookie, and the grant that is found by
//! it. The store is read for who presses the button, and for nobody else.
//!
//! Refuses to give a code to who grants something already. Invariant: a browser gets a guardian's grant only by a code that
//! its own sealed cookie carries.

use http::header::SET_COOKIE;
use http::{Request, Response, StatusCode};
use policies::banner::{PATH_GUARDIAN, PATH_SETTINGS};
use policies::consent::{Guardian, Reference, Surface};
use policies::{Record, Token};

use super::form::Form;
use super::pages::{self, Asked, NONE_YET};
use super::post::{self, Refusal};
use super::{Guest, answer, choice, cookie, late};
use crate::body::Body;
use crate::config::Doubt;
use crate::guardian;
use crate::seal::Seal;
use crate::view::{self, GuardianPage};

/// The page: how a guardian can agree, and this browser's code.
pub(super) fn page(request: &Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let asked = Asked::read(request, &guest);
    let reference = reference(guest);
    let good = reference.filter(|reference| is_good(*reference, guest));
    let page = GuardianPage {
        scene: asked.scene(&guest),
        code: good.map(|reference| (reference.to_string(), Seal::last_day(reference))),
        expired: reference.is_some() && good.is_none(),
        none_yet: asked.none_yet,
    };
    answer::page(StatusCode::OK, view::guardian_page(page).unwrap_or_default())
}

/// Gives a code, or looks whether a guardian has agreed under the one that was given.
pub(super) async fn ask(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let form = match post::read(&parts.headers, body, guest).await {
        Ok(form) => form,
        Err(refusal) => return refusal.answer(&parts.headers, guest),
    };
    if choice::granting(guest).is_some() {
        return answer::see_other(&pages::address(PATH_SETTINGS, &form, guest));
    }
    let answered = match reference(guest) {
        Some(reference) => look(reference, &form, guest).await,
        None => give(&form, guest).await,
    };
    answered.unwrap_or_else(|refusal| refusal.answer(&parts.headers, guest))
}

/// The code in this browser's cookie, under the policy in force.
fn reference(guest: Guest<'_>) -> Option<Reference> {
    choice::of_this_version(guest)?.reference()
}

fn is_good(reference: Reference, guest: Guest<'_>) -> bool {
    let config = &guest.site.config;
    guest.runtime.seal.knows(&config.name, config.policy.version, reference, guest.now).is_ok()
}

/// A guardian may have agreed on a code's last day, so that one that is good no more is looked up all the same.
async fn look(reference: Reference, form: &Form, guest: Guest<'_>) -> Result<Response<Body>, Refusal> {
    match guardian::agreement(guest.books.store.archive(), &guest.site.config, reference).await {
        Ok(Some(record)) => take_up(&record, form, guest),
        Ok(None) if is_good(reference, guest) => {
            Ok(answer::see_other(&format!("{}&{NONE_YET}=yes", pages::address(PATH_GUARDIAN, form, guest))))
        }
        Ok(None) => give(form, guest).await,
        Err(error) => {
            tracing::warn!(%error, "a guardian's consent can't be looked up");
            guest.books.settle(guest.site, Doubt::StoreDown);
            Err(Refusal::NOT_STORED)
        }
    }
}

/// Puts a code into the cookie. Whose answer is none, or no longer one, refuses everything by asking for one.
async fn give(form: &Form, guest: Guest<'_>) -> Result<Response<Body>, Refusal> {
    let config = &guest.site.config;
    let given = guest.runtime.seal.reference(&config.name, config.policy.version, guest.now);
    let reference = given.map_err(|error| {
        tracing::error!(%error, "a code can't be given");
        Refusal::NOT_STORED
    })?;
    let refusal = match choice::under_this_policy(guest).filter(Token::is_pure_refusal) {
        Some(token) => token,
        None => choice::refuse(form.shown(), Surface::Guardian, guest).await.ok_or(Refusal::NOT_STORED)?,
    };
    let token = Token { guardian: Some(Guardian::Asked(reference)), ..refusal };
    Ok(with_cookie(answer::see_other(&pages::address(PATH_GUARDIAN, form, guest)), &token, guest))
}

fn take_up(record: &Record, form: &Form, guest: Guest<'_>) -> Result<Response<Body>, Refusal> {
    let policy = &guest.site.config.policy;
    let before = guest.visitor.token;
    let token = before.and_then(|token| token.agreed(record, policy)).ok_or(Refusal::POLICY_CHANGED)?;
    if let Some(owed) = before.filter(|token| token.unrecorded.is_some()) {
        late::note(guest.site, policy, &owed, guest.visitor, guest.runtime, guest.books);
    }
    choice::count(&token, choice::Manner::default(), guest);
    Ok(with_cookie(answer::see_other(&pages::address(PATH_SETTINGS, form, guest)), &token, guest))
}

fn with_cookie(mut response: Response<Body>, token: &Token, guest: Guest<'_>) -> Response<Body> {
    let line = cookie::line(guest.site, guest.visitor.scheme, &guest.runtime.seal, token);
    response.headers_mut().extend(line.map(|line| (SET_COOKIE, line)));
    response
}
