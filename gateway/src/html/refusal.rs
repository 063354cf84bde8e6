//! Whether an address, a style, a script or a list in a page leads to something that this visitor refused.
//!
//! Refuses to edit. Invariant: everything in a page that names an address is asked about in one place, here.

use super::scan::Tag;
use super::{Base, TagJudge, candidates, css, json, script};

/// What the page said so far that decides where an address leads.
pub(super) struct Context<'a> {
    pub(super) judge: &'a dyn TagJudge,
    /// The page's address, or what its first `<base href>` makes of it.
    pub(super) base: &'a Base,
    /// The language that the page says it is in.
    pub(super) lang: Option<&'a str>,
}

/// The ids of the purposes that something waits for, each once, in order of first sight.
#[derive(Clone, Debug, Default)]
pub(super) struct Purposes(Vec<String>);

impl Purposes {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, purpose: &str) {
        if !self.0.iter().any(|known| known == purpose) {
            self.0.push(purpose.to_owned());
        }
    }

    /// Parted by blanks, as the mark of a held tag carries them.
    pub(super) fn joined(&self) -> String {
        self.0.join(" ")
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Text inside an element that makes a browser load something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inline {
    Script { module: bool },
    ImportMap,
    SpeculationRules,
    Style,
}

/// Whether a media type is JavaScript's.
#[must_use]
pub fn is_java_script(media: &[u8]) -> bool {
    JAVA_SCRIPT.iter().any(|known| media.eq_ignore_ascii_case(known.as_bytes()))
}

/// JavaScript's media types (WHATWG MIME Sniffing 4.6).
const JAVA_SCRIPT: [&str; 16] = [
    "application/ecmascript",
    "application/javascript",
    "application/x-ecmascript",
    "application/x-javascript",
    "text/ecmascript",
    "text/javascript",
    "text/javascript1.0",
    "text/javascript1.1",
    "text/javascript1.2",
    "text/javascript1.3",
    "text/javascript1.4",
    "text/javascript1.5",
    "text/jscript",
    "text/livescript",
    "text/x-ecmascript",
    "text/x-javascript",
];

impl Inline {
    /// What the text of this element is; `kind` is its `type`.
    pub(super) fn of(tag: &Tag, kind: Option<&str>) -> Option<Self> {
        let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
        match (&*tag.name, &*kind) {
            ("style", _) => Some(Self::Style),
            ("script", "module") => Some(Self::Script { module: true }),
            ("script", "importmap") => Some(Self::ImportMap),
            ("script", "speculationrules") => Some(Self::SpeculationRules),
            ("script", kind) if kind.is_empty() || is_java_script(kind.as_bytes()) => {
                Some(Self::Script { module: false })
            }
            _ => None,
        }
    }
}

impl Context<'_> {
    /// Whether an address is refused, as it stands in the page once its references are decoded.
    pub(super) fn refuses(&self, url: &str, purposes: &mut Purposes) -> bool {
        if url.trim_matches(|c: char| c <= ' ').is_empty() {
            return false;
        }
        let mut refused = false;
        for place in self.base.places(url) {
            if let Some(purpose) = self.judge.hold(&place.host, &place.path, &place.query) {
                purposes.add(purpose);
                refused = true;
            }
        }
        refused
    }

    /// What to show in place of a refused address.
    pub(super) fn placeholder(&self, url: &str) -> Option<String> {
        let mut refused =
            self.base.places(url).filter(|place| self.judge.hold(&place.host, &place.path, &place.query).is_some());
        let place = refused.next()?;
        self.judge.placeholder(&place.host, &place.path, self.lang)
    }

    /// The same of the addresses that an attribute carries.
    pub(super) fn refuses_value(&self, attribute: &str, value: &str, purposes: &mut Purposes) {
        match attribute {
            // Its content is a page of its own and is gated as one.
            "srcdoc" => {}
            "srcset" | "imagesrcset" => {
                for url in candidates::of_srcset(value) {
                    self.refuses(url, purposes);
                }
            }
            "attributionsrc" => {
                for url in value.split_ascii_whitespace() {
                    self.refuses(url, purposes);
                }
            }
            _ => {
                self.refuses(value, purposes);
            }
        }
    }

    /// A style without refused addresses; `None` where it has none.
    pub(super) fn style_without(&self, style: &str, purposes: &mut Purposes) -> Option<String> {
        css::without(style, |url| self.refuses(url, purposes))
    }

    /// A list that browsers load from, without refused addresses; `None` where it has none.
    pub(super) fn list_without(&self, kind: Inline, text: &str, purposes: &mut Purposes) -> Option<String> {
        let refused = |url: &str| self.refuses(url, purposes);
        match kind {
            Inline::ImportMap => json::import_map(text, refused),
            Inline::SpeculationRules => json::speculation_rules(text, refused),
            Inline::Script { .. } | Inline::Style => None,
        }
    }

    /// Adds what a text waits for that names absolute addresses in strings, as scripts and JSON have them.
    pub(super) fn refuses_named(&self, text: &str, purposes: &mut Purposes) {
        for url in script::addresses(text) {
            self.refuses(&url, purposes);
        }
    }

    /// Adds what a script waits for that loads a refused tracker: it has means of loading, and names an absolute address
    /// of one in a string or carries a snippet that the judge knows.
    pub(super) fn refuses_script(&self, text: &str, module: bool, purposes: &mut Purposes) {
        if let Some(never) = self.judge.hold_setup(text) {
            purposes.add(never);
        }
        if !script::loads(text, module) {
            return;
        }
        self.refuses_named(text, purposes);
        for purpose in self.judge.hold_script(text) {
            purposes.add(purpose);
        }
    }
}
