//! Where what is no markup ends: comments, sections, the text of raw-text elements, and scripts (HTML 13.2.5.8 to
//! 13.2.5.31 and 13.2.5.41 to 13.2.5.71).
//!
//! Refuses to read what it passes. Invariant: each function says how many bytes can never matter again, and whether the end
//! was among them; what may be the beginning of an end is left for the next time.

use super::tag::ends_name;

/// How far something was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// It goes on behind so many bytes, or more must come before that can be told.
    Open(usize),
    /// It ended behind so many bytes; for an element's text, its end tag starts there.
    Ended(usize),
}

/// What a script's text has seen of itself (13.2.5.15 to 13.2.5.31).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Plain,
    /// Behind `<!--`.
    Escaped,
    /// And behind a `<script` in there: one end tag ends only that.
    DoubleEscaped,
}

/// A bogus comment, or a doctype: whatever its quotes say.
pub(super) fn to_angle(bytes: &[u8]) -> Passed {
    memchr::memchr(b'>', bytes).map_or(Passed::Open(bytes.len()), |at| Passed::Ended(at + 1))
}

/// The first bytes of a comment: `>` and `->` end it at once. `None` where nothing can be told yet.
pub(super) fn comment_start(bytes: &[u8]) -> Option<Passed> {
    match bytes {
        [] | [b'-'] => None,
        [b'>', ..] => Some(Passed::Ended(1)),
        [b'-', b'>', ..] => Some(Passed::Ended(2)),
        _ => Some(Passed::Open(0)),
    }
}

/// A comment after its first bytes: it ends with `-->` or `--!>`.
pub(super) fn comment(bytes: &[u8]) -> Passed {
    for at in memchr::memchr_iter(b'>', bytes) {
        let before = bytes.get(..at).unwrap_or_default();
        if before.ends_with(b"--") || before.ends_with(b"--!") {
            return Passed::Ended(at + 1);
        }
    }
    Passed::Open(bytes.len().saturating_sub(3))
}

/// A CDATA section.
pub(super) fn section(bytes: &[u8]) -> Passed {
    match memchr::memmem::find(bytes, b"]]>") {
        Some(at) => Passed::Ended(at + 3),
        None => Passed::Open(bytes.len().saturating_sub(2)),
    }
}

/// The text of an element of this name, up to its end tag.
pub(super) fn raw_text(bytes: &[u8], element: &str) -> Passed {
    for at in memchr::memchr_iter(b'<', bytes) {
        match end_tag(bytes.get(at..).unwrap_or_default(), element) {
            Some(true) => return Passed::Ended(at),
            Some(false) => {}
            None => return Passed::Open(at),
        }
    }
    Passed::Open(bytes.len())
}

/// A script's text, up to its end tag; `state` goes along.
pub(super) fn script(bytes: &[u8], state: &mut Script) -> Passed {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let step = match *state {
            Script::Plain => script_plain(rest, state),
            Script::Escaped | Script::DoubleEscaped => script_escaped(rest, state),
        };
        match step {
            Step::To(length) => at += length,
            Step::EndTag(length) => return Passed::Ended(at + length),
            Step::Wait(length) => return Passed::Open(at + length),
        }
    }
}

enum Step {
    To(usize),
    EndTag(usize),
    /// Nothing is known from there on.
    Wait(usize),
}

fn script_plain(bytes: &[u8], state: &mut Script) -> Step {
    let Some(at) = memchr::memchr(b'<', bytes) else { return Step::Wait(bytes.len()) };
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.get(1) {
        None => Step::Wait(at),
        Some(b'/') => match end_tag(rest, "script") {
            Some(true) => Step::EndTag(at),
            Some(false) => Step::To(at + 2),
            None => Step::Wait(at),
        },
        Some(b'!') => match starts(rest, b"<!--") {
            // The dashes may be those of the end already.
            Some(true) => {
                *state = Script::Escaped;
                Step::To(at + 2)
            }
            Some(false) => Step::To(at + 2),
            None => Step::Wait(at),
        },
        Some(_) => Step::To(at + 1),
    }
}

fn script_escaped(bytes: &[u8], state: &mut Script) -> Step {
    let Some(at) = memchr::memchr2(b'<', b'-', bytes) else { return Step::Wait(bytes.len()) };
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.starts_with(b"-") {
        return match starts(rest, b"-->") {
            Some(true) => {
                *state = Script::Plain;
                Step::To(at + 3)
            }
            Some(false) => Step::To(at + 1),
            None => Step::Wait(at),
        };
    }
    let slash = match rest.get(1) {
        None => return Step::Wait(at),
        Some(byte) => *byte == b'/',
    };
    let named = if slash { end_tag(rest, "script") } else { named(rest.get(1..).unwrap_or_default(), "script") };
    match (named, slash, *state) {
        (None, ..) => return Step::Wait(at),
        (Some(true), true, Script::Escaped) => return Step::EndTag(at),
        (Some(true), true, Script::DoubleEscaped) => *state = Script::Escaped,
        (Some(true), false, Script::Escaped) => *state = Script::DoubleEscaped,
        _ => {}
    }
    Step::To(at + 1)
}

/// Whether an end tag of this name stands here, as far as its name; `None` where that can't be told yet.
fn end_tag(bytes: &[u8], element: &str) -> Option<bool> {
    match bytes.get(1) {
        None => None,
        Some(b'/') => named(bytes.get(2..).unwrap_or_default(), element),
        Some(_) => Some(false),
    }
}

/// Whether this name stands here, to its end.
fn named(bytes: &[u8], element: &str) -> Option<bool> {
    match bytes.get(..element.len()) {
        Some(name) if name.eq_ignore_ascii_case(element.as_bytes()) => {
            bytes.get(element.len()).map(|byte| ends_name(*byte))
        }
        Some(_) => Some(false),
        None => {
            let begun = element.as_bytes().get(..bytes.len()).unwrap_or_default();
            if bytes.eq_ignore_ascii_case(begun) { None } else { Some(false) }
        }
    }
}

/// Whether these bytes stand here; `None` where only their beginning has come.
pub(super) fn starts(bytes: &[u8], wanted: &[u8]) -> Option<bool> {
    if bytes.starts_with(wanted) {
        return Some(true);
    }
    if wanted.starts_with(bytes) { None } else { Some(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_where_browsers_end_them() {
        let check = |inside: &str, expect: Option<usize>| {
            let bytes = inside.as_bytes();
            let found = match comment_start(bytes) {
                Some(Passed::Open(0)) => comment(bytes),
                Some(passed) => passed,
                None => Passed::Open(0),
            };
            assert_eq!(if let Passed::Ended(at) = found { Some(at) } else { None }, expect, "{inside}");
        };
        check(">", Some(1));
        check("->", Some(2));
        check("-->", Some(3));
        check("--!>", Some(4));
        check("!>", None);
        check("-!>x", None);
        check("a-->", Some(4));
        check("a--!>", Some(5));
        check("a- ->-- >--!->", None);
        check("a--->", Some(5));
        check("<!-->", Some(5));
        check("a<!--b-->", Some(9));
        check("", None);
        check("-", None);
        check("--", None);
    }

    #[test]
    fn scripts_hide_their_end_in_an_escaped_script_only() {
        let check = |text: &str, expect: Passed| {
            assert_eq!(script(text.as_bytes(), &mut Script::Plain.clone()), expect, "{text}");
        };
        check("a</script>", Passed::Ended(1));
        check("</SCRIPT\n>", Passed::Ended(0));
        check("</script/>", Passed::Ended(0));
        check("</scripts></script", Passed::Open(10));
        check("<!--</script>", Passed::Ended(4));
        check("<!--<script></script></script>", Passed::Ended(21));
        check("<!--<script></script>--></script>", Passed::Ended(24));
        check("<!--<script>--></script>", Passed::Ended(15));
        check("<!--<scripts></script>", Passed::Ended(13));
        check("<!--<script/</script></script>", Passed::Ended(21));
        check("<!--<script></scripts></script></script>", Passed::Ended(31));
        check("<!--><script></script>", Passed::Ended(13));
        check("<!---><script></script>", Passed::Ended(14));
        check("<!-<script></script>", Passed::Ended(11));
        check("<!-- -- ><script></script></script>", Passed::Ended(26));
        check("<script></script>", Passed::Ended(8));
    }

    #[test]
    fn what_may_be_an_end_is_left() {
        assert_eq!(raw_text(b"a<b</styl", "style"), Passed::Open(3));
        assert_eq!(raw_text(b"a</style", "style"), Passed::Open(1));
        assert_eq!(raw_text(b"a</style ", "style"), Passed::Ended(1));
        assert_eq!(section(b"a]]"), Passed::Open(1));
        assert_eq!(comment(b"abc--"), Passed::Open(2));
        assert_eq!(to_angle(b"abc"), Passed::Open(3));
    }
}
