//! Tags in SVG and MathML (HTML 13.2.6.5).
//!
//! Refuses to correct the case of names, which are compared in lower case. Invariant: an element's vocabulary is that of the
//! current node when its tag comes.

use super::super::known::Traits;
use super::super::name::{self, Name};
use super::stack::{Open, Point};
use super::{Content, Space, Start, Told, Tree};

impl Tree {
    pub(super) fn start_in_foreign(&mut self, tag: &Start<'_>) -> (Space, Content) {
        let breaks_out =
            tag.known.traits.has(Traits::BREAKS_OUT) || (tag.name == name::FONT && (tag.told)(Told::LooksOfFont));
        if breaks_out {
            self.break_out();
            return (Space::Html, self.start_in_html(tag));
        }
        let space = self.space();
        self.push_foreign(tag, space);
        (space, Content::Markup)
    }

    /// Opens an element of SVG or MathML; one that closes itself never was open.
    pub(super) fn push_foreign(&mut self, tag: &Start<'_>, space: Space) {
        if tag.self_closing {
            return;
        }
        let point = match (space, tag.name) {
            (Space::Svg, name::FOREIGN_OBJECT | name::DESC | name::TITLE) => Point::Html,
            (Space::MathMl, name::MI | name::MO | name::MN | name::MS | name::MTEXT) => Point::MathMlText,
            (Space::MathMl, name::ANNOTATION_XML) if (tag.told)(Told::EncodingOfHtml) => Point::Html,
            (Space::MathMl, name::ANNOTATION_XML) => Point::Annotation,
            _ => Point::None,
        };
        let id = self.stack.fresh_id();
        self.stack.push(Open { name: tag.name, known: tag.known, id, space, point });
    }

    fn break_out(&mut self) {
        let stays = |open: &Open| open.space == Space::Html || open.takes_text();
        let left = self.stack.position_of(stays).map_or(0, |place| place + 1);
        self.truncate(left);
    }

    pub(super) fn end_in_foreign(&mut self, name: Name) {
        if matches!(name, name::P | name::BR) {
            self.break_out();
            return self.end_in_html(name);
        }
        let ends_here = |open: &Open| open.name == name || open.space == Space::Html;
        match self.stack.position_of(ends_here) {
            Some(place) if self.stack.at(place).is_some_and(|open| open.space != Space::Html) => self.truncate(place),
            _ => self.end_in_html(name),
        }
    }
}
