//! Edits of a page by byte offsets, and the window of bytes they apply to.
//!
//! Refuses edits that reach back behind what was given out. Invariant: bytes no edit speaks of leave as they came,
//! in order.

use std::ops::Range;

/// `remove` gives way to `insert`; both may be empty.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) remove: Range<usize>,
    pub(super) insert: Vec<u8>,
}

impl Edit {
    pub(super) fn insertion(at: usize, insert: Vec<u8>) -> Self {
        Self { remove: at..at, insert }
    }
}

/// The part of a page that was taken in and not given out yet. Offsets count from the page's start.
#[derive(Default)]
pub(super) struct Window {
    start: usize,
    bytes: Vec<u8>,
    edits: Vec<Edit>,
}

impl Window {
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The offset after the last byte.
    pub(super) const fn end(&self) -> usize {
        self.start + self.bytes.len()
    }

    /// The bytes of a range, or nothing where it isn't here (any more).
    pub(super) fn slice(&self, range: Range<usize>) -> &[u8] {
        let inside = range.start.checked_sub(self.start).zip(range.end.checked_sub(self.start));
        inside.and_then(|(start, end)| self.bytes.get(start..end)).unwrap_or_default()
    }

    pub(super) fn edit(&mut self, edit: Edit) {
        if edit.remove.start >= self.start {
            self.edits.push(edit);
        }
    }

    /// Gives out everything before `until`, edited.
    pub(super) fn flush(&mut self, until: usize) -> Vec<u8> {
        let until = until.clamp(self.start, self.end());
        if self.edits.is_empty() && until == self.end() {
            self.start = until;
            return std::mem::take(&mut self.bytes);
        }
        let count = until - self.start;
        self.edits.sort_by_key(|edit| edit.remove.start);
        let ready = self.edits.partition_point(|edit| edit.remove.end <= until);
        let grown: usize = self.edits.iter().take(ready).map(|edit| edit.insert.len()).sum();
        let mut out = Vec::with_capacity(count + grown);
        let mut done = self.start;
        for edit in self.edits.drain(..ready) {
            let from = edit.remove.start.max(done) - self.start;
            out.extend_from_slice(self.bytes.get(done - self.start..from).unwrap_or_default());
            out.extend_from_slice(&edit.insert);
            done = edit.remove.end.max(done);
        }
        out.extend_from_slice(self.bytes.get(done - self.start..count).unwrap_or_default());
        self.bytes.drain(..count);
        self.start = until;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_order_and_only_when_whole() {
        let mut window = Window::default();
        window.extend(b"abcdef");
        window.edit(Edit { remove: 4..5, insert: b"E".to_vec() });
        window.edit(Edit::insertion(1, b"1".to_vec()));
        window.edit(Edit::insertion(1, b"2".to_vec()));
        assert_eq!(window.flush(3), b"a12bc");
        assert_eq!(window.slice(3..5), b"de");
        assert_eq!(window.slice(2..5), b"");
        window.extend(b"gh");
        assert_eq!(window.flush(99), b"dEfgh");
        window.edit(Edit::insertion(window.end(), b"!".to_vec()));
        assert_eq!(window.flush(99), b"!");
    }
}
