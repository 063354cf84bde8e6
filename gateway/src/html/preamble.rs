//! Watches a page until its body opens: where head and body start when their tags are left out.
//!
//! Refuses to parse what follows. It follows the insertion modes from "initial" to "after head" (HTML 13.2.6.4.1 to
//! 13.2.6.4.6) by what stands between the tags that the scanner reports. In XHTML nothing is left out, so only tags
//! count. Invariant: the body opens at most once.

use super::scan::Tag;
use super::{PageFacts, Syntax};

/// Where something may be put in, and why the watch goes on or ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// The head opens before or at this offset.
    Head(usize),
    /// The body opens at this offset; the watch ends.
    Body(usize),
    /// A frameset takes the body's place; the watch ends.
    Frameset,
}

pub(super) struct Preamble {
    pub(super) facts: PageFacts,
    syntax: Syntax,
    /// Everything before it was looked at.
    cursor: usize,
    head_seen: bool,
    in_raw_text: bool,
    template_depth: u32,
    anything_seen: bool,
}

impl Preamble {
    pub(super) fn new(start: usize, syntax: Syntax) -> Self {
        Self {
            facts: PageFacts::default(),
            syntax,
            cursor: start,
            head_seen: false,
            in_raw_text: false,
            template_depth: 0,
            anything_seen: false,
        }
    }

    /// Nothing will be put in before this offset, when all up to `settled` is known.
    pub(super) const fn decided_until(&self, settled: usize) -> usize {
        if self.in_raw_text { settled } else { self.cursor }
    }

    /// Where looking goes on.
    pub(super) const fn cursor(&self) -> usize {
        self.cursor
    }

    /// A start tag that the scanner reports, after [`Self::gap`] up to it; `lang` is what it says if it is `<html>`.
    pub(super) fn start(&mut self, tag: &Tag, lang: Option<String>) -> Vec<Sight> {
        self.cursor = tag.at.end;
        self.in_raw_text = tag.raw_text;
        self.anything_seen = true;
        if self.template_depth > 0 {
            self.template_depth += u32::from(tag.name == "template");
            return Vec::new();
        }
        match &*tag.name {
            "html" => {
                if !self.facts.html_tag {
                    self.facts.lang = lang.filter(|lang| !lang.is_empty());
                }
                self.facts.html_tag = true;
                Vec::new()
            }
            "head" => self.head(tag.at.end),
            name if self.syntax == Syntax::Xhtml && name != "body" => Vec::new(),
            "base" | "basefont" | "bgsound" | "link" | "meta" | "title" | "style" | "script" | "noscript"
            | "noframes" => self.head(tag.at.start),
            "template" => {
                self.template_depth = 1;
                self.head(tag.at.start)
            }
            "frameset" => vec![Sight::Frameset],
            "body" => self.body(tag.at.start, tag.at.end),
            _ => self.body(tag.at.start, tag.at.start),
        }
    }

    /// The end tag of a raw-text element.
    pub(super) fn end(&mut self, after: usize) {
        self.in_raw_text = false;
        self.cursor = after;
    }

    /// Looks at `bytes`, which start at the cursor and hold no tag that the scanner reports.
    pub(super) fn gap(&mut self, bytes: &[u8]) -> Vec<Sight> {
        if self.in_raw_text || self.syntax == Syntax::Xhtml {
            self.cursor += bytes.len();
            return Vec::new();
        }
        let mut rest = bytes;
        loop {
            match Piece::first(rest) {
                Piece::Unfinished => return Vec::new(),
                Piece::Blank(length) | Piece::Comment(length) => rest = self.pass(rest, length),
                Piece::Doctype(length) => {
                    self.facts.doctype |= !self.head_seen && !self.facts.html_tag;
                    rest = self.pass(rest, length);
                }
                Piece::EndTag { name, length } if self.template_depth > 0 => {
                    self.template_depth -= u32::from(name.eq_ignore_ascii_case(b"template"));
                    rest = self.pass(rest, length);
                }
                Piece::EndTag { name, .. }
                    if [&b"body"[..], b"html", b"br"].iter().any(|n| name.eq_ignore_ascii_case(n)) =>
                {
                    return self.body(self.cursor, self.cursor);
                }
                Piece::EndTag { length, .. } => rest = self.pass(rest, length),
                Piece::Other if self.template_depth > 0 => {
                    let length = rest.iter().skip(1).position(|&b| b == b'<').map_or(rest.len(), |at| at + 1);
                    rest = self.pass(rest, length);
                }
                Piece::Other => return self.body(self.cursor, self.cursor),
            }
            if rest.is_empty() {
                return Vec::new();
            }
        }
    }

    /// The page ended while the watch went on.
    pub(super) fn page_end(&mut self) -> Vec<Sight> {
        let nowhere = self.in_raw_text || self.template_depth > 0 || !self.anything_seen;
        if nowhere || self.syntax == Syntax::Xhtml {
            return Vec::new();
        }
        self.body(self.cursor, self.cursor)
    }

    fn pass<'a>(&mut self, bytes: &'a [u8], length: usize) -> &'a [u8] {
        let (passed, rest) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
        self.anything_seen |= !passed.iter().all(u8::is_ascii_whitespace);
        self.cursor += passed.len();
        rest
    }

    fn head(&mut self, at: usize) -> Vec<Sight> {
        if std::mem::replace(&mut self.head_seen, true) { Vec::new() } else { vec![Sight::Head(at)] }
    }

    fn body(&mut self, before: usize, at: usize) -> Vec<Sight> {
        let mut sights = self.head(before);
        sights.push(Sight::Body(at));
        sights
    }
}

/// What stands first between two reported tags.
enum Piece<'a> {
    Blank(usize),
    /// Comments, and what browsers make comments of.
    Comment(usize),
    Doctype(usize),
    /// An end tag; one whose name is none is a comment to browsers, which is passed as well.
    EndTag {
        name: &'a [u8],
        length: usize,
    },
    /// Text, or a start tag that the scanner doesn't report: both open the body.
    Other,
    /// More must come before it can be told.
    Unfinished,
}

impl<'a> Piece<'a> {
    fn first(bytes: &'a [u8]) -> Self {
        let blanks = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
        if blanks > 0 {
            return Self::Blank(blanks);
        }
        match bytes {
            [] | [b'<'] | [b'<', b'!' | b'/'] => Self::Unfinished,
            [b'<', b'!', b'-', b'-', inside @ ..] => {
                comment_end(inside).map_or(Self::Unfinished, |n| Self::Comment(n + 4))
            }
            [b'<', b'/', ..] => Self::end_tag(bytes),
            [b'<', b'!', word @ ..] => match tag_end(bytes) {
                Some(length) if word.get(..7).is_some_and(|w| w.eq_ignore_ascii_case(b"doctype")) => {
                    Self::Doctype(length)
                }
                Some(length) => Self::Comment(length),
                None => Self::Unfinished,
            },
            [b'<', b'?', ..] => tag_end(bytes).map_or(Self::Unfinished, Self::Comment),
            _ => Self::Other,
        }
    }

    fn end_tag(bytes: &'a [u8]) -> Self {
        let Some(length) = tag_end(bytes) else { return Self::Unfinished };
        let inside = bytes.get(2..length).unwrap_or_default();
        let name_end = inside.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
        Self::EndTag { name: inside.get(..name_end.unwrap_or(inside.len())).unwrap_or_default(), length }
    }
}

fn tag_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr(b'>', bytes).map(|at| at + 1)
}

/// The length of a comment after its `<!--`: `>` and `->` end it at once, else `-->` or `--!>`.
fn comment_end(inside: &[u8]) -> Option<usize> {
    if inside.starts_with(b">") {
        return Some(1);
    }
    if inside.starts_with(b"->") {
        return Some(2);
    }
    memchr::memchr_iter(b'>', inside)
        .find(|&at| inside.get(..at).is_some_and(|text| text.ends_with(b"--") || text.ends_with(b"--!")))
        .map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(gap: &str, expect: &[Sight]) {
        assert_eq!(Preamble::new(0, Syntax::Html).gap(gap.as_bytes()), expect, "{gap}");
    }

    #[test]
    fn what_opens_a_body() {
        check(" \n<!doctype html><!-- a > b --><?xml ?></ x></title></div>", &[]);
        check(" text", &[Sight::Head(1), Sight::Body(1)]);
        check("<!----><p>", &[Sight::Head(7), Sight::Body(7)]);
        check("<!-->x-->", &[Sight::Head(5), Sight::Body(5)]);
        check("<!--a--!>&nbsp;", &[Sight::Head(9), Sight::Body(9)]);
        check("</head></body>", &[Sight::Head(7), Sight::Body(7)]);
        check("< p", &[Sight::Head(0), Sight::Body(0)]);
        check("<!-- text", &[]);
        check("<", &[]);
    }

    #[test]
    fn comments_end_where_browsers_end_them() {
        for (inside, expect) in [("a-->", Some(4)), ("--->", Some(4)), ("-- >-->", Some(7)), ("a--", None), ("", None)]
        {
            assert_eq!(comment_end(inside.as_bytes()), expect, "{inside}");
        }
    }

    #[test]
    fn facts() {
        let mut preamble = Preamble::new(0, Syntax::Html);
        preamble.gap(b"<!DOCTYPE html>");
        assert!(preamble.facts.doctype && !preamble.facts.html_tag);
        let mut late = Preamble::new(0, Syntax::Html);
        late.start(&tag("title"), None);
        late.end(9);
        late.gap(b"<!DOCTYPE html>");
        let mut other = Preamble::new(0, Syntax::Html);
        other.gap(b"<!DOC html><!element x>");
        assert!(!other.facts.doctype);
        assert!(!late.facts.doctype, "what stands behind a head says nothing of the document");
    }

    #[test]
    fn a_page_may_end_before_its_body() {
        let check = |page: &[u8], tags: &[&str], expect: &[Sight]| {
            let mut preamble = Preamble::new(0, Syntax::Html);
            preamble.gap(page);
            for name in tags {
                preamble.start(&tag(name), None);
            }
            assert_eq!(preamble.page_end(), expect, "{tags:?}");
        };
        check(b"<!doctype html>", &[], &[Sight::Head(15), Sight::Body(15)]);
        check(b" ", &[], &[]);
        check(b" ", &["meta"], &[Sight::Body(6)]);
        check(b" ", &["template"], &[]);
        check(b" ", &["title"], &[]);
    }

    fn tag(name: &str) -> Tag {
        let name_end = 1 + name.len();
        Tag {
            name: name.to_owned().into(),
            name_end,
            at: 0..name_end + 1,
            attributes: Vec::new(),
            raw_text: name == "title",
            as_xml: false,
        }
    }

    #[test]
    fn only_html_leaves_tags_out() {
        let mut html = Preamble::new(0, Syntax::Html);
        assert_eq!(html.start(&tag("object"), None), [Sight::Head(0), Sight::Body(0)]);
        let mut xhtml = Preamble::new(0, Syntax::Xhtml);
        assert_eq!(xhtml.start(&tag("object"), None), []);
        assert_eq!(xhtml.start(&tag("meta"), None), []);
        assert_eq!(xhtml.start(&tag("body"), None), [Sight::Head(0), Sight::Body(6)]);
    }
}
