//! Names of elements as numbers.
//!
//! Refuses to keep text: a name of up to eight letters is its own letters, a longer one that matters stands in a table,
//! and any other is a hash, which only says whether a start and an end tag go together. Invariant: no name that matters
//! can be met by another one.

/// An element's name in ASCII lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name(u64);

/// The highest byte of longer names, which no letter of a short one has beside seven others in UTF-8.
const LONG: u64 = 0xff << 56;
const HASHED: u64 = 0xfe << 56;

/// Longer names that matter, by their place in here.
const LONG_NAMES: [&[u8]; 8] = [
    b"annotation-xml",
    b"foreignobject",
    b"blockquote",
    b"figcaption",
    b"malignmark",
    b"plaintext",
    b"fencedframe",
    b"selectedcontent",
];

impl Name {
    /// The name that these bytes spell, in either case.
    #[inline]
    pub(super) fn of(text: &[u8]) -> Self {
        let mut packed = 0;
        if text.len() <= 8 {
            for &byte in text.iter().rev() {
                packed = packed << 8 | byte.to_ascii_lowercase() as u64;
            }
            // Two highest bytes are spoken for; no name that matters ends in them.
            return Self(if packed >= HASHED { packed ^ 1 << 63 } else { packed });
        }
        Self::long(text)
    }

    /// The name that stands first, and its length, where both show in the first eight bytes.
    #[inline]
    pub(super) fn at_start(text: &[u8]) -> Option<(Self, usize)> {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGHS: u64 = ONES << 7;
        let word = u64::from_le_bytes(*text.first_chunk::<8>()?);
        let equal = |byte: u64| (word ^ (ONES * byte)).wrapping_sub(ONES) & !(word ^ (ONES * byte));
        let control = word.wrapping_sub(ONES * 0x21) & !word;
        // The lowest of these bits is right; what is above it may be a carry.
        let ends = (equal(u64::from(b'>')) | equal(u64::from(b'/')) | control) & HIGHS;
        let length = ends.trailing_zeros() as usize / 8;
        let end = text.get(length).copied()?;
        // Other controls are letters.
        if ends == 0 || !matches!(end, b'>' | b'/' | b' ' | b'\n' | b'\t' | b'\r' | b'\x0c') {
            return None;
        }
        let name = word & ((1 << (8 * length)) - 1);
        let low = name & !HIGHS;
        let capital = (low + (0x80 - u64::from(b'A')) * ONES) ^ (low + (0x7f - u64::from(b'Z')) * ONES);
        Some((Self(name | (capital & !name & HIGHS) >> 2), length))
    }

    fn long(text: &[u8]) -> Self {
        if let Some(place) = LONG_NAMES.iter().position(|known| text.eq_ignore_ascii_case(known)) {
            return Self(LONG | place as u64);
        }
        let fold = |hash: u64, byte: &u8| (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3);
        Self(HASHED | text.iter().fold(0xcbf2_9ce4_8422_2325, fold) >> 8)
    }

    /// The same before the program runs; only of names in lower case.
    pub(super) const fn known(text: &[u8]) -> Self {
        if text.len() > 8 {
            let mut place = 0;
            while place < LONG_NAMES.len() {
                if same(LONG_NAMES[place], text) {
                    return Self(LONG | place as u64);
                }
                place += 1;
            }
            panic!("a longer name that is not in its table");
        }
        let mut packed = 0;
        let mut at = text.len();
        while at > 0 {
            at -= 1;
            packed = packed << 8 | text[at] as u64;
        }
        Self(packed)
    }

    /// Its place in a table of so many bits.
    pub(super) const fn slot(self, bits: u32) -> usize {
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize
    }
}

pub(super) const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

macro_rules! names {
    ($($constant:ident = $text:literal),* $(,)?) => {
        $(pub(super) const $constant: Name = Name::known($text);)*
    };
}

names! {
    A = b"a", ANNOTATION_XML = b"annotation-xml", BODY = b"body", BR = b"br", BUTTON = b"button", CAPTION = b"caption",
    COL = b"col", COLGROUP = b"colgroup", DD = b"dd", DESC = b"desc", DIV = b"div", ADDRESS = b"address", DT = b"dt",
    FONT = b"font", FOREIGN_OBJECT = b"foreignobject", FORM = b"form", FRAMESET = b"frameset", HTML = b"html",
    INPUT = b"input", LI = b"li", MALIGNMARK = b"malignmark", MGLYPH = b"mglyph", MI = b"mi", MN = b"mn", MO = b"mo",
    MS = b"ms", MTEXT = b"mtext", NOBR = b"nobr", NOFRAMES = b"noframes", OL = b"ol", OPTGROUP = b"optgroup",
    OPTION = b"option", P = b"p", RTC = b"rtc", RUBY = b"ruby", SELECT = b"select",
    SVG = b"svg", TABLE = b"table", TBODY = b"tbody", TD = b"td", TEMPLATE = b"template",
    TFOOT = b"tfoot", TH = b"th", THEAD = b"thead", TITLE = b"title", TR = b"tr", UL = b"ul",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_told_apart() {
        for (a, b) in
            [("x-one", "x-two"), ("a-long-element", "b-long-element"), ("ab", "abc"), ("noscript", "noscripts")]
        {
            assert_ne!(Name::of(a.as_bytes()), Name::of(b.as_bytes()), "{a} {b}");
        }
        for text in [
            "a>",
            "B c",
            "H1/x",
            "sPan\nabcd",
            "t\u{e9}X>xx",
            "@[`{>abcd",
            "a\u{1}b>abcd",
            "noscrip>",
            "noscript>x",
            ">",
        ] {
            let bytes = [text.as_bytes(), b"~~~~~~~~"].concat();
            let end = bytes.iter().position(|byte| b"> /\n".contains(byte)).unwrap_or(9);
            if let Some((name, length)) = Name::at_start(&bytes) {
                assert_eq!((name, length), (Name::of(&bytes[..end]), end), "{text}");
            } else {
                assert!(end >= 8 || text.contains('\u{1}'), "{text}");
            }
        }
        assert_eq!(Name::of(b"A-Long-Element"), Name::of(b"a-long-elemenT"));
    }
}
