//! Erasing a visitor's records at their wish: consent is taken back, the records under the number go, the browser forgets the number.
//!
//! Refuses to erase what a law has the site keep: then the withdrawal is recorded like any other, and the page says what stays. Invariant: a
//! browser keeps its number for as long as there is something left to erase under it.

use http::{HeaderMap, Request, Response, StatusCode};
use policies::Token;
use policies::banner::PATH_ME;
use policies::rights::{Erasure, RequestKind};

use super::form::Form;
use super::me::{self, Happened};
use super::post;
use super::{Guest, answer, choice, pages, suspension};
use crate::body::Body;
use crate::rights::{self, Erasing};
use crate::view::{self, Told};

/// What was done.
struct Done {
    token: Token,
    told: Told,
    /// What the register says of it.
    words: String,
}

/// Takes the post.
pub(super) async fn take(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let form = match post::read(&parts.headers, body, guest).await {
        Ok(form) => form,
        Err(refusal) => return refusal.answer(&parts.headers, guest),
    };
    let Some(number) = guest.visitor.number() else {
        return answer::see_other(&pages::address(PATH_ME, &form, guest));
    };
    let asked = me::asked(form.lang, &form.back, guest);
    let Some(done) = done(number, &form, guest).await else {
        let happened = Happened { told: Some(Told::NotErased), ..Happened::default() };
        return me::show(StatusCode::SERVICE_UNAVAILABLE, &asked, happened, guest).await;
    };
    choice::count(&done.token, choice::Manner::default(), guest);
    // The number is gone from everywhere else, so that the register doesn't keep it either.
    if let Err(error) = suspension::note(RequestKind::Deletion, &done.words, None, &form, guest).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "an erasure was done and can't be entered in the register"
        );
    }
    answered(&done, &asked, &parts.headers, guest).await
}

async fn answered(done: &Done, asked: &pages::Asked, headers: &HeaderMap, guest: Guest<'_>) -> Response<Body> {
    let happened = Happened { told: Some(done.told), token: Some(done.token), ..Happened::default() };
    let mut response = me::show(StatusCode::OK, asked, happened, guest).await;
    let decision = guest.visitor.decision_by(&done.token, guest.site, guest.now);
    choice::put_down(&mut response, &done.token, &decision, headers, guest);
    response
}

/// None where the store can't do it: then the choice holds as before.
async fn done(number: [u8; 16], form: &Form, guest: Guest<'_>) -> Option<Done> {
    let config = &guest.site.config;
    let texts = guest.texts(form.lang);
    if let Some(row) = Erasure::under(&config.policy).kept {
        let (token, _) = choice::withdraw(form.shown(), guest).await?;
        let lang = guest.lang(form.lang);
        let law = row.law.as_ref().map_or(texts.policy.law.as_str(), |law| law.said_in(lang).1);
        let words = &texts.requests.done_law;
        let words = words.replace("{law}", law).replace("{period}", &view::period(row.period, texts));
        return Some(Done { token, told: Told::KeptByLaw, words });
    }
    // Whoever is told of choices must hear of this one too, so that there its record stays.
    let (token, kept) = if config.webhooks.is_empty() {
        (choice::taken_back(form.lang, guest)?, None)
    } else {
        choice::withdraw(form.shown(), guest).await.map(|(token, id)| (token, Some(id)))?
    };
    let Guest { books, now, .. } = guest;
    let beyond_recovery = books.desk.record_keys.beyond_recovery(now);
    let deposit = books.desk.deposit.as_path();
    let erasing = Erasing { site: &config.name, visitor: number, but: kept, deposit, now, beyond_recovery };
    let erased = rights::erase(&books.store, erasing).await;
    let count = erased
        .inspect_err(|error| tracing::error!(error = error as &dyn std::error::Error, "records can't be erased"))
        .ok()?;
    let words = texts.requests.done_erased.replace("{n}", &count.to_string());
    Some(Done { token, told: Told::Erased(count), words })
}
