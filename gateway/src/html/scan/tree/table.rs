//! Tags in tables (HTML 13.2.6.4.9 to 13.2.6.4.15): they end what stands in their way, drawings too.
//!
//! Refuses to move what is strange to a table before it: that changes no stack. Invariant: after each tag the mode fits the
//! innermost part of a table.

use super::super::known::{Kind, known};
use super::super::name::{self, Name};
use super::{Content, Mode, Start, Told, Tree};

const TABLE: [Name; 2] = [name::TABLE, name::TEMPLATE];
const BODY: [Name; 4] = [name::TBODY, name::TFOOT, name::THEAD, name::TEMPLATE];
const ROW: [Name; 2] = [name::TR, name::TEMPLATE];
const CELLS: [Name; 2] = [name::TD, name::TH];

impl Tree {
    fn clear_to(&mut self, names: &[Name]) {
        let left = self.stack.cleared_to(names);
        self.truncate(left);
    }

    fn open(&mut self, tag: &Start<'_>, mode: Mode) -> Content {
        self.push(tag);
        self.mode = mode;
        Content::Markup
    }

    /// Opens a part whose tag was left out.
    fn open_implied(&mut self, name: Name, mode: Mode) {
        self.push_known(name, known(name));
        self.mode = mode;
    }

    pub(super) fn start_in_table(&mut self, tag: &Start<'_>) -> Content {
        if is_table_part(tag.name) {
            self.clear_to(&TABLE);
        }
        match tag.name {
            name::CAPTION => {
                self.mark(tag);
                self.open(tag, Mode::Caption)
            }
            name::COLGROUP => self.open(tag, Mode::ColumnGroup),
            name::COL => {
                self.open_implied(name::COLGROUP, Mode::ColumnGroup);
                Content::Markup
            }
            name::TBODY | name::TFOOT | name::THEAD => self.open(tag, Mode::TableBody),
            name::TD | name::TH | name::TR => {
                self.open_implied(name::TBODY, Mode::TableBody);
                self.start_in_table_body(tag)
            }
            name::TABLE => {
                if !self.stack.in_table_scope(&[name::TABLE]) {
                    return Content::Markup;
                }
                self.pop_until(name::TABLE);
                self.reset_mode();
                self.start_in_html(tag)
            }
            name::FORM => {
                if self.form.is_none() && self.stack.templates == 0 {
                    self.form = Some(self.stack.fresh_id());
                }
                Content::Markup
            }
            name::INPUT if (tag.told)(Told::Hidden) => Content::Markup,
            _ => self.start_in_body(tag),
        }
    }

    pub(super) fn end_in_table(&mut self, name: Name) {
        match name {
            name::TABLE => {
                if self.stack.in_table_scope(&[name::TABLE]) {
                    self.pop_until(name::TABLE);
                    self.reset_mode();
                }
            }
            _ if is_part(name) => {}
            _ => self.end_in_body(name),
        }
    }

    pub(super) fn start_in_table_body(&mut self, tag: &Start<'_>) -> Content {
        match tag.name {
            name::TR => {
                self.clear_to(&BODY);
                self.open(tag, Mode::Row)
            }
            name::TH | name::TD => {
                self.clear_to(&BODY);
                self.open_implied(name::TR, Mode::Row);
                self.start_in_row(tag)
            }
            name::CAPTION | name::COL | name::COLGROUP | name::TBODY | name::TFOOT | name::THEAD => {
                if self.leave_table_body() { self.start_in_table(tag) } else { Content::Markup }
            }
            _ => self.start_in_table(tag),
        }
    }

    fn leave_table_body(&mut self) -> bool {
        let found = self.stack.in_table_scope(&[name::TBODY, name::THEAD, name::TFOOT]);
        if found {
            self.clear_to(&BODY);
            self.pop();
            self.mode = Mode::Table;
        }
        found
    }

    pub(super) fn end_in_table_body(&mut self, name: Name) {
        match name {
            name::TBODY | name::TFOOT | name::THEAD => {
                if self.stack.in_table_scope(&[name]) {
                    self.leave_table_body();
                }
            }
            name::TABLE => {
                if self.leave_table_body() {
                    self.end_in_table(name);
                }
            }
            _ => self.end_in_table(name),
        }
    }

    pub(super) fn start_in_row(&mut self, tag: &Start<'_>) -> Content {
        match tag.name {
            name::TH | name::TD => {
                self.clear_to(&ROW);
                self.mark(tag);
                self.open(tag, Mode::Cell)
            }
            name::CAPTION | name::COL | name::COLGROUP | name::TBODY | name::TFOOT | name::THEAD | name::TR => {
                if self.leave_row() { self.start_in_table_body(tag) } else { Content::Markup }
            }
            _ => self.start_in_table(tag),
        }
    }

    fn leave_row(&mut self) -> bool {
        let found = self.stack.in_table_scope(&[name::TR]);
        if found {
            self.clear_to(&ROW);
            self.pop();
            self.mode = Mode::TableBody;
        }
        found
    }

    pub(super) fn end_in_row(&mut self, name: Name) {
        match name {
            name::TR => {
                self.leave_row();
            }
            name::TABLE => {
                if self.leave_row() {
                    self.end_in_table_body(name);
                }
            }
            name::TBODY | name::TFOOT | name::THEAD => {
                if self.stack.in_table_scope(&[name]) && self.leave_row() {
                    self.end_in_table_body(name);
                }
            }
            _ => self.end_in_table(name),
        }
    }

    pub(super) fn start_in_cell(&mut self, tag: &Start<'_>) -> Content {
        if !is_table_part(tag.name) {
            return self.start_in_body(tag);
        }
        if !self.stack.in_table_scope(&CELLS) {
            return Content::Markup;
        }
        self.leave_cell();
        self.start_in_row(tag)
    }

    fn leave_cell(&mut self) {
        self.imply_except(None);
        let left = self.stack.position_of(|open| CELLS.iter().any(|cell| open.is(*cell))).unwrap_or(0);
        self.truncate(left);
        self.formatting.clear_to_mark();
        self.mode = Mode::Row;
    }

    pub(super) fn end_in_cell(&mut self, name: Name) {
        match name {
            name::TD | name::TH => {
                if self.stack.in_table_scope(&[name]) {
                    self.imply_except(None);
                    self.pop_until(name);
                    self.formatting.clear_to_mark();
                    self.mode = Mode::Row;
                }
            }
            name::TABLE | name::TBODY | name::TFOOT | name::THEAD | name::TR => {
                if self.stack.in_table_scope(&[name]) {
                    self.leave_cell();
                    self.end_in_row(name);
                }
            }
            _ if is_part(name) => {}
            _ => self.end_in_body(name),
        }
    }

    pub(super) fn start_in_caption(&mut self, tag: &Start<'_>) -> Content {
        if !is_table_part(tag.name) {
            return self.start_in_body(tag);
        }
        if self.leave_caption() { self.start_in_table(tag) } else { Content::Markup }
    }

    fn leave_caption(&mut self) -> bool {
        let found = self.stack.in_table_scope(&[name::CAPTION]);
        if found {
            self.imply_except(None);
            self.pop_until(name::CAPTION);
            self.formatting.clear_to_mark();
            self.mode = Mode::Table;
        }
        found
    }

    pub(super) fn end_in_caption(&mut self, name: Name) {
        match name {
            name::CAPTION => {
                self.leave_caption();
            }
            name::TABLE => {
                if self.leave_caption() {
                    self.end_in_table(name);
                }
            }
            _ if is_part(name) => {}
            _ => self.end_in_body(name),
        }
    }

    pub(super) fn start_in_column_group(&mut self, tag: &Start<'_>) -> Content {
        match tag.known.kind {
            Kind::Part if tag.name == name::COL => Content::Markup,
            Kind::Template => self.start_in_body(tag),
            Kind::Html => Content::Markup,
            _ if self.stack.ends_in(name::COLGROUP) => {
                self.pop();
                self.mode = Mode::Table;
                self.start_in_table(tag)
            }
            _ => Content::Markup,
        }
    }

    pub(super) fn end_in_column_group(&mut self, name: Name) {
        match name {
            name::TEMPLATE => self.end_template(),
            name::COL => {}
            _ if self.stack.ends_in(name::COLGROUP) => {
                self.pop();
                self.mode = Mode::Table;
                if name != name::COLGROUP {
                    self.end_in_table(name);
                }
            }
            _ => {}
        }
    }
}

/// What starts in a table alone; `frame` and `head` are parts of documents.
fn is_table_part(name: Name) -> bool {
    matches!(
        name,
        name::CAPTION
            | name::COL
            | name::COLGROUP
            | name::TBODY
            | name::TD
            | name::TFOOT
            | name::TH
            | name::THEAD
            | name::TR
    )
}

/// What ends nothing where it isn't asked for.
fn is_part(name: Name) -> bool {
    is_table_part(name) || matches!(name, name::BODY | name::HTML)
}
