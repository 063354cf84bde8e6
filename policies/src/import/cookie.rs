//! The cookie section: where it is, and what it says of purposes, browsers, ways to refuse and what follows from refusing.
//!
//! Refuses to count what is said of refusing as a purpose. Invariant: the section's text is the page's, word for word.

use super::document::{Block, Document, Shape};
use super::heading;
use super::marker;
use super::outline::{Part, Section};
use super::sentences::{self, Sentence};
use super::vocabulary;
use super::words;
use super::{CookieText, Found};

/// What was found of cookies.
#[derive(Default)]
pub(super) struct Cookies {
    pub(super) section: Option<Found<CookieText>>,
    pub(super) used: Option<bool>,
    pub(super) purposes: Vec<Found<String>>,
    pub(super) modes: Vec<Found<String>>,
    pub(super) browsers: Vec<Found<String>>,
    pub(super) consequence: Option<Found<String>>,
}

/// A stretch of the page that is about cookies.
struct Place {
    title: String,
    line: usize,
    blocks: Vec<Block>,
    sure: bool,
}

/// Reads what a policy says of cookies.
pub(super) fn read(document: &Document, part: &Part) -> Cookies {
    let Some(place) = section(document, part).or_else(|| below_a_heading(document, part)) else {
        return Cookies::default();
    };
    let text = place.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n");
    let said = sentences::of(&place.blocks);
    let says = |id: &str| said.iter().any(|sentence| words::any(vocabulary::of(id), &sentence.text));
    let none = says("none_used") && !says("used");
    let used = if none { Some(false) } else { words::any(vocabulary::of("cookie"), &text).then_some(true) };
    let mut cookies = Cookies { used, ..Cookies::default() };
    if !none {
        cookies.purposes = purposes(&said);
        cookies.modes = named("refusal_modes", &said);
        cookies.browsers = named("browsers", &said);
        cookies.consequence = consequence(&said);
    }
    let Place { title, line, sure, .. } = place;
    cookies.section = Some(Found { value: CookieText { title, text }, line, sure });
    cookies
}

/// The section whose heading speaks of them. Two that follow each other are one.
fn section(document: &Document, part: &Part) -> Option<Place> {
    let mut about: Vec<(usize, &Section)> =
        part.sections.iter().enumerate().filter(|(_, section)| is_cookie_title(&section.title)).collect();
    let mentions = |section: &Section| {
        body(document, section).iter().any(|block| words::any(vocabulary::of("cookie"), &block.text))
    };
    if about.iter().any(|(_, section)| mentions(section)) {
        about.retain(|(_, section)| mentions(section));
    }
    let rank = |section: &Section| {
        let topics = heading::topics(&section.title);
        let other = ["collection", "purpose", "behaviour", "processors", "third_party"]
            .iter()
            .any(|topic| topics.contains(topic));
        i32::from(!other) + 2 * i32::from(words::any(vocabulary::of("refuse"), &section.title))
    };
    let best = about.iter().map(|(_, section)| rank(section)).max()?;
    let (at, first) = *about.iter().find(|(_, section)| rank(section) == best)?;
    // What cookies are for may stand in a section of its own before.
    let before = at.checked_sub(1).and_then(|before| part.sections.get(before));
    let before = before.filter(|before| words::any(vocabulary::of("cookie"), &before.title) && mentions(before));
    let (at, first) = before.map_or((at, first), |before| (at - 1, before));
    let mut blocks = body(document, first);
    let next = part.sections.get(at + 1).filter(|next| words::any(vocabulary::of("cookie"), &next.title));
    if let Some(next) = next.filter(|next| mentions(next) && !heading::topics(&next.title).contains(&"behaviour")) {
        blocks.extend(document.blocks.get(next.heading).cloned());
        blocks.extend(document.blocks.get(next.blocks.clone()).unwrap_or_default().iter().cloned());
    }
    let line = document.blocks.get(first.heading).map_or(1, |block| block.line);
    Some(Place { title: first.title.clone(), line, blocks, sure: true })
}

fn is_cookie_title(title: &str) -> bool {
    heading::topics(title).contains(&"cookie")
}

/// A section's text, with what stands on its heading's line.
pub(super) fn body(document: &Document, section: &Section) -> Vec<Block> {
    let line = document.blocks.get(section.heading).map_or(1, |block| block.line);
    let lead = (!section.lead.is_empty()).then(|| Block { text: section.lead.clone(), line, shape: Shape::Plain });
    let rest = document.blocks.get(section.blocks.clone()).unwrap_or_default();
    lead.into_iter().chain(rest.iter().cloned()).collect()
}

/// A heading within another section, or on a page whose outline is not seen.
fn below_a_heading(document: &Document, part: &Part) -> Option<Place> {
    let range = part.whole.clone();
    let ends: Vec<usize> = part.sections.iter().map(|section| section.blocks.end).collect();
    let mut best: Option<(usize, Place)> = None;
    for at in range.clone() {
        let Some(block) = document.blocks.get(at) else { break };
        let Some((title, lead)) = small_heading(block) else { continue };
        let style = marker::parse(&block.text).map(|marked| marked.style);
        let end = ends.iter().find(|end| **end > at).copied().unwrap_or(range.end);
        let same = |next: &usize| {
            document.blocks.get(*next).is_some_and(|next| match style {
                Some(style) => marker::parse(&next.text).is_some_and(|marked| marked.style == style) && small(next),
                None => next.shape == block.shape && small(next) && next.shape != Shape::Item,
            })
        };
        let stop = (at + 1..end).find(same).unwrap_or(end);
        let lead = (!lead.is_empty()).then(|| Block { text: lead.clone(), line: block.line, shape: Shape::Plain });
        let rest = document.blocks.get(at + 1..stop).unwrap_or_default();
        let blocks: Vec<Block> = lead.into_iter().chain(rest.iter().cloned()).collect();
        let length: usize = blocks.iter().map(|block| words::letters(&block.text)).sum();
        let speaks = blocks.iter().any(|block| words::any(vocabulary::of("cookie"), &block.text));
        if speaks && length >= 40 && best.as_ref().is_none_or(|(known, _)| length > *known) {
            best = Some((length, Place { title, line: block.line, blocks, sure: false }));
        }
    }
    best.map(|(_, place)| place)
}

fn small(block: &Block) -> bool {
    !matches!(block.shape, Shape::Row(..)) && words::letters(&block.text) <= 60 && !heading::is_sentence(&block.text)
}

fn small_heading(block: &Block) -> Option<(String, String)> {
    if matches!(block.shape, Shape::Row(..)) || heading::is_policy_title(&block.text) {
        return None;
    }
    let text = marker::parse(&block.text).map_or(block.text.as_str(), |marked| marked.rest);
    let (title, lead) = match text.split_once([':', '：']) {
        Some((title, lead)) => (title.trim(), lead.trim()),
        None => (text.trim_end_matches('.'), ""),
    };
    let fits = is_cookie_title(title) && words::letters(title) <= 45 && !heading::is_sentence(title);
    let listed = title.contains(',') && !title.contains('거');
    (fits && !listed).then(|| (title.to_owned(), lead.to_owned()))
}

/// What cookies are for: what is said before any word of refusing.
fn purposes(said: &[Sentence]) -> Vec<Found<String>> {
    let before: Vec<Sentence> = said
        .iter()
        .filter(|sentence| !is_steps(&sentence.text))
        .map(|sentence| {
            let end =
                words::first(vocabulary::of("refuse"), &sentence.text).map_or(sentence.text.len(), |found| found.start);
            Sentence { text: sentence.text.get(..end).unwrap_or_default().to_owned(), line: sentence.line }
        })
        .collect();
    named("cookie_purposes", &before)
}

/// Steps through a browser's menus.
fn is_steps(text: &str) -> bool {
    text.contains(['>', '→', '＞', '▶', '⇒', '》']) && words::letters(text) <= 160
}

/// What of a list is named, each once, at its first line.
fn named(list: &str, said: &[Sentence]) -> Vec<Found<String>> {
    let known = vocabulary::list(list).iter();
    let found = known.filter_map(|known| {
        let sentence = said.iter().find(|sentence| words::any(&known.phrases, &sentence.text))?;
        Some(Found { value: known.id.clone(), line: sentence.line, sure: true })
    });
    found.collect()
}

/// The sentence that says what follows from refusing.
fn consequence(said: &[Sentence]) -> Option<Found<String>> {
    let speaks = |sentence: &&Sentence| {
        let refuse = words::first(vocabulary::of("refuse"), &sentence.text);
        refuse.is_some_and(|found| {
            sentence.text.get(found.end..).is_some_and(|after| words::any(vocabulary::of("harm"), after))
        })
    };
    let either = |sentence: &&Sentence| {
        words::any(vocabulary::of("refuse"), &sentence.text) && words::any(vocabulary::of("harm"), &sentence.text)
    };
    let sentence = said.iter().find(speaks).or_else(|| said.iter().find(either))?;
    Some(Found { value: sentence.text.clone(), line: sentence.line, sure: true })
}
