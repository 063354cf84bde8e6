//! Requests that visitors send, and where one stands. What they write is theirs: it is sealed in the register and stands in no log.
//!
//! Refuses what is empty, too long or too much at once; the page says so and keeps what was written. Invariant: a reference is given for what
//! is stored, and for nothing else.

use http::{Request, Response, StatusCode};
use policies::rights::{Actor, Entered, LONGEST_ABOUT, Reply, RequestKind, RequestReference, Unwritable, line, prose};

use super::form::Form;
use super::me::{self, Happened};
use super::{Guest, post};
use crate::body::Body;
use crate::rights::{self, Error};
use crate::view::{Draft, Found, Problem};

/// Takes a request.
pub(super) async fn take(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    // The policy may have changed while somebody wrote: what they ask for is the same.
    let form = match post::read_any(&parts.headers, body, guest).await {
        Ok(form) => form,
        Err(refusal) => return refusal.answer(&parts.headers, guest),
    };
    let asked = me::asked(form.lang, &form.back, guest);
    match entered(&form, guest).await {
        Ok(reference) => {
            me::show(StatusCode::OK, &asked, Happened { taken: Some(reference), ..Happened::default() }, guest).await
        }
        Err(problem) => {
            let status = match problem {
                Problem::Badly => StatusCode::UNPROCESSABLE_ENTITY,
                Problem::Full => StatusCode::TOO_MANY_REQUESTS,
                Problem::NotStored => StatusCode::SERVICE_UNAVAILABLE,
            };
            let draft = Draft { kind: form.kind, about: form.about, reply: form.reply };
            me::show(status, &asked, Happened { draft, problem: Some(problem), ..Happened::default() }, guest).await
        }
    }
}

async fn entered(form: &Form, guest: Guest<'_>) -> Result<RequestReference, Problem> {
    let Guest { site, visitor, books, now, .. } = guest;
    let written = written(form, guest).map_err(|_| Problem::Badly)?;
    if !books.desk.entrance.admits(&site.config.name, visitor.prefix(), now) {
        return Err(Problem::Full);
    }
    let mut reference = RequestReference::parse(&form.reference).or_else(me::fresh).ok_or(Problem::NotStored)?;
    let mut stored = store(reference, &written, guest).await;
    if matches!(stored, Err(Error::Taken)) {
        // The page was gone back to and holds the last request's reference: this one gets its own.
        reference = me::fresh().ok_or(Problem::NotStored)?;
        stored = store(reference, &written, guest).await;
    }
    match stored {
        Ok(()) => Ok(reference),
        Err(error) => {
            tracing::error!(
                site = site.config.name,
                error = &error as &dyn std::error::Error,
                "a request can't be stored"
            );
            Err(Problem::NotStored)
        }
    }
}

async fn store(reference: RequestReference, entered: &Entered, guest: Guest<'_>) -> Result<(), Error> {
    let Guest { site, books, now, .. } = guest;
    let (id, config) = (reference.request(), &site.config);
    let (_, step) = rights::enter(&books.store, config, id, entered.clone(), Actor::Visitor, now).await?;
    books.desk.pending.note(&step, config.life.day(now));
    Ok(())
}

fn written(form: &Form, guest: Guest<'_>) -> Result<Entered, Unwritable> {
    let kind = form.kind.filter(|kind| RequestKind::ASKED.contains(kind)).ok_or(Unwritable::Empty)?;
    let reply = if form.reply.trim().is_empty() { Reply::Page } else { Reply::To(line(&form.reply)?) };
    Ok(Entered {
        kind,
        about: prose(&form.about, LONGEST_ABOUT)?,
        reply,
        lang: guest.lang(form.lang),
        visitor: guest.visitor.number(),
        authority: None,
    })
}

/// Shows where a request stands, to whoever has its reference.
pub(super) async fn look_up(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let form = match post::read_any(&parts.headers, body, guest).await {
        Ok(form) => form,
        Err(refusal) => return refusal.answer(&parts.headers, guest),
    };
    let asked = me::asked(form.lang, &form.back, guest);
    let config = &guest.site.config;
    let known = match RequestReference::parse(&form.reference) {
        None => Ok(None),
        Some(reference) => rights::find(guest.books.store.archive(), config, reference.request()).await,
    };
    let (status, found) = match known {
        Ok(Some(request)) => (StatusCode::OK, Found::of(&request, &asked.scene(&guest), |at| config.life.day(at))),
        Ok(None) => (StatusCode::NOT_FOUND, Found::Unknown),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a request can't be read");
            (StatusCode::SERVICE_UNAVAILABLE, Found::Unread)
        }
    };
    me::show(status, &asked, Happened { found: Some(found), ..Happened::default() }, guest).await
}
