//! A page as it was saved from a browser: what is read on it, in blocks.
//!
//! Refuses scripts, styles, navigation and controls. Invariant: a table is a table only where its cells are short; one that lays out a page is
//! read as its text.

use html5ever::tokenizer::{Tag, TagKind};

use super::document::{Document, MOST_BLOCKS, Shape};
use super::html_table::TableFrame;
use crate::markup::{self, Listener};

/// Elements whose text nobody reads as part of the page's own.
const UNREAD: [&str; 16] = [
    "script", "style", "title", "noscript", "template", "nav", "footer", "aside", "select", "button", "textarea",
    "svg", "iframe", "object", "datalist", "dialog",
];

/// Elements that begin and end a line.
const BLOCKS: [&str; 34] = [
    "p",
    "div",
    "section",
    "article",
    "main",
    "header",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "br",
    "blockquote",
    "pre",
    "form",
    "fieldset",
    "center",
    "figure",
    "table",
    "caption",
    "tr",
    "td",
    "th",
    "body",
    "details",
    "summary",
];

/// The deepest tables within tables; deeper ones are text.
const DEEPEST: usize = 32;

/// Reads a page or a piece of one.
pub(super) fn read(text: &str) -> Document {
    let lower = text.to_ascii_lowercase();
    let closed = |name: &str| lower.matches(&format!("<{name}")).count() <= lower.matches(&format!("</{name}")).count();
    let unread = UNREAD.into_iter().filter(|name| closed(name)).collect();
    let mut state = markup::read(text, State { unread, ..State::default() });
    state.flush();
    while !state.tables.is_empty() {
        state.end_table();
    }
    state.document
}

#[derive(Default)]
struct State {
    document: Document,
    unread: Vec<&'static str>,
    /// The unread element that is open, and how often within itself.
    skipped: Option<(&'static str, usize)>,
    words: String,
    line: usize,
    heading: Option<u8>,
    item: bool,
    bold: usize,
    bold_letters: usize,
    tables: Vec<TableFrame>,
}

impl Listener for State {
    fn text(&mut self, words: &str, line: usize) {
        if self.skipped.is_some() {
            return;
        }
        if self.words.trim().is_empty() {
            // The token's line is that of its end.
            self.line = line.saturating_sub(words.trim_start().matches('\n').count()).max(1);
        }
        self.words.push_str(words);
        if self.bold > 0 {
            self.bold_letters += words.chars().filter(|letter| !letter.is_whitespace()).count();
        }
    }

    fn tag(&mut self, tag: &Tag, _line: usize) {
        let name = &*tag.name;
        let starts = tag.kind == TagKind::StartTag;
        if self.skips(name, starts) {
            return;
        }
        if BLOCKS.contains(&name) {
            self.flush();
        }
        match (name, starts) {
            ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", true) => self.heading = rank(name),
            ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", false) => self.heading = None,
            ("li", _) => self.item = starts,
            ("b" | "strong" | "dt", true) => self.bold += 1,
            ("b" | "strong" | "dt", false) => self.bold = self.bold.saturating_sub(1),
            ("table", true) if self.tables.len() < DEEPEST => {
                let number = self.document.next_table();
                self.tables.push(TableFrame::new(number));
            }
            ("table", false) => self.end_table(),
            ("tr", true) => self.in_table(TableFrame::row),
            ("td" | "th", true) => {
                let rows = span(tag, "rowspan");
                self.in_table(|table| table.cell(rows));
            }
            _ => {}
        }
    }
}

impl State {
    /// Whether the tag is of an element that isn't read.
    fn skips(&mut self, name: &str, starts: bool) -> bool {
        match &mut self.skipped {
            Some((open, depth)) => {
                if name == *open {
                    *depth = if starts { *depth + 1 } else { *depth - 1 };
                }
                if *depth == 0 {
                    self.skipped = None;
                }
                true
            }
            None => {
                let unread = self.unread.iter().find(|unread| starts && **unread == name);
                self.skipped = unread.map(|unread| (*unread, 1));
                self.skipped.is_some()
            }
        }
    }

    fn in_table(&mut self, change: impl FnOnce(&mut TableFrame)) {
        if let Some(table) = self.tables.last_mut() {
            change(table);
        }
    }

    fn flush(&mut self) {
        let words = std::mem::take(&mut self.words);
        let bold = std::mem::take(&mut self.bold_letters);
        let letters = words.chars().filter(|letter| !letter.is_whitespace()).count();
        if letters == 0 {
            return;
        }
        let shape = match self.heading {
            Some(level) => Shape::Heading(level),
            None if bold == letters => Shape::Strong,
            None if self.item => Shape::Item,
            None => Shape::Plain,
        };
        match self.tables.last_mut() {
            Some(table) => table.put(&words, self.line, shape),
            None => self.document.push(&words, self.line, shape),
        }
    }

    fn end_table(&mut self) {
        let Some(table) = self.tables.pop() else { return };
        for block in table.blocks() {
            match self.tables.last_mut() {
                Some(outer) => outer.put_block(block),
                None if self.document.blocks.len() < MOST_BLOCKS => self.document.blocks.push(block),
                None => {}
            }
        }
    }
}

fn rank(name: &str) -> Option<u8> {
    name.strip_prefix('h')?.parse().ok()
}

/// How many rows or columns a cell spans, 1 to 50.
fn span(tag: &Tag, name: &str) -> usize {
    let written = tag.attrs.iter().find(|attr| &*attr.name.local == name);
    written.and_then(|attr| attr.value.trim().parse().ok()).unwrap_or(1).clamp(1, 50)
}
