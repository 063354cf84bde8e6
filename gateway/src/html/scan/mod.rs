//! Finds the tags that matter and says where they are: in HTML by the standard's tokenizer and the part of its tree builder
//! that decides how markup is read (`html`, `tag`, `text`, `tree`), in XHTML by XML's rules (`xml`).
//!
//! Refuses to edit: only offsets leave this room. Invariant: events come in document order, and no event will start before
//! `settled`.

mod html;
mod known;
mod name;
mod tag;
mod text;
mod tree;

use std::borrow::Cow;
use std::ops::Range;

use super::Syntax;
use super::xml::XmlScanner;
use html::HtmlScanner;

#[derive(Debug)]
pub(super) enum Event {
    Start(Tag),
    /// The end tag of a raw-text element.
    End {
        at: Range<usize>,
    },
}

/// A start tag; all ranges count from the page's start.
#[derive(Debug)]
pub(super) struct Tag {
    /// In lower case, as XHTML's own names are; without a prefix.
    pub(super) name: Cow<'static, str>,
    /// Where the name ends, and with it a prefix.
    pub(super) name_end: usize,
    pub(super) at: Range<usize>,
    pub(super) attributes: Vec<Attribute>,
    /// Its content is text until its end tag, which will be reported.
    pub(super) raw_text: bool,
    /// That text has references and sections as XML's has, and may be broken off by another tag: XHTML and SVG.
    pub(super) as_xml: bool,
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: Range<usize>,
    /// Without its quotes.
    pub(super) value: Option<Range<usize>>,
}

/// Where the `href` of each `a` and `area` of a page stands, without its quotes.
pub(super) fn links(page: &[u8]) -> Vec<Range<usize>> {
    let mut events = Vec::new();
    HtmlScanner::of_links().scan(page, &mut events);
    let href =
        |attribute: &Attribute| page.get(attribute.name.clone()).is_some_and(|n| n.eq_ignore_ascii_case(b"href"));
    let link = |event| match event {
        Event::Start(tag) if matches!(&*tag.name, "a" | "area") => tag.attributes.into_iter().find(href)?.value,
        Event::Start(_) | Event::End { .. } => None,
    };
    events.into_iter().filter_map(link).collect()
}

/// The tag finder of a page's syntax.
pub(super) enum Scanner {
    Html(Box<HtmlScanner>),
    Xml(XmlScanner),
}

impl Scanner {
    /// A scanner at a page's start; to browsers that run scripts `noscript` is text.
    pub(super) fn new(syntax: Syntax, scripting: bool) -> Self {
        match syntax {
            Syntax::Html => Self::Html(Box::new(HtmlScanner::new(scripting))),
            Syntax::Xhtml => Self::Xml(XmlScanner::default()),
        }
    }

    /// Reads on: `bytes` are the page from `settled` as far as it has come. Adds what it finds.
    pub(super) fn scan(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        match self {
            Self::Html(scanner) => scanner.scan(bytes, events),
            Self::Xml(scanner) => scanner.scan(bytes, events),
        }
    }

    /// Up to here everything is known.
    pub(super) fn settled(&self) -> usize {
        match self {
            Self::Html(scanner) => scanner.settled(),
            Self::Xml(scanner) => scanner.settled(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(html: &str) -> Vec<String> {
        let mut scanner = Scanner::new(Syntax::Html, true);
        let mut events = Vec::new();
        scanner.scan(html.as_bytes(), &mut events);
        events
            .into_iter()
            .map(|event| match event {
                Event::Start(Tag { at, .. }) | Event::End { at, .. } => html.get(at).unwrap().to_owned(),
            })
            .collect()
    }

    #[test]
    fn reports_each_wanted_tag_once_in_order() {
        let html = "<p><BODY background=a><img src=x><script>'<img>'</script ><textarea><img></textarea><a ping=y><a><!--<img>-->";
        assert_eq!(names(html), ["<BODY background=a>", "<img src=x>", "<script>", "</script >", "<a ping=y>"]);
    }

    #[test]
    fn noscript_is_text() {
        assert_eq!(
            names("<noscript><img></noscript><svg><script xlink:href='x'/><image></svg>"),
            ["<noscript>", "</noscript>", "<script xlink:href='x'/>", "<image>"]
        );
    }

    #[test]
    fn the_text_of_a_drawing_ends_with_whatever_ends_it() {
        assert_eq!(names("<svg><style>a</style><style>b</svg>c"), ["<style>", "</style>", "<style>", "</svg>"]);
        assert_eq!(names("<svg><style>b<p>c"), ["<style>", ""]);
    }

    #[test]
    fn settles_as_it_goes() {
        let mut scanner = Scanner::new(Syntax::Html, true);
        let page = b"text <img src=x>more";
        scanner.scan(&page[..14], &mut Vec::new());
        assert_eq!(scanner.settled(), 5);
        scanner.scan(&page[5..], &mut Vec::new());
        assert_eq!(scanner.settled(), 20);
    }
}
