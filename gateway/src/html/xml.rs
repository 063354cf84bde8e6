//! Finds tags in XHTML, where markup is XML: what HTML makes raw text is markup here, and every tag is what it says.
//!
//! Refuses to check that a page is well-formed, and to read entities that its DTD declares. Invariant: events come in
//! document order, and no event will start before `settled`.

use std::ops::Range;

use super::scan::{Attribute, Event, Tag};

/// Elements whose content is judged as a whole; nothing in them is reported.
const WHOLE: [&str; 2] = ["script", "style"];

#[derive(Default)]
pub(super) struct XmlScanner {
    /// Everything before it is settled.
    start: usize,
    inside: Inside,
    /// The open element of [`WHOLE`].
    whole: Option<&'static str>,
}

/// What the first kept byte stands in.
#[derive(Default)]
enum Inside {
    #[default]
    Content,
    /// Passed over until these bytes.
    Until(&'static [u8]),
    /// A tag or declaration of which so many bytes were looked at.
    Tag { looked: usize, quote: Option<u8> },
}

impl XmlScanner {
    /// Reads on: `bytes` are the page from `settled` as far as it has come.
    pub(super) fn scan(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        let mut kept = bytes;
        while self.advance(&mut kept, events) {}
    }

    pub(super) const fn settled(&self) -> usize {
        self.start
    }

    fn settle(&mut self, kept: &mut &[u8], length: usize) {
        *kept = kept.get(length..).unwrap_or_default();
        self.start += length;
    }

    /// Passes one piece; false where more bytes are needed.
    fn advance(&mut self, kept: &mut &[u8], events: &mut Vec<Event>) -> bool {
        match self.inside {
            Inside::Content => self.content(kept),
            Inside::Until(end) => self.until(kept, end),
            Inside::Tag { looked, quote } => match self.tag_end(kept, looked, quote) {
                None => false,
                Some(end) => {
                    self.report(kept.get(..end).unwrap_or_default(), events);
                    self.inside = Inside::Content;
                    self.settle(kept, end);
                    true
                }
            },
        }
    }

    fn content(&mut self, kept: &mut &[u8]) -> bool {
        let text = memchr::memchr(b'<', kept).unwrap_or(kept.len());
        self.settle(kept, text);
        let opens: [(&[u8], &'static [u8]); 3] = [(b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")];
        for (open, close) in opens {
            if kept.starts_with(open) {
                self.inside = Inside::Until(close);
                self.settle(kept, open.len());
                return true;
            }
            if open.starts_with(kept) {
                return false;
            }
        }
        self.inside = Inside::Tag { looked: 0, quote: None };
        true
    }

    fn until(&mut self, kept: &mut &[u8], end: &'static [u8]) -> bool {
        match memchr::memmem::find(kept, end) {
            Some(at) => {
                self.inside = Inside::Content;
                self.settle(kept, at + end.len());
                true
            }
            None => {
                self.settle(kept, kept.len().saturating_sub(end.len() - 1));
                false
            }
        }
    }

    /// Where the tag ends; quotes hide what looks like it. A doctype ends where the declarations in it begin: they and the
    /// comments between them, in which a quote is none, are passed one by one.
    fn tag_end(&mut self, kept: &[u8], looked: usize, mut quote: Option<u8>) -> Option<usize> {
        let doctype = kept.starts_with(b"<!");
        for (at, &byte) in kept.iter().enumerate().skip(looked) {
            match byte {
                _ if quote == Some(byte) => quote = None,
                _ if quote.is_some() => {}
                b'"' | b'\'' => quote = Some(byte),
                b'[' if doctype => return Some(at + 1),
                b'>' => return Some(at + 1),
                _ => {}
            }
        }
        self.inside = Inside::Tag { looked: kept.len(), quote };
        None
    }

    fn report(&mut self, tag: &[u8], events: &mut Vec<Event>) {
        if let Some(name) = tag.strip_prefix(b"</") {
            let name = local(name.get(..name_length(name)).unwrap_or_default());
            if self.whole.is_some_and(|whole| whole.as_bytes() == name) {
                self.whole = None;
                events.push(Event::End { at: self.start..self.start + tag.len() });
            }
            return;
        }
        if self.whole.is_some() || tag.starts_with(b"<!") {
            return;
        }
        let inside = tag.get(1..tag.len() - 1).unwrap_or_default();
        let (closed, inside) = match inside.strip_suffix(b"/") {
            Some(inside) => (true, inside),
            None => (false, inside),
        };
        let name = inside.get(..name_length(inside)).unwrap_or_default();
        let written = String::from_utf8_lossy(name).into_owned();
        let plain = String::from_utf8_lossy(local(name)).into_owned();
        // Something put into an element needs an element with an end; and what is put in has no prefix.
        let of_frame = matches!(&*plain, "html" | "head" | "body");
        if of_frame && (closed || plain != written) {
            return;
        }
        self.whole = WHOLE.into_iter().find(|whole| !closed && *whole == plain);
        let from = self.start + 1;
        events.push(Event::Start(Tag {
            name: plain.into(),
            name_end: from + name.len(),
            at: self.start..self.start + tag.len(),
            attributes: attributes(inside, name.len(), from),
            raw_text: self.whole.is_some(),
            as_xml: true,
        }));
    }
}

/// The attributes of a tag's inside after its name; `from` is where that inside stands in the page.
fn attributes(inside: &[u8], name_end: usize, from: usize) -> Vec<Attribute> {
    let mut found = Vec::new();
    let mut at = name_end;
    let rest = |at: usize| inside.get(at..).unwrap_or_default();
    let blanks = |at: usize| rest(at).iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    while at < inside.len() {
        at += blanks(at);
        let name = at..at + name_length(rest(at));
        let equals = name.end + blanks(name.end);
        if name.is_empty() || inside.get(equals) != Some(&b'=') {
            at = name.end.max(at + 1);
            continue;
        }
        at = equals + 1 + blanks(equals + 1);
        let value: Range<usize> = match inside.get(at) {
            Some(&quote @ (b'"' | b'\'')) => {
                let end = memchr::memchr(quote, rest(at + 1)).map_or(inside.len(), |end| at + 1 + end);
                at + 1..end
            }
            _ => at..at,
        };
        at = value.end + 1;
        found.push(Attribute {
            name: from + name.start..from + name.end,
            value: Some(from + value.start..from + value.end),
        });
    }
    found
}

fn name_length(text: &[u8]) -> usize {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'>' | b'/' | b'"' | b'\'');
    text.iter().position(ends).unwrap_or(text.len())
}

/// A name without its namespace's prefix.
fn local(name: &[u8]) -> &[u8] {
    name.rsplit(|&byte| byte == b':').next().unwrap_or(name)
}

/// An element's text: CDATA sections as they are, everything else with its references decoded and without markup.
pub(super) fn text_of(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    let mut rest = content;
    loop {
        let (before, section) = rest.split_once("<![CDATA[").unwrap_or((rest, ""));
        out.push_str(&super::entity::decoded(before));
        let (inside, after) = section.split_once("]]>").unwrap_or((section, ""));
        out.push_str(inside);
        if after.is_empty() {
            return out;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(page: &str, step: usize) -> Vec<String> {
        let mut scanner = XmlScanner::default();
        let mut events = Vec::new();
        for end in (step..page.len()).step_by(step).chain([page.len()]) {
            scanner.scan(&page.as_bytes()[scanner.settled()..end], &mut events);
        }
        let text = |at: &Range<usize>| page.get(at.clone()).unwrap_or("?").to_owned();
        let told = events.iter().map(|event| match event {
            Event::Start(tag) => {
                let attributes = tag.attributes.iter();
                let pairs: Vec<_> =
                    attributes.map(|a| format!("{}={}", text(&a.name), text(a.value.as_ref().unwrap()))).collect();
                format!("{} {}", tag.name, pairs.join(" "))
            }
            Event::End { at, .. } => text(at),
        });
        told.collect()
    }

    #[test]
    fn tags_are_what_they_say() {
        let page = "<?xml version='1.0'?><!DOCTYPE html [<!ENTITY a '<x>'>]><html><title>a<b x = 'y>' /></title><!-- <i> -->\
            <script><![CDATA[ <s> </script>]]> <t/></script><svg:image x:href='z'/><h:body/><script src=\"a\"/><noscript><img/></noscript>";
        let expect = [
            "html ",
            "title ",
            "b x=y>",
            "script ",
            "</script>",
            "image x:href=z",
            "script src=a",
            "noscript ",
            "img ",
        ];
        for step in 1..page.len() {
            assert_eq!(seen(page, step), expect, "cut by {step}");
        }
    }

    #[test]
    fn a_comment_in_a_doctype_hides_no_tag() {
        for page in [
            "<!DOCTYPE html [<!-- it's --><!ENTITY a \"<x>\">]><img src='a'/>",
            "<!DOCTYPE html [<!ENTITY a \"]>\"><!-- \" --><?x it's?>]><img src = 'a' />",
            "<!DOCTYPE html PUBLIC '-//W3C//DTD>' \"[\"><img\nsrc= 'a'></img>",
        ] {
            for step in 1..page.len() {
                assert_eq!(seen(page, step), ["img src=a"], "{page} cut by {step}");
            }
        }
    }

    #[test]
    fn long_comments_settle() {
        let mut scanner = XmlScanner::default();
        scanner.scan(b"<!-- text text", &mut Vec::new());
        assert_eq!(scanner.settled(), 12);
    }

    #[test]
    fn text_with_sections_and_references() {
        assert_eq!(text_of("a &lt; b<![CDATA[ &amp; <]]>&#99;"), "a < b &amp; <c");
        assert_eq!(text_of("<![CDATA[x"), "x");
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(page in "(<|>|/|!|--|\\[|\\]|CDATA|\\?|script|[ a='\":]){0,40}", step in 1_usize..9) {
            prop_assert_eq!(seen(&page, step), seen(&page, page.len().max(1)));
        }
    }
}
