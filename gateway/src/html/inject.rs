//! Puts the banner and the head's first script in, each at most once.
//!
//! Refuses fragments: where proof is asked for, a page without doctype and `<html>` gets nothing. Invariant: what is
//! put in stands where a browser's tree builder has it first in head or body.

use super::edit::Edit;
use super::preamble::{Preamble, Sight};
use super::scan::{Event, Tag};
use super::{Charset, Insertion, PageReport, Proof, Syntax};

pub(super) struct Injector {
    insertion: Insertion,
    preamble: Preamble,
}

impl Injector {
    pub(super) fn new(insertion: Insertion, start: usize, syntax: Syntax) -> Self {
        Self { insertion, preamble: Preamble::new(start, syntax) }
    }

    /// Where looking goes on: bytes from here to the next event are its to see.
    pub(super) const fn cursor(&self) -> usize {
        self.preamble.cursor()
    }

    pub(super) const fn decided_until(&self, settled: usize) -> usize {
        self.preamble.decided_until(settled)
    }

    pub(super) fn gap(&mut self, bytes: &[u8]) -> Vec<Sight> {
        self.preamble.gap(bytes)
    }

    pub(super) fn event(&mut self, event: &Event, lang: impl FnOnce(&Tag) -> Option<String>) -> Vec<Sight> {
        match event {
            Event::Start(tag) => {
                let lang = if tag.name == "html" { lang(tag) } else { None };
                self.preamble.start(tag, lang)
            }
            Event::End { at, .. } => {
                self.preamble.end(at.end);
                Vec::new()
            }
        }
    }

    /// A `<base>` with an address stands in the head.
    pub(super) const fn note_base(&mut self) {
        self.preamble.facts.base = true;
    }

    /// The `<html>` tag says that this is an AMP page.
    pub(super) const fn note_amp(&mut self) {
        self.preamble.facts.amp = true;
    }

    /// A policy in a `<meta>` tag of the head: what it must become, if anything.
    pub(super) fn mend_policy(&mut self, policy: &str) -> Option<String> {
        self.preamble.facts.policy = true;
        self.insertion.files.as_ref()?.mend(policy)
    }

    pub(super) fn page_end(&mut self) -> Vec<Sight> {
        self.preamble.page_end()
    }

    /// What a sight means for the page: an edit, and whether the watch is over.
    pub(super) fn act(&mut self, sight: &Sight, charset: Charset, report: &mut PageReport) -> (Option<Edit>, bool) {
        let facts = &self.preamble.facts;
        let proven = self.insertion.proof == Proof::Given || facts.doctype || facts.html_tag;
        let (at, render, inserted, over) = match sight {
            Sight::Head(at) => (*at, self.insertion.head_start.take(), &mut report.head_inserted, false),
            Sight::Body(at) => (*at, self.insertion.body_start.take(), &mut report.body_inserted, true),
            Sight::Frameset => return (None, true),
        };
        let edit = render.filter(|_| proven).map(|render| {
            *inserted = true;
            Edit::insertion(at, charset.encode(&render(facts)))
        });
        (edit, over)
    }
}
