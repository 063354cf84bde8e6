//! What people may ask for.
//!
//! Refuses words that speak of what was done already (`삭제된 개인정보`). Invariant: a right is told at its first line.

use super::Found;
use super::cookie;
use super::document::{Block, Document};
use super::outline::Part;
use super::sentences;
use super::vocabulary;
use super::words;

/// Reads them from the sections about rights, else from every sentence that speaks of what people can do.
pub(super) fn read(document: &Document, part: &Part) -> Vec<Found<String>> {
    let titled: Vec<Block> = part.about("rights").flat_map(|section| cookie::body(document, section)).collect();
    let found = named(&titled);
    if found.len() > 1 {
        return found;
    }
    let whole = document.blocks.get(part.whole.clone()).unwrap_or_default();
    let may: Vec<Block> = sentences::of(whole)
        .into_iter()
        .filter(|sentence| is_about_own_data(&sentence.text))
        .map(|sentence| Block { text: sentence.text, line: sentence.line, shape: super::document::Shape::Plain })
        .collect();
    let wider = named(&may);
    if wider.len() > found.len() { wider } else { found }
}

fn is_about_own_data(text: &str) -> bool {
    let whose = ["자신의", "본인의", "개인정보", "동의", "your", "personal"].iter().any(|word| text.contains(word));
    let may = ["수 있", "요구", "요청", "may", "can ", "right"].iter().any(|word| text.contains(word));
    let cookies = words::any(vocabulary::of("cookie"), text);
    whose && may && !cookies
}

fn named(blocks: &[Block]) -> Vec<Found<String>> {
    let known = vocabulary::list("rights").iter();
    let found = known.filter_map(|known| {
        let said = blocks.iter().find(|block| {
            let left_out = vocabulary::phrases("rights_left_out", &known.id);
            let rest = left_out.iter().fold(block.text.clone(), without);
            words::any(&known.phrases, &rest)
        })?;
        Some(Found { value: known.id.clone(), line: said.line, sure: true })
    });
    found.collect()
}

fn without(mut text: String, phrase: &words::Phrase) -> String {
    while let Some(found) = phrase.find(&text) {
        text.replace_range(found, "");
    }
    text
}
