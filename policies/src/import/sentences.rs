//! Sentences of a section, each with its line; lines that were wrapped by hand are one sentence again.
//!
//! Refuses to join rows of tables and entries of lists. Invariant: the words come in the order of the text.

use super::document::{Block, Shape};
use super::marker;

/// One sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) text: String,
    pub(super) line: usize,
}

/// All sentences of some blocks.
pub(super) fn of(blocks: &[Block]) -> Vec<Sentence> {
    let mut lines: Vec<Sentence> = Vec::new();
    let mut open = false;
    for block in blocks {
        let joins = open && matches!(block.shape, Shape::Plain) && marker::parse(&block.text).is_none();
        match lines.last_mut() {
            Some(last) if joins => {
                last.text.push(' ');
                last.text.push_str(&block.text);
            }
            _ => lines.push(Sentence { text: block.text.clone(), line: block.line }),
        }
        let long = lines.last().is_some_and(|last| last.text.chars().count() >= 28);
        let ended = block.text.ends_with(['.', '!', '?', ':', '다', '요', ']', ')', '」']);
        open = long && !ended && !matches!(block.shape, Shape::Row(..) | Shape::Heading(_));
    }
    lines.iter().flat_map(split).collect()
}

fn split(line: &Sentence) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut before = ' ';
    let mut letters = line.text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map_or(' ', |(_, next)| *next);
        let end = matches!(letter, '.' | '!' | '?')
            && before.is_alphabetic()
            && !next.is_ascii_alphanumeric()
            && !".)\"'”’」".contains(next);
        if end {
            push(&mut sentences, line, start, at + letter.len_utf8());
            start = at + letter.len_utf8();
        }
        before = letter;
    }
    push(&mut sentences, line, start, line.text.len());
    sentences
}

fn push(sentences: &mut Vec<Sentence>, line: &Sentence, start: usize, end: usize) {
    let text = line.text.get(start..end).unwrap_or_default().trim();
    if !text.is_empty() {
        sentences.push(Sentence { text: text.to_owned(), line: line.line });
    }
}
