//! Notes that analysts add to a day of a site: taken from the page's form or from a program, stored, taken away.
//!
//! Refuses notes without words or longer than [`LONGEST`], and more than [`MOST`] of a site. Invariant: what one adds, every chart of that day shows.

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use policies::Date;

use super::board::{HERE, Reader};
use super::fault::{Fault, Wrong};
use super::query::Pairs;
use super::shape;
use crate::store::{Error, Note};
use crate::view::admin::Words;

/// Where the page's forms post to.
pub(super) const ADD: &str = "/notes";
pub(super) const REMOVE: &str = "/notes/remove";

/// Letters of a note.
pub(super) const LONGEST: usize = 200;

/// Notes of one site.
const MOST: usize = 2_000;

/// Why a note wasn't taken.
pub(super) enum Untaken {
    /// There are as many as there may be.
    Full,
    Store(Error),
}

/// Reads what is to be noted.
pub(super) fn read(reader: &Reader<'_>, site: &str, day: &str, words: &str) -> Result<Note, Fault> {
    let names = || reader.config.sites.iter().map(|site| site.name.clone());
    if !names().any(|name| name == site) {
        return Err(Fault::of("site", Wrong::Site(names().collect())));
    }
    let day = Date::parse(day).ok_or(Fault::of("day", Wrong::Day))?;
    if !(1_990..=2_200).contains(&day.year) {
        return Err(Fault::of("day", Wrong::DayRange));
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_text = !words.is_empty() && words.chars().count() <= LONGEST && !words.chars().any(char::is_control);
    if !is_text {
        return Err(Fault::of("words", Wrong::Text { most: LONGEST }));
    }
    Ok(Note::new(site.to_owned(), day, words))
}

/// Stores a note where there is room.
pub(super) async fn add(reader: &Reader<'_>, note: Note) -> Result<(), Untaken> {
    let store = &reader.books.store;
    let (first, last) = (Date { year: 1, month: 1, day: 1 }, Date { year: 9999, month: 12, day: 31 });
    let kept = store.archive().notes(Some(note.site.clone()), first, last, MOST).await.map_err(Untaken::Store)?;
    if kept.len() >= MOST && !kept.contains(&note) {
        return Err(Untaken::Full);
    }
    store.note(note).await.map_err(Untaken::Store)
}

pub(super) async fn add_from_page(reader: &Reader<'_>, form: &Pairs) -> Response<Full<Bytes>> {
    let words = Words(reader.lang);
    let said = |name: &str| form.value(name).unwrap_or_default();
    let note = match read(reader, said("site"), said("day"), said("words")) {
        Ok(note) => note,
        Err(fault) => return shape::text(StatusCode::UNPROCESSABLE_ENTITY, format!("{}\n", fault.told(words))),
    };
    match add(reader, note).await {
        Ok(()) => back(form),
        Err(Untaken::Full) => shape::text(StatusCode::CONFLICT, format!("{}\n", full(words))),
        Err(Untaken::Store(error)) => shape::text(StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

pub(super) async fn remove_from_page(reader: &Reader<'_>, form: &Pairs) -> Response<Full<Bytes>> {
    let id = form.value("id").and_then(|id| id.parse().ok());
    let (Some(site), Some(id)) = (form.value("site"), id) else {
        return shape::text(StatusCode::UNPROCESSABLE_ENTITY, "Say which note, by site and id.\n");
    };
    match reader.books.store.remove_note(site.to_owned(), id).await {
        Ok(()) => back(form),
        Err(error) => shape::text(StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

pub(super) fn full(words: Words) -> String {
    words.filled("fault.full", &[("most", &MOST.to_string())])
}

/// To the view that the form stood in: a query of our own page, whatever the form says.
fn back(form: &Pairs) -> Response<Full<Bytes>> {
    let query: String = form.value("back").unwrap_or_default().chars().filter(char::is_ascii_graphic).collect();
    shape::see(&format!("{HERE}?{query}#events"))
}
