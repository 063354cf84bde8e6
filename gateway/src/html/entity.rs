//! Character references in attribute values: enough of them to read an address, and the way back.
//!
//! Refuses to carry the table of 2231 names: only those that mean ASCII are known, for no other can stand in a
//! tracker's host. Invariant: text without `&` is borrowed.

use std::borrow::Cow;

/// Names that mean an ASCII character; the flag marks those that old pages write without a semicolon.
const NAMED: [(&str, char, bool); 47] = [
    ("amp", '&', true),
    ("AMP", '&', true),
    ("lt", '<', true),
    ("LT", '<', true),
    ("gt", '>', true),
    ("GT", '>', true),
    ("quot", '"', true),
    ("QUOT", '"', true),
    ("apos", '\'', false),
    ("Tab", '\t', false),
    ("NewLine", '\n', false),
    ("excl", '!', false),
    ("num", '#', false),
    ("dollar", '$', false),
    ("percnt", '%', false),
    ("lpar", '(', false),
    ("rpar", ')', false),
    ("ast", '*', false),
    ("midast", '*', false),
    ("plus", '+', false),
    ("comma", ',', false),
    ("period", '.', false),
    ("sol", '/', false),
    ("colon", ':', false),
    ("semi", ';', false),
    ("equals", '=', false),
    ("quest", '?', false),
    ("commat", '@', false),
    ("lsqb", '[', false),
    ("lbrack", '[', false),
    ("bsol", '\\', false),
    ("rsqb", ']', false),
    ("rbrack", ']', false),
    ("Hat", '^', false),
    ("lowbar", '_', false),
    ("UnderBar", '_', false),
    ("grave", '`', false),
    ("DiacriticalGrave", '`', false),
    ("lcub", '{', false),
    ("lbrace", '{', false),
    ("verbar", '|', false),
    ("vert", '|', false),
    ("VerticalLine", '|', false),
    ("rcub", '}', false),
    ("rbrace", '}', false),
    ("nbsp", '\u{a0}', true),
    ("copy", '\u{a9}', true),
];

/// An attribute value as the browser reads it. References outside the table stay as written.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    let Some((start, mut rest)) = text.split_once('&') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(start);
    loop {
        let (character, after) = match numeric(rest).or_else(|| named(rest)) {
            Some((character, after)) => (character, after),
            None => ('&', rest),
        };
        out.push(character);
        let Some((plain, next)) = after.split_once('&') else {
            out.push_str(after);
            return Cow::Owned(out);
        };
        out.push_str(plain);
        rest = next;
    }
}

/// Text as the value of an attribute in either kind of quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}

/// `#47;`, `#x2f;`, with or without the semicolon.
fn numeric(after_ampersand: &str) -> Option<(char, &str)> {
    let digits = after_ampersand.strip_prefix('#')?;
    let (digits, radix) = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16),
        None => (digits, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let (number, rest) = digits.split_at_checked(end).filter(|(number, _)| !number.is_empty())?;
    let code =
        number.chars().fold(0_u32, |sum, c| sum.saturating_mul(radix).saturating_add(c.to_digit(radix).unwrap_or(0)));
    let character = char::from_u32(code).filter(|&c| c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER);
    Some((character, rest.strip_prefix(';').unwrap_or(rest)))
}

fn named(after_ampersand: &str) -> Option<(char, &str)> {
    let end = after_ampersand.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after_ampersand.len());
    let (word, rest) = after_ampersand.split_at_checked(end)?;
    if let Some(rest) = rest.strip_prefix(';') {
        return NAMED.iter().find(|(name, ..)| *name == word).map(|&(_, character, _)| (character, rest));
    }
    // In attributes a name without its semicolon counts only when neither `=` nor a letter or digit follows.
    let found = NAMED.iter().find(|(name, _, bare)| *bare && *name == word)?;
    (!rest.starts_with('=')).then_some((found.1, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(decoded(text), expect, "{text}");
    }

    #[test]
    fn references() {
        check("https:&#x2f;&#47;a.example&sol;x?a=1&amp;b=2", "https://a.example/x?a=1&b=2");
        check("a?b&c=1&amp", "a?b&c=1&");
        check("a?x&amp=1&lt=2&copy=3", "a?x&amp=1&lt=2&copy=3");
        check("&#0;&#xd800;&#99999999999;", "\u{fffd}\u{fffd}\u{fffd}");
        check("&&#;&#x;&unheard;&", "&&#;&#x;&unheard;&");
        check("h&#116tps&colon;", "https:");
    }

    proptest! {
        #[test]
        fn escaping_is_undone(text in any::<String>()) {
            let escaped = escaped(&text);
            prop_assert_eq!(decoded(&escaped), text);
        }
    }
}
