//! Markup that stands inside a page as text: what is in `noscript`, and what frames carry in `srcdoc`.
//!
//! Refuses to go deeper than any page needs. Invariant: where nothing inside is held or changed, it leaves as it came.

use std::sync::Arc;

use super::super::edit::Edit;
use super::super::gate::TagText;
use super::super::{Charset, ErrorKind, PagePlan, Syntax};
use super::{DEEPEST, Page};

impl Page {
    pub(super) fn gate_noscript(&mut self, range: std::ops::Range<usize>, content: &[u8]) -> Result<(), ErrorKind> {
        if content.contains(&b'<')
            && let Some(gated) = self.gate_inner(content, self.charset, true)?
        {
            self.window.edit(Edit { remove: range, insert: gated });
        }
        Ok(())
    }

    pub(super) fn gate_srcdoc(&mut self, text: TagText<'_>) -> Result<(), ErrorKind> {
        let (Some(html), Some(range)) = (text.value("srcdoc"), text.value_range("srcdoc")) else {
            return Ok(());
        };
        let utf8 = Charset::Known(encoding_rs::UTF_8);
        if let Some(gated) = self.gate_inner(html.as_bytes(), utf8, self.scripts_off)? {
            let edit = text.new_value(range, &String::from_utf8_lossy(&gated));
            self.window.edit(edit);
        }
        Ok(())
    }

    /// Gates HTML that stands inside this page as text; `None` where nothing in it is held.
    fn gate_inner(&mut self, html: &[u8], charset: Charset, scripts_off: bool) -> Result<Option<Vec<u8>>, ErrorKind> {
        if self.depth >= DEEPEST {
            return Err(ErrorKind::TooDeep);
        }
        let plan = PagePlan {
            judge: Arc::clone(&self.judge),
            insertion: None,
            address: self.base.clone(),
            syntax: Syntax::Html,
            charset,
            limits: self.limits,
        };
        let mut inner = Self::of(plan, 0, !scripts_off);
        inner.depth = self.depth + 1;
        inner.lang.clone_from(&self.lang);
        // A noscript is no page of its own: a base in it comes after the page's.
        inner.base_seen = scripts_off && self.base_seen;
        let mut out = inner.push(html).map_err(|error| error.kind)?;
        let finished = inner.finish().map_err(|error| error.kind)?;
        out.extend_from_slice(&finished.tail);
        for (purpose, count) in &finished.report.held {
            self.report.count(purpose, *count);
        }
        self.report.roused = self.report.roused.saturating_add(finished.report.roused);
        let changed = !finished.report.held.is_empty() || finished.report.roused > 0;
        Ok(changed.then_some(out))
    }
}
