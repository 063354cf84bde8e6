//! The tokenizer of the standard (HTML 13.2.5) as far as it decides where a tag begins and ends.
//!
//! Refuses to keep bytes: it is shown the page from `settled` on, as often as more has come. Invariant: at every cut the same
//! events.

#[cfg(test)]
mod oracle;
mod plain;

use std::borrow::Cow;

use super::known::{Kind, Known, Traits, known};
use super::tag::{Begun, Marks, Reader};
use super::text::{self, Passed, Script};
use super::tree::{Content, Space, Start, Tree};
use super::{Event, Tag};
use crate::html::amp;
use crate::wire::near;

/// Elements whose content is text to a browser that runs scripts; their ends are reported.
const RAW: [&str; 5] = ["noscript", "script", "style", "title", "noframes"];

/// What the next bytes stand in.
#[derive(Debug, Clone, Copy)]
enum State {
    Data,
    /// A start or end tag, begun.
    Tag {
        end: bool,
    },
    /// An end tag that ends an element's text.
    EndOfText {
        reported: bool,
    },
    RawText {
        element: &'static str,
        reported: bool,
    },
    Script {
        state: Script,
    },
    Plaintext,
    CommentStart,
    Comment,
    Bogus,
    Section,
}

pub(in crate::html) struct HtmlScanner {
    state: State,
    settled: usize,
    reader: Reader,
    tree: Tree,
    /// How deep the stack was below the element of SVG whose text is judged.
    drawn_text: Option<usize>,
    /// Links are wanted too.
    links: bool,
    #[cfg(test)]
    watch: oracle::Tags,
}

impl HtmlScanner {
    /// A scanner at a page's start; browsers that run scripts read `noscript` as text.
    pub(super) fn new(scripting: bool) -> Self {
        Self {
            state: State::Data,
            settled: 0,
            reader: Reader::default(),
            tree: Tree::new(scripting),
            drawn_text: None,
            links: false,
            #[cfg(test)]
            watch: oracle::Tags::default(),
        }
    }

    /// The same, for who also wants to know of links.
    pub(super) fn of_links() -> Self {
        Self { links: true, ..Self::new(true) }
    }

    pub(super) const fn settled(&self) -> usize {
        self.settled
    }

    /// Reads on: `bytes` are the page from `settled` as far as it has come.
    pub(super) fn scan(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        let base = self.settled;
        let mut at = 0;
        let mut more = true;
        while more && at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let step;
            (step, more) = match self.state {
                State::Data => self.data(rest, base + at, events),
                State::Tag { end } => self.tag(rest, base + at, end, events),
                State::EndOfText { reported } => self.end_of_text(rest, base + at, reported, events),
                State::Plaintext => (rest.len(), false),
                _ => self.pass(rest),
            };
            at += step;
        }
        self.settled = base + at.min(bytes.len());
    }

    /// Text, and the tags in it, up to what is neither (13.2.5.1, 13.2.5.6, 13.2.5.7). How much was passed, and whether
    /// there is more to do.
    fn data(&mut self, bytes: &[u8], start: usize, events: &mut Vec<Event>) -> (usize, bool) {
        let mut at = 0;
        loop {
            #[cfg(test)]
            self.watch.starts_at(start);
            at = self.plain_tags(bytes, at);
            let rest = bytes.get(at..).unwrap_or_default();
            let found = near(b'<', rest);
            let text = found.unwrap_or(rest.len());
            if text > 0 && self.tree.heeds_text() {
                self.tree.text(rest.get(..text).unwrap_or_default());
            }
            at += text;
            let Some(opened) = found.and_then(|found| rest.get(found + 1..)) else { return (at, false) };
            let tag = rest.get(text..).unwrap_or_default();
            let end = match opened {
                [letter, ..] if letter.is_ascii_alphabetic() => false,
                [b'/', letter, ..] if letter.is_ascii_alphabetic() => true,
                _ => {
                    let (step, more) = self.no_tag(opened);
                    return (at + step, more);
                }
            };
            let (step, more) = match self.reader.begin(tag, if end { 2 } else { 1 }) {
                Begun::Whole(length) => self.tag_read(tag, length, start + at, end, events),
                Begun::Named | Begun::Nameless => self.tag(tag, start + at, end, events),
            };
            at += step;
            if !more || !matches!(self.state, State::Data) {
                return (at, more);
            }
        }
    }

    /// A `<` behind which no name begins: `opened` is what follows.
    fn no_tag(&mut self, opened: &[u8]) -> (usize, bool) {
        match opened {
            [b'/', b'>', ..] => (3, true),
            [] | [b'/'] => (0, false),
            [b'/', ..] | [b'?', ..] => {
                self.state = State::Bogus;
                (2, true)
            }
            [b'!', declared @ ..] => self.declaration(declared),
            _ => {
                if self.tree.heeds_text() {
                    self.tree.text(b"<");
                }
                (1, true)
            }
        }
    }

    #[inline]
    fn tag(&mut self, rest: &[u8], start: usize, end: bool, events: &mut Vec<Event>) -> (usize, bool) {
        let Some(length) = self.reader.read(rest) else {
            self.state = State::Tag { end };
            return (0, false);
        };
        self.tag_read(rest, length, start, end, events)
    }

    #[inline]
    fn tag_read(
        &mut self,
        rest: &[u8],
        length: usize,
        start: usize,
        end: bool,
        events: &mut Vec<Event>,
    ) -> (usize, bool) {
        self.state = State::Data;
        if end {
            self.end_tag(start, length, events);
        } else {
            self.start_tag(rest.get(..length).unwrap_or_default(), start, events);
        }
        (length, true)
    }

    fn end_of_text(&mut self, rest: &[u8], start: usize, reported: bool, events: &mut Vec<Event>) -> (usize, bool) {
        let Some(length) = self.reader.read(rest) else { return (0, false) };
        self.state = State::Data;
        if reported {
            events.push(Event::End { at: start..start + length });
        }
        #[cfg(test)]
        self.watch.note(start, length, oracle::What::EndOfText, &self.tree);
        (length, true)
    }

    /// What follows `<!` (13.2.5.42).
    fn declaration(&mut self, declared: &[u8]) -> (usize, bool) {
        const SECTION: &[u8] = b"[CDATA[";
        const DOCTYPE: &[u8] = b"doctype";
        let in_foreign = self.tree.space() != Space::Html;
        let doctype = declared.get(..DOCTYPE.len()).map(|word| word.eq_ignore_ascii_case(DOCTYPE));
        let may_be_doctype = DOCTYPE.get(..declared.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(declared));
        let (state, length) = match (text::starts(declared, b"--"), text::starts(declared, SECTION)) {
            (Some(true), _) => (State::CommentStart, 4),
            (_, Some(true)) if in_foreign => (State::Section, 2 + SECTION.len()),
            (None, _) => return (0, false),
            (_, None) if in_foreign => return (0, false),
            _ if doctype.is_none() && may_be_doctype => return (0, false),
            _ => {
                if doctype == Some(true) {
                    self.tree.doctype();
                }
                (State::Bogus, 2)
            }
        };
        self.state = state;
        (length, true)
    }

    /// Passes what is no markup.
    fn pass(&mut self, rest: &[u8]) -> (usize, bool) {
        let (passed, after) = match &mut self.state {
            State::CommentStart => match text::comment_start(rest) {
                None => return (0, false),
                Some(Passed::Open(length)) => {
                    self.state = State::Comment;
                    return (length, true);
                }
                Some(ended) => (ended, State::Data),
            },
            State::Comment => (text::comment(rest), State::Data),
            State::Section => (text::section(rest), State::Data),
            State::RawText { element, reported } => {
                (text::raw_text(rest, element), State::EndOfText { reported: *reported })
            }
            State::Script { state } => (text::script(rest, state), State::EndOfText { reported: true }),
            _ => (text::to_angle(rest), State::Data),
        };
        if matches!(self.state, State::Section) && self.tree.heeds_text() {
            let (Passed::Open(length) | Passed::Ended(length)) = passed;
            self.tree.text(rest.get(..length).unwrap_or_default().strip_suffix(b"]]>").unwrap_or(b"x"));
        }
        match passed {
            Passed::Open(length) => (length, false),
            Passed::Ended(length) => {
                self.state = after;
                if matches!(after, State::EndOfText { .. }) {
                    self.reader.restart(2);
                }
                (length, true)
            }
        }
    }

    #[inline]
    fn start_tag(&mut self, bytes: &[u8], start: usize, events: &mut Vec<Event>) {
        let reader = &self.reader;
        let known = known(reader.name);
        let closed = reader.closes_itself();
        let tag = Start {
            name: reader.name,
            known,
            self_closing: closed,
            told: &|what| reader.tells(bytes, what),
            digest: if known.kind == Kind::Formatting { reader.digest(bytes) } else { 0 },
        };
        #[cfg(test)]
        self.watch.before(&self.tree);
        let depth = self.tree.depth();
        let (space, content) = self.tree.start(&tag);
        self.leave_drawn_text(start, 0, events);
        #[cfg(test)]
        self.watch.note(start, bytes.len(), oracle::What::Start(content), &self.tree);
        if content != Content::Markup || self.is_wanted(known, bytes) {
            self.report(known, bytes, start, (space, content, depth), events);
        }
    }

    /// A start tag that somebody wants to know of, or behind which text is read.
    fn report(
        &mut self,
        known: &'static Known,
        bytes: &[u8],
        start: usize,
        (space, content, depth): (Space, Content, usize),
        events: &mut Vec<Event>,
    ) {
        let in_html = space == Space::Html;
        let in_drawing = !in_html && matches!(known.text, "script" | "style") && !self.reader.closes_itself();
        let reported = in_drawing || (in_html && content != Content::Markup && RAW.contains(&known.text));
        match content {
            Content::Markup => {}
            Content::Text => self.state = State::RawText { element: known.text, reported },
            Content::Script => self.state = State::Script { state: Script::Plain },
            Content::Plaintext => self.state = State::Plaintext,
        }
        if in_drawing {
            // What browsers make of its text is the same, though it is markup.
            self.drawn_text = Some(depth);
        }
        if self.is_wanted(known, bytes) {
            events.push(Event::Start(Tag {
                name: self.name_of(known, bytes),
                name_end: start + self.reader.name_end,
                at: start..start + bytes.len(),
                attributes: self.reader.attributes(bytes, start),
                raw_text: reported,
                as_xml: !in_html,
            }));
        }
    }

    #[inline]
    fn is_wanted(&self, known: &Known, bytes: &[u8]) -> bool {
        let (traits, marks) = (known.traits, self.reader.marks);
        traits.has(Traits::WANTED)
            || (marks != Marks::default()
                && (marks.has(Marks::STYLE)
                    || (marks.has(Marks::TELLS) && traits.has(Traits::LINK))
                    || (marks.has(Marks::BACKGROUND) && traits.has(Traits::ON_PICTURE))))
            || (self.links && traits.has(Traits::LINK))
            || (known.text.is_empty() && starts_like(bytes, amp::PREFIX))
    }

    fn name_of(&self, known: &'static Known, bytes: &[u8]) -> Cow<'static, str> {
        if !known.text.is_empty() {
            return Cow::Borrowed(known.text);
        }
        let written = bytes.get(1..self.reader.name_end).unwrap_or_default();
        Cow::Owned(String::from_utf8_lossy(written).to_ascii_lowercase())
    }

    #[inline]
    fn end_tag(&mut self, start: usize, length: usize, events: &mut Vec<Event>) {
        #[cfg(test)]
        self.watch.before(&self.tree);
        self.tree.end(self.reader.name);
        #[cfg(test)]
        self.watch.note(start, length, oracle::What::End, &self.tree);
        self.leave_drawn_text(start, length, events);
    }

    /// Reports the end of a `script` or `style` of SVG, by whichever tag it came.
    #[inline]
    fn leave_drawn_text(&mut self, start: usize, length: usize, events: &mut Vec<Event>) {
        if self.drawn_text.is_some_and(|depth| self.tree.depth() <= depth) {
            self.drawn_text = None;
            events.push(Event::End { at: start..start + length });
        }
    }
}

fn starts_like(tag: &[u8], name: &str) -> bool {
    tag.get(1..1 + name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
}
