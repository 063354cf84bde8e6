//! The page on what is kept of a visitor, and the same as a file. The store is read for who asks, and for nobody else.
//!
//! Refuses to look for anything but the number in the sealed cookie. Invariant: nobody sees the records of another number.

use http::header::{CONTENT_DISPOSITION, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use policies::rights::RequestReference;
use policies::{Date, Lang, Record, Token};
use serde_json::{Value, json};

use super::pages::Asked;
use super::{Guest, answer};
use crate::body::Body;
use crate::ledger::letters::{hex, moment};
use crate::rights;
use crate::seal::random;
use crate::store::Error;
use crate::view::{self, Choices, Draft, Ending, Found, MePage, Problem, Told};

/// Records that the page shows.
const SHOWN: usize = 100;
/// Records that the file holds.
const IN_FILE: usize = 10_000;

/// What happened before the page is shown.
#[derive(Default)]
pub(super) struct Happened {
    pub(super) told: Option<Told>,
    pub(super) draft: Draft,
    pub(super) taken: Option<RequestReference>,
    pub(super) problem: Option<Problem>,
    pub(super) found: Option<Found>,
    /// The token after it, where it changed.
    pub(super) token: Option<Token>,
}

/// The page.
pub(super) async fn page(asked: Asked, guest: Guest<'_>) -> Response<Body> {
    show(StatusCode::OK, &asked, Happened::default(), guest).await
}

/// The page after something was done.
pub(super) async fn show(status: StatusCode, asked: &Asked, happened: Happened, guest: Guest<'_>) -> Response<Body> {
    let Happened { told, draft, taken, problem, found, token } = happened;
    let token = token.or(guest.visitor.token);
    let number = token.and_then(|token| token.ids).map(|ids| ids.visitor);
    let choices = match number {
        Some(number) => choices(number, guest).await,
        None => Some(Choices::default()),
    };
    let config = &guest.site.config;
    let last = choices.as_ref().and_then(|choices| choices.records.first()).map(|record| config.life.day(record.made));
    let page = MePage {
        scene: asked.scene(&guest),
        history: &config.life.history,
        number,
        choices,
        ending: ending(last, guest),
        told,
        suspended: token.is_some_and(|token| token.suspended),
        pending: guest.visitor.pending,
        fresh: fresh().map(|reference| reference.to_string()).unwrap_or_default(),
        draft,
        taken: taken.map(|reference| reference.to_string()),
        problem,
        found,
    };
    answer::page(status, view::me_page(page).unwrap_or_default())
}

/// A new reference; None where the system has no random bytes.
pub(super) fn fresh() -> Option<RequestReference> {
    random().map(RequestReference).ok()
}

/// The page's language and way back, as a form posted them.
pub(super) fn asked(lang: Option<Lang>, back: &str, guest: Guest<'_>) -> Asked {
    Asked::posted(lang, back.to_owned(), guest.form_seal())
}

/// What an erasure would do now.
pub(super) fn ending(last: Option<Date>, guest: Guest<'_>) -> Ending {
    let config = &guest.site.config;
    let today = config.life.day(guest.now);
    let restorable_until = config.life.day(guest.books.desk.record_keys.beyond_recovery(guest.now).plus_seconds(-1));
    Ending { today, restorable_until, last, told_on: !config.webhooks.is_empty() }
}

async fn choices(number: [u8; 16], guest: Guest<'_>) -> Option<Choices> {
    let read = read(number, SHOWN, guest).await;
    let read = read
        .inspect_err(|error| {
            tracing::warn!(error = error as &dyn std::error::Error, "a visitor's records can't be read")
        })
        .ok()?;
    let records = read.records.into_iter().map(|(record, _)| record).collect();
    Some(Choices { records, more: read.more, apart: read.apart.len() })
}

/// What is kept under a number.
#[derive(Default)]
struct Read {
    /// The newest first.
    records: Vec<(Record, Vec<u8>)>,
    more: bool,
    /// Documents of what is kept for the law alone.
    apart: Vec<Vec<u8>>,
}

async fn read(number: [u8; 16], most: usize, guest: Guest<'_>) -> Result<Read, Error> {
    let (archive, site) = (guest.books.store.archive(), guest.site.config.name.as_str());
    let (records, more) = rights::records(archive, site, number, most).await?;
    let apart = rights::kept_apart(archive, &guest.books.desk.deposit, site, number, IN_FILE).await?;
    Ok(Read { records, more, apart })
}

/// What is kept, as a file that programs read too.
pub(super) async fn file(guest: Guest<'_>) -> Response<Body> {
    let config = &guest.site.config;
    let number = guest.visitor.number();
    let read = match number {
        None => Read::default(),
        Some(number) => match read(number, IN_FILE, guest).await {
            Ok(read) => read,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a visitor's records can't be read");
                let sentence = guest.texts(None).me.records_unread.clone();
                return answer::text(StatusCode::SERVICE_UNAVAILABLE, sentence);
            }
        },
    };
    let json = |document: &Vec<u8>| serde_json::from_slice(document).ok();
    let documents: Vec<Value> = read.records.iter().filter_map(|(_, document)| json(document)).collect();
    let apart: Vec<Value> = read.apart.iter().filter_map(json).collect();
    let all = json!({
        "site": config.name,
        "operator": config.policy.operator.said_in(Lang::En).1,
        "made": moment(guest.now),
        "number": number.map(|number| hex(&number)),
        "cookie": guest.visitor.token.as_ref().map(|token| of_cookie(token, guest)),
        "suspended_while_a_request_waits": guest.visitor.pending,
        "records": documents,
        "more_records": read.more,
        "records_kept_for_the_law_alone": apart,
    });
    let mut response = answer::json(format!("{all:#}\n"));
    let headers = response.headers_mut();
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"consent.json\""));
    // Another site's page could otherwise draw it in, with the visitor's cookie.
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    response
}

/// What the sealed cookie says.
fn of_cookie(token: &Token, guest: Guest<'_>) -> Value {
    let policy = guest.site.config.life.history.of_version(token.policy).map(|version| &version.policy);
    let granted = policy.map(|policy| policy.ids(token.granted.intersection(policy.optional())));
    json!({
        "policy": token.policy.to_string(),
        "granted": granted,
        "act": token.act.name(),
        "made": moment(token.made),
        "kept": token.mode.name(),
        "language": token.lang.map(Lang::tag),
        "gpc": token.signals.gpc,
        "suspended": token.suspended,
        "record": token.ids.map(|ids| hex(&ids.record)),
    })
}
