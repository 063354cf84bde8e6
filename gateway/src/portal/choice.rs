//! Taking a choice: checked, recorded, answered with the sealed cookie and with what it expires. A grant waits for
//! its commit; without a durable record there is no grant. A refusal takes effect at once, recorded or not.

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use policies::banner::{PATH_GUARDIAN, PATH_SETTINGS};
use policies::consent::{Answers, Choice, ChoiceError, GrantIds, Guardian, Surface, Unrecorded};
use policies::{Act, Decision, Lang, Record, Token};

use super::form::{Form, Shown};
use super::post::{self, Refusal};
use super::{Guest, answer, circumstances, cookie, pages, receipt, waiting};
use crate::body::Body;
use crate::config::Doubt;
use crate::expiry::{deletions, sweep};
use crate::seal::{self, random};
use crate::stats::{Chosen, Place, Scene};
use crate::wire::cookie_header::all_pairs;

/// What becomes of a post.
enum Outcome {
    Taken(Box<(Recorded, Form)>),
    Refused(Refusal),
    /// Who accepts must first say whether they are old enough to.
    AgeIsAsked(Box<Form>),
}

/// A choice that has been taken.
#[derive(Clone, Copy)]
struct Recorded {
    token: Token,
    /// Its record; of a pure refusal known only while it is answered.
    id: [u8; 16],
}

/// Takes a posted choice.
pub(super) async fn take(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let by_script = post::by_script(&parts.headers);
    let form = match post::read(&parts.headers, body, guest).await {
        Ok(form) => form,
        Err(refusal) => return refusal.answer(&parts.headers, guest),
    };
    match outcome(form, guest).await {
        Outcome::Taken(taken) => {
            let (recorded, form) = *taken;
            let response = answer_taken(&recorded.token, &form, &parts.headers, by_script, guest);
            let is_stored = recorded.token.unrecorded.is_none();
            if form.receipt && is_stored && !by_script && receipt::is_opened(&parts.headers, guest) {
                receipt::instead(response, recorded.id, &recorded.token, form.lang, guest).await
            } else {
                response
            }
        }
        Outcome::Refused(refusal) => refusal.answer(&parts.headers, guest),
        // The banner's code posts the form again as a plain one, which ends in the page below.
        Outcome::AgeIsAsked(_) if by_script => answer::text(StatusCode::PRECONDITION_REQUIRED, String::new()),
        Outcome::AgeIsAsked(form) => pages::age(&form, guest),
    }
}

async fn outcome(form: Form, guest: Guest<'_>) -> Outcome {
    let policy = &guest.site.config.policy;
    let choice = match form.act.map(|act| Choice::new(policy, act, &answers(&form), guest.visitor.token.as_ref())) {
        Some(Ok(choice)) => choice,
        Some(Err(ChoiceError::TooManyExceptions)) => return Outcome::Refused(Refusal::TOO_MANY),
        None | Some(Err(_)) => return Outcome::Refused(Refusal::BAD_REQUEST),
    };
    let choice = match (asks_age(&choice, guest), form.of_age) {
        (true, None) => return Outcome::AgeIsAsked(Box::new(form)),
        (true, Some(false)) => match guardians_grant(guest) {
            Some(token) => choice.within(&token),
            None => choice.without_grants(),
        },
        (true, Some(true)) | (false, _) => choice,
    };
    match recorded(choice, form.shown(), guest).await {
        Some(recorded) => Outcome::Taken(Box::new((recorded, form))),
        None => Outcome::Refused(Refusal::NOT_STORED),
    }
}

/// A choice that was recorded; None where it could not be.
async fn recorded(choice: Choice, shown: Shown, guest: Guest<'_>) -> Option<Recorded> {
    let (token, id) = token_of(choice, shown.lang, guest)
        .inspect_err(|error| tracing::error!(%error, "a choice can't be taken"))
        .ok()?;
    let token = record(token, id, shown, guest).await?;
    // What a guardian granted ends when it would have ended: a part of it, saved again, renews nothing.
    let granted = guardians_grant(guest).filter(|_| token.guardian.is_some());
    Some(Recorded { token: Token { made: granted.map_or(token.made, |granted| granted.made), ..token }, id })
}

/// Refuses everything, where a visitor may not agree alone or wants nothing processed. None where it could not be recorded, nor owed.
pub(super) async fn refuse(shown: Shown, surface: Surface, guest: Guest<'_>) -> Option<Token> {
    let choice = Choice::new(&guest.site.config.policy, Act::RefuseAll, &Answers::default(), None).ok()?;
    let shown = Shown { surface: Some(surface), ..shown };
    let token = recorded(choice, shown, guest).await?.token;
    count(&token, Manner::default(), guest);
    Some(token)
}

fn answers(form: &Form) -> Answers<'_> {
    Answers {
        purposes: form.purposes.iter().map(String::as_str).collect(),
        items: form.items.clone(),
        session: form.session,
        shared: form.shared,
    }
}

/// Whether the site asks who grants this if they may. Who granted something before under the same policy has said so; what
/// a guardian granted needs no answer while it holds.
fn asks_age(choice: &Choice, guest: Guest<'_>) -> bool {
    let may = match guardians_grant(guest) {
        Some(token) => !choice.adds_to(&token),
        None => under_this_policy(guest).is_some_and(|token| token.guardian.is_none() && !token.is_pure_refusal()),
    };
    guest.site.config.switches.ask_age && !choice.is_pure_refusal() && !may
}

/// The visitor's token, if it was made under the version in force.
pub(super) fn of_this_version(guest: Guest<'_>) -> Option<Token> {
    guest.visitor.token.filter(|token| token.policy == guest.site.config.policy.version)
}

/// The visitor's token as it stands under the version in force, if it was made under that or an earlier one.
pub(super) fn under_this_policy(guest: Guest<'_>) -> Option<Token> {
    of_this_version(guest).or_else(|| Some(guest.site.config.policy.carried(guest.visitor.token.as_ref()?)?.token))
}

/// The visitor's token, if it grants something and its time is not over.
pub(super) fn granting(guest: Guest<'_>) -> Option<Token> {
    let holds = |token: &Token| guest.now < token.made.plus_seconds(guest.visitor.terms.grant_seconds);
    under_this_policy(guest).filter(|token| !token.is_pure_refusal() && holds(token))
}

fn guardians_grant(guest: Guest<'_>) -> Option<Token> {
    granting(guest).filter(|token| token.guardian == Some(Guardian::Agreed))
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
    let waits = of_this_version(guest).filter(|token| token.reference().is_some());
    let token = Token {
        policy: guest.site.config.policy.version,
        granted: choice.granted,
        exceptions: choice.exceptions,
        act: choice.act,
        mode: choice.mode,
        regime: guest.visitor.terms.regime,
        lang,
        signals: guest.visitor.signals,
        made: guest.now,
        shared: choice.shared,
        sweep: takes_back(&choice, guest).then_some(0),
        unrecorded: None,
        ids,
        guardian: choice.guardian_after(waits.or_else(|| guardians_grant(guest)).as_ref()),
        // What is chosen meanwhile holds once the suspension is taken back.
        suspended: guest.visitor.token.is_some_and(|token| token.suspended),
    };
    Ok((token, record))
}

/// Whether the choice refuses what held until now: then it may stand in the browser where this request doesn't show it.
fn takes_back(choice: &Choice, guest: Guest<'_>) -> bool {
    let before = guest.decision();
    let optional = guest.site.config.policy.optional();
    let lost = before.granted.intersection(optional).without(choice.granted);
    let lost_singly =
        before.exceptions.iter().any(|(key, allowed)| allowed && choice.exceptions.answer(key) != Some(true));
    !lost.is_empty() || lost_singly || !choice.exceptions.refusals().is_empty()
}

/// Stores the record. None: it was a grant and could not be stored. A refusal comes back marked instead.
async fn record(token: Token, id: [u8; 16], shown: Shown, guest: Guest<'_>) -> Option<Token> {
    let config = &guest.site.config;
    let mut record = Record::of_token(id, &config.name, &config.policy, &token);
    record.words = shown.words;
    record.circumstances = circumstances::of(&token, shown, guest).await;
    // Who takes a grant back is the one who gave it: the record says so, the cookie no longer does.
    record.visitor = record.visitor.or_else(|| guest.visitor.token.and_then(|token| token.ids).map(|ids| ids.visitor));
    let stored = guest.books.store.append(record).await;
    if stored.is_err() {
        guest.books.settle(guest.site, Doubt::StoreDown);
    }
    match stored {
        Ok(()) => Some(token),
        Err(_) if token.is_pure_refusal() => {
            Some(Token { unrecorded: Some(Unrecorded { salt: u16::from_be_bytes(random().ok()?) }), ..token })
        }
        Err(_) => None,
    }
}

fn answer_taken(token: &Token, form: &Form, headers: &HeaderMap, by_script: bool, guest: Guest<'_>) -> Response<Body> {
    let config = &guest.site.config;
    let decision = guest.visitor.decision_by(token, guest.site, guest.now);
    let manner = Manner { plain: !by_script, waited: form.waited, path: Some(&form.back) };
    count(token, manner, guest);
    let released = waiting::release(form, &decision, token, guest);
    let mut response = if by_script {
        // A second line says that something is not waiting any more.
        let lost = if released.lost { format!("\n{}", guest.texts(form.lang).ask.lost) } else { String::new() };
        answer::text(StatusCode::OK, format!("{}{lost}", config.policy.ids(decision.granted).join(" ")))
    } else if released.lost {
        answer::see_other(&format!("{}&{}=yes", pages::address(PATH_SETTINGS, form, guest), pages::LOST))
    } else if form.of_age == Some(false) && guest.site.config.switches.ask_age {
        answer::see_other(&pages::address(PATH_GUARDIAN, form, guest))
    } else {
        answer::see_other(&form.back)
    };
    put_down(&mut response, token, &decision, headers, guest);
    response.headers_mut().extend(released.lines.into_iter().map(|line| (SET_COOKIE, line)));
    response
}

/// The token's cookie, and the expiries of what it refuses.
pub(super) fn put_down(
    response: &mut Response<Body>,
    token: &Token,
    decision: &Decision,
    headers: &HeaderMap,
    guest: Guest<'_>,
) {
    let (expiries, token) = expiries(decision, *token, headers, guest);
    let own = cookie::line(guest.site, guest.visitor.scheme, &guest.runtime.seal, &token);
    response.headers_mut().extend(own.into_iter().chain(expiries).map(|line| (SET_COOKIE, line)));
}

/// The token of a visitor who takes everything back, without a record of it.
pub(super) fn taken_back(lang: Option<Lang>, guest: Guest<'_>) -> Option<Token> {
    let choice = Choice::new(&guest.site.config.policy, Act::Withdraw, &Answers::default(), None).ok()?;
    Some(token_of(choice, lang, guest).ok()?.0)
}

/// Takes everything back, on record; the token and the record's id. None where it could not be recorded.
pub(super) async fn withdraw(shown: Shown, guest: Guest<'_>) -> Option<(Token, [u8; 16])> {
    let choice = Choice::new(&guest.site.config.policy, Act::Withdraw, &Answers::default(), None).ok()?;
    let (token, id) = token_of(choice, shown.lang, guest).ok()?;
    let shown = Shown { surface: Some(Surface::Rights), ..shown };
    let token = record(token, id, shown, guest).await?;
    token.unrecorded.is_none().then_some((token, id))
}

/// Expires what came with this very request and is refused now, then what stands elsewhere, as far as one answer goes;
/// the token says how far that is.
fn expiries(decision: &Decision, token: Token, headers: &HeaderMap, guest: Guest<'_>) -> (Vec<HeaderValue>, Token) {
    let Guest { site, visitor, books, .. } = guest;
    let most = guest.runtime.limits.expiries;
    let came = all_pairs(headers).map(|pair| pair.name);
    let mut lines = deletions(site, visitor, decision, &books.inventory, came, most);
    let Some(from) = token.sweep else { return (lines, token) };
    let rest = sweep(site, visitor, decision, &books.inventory, from, most.saturating_sub(lines.len()));
    lines.extend(rest.lines);
    (lines, Token { sweep: rest.next, ..token })
}

/// How a choice came, for the statistics.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manner<'m> {
    /// Whether the form posted itself, without script.
    plain: bool,
    /// Seconds from the banner to the press, as its script says.
    waited: Option<u32>,
    /// Path and query that the form stood at.
    path: Option<&'m str>,
}

/// Counts a choice. Who has had all processing suspended is in no statistics.
pub(super) fn count(token: &Token, manner: Manner<'_>, guest: Guest<'_>) {
    let Guest { site, visitor, books, now, .. } = guest;
    if visitor.is_suspended() {
        return;
    }
    let Manner { plain, waited, path } = manner;
    let place = path.map_or(Place::Nowhere, Place::Of);
    let scene = Scene { site, traits: visitor.traits(site), place, now };
    let (before, known) = (guest.decision(), visitor.token.is_some());
    books.tally.choice(&scene, Chosen { token, before: &before, known, plain, waited });
}
