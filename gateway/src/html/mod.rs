//! Pages as a stream: tags of refused trackers are put to sleep, and the banner is put in.
//!
//! The rewriter finds tags, asks a [`TagJudge`] about every place they load from, and edits only the tags that are
//! held. Inline scripts, styles, import maps and speculation rules are read as far as their addresses go; every other
//! byte leaves as it came. It refuses to run or to understand scripts. Invariant: where nothing is held and nothing
//! inserted, the output is the input, byte for byte, however it was cut.
//!
//! Known limits, all of which need a page written to defeat its own gateway: addresses that scripts, event handlers or
//! SVG animations put together; markup that is text in one reading of `<noscript>` and markup in the other and starts
//! before it; and, in drawings and formulas alone, elements that were opened more than two thousand levels up, and what
//! hangs on a doctype's identifiers (whether a table ends a paragraph).

mod address;
mod amp;
mod candidates;
mod charset;
mod css;
mod edit;
mod entity;
mod frames;
mod gate;
mod hints;
mod inject;
mod json;
mod open;
mod page;
mod preamble;
mod refusal;
mod rewriter;
mod rouse;
mod scan;
mod script;
mod utf16;
mod xml;

pub use address::Base;
pub use charset::Charset;
pub use hints::gate_link_header;
pub use refusal::is_java_script;
pub use rewriter::Rewriter;

use std::sync::Arc;

use crate::wire::csp::OwnFiles;

/// Says what must not be loaded by this visitor's page.
pub trait TagJudge: Send + Sync {
    /// The id of the purpose that a place waits for; `None` lets it go.
    ///
    /// `host` is ASCII in lower case (punycode for other letters) without port, user and last dot; `path` starts with a
    /// slash; `query` is as written. Hints such as `preconnect` ask for the bare host with the path `/`.
    fn hold(&self, host: &str, path: &str, query: &str) -> Option<&str>;

    /// An address of our own to show in place of a held frame, for a page in this language; as a rule none.
    fn placeholder(&self, host: &str, path: &str, lang: Option<&str>) -> Option<String> {
        let _ = (host, path, lang);
        None
    }

    /// What another consent tool's mark on a tag comes to, where the gateway takes that tool's place; as a rule nothing.
    /// `attribute` gives a value, where the tag has the attribute.
    fn other_mark(&self, _element: &str, _attribute: &dyn Fn(&str) -> Option<String>) -> Option<Marked> {
        None
    }

    /// The mark under which an inline script never runs, because it sets another consent tool up; as a rule none.
    fn hold_setup(&self, script: &str) -> Option<&str> {
        let _ = script;
        None
    }

    /// The purposes that an inline script waits for by its text alone; as a rule none.
    fn hold_script(&self, script: &str) -> Vec<&str> {
        let _ = script;
        Vec::new()
    }
}

/// A tag that another consent tool put to sleep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Ids of the purposes that it waits for now; none: it goes live.
    pub purposes: Vec<String>,
    /// Attributes that are kept under another name: that name, and their own.
    pub moves: Vec<(&'static str, &'static str)>,
}

/// Everything a [`Rewriter`] needs for one page.
pub struct PagePlan {
    /// Who decides what is held.
    pub judge: Arc<dyn TagJudge>,
    /// What is put in; `None` for fragments, frames and visitors who are owed nothing.
    pub insertion: Option<Insertion>,
    /// Where the page stands: what its addresses are relative to.
    pub address: Base,
    /// How its markup is read.
    pub syntax: Syntax,
    /// How the page's bytes spell text. A plan with [`Charset::Untouchable`] passes the page as it is.
    pub charset: Charset,
    /// Bounds of memory.
    pub limits: Limits,
}

/// How markup is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// As HTML, forgiving.
    Html,
    /// As XML: what is put in must be well-formed.
    Xhtml,
}

/// Makes what is inserted, once the page has said what it is. The text may use any character.
pub type Render = Box<dyn FnOnce(&PageFacts) -> String + Send>;

/// What is put into a page, at most once each.
pub struct Insertion {
    /// Whether the page must first prove to be a whole document.
    pub proof: Proof,
    /// First in `<head>`. Keep it short: browsers look for `<meta charset>` in the first 1024 bytes only.
    pub head_start: Option<Render>,
    /// First in `<body>`; where the body tag is left out, before the first thing that opens the body. Never in
    /// frameset documents.
    pub body_start: Option<Render>,
    /// What policies in the page's own `<meta>` tags have to allow, so that it runs.
    pub files: Option<OwnFiles>,
}

/// What makes a page a whole document, into which something may be inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The request said so (`Sec-Fetch-Dest: document`).
    Given,
    /// The page must start with a doctype or an `<html>` tag.
    DoctypeOrHtml,
}

/// What a page said about itself before its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageFacts {
    /// `lang` of the `<html>` tag, as written; `None` where absent or empty.
    pub lang: Option<String>,
    /// A doctype stands before everything else.
    pub doctype: bool,
    /// There is an `<html>` tag.
    pub html_tag: bool,
    /// A `<base>` changes where paths lead.
    pub base: bool,
    /// A `<meta>` tag has a content security policy.
    pub policy: bool,
    /// It is an AMP page, which may have no scripts but AMP's own.
    pub amp: bool,
}

/// Bounds for one page, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes held back at once: the longest tag (inline images!), the longest `<noscript>`.
    pub window: usize,
    /// How much of an inline script or style is held back and judged; what is longer is judged by its start.
    pub inline: usize,
}

impl Default for Limits {
    /// 8 MiB for tags: larger than any that real pages carry. 256 KiB for text: vendors' snippets have some two.
    fn default() -> Self {
        Self { window: 8 << 20, inline: 256 << 10 }
    }
}

/// What was done to a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageReport {
    /// How many tags were held, by purpose id, in order of first sight.
    pub held: Vec<(String, u32)>,
    /// How many tags that another tool had put to sleep went live.
    pub roused: u32,
    /// The head insertion was put in.
    pub head_inserted: bool,
    /// The body insertion was put in.
    pub body_inserted: bool,
    /// The page turned out to be in a charset that can't be read (ISO-2022-JP) and passed as it was.
    pub untouched: bool,
}

impl PageReport {
    pub(crate) fn count(&mut self, purpose: &str, times: u32) {
        match self.held.iter_mut().find(|(id, _)| id == purpose) {
            Some((_, count)) => *count = count.saturating_add(times),
            None => self.held.push((purpose.to_owned(), times)),
        }
    }
}

/// The last bytes of a page and what was done to it.
#[derive(Debug)]
pub struct Finished {
    /// What is still to be sent.
    pub tail: Vec<u8>,
    /// For the log and the tally.
    pub report: PageReport,
}

/// A page that can't be read on. The caller sends `unflushed` and then the rest of the page as it comes, or cuts
/// it here; both are outcomes a site can choose.
#[derive(Debug, thiserror::Error)]
#[error("the page can't be rewritten any further")]
pub struct Error {
    /// What went wrong.
    #[source]
    pub kind: ErrorKind,
    /// Bytes taken in and not given out yet. Those already judged are rewritten, the others as they came.
    pub unflushed: Vec<u8>,
}

/// Why a page can't be read on.
#[derive(Debug, thiserror::Error)]
pub enum ErrorKind {
    /// More had to be held back than [`Limits::window`] allows.
    #[error("a tag or a noscript is longer than the page's limit")]
    TooLong,
    /// `srcdoc` inside `srcdoc`, deeper than any page needs.
    #[error("srcdoc content is nested too deep")]
    TooDeep,
}

/// The addresses that a page's links lead to, as they are written, their references decoded.
#[must_use]
pub fn links(page: &[u8]) -> Vec<String> {
    let places = scan::links(page).into_iter().filter_map(|at| page.get(at));
    places.map(|href| entity::decoded(&String::from_utf8_lossy(href)).into_owned()).collect()
}

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
