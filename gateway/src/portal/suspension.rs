//! Suspending all processing, and ending that: a flag in the consent cookie, and an entry in the register.
//!
//! Refuses to end one that it can't record, as it refuses any grant. Invariant: a suspension takes effect at once, recorded or not, and gives
//! back what was chosen before it.

use http::{HeaderMap, Request, Response, StatusCode};
use policies::Token;
use policies::banner::PATH_ME;
use policies::consent::Surface;
use policies::rights::{Actor, Deed, Entered, Reply, RequestKind};

use super::form::Form;
use super::me::{self, Happened};
use super::post::{self, Refusal};
use super::{Guest, answer, choice, pages};
use crate::body::Body;
use crate::rights::{self, Error};
use crate::seal::random;
use crate::view::Told;

/// Suspends.
pub(super) async fn begin(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let form = match post::read(&parts.headers, body, guest).await {
        Ok(form) => form,
        Err(refusal) => return refusal.answer(&parts.headers, guest),
    };
    // Who has not chosen yet refuses by this what a later end of it leaves refused.
    let before = match guest.visitor.token {
        Some(token) => Some(token),
        None => choice::refuse(form.shown(), Surface::Rights, guest).await,
    };
    let Some(before) = before else { return Refusal::NOT_STORED.answer(&parts.headers, guest) };
    let token = Token { suspended: true, sweep: Some(0), ..before };
    let words = &guest.texts(form.lang).requests.done_suspended;
    if let Err(error) = note(RequestKind::Suspension, words, guest.visitor.number(), &form, guest).await {
        tracing::error!(error = &error as &dyn std::error::Error, "a suspension is in effect and can't be recorded");
    }
    back(&token, &form, &parts.headers, guest)
}

/// Ends it.
pub(super) async fn end(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let form = match post::read(&parts.headers, body, guest).await {
        Ok(form) => form,
        Err(refusal) => return refusal.answer(&parts.headers, guest),
    };
    let Some(token) = guest.visitor.token.filter(|token| token.suspended) else {
        return answer::see_other(&pages::address(PATH_ME, &form, guest));
    };
    let words = &guest.texts(form.lang).requests.done_resumed;
    if let Err(error) = note(RequestKind::Resumption, words, guest.visitor.number(), &form, guest).await {
        tracing::error!(error = &error as &dyn std::error::Error, "the end of a suspension can't be recorded");
        let asked = me::asked(form.lang, &form.back, guest);
        let happened = Happened { told: Some(Told::NotResumed), ..Happened::default() };
        return me::show(StatusCode::SERVICE_UNAVAILABLE, &asked, happened, guest).await;
    }
    let token = Token { suspended: false, ..token };
    let asked = me::asked(form.lang, &form.back, guest);
    let happened = Happened { told: Some(Told::Resumed), token: Some(token), ..Happened::default() };
    let mut response = me::show(StatusCode::OK, &asked, happened, guest).await;
    let decision = guest.visitor.decision_by(&token, guest.site, guest.now);
    choice::put_down(&mut response, &token, &decision, &parts.headers, guest);
    response
}

/// A request that a button did at once: entered and answered.
pub(super) async fn note(
    kind: RequestKind,
    words: &str,
    visitor: Option<[u8; 16]>,
    form: &Form,
    guest: Guest<'_>,
) -> Result<(), Error> {
    let Guest { site, books, now, .. } = guest;
    let (about, lang) = (String::new(), guest.lang(form.lang));
    let entered = Entered { kind, about, reply: Reply::Page, lang, visitor, authority: None };
    let id = random()?;
    rights::enter(&books.store, &site.config, id, entered, Actor::Visitor, now).await?;
    let deed = Deed::Answered { words: words.to_owned() };
    rights::follow(&books.store, &site.config, id, deed, Actor::Gateway, now).await.map(drop)
}

fn back(token: &Token, form: &Form, headers: &HeaderMap, guest: Guest<'_>) -> Response<Body> {
    let mut response = answer::see_other(&pages::address(PATH_ME, form, guest));
    let decision = guest.visitor.decision_by(token, guest.site, guest.now);
    choice::put_down(&mut response, token, &decision, headers, guest);
    response
}
