//! Addresses in style sheets and style attributes: those of refused trackers become `about:invalid`.
//!
//! Refuses to know properties and selectors: it follows tokens alone (CSS Syntax 3). Invariant: everything but the
//! replaced addresses stays as it was, and every address that a browser would load is asked about.

use std::ops::Range;

/// What stands in for an address that must not be loaded: browsers take it for an error of the network.
const NOTHING: &str = "about:invalid";

/// Functions whose strings are addresses.
const FUNCTIONS: [&str; 5] = ["url", "src", "image", "image-set", "-webkit-image-set"];

/// `css` without the addresses that are refused; `None` where none is.
pub(super) fn without(css: &str, mut refused: impl FnMut(&str) -> bool) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for found in addresses(css) {
        if refused(&found.address) {
            out.push_str(css.get(done..found.at.start).unwrap_or_default());
            out.push_str(NOTHING);
            done = found.at.end;
        }
    }
    (done > 0).then(|| out + css.get(done..).unwrap_or_default())
}

#[derive(Debug, PartialEq, Eq)]
struct Found {
    at: Range<usize>,
    /// Escapes decoded.
    address: String,
}

fn addresses(css: &str) -> Vec<Found> {
    let mut tokens = Tokens { css, at: 0, functions: Vec::new(), import: false, found: Vec::new() };
    // Most styles name no address at all.
    if css.contains(['(', '@']) {
        while tokens.next() {}
    }
    tokens.found
}

struct Tokens<'c> {
    css: &'c str,
    at: usize,
    /// For every open parenthesis whether strings in it are addresses.
    functions: Vec<bool>,
    /// The last word was `@import`.
    import: bool,
    found: Vec<Found>,
}

impl Tokens<'_> {
    fn rest(&self) -> &str {
        self.css.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Passes one token; false at the end.
    fn next(&mut self) -> bool {
        let Some(first) = self.peek() else { return false };
        match first {
            '/' if self.rest().starts_with("/*") => {
                self.at +=
                    self.rest().get(2..).and_then(|inside| inside.find("*/")).map_or(self.rest().len(), |end| end + 4);
                return true;
            }
            c if c.is_ascii_whitespace() => {
                self.at += 1;
                return true;
            }
            '"' | '\'' => {
                self.at += 1;
                let found = self.until(|c| c == first || c == '\n');
                if self.import || self.functions.last() == Some(&true) {
                    self.found.push(found);
                }
                self.skip(first);
            }
            '@' => {
                self.at += 1;
                self.import = self.name().eq_ignore_ascii_case("import");
                return true;
            }
            c if is_name(c) => self.word(),
            '(' => self.open(false),
            ')' => {
                self.functions.pop();
                self.at += 1;
            }
            other => self.at += other.len_utf8(),
        }
        self.import = false;
        true
    }

    fn open(&mut self, of_addresses: bool) {
        self.functions.push(of_addresses);
        self.at += 1;
    }

    /// A name, and what it opens where it is a function's.
    fn word(&mut self) {
        let name = self.name();
        if self.peek() != Some('(') {
            return;
        }
        self.open(FUNCTIONS.iter().any(|known| name.eq_ignore_ascii_case(known)));
        if !name.eq_ignore_ascii_case("url") {
            return;
        }
        let inside = self.rest();
        let blanks = inside.len() - inside.trim_start_matches(|c: char| c.is_ascii_whitespace()).len();
        if inside.get(blanks..).is_some_and(|inside| !inside.starts_with(['"', '\''])) {
            self.at += blanks;
            let found = self.until(|c| c == ')' || c.is_ascii_whitespace());
            self.found.push(found);
        }
    }

    fn skip(&mut self, character: char) {
        if self.peek() == Some(character) {
            self.at += character.len_utf8();
        }
    }

    fn name(&mut self) -> String {
        self.until(|c| !is_name(c)).address
    }

    /// Text up to a character that ends it, escapes decoded.
    fn until(&mut self, ends: impl Fn(char) -> bool) -> Found {
        let start = self.at;
        let mut address = String::new();
        while let Some(character) = self.peek().filter(|&c| c == '\\' || !ends(c)) {
            self.at += character.len_utf8();
            if character == '\\' { self.escape(&mut address) } else { address.push(character) }
        }
        Found { at: start..self.at, address }
    }

    /// What follows a backslash (CSS Syntax 3, 4.3.7); a line end after it is nothing.
    fn escape(&mut self, out: &mut String) {
        let rest = self.rest();
        let length = rest.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        if length == 0 {
            if let Some(character) = self.peek() {
                self.at += character.len_utf8();
                out.extend(Some(character).filter(|&c| c != '\n'));
            }
            return;
        }
        let code = rest.get(..length).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        out.push(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
        self.at += length;
        if self.peek().is_some_and(|c| c.is_ascii_whitespace()) {
            self.at += 1;
        }
    }
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '\\') || !character.is_ascii()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(css: &str, expect: &[&str]) {
        let found: Vec<_> = addresses(css).into_iter().map(|found| found.address).collect();
        assert_eq!(found, expect, "{css}");
    }

    #[test]
    fn addresses_that_browsers_load() {
        check("a{background:url(x.png)} b{background:URL( 'y y.png' )}", &["x.png", "y y.png"]);
        check("@import \"a.css\" screen; @IMPORT url(b.css); @import/**/'c.css'", &["a.css", "b.css", "c.css"]);
        check("@charset \"x\"; a{content:\"y\"} b::after{content:url(z)}", &["z"]);
        check("image-set('a' 1x, url(b) type('image/png'), \"c\" 2x)", &["a", "b", "c"]);
        check("u\\72l(a) \\75 rl(b) ur\\l(c) xurl(d)", &["a", "b", "c"]);
        check("url(ht\\74ps://t\\.example) url('a\\\nb')", &["https://t.example", "ab"]);
        check("/* url(x) */ url(y", &["y"]);
        check("a{font:1px/2 x;background:url(y)}", &["y"]);
        check("url(a)url(\"b", &["a", "b"]);
        check("a{b:(\"x\") 'url(y)'}", &[]);
        check("color:red", &[]);
    }

    #[test]
    fn only_refused_addresses_are_replaced() {
        let css = "@import '//t.example/a'; a{background:url( //t.example/\\62  ) , url(own)}";
        let expect = "@import 'about:invalid'; a{background:url( about:invalid ) , url(own)}";
        assert_eq!(without(css, |url| url.contains("t.example")).as_deref(), Some(expect));
        assert_eq!(without(css, |_| false), None);
    }

    proptest! {
        #[test]
        fn a_second_reading_finds_nothing(css in "(url\\(|@import |'|\"|\\)|//t\\.example|\\\\|[ a;{}/*\n]){0,24}") {
            let refused = |url: &str| url.contains("t.example");
            if let Some(once) = without(&css, refused) {
                prop_assert_eq!(without(&once, refused), None, "{}", once);
            }
        }

        #[test]
        fn never_panics(css in any::<String>()) {
            without(&css, |_| true);
        }
    }
}
