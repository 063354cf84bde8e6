//! Entity tags (RFC 9110 8.8.3) and the consent class that a page's tag carries: `"v1"` goes out as `"v1;c=…"`.
//!
//! Refuses to repair: a malformed tag is nobody's. Invariant: taking a class off a tag that was given one is the tag.

/// Letters of a class, as they stand in a tag.
pub const CLASS_LETTERS: usize = 12;
/// What parts a tag from its class.
const MARK: &[u8] = b";c=";
/// At most so many tags of one line are looked at; browsers send one.
const MOST_TAGS: usize = 64;

/// One entity tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Written with `W/`.
    pub weak: bool,
    /// What stands between the quotes.
    pub opaque: &'a [u8],
}

impl<'a> Tag<'a> {
    /// Reads a value that is one tag and nothing else.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (tag, rest) = Self::read(super::trim(value))?;
        rest.is_empty().then_some(tag)
    }

    fn read(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (weak, quoted) = text.strip_prefix(b"W/").map_or((false, text), |rest| (true, rest));
        let (opaque, rest) = super::split_once(quoted.strip_prefix(b"\"")?, b'"')?;
        // Every visible byte but the quote, and those outside ASCII.
        let fits = opaque.iter().all(|&byte| byte == 0x21 || (byte >= 0x23 && byte != 0x7f));
        fits.then_some((Self { weak, opaque }, rest))
    }

    /// The tag's own part and its class, where it carries one.
    #[must_use]
    pub fn split(self) -> (Self, Option<&'a [u8]>) {
        let cut = self.opaque.len().checked_sub(CLASS_LETTERS + MARK.len());
        let Some((own, tail)) = cut.and_then(|at| self.opaque.split_at_checked(at)) else { return (self, None) };
        let class = tail.strip_prefix(MARK).filter(|class| class.iter().all(|&byte| is_class_letter(byte)));
        class.map_or((self, None), |class| (Self { opaque: own, ..self }, Some(class)))
    }

    /// The tag as it is written.
    #[must_use]
    pub fn write(self) -> Vec<u8> {
        let start: &[u8] = if self.weak { b"W/\"" } else { b"\"" };
        [start, self.opaque, b"\""].concat()
    }

    /// The tag with a class, as it is written.
    #[must_use]
    pub fn with_class(self, class: &str) -> Vec<u8> {
        let opaque = [self.opaque, MARK, class.as_bytes()].concat();
        Tag { opaque: &opaque, ..self }.write()
    }
}

const fn is_class_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// What `If-Match` and `If-None-Match` hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition<'a> {
    /// `*`: any tag.
    Any,
    /// These, in order.
    Tags(Vec<Tag<'a>>),
    /// Something else.
    Malformed,
}

impl<'a> Condition<'a> {
    /// Reads one line; empty members are passed over (RFC 9110 5.6.1).
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Self {
        if super::trim(value) == b"*" {
            return Self::Any;
        }
        let mut tags = Vec::new();
        let mut rest = value;
        loop {
            rest = super::trim(rest);
            let commas = rest.iter().take_while(|&&byte| byte == b',' || super::is_blank(byte)).count();
            // Two tags have a comma between them.
            if commas == 0 && !tags.is_empty() && !rest.is_empty() {
                return Self::Malformed;
            }
            rest = rest.get(commas..).unwrap_or_default();
            if rest.is_empty() {
                return Self::Tags(tags);
            }
            match Tag::read(rest) {
                Some((tag, after)) if tags.len() < MOST_TAGS => {
                    tags.push(tag);
                    rest = after;
                }
                _ => return Self::Malformed,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLASS: &str = "abcDEF012-_9";

    fn check_tag(value: &str, expect: Option<&str>) {
        let made = Tag::parse(value.as_bytes()).map(|tag| tag.with_class(CLASS));
        assert_eq!(made.as_deref().map(String::from_utf8_lossy).as_deref(), expect, "{value}");
    }

    #[test]
    fn a_tag_gets_its_class_and_stays_strong_or_weak() {
        check_tag("\"abc\"", Some("\"abc;c=abcDEF012-_9\""));
        check_tag("W/\"abc\"", Some("W/\"abc;c=abcDEF012-_9\""));
        check_tag("\"\"", Some("\";c=abcDEF012-_9\""));
        check_tag(" \"a,b\\\" ", Some("\"a,b\\;c=abcDEF012-_9\""));
        for malformed in ["abc", "\"abc", "abc\"", "w/\"abc\"", "\"a b\"", "\"a\"b\"", "\"a\", \"b\"", "W/", ""] {
            check_tag(malformed, None);
        }
    }

    #[test]
    fn a_class_is_taken_off_only_where_one_is() {
        let check = |opaque: &str, own: &str, class: Option<&str>| {
            let (tag, found) = Tag { weak: false, opaque: opaque.as_bytes() }.split();
            assert_eq!((tag.opaque, found), (own.as_bytes(), class.map(str::as_bytes)), "{opaque}");
        };
        check("v1;c=abcDEF012-_9", "v1", Some(CLASS));
        check(";c=abcDEF012-_9", "", Some(CLASS));
        check("v1;c=aaaaaaaaaaaa;c=abcDEF012-_9", "v1;c=aaaaaaaaaaaa", Some(CLASS));
        check("v1;c=abcDEF012-_", "v1;c=abcDEF012-_", None);
        check("v1;c=abcDEF012-_9-gzip", "v1;c=abcDEF012-_9-gzip", None);
        check("v1;c=abcDEF012.!9", "v1;c=abcDEF012.!9", None);
        check("v1", "v1", None);
    }

    #[test]
    fn a_list_is_read_tag_by_tag() {
        let strong = |opaque: &'static str| Tag { weak: false, opaque: opaque.as_bytes() };
        let check = |line: &str, expect: Condition<'_>| assert_eq!(Condition::parse(line.as_bytes()), expect, "{line}");
        check("*", Condition::Any);
        check(" * ", Condition::Any);
        check("\"a\"", Condition::Tags(vec![strong("a")]));
        check("\"a,b\" , ,W/\"c\",", Condition::Tags(vec![strong("a,b"), Tag { weak: true, opaque: b"c" }]));
        check("", Condition::Tags(Vec::new()));
        for malformed in ["a", "\"a\" \"b\"", "\"a\", b", "*, \"a\"", "\"a", "\"a\"W/\"b\""] {
            check(malformed, Condition::Malformed);
        }
        check(&"\"a\",".repeat(MOST_TAGS + 1), Condition::Malformed);
    }

    proptest! {
        #[test]
        fn what_was_given_is_taken_off(opaque in "[!#-~]{0,30}", weak: bool, class in "[A-Za-z0-9_-]{12}") {
            let tag = Tag { weak, opaque: opaque.as_bytes() };
            let written = tag.with_class(&class);
            let (own, found) = Tag::parse(&written).unwrap().split();
            prop_assert_eq!((own, found), (tag, Some(class.as_bytes())));
        }

        #[test]
        fn every_line_reads_and_tags_write_as_they_read(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Condition::Tags(tags) = Condition::parse(&line) {
                let written = tags.iter().map(|tag| tag.write()).collect::<Vec<_>>().join(&b", "[..]);
                prop_assert_eq!(Condition::parse(&written), Condition::Tags(tags));
            }
        }
    }
}
