//! Attributes that carry several addresses: `srcset`, `imagesrcset` and `ping`, and the one in a refresh.
//!
//! Refuses to validate descriptors. Invariant: every address a browser could choose is seen.

/// The addresses of a `srcset` (HTML 4.8.4.2.2), without their descriptors.
pub(super) fn of_srcset(text: &str) -> Vec<&str> {
    let mut urls = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return urls;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (url, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let bare = url.trim_end_matches(',');
        urls.push(bare);
        rest = if bare.len() < url.len() { after } else { after_descriptors(after) };
    }
}

/// What follows the descriptors, from the comma that ends them; commas in parentheses don't.
fn after_descriptors(text: &str) -> &str {
    let mut depth = 0_u32;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return text.get(at..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

/// The address in `<meta http-equiv=refresh content="0; url=…">` (HTML 4.2.5.3).
pub(super) fn of_refresh(content: &str) -> Option<&str> {
    let rest = content.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let rest = rest.trim_start().trim_start_matches([';', ',']).trim_start();
    let named = rest.get(..3).filter(|word| word.eq_ignore_ascii_case("url")).and_then(|_| rest.get(3..));
    let url = named.and_then(|after| after.trim_start().strip_prefix('=')).map_or(rest, str::trim_start);
    let url = match url.chars().next() {
        Some(quote @ ('"' | '\'')) => url.split(quote).nth(1).unwrap_or_default(),
        _ => url,
    };
    (!url.is_empty()).then_some(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn srcset() {
        assert_eq!(of_srcset("a.png, b.png 2x,c.png 100w ,d"), ["a.png", "b.png", "c.png", "d"]);
        assert_eq!(of_srcset(",, a,b 1x"), ["a,b"]);
        assert_eq!(of_srcset("a 1x(,), b"), ["a", "b"]);
        assert_eq!(of_srcset(" "), Vec::<&str>::new());
    }

    #[test]
    fn refresh() {
        assert_eq!(of_refresh("0; url=https://t.example/"), Some("https://t.example/"));
        assert_eq!(of_refresh(" 5.5 , URL = 'x y' z"), Some("x y"));
        assert_eq!(of_refresh("0;https://t.example"), Some("https://t.example"));
        assert_eq!(of_refresh("5"), None);
        assert_eq!(of_refresh("url"), Some("url"));
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            of_srcset(&text);
            of_refresh(&text);
        }
    }
}
