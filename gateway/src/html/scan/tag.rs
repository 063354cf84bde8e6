//! One tag from its `<` to its `>` (HTML 13.2.5.6 to 13.2.5.40): its name, its attributes in three spellings, whether it
//! closes itself.
//!
//! Refuses to decode anything. Invariant: however a tag is cut, no byte of a tag that
//! nobody wants is read twice but those of its name.

use std::ops::Range;

use super::Attribute;
use super::name::Name;
use super::tree::Told;
use crate::wire::near;

/// Attributes that make any tag worth a look, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks(u8);

impl Marks {
    pub(super) const STYLE: Self = Self(1);
    /// What tells others of clicks.
    pub(super) const TELLS: Self = Self(2);
    pub(super) const BACKGROUND: Self = Self(4);

    #[inline]
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    #[inline]
    fn note(&mut self, name: &[u8]) {
        let (known, mark): (&[u8], Self) = match name.len() {
            5 => (b"style", Self::STYLE),
            4 => (b"ping", Self::TELLS),
            10 => (b"background", Self::BACKGROUND),
            14 => (b"attributionsrc", Self::TELLS),
            _ => return,
        };
        if name.eq_ignore_ascii_case(known) {
            self.0 |= mark.0;
        }
    }
}

/// What was not finished when the bytes came to their end.
#[derive(Debug, Clone, Copy)]
enum Cut {
    TagName,
    /// Between attributes; whether a slash came last.
    Before {
        slash: bool,
    },
    /// `from` counts from the tag's `<`.
    AttributeName {
        from: usize,
    },
    AfterName {
        equals: bool,
    },
    Value {
        quote: Option<u8>,
    },
}

/// A tag under reading: its attributes are passed, and read again where somebody asks for them.
pub(super) struct Reader {
    cut: Cut,
    /// Up to here the tag was read.
    at: usize,
    /// How long `<` or `</` is.
    opening: usize,
    slash: bool,
    pub(super) name: Name,
    pub(super) name_end: usize,
    pub(super) marks: Marks,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            cut: Cut::TagName,
            at: 0,
            opening: 1,
            slash: false,
            name: Name::of(b""),
            name_end: 0,
            marks: Marks::default(),
        }
    }
}

/// What the first bytes of a tag say.
pub(super) enum Begun {
    /// The tag has nothing but a name, and is so long.
    Whole(usize),
    /// It goes on behind its name, or so it seems.
    Named,
    /// Its name is longer, or cut off.
    Nameless,
}

const BLANK: u8 = 1;
const ENDS_TAG_NAME: u8 = 2;
const ENDS_ATTRIBUTE_NAME: u8 = 4;
const ENDS_BARE_VALUE: u8 = 8;

/// What each byte ends.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let blanks = b"\t\n\x0c\r ";
    let mut at = 0;
    while at < blanks.len() {
        classes[blanks[at] as usize] = BLANK | ENDS_TAG_NAME | ENDS_ATTRIBUTE_NAME | ENDS_BARE_VALUE;
        at += 1;
    }
    classes[b'/' as usize] = ENDS_TAG_NAME | ENDS_ATTRIBUTE_NAME;
    classes[b'>' as usize] = ENDS_TAG_NAME | ENDS_ATTRIBUTE_NAME | ENDS_BARE_VALUE;
    classes[b'=' as usize] = ENDS_ATTRIBUTE_NAME;
    classes
};

#[inline]
fn is(byte: u8, class: u8) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|known| known & class != 0)
}

/// Where a byte of this class comes next.
#[inline]
fn seek(bytes: &[u8], at: usize, class: u8) -> Option<usize> {
    bytes.get(at..)?.iter().position(|byte| is(*byte, class)).map(|length| at + length)
}

/// Whether a byte parts an end tag's name from what follows, or ends it.
pub(super) fn ends_name(byte: u8) -> bool {
    is(byte, ENDS_TAG_NAME)
}

impl Reader {
    /// Starts with a tag whose `<` or `</` is so long.
    #[inline]
    pub(super) fn begin(&mut self, tag: &[u8], opening: usize) -> Begun {
        self.marks = Marks::default();
        self.slash = false;
        if let Some((name, length)) = tag.get(opening..).and_then(Name::at_start) {
            self.name = name;
            self.name_end = opening + length;
            if tag.get(self.name_end) == Some(&b'>') {
                return Begun::Whole(self.name_end + 1);
            }
            (self.cut, self.at) = (Cut::Before { slash: false }, self.name_end);
            Begun::Named
        } else {
            self.restart(opening);
            Begun::Nameless
        }
    }

    /// Starts with a tag of which nothing has been read.
    pub(super) fn restart(&mut self, opening: usize) {
        (self.cut, self.at, self.opening) = (Cut::TagName, opening, opening);
        (self.slash, self.marks) = (false, Marks::default());
    }

    /// Reads on in a tag that starts where `bytes` do: the length it turns out to have, or nothing before its end has come.
    #[inline]
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut slash = false;
        let mut at = match self.cut {
            Cut::TagName => self.tag_name(bytes)?,
            Cut::Before { slash: before } => {
                slash = before;
                self.at
            }
            Cut::AttributeName { from } => self.attribute(bytes, from, self.at)?,
            Cut::AfterName { equals } => self.after_name(bytes, self.at, equals)?,
            Cut::Value { quote } => self.value_end(bytes, self.at, quote)?,
        };
        loop {
            let Some(&byte) = bytes.get(at) else { return self.cut_off(Cut::Before { slash }, at) };
            at += 1;
            if byte == b'>' {
                self.slash = slash;
                return Some(at);
            }
            slash = byte == b'/';
            if !slash && !is(byte, BLANK) {
                // An equals sign in the first place is a letter.
                at = self.attribute(bytes, at - 1, at)?;
            }
        }
    }

    #[cold]
    fn cut_off(&mut self, cut: Cut, at: usize) -> Option<usize> {
        (self.cut, self.at) = (cut, at);
        None
    }

    fn tag_name(&mut self, bytes: &[u8]) -> Option<usize> {
        let Some(end) = seek(bytes, self.at, ENDS_TAG_NAME) else { return self.cut_off(Cut::TagName, bytes.len()) };
        self.name_end = end;
        self.name = Name::of(bytes.get(self.opening..end)?);
        Some(end)
    }

    /// An attribute, whose name was read up to `at`.
    #[inline]
    fn attribute(&mut self, bytes: &[u8], from: usize, at: usize) -> Option<usize> {
        let Some(end) = seek(bytes, at, ENDS_ATTRIBUTE_NAME) else {
            return self.cut_off(Cut::AttributeName { from }, bytes.len());
        };
        self.marks.note(bytes.get(from..end)?);
        if let Some([b'=', quote @ (b'"' | b'\'')]) = bytes.get(end..end + 2) {
            return self.value_end(bytes, end + 2, Some(*quote));
        }
        self.after_name(bytes, end, false)
    }

    /// What follows an attribute's name: an equals sign between blanks, or nothing.
    fn after_name(&mut self, bytes: &[u8], mut at: usize, mut equals: bool) -> Option<usize> {
        loop {
            match bytes.get(at) {
                None => return self.cut_off(Cut::AfterName { equals }, at),
                Some(b'=') if !equals => equals = true,
                Some(&quote @ (b'"' | b'\'')) if equals => return self.value_end(bytes, at + 1, Some(quote)),
                Some(byte) if is(*byte, BLANK) => {}
                Some(b'>') => return Some(at),
                Some(_) if equals => return self.value_end(bytes, at, None),
                Some(_) => return Some(at),
            }
            at += 1;
        }
    }

    #[inline]
    fn value_end(&mut self, bytes: &[u8], at: usize, quote: Option<u8>) -> Option<usize> {
        let end = match quote {
            None => seek(bytes, at, ENDS_BARE_VALUE),
            Some(quote) => near(quote, bytes.get(at..)?).map(|length| at + length + 1),
        };
        end.or_else(|| self.cut_off(Cut::Value { quote }, bytes.len()))
    }

    /// Whether a tag that was read to its end closes itself.
    #[inline]
    pub(super) const fn closes_itself(&self) -> bool {
        self.slash
    }

    /// The attributes of a tag that was read to its end, which starts at offset `start` of the page.
    pub(super) fn attributes(&self, tag: &[u8], start: usize) -> Vec<Attribute> {
        let place = |from: usize, to: usize| -> Range<usize> { start + from..start + to };
        let mut found = Vec::new();
        let mut at = self.name_end;
        while let Some(&byte) = tag.get(at).filter(|byte| **byte != b'>') {
            at += 1;
            if byte == b'/' || is(byte, BLANK) {
                continue;
            }
            let name = at - 1..seek(tag, at, ENDS_ATTRIBUTE_NAME).unwrap_or(tag.len());
            let (value, next) = value(tag, name.end);
            at = next;
            found.push(Attribute { name: place(name.start, name.end), value: value.map(|at| place(at.start, at.end)) });
        }
        found
    }

    /// What the tag's attributes say; `tag` are its bytes.
    pub(super) fn tells(&self, tag: &[u8], told: Told) -> bool {
        let attributes = self.attributes(tag, 0);
        let value = |wanted: &[u8]| {
            let named = |one: &&Attribute| tag.get(one.name.clone()).is_some_and(|n| n.eq_ignore_ascii_case(wanted));
            let one = attributes.iter().find(named)?;
            Some(one.value.clone().and_then(|at| tag.get(at)).unwrap_or_default())
        };
        let is = |name: &[u8], values: &[&str]| {
            let value = value(name).map(String::from_utf8_lossy);
            let value = value.as_deref().map(super::super::entity::decoded);
            value.is_some_and(|value| values.iter().any(|known| value.eq_ignore_ascii_case(known)))
        };
        match told {
            Told::LooksOfFont => [&b"color"[..], b"face", b"size"].iter().any(|name| value(name).is_some()),
            Told::EncodingOfHtml => is(b"encoding", &["text/html", "application/xhtml+xml"]),
            Told::Hidden => is(b"type", &["hidden"]),
        }
    }

    /// Tells tags of one name apart by how their attributes are written.
    pub(super) fn digest(&self, tag: &[u8]) -> u32 {
        let (words, last) = tag.get(self.name_end..).unwrap_or_default().as_chunks::<8>();
        let fold = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = words.iter().fold(0, |hash, word| fold(hash, u64::from_le_bytes(*word)));
        let hash = last.iter().fold(hash, |hash, byte| fold(hash, u64::from(*byte)));
        (hash >> 32) as u32
    }
}

/// An attribute's value behind its name, if it has one, and where the attribute ends.
fn value(tag: &[u8], name_end: usize) -> (Option<Range<usize>>, usize) {
    let not_blank = |from: usize| (from..tag.len()).find(|at| tag.get(*at).is_some_and(|byte| !is(*byte, BLANK)));
    let equals = not_blank(name_end).filter(|at| tag.get(*at) == Some(&b'='));
    let Some(from) = equals.and_then(|equals| not_blank(equals + 1)) else { return (None, name_end) };
    match tag.get(from) {
        Some(quote @ (b'"' | b'\'')) => {
            let length = tag.get(from + 1..).and_then(|rest| memchr::memchr(*quote, rest));
            let end = from + 1 + length.unwrap_or_default();
            (Some(from + 1..end), end + 1)
        }
        Some(b'>') => (None, from),
        _ => {
            let end = seek(tag, from, ENDS_BARE_VALUE).unwrap_or(tag.len());
            (Some(from..end), end)
        }
    }
}
