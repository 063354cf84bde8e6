//! Finds the tags that matter, by lol_html, and says where they are; it never lets lol_html write.
//!
//! Refuses to edit: text that passed through lol_html's decoder would not come out as it went in, so only offsets
//! leave this file. Invariant: events come in document order, and no event will start before `settled`.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use lol_html::html_content::EndTag;
use lol_html::send::{Element, ElementContentHandlers, HtmlRewriter, Settings};
use lol_html::{MemorySettings, Selector};

use super::xml::XmlScanner;
use super::{ErrorKind, Syntax};

/// Every element is looked at and most are passed over: compiling a selector of all the wanted ones costs 25 µs for every
/// page, and matching it to each tag as much as looking does.
static ANY: LazyLock<Selector> = LazyLock::new(|| "*".parse().expect("a selector"));

/// Tags that load something, and those that tell where head and body start.
#[rustfmt::skip]
const WANTED: [&str; 30] = [
    "html", "head", "body", "frameset", "base", "basefont", "bgsound", "link", "meta", "title", "style", "script",
    "noscript", "noframes", "template", "iframe", "frame", "embed", "object", "img", "image", "input", "video", "audio",
    "source", "track", "use", "feimage", "portal", "fencedframe",
];

/// Tables and their parts, which browsers give a picture to lie on.
const ON_PICTURES: [&str; 9] = ["table", "tr", "td", "th", "tbody", "thead", "tfoot", "col", "colgroup"];

/// Elements whose content is text to a browser that runs scripts; their ends are reported.
const RAW: [&str; 5] = ["noscript", "script", "style", "title", "noframes"];

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
    pub(super) name: String,
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

/// The tag finder of a page's syntax.
pub(super) enum Scanner {
    Html(Box<HtmlScanner>),
    Xml(XmlScanner),
}

pub(super) struct HtmlScanner {
    rewriter: HtmlRewriter<'static, Sink>,
    found: Found,
}

type Sink = Box<dyn FnMut(&[u8]) + Send>;

#[derive(Clone, Default)]
struct Found {
    events: Arc<Mutex<Vec<Event>>>,
    settled: Arc<AtomicUsize>,
}

impl Found {
    fn push(&self, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

impl Scanner {
    pub(super) fn new(syntax: Syntax, memory: usize) -> Self {
        match syntax {
            Syntax::Html => Self::Html(Box::new(HtmlScanner::new(memory))),
            Syntax::Xhtml => Self::Xml(XmlScanner::default()),
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, ErrorKind> {
        match self {
            Self::Html(scanner) => scanner.push(bytes),
            Self::Xml(scanner) => Ok(scanner.push(bytes)),
        }
    }

    /// Up to here everything is known.
    pub(super) fn settled(&self) -> usize {
        match self {
            Self::Html(scanner) => scanner.found.settled.load(Ordering::Relaxed),
            Self::Xml(scanner) => scanner.settled(),
        }
    }

    pub(super) fn finish(self) -> Result<Vec<Event>, ErrorKind> {
        match self {
            Self::Html(scanner) => scanner.finish(),
            Self::Xml(_) => Ok(Vec::new()),
        }
    }
}

impl HtmlScanner {
    fn new(memory: usize) -> Self {
        let found = Found::default();
        let in_handler = found.clone();
        let handlers = ElementContentHandlers::default().element(move |element: &mut Element<'_, '_>| {
            let name = element.tag_name();
            if is_wanted(&name, element) {
                report(name, element, &in_handler);
            }
            Ok(())
        });
        let settings = Settings::new_send()
            .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(memory))
            // Strict stops at raw text inside <select>, which browsers meanwhile allow; a page is worth more.
            .with_strict(false)
            .append_element_content_handler((Cow::Borrowed(&*ANY), handlers));
        // Nothing is ever edited in there, so what comes out counts what was settled.
        let settled = Arc::clone(&found.settled);
        let sink: Sink = Box::new(move |chunk: &[u8]| {
            settled.fetch_add(chunk.len(), Ordering::Relaxed);
        });
        Self { rewriter: HtmlRewriter::new(settings, sink), found }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, ErrorKind> {
        self.rewriter.write(bytes).map_err(ErrorKind::Scanner)?;
        Ok(self.found.take())
    }

    fn finish(self) -> Result<Vec<Event>, ErrorKind> {
        self.rewriter.end().map_err(ErrorKind::Scanner)?;
        Ok(self.found.take())
    }
}

impl Found {
    fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn is_wanted(name: &str, element: &Element<'_, '_>) -> bool {
    let may_load = |attribute: &str| match attribute {
        "style" => true,
        "ping" | "attributionsrc" => matches!(name, "a" | "area"),
        "background" => ON_PICTURES.contains(&name),
        _ => false,
    };
    WANTED.contains(&name)
        || name.starts_with(super::amp::PREFIX)
        || element.attributes().iter().any(|attribute| may_load(&attribute.name()))
}

fn report(name: String, element: &mut Element<'_, '_>, found: &Found) {
    let in_html = element.namespace_uri() == "http://www.w3.org/1999/xhtml";
    // In SVG the same elements are markup, but what browsers make of their text is the same.
    let raw = RAW.into_iter().find(|raw| *raw == name && (in_html || matches!(*raw, "script" | "style")));
    let raw_text = raw.is_some() && element.end_tag_handlers().is_some();
    let attributes = element.attributes().iter().filter_map(|attribute| {
        let name = attribute.name_source_location()?.bytes();
        Some(Attribute { name, value: attribute.value_source_location().map(|value| value.bytes()) })
    });
    let at = element.source_location().bytes();
    let name_end = at.start + 1 + name.len();
    let tag = Tag { name, name_end, at, attributes: attributes.collect(), raw_text, as_xml: !in_html };
    found.push(Event::Start(tag));
    if let (true, Some(handlers)) = (raw_text, element.end_tag_handlers()) {
        let found = found.clone();
        handlers.push(Box::new(move |end: &mut EndTag<'_>| {
            found.push(Event::End { at: end.source_location().bytes() });
            Ok(())
        }));
    }
}

/// The same length of markup in which `noscript` is an element like any other, as it is to browsers without scripts. Its
/// end tags end nothing then.
pub(super) fn noscript_as_markup(html: &[u8]) -> Vec<u8> {
    let mut out = html.to_vec();
    for at in memchr::memchr_iter(b'<', html) {
        let name = at + 1;
        if html.get(name..name + 8).is_some_and(|word| word.eq_ignore_ascii_case(b"noscript"))
            && let Some(letter) = out.get_mut(name)
        {
            *letter = b'x';
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(html: &str) -> Vec<String> {
        let mut scanner = Scanner::new(Syntax::Html, 1 << 20);
        let mut events = scanner.push(html.as_bytes()).unwrap();
        events.extend(scanner.finish().unwrap());
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
    fn settles_as_it_goes() {
        let mut scanner = Scanner::new(Syntax::Html, 1 << 20);
        scanner.push(b"text <img src=").unwrap();
        assert_eq!(scanner.settled(), 5);
        scanner.push(b"x>more").unwrap();
        assert_eq!(scanner.settled(), 20);
    }
}
