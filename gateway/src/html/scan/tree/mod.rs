//! Which elements are open: the tree builder of the standard (HTML 13.2.6) without its tree, as far as it decides how
//! the next bytes are read: whether they stand in SVG or MathML, and whether an element's content is text.
//!
//! Refuses to build nodes. Where the standard moves nodes about (foster parents), nothing happens here, because the stack
//! stays the same. The modes from "initial" to "after head" and those behind the body are one with "in body": tags open
//! and close the same elements there. Invariant: the stack has at most [`DEEPEST`] elements; of deeper nesting the outermost
//! are forgotten.

mod body;
mod foreign;
mod formatting;
mod stack;
mod table;

use super::known::{Kind, Known, Traits};
use super::name::{self, Name};
use formatting::Formatting;
use stack::Stack;

/// Most elements that are remembered as open. Browsers put what is deeper beside its parents.
const DEEPEST: usize = 2048;

/// A vocabulary of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Html,
    Svg,
    MathMl,
}

/// How what follows a start tag is read (13.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Markup,
    /// Text until this element's end tag; `RCDATA` and `RAWTEXT` end alike.
    Text,
    Script,
    /// Text until the page's end.
    Plaintext,
}

/// A start tag as far as the stack is concerned.
pub(super) struct Start<'a> {
    pub(super) name: Name,
    pub(super) known: &'static Known,
    pub(super) self_closing: bool,
    /// What its attributes say of [`Told`].
    pub(super) told: &'a dyn Fn(Told) -> bool,
    /// Tells equal tags from others.
    pub(super) digest: u32,
}

/// What may have to be known of a tag's attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// `color`, `face` or `size`, with which `font` ends foreign content.
    LooksOfFont,
    /// An `encoding` that makes HTML of an annotation.
    EncodingOfHtml,
    /// `type=hidden`.
    Hidden,
}

/// Insertion modes (13.2.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Body,
    Table,
    TableBody,
    Row,
    Cell,
    Caption,
    ColumnGroup,
    Template,
    Frameset,
}

impl Mode {
    /// Whether end tags of elements that are no table's mean what they mean in a body.
    #[inline]
    const fn is_plain(self) -> bool {
        matches!(self, Self::Body | Self::Cell | Self::Caption)
    }
}

/// The stack of open elements, the list of active formatting elements, and what goes with them.
pub(super) struct Tree {
    stack: Stack,
    formatting: Formatting,
    mode: Mode,
    template_modes: Vec<Mode>,
    /// The form that no other can be in.
    form: Option<u32>,
    /// Browsers that run scripts read `noscript` as text.
    scripting: bool,
    /// A body has begun.
    in_body: bool,
    /// A frameset may still take the body's place.
    frameset_ok: bool,
    /// A doctype was seen, after which a table ends a paragraph.
    doctype: bool,
}

impl Tree {
    pub(super) fn new(scripting: bool) -> Self {
        Self {
            stack: Stack::default(),
            formatting: Formatting::default(),
            mode: Mode::Body,
            template_modes: Vec::new(),
            form: None,
            scripting,
            in_body: false,
            frameset_ok: true,
            doctype: false,
        }
    }

    /// Where the current node is, which decides whether `<![CDATA[` opens a section.
    #[inline]
    pub(super) fn space(&self) -> Space {
        self.stack.last().map_or(Space::Html, |open| open.space)
    }

    /// How many elements are open.
    pub(super) const fn depth(&self) -> usize {
        self.stack.depth()
    }

    /// Whether an integration point is open, and whether an annotation is one of them.
    #[cfg(test)]
    pub(super) fn points(&self) -> (bool, bool) {
        let any = |is: fn(&stack::Open) -> bool| self.stack.position_of(is).is_some();
        (any(|open| open.point != stack::Point::None), any(|open| open.name == name::ANNOTATION_XML))
    }

    pub(super) const fn doctype(&mut self) {
        self.doctype = true;
    }

    /// Whether text makes a difference now.
    #[inline]
    pub(super) const fn heeds_text(&self) -> bool {
        self.frameset_ok || !self.in_body || self.formatting.unsettled || matches!(self.mode, Mode::ColumnGroup)
    }

    /// Text between tags; it may come in parts.
    pub(super) fn text(&mut self, text: &[u8]) {
        let blank = text.iter().all(u8::is_ascii_whitespace);
        let in_foreign = self.stack.last().is_some_and(|open| open.space != Space::Html && !open.takes_text());
        if in_foreign {
            self.frameset_ok &= blank;
            return;
        }
        match self.mode {
            Mode::Frameset => return,
            Mode::Table | Mode::TableBody | Mode::Row if blank && self.stack.ends_in_table() => return,
            Mode::ColumnGroup if blank => return,
            Mode::ColumnGroup if self.stack.ends_in(name::COLGROUP) => {
                self.pop();
                self.mode = Mode::Table;
            }
            Mode::ColumnGroup => return,
            _ => {}
        }
        self.frameset_ok &= blank;
        self.in_body |= !blank && self.stack.depth() == 0;
        self.reconstruct();
    }

    /// A start tag: the vocabulary its element is of, and how what follows is read.
    #[inline]
    pub(super) fn start(&mut self, tag: &Start<'_>) -> (Space, Content) {
        match self.stack.last() {
            Some(open) if open.space != Space::Html && !open.takes_tag(tag.name) => self.start_in_foreign(tag),
            _ => (self.space_of_new(tag), self.start_in_html(tag)),
        }
    }

    /// Whether tags of most elements change nothing but the top of the stack, and text nothing at all.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.mode.is_plain() && !self.heeds_text()
    }

    /// Whether a start tag of this element, while [`Self::is_plain`], only puts it on the stack.
    #[inline]
    pub(super) fn takes_plainly(&self, known: &Known) -> bool {
        let alone = match known.kind {
            Kind::Ordinary => true,
            Kind::Block | Kind::Paragraph => self.stack.paragraphs == 0,
            Kind::Heading => self.stack.paragraphs == 0 && !self.stack.ends_in_heading(),
            Kind::Item => self.stack.paragraphs == 0 && self.stack.ends_between_items(),
            Kind::Formatting => {
                known.name != name::NOBR && (known.name != name::A || !self.formatting.reaches(name::A))
            }
            _ => false,
        };
        alone && !known.traits.has(Traits::WANTED) && self.space() == Space::Html
    }

    #[inline]
    pub(super) fn push_plainly(&mut self, name: Name, known: &'static Known, digest: impl FnOnce() -> u32) {
        let id = self.push_known(name, known);
        if known.kind == Kind::Formatting {
            self.formatting.add(known, id, digest());
        }
    }

    /// Closes what was opened last, if this is its end tag and nothing more hangs on it.
    #[inline]
    pub(super) fn end_plainly(&mut self, name: Name) -> bool {
        let Some(open) = self.stack.last().filter(|open| open.is(name) && self.mode.is_plain()) else { return false };
        let ends = match open.known.kind {
            Kind::Formatting => self.formatting.forget_last(open.id),
            kind => kind.ends_plainly(),
        };
        if ends {
            self.stack.drop_last();
        }
        ends
    }

    const fn space_of_new(&self, tag: &Start<'_>) -> Space {
        match (tag.known.kind, self.mode) {
            (_, Mode::Frameset) => Space::Html,
            (Kind::Svg, _) => Space::Svg,
            (Kind::Math, _) => Space::MathMl,
            _ => Space::Html,
        }
    }

    #[inline]
    fn start_in_html(&mut self, tag: &Start<'_>) -> Content {
        match self.mode {
            Mode::Body => self.start_in_body(tag),
            Mode::Template => self.start_in_template(tag),
            Mode::Frameset => self.start_in_frameset(tag),
            Mode::Table => self.start_in_table(tag),
            Mode::TableBody => self.start_in_table_body(tag),
            Mode::Row => self.start_in_row(tag),
            Mode::Cell => self.start_in_cell(tag),
            Mode::Caption => self.start_in_caption(tag),
            Mode::ColumnGroup => self.start_in_column_group(tag),
        }
    }

    /// An end tag that ends no text.
    #[inline]
    pub(super) fn end(&mut self, name: Name) {
        if self.end_plainly(name) {
            return;
        }
        match self.stack.last() {
            Some(open) if open.space != Space::Html => self.end_in_foreign(name),
            _ => self.end_in_html(name),
        }
    }

    fn end_in_html(&mut self, name: Name) {
        match self.mode {
            Mode::Body => self.end_in_body(name),
            Mode::Template if name == name::TEMPLATE => self.end_template(),
            Mode::Template => {}
            Mode::Frameset => {}
            Mode::Table => self.end_in_table(name),
            Mode::TableBody => self.end_in_table_body(name),
            Mode::Row => self.end_in_row(name),
            Mode::Cell => self.end_in_cell(name),
            Mode::Caption => self.end_in_caption(name),
            Mode::ColumnGroup => self.end_in_column_group(name),
        }
    }

    fn push(&mut self, tag: &Start<'_>) -> u32 {
        self.push_known(tag.name, tag.known)
    }

    fn push_known(&mut self, name: Name, known: &'static Known) -> u32 {
        self.stack.push_html(name, known)
    }

    fn pop(&mut self) {
        let to = self.stack.depth().saturating_sub(1);
        self.truncate(to);
    }

    /// Pops until so many are left. A formatting element that goes this way comes again (13.2.4.3).
    fn truncate(&mut self, to: usize) {
        self.formatting.unsettled |= self.stack.truncate(to);
    }

    /// Pops the implied end tags (13.2.6.3), but not this one's.
    fn imply_except(&mut self, except: Option<Name>) {
        self.imply(Traits::IMPLIED, except);
    }

    fn imply(&mut self, which: Traits, except: Option<Name>) {
        let left = self.stack.without_implied(which, except);
        self.truncate(left);
    }

    /// Pops until an element of this name was popped.
    fn pop_until(&mut self, name: Name) {
        let left = self.stack.position(name).unwrap_or(0);
        self.truncate(left);
    }

    fn close_paragraph(&mut self) {
        if self.stack.paragraphs > 0 && self.stack.in_button_scope(name::P) {
            self.imply_except(Some(name::P));
            self.pop_until(name::P);
        }
    }

    /// "Reset the insertion mode appropriately" (13.2.4.1).
    fn reset_mode(&mut self) {
        let of = |known: &Known| match known.name {
            name::TD | name::TH => Some(Mode::Cell),
            name::TR => Some(Mode::Row),
            name::TBODY | name::THEAD | name::TFOOT => Some(Mode::TableBody),
            name::CAPTION => Some(Mode::Caption),
            name::COLGROUP => Some(Mode::ColumnGroup),
            name::TABLE => Some(Mode::Table),
            name::TEMPLATE => Some(self.template_modes.last().copied().unwrap_or(Mode::Template)),
            name::FRAMESET => Some(Mode::Frameset),
            _ => None,
        };
        self.mode = self.stack.html_from_top().find_map(of).unwrap_or(Mode::Body);
    }
}
