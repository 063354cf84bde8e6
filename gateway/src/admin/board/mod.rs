//! The statistics as people read them: questions, each with its answer in words, a chart and a table, for the screen or as a report.
//!
//! What waits in memory is stored first, so that the numbers are of now. Refuses to call a count a person, and to draw what was never counted as
//! nothing. Invariant: whatever is shown was asked of `stats`, which alone decides how exactly a number may be told.

mod audience;
mod bars;
mod controls;
mod events;
mod funnel;
mod headline;
mod over_time;
mod purposes;
mod told;

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use policies::{Lang, Timestamp};

use super::query::Pairs;
use super::scope::Scope;
use super::shape;
use super::voice::Voice;
use crate::books::Books;
use crate::config::Config;
use crate::stats;
use crate::stats::definitions::definitions;
use crate::store::Unsaved;
use crate::view::admin::board::{Block, Board, Definitions};
use crate::view::admin::{Frame, Words};
use told::Told;
pub(super) use told::frame;

/// Where the statistics stand, and their report.
pub(super) const HERE: &str = "/";
pub(super) const REPORT: &str = "/report";

/// Somebody's way to look at the statistics.
pub(super) struct Reader<'r> {
    pub(super) lang: Lang,
    pub(super) books: &'r Books,
    pub(super) config: &'r Config,
    pub(super) now: Timestamp,
}

/// The page, or its report.
pub(super) async fn page(reader: &Reader<'_>, pairs: &Pairs, here: &'static str) -> Response<Full<Bytes>> {
    let Reader { lang, books, config, now } = *reader;
    let (words, (scope, faults)) = (Words(lang), Scope::read(pairs, config, now));
    let site = config.sites.iter().find(|site| Some(&site.name) == scope.site.as_ref());
    let voice = Voice { words, site };
    store_what_waits(books).await;
    let told = match Told::ask(reader, &scope, voice).await {
        Ok(told) => told,
        Err(error) => return shape::text(StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    };
    let mut notices: Vec<String> = faults.iter().map(|fault| fault.told(words)).collect();
    notices.extend(told.notices());
    let query = scope.query();
    let counted = told.is_counted();
    shape::page(&Board {
        frame: Frame { lang, here, query: &query, trouble: troubles(reader, words) },
        standfirst: told.standfirst(),
        notices,
        controls: (here == HERE).then(|| controls::of(&told, config)),
        headline: if counted { headline::of(&told) } else { Vec::new() },
        blocks: if counted { blocks(&told) } else { Vec::new() },
        events: events::of(&told, config, here == HERE),
        definitions: meanings(lang),
    })
}

/// Every question that the counts of this period can answer.
fn blocks(told: &Told<'_>) -> Vec<Block> {
    let mut blocks = vec![over_time::agreement(told), funnel::of(told), over_time::acts(told), purposes::granted(told)];
    blocks.extend(audience::versions(told));
    blocks.extend(audience::groups(told));
    blocks.extend([purposes::coverage(told), funnel::waits(told), over_time::signal(told), over_time::changes(told)]);
    blocks.push(funnel::beside(told));
    blocks
}

/// In a task of its own: a reader who leaves must not drop a batch half way. A failure shows on the page.
pub(super) async fn store_what_waits(books: &Books) {
    let sources: Vec<Arc<dyn Unsaved>> = vec![Arc::clone(&books.tally) as Arc<dyn Unsaved>];
    let store = books.store.clone();
    tokio::spawn(async move { stats::flush_once(&sources, &store, false).await.ok() }).await.ok();
}

/// Why the numbers may lack something, or the sites do.
fn troubles(reader: &Reader<'_>, words: Words) -> String {
    let state = reader.books.bypass.state();
    let mut troubles: Vec<String> = Vec::new();
    for site in &reader.config.sites {
        if let Some(turn) = state.of(&site.name) {
            let places = [("site", site.name.as_str()), ("at", &turn.at.to_string()), ("by", &turn.by.to_string())];
            troubles.push(words.filled("state.bypassed", &places));
        }
    }
    if !reader.books.store.is_writable() {
        troubles.push(words.of("state.not_stored"));
    }
    troubles.join(" ")
}

/// What is counted, and as what.
fn meanings(lang: Lang) -> Definitions {
    let all = definitions();
    let said = |text: &policies::Text| text.in_lang(lang).to_owned();
    let rows = all.rows.iter().map(|row| (said(&row.label), row.name.clone(), said(&row.meaning)));
    Definitions { version: all.version, notes: all.notes.iter().map(said).collect(), rows: rows.collect() }
}
