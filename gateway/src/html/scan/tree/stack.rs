//! The stack of open elements (HTML 13.2.4.2): what is in which scope.
//!
//! Refuses to know insertion modes. Invariant: `html` and its `head` or `body` are not in it; the stack's bottom stands for
//! them.

use super::super::known::{Kind, Known, Traits};
use super::super::name::{self, Name};
use super::{DEEPEST, Space};

/// An open element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) name: Name,
    pub(super) known: &'static Known,
    /// Tells it from every other element.
    pub(super) id: u32,
    pub(super) space: Space,
    /// What stands in it is HTML although it is not (13.2.6: integration points).
    pub(super) point: Point,
}

/// Integration points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    None,
    /// `mi` and its like: all but two tags in it are HTML.
    MathMlText,
    /// Everything in it is HTML.
    Html,
    /// `annotation-xml` that is none: only an `svg` in it is HTML's.
    Annotation,
}

impl Open {
    #[inline]
    pub(super) fn is(&self, name: Name) -> bool {
        self.name == name && self.space == Space::Html
    }

    pub(super) fn has(&self, traits: Traits) -> bool {
        self.space == Space::Html && self.known.traits.has(traits)
    }

    pub(super) const fn takes_text(&self) -> bool {
        matches!(self.point, Point::MathMlText | Point::Html)
    }

    pub(super) fn takes_tag(&self, name: Name) -> bool {
        match self.point {
            Point::None => false,
            Point::Html => true,
            Point::MathMlText => !matches!(name, name::MGLYPH | name::MALIGNMARK),
            Point::Annotation => name == name::SVG,
        }
    }

    fn bounds_scope(&self) -> bool {
        self.point != Point::None || self.has(Traits::SCOPE)
    }

    pub(super) fn is_special(&self) -> bool {
        self.point != Point::None || self.has(Traits::SPECIAL)
    }
}

#[derive(Default)]
pub(super) struct Stack {
    open: Vec<Open>,
    next_id: u32,
    /// How many of these are open, since most pages ask for some that never are.
    pub(super) paragraphs: u32,
    pub(super) templates: u32,
    pub(super) selects: u32,
    pub(super) buttons: u32,
}

impl Stack {
    #[inline]
    pub(super) fn last(&self) -> Option<&Open> {
        self.open.last()
    }

    pub(super) const fn depth(&self) -> usize {
        self.open.len()
    }

    pub(super) fn at(&self, place: usize) -> Option<&Open> {
        self.open.get(place)
    }

    pub(super) const fn fresh_id(&mut self) -> u32 {
        self.next_id = self.next_id.wrapping_add(1);
        self.next_id
    }

    #[inline]
    pub(super) fn push_html(&mut self, name: Name, known: &'static Known) -> u32 {
        let id = self.fresh_id();
        self.push(Open { name, known, id, space: Space::Html, point: Point::None });
        id
    }

    #[inline]
    pub(super) fn push(&mut self, open: Open) {
        if self.open.len() >= DEEPEST {
            self.forget_outermost();
        }
        if open.known.traits.has(Traits::COUNTED) {
            self.count(&open, true);
        }
        self.open.push(open);
    }

    #[cold]
    fn forget_outermost(&mut self) {
        self.open.drain(..DEEPEST / 2).for_each(drop);
        (self.paragraphs, self.templates, self.selects, self.buttons) = (0, 0, 0, 0);
        for place in 0..self.open.len() {
            if let Some(open) = self.open.get(place).copied() {
                self.count(&open, true);
            }
        }
    }

    fn count(&mut self, open: &Open, more: bool) {
        if open.space != Space::Html {
            return;
        }
        let count = match open.name {
            name::P => &mut self.paragraphs,
            name::TEMPLATE => &mut self.templates,
            name::SELECT => &mut self.selects,
            name::BUTTON => &mut self.buttons,
            _ => return,
        };
        *count = if more { *count + 1 } else { count.saturating_sub(1) };
    }

    /// Pops until so many are left; whether a formatting element was among them.
    #[inline]
    pub(super) fn truncate(&mut self, to: usize) -> bool {
        let mut formatting = false;
        while self.open.len() > to
            && let Some(open) = self.open.pop()
        {
            if open.known.traits.has(Traits::COUNTED) {
                self.count(&open, false);
            }
            formatting |= open.space == Space::Html && open.known.kind == Kind::Formatting;
        }
        formatting
    }

    #[inline]
    pub(super) fn drop_last(&mut self) {
        if let Some(open) = self.open.pop().filter(|open| open.known.traits.has(Traits::COUNTED)) {
            self.count(&open, false);
        }
    }

    /// Takes one out from wherever it is.
    pub(super) fn remove(&mut self, place: usize) {
        if place < self.open.len() {
            let open = self.open.remove(place);
            self.count(&open, false);
        }
    }

    /// Puts a clone of a formatting element in.
    pub(super) fn insert(&mut self, place: usize, open: Open) {
        self.open.insert(place.min(self.open.len()), open);
    }

    pub(super) fn renumber(&mut self, place: usize, id: u32) {
        if let Some(open) = self.open.get_mut(place) {
            open.id = id;
        }
    }

    pub(super) fn place_of(&self, id: u32) -> Option<usize> {
        self.open.iter().rposition(|open| open.id == id)
    }

    /// The topmost HTML element of this name.
    pub(super) fn position(&self, name: Name) -> Option<usize> {
        self.open.iter().rposition(|open| open.is(name))
    }

    pub(super) fn position_of(&self, is: impl Fn(&Open) -> bool) -> Option<usize> {
        self.open.iter().rposition(is)
    }

    pub(super) fn html_from_top(&self) -> impl Iterator<Item = &'static Known> {
        self.open.iter().rev().filter(|open| open.space == Space::Html).map(|open| open.known)
    }

    pub(super) fn ends_in(&self, name: Name) -> bool {
        self.last().is_some_and(|open| open.is(name))
    }

    pub(super) fn ends_in_heading(&self) -> bool {
        self.last().is_some_and(|open| open.space == Space::Html && open.known.kind == Kind::Heading)
    }

    /// Whether an item that starts here can't end another.
    pub(super) fn ends_between_items(&self) -> bool {
        let looks_on = |name| matches!(name, name::ADDRESS | name::DIV | name::P);
        self.last().is_none_or(|open| open.is_special() && open.known.kind != Kind::Item && !looks_on(open.name))
    }

    pub(super) fn ends_in_table(&self) -> bool {
        let parts = [name::TABLE, name::TBODY, name::TFOOT, name::THEAD, name::TR];
        self.last().is_some_and(|open| parts.iter().any(|part| open.is(*part)))
    }

    /// How many are left once implied end tags are popped.
    pub(super) fn without_implied(&self, which: Traits, except: Option<Name>) -> usize {
        let stays = |open: &Open| !open.has(which) || except.is_some_and(|name| open.is(name));
        self.position_of(stays).map_or(0, |place| place + 1)
    }

    /// How many are left once all above the nearest of these is popped.
    pub(super) fn cleared_to(&self, names: &[Name]) -> usize {
        self.position_of(|open| names.iter().any(|name| open.is(*name))).map_or(0, |place| place + 1)
    }

    fn scope(&self, is: impl Fn(&Open) -> bool, bounds: impl Fn(&Open) -> bool) -> bool {
        for open in self.open.iter().rev() {
            if is(open) {
                return true;
            }
            if bounds(open) {
                return false;
            }
        }
        false
    }

    pub(super) fn in_scope(&self, name: Name) -> bool {
        self.scope(|open| open.is(name), Open::bounds_scope)
    }

    pub(super) fn one_in_scope(&self, is: impl Fn(&Open) -> bool) -> bool {
        self.scope(is, Open::bounds_scope)
    }

    pub(super) fn in_button_scope(&self, name: Name) -> bool {
        self.scope(|open| open.is(name), |open| open.bounds_scope() || open.is(name::BUTTON))
    }

    pub(super) fn in_list_scope(&self, name: Name) -> bool {
        let bounds = |open: &Open| open.bounds_scope() || open.is(name::OL) || open.is(name::UL);
        self.scope(|open| open.is(name), bounds)
    }

    pub(super) fn in_table_scope(&self, names: &[Name]) -> bool {
        let bounds = |open: &Open| open.is(name::TABLE) || open.is(name::TEMPLATE);
        self.scope(|open| names.iter().any(|name| open.is(*name)), bounds)
    }
}
