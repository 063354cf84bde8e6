//! The scanner beside html5ever, a whole parser by the same standard: the same tags with the same attributes, the same
//! text between them, in the same vocabulary, for tables of hard pieces and for soup made of them; and the same at every cut.
//!
//! Refuses to compare trees, which the scanner doesn't build. Invariant: it looks no further than where html5ever is known
//! to leave the standard: it takes no integration point for special (so that `</span>` reaches out of a `desc`, and `<li>`
//! ends an `li` around one), and no annotation for a bound of scopes.

mod beside_lol_html;

use std::cell::RefCell;

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use markup5ever_rcdom::{Handle, RcDom};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Writes down each tag that a tree builder is given, and what it makes of it.
struct Watch {
    builder: TreeBuilder<Handle, RcDom>,
    told: RefCell<Vec<String>>,
}

impl TokenSink for Watch {
    type Handle = Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Handle> {
        let Token::TagToken(tag) = token else { return self.builder.process_token(token, line) };
        let written = written(&tag);
        let result = self.builder.process_token(Token::TagToken(tag), line);
        let content = match &result {
            TokenSinkResult::RawData(_) => " text",
            TokenSinkResult::Plaintext => " plaintext",
            TokenSinkResult::Script(_) | TokenSinkResult::Continue | TokenSinkResult::EncodingIndicator(_) => "",
        };
        // While text is read, the current node is its element.
        let in_foreign = content.is_empty() && self.adjusted_current_node_present_but_not_in_html_namespace();
        let foreign = if in_foreign { " in foreign" } else { "" };
        self.told.borrow_mut().push(format!("{written}{content}{foreign}"));
        result
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

fn written(tag: &Tag) -> String {
    let slash = if tag.kind == TagKind::EndTag { "/" } else { "" };
    let mut out = format!("<{slash}{}", tag.name);
    if tag.kind == TagKind::StartTag {
        for attribute in &tag.attrs {
            out.push_str(&format!(" {}={:?}", attribute.name.local, &*attribute.value));
        }
        if tag.self_closing {
            out.push_str(" /");
        }
    }
    out + ">"
}

fn by_html5ever(page: &str, scripting: bool) -> Vec<String> {
    let options = TreeBuilderOpts { scripting_enabled: scripting, ..TreeBuilderOpts::default() };
    let builder = TreeBuilder::new(RcDom::default(), options);
    let watch = Watch { builder, told: RefCell::default() };
    let tokenizer = Tokenizer::new(watch, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(page));
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.told.take()
}

/// Every tag that the scanner has passed.
#[derive(Default)]
pub(super) struct Tags {
    passed: Vec<Passed>,
    /// Where the bytes stand that plain tags are passed in.
    start: usize,
    depth: usize,
    points: (bool, bool),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Start(Content),
    End,
    EndOfText,
}

struct Passed {
    start: usize,
    length: usize,
    what: What,
    in_foreign: bool,
    /// Whether an integration point was open, and an annotation.
    points: (bool, bool),
    /// It changed nothing.
    ignored: bool,
}

impl Tags {
    pub(super) fn before(&mut self, tree: &Tree) {
        (self.depth, self.points) = (tree.depth(), tree.points());
    }

    pub(super) const fn starts_at(&mut self, start: usize) {
        self.start = start;
    }

    pub(super) fn note_plain(&mut self, tag: &[u8], at: usize, length: usize, tree: &Tree) {
        let what = if tag[1] == b'/' { What::End } else { What::Start(Content::Markup) };
        self.note(self.start + at, length, what, tree);
    }

    pub(super) fn note(&mut self, start: usize, length: usize, what: What, tree: &Tree) {
        let ignored = what == What::End && tree.depth() == self.depth;
        let in_foreign = tree.space() != Space::Html;
        self.passed.push(Passed { start, length, what, in_foreign, points: self.points, ignored });
    }
}

/// The tags that the scanner passes when it is given the page in pieces of this length.
fn passed(page: &[u8], scripting: bool, piece: usize) -> Vec<Passed> {
    let mut scanner = HtmlScanner::new(scripting);
    let mut events = Vec::new();
    for end in (piece..page.len()).step_by(piece).chain([page.len()]) {
        scanner.scan(&page[scanner.settled..end], &mut events);
    }
    scanner.watch.passed
}

/// The same told by the scanner, and how many of these html5ever should tell alike.
fn by_us(page: &str, scripting: bool, piece: usize) -> (Vec<String>, usize) {
    let passed = passed(page.as_bytes(), scripting, piece);
    let departs = |tag: &Passed| {
        let text = page.get(tag.start..).unwrap().to_ascii_lowercase();
        let item = ["<li", "<dd", "<dt"].iter().any(|item| text.starts_with(item));
        tag.points.1 || (tag.points.0 && (tag.ignored || item))
    };
    let agreed = passed.iter().position(departs).unwrap_or(usize::MAX);
    (passed.iter().map(|tag| tell(tag, page)).collect(), agreed)
}

fn tell(tag: &Passed, page: &str) -> String {
    let text = page.get(tag.start..tag.start + tag.length).unwrap();
    let mut reader = Reader::default();
    reader.restart(if text.starts_with("</") { 2 } else { 1 });
    reader.read(text.as_bytes()).unwrap();
    let foreign = if tag.in_foreign { " in foreign" } else { "" };
    let mut out = text.get(..reader.name_end).unwrap().to_ascii_lowercase();
    let What::Start(content) = tag.what else { return format!("{out}>{foreign}") };
    let mut seen = Vec::new();
    for attribute in reader.attributes(text.as_bytes(), 0) {
        let name = text.get(attribute.name).unwrap().to_ascii_lowercase();
        if !seen.contains(&name) {
            let value = attribute.value.map(|at| text.get(at).unwrap()).unwrap_or_default();
            out.push_str(&format!(" {name}={value:?}"));
            seen.push(name);
        }
    }
    if reader.closes_itself() {
        out.push_str(" /");
    }
    match content {
        Content::Text | Content::Script => format!("{out}> text"),
        Content::Plaintext => format!("{out}> plaintext"),
        Content::Markup => format!("{out}>{foreign}"),
    }
}

fn check(page: &str) -> Result<(), TestCaseError> {
    // Where no scripts run, the scanner is given what is in a `noscript`, which never is the whole head of a page.
    let below = format!("<body>{page}");
    for (page, scripting) in [(page, true), (&below, false)] {
        let theirs = by_html5ever(page, scripting);
        let (ours, agreed) = by_us(page, scripting, page.len().max(1));
        let same = ours.iter().take(agreed).eq(theirs.iter().take(agreed));
        prop_assert!(same, "scripting {scripting}: {page}\nours   {ours:?}\ntheirs {theirs:?}");
        for piece in [1, 2, 3, 7] {
            prop_assert_eq!(&by_us(page, scripting, piece).0, &ours, "cut by {}: {}", piece, page);
        }
    }
    Ok(())
}

/// Pieces that a tokenizer may stumble over.
#[rustfmt::skip]
const PIECES: [&str; 64] = [
    "<", ">", "/", "!", "-", "--", "=", "'", "\"", " ", "\n", "\t", "a", "A", "x", "?", "]", "[", "</", "<!", "<!-",
    "<!--", "-->", "--!>", "->", "<?", "/>", "<![CDATA[", "]]>", "<!doctype", "<!DOCTYPE html>", "<a", "<p ", "<b x=",
    "<i y='", "<u z=\"", "</a", "</p>", "<script", "<script>", "</script", "</script>", "<style>", "</style>",
    "</style ", "<title>", "</title>", "<textarea>", "</textarea>", "<svg>", "</svg>", "<math>", "</math>",
    "<plaintext>", "<noscript>", "</noscript>", "<xmp>", "</xmp/", "<iframe>", "</iframe>", "script", "style", "</",
    "<a/b=c/>",
];

/// Names whose elements are treated each in their own way.
#[rustfmt::skip]
const NAMES: [&str; 84] = [
    "a", "b", "i", "nobr", "font", "p", "div", "address", "span", "x-y", "h1", "h2", "ul", "ol", "li", "dl", "dd",
    "dt", "form", "button", "object", "applet", "marquee", "table", "caption", "colgroup", "col", "tbody", "thead",
    "tfoot", "tr", "td", "th", "select", "option", "optgroup", "hr", "input", "input type=hidden", "br", "img",
    "image", "ruby", "rb", "rt", "rtc", "rp", "template", "script", "style", "title", "textarea", "iframe", "noembed",
    "noframes", "noscript", "xmp", "pre", "svg", "svg", "svg", "math", "math", "desc", "foreignObject", "mi", "mo",
    "mtext", "mglyph", "malignmark", "annotation-xml", "annotation-xml encoding=text/html", "g", "path/", "circle /",
    "font color=red", "font x", "frameset", "frame", "head", "body", "html", "dialog", "section",
];

/// Checks many inputs and tells of the first that fail.
#[derive(Default)]
struct Table(Vec<String>);

impl Table {
    fn check(&mut self, page: &str) {
        if let Err(error) = check(page) {
            self.0.push(error.to_string());
        }
    }

    fn end(self) {
        let first: Vec<_> = self.0.iter().take(20).map(String::as_str).collect();
        assert!(self.0.is_empty(), "{} fail:\n{}", self.0.len(), first.join("\n"));
    }
}

#[test]
fn hard_pieces_by_twos_and_threes() {
    let mut table = Table::default();
    for first in PIECES {
        for second in PIECES {
            table.check(&format!("{first}{second}x>y"));
            table.check(&format!("<svg>{first}{second}x></svg>"));
        }
    }
    for middle in PIECES {
        for last in PIECES {
            for (open, close) in
                [("<script>", "</script>"), ("<style>", "</style>"), ("<title>", "</title>"), ("<!--", "-->")]
            {
                table.check(&format!("{open}{middle}{last}{close}<b>"));
            }
            table.check(&format!("<script><!--{middle}{last}</script>-->"));
            table.check(&format!("<script><!--<script>{middle}{last}</script></script>"));
            table.check(&format!("<a {middle}{last} b=c>d"));
            table.check(&format!("<a b={middle}{last} d>e"));
        }
    }
    table.end();
}

#[test]
fn every_element_in_every_other() {
    let mut table = Table::default();
    for outer in NAMES {
        for inner in NAMES {
            let end = |tag: &str| tag.split([' ', '/']).next().unwrap_or_default().to_owned();
            let (close_outer, close_inner) = (end(outer), end(inner));
            table.check(&format!("<{outer}><{inner}></{close_outer}></{close_inner}><svg><style>"));
            table.check(&format!("<{outer}><svg><{inner}><b></{close_inner}><{inner}></{close_outer}><style>"));
            table.check(&format!(
                "<!doctype html><{outer}>x<math><{inner}></{close_outer}><mi><{inner}><b></{close_outer}><style>"
            ));
            table.check(&format!("<table><td><{outer}><svg><desc><{inner}></{close_outer}><tr><style>"));
        }
    }
    table.end();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn soup_of_pieces(pieces in proptest::collection::vec(select(&PIECES[..]), 0..16)) {
        check(&pieces.concat())?;
    }

    #[test]
    fn soup_of_elements(
        doctype in select(&["", "<!doctype html>"][..]),
        pieces in proptest::collection::vec(prop_oneof![
            5 => select(&NAMES[..]).prop_map(|name| format!("<{name}>")),
            4 => select(&NAMES[..]).prop_map(|name| format!("</{name}>")),
            1 => select(&["x", " ", "<!--", "-->", "<![CDATA[", "]]>", ">", "</", "\""][..]).prop_map(str::to_owned),
        ], 0..24),
    ) {
        check(&format!("{doctype}{}", pieces.concat()))?;
    }
}
