//! Tags in the modes "in body", "in template" and "in frameset" (HTML 13.2.6.4.7, 13.2.6.4.18, 13.2.6.4.20), and what the
//! other modes leave to the first.
//!
//! Refuses nothing: a tag that the standard ignores changes nothing. Invariant: only elements with content stay open.

use super::super::known::{Kind, Known, Traits, known};
use super::super::name::{self, Name};
use super::{Content, Mode, Space, Start, Tree};

impl Tree {
    pub(super) fn start_in_body(&mut self, tag: &Start<'_>) -> Content {
        let kind = tag.known.kind;
        if self.frameset_ok || !self.in_body {
            self.note_first_tags(tag);
        }
        match kind {
            Kind::Ordinary => {
                self.reconstruct();
                self.push(tag);
            }
            Kind::Formatting => {
                match tag.name {
                    name::A => self.end_misnested(name::A),
                    name::NOBR => {
                        self.reconstruct();
                        if self.stack.in_scope(name::NOBR) {
                            self.adopt(name::NOBR);
                        }
                    }
                    _ => {}
                }
                self.start_formatting(tag);
            }
            Kind::Block | Kind::Paragraph => {
                self.close_paragraph();
                self.push(tag);
            }
            Kind::Void => self.reconstruct(),
            Kind::Mute | Kind::Part | Kind::Html | Kind::Body => {}
            Kind::Break => self.reconstruct(),
            Kind::Frameset => self.start_frameset(),
            Kind::Rcdata | Kind::Rawtext => return Content::Text,
            Kind::Script => return Content::Script,
            Kind::Noscript if self.scripting => return Content::Text,
            _ => return self.start_other(tag, kind),
        }
        Content::Markup
    }

    fn start_other(&mut self, tag: &Start<'_>, kind: Kind) -> Content {
        match kind {
            Kind::Heading => {
                self.close_paragraph();
                if self.stack.ends_in_heading() {
                    self.pop();
                }
                self.push(tag);
            }
            Kind::Item => self.start_item(tag),
            Kind::Form => self.start_form(tag),
            Kind::Button => {
                if self.stack.buttons > 0 && self.stack.in_scope(name::BUTTON) {
                    self.imply_except(None);
                    self.pop_until(name::BUTTON);
                }
                self.reconstruct();
                self.push(tag);
            }
            Kind::Apart => {
                self.reconstruct();
                self.push(tag);
                self.mark(tag);
            }
            Kind::Select | Kind::Input | Kind::Choice | Kind::Rule => self.start_of_select(tag, kind),
            Kind::Ruby => {
                if self.stack.in_scope(name::RUBY) {
                    self.imply_except(matches!(tag.known.text, "rp" | "rt").then_some(name::RTC));
                }
                self.push(tag);
            }
            Kind::Table => {
                if self.doctype {
                    self.close_paragraph();
                }
                self.push(tag);
                self.mode = Mode::Table;
            }
            Kind::Template => {
                self.mark(tag);
                self.mode = Mode::Template;
                if self.template_modes.len() >= super::DEEPEST {
                    self.template_modes.remove(0);
                }
                self.template_modes.push(Mode::Template);
                self.push(tag);
            }
            Kind::Example => {
                self.close_paragraph();
                self.reconstruct();
                return Content::Text;
            }
            Kind::Plaintext => {
                self.close_paragraph();
                return Content::Plaintext;
            }
            Kind::Svg | Kind::Math => {
                self.reconstruct();
                self.push_foreign(tag, if kind == Kind::Svg { Space::Svg } else { Space::MathMl });
            }
            // A `noscript` that is markup.
            _ => {
                self.reconstruct();
                self.push(tag);
            }
        }
        Content::Markup
    }

    fn start_item(&mut self, tag: &Start<'_>) {
        let closes = |known: &Known| match tag.name {
            name::LI => known.name == name::LI,
            _ => matches!(known.name, name::DD | name::DT),
        };
        let passes = |name| matches!(name, name::ADDRESS | name::DIV | name::P);
        let decides = |open: &super::stack::Open| {
            (open.space == Space::Html && closes(open.known)) || (open.is_special() && !passes(open.name))
        };
        let found = self.stack.position_of(decides).and_then(|place| self.stack.at(place).copied());
        if let Some(open) = found.filter(|open| open.space == Space::Html && closes(open.known)) {
            self.imply_except(Some(open.name));
            self.pop_until(open.name);
        }
        self.close_paragraph();
        self.push(tag);
    }

    fn start_form(&mut self, tag: &Start<'_>) {
        let in_template = self.stack.templates > 0;
        if self.form.is_some() && !in_template {
            return;
        }
        self.close_paragraph();
        let id = self.push(tag);
        if !in_template {
            self.form = Some(id);
        }
    }

    /// `select`, and what is told by whether it stands in one.
    fn start_of_select(&mut self, tag: &Start<'_>, kind: Kind) {
        if kind == Kind::Rule {
            self.close_paragraph();
        }
        let in_select = self.stack.selects > 0 && self.stack.in_scope(name::SELECT);
        match kind {
            Kind::Select | Kind::Input if in_select => self.pop_until(name::SELECT),
            Kind::Choice if in_select => {
                self.imply_except(if tag.name == name::OPTION { Some(name::OPTGROUP) } else { None });
            }
            Kind::Choice if self.stack.ends_in(name::OPTION) => self.pop(),
            Kind::Rule if in_select => self.imply_except(None),
            _ => {}
        }
        match kind {
            Kind::Select if in_select => return,
            Kind::Rule => return,
            _ => self.reconstruct(),
        }
        if kind != Kind::Input {
            self.push(tag);
        }
    }

    /// Whether a frameset can still come.
    fn note_first_tags(&mut self, tag: &Start<'_>) {
        let traits = tag.known.traits;
        let hidden = tag.known.kind == Kind::Input && (tag.told)(super::Told::Hidden);
        let ignored = matches!(tag.known.kind, Kind::Part | Kind::Html | Kind::Frameset);
        self.in_body |= !traits.has(Traits::IN_HEAD) && !ignored && self.stack.depth() == 0;
        let modest = traits.has(Traits::MODEST) || traits.has(Traits::IN_HEAD) || hidden || ignored;
        self.frameset_ok &= modest && tag.known.kind != Kind::Template;
    }

    /// A frameset takes the body's place.
    fn start_frameset(&mut self) {
        let nothing_open = self.stack.depth() == 0;
        if (self.frameset_ok || !self.in_body) && (self.in_body || nothing_open) {
            self.truncate(0);
            self.mode = Mode::Frameset;
        }
    }

    pub(super) fn start_in_frameset(&mut self, tag: &Start<'_>) -> Content {
        if tag.name == name::NOFRAMES { Content::Text } else { Content::Markup }
    }

    pub(super) fn start_in_template(&mut self, tag: &Start<'_>) -> Content {
        let mode = match tag.name {
            _ if tag.known.traits.has(Traits::IN_HEAD)
                && !matches!(tag.known.kind, Kind::Noscript | Kind::Part | Kind::Html) =>
            {
                return self.start_in_body(tag);
            }
            name::CAPTION | name::COLGROUP | name::TBODY | name::TFOOT | name::THEAD => Mode::Table,
            name::COL => Mode::ColumnGroup,
            name::TR => Mode::TableBody,
            name::TD | name::TH => Mode::Row,
            _ => Mode::Body,
        };
        self.template_modes.pop();
        self.template_modes.push(mode);
        self.mode = mode;
        self.start_in_html(tag)
    }

    pub(super) fn end_template(&mut self) {
        if self.stack.templates == 0 {
            return;
        }
        self.imply(Traits::THOROUGH, None);
        self.pop_until(name::TEMPLATE);
        self.formatting.clear_to_mark();
        self.template_modes.pop();
        self.reset_mode();
    }

    pub(super) fn end_in_body(&mut self, name: Name) {
        let known = known(name);
        match known.kind {
            Kind::Block | Kind::Button | Kind::Select => self.end_in_scope(name),
            Kind::Formatting => self.adopt(name),
            Kind::Paragraph => self.close_paragraph(),
            Kind::Item => {
                let found = if name == name::LI { self.stack.in_list_scope(name) } else { self.stack.in_scope(name) };
                if found {
                    self.imply_except(Some(name));
                    self.pop_until(name);
                }
            }
            Kind::Heading => {
                let heading = |open: &super::stack::Open| open.space == Space::Html && open.known.kind == Kind::Heading;
                if self.stack.one_in_scope(heading) {
                    let left = self.stack.position_of(heading).unwrap_or(0);
                    self.truncate(left);
                }
            }
            Kind::Apart => {
                if self.stack.in_scope(name) {
                    self.end_in_scope(name);
                    self.formatting.clear_to_mark();
                }
            }
            Kind::Form => self.end_form(),
            Kind::Break => {
                (self.in_body, self.frameset_ok) = (true, false);
                self.reconstruct();
            }
            Kind::Template => self.end_template(),
            Kind::Html | Kind::Body => self.in_body |= self.stack.depth() == 0,
            _ => self.end_any(name),
        }
    }

    fn end_in_scope(&mut self, name: Name) {
        if self.stack.in_scope(name) {
            self.pop_until(name);
        }
    }

    fn end_form(&mut self) {
        if self.stack.templates > 0 {
            return self.end_in_scope(name::FORM);
        }
        let Some(id) = self.form.take() else { return };
        if !self.stack.one_in_scope(|open| open.id == id) {
            return;
        }
        self.imply_except(None);
        if let Some(place) = self.stack.place_of(id) {
            self.stack.remove(place);
        }
    }

    /// "Any other end tag".
    pub(super) fn end_any(&mut self, name: Name) {
        let decides = |open: &super::stack::Open| open.is(name) || open.is_special();
        if let Some(place) = self.stack.position_of(decides)
            && self.stack.at(place).is_some_and(|open| open.is(name))
        {
            self.truncate(place);
        }
    }
}
