//! The short way through most of a page: text, and tags that only put an element on the stack or take it off.
//!
//! Refuses whatever could mean more, and leaves it to the long way as if it had not looked. Invariant: with or without this
//! file the same tags are found.

use super::{Begun, HtmlScanner, Marks, starts_like};
use crate::html::amp;
use crate::html::scan::known::known;
use crate::wire::near;

impl HtmlScanner {
    /// Passes tags that change nothing but the top of the stack, as most of a page's do: where it stopped.
    #[inline]
    pub(super) fn plain_tags(&mut self, bytes: &[u8], from: usize) -> usize {
        let mut at = from;
        if !self.tree.is_plain() {
            return at;
        }
        while let Some(rest) = bytes.get(at..)
            && let Some(text) = near(b'<', rest)
            && let Some(tag) = rest.get(text..)
        {
            #[cfg(test)]
            self.watch.before(&self.tree);
            let Some(length) = self.plain_tag(tag) else { break };
            #[cfg(test)]
            self.watch.note_plain(tag, at + text, length, &self.tree);
            at += text + length;
        }
        at
    }

    /// The length of a tag that was passed in this way.
    #[inline]
    fn plain_tag(&mut self, tag: &[u8]) -> Option<usize> {
        let end = match tag {
            [_, b'/', letter, ..] if letter.is_ascii_alphabetic() => true,
            [_, letter, ..] if letter.is_ascii_alphabetic() => false,
            _ => return None,
        };
        let bare = match self.reader.begin(tag, if end { 2 } else { 1 }) {
            Begun::Whole(length) => Some(length),
            Begun::Named if !end => None,
            Begun::Named | Begun::Nameless => return None,
        };
        let passes = if end { self.tree.end_plainly(self.reader.name) } else { self.starts_plainly(tag) };
        if !passes {
            return None;
        }
        let length = bare.or_else(|| self.reader.read(tag))?;
        if !end {
            if self.reader.marks != Marks::default() {
                return None;
            }
            let digest = || self.reader.digest(tag.get(..length).unwrap_or_default());
            self.tree.push_plainly(self.reader.name, known(self.reader.name), digest);
        }
        Some(length)
    }

    #[inline]
    fn starts_plainly(&self, tag: &[u8]) -> bool {
        let known = known(self.reader.name);
        let strange = known.text.is_empty() && starts_like(tag, amp::PREFIX);
        self.tree.takes_plainly(known) && !strange && !self.links
    }
}
