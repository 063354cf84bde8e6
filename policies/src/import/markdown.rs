//! Markdown: headings, lists with the numbers as they were written, tables; a line is a block here too, since people wrap sentences
//! and list items by hand.
//!
//! Refuses to number lists anew, as a renderer would: what the file says counts. Invariant: HTML within goes through the same reader as a page.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::document::{Document, Shape};
use super::html;

/// Reads Markdown.
pub(super) fn read(text: &str) -> Document {
    let starts = line_starts(text);
    let mut reader = Reader { text, starts, ..Reader::default() };
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        reader.event(event, range.start);
    }
    reader.flush();
    reader.document
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    starts: Vec<usize>,
    document: Document,
    words: String,
    /// Where the block that is being read begins.
    at: Option<usize>,
    heading: Option<u8>,
    /// The mark of the list's entry whose first line is being read.
    mark: Option<String>,
    item: bool,
    bold: usize,
    /// Letters of the block that are bold.
    bold_letters: usize,
    table: usize,
    cells: Option<Vec<String>>,
    row_at: usize,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, at: usize) {
        match event {
            Event::Start(tag) => self.start(&tag, at),
            Event::End(tag) => self.end(tag),
            Event::Text(words) | Event::Code(words) => self.words(&words, at),
            Event::SoftBreak | Event::HardBreak => self.line_end(),
            Event::Html(markup) | Event::InlineHtml(markup) => self.markup(&markup, at),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, at: usize) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.heading = Some(rank(*level));
            }
            Tag::Item => {
                self.flush();
                self.item = true;
                self.mark = self.mark_at(at);
                self.at = Some(at);
            }
            Tag::Table(_) => {
                self.flush();
                self.table = self.document.next_table();
            }
            Tag::TableHead | Tag::TableRow => {
                self.cells = Some(Vec::new());
                self.row_at = at;
            }
            Tag::Strong => self.bold += 1,
            Tag::Paragraph | Tag::CodeBlock(_) | Tag::BlockQuote(_) | Tag::List(_) | Tag::HtmlBlock => self.flush(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.words);
                self.bold_letters = 0;
                self.at = None;
                if let Some(cells) = &mut self.cells {
                    cells.push(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                let line = self.line_of(self.row_at);
                let cells = self.cells.take().unwrap_or_default();
                self.document.push_row(&cells, line, self.table);
            }
            TagEnd::Strong => self.bold = self.bold.saturating_sub(1),
            TagEnd::Heading(_) => {
                self.flush();
                self.heading = None;
            }
            TagEnd::Item => {
                self.flush();
                self.item = false;
            }
            TagEnd::Paragraph | TagEnd::CodeBlock | TagEnd::HtmlBlock => self.flush(),
            _ => {}
        }
    }

    fn words(&mut self, words: &str, at: usize) {
        self.at.get_or_insert(at);
        for (index, line) in words.split('\n').enumerate() {
            if index > 0 {
                self.line_end();
                self.at = None;
            }
            self.words.push_str(line);
            if self.bold > 0 {
                self.bold_letters += line.chars().filter(|letter| !letter.is_whitespace()).count();
            }
        }
    }

    fn line_end(&mut self) {
        if self.cells.is_some() {
            self.words.push(' ');
        } else {
            self.flush();
        }
    }

    /// Markup within the text: a break parts lines, blocks are read as a page is, the rest shows nothing.
    fn markup(&mut self, markup: &str, at: usize) {
        let name = markup.trim_start().trim_start_matches(['<', '/']).to_ascii_lowercase();
        if name.starts_with("br") {
            self.line_end();
        } else {
            let first = self.line_of(at);
            for mut block in html::read(markup).blocks {
                self.flush();
                block.line += first - 1;
                let line = block.line;
                self.document.push(&block.text, line, block.shape);
            }
        }
    }

    fn flush(&mut self) {
        let words = std::mem::take(&mut self.words);
        let at = self.at.take();
        let bold = std::mem::take(&mut self.bold_letters);
        if words.trim().is_empty() {
            return;
        }
        let letters = words.chars().filter(|letter| !letter.is_whitespace()).count();
        let shape = match self.heading {
            Some(level) => Shape::Heading(level),
            None if bold * 10 >= letters * 9 => Shape::Strong,
            None if self.item => Shape::Item,
            None => Shape::Plain,
        };
        let marked = self.mark.take().map_or_else(|| words.clone(), |mark| format!("{mark} {words}"));
        let line = at.map_or(1, |at| self.line_of(at));
        self.document.push(&marked, line, shape);
    }

    /// How the entry was marked in the file: `1.`, `3)`, `-`.
    fn mark_at(&self, at: usize) -> Option<String> {
        let mark: String = self.text.get(at..)?.chars().take_while(|letter| !letter.is_whitespace()).take(10).collect();
        let shown = if mark.starts_with(['*', '+']) { "-".to_owned() } else { mark };
        (!shown.is_empty()).then_some(shown)
    }

    fn line_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1)
    }
}

const fn rank(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}
