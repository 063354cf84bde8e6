//! The statistics for programs: `/api/v1/`, described by the OpenAPI document that it serves.
//!
//! Refuses parameters that nobody reads, in words that say what is allowed ([`problem`]). Invariant: the router and the document have the same
//! paths, methods and parameters; a test compares them.

mod files;
mod problem;
#[cfg(test)]
mod tests;

use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::board::{Reader, frame, store_what_waits};
use super::fault::{Fault, Wrong};
use super::notes::{self, Untaken};
use super::query::Pairs;
use super::scope::{PARAMETERS, Scope};
use super::shape::{self, Answer};
use crate::stats::ask::{AskError, ask, values};
use crate::stats::definitions::{Kind, definitions};
use crate::stats::figures::Answer as Told;
use crate::store::Note;
use crate::view::admin::Words;
use policies::Lang;

/// What every path begins with.
pub(super) const PREFIX: &str = "/api/v1/";

/// Notes that one answer tells.
const MOST_NOTES: usize = 2_000;

/// The document, but for the sites' names.
const DOCUMENT: &str = include_str!("openapi.json");

const READ: &str = "GET, HEAD";
const PERIOD: &[&str] = &["site", "period", "from", "to"];

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    Document,
    Sites,
    Figures,
    Csv,
    Jsonl,
    Values,
    Definitions,
    Policies,
    Notes,
    Note,
}

/// Every path behind the prefix, the methods that it has, and the parameters that it reads.
const ROUTES: [(&str, Route, &str, &[&str]); 10] = [
    ("openapi.json", Route::Document, READ, &[]),
    ("sites", Route::Sites, READ, &[]),
    ("figures", Route::Figures, READ, &PARAMETERS),
    ("figures.csv", Route::Csv, READ, &PARAMETERS),
    ("figures.jsonl", Route::Jsonl, READ, &PARAMETERS),
    ("values", Route::Values, READ, PERIOD),
    ("definitions", Route::Definitions, READ, &[]),
    ("policies", Route::Policies, READ, PERIOD),
    ("notes", Route::Notes, "GET, HEAD, POST", PERIOD),
    ("notes/{id}", Route::Note, "DELETE", &["site"]),
];

/// What is under way: a request that was looked at.
struct Call<'c, 'r> {
    reader: &'c Reader<'r>,
    parts: &'c Parts,
    path: &'c str,
    pairs: &'c Pairs,
    body: &'c [u8],
}

/// Answers a request behind [`PREFIX`].
pub(super) async fn answer(reader: &Reader<'_>, parts: &Parts, path: &str, pairs: &Pairs, body: &[u8]) -> Answer {
    let found = ROUTES.iter().find(|(template, ..)| is_of(template, path));
    let Some((_, route, methods, known)) = found else {
        return problem::told(StatusCode::NOT_FOUND, "There is no such path; see /api/v1/openapi.json.", &[]);
    };
    if !methods.split(", ").any(|method| method == parts.method.as_str()) {
        return problem::method(methods);
    }
    let posts = parts.method == Method::POST;
    if let Some(fault) = fault_of(pairs, if posts { &[] } else { known }) {
        return problem::of(&[fault]);
    }
    let call = Call { reader, parts, path, pairs, body };
    match route {
        Route::Document => shape::json(&document(reader)),
        Route::Sites => shape::json(&sites(reader)),
        Route::Definitions => shape::json(&meanings()),
        Route::Figures => figures_as(&call, shape::json).await,
        Route::Csv => figures_as(&call, files::csv).await,
        Route::Jsonl => figures_as(&call, files::jsonl).await,
        Route::Values => values_of(&call).await,
        Route::Policies => figures_as(&call, |told| shape::json(&json!({ "policies": told.policies }))).await,
        Route::Notes if posts => add_note(&call).await,
        Route::Notes => notes_of(&call).await,
        Route::Note => remove_note(&call).await,
    }
}

fn is_of(template: &str, path: &str) -> bool {
    match template.strip_suffix("{id}") {
        Some(before) => path.strip_prefix(before).is_some_and(|id| !id.is_empty() && !id.contains('/')),
        None => template == path,
    }
}

/// A parameter that nobody reads here, that stands twice, or that is empty.
fn fault_of(pairs: &Pairs, known: &'static [&'static str]) -> Option<Fault> {
    if pairs.stranger(known).is_some() {
        return Some(Fault::of("query", Wrong::Unknown(known.to_vec())));
    }
    if pairs.doubled().is_some() {
        return Some(Fault::of("query", Wrong::Twice));
    }
    let empty = known.iter().find(|name| pairs.has(name) && pairs.value(name).is_none());
    empty.map(|name| Fault::of(name, Wrong::Empty))
}

/// The scope of a call, without any fault.
fn scope(call: &Call<'_, '_>) -> Result<Scope, Vec<Fault>> {
    let (scope, faults) = Scope::read(call.pairs, call.reader.config, call.reader.now);
    if faults.is_empty() { Ok(scope) } else { Err(faults) }
}

async fn figures_as(call: &Call<'_, '_>, shaped: impl FnOnce(&Told) -> Answer) -> Answer {
    let scope = match scope(call) {
        Ok(scope) => scope,
        Err(faults) => return problem::of(&faults),
    };
    let books = call.reader.books;
    store_what_waits(books).await;
    let frame = frame(call.reader, scope.site.as_deref());
    match ask(books.store.archive(), &scope.question(), &frame).await {
        Ok(told) => shaped(&told),
        Err(AskError::Refused(refused)) => problem::of(&[Fault::of_refused(&refused)]),
        Err(AskError::Store(error)) => problem::unavailable(&error),
    }
}

async fn values_of(call: &Call<'_, '_>) -> Answer {
    let scope = match scope(call) {
        Ok(scope) => scope,
        Err(faults) => return problem::of(&faults),
    };
    let books = call.reader.books;
    store_what_waits(books).await;
    match values(books.store.archive(), scope.site.as_deref(), scope.from, scope.to).await {
        Ok(all) => shape::json(&json!({ "dimensions": all })),
        Err(error) => problem::unavailable(&error),
    }
}

fn sites(reader: &Reader<'_>) -> Value {
    let site = |site: &crate::config::SiteConfig| {
        let zone = site.life.zone().iana_name().unwrap_or("UTC");
        let purposes = site.policy.purposes.iter().map(|purpose| {
            json!({ "id": purpose.id, "name": { "ko": purpose.name.in_lang(Lang::Ko), "en": purpose.name.in_lang(Lang::En) } })
        });
        json!({ "name": site.name, "time_zone": zone, "purposes": purposes.collect::<Vec<_>>() })
    };
    json!({ "sites": reader.config.sites.iter().map(site).collect::<Vec<_>>() })
}

fn meanings() -> Value {
    let both = |text: &policies::Text| json!({ "ko": text.in_lang(Lang::Ko), "en": text.in_lang(Lang::En) });
    let all = definitions();
    let rows = all.rows.iter().map(|row| {
        let (kind, of) = match &row.kind {
            Kind::Figure(unit) => ("figure", unit),
            Kind::OfPurpose(unit) => ("purpose_figure", unit),
            Kind::Rate(figures) => ("rate", figures),
        };
        json!({ "name": row.name, "kind": kind, "of": of, "label": both(&row.label), "meaning": both(&row.meaning) })
    });
    let rows: Vec<Value> = rows.collect();
    json!({ "version": all.version, "notes": all.notes.iter().map(both).collect::<Vec<_>>(), "definitions": rows })
}

/// The document with the names of this gateway's sites.
fn document(reader: &Reader<'_>) -> Value {
    let mut document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
    let names: Vec<&str> = reader.config.sites.iter().map(|site| site.name.as_str()).collect();
    if let Some(site) = document.pointer_mut("/components/schemas/Site")
        && !names.is_empty()
    {
        *site = json!({ "type": "string", "description": "A site's name in the configuration.", "enum": names });
    }
    document
}

// --- Notes -----------------------------------------------------------------------------------------------------------

fn note_json(note: &Note) -> Value {
    json!({ "site": note.site, "id": note.id, "day": note.day.to_string(), "words": note.words })
}

async fn notes_of(call: &Call<'_, '_>) -> Answer {
    let scope = match scope(call) {
        Ok(scope) => scope,
        Err(faults) => return problem::of(&faults),
    };
    let archive = call.reader.books.store.archive();
    match archive.notes(scope.site.clone(), scope.from, scope.to, MOST_NOTES).await {
        Ok(notes) => shape::json(&json!({ "notes": notes.iter().map(note_json).collect::<Vec<_>>() })),
        Err(error) => problem::unavailable(&error),
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    site: String,
    day: String,
    words: String,
}

async fn add_note(call: &Call<'_, '_>) -> Answer {
    let media = call.parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json = media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return problem::told(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send the note as application/json.", &[]);
    }
    let Ok(written) = serde_json::from_slice::<Written>(call.body) else {
        let detail = "Send {\"site\": …, \"day\": \"YYYY-MM-DD\", \"words\": …}, each as text, and nothing else.";
        return problem::told(StatusCode::BAD_REQUEST, detail, &[]);
    };
    let note = match notes::read(call.reader, &written.site, &written.day, &written.words) {
        Ok(note) => note,
        Err(fault) => return problem::of(&[fault]),
    };
    let told = note_json(&note);
    match notes::add(call.reader, note).await {
        Ok(()) => shape::json_as(StatusCode::CREATED, "application/json", &told),
        Err(Untaken::Full) => problem::told(StatusCode::CONFLICT, &notes::full(Words(Lang::En)), &[]),
        Err(Untaken::Store(error)) => problem::unavailable(&error),
    }
}

async fn remove_note(call: &Call<'_, '_>) -> Answer {
    let id = call
        .path
        .rsplit('/')
        .next()
        .and_then(|id| id.parse::<i64>().ok())
        .filter(|id| (0..=Note::MOST_ID).contains(id));
    let Some(id) = id else { return problem::of(&[Fault::of("id", Wrong::Number)]) };
    let Some(site) = call.pairs.value("site") else { return problem::of(&[Fault::of("site", Wrong::Empty)]) };
    let names = || call.reader.config.sites.iter().map(|site| site.name.clone());
    if !names().any(|name| name == site) {
        return problem::of(&[Fault::of("site", Wrong::Site(names().collect()))]);
    }
    match call.reader.books.store.remove_note(site.to_owned(), id).await {
        Ok(()) => shape::done(),
        Err(error) => problem::unavailable(&error),
    }
}
