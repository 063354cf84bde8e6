//! The list of active formatting elements (HTML 13.2.4.3) and the "adoption agency" (13.2.6.4.7): what a `</b>` ends where
//! tags cross each other, and which elements open again behind.
//!
//! Refuses to compare attributes one by one: tags are the same if they are written the same. Invariant: the list has at
//! most [`MOST`] entries; of more, the oldest are forgotten.

use super::super::known::Known;
use super::super::name::Name;
use super::stack::{Open, Point};
use super::{Kind, Space, Start, Tree};

const MOST: usize = 256;

/// Elements of one name and the same attributes ("Noah's Ark").
const ALIKE: usize = 3;

#[derive(Default)]
pub(super) struct Formatting {
    entries: Vec<Entry>,
    /// Some entry may not be open, so that it opens again before what comes next.
    pub(super) unsettled: bool,
}

#[derive(Clone, Copy)]
enum Entry {
    Marker,
    Element { known: &'static Known, id: u32, digest: u32 },
}

impl Entry {
    const fn id(&self) -> Option<u32> {
        match self {
            Self::Marker => None,
            Self::Element { id, .. } => Some(*id),
        }
    }
}

impl Formatting {
    fn push(&mut self, entry: Entry) {
        if self.entries.len() >= MOST {
            self.entries.remove(0);
        }
        self.entries.push(entry);
    }

    pub(super) fn mark(&mut self) {
        self.push(Entry::Marker);
    }

    pub(super) fn clear_to_mark(&mut self) {
        while let Some(Entry::Element { .. }) = self.entries.pop() {}
    }

    fn place_of(&self, wanted: u32) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.id() == Some(wanted))
    }

    /// Entries behind the last marker, from the end.
    fn reach(&self) -> impl Iterator<Item = (usize, &'static Known, u32, u32)> {
        self.entries.iter().enumerate().rev().map_while(|(place, entry)| match *entry {
            Entry::Marker => None,
            Entry::Element { known, id, digest } => Some((place, known, id, digest)),
        })
    }

    fn last_named(&self, name: Name) -> Option<(usize, u32)> {
        self.reach().find(|(_, known, ..)| known.name == name).map(|(place, _, id, _)| (place, id))
    }

    #[inline]
    pub(super) fn reaches(&self, name: Name) -> bool {
        self.last_named(name).is_some()
    }

    /// Takes the last entry out, if it is this one.
    #[inline]
    pub(super) fn forget_last(&mut self, id: u32) -> bool {
        let last = self.entries.last().is_some_and(|entry| entry.id() == Some(id));
        if last {
            self.entries.pop();
        }
        last
    }

    #[inline]
    pub(super) fn add(&mut self, known: &'static Known, id: u32, digest: u32) {
        let alike = self.reach().filter(|(_, other, _, d)| other.name == known.name && *d == digest);
        let (count, earliest) = alike.fold((0, None), |(count, _), (place, ..)| (count + 1, Some(place)));
        if let Some(place) = earliest.filter(|_| count >= ALIKE) {
            self.entries.remove(place);
        }
        self.push(Entry::Element { known, id, digest });
    }
}

impl Tree {
    pub(super) fn start_formatting(&mut self, tag: &Start<'_>) {
        self.reconstruct();
        let id = self.push(tag);
        self.formatting.add(tag.known, id, tag.digest);
    }

    /// "Reconstruct the active formatting elements".
    #[inline]
    pub(super) fn reconstruct(&mut self) {
        if self.formatting.unsettled {
            self.reopen();
        }
    }

    fn reopen(&mut self) {
        let is_open = |entry: &Entry| entry.id().is_none_or(|id| self.stack.place_of(id).is_some());
        let entries = &self.formatting.entries;
        let first = entries.iter().rposition(is_open).map_or(0, |place| place + 1);
        // What lies before a marker is looked at again once that is gone.
        let all_open = entries.iter().take(first).all(is_open);
        for place in first..entries.len() {
            if let Some(Entry::Element { known, id, .. }) = self.formatting.entries.get_mut(place) {
                *id = self.stack.push_html(known.name, known);
            }
        }
        self.formatting.unsettled = !all_open;
    }

    /// An end tag of a formatting element.
    pub(super) fn adopt(&mut self, subject: Name) {
        if let Some(top) = self.stack.last().filter(|top| top.is(subject)) {
            let id = top.id;
            if self.formatting.place_of(id).is_none() {
                return self.pop();
            }
        }
        for _ in 0..8 {
            let Some((place, id)) = self.formatting.last_named(subject) else { return self.end_any(subject) };
            let Some(at) = self.stack.place_of(id) else {
                self.formatting.entries.remove(place);
                return;
            };
            if !self.stack.one_in_scope(|open| open.id == id) {
                return;
            }
            let block = (at + 1..self.stack.depth()).find(|place| self.stack.at(*place).is_some_and(Open::is_special));
            let Some(block) = block else {
                self.truncate(at);
                self.formatting.entries.remove(place);
                return;
            };
            self.move_behind(id, block);
        }
    }

    /// The part of the agency that makes clones: `id` is the formatting element, `block` the furthest block's place.
    fn move_behind(&mut self, id: u32, block: usize) {
        let block_id = self.stack.at(block).map(|open| open.id);
        let mut behind = None;
        let mut place = block;
        for counter in 1.. {
            place = place.saturating_sub(1);
            let Some(node) = self.stack.at(place).map(|open| open.id).filter(|node| *node != id) else { break };
            let listed = self.formatting.place_of(node);
            if let Some(entry) = listed.filter(|_| counter > 3) {
                self.formatting.entries.remove(entry);
            }
            let Some(entry) = listed.filter(|_| counter <= 3) else {
                self.stack.remove(place);
                continue;
            };
            let clone = self.stack.fresh_id();
            if let Some(Entry::Element { id, .. }) = self.formatting.entries.get_mut(entry) {
                *id = clone;
            }
            self.stack.renumber(place, clone);
            behind = behind.or(Some(clone));
        }
        self.replace(id, behind, block_id);
    }

    /// Puts a clone of the formatting element into the list, behind its bookmark, and onto the stack, behind the block.
    fn replace(&mut self, id: u32, behind: Option<u32>, block_id: Option<u32>) {
        let Some(old) = self.formatting.place_of(id) else { return };
        let Some(Entry::Element { known, digest, .. }) = self.formatting.entries.get(old).copied() else { return };
        let clone = self.stack.fresh_id();
        let entry = Entry::Element { known, id: clone, digest };
        match behind.and_then(|id| self.formatting.place_of(id)) {
            Some(bookmark) => {
                self.formatting.entries.insert(bookmark + 1, entry);
                self.formatting.entries.remove(old);
            }
            None => self.formatting.entries.splice(old..=old, [entry]).for_each(drop),
        }
        if let Some(place) = self.stack.place_of(id) {
            self.stack.remove(place);
        }
        if let Some(block) = block_id.and_then(|id| self.stack.place_of(id)) {
            let open = Open { name: known.name, known, id: clone, space: Space::Html, point: Point::None };
            self.stack.insert(block + 1, open);
        }
    }

    /// An `a` or `nobr` that starts within another ends that one.
    pub(super) fn end_misnested(&mut self, name: Name) {
        let Some((_, id)) = self.formatting.last_named(name) else { return };
        self.adopt(name);
        if let Some(place) = self.formatting.place_of(id) {
            self.formatting.entries.remove(place);
        }
        if let Some(place) = self.stack.place_of(id) {
            self.stack.remove(place);
        }
    }

    pub(super) fn mark(&mut self, tag: &Start<'_>) {
        debug_assert!(matches!(tag.known.kind, Kind::Apart | Kind::Part | Kind::Template));
        self.formatting.mark();
    }
}
