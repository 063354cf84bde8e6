//! Character references in attribute values: as browsers read them, and the way back.
//!
//! Refuses to keep references as they were written: what is written back is escaped anew. Invariant: escaped text reads
//! as it was, in HTML and in XML, in either kind of quotes.

use std::borrow::Cow;

/// An attribute value as the browser reads it.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains('&') { htmlize::unescape_attribute(text) } else { Cow::Borrowed(text) }
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
        check("tra&fflig;ic&period;tr&aacute;&#x43;k", "tra\u{fb00}ic.tráCk");
        check("&#128;&#x9f;", "€Ÿ");
    }

    proptest! {
        #[test]
        fn escaping_is_undone(text in any::<String>()) {
            let escaped = escaped(&text);
            prop_assert_eq!(decoded(&escaped), text);
        }
    }
}
