//! Inline scripts: which addresses one names, and whether it loads anything at all.
//!
//! Refuses to understand programs: it tells strings from comments and code, and no more. Invariant: an address counts
//! only where a string is one, or carries one in quotes or after `=` or `(`; prose and comments never count.

use std::borrow::Cow;

/// Words without which a script can't make the browser ask a host for anything.
const LOADING_WORDS: [&str; 14] = [
    "createElement",
    ".src",
    "document.write",
    "innerHTML",
    "insertAdjacentHTML",
    "fetch(",
    "sendBeacon",
    "XMLHttpRequest",
    "new Image",
    "Worker(",
    "importScripts",
    "getScript",
    "import(",
    "EventSource",
];

/// Whether the script has any means of loading; `module` scripts also have `import`.
pub(super) fn loads(script: &str, module: bool) -> bool {
    LOADING_WORDS.iter().any(|word| memchr::memmem::find(script.as_bytes(), word.as_bytes()).is_some())
        || (module && script.contains("import"))
}

/// The absolute addresses in a script's strings.
pub(super) fn addresses(script: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !script.contains("//") && !script.contains("\\/") && !script.contains("2f") && !script.contains("2F") {
        return found;
    }
    let mut lexer = Lexer { script, at: 0, operand_ended: false };
    while let Some(piece) = lexer.next() {
        if let Some(text) = piece {
            found.extend(in_string(&unescaped(text)));
        }
    }
    found
}

/// Absolute addresses that a string is, or carries as markup does.
fn in_string(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("//")).map(|at| from + at) {
        let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
        let scheme = ["https:", "http:"].into_iter().find(|scheme| {
            before.len() >= scheme.len()
                && before.get(before.len() - scheme.len()..).is_some_and(|end| end.eq_ignore_ascii_case(scheme))
        });
        let start = at - scheme.map_or(0, str::len);
        let stands_free = match text.get(..start).unwrap_or_default().trim_end().chars().last() {
            None => true,
            Some(last) => matches!(last, '"' | '\'' | '`' | '=' | '('),
        };
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')' | '`');
        let length = after.find(ends).unwrap_or(after.len());
        if stands_free && length > 2 {
            found.push(text.get(start..at + length).unwrap_or_default().to_owned());
        }
        from = at + length.max(2);
    }
    found
}

/// A string's text: `\/`, `\x2f`, `\u002f` and `\u{2f}` are slashes.
fn unescaped(text: &str) -> Cow<'_, str> {
    let Some((start, mut rest)) = text.split_once('\\') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(start);
    loop {
        let (character, after) = escape(rest);
        out.extend(character);
        let Some((plain, next)) = after.split_once('\\') else {
            out.push_str(after);
            return Cow::Owned(out);
        };
        out.push_str(plain);
        rest = next;
    }
}

fn code<'s>(digits: Option<&str>, rest: Option<&'s str>) -> Option<(char, &'s str)> {
    let code = u32::from_str_radix(digits?, 16).ok()?;
    Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), rest?))
}

fn escape(after_backslash: &str) -> (Option<char>, &str) {
    let mut letters = after_backslash.chars();
    let first = letters.next();
    let rest = letters.as_str();
    let decoded = match first {
        Some('x') => code(rest.get(..2), rest.get(2..)),
        Some('u') => match rest.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            Some((digits, after)) => code(Some(digits), Some(after)),
            None => code(rest.get(..4), rest.get(4..)),
        },
        _ => None,
    };
    match (decoded, first) {
        (Some((character, after)), _) => (Some(character), after),
        (None, Some('\n' | '\r')) => (None, rest),
        (None, first) => (first, rest),
    }
}

struct Lexer<'s> {
    script: &'s str,
    at: usize,
    /// What was read last can be divided, so a slash divides and begins no regular expression.
    operand_ended: bool,
}

impl<'s> Lexer<'s> {
    /// Passes one piece of the script: `Some(Some(text))` for a string, without its quotes; `None` at the end.
    fn next(&mut self) -> Option<Option<&'s str>> {
        let rest = self.script.get(self.at..)?;
        let first = rest.chars().next()?;
        match first {
            '"' | '\'' | '`' => {
                let (text, length) = quoted(rest, first);
                self.at += length;
                self.operand_ended = true;
                return Some(Some(text));
            }
            '/' if rest.starts_with("//") => self.at += line(rest),
            '<' if rest.starts_with("<!--") => self.at += line(rest),
            '/' if rest.starts_with("/*") => {
                self.at += rest.get(2..).and_then(|inside| inside.find("*/")).map_or(rest.len(), |end| end + 4);
            }
            '/' if !self.operand_ended => {
                self.at += regular_expression(rest);
                self.operand_ended = true;
            }
            c if c.is_alphanumeric() || matches!(c, '_' | '$') => {
                let word = rest.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$')).next().unwrap_or(rest);
                self.at += word.len();
                self.operand_ended =
                    !matches!(word, "return" | "typeof" | "case" | "in" | "of" | "delete" | "void" | "throw");
            }
            other => {
                self.at += other.len_utf8();
                if !other.is_whitespace() {
                    self.operand_ended = matches!(other, ')' | ']' | '}');
                }
            }
        }
        Some(None)
    }
}

fn line(rest: &str) -> usize {
    rest.find(['\n', '\r']).unwrap_or(rest.len())
}

/// A string's text and its whole length. One that no quote ends on its line ends with the line.
fn quoted(rest: &str, quote: char) -> (&str, usize) {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' if quote != '`' => return (rest.get(1..at).unwrap_or_default(), at),
            _ if character == quote => return (rest.get(1..at).unwrap_or_default(), at + 1),
            _ => {}
        }
    }
    (rest.get(1..).unwrap_or_default(), rest.len())
}

/// The length of a regular expression, or 1 where the line ends before it does: then the slash was something else.
fn regular_expression(rest: &str) -> usize {
    let (mut escaped, mut in_class) = (false, false);
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            '\n' => return 1,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return at + 1,
            _ => {}
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(script: &str, expect: &[&str]) {
        assert_eq!(addresses(script), expect, "{script}");
    }

    #[test]
    fn addresses_in_strings() {
        check("s.src = 'https://t.example/a.js?id=' + i", &["https://t.example/a.js?id="]);
        check("x(\"//t.example/a\", `http://t.example/b`)", &["//t.example/a", "http://t.example/b"]);
        check(
            r#"x("https:\/\/t.example\/a", "\x2f\u002Ft.example\u{2f}b")"#,
            &["https://t.example/a", "//t.example/b"],
        );
        check(r"x('\x2f\x2ft.example/a')", &["//t.example/a"]);
        check(r"x('\u002F\u002Ft.example/a')", &["//t.example/a"]);
        check(
            "document.write('<img src=\"//t.example/p\"><script src=//t.example/s></' + 'script>')",
            &["//t.example/p", "//t.example/s"],
        );
        check("a.style = 'background:url(https://t.example/p)'", &["https://t.example/p"]);
    }

    #[test]
    fn what_is_no_address_to_load() {
        check("// 'https://t.example/a'\n/* \"//t.example/b\" */ <!-- '//t.example/c'", &[]);
        check("x('see https://t.example/a', 'a//t.example/b')", &[]);
        check("a = b / 2; // it's \"//t.example\"\nc = /'/.test(d) ? '//u.example' : e", &["//u.example"]);
        check("x('//', 'https://')", &[]);
        check("x = '", &[]);
    }

    #[test]
    fn slashes_that_confuse() {
        check("a.match(/[/'\"]/), b('//t.example/a')", &["//t.example/a"]);
        check("return /\"/g, '//t.example/a'", &["//t.example/a"]);
        check("x = (1) / 2 / '//t.example/a'", &["//t.example/a"]);
        check(r"x('it\'s', '//t.example/a')", &["//t.example/a"]);
        check(r"x(/\/'/, '//t.example/a')", &["//t.example/a"]);
        check("x(/[']/, '//t.example/a')", &["//t.example/a"]);
        check("a = /\nb('//t.example/a')", &["//t.example/a"]);
        check("x(`\n//t.example/a`)", &["//t.example/a"]);
        check("x('a', '//t.example/b')", &["//t.example/b"]);
        check("x('a') // '//t.example/b'", &[]);
        check("n = w / 2 + '/' + f('//t.example/a')", &["//t.example/a"]);
        check("a /* 'b' */ + y('//t.example/a')", &["//t.example/a"]);
        check("it's\nx('//t.example/a')", &["//t.example/a"]);
    }

    #[test]
    fn means_of_loading() {
        assert!(loads("d.createElement('script')", false) && loads("(new Image).src=x", false));
        assert!(loads("import 'x'", true) && !loads("import 'x'", false));
        assert!(!loads("window.config = { analytics: 'https://t.example/a.js' }", false));
    }

    proptest! {
        #[test]
        fn never_panics(script in any::<String>(), soup in "(/|\\*|'|\"|`|\\\\|\n|[a=(x2f{}u\\[\\]]|//t\\.example){0,40}") {
            addresses(&script);
            addresses(&soup);
        }
    }
}
