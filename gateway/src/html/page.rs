//! One page on its way, its charset settled: bytes in, rewritten bytes out, as early as they can be known.
//!
//! Refuses to go on after an error. Invariant: bytes given out are never needed again, and bytes held back are
//! bounded by the plan's limits.

mod inner;
mod marks;

use std::sync::Arc;

use super::amp;
use super::charset;
use super::edit::{Edit, Window};
use super::gate::{self, Held, TagText};
use super::inject::Injector;
use super::open::{Content, Open};
use super::preamble::Sight;
use super::refusal::{Context, Inline, Purposes};
use super::scan::{Event, Scanner, Tag};
use super::{Base, Charset, Error, ErrorKind, Finished, Limits, PagePlan, PageReport, TagJudge, xml};

/// `srcdoc` in `srcdoc`: one more than any page has is already too much.
const DEEPEST: u8 = 4;
/// Browsers look for a charset this far and no further.
const META_WITHIN: usize = 1024;

/// Rewrites one page. Not reusable, and not usable after an error.
pub(super) struct Page {
    judge: Arc<dyn TagJudge>,
    limits: Limits,
    charset: Charset,
    scanner: Scanner,
    /// What was found and not acted on; empty between pushes.
    events: Vec<Event>,
    injector: Option<Injector>,
    window: Window,
    /// An element whose text is judged when it has come.
    open: Option<Open>,
    base: Base,
    /// The first `<base>` with an address counts.
    base_seen: bool,
    lang: Option<String>,
    /// How many `srcdoc` or `noscript` this markup stands in.
    depth: u8,
    /// What the AMP element waits for whose configuration may come next.
    configured: Option<Purposes>,
    /// This markup stands in a `noscript`, so only browsers without scripts will read it.
    scripts_off: bool,
    /// More is held back than may be: the next piece ends the reading, once what was decided before has gone out.
    too_long: bool,
    report: PageReport,
}

impl Page {
    /// A page that starts with `mark` bytes of byte order mark.
    pub(super) fn new(plan: PagePlan, mark: usize) -> Self {
        Self::of(plan, mark, true)
    }

    /// The same for browsers with or without scripts.
    fn of(plan: PagePlan, mark: usize, scripting: bool) -> Self {
        let syntax = plan.syntax;
        Self {
            scanner: Scanner::new(syntax, scripting),
            events: Vec::new(),
            judge: plan.judge,
            limits: plan.limits,
            charset: plan.charset,
            injector: plan.insertion.map(|insertion| Injector::new(insertion, mark, syntax)),
            window: Window::default(),
            open: None,
            base: plan.address,
            base_seen: false,
            lang: None,
            depth: 0,
            configured: None,
            scripts_off: !scripting,
            too_long: false,
            report: PageReport::default(),
        }
    }

    /// Takes bytes of the page, gives out those that are decided: possibly none.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        self.window.extend(bytes);
        if self.too_long {
            return Err(self.failed(ErrorKind::TooLong));
        }
        self.scan().map_err(|kind| self.failed(kind))?;
        let out = self.window.flush(self.decided_until());
        self.too_long = self.window.len() > self.limits.window;
        if self.too_long && out.is_empty() { Err(self.failed(ErrorKind::TooLong)) } else { Ok(out) }
    }

    /// The page's end.
    pub(super) fn finish(mut self) -> Result<Finished, Error> {
        if self.too_long {
            return Err(self.failed(ErrorKind::TooLong));
        }
        let end = self.window.end();
        self.watch_gap(end);
        self.close(end).map_err(|kind| self.failed(kind))?;
        let sights = self.injector.as_mut().map(Injector::page_end).unwrap_or_default();
        self.act(&sights);
        Ok(Finished { tail: self.window.flush(end), report: self.report })
    }

    fn failed(&mut self, kind: ErrorKind) -> Error {
        let end = self.window.end();
        Error { kind, unflushed: self.window.flush(end) }
    }

    fn scan(&mut self) -> Result<(), ErrorKind> {
        let mut events = std::mem::take(&mut self.events);
        self.scanner.scan(self.window.slice(self.scanner.settled()..self.window.end()), &mut events);
        let settled = self.scanner.settled();
        let outcome = self.take_events(&mut events, settled);
        self.events = events;
        outcome?;
        let too_long = |open: &Open| open.has_bound() && settled.saturating_sub(open.start) >= self.limits.inline;
        if self.open.as_ref().is_some_and(too_long) { self.close(settled) } else { Ok(()) }
    }

    fn decided_until(&self) -> usize {
        let settled = self.scanner.settled();
        let inserted = self.injector.as_ref().map_or(settled, |injector| injector.decided_until(settled));
        settled.min(inserted).min(self.open.as_ref().map_or(settled, Open::from))
    }

    fn take_events(&mut self, events: &mut Vec<Event>, settled: usize) -> Result<(), ErrorKind> {
        for event in events.drain(..) {
            let at = match &event {
                Event::Start(tag) => tag.at.start,
                Event::End { at, .. } => at.start,
            };
            self.watch_gap(at);
            if let Some(injector) = &mut self.injector {
                let (window, charset) = (&self.window, self.charset);
                let sights = injector.event(&event, |tag| {
                    let text = TagText { tag, raw: window.slice(tag.at.clone()), charset };
                    text.value("lang").or_else(|| text.value("xml:lang"))
                });
                self.act(&sights);
            }
            match event {
                Event::Start(tag) => {
                    self.close(tag.at.start)?;
                    self.start_tag(tag)?;
                }
                Event::End { at, .. } => self.close(at.start)?,
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

    fn start_tag(&mut self, tag: Tag) -> Result<(), ErrorKind> {
        let raw = self.window.slice(tag.at.clone()).to_vec();
        let text = TagText { tag: &tag, raw: &raw, charset: self.charset };
        if let Some(marked) = self.other_mark(text) {
            return self.start_marked(tag, &raw, marked);
        }
        let held = gate::judge(&self.context(), text);
        match &*tag.name {
            "html" if ["amp", "⚡"].iter().any(|name| text.has(name)) => {
                self.injector.iter_mut().for_each(Injector::note_amp);
                self.lang = text.value("lang").or(self.lang.take());
            }
            "html" => self.lang = text.value("lang").or_else(|| text.value("xml:lang")).or(self.lang.take()),
            "base" => self.read_base(text),
            "meta" => {
                self.read_charset(text);
                self.mend_policy(text);
            }
            "iframe" => self.gate_srcdoc(text)?,
            _ => {}
        }
        let asleep = held.is_some();
        let configured = std::mem::take(&mut self.configured);
        if tag.name.starts_with(amp::PREFIX) {
            self.configured = Some(held.as_ref().map(|held| held.purposes.clone()).unwrap_or_default());
        }
        if let Some(held) = held {
            self.hold(held);
        }
        if tag.raw_text {
            self.open(tag, &raw, asleep, configured);
        }
        Ok(())
    }

    /// Browsers read policies of tags in the head alone, where they also take effect for what follows.
    fn mend_policy(&mut self, text: TagText<'_>) {
        let says = text.value("http-equiv").unwrap_or_default();
        let Some(injector) = &mut self.injector else { return };
        if !says.trim().eq_ignore_ascii_case("content-security-policy") {
            return;
        }
        let mended = text.value("content").and_then(|policy| injector.mend_policy(&policy));
        if let Some((range, mended)) = text.value_range("content").zip(mended) {
            self.window.edit(text.new_value(range, &mended));
        }
    }

    fn context(&self) -> Context<'_> {
        Context { judge: self.judge.as_ref(), base: &self.base, lang: self.lang.as_deref() }
    }

    fn hold(&mut self, held: Held) {
        for purpose in held.purposes.iter() {
            self.report.count(purpose, 1);
        }
        for edit in held.edits {
            self.window.edit(edit);
        }
    }

    /// Remembers an element whose text must be judged.
    fn open(&mut self, tag: Tag, raw: &[u8], asleep: bool, configured: Option<Purposes>) {
        let (start, as_xml) = (tag.at.end, tag.as_xml);
        let text = TagText { tag: &tag, raw, charset: self.charset };
        let elsewhere = ["src", "href", "xlink:href"].iter().any(|name| text.value(name).is_some());
        let kind = text.value("type");
        let is_json = kind.as_deref().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        let what = match Inline::of(&tag, kind.as_deref()) {
            None if tag.name == "script"
                && is_json
                && let Some(purposes) = configured =>
            {
                Content::Configuration { tag, purposes }
            }
            _ if tag.name == "noscript" => Content::Noscript,
            Some(Inline::Style) => Content::Style,
            None => return,
            Some(_) if asleep || elsewhere || self.scripts_off => return,
            Some(Inline::Script { module }) => Content::Script { tag, module },
            Some(kind) => Content::List { tag, kind },
        };
        self.open = Some(Open { what, start, as_xml });
    }

    /// Judges the open element's text, which ends at `end` or goes on beyond what is held back.
    fn close(&mut self, end: usize) -> Result<(), ErrorKind> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let bound = if open.has_bound() { open.start.saturating_add(self.limits.inline) } else { end };
        let range = open.start..end.min(bound);
        let bytes = self.window.slice(range.clone()).to_vec();
        match open.what {
            Content::Noscript => return self.gate_noscript(range, &bytes),
            Content::Style => self.gate_style(open.as_xml, range, &bytes),
            Content::Script { tag, module } => self.gate_script(&tag, module, &bytes),
            Content::Marked { tag, marked, module } => self.gate_marked(&tag, &marked, module, &bytes),
            Content::Configuration { tag, purposes } => self.gate_configuration(&tag, purposes, &bytes),
            Content::List { tag, kind } => self.gate_list(&tag, kind, range, &bytes),
        }
        Ok(())
    }

    fn gate_script(&mut self, tag: &Tag, module: bool, bytes: &[u8]) {
        let mut purposes = Purposes::default();
        let context = self.context();
        context.refuses_script(&text_of(tag.as_xml, self.charset, bytes), module, &mut purposes);
        if !purposes.is_empty() {
            let raw = self.window.slice(tag.at.clone()).to_vec();
            let held = gate::hold_script(TagText { tag, raw: &raw, charset: self.charset }, purposes);
            self.hold(held);
        }
    }

    fn gate_configuration(&mut self, tag: &Tag, mut purposes: Purposes, bytes: &[u8]) {
        self.context().refuses_named(&text_of(tag.as_xml, self.charset, bytes), &mut purposes);
        if !purposes.is_empty() {
            let raw = self.window.slice(tag.at.clone()).to_vec();
            let held = gate::hold_script(TagText { tag, raw: &raw, charset: self.charset }, purposes);
            self.hold(held);
        }
    }

    fn gate_style(&mut self, as_xml: bool, range: std::ops::Range<usize>, bytes: &[u8]) {
        let charset = self.charset.lossless_for(bytes);
        let text = text_of(as_xml, charset, bytes);
        let context = self.context();
        let mut purposes = Purposes::default();
        if let Some(without) = context.style_without(&text, &mut purposes) {
            let edits = vec![new_text(as_xml, charset, range, without)];
            self.hold(Held { purposes, edits });
        }
    }

    fn gate_list(&mut self, tag: &Tag, kind: Inline, range: std::ops::Range<usize>, bytes: &[u8]) {
        let charset = self.charset.lossless_for(bytes);
        let text = text_of(tag.as_xml, charset, bytes);
        let context = self.context();
        let mut purposes = Purposes::default();
        let Some(without) = context.list_without(kind, &text, &mut purposes) else { return };
        let mut edits = vec![new_text(tag.as_xml, charset, range, without)];
        if kind == Inline::ImportMap {
            // No browser takes back what a map has said: it is whole on the next page only.
            edits.push(gate::mark_next(tag, self.charset, &purposes));
        }
        self.hold(Held { purposes, edits });
    }

    /// Bases that browsers pass over count as seen too.
    fn read_base(&mut self, text: TagText<'_>) {
        if let Some(href) = text.value("href").filter(|_| !self.base_seen) {
            self.base_seen = true;
            self.injector.iter_mut().for_each(Injector::note_base);
            self.base = self.base.joined(&href).unwrap_or_else(|| self.base.clone());
        }
    }

    fn read_charset(&mut self, text: TagText<'_>) {
        if self.charset != Charset::Unknown || text.tag.at.end > META_WITHIN {
            return;
        }
        if let Some(label) = charset::label_of_meta(text) {
            self.charset = Charset::from_meta(&label);
        }
    }
}

fn new_text(as_xml: bool, charset: Charset, range: std::ops::Range<usize>, text: String) -> Edit {
    let written = if as_xml { super::entity::escaped(&text) } else { text };
    Edit { remove: range, insert: charset.encode(&written) }
}

fn text_of(as_xml: bool, charset: Charset, bytes: &[u8]) -> String {
    let text = charset.decode(bytes);
    if as_xml { xml::text_of(&text) } else { text.into_owned() }
}
