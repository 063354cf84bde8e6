//! The page's part in waking what another consent tool put to sleep: inline scripts are held back until their text is
//! judged, everything else is settled with its tag.
//!
//! Refuses markup for browsers without scripts: no tool sleeps there. Invariant: a marked tag is edited once.

use super::super::gate::{Held, TagText};
use super::super::refusal::Purposes;
use super::super::scan::Tag;
use super::super::{ErrorKind, Marked, rouse};
use super::{Content, Open, Page, text_of};

impl Page {
    /// What another tool wrote on a tag, if the gateway takes that tool's place.
    pub(super) fn other_mark(&self, text: TagText<'_>) -> Option<Marked> {
        if self.scripts_off { None } else { rouse::mark_of(&self.context(), text) }
    }

    /// Settles a marked tag, or remembers it until its text has come.
    pub(super) fn start_marked(&mut self, tag: Tag, raw: &[u8], marked: Marked) -> Result<(), ErrorKind> {
        let text = TagText { tag: &tag, raw, charset: self.charset };
        if rouse::is_inline(text, &marked) {
            let (start, as_xml, module) = (tag.at.end, tag.as_xml, rouse::is_module(text));
            self.open = Some(Open { what: Content::Marked { tag, marked, module }, start, as_xml });
            return Ok(());
        }
        let held = rouse::rouse(&self.context(), text, &marked, Purposes::default());
        if tag.name == "iframe" {
            self.gate_srcdoc(text)?;
        }
        self.settle_marked(held);
        Ok(())
    }

    /// Settles a marked inline script whose text has come.
    pub(super) fn gate_marked(&mut self, tag: &Tag, marked: &Marked, module: bool, bytes: &[u8]) {
        let mut purposes = Purposes::default();
        let context = self.context();
        context.refuses_script(&text_of(tag.as_xml, self.charset, bytes), module, &mut purposes);
        let raw = self.window.slice(tag.at.clone()).to_vec();
        let held = rouse::rouse(&context, TagText { tag, raw: &raw, charset: self.charset }, marked, purposes);
        self.settle_marked(held);
    }

    fn settle_marked(&mut self, held: Held) {
        if held.purposes.is_empty() {
            self.report.roused = self.report.roused.saturating_add(1);
        }
        self.hold(held);
    }
}
