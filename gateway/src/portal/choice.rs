//! Taking a choice: checked, recorded, answered with the sealed cookie and with what it expires. A grant waits for
//! its commit; without a durable record there is no grant. A refusal takes effect at once, recorded or not.

use http::header::{ACCEPT, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use policies::consent::{Choice, GrantIds, Unrecorded};
use policies::policy::texts::{ErrorTexts, Texts};
use policies::{Decision, Lang, Mode, Record, Token, decide};

use super::form::{self, Form};
use super::sender::Sender;
use super::{Guest, answer, cookie};
use crate::body::Body;
use crate::config::Doubt;
use crate::expiry::deletions;
use crate::seal::{self, random};
use crate::stats::Event;
use crate::wire::cookie_header::all_pairs;

/// Picks the sentence for the visitor, in whichever language.
type Sentence = fn(&'static ErrorTexts) -> &'static String;

/// What becomes of a post, and the sentence for the visitor where it is not a choice.
enum Outcome {
    Taken { token: Token, form: Form },
    Refused { status: StatusCode, sentence: Sentence },
}

/// Takes a posted choice.
pub(super) async fn take(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    let by_script = headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/plain"));
    match outcome(headers, body, guest).await {
        Outcome::Taken { token, form } => taken(&token, &form, headers, by_script, guest),
        Outcome::Refused { status, sentence } if by_script => {
            answer::text(status, sentence(&Texts::bundled(guest.lang(None)).error).clone())
        }
        Outcome::Refused { status, sentence } => super::pages::sentence(status, sentence, guest),
    }
}

async fn outcome(headers: &HeaderMap, body: Body, guest: Guest<'_>) -> Outcome {
    let refused = |status, sentence: Sentence| Outcome::Refused { status, sentence };
    let sender = Sender::read(headers, guest.visitor.scheme, &guest.visitor.host);
    if sender == Sender::Elsewhere {
        return refused(StatusCode::FORBIDDEN, |texts| &texts.cross_site);
    }
    let form = match form::read(headers, body, guest.runtime.limits.form_bytes).await {
        Ok(form) => form,
        Err(form::Error::Kind) => return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, |texts| &texts.bad_request),
        Err(form::Error::TooLarge) => return refused(StatusCode::PAYLOAD_TOO_LARGE, |texts| &texts.too_large),
        Err(form::Error::Shape | form::Error::Broken(_)) => {
            return refused(StatusCode::BAD_REQUEST, |texts| &texts.bad_request);
        }
    };
    if sender == Sender::Unsaid && !guest.sealed(&form.seal) {
        return refused(StatusCode::FORBIDDEN, |texts| &texts.cross_site);
    }
    let policy = &guest.site.config.policy;
    if form.policy != policy.version.to_string() {
        return refused(StatusCode::CONFLICT, |texts| &texts.policy_changed);
    }
    let choice = form.act.map(|act| Choice::new(policy, act, form.purposes.iter().map(String::as_str)));
    let Some(Ok(choice)) = choice else { return refused(StatusCode::BAD_REQUEST, |texts| &texts.bad_request) };
    let recorded = match token_of(choice, form.lang, guest) {
        Ok((token, id)) => record(token, id, guest).await,
        Err(error) => {
            tracing::error!(%error, "a choice can't be taken");
            None
        }
    };
    match recorded {
        Some(token) => Outcome::Taken { token, form },
        None => refused(StatusCode::SERVICE_UNAVAILABLE, |texts| &texts.not_stored),
    }
}

/// The token of a choice, and the id of its record.
fn token_of(choice: Choice, lang: Option<Lang>, guest: Guest<'_>) -> Result<(Token, [u8; 16]), seal::Error> {
    let record = random()?;
    let known = guest.visitor.token.and_then(|token| token.ids).map(|ids| ids.visitor);
    let ids = if choice.is_pure_refusal() {
        None
    } else {
        Some(GrantIds { visitor: known.map_or_else(random, Ok)?, record })
    };
    let token = Token {
        policy: guest.site.config.policy.version,
        granted: choice.granted,
        act: choice.act,
        mode: Mode::AsSet,
        regime: guest.site.config.regime,
        lang,
        signals: guest.visitor.signals,
        made: guest.now,
        unrecorded: None,
        ids,
    };
    Ok((token, record))
}

/// Stores the record. None: it was a grant and could not be stored. A refusal comes back marked instead.
async fn record(token: Token, id: [u8; 16], guest: Guest<'_>) -> Option<Token> {
    let config = &guest.site.config;
    let mut record = Record::of_token(id, &config.name, &config.policy, &token);
    // Who takes a grant back is the one who gave it: the record says so, the cookie no longer does.
    record.visitor = record.visitor.or_else(|| guest.visitor.token.and_then(|token| token.ids).map(|ids| ids.visitor));
    let stored = guest.books.store.append(record).await;
    if stored.is_err() {
        guest.books.settle(guest.site, Doubt::StoreDown);
    }
    match stored {
        Ok(()) => Some(token),
        Err(_) if token.granted.is_empty() => {
            Some(Token { unrecorded: Some(Unrecorded { salt: u16::from_be_bytes(random().ok()?) }), ..token })
        }
        Err(_) => None,
    }
}

fn taken(token: &Token, form: &Form, headers: &HeaderMap, by_script: bool, guest: Guest<'_>) -> Response<Body> {
    let config = &guest.site.config;
    let decision = decide(&config.policy, config.regime, Some(token), guest.visitor.signals, guest.now);
    count(token, guest);
    let mut response = if by_script {
        answer::text(StatusCode::OK, config.policy.ids(decision.granted).join(" "))
    } else {
        answer::see_other(&form.back)
    };
    let lines = response.headers_mut();
    lines.extend(
        cookie::line(guest.site, guest.visitor.scheme, &guest.runtime.seal, token).map(|line| (SET_COOKIE, line)),
    );
    for line in expiries(decision, headers, guest) {
        lines.append(SET_COOKIE, line);
    }
    response
}

/// Expires what came with this very request and is refused now.
fn expiries(decision: Decision, headers: &HeaderMap, guest: Guest<'_>) -> Vec<HeaderValue> {
    let came = all_pairs(headers).map(|pair| pair.name);
    let most = guest.runtime.limits.expiries;
    deletions(guest.site, guest.visitor, &decision, &guest.books.inventory, came, most)
}

fn count(token: &Token, guest: Guest<'_>) {
    let config = &guest.site.config;
    let count = |event| guest.books.tally.count(&config.name, config.policy.version, event, guest.now);
    count(Event::Choice(token.act));
    for (index, purpose) in config.policy.indexed().filter(|(_, purpose)| purpose.is_optional()) {
        let granted = token.granted.contains(index);
        count(if granted { Event::Granted(&purpose.id) } else { Event::Refused(&purpose.id) });
    }
}
