//! A page from its first byte: settles its charset, then hands it on.
//!
//! Refuses pages in charsets whose markup isn't ASCII (ISO-2022-JP): they pass as they are. Invariant: UTF-16 is read
//! as the same text in UTF-8, and every byte that isn't edited comes out as it went in where the page is valid.

use encoding_rs::UTF_8;

use super::page::Page;
use super::utf16::Utf16;
use super::{Charset, Error, Finished, PagePlan, PageReport, Syntax};

/// A byte order mark, or the start of an XML declaration in UTF-16.
const FIRST_LOOK: usize = 6;
/// An XML declaration is shorter, or it isn't looked at.
const LONGEST_DECLARATION: usize = 1024;

/// Rewrites one page. Not reusable, and not usable after an error.
pub struct Rewriter {
    stage: Stage,
}

enum Stage {
    /// The first bytes say how the others are to be read.
    Start {
        plan: Box<PagePlan>,
        bytes: Vec<u8>,
    },
    Reading {
        page: Box<Page>,
        utf16: Option<Utf16>,
    },
    /// Not readable: everything passes.
    Passing,
}

impl Rewriter {
    /// A rewriter at the start of a page.
    #[must_use]
    pub fn new(plan: PagePlan) -> Self {
        let untouchable = plan.charset == Charset::Untouchable;
        Self {
            stage: if untouchable { Stage::Passing } else { Stage::Start { plan: Box::new(plan), bytes: Vec::new() } },
        }
    }

    /// Takes bytes of the page, gives out those that are decided: possibly none.
    ///
    /// # Errors
    /// Where the page can't be read on; the rewriter is of no use afterwards.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        match &mut self.stage {
            Stage::Start { bytes: start, .. } => {
                if start.is_empty() && is_enough(bytes) {
                    return self.begin(bytes);
                }
                start.extend_from_slice(bytes);
                if is_enough(start) { self.begin_late() } else { Ok(Vec::new()) }
            }
            Stage::Reading { page, utf16: None } => page.push(bytes),
            Stage::Reading { page, utf16: Some(utf16) } => {
                let text = utf16.read(bytes, false);
                written(utf16, page.push(&text))
            }
            Stage::Passing => Ok(bytes.to_vec()),
        }
    }

    /// The page's end.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(mut self) -> Result<Finished, Error> {
        let mut out = if matches!(self.stage, Stage::Start { .. }) { self.begin_late()? } else { Vec::new() };
        let (tail, report) = match self.stage {
            Stage::Start { .. } => (Vec::new(), PageReport::default()),
            Stage::Passing => (Vec::new(), PageReport { untouched: true, ..PageReport::default() }),
            Stage::Reading { page, utf16: None } => page.finish().map(|finished| (finished.tail, finished.report))?,
            Stage::Reading { mut page, utf16: Some(mut utf16) } => {
                let text = utf16.read(&[], true);
                out.extend(written(&mut utf16, page.push(&text))?);
                let finished = match page.finish() {
                    Ok(finished) => finished,
                    Err(error) => return Err(in_utf16(&mut utf16, error)),
                };
                (utf16.written(&finished.tail), finished.report)
            }
        };
        out.extend(tail);
        Ok(Finished { tail: out, report })
    }

    /// Begins with the bytes that were kept.
    fn begin_late(&mut self) -> Result<Vec<u8>, Error> {
        let Stage::Start { bytes, .. } = &mut self.stage else { return Ok(Vec::new()) };
        let bytes = std::mem::take(bytes);
        self.begin(&bytes)
    }

    /// Reads the first bytes for what they say, then as the page's start.
    fn begin(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let Stage::Start { plan, .. } = std::mem::replace(&mut self.stage, Stage::Passing) else {
            return Ok(Vec::new());
        };
        let (charset, mark) = charset(&plan, bytes);
        if charset == Charset::Untouchable {
            return Ok(bytes.to_vec());
        }
        let utf16 = match charset {
            Charset::Known(encoding) => Utf16::of(encoding),
            Charset::Unknown | Charset::Untouchable => None,
        };
        // Inside, a UTF-16 page is one in UTF-8, byte order mark and all.
        let (charset, mark) = match utf16 {
            Some(_) => (Charset::Known(UTF_8), if mark > 0 { '\u{feff}'.len_utf8() } else { 0 }),
            None => (charset, mark),
        };
        let page = Page::new(PagePlan { charset, ..*plan }, mark);
        self.stage = Stage::Reading { page: Box::new(page), utf16 };
        self.push(bytes)
    }
}

fn written(utf16: &mut Utf16, outcome: Result<Vec<u8>, Error>) -> Result<Vec<u8>, Error> {
    match outcome {
        Ok(text) => Ok(utf16.written(&text)),
        Err(error) => Err(in_utf16(utf16, error)),
    }
}

fn in_utf16(utf16: &mut Utf16, error: Error) -> Error {
    Error { kind: error.kind, unflushed: utf16.written(&error.unflushed) }
}

/// Whether a page's start says all that it can say of its charset.
fn is_enough(start: &[u8]) -> bool {
    let declares = start.starts_with(b"<?xml") && start.len() < LONGEST_DECLARATION;
    start.len() >= FIRST_LOOK && (!declares || start.contains(&b'>'))
}

/// The charset of a page by its first bytes and its header, and the length of its byte order mark.
fn charset(plan: &PagePlan, start: &[u8]) -> (Charset, usize) {
    if let Some(by_mark) = Charset::from_mark(start) {
        return by_mark;
    }
    let charset = match plan.charset {
        Charset::Unknown => Charset::from_declaration(start),
        known => known,
    };
    // XML is in UTF-8 where nothing else is said.
    let by_default = plan.syntax == Syntax::Xhtml && charset == Charset::Unknown;
    (if by_default { Charset::Known(UTF_8) } else { charset }, 0)
}
