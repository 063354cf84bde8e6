//! The receipt of a visitor's choice: as a page, and to take along. For who granted something the sealed cookie says which record
//! is theirs; a pure refusal's is shown in the answer to it, and never again.
//!
//! Refuses whatever a script of the page could read: a receipt has the visitor's number on it, which would serve to follow them.
//! Invariant: nobody gets a receipt but of the record that their own sealed cookie names, or that they made just now.

use http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, ORIGIN, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use policies::policy::texts::Texts;
use policies::{Lang, Record, Token};

use super::pages::{self, Asked};
use super::{Guest, answer};
use crate::body::Body;
use crate::ledger::facts::{Around, Facts};
use crate::ledger::letters::hex;
use crate::ledger::receipt::{self, Keys};
use crate::ledger::{Proven, document, kantara};
use crate::view::{self, Issued, ReceiptPage};

/// Fields of the query: in which form it is taken along.
const FORM: &str = "form";
const SIGNED: &str = "jsonld";
const OLDER: &str = "kantara";

/// The page, or the receipt to take along.
pub(super) async fn page(request: Request<Body>, guest: Guest<'_>) -> Response<Body> {
    if !is_opened(request.headers(), guest) {
        return answer::not_found(guest);
    }
    let asked = Asked::read(&request, &guest);
    let proven = match theirs(guest).await {
        Ok(proven) => proven,
        Err(unreadable) => return unreadable,
    };
    let made = proven.as_ref().and_then(|proven| Made::of(proven, guest.lang(asked.lang()), guest));
    let form = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
        .find_map(|(name, value)| (name == FORM).then(|| value.into_owned()));
    match (form.as_deref(), made) {
        (Some(SIGNED), Some(made)) => {
            file(made.signed, "application/ld+json", &format!("receipt-{}.jsonld", made.number))
        }
        (Some(OLDER), Some(Made { older: Some(older), number, .. })) => {
            file(older, "application/json", &format!("receipt-{number}-kantara.json"))
        }
        (Some(_), _) => answer::not_found(guest),
        (None, made) => shown(made.as_ref(), false, &asked, guest),
    }
}

/// The receipt of a choice that was made just now, in place of the way back.
pub(super) async fn instead(
    taken: Response<Body>,
    id: [u8; 16],
    token: &Token,
    lang: Option<Lang>,
    guest: Guest<'_>,
) -> Response<Body> {
    if taken.status() != StatusCode::SEE_OTHER {
        return taken;
    }
    let Ok(Some(proven)) = guest.books.store.archive().proven(id).await else { return taken };
    let asked = Asked::of(lang, &guest);
    let Some(made) = Made::of(&proven, guest.lang(lang), guest) else { return taken };
    let mut page = shown(Some(&made), token.ids.is_none(), &asked, guest);
    let lines = taken.headers().get_all(SET_COOKIE).iter().map(|line| (SET_COOKIE, line.clone()));
    page.headers_mut().extend(lines);
    page
}

/// Whether a person opens this in a tab: what a script fetches, or frames, is not that.
pub(super) fn is_opened(headers: &HeaderMap, guest: Guest<'_>) -> bool {
    let header = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    match header("sec-fetch-dest") {
        // Over plain http, and in older browsers, nothing says who asks.
        None => guest.visitor.navigation.to_page || (asks_for_html(headers) && headers.contains_key(ORIGIN)),
        Some(b"document") => true,
        // By way of a service worker, which is the site's own and can't be told apart any more.
        Some(b"empty") => header("sec-fetch-mode") == Some(b"navigate"),
        Some(_) => false,
    }
}

/// A form that is posted from a page, as far as its headers tell.
fn asks_for_html(headers: &HeaderMap) -> bool {
    let html = headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"));
    html && !headers.contains_key("x-requested-with") && !headers.contains_key("hx-request")
}

/// The keys that receipts and the log's heads are signed with (RFC 8037), for everybody.
pub(super) fn keys(guest: Guest<'_>) -> Response<Body> {
    answer::json(guest.runtime.published_keys.json())
}

/// The record that the visitor's own cookie names.
async fn theirs(guest: Guest<'_>) -> Result<Option<Proven>, Response<Body>> {
    let Some(ids) = guest.visitor.token.and_then(|token| token.ids) else { return Ok(None) };
    let found = guest.books.store.archive().proven(ids.record).await.map_err(|error| {
        tracing::warn!(%error, "a receipt can't be made out");
        pages::sentence(StatusCode::SERVICE_UNAVAILABLE, |texts| &texts.busy, guest)
    })?;
    let is_theirs =
        |proven: &Proven| proven.entry.site == guest.site.config.name && proven.entry.subject == Some(ids.visitor);
    Ok(found.filter(is_theirs))
}

/// A receipt in its forms.
struct Made {
    record: Record,
    facts: Facts,
    signed: Vec<u8>,
    older: Option<Vec<u8>>,
    number: String,
    proven: Proven,
}

impl Made {
    fn of(proven: &Proven, lang: Lang, guest: Guest<'_>) -> Option<Self> {
        let record = document::read(&proven.entry.contents).ok()?;
        let config = &guest.site.config;
        let version = config.life.history.of_version(record.policy);
        let policy = version.map_or(&config.policy, |version| &version.policy);
        let words: &Texts = config.wording.in_lang(lang);
        let base = base(guest);
        let around = Around { lang, base: &base, how_to_withdraw: &words.receipt.how_to };
        let facts = Facts::of(&record, policy, around);
        let key = &guest.runtime.receipt_key;
        let signed = receipt::issue(proven, &facts, key, guest.now).ok()?;
        let older = kantara(&record, &facts, key.public());
        let number = hex(&record.id);
        Some(Self { record, facts, signed, older, number, proven: proven.clone() })
    }
}

/// Scheme, host and reserved prefix, as the visitor sees them.
fn base(guest: Guest<'_>) -> String {
    let prefix = &guest.site.config.prefix;
    if prefix.starts_with('/') {
        format!("{}://{}{prefix}", guest.visitor.scheme.name(), guest.visitor.host)
    } else {
        prefix.clone()
    }
}

/// The keys of this gateway, those of before among them.
pub(super) fn known_keys(guest: Guest<'_>) -> Keys {
    guest.runtime.published_keys.keys()
}

fn shown(made: Option<&Made>, once: bool, asked: &Asked, guest: Guest<'_>) -> Response<Body> {
    let issued = made.map(|made| Issued {
        facts: &made.facts,
        number: &made.number,
        placed: made.proven.proof.as_ref().map(|proof| (proof.place, proof.head.size, proof.head.made)),
        ask_again: guest.now.plus_seconds(receipt::ASK_AGAIN),
        signed: &made.signed,
        older: made.older.as_deref(),
        once,
        nothing_granted: made.record.granted.is_empty(),
    });
    let had_number = guest.visitor.token.is_some_and(|token| token.ids.is_some());
    let page = ReceiptPage { scene: asked.scene(&guest), issued, had_number };
    let mut response = answer::page(StatusCode::OK, view::receipt_page(&page).unwrap_or_default());
    alone(response.headers_mut());
    response
}

/// A page that opened this one can't look into it.
fn alone(headers: &mut HeaderMap) {
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
}

fn file(bytes: Vec<u8>, media: &'static str, name: &str) -> Response<Body> {
    let mut response = answer::json(String::from_utf8(bytes).unwrap_or_default());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    // The name is made of our own words and hexadecimal digits.
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.extend(disposition.ok().map(|value| (CONTENT_DISPOSITION, value)));
    alone(headers);
    response
}
