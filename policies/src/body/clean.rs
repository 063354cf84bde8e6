//! Puts a page's tags together again: what may stay is written out, closed where it was opened.
//!
//! Refuses elements in [`LEFT_OUT`] with all that is in them, and attributes that run. Invariant: text is escaped anew, so that nothing that was
//! text becomes a tag.

use html5ever::tokenizer::{Tag, TagKind};

use super::{Body, MARK};
use crate::markup::{self, Listener};
use crate::policy::Fault;

/// Elements that are left out with their contents.
const LEFT_OUT: [&str; 14] = [
    "script", "style", "title", "noscript", "template", "iframe", "object", "frameset", "noframes", "noembed", "xmp",
    "textarea", "select", "dialog",
];

/// Tags that are left out while their contents stay.
const TAKEN_OFF: [&str; 12] =
    ["html", "head", "body", "meta", "link", "base", "embed", "frame", "plaintext", "form", "portal", "input"];

/// Elements that have no end.
const VOID: [&str; 10] = ["area", "br", "col", "hr", "img", "param", "source", "track", "wbr", "image"];

/// Elements that browsers end by themselves.
const SELF_ENDING: [&str; 13] =
    ["p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup", "rt", "rp"];

/// Elements that may hold a table and headings.
const ROOMY: [&str; 12] = [
    "div",
    "section",
    "article",
    "aside",
    "header",
    "footer",
    "blockquote",
    "figure",
    "details",
    "center",
    "nav",
    "address",
];

/// How deep elements may stand within each other.
const DEEPEST: usize = 256;

/// Attributes whose value is an address.
const ADDRESSES: [&str; 5] = ["href", "src", "action", "formaction", "data"];

/// Writes a page out again, its highest heading as the second.
pub(super) fn clean(html: &str) -> Result<Body, Fault> {
    let highest = pass(html, 0)?.highest.unwrap_or(2);
    let written = pass(html, 2 - highest)?;
    Ok(match written.before {
        Some(before) => Body { before, after: written.out, marked: true },
        None => Body { before: written.out, after: String::new(), marked: false },
    })
}

/// Writes a page out with its headings that much lower.
fn pass(html: &str, lower: i8) -> Result<State, Fault> {
    let mut state = markup::read(html, State { lower, ..State::default() });
    while let Some(name) = state.open.pop() {
        state.write_end(&name);
    }
    state.fault.take().map_or(Ok(state), Err)
}

#[derive(Default)]
struct State {
    out: String,
    /// What was written before the mark.
    before: Option<String>,
    open: Vec<String>,
    /// The element that is being left out, and how often within itself.
    left_out: Option<(String, usize)>,
    /// Where the paragraph begins of which nothing but its tag was written yet.
    begun: Option<usize>,
    /// The paragraph around the mark was taken off, and its end is to come.
    swallow: bool,
    lower: i8,
    highest: Option<i8>,
    fault: Option<Fault>,
}

impl Listener for State {
    fn text(&mut self, text: &str, line: usize) {
        if self.left_out.is_some() {
            return;
        }
        match mark_in(text) {
            None => self.words(text),
            Some((before, after)) => {
                self.words(before);
                self.mark(line);
                self.text(after, line);
            }
        }
    }

    fn tag(&mut self, tag: &Tag, line: usize) {
        let name: &str = &tag.name;
        let ends = tag.kind == TagKind::EndTag;
        if let Some((left_out, depth)) = &mut self.left_out {
            if left_out == name {
                *depth = if ends { depth.saturating_sub(1) } else { depth.saturating_add(1) };
                if *depth == 0 {
                    self.left_out = None;
                }
            }
            return;
        }
        if LEFT_OUT.contains(&name) {
            if !ends && !tag.self_closing {
                self.left_out = Some((name.to_owned(), 1));
            }
            return;
        }
        if TAKEN_OFF.contains(&name) {
            return;
        }
        let name = self.name_here(name);
        if ends { self.end(&name) } else { self.start(&name, tag, line) }
    }
}

impl State {
    fn words(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.begun = None;
        }
        for letter in text.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                _ => self.out.push(letter),
            }
        }
    }

    fn mark(&mut self, line: usize) {
        if self.before.is_some() {
            self.tell(line, format!("{MARK} stands here again: once is enough"));
            return;
        }
        if let Some(begun) = self.begun.take() {
            self.out.truncate(begun);
            self.open.pop();
            self.swallow = true;
        }
        let cramped = self.open.iter().rev().find(|name| !ROOMY.contains(&name.as_str()));
        if let Some(name) = cramped {
            let message =
                format!("{MARK} stands within <{name}>: give it a line of its own, with empty lines around it");
            self.tell(line, message);
        }
        self.before = Some(std::mem::take(&mut self.out));
    }

    /// The first fault counts: what follows may come of it.
    fn tell(&mut self, line: usize, message: String) {
        self.fault.get_or_insert_with(|| Fault::new("", line, message));
    }

    /// What an element is called here: one page has one `<main>`, and headings stand lower.
    fn name_here(&mut self, name: &str) -> String {
        let level =
            name.strip_prefix('h').and_then(|level| level.parse::<i8>().ok()).filter(|level| (1..7).contains(level));
        match (name, level) {
            ("main", _) => "div".to_owned(),
            (_, Some(level)) => {
                self.highest = Some(self.highest.map_or(level, |highest| highest.min(level)));
                format!("h{}", (level + self.lower).clamp(2, 6))
            }
            _ => name.to_owned(),
        }
    }

    fn start(&mut self, name: &str, tag: &Tag, line: usize) {
        while self.open.last().is_some_and(|open| is_ended_by(open, name)) {
            self.open.pop();
        }
        self.begun = (name == "p").then_some(self.out.len());
        self.out.push('<');
        self.out.push_str(name);
        for attribute in tag.attrs.iter().filter(|attribute| may_stay(&attribute.name.local, &attribute.value)) {
            self.out.push(' ');
            self.out.push_str(&attribute.name.local);
            self.out.push_str("=\"");
            self.out.push_str(&attribute.value.replace('&', "&amp;").replace('"', "&quot;"));
            self.out.push('"');
        }
        let has_end = !VOID.contains(&name) && !tag.self_closing;
        self.out.push_str(if tag.self_closing && !VOID.contains(&name) { " />" } else { ">" });
        if has_end {
            self.open.push(name.to_owned());
        }
        if self.open.len() > DEEPEST {
            self.tell(line, format!("has more than {DEEPEST} elements within each other, too deep for a page"));
            self.open.pop();
        }
    }

    fn end(&mut self, name: &str) {
        if name == "p" && std::mem::take(&mut self.swallow) {
            return;
        }
        self.begun = None;
        if !self.open.iter().any(|open| open == name) {
            return;
        }
        while let Some(open) = self.open.pop() {
            if open == name {
                self.out.push_str(&format!("</{open}>"));
                return;
            }
            self.write_end(&open);
        }
    }

    fn write_end(&mut self, name: &str) {
        if !SELF_ENDING.contains(&name) {
            self.out.push_str(&format!("</{name}>"));
        }
    }
}

/// Text around the first mark.
fn mark_in(text: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let (_, rest) = text.split_at_checked(from)?;
        let (before, inner) = rest.split_once("{{")?;
        let opened = from + before.len();
        match inner.split_once("}}") {
            Some((words, after)) if words.trim() == "cookies" => {
                return text.split_at_checked(opened).map(|(before, _)| (before, after));
            }
            _ => from = opened + 2,
        }
    }
}

/// Whether an element that is open ends where another begins, as browsers have it.
fn is_ended_by(open: &str, next: &str) -> bool {
    let is_heading = |name: &str| matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
    match open {
        "p" => {
            ROOMY.contains(&next)
                || is_heading(next)
                || matches!(
                    next,
                    "p" | "ul" | "ol" | "dl" | "table" | "pre" | "hr" | "li" | "dt" | "dd" | "td" | "th" | "tr"
                )
        }
        "li" => next == "li",
        "dt" | "dd" => matches!(next, "dt" | "dd"),
        "td" | "th" => matches!(next, "td" | "th" | "tr" | "tbody" | "tfoot"),
        "tr" => matches!(next, "tr" | "tbody" | "tfoot"),
        "thead" | "tbody" | "tfoot" => matches!(next, "tbody" | "tfoot"),
        _ => false,
    }
}

/// Whether an attribute may stay: none that runs, and no address that does.
fn may_stay(name: &str, value: &str) -> bool {
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-:_".contains(&byte));
    let runs = ADDRESSES.contains(&name) && {
        let bare: String = value.chars().filter(|letter| !letter.is_whitespace() && !letter.is_control()).collect();
        let bare = bare.to_ascii_lowercase();
        bare.starts_with("javascript:") || bare.starts_with("data:text/html") || bare.starts_with("vbscript:")
    };
    is_word && !name.starts_with("on") && !runs
}
