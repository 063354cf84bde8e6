//! One page on its way: bytes in, rewritten bytes out, as early as they can be known.
//!
//! Refuses to go on after an error. Invariant: bytes given out are never needed again, and bytes held back are
//! bounded by the plan's limits.

use std::sync::Arc;

use super::edit::{Edit, Window};
use super::gate::{self, Context, TagText};
use super::inject::Injector;
use super::preamble::Sight;
use super::scan::{Event, Scanner, Tag};
use super::{Charset, Error, ErrorKind, Finished, Limits, PagePlan, PageReport, TagJudge, address};

/// `srcdoc` in `srcdoc`: one more than any page has is already too much.
const DEEPEST: u8 = 4;
const LONGEST_MARK: usize = 3;

/// Rewrites one page. Not reusable, and not usable after an error.
pub struct Rewriter {
    judge: Arc<dyn TagJudge>,
    limits: Limits,
    charset: Charset,
    scanner: Option<Scanner>,
    injector: Option<Injector>,
    insertion: Option<super::Insertion>,
    window: Window,
    /// The start of the content of an open `<noscript>`.
    noscript: Option<usize>,
    base: Base,
    stage: Stage,
    /// How many `srcdoc` or `noscript` this markup stands in.
    depth: u8,
    /// This markup stands in a `noscript`, so only browsers without scripts will read it.
    scripts_off: bool,
    report: PageReport,
}

#[derive(Clone, Default)]
enum Base {
    #[default]
    Unseen,
    /// It names no host: addresses stay on the page's own.
    Own,
    At(Arc<str>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The first bytes may be a byte order mark.
    Mark,
    Page,
    /// Not readable: everything passes.
    Passing,
}

impl Rewriter {
    /// A rewriter at the start of a page.
    #[must_use]
    pub fn new(plan: PagePlan) -> Self {
        let untouchable = plan.charset == Charset::Untouchable;
        Self {
            scanner: Some(Scanner::new(plan.limits.scanner)),
            judge: plan.judge,
            limits: plan.limits,
            charset: plan.charset,
            injector: None,
            insertion: plan.insertion,
            window: Window::default(),
            noscript: None,
            base: Base::default(),
            stage: if untouchable { Stage::Passing } else { Stage::Mark },
            depth: 0,
            scripts_off: false,
            report: PageReport { untouched: untouchable, ..PageReport::default() },
        }
    }

    /// Whether the page turned out to be in a charset that can't be read, so that all of it passes.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.stage == Stage::Passing
    }

    /// Takes bytes of the page, gives out those that are decided: possibly none.
    ///
    /// # Errors
    /// Where the page can't be read on; the rewriter is of no use afterwards.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        self.window.extend(bytes);
        if self.stage == Stage::Mark && self.window.len() >= LONGEST_MARK {
            self.read_mark().map_err(|kind| self.failed(kind))?;
        } else if self.stage == Stage::Page {
            self.scan(bytes).map_err(|kind| self.failed(kind))?;
        }
        let until = match self.stage {
            Stage::Mark => return Ok(Vec::new()),
            Stage::Page => self.decided_until(),
            Stage::Passing => self.window.end(),
        };
        let out = self.window.flush(until);
        if self.window.len() > self.limits.window {
            return Err(self.failed(ErrorKind::TooLong));
        }
        Ok(out)
    }

    /// The page's end.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(mut self) -> Result<Finished, Error> {
        if self.stage == Stage::Mark {
            self.read_mark().map_err(|kind| self.failed(kind))?;
        }
        if let (Stage::Page, Some(scanner)) = (self.stage, self.scanner.take()) {
            let settled = scanner.settled();
            let events = scanner.finish().map_err(|kind| self.failed(kind))?;
            self.take_events(events, settled.max(self.window.end())).map_err(|kind| self.failed(kind))?;
            if let Some(start) = self.noscript.take() {
                let end = self.window.end();
                self.gate_noscript(start, end).map_err(|kind| self.failed(kind))?;
            }
            let sights = self.injector.as_mut().map(Injector::page_end).unwrap_or_default();
            self.act(&sights);
        }
        let end = self.window.end();
        Ok(Finished { tail: self.window.flush(end), report: self.report })
    }

    fn failed(&mut self, kind: ErrorKind) -> Error {
        let end = self.window.end();
        Error { kind, unflushed: self.window.flush(end) }
    }

    fn read_mark(&mut self) -> Result<(), ErrorKind> {
        let start = self.window.slice(0..self.window.end()).to_vec();
        let mark = Charset::from_mark(&start);
        if let Some((charset, _)) = mark {
            self.charset = charset;
        }
        if self.charset == Charset::Untouchable {
            self.stage = Stage::Passing;
            self.report.untouched = true;
            return Ok(());
        }
        self.stage = Stage::Page;
        let after_mark = mark.map_or(0, |(_, length)| length);
        self.injector = self.insertion.take().map(|insertion| Injector::new(insertion, after_mark));
        self.scan(&start)
    }

    fn scan(&mut self, bytes: &[u8]) -> Result<(), ErrorKind> {
        let Some(scanner) = &mut self.scanner else { return Ok(()) };
        let events = if self.scripts_off { scanner.push(&noscript_as_markup(bytes))? } else { scanner.push(bytes)? };
        let settled = scanner.settled();
        self.take_events(events, settled)
    }

    fn decided_until(&self) -> usize {
        let settled = self.scanner.as_ref().map_or(0, Scanner::settled);
        let inserted = self.injector.as_ref().map_or(settled, |injector| injector.decided_until(settled));
        settled.min(inserted).min(self.noscript.unwrap_or(settled))
    }

    fn take_events(&mut self, events: Vec<Event>, settled: usize) -> Result<(), ErrorKind> {
        for event in events {
            let at = match &event {
                Event::Start(tag) => tag.at.start,
                Event::End { at, .. } => at.start,
            };
            self.watch_gap(at);
            if let Some(injector) = &mut self.injector {
                let (window, charset) = (&self.window, self.charset);
                let sights = injector.event(&event, |tag| {
                    let text = TagText { tag, raw: window.slice(tag.at.clone()) };
                    text.value("lang", charset).or_else(|| text.value("xml:lang", charset))
                });
                self.act(&sights);
            }
            match &event {
                Event::Start(tag) => self.start_tag(tag)?,
                Event::End { name: "noscript", at } => {
                    if let Some(start) = self.noscript.take() {
                        self.gate_noscript(start, at.start)?;
                    }
                }
                Event::End { .. } => {}
            }
        }
        self.watch_gap(settled);
        Ok(())
    }

    fn watch_gap(&mut self, until: usize) {
        let Some(injector) = &mut self.injector else { return };
        let cursor = injector.cursor();
        if cursor < until {
            let sights = injector.gap(self.window.slice(cursor..until));
            self.act(&sights);
        }
    }

    fn act(&mut self, sights: &[Sight]) {
        for sight in sights {
            let Some(injector) = &mut self.injector else { return };
            let (edit, over) = injector.act(sight, self.charset, &mut self.report);
            if let Some(edit) = edit {
                self.window.edit(edit);
            }
            if over {
                self.injector = None;
            }
        }
    }

    fn start_tag(&mut self, tag: &Tag) -> Result<(), ErrorKind> {
        let base = match &self.base {
            Base::At(base) => Some(Arc::clone(base)),
            Base::Unseen | Base::Own => None,
        };
        let raw = self.window.slice(tag.at.clone()).to_vec();
        let text = TagText { tag, raw: &raw };
        match tag.name.as_str() {
            "base" => self.read_base(text),
            "meta" => self.read_charset(text),
            "noscript" if tag.raw_text => self.noscript = Some(tag.at.end),
            "iframe" => self.gate_srcdoc(text)?,
            _ => {}
        }
        let context = Context { judge: self.judge.as_ref(), charset: self.charset, base: base.as_deref() };
        if let Some(held) = gate::judge(&context, text) {
            self.report.count(&held.purpose, 1);
            for edit in held.edits {
                self.window.edit(edit);
            }
        }
        Ok(())
    }

    /// The first `<base>` with an address counts.
    fn read_base(&mut self, text: TagText<'_>) {
        if !matches!(self.base, Base::Unseen) {
            return;
        }
        if let Some(href) = text.value("href", self.charset) {
            let url = address::normalised_url(&href);
            self.base = if address::names_a_host(&url) { Base::At(Arc::from(&*url)) } else { Base::Own };
        }
    }

    fn read_charset(&mut self, text: TagText<'_>) {
        if self.charset != Charset::Unknown {
            return;
        }
        let from_content = || {
            let says = text.value("http-equiv", self.charset)?;
            let content = text.value("content", self.charset).filter(|_| says.eq_ignore_ascii_case("content-type"))?;
            let at = content.to_ascii_lowercase().find("charset")?;
            let label = content.get(at + "charset".len()..)?.trim_start().strip_prefix('=')?.trim_start();
            let label = label.trim_start_matches(['"', '\'']);
            label.split(|c: char| c.is_ascii_whitespace() || matches!(c, ';' | '"' | '\'')).next().map(str::to_owned)
        };
        if let Some(label) = text.value("charset", self.charset).or_else(from_content) {
            self.charset = Charset::from_meta(&label);
        }
    }

    fn gate_noscript(&mut self, start: usize, end: usize) -> Result<(), ErrorKind> {
        let content = self.window.slice(start..end).to_vec();
        if !content.contains(&b'<') {
            return Ok(());
        }
        if let Some(gated) = self.gate_inner(&content, self.charset, true)? {
            self.window.edit(Edit { remove: start..end, insert: gated });
        }
        Ok(())
    }

    fn gate_srcdoc(&mut self, text: TagText<'_>) -> Result<(), ErrorKind> {
        let (Some(html), Some(range)) = (text.value("srcdoc", self.charset), text.value_range("srcdoc")) else {
            return Ok(());
        };
        let utf8 = Charset::Known(encoding_rs::UTF_8);
        if let Some(gated) = self.gate_inner(html.as_bytes(), utf8, self.scripts_off)? {
            let edit = text.new_value(range, self.charset, &String::from_utf8_lossy(&gated));
            self.window.edit(edit);
        }
        Ok(())
    }

    /// Gates markup that stands inside this page as text; `None` where nothing in it is held.
    fn gate_inner(&mut self, html: &[u8], charset: Charset, scripts_off: bool) -> Result<Option<Vec<u8>>, ErrorKind> {
        if self.depth >= DEEPEST {
            return Err(ErrorKind::TooDeep);
        }
        let plan = PagePlan { judge: Arc::clone(&self.judge), insertion: None, charset, limits: self.limits };
        let mut inner = Self::new(plan);
        inner.depth = self.depth + 1;
        inner.base = self.base.clone();
        inner.scripts_off = scripts_off;
        // The mark was the outer page's business.
        inner.stage = Stage::Page;
        let mut out = inner.push(html).map_err(|error| error.kind)?;
        let finished = inner.finish().map_err(|error| error.kind)?;
        out.extend_from_slice(&finished.tail);
        for (purpose, count) in &finished.report.held {
            self.report.count(purpose, *count);
        }
        Ok((!finished.report.held.is_empty()).then_some(out))
    }
}

/// The same length of markup in which `noscript` is an element like any other, as it is to browsers without scripts.
fn noscript_as_markup(html: &[u8]) -> Vec<u8> {
    let mut out = html.to_vec();
    for at in memchr::memchr_iter(b'<', html) {
        let name = if html.get(at + 1) == Some(&b'/') { at + 2 } else { at + 1 };
        if html.get(name..name + 8).is_some_and(|word| word.eq_ignore_ascii_case(b"noscript"))
            && let Some(letter) = out.get_mut(name)
        {
            *letter = b'x';
        }
    }
    out
}
