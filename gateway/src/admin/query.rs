//! The pairs of a query or of a form, decoded, and the language that somebody reads.
//!
//! Refuses more pairs than anybody needs; they are as if they weren't there. Invariant: what was written is read as it was.

use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;
use policies::Lang;

/// Pairs that are looked at.
const MOST_PAIRS: usize = 24;

/// Pairs of names and values, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Of a query without its `?`, or of a form's body.
    pub(super) fn of(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes()).take(MOST_PAIRS);
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The first value of a name, where it isn't empty.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a name stands there, with whatever value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The first name that isn't one of these.
    pub(super) fn stranger(&self, known: &[&str]) -> Option<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !known.contains(name))
    }

    /// The first name that stands there more than once.
    pub(super) fn doubled(&self) -> Option<&str> {
        let is_again = |place: usize, name: &str| self.0.iter().take(place).any(|(earlier, _)| earlier == name);
        self.0.iter().enumerate().find(|(place, (name, _))| is_again(*place, name)).map(|(_, (name, _))| name.as_str())
    }
}

/// A query of these pairs.
pub(super) fn written<'v>(pairs: impl IntoIterator<Item = (&'v str, String)>) -> String {
    let mut writer = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        writer.append_pair(name, &value);
    }
    writer.finish()
}

/// The language asked for by `lang`, else by the browser, else English.
pub(super) fn language(request: &Parts, pairs: &Pairs) -> Lang {
    let accepted = request.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let by_browser = || accepted.split(',').find_map(|range| Lang::needed_of_tag(range.split(';').next()?.trim()));
    pairs.value("lang").and_then(Lang::needed_of_tag).or_else(by_browser).unwrap_or(Lang::En)
}

#[cfg(test)]
mod tests {
    use http::header::HOST;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_language_is_the_one_asked_for() {
        let check = |target: &str, languages: &str, expect: Lang| {
            let request = http::Request::get(target).header(HOST, "localhost").header(ACCEPT_LANGUAGE, languages);
            let parts = request.body(()).unwrap().into_parts().0;
            let pairs = Pairs::of(parts.uri.query().unwrap_or_default());
            assert_eq!(language(&parts, &pairs), expect, "{target} {languages}");
        };
        check("/?lang=ko", "en", Lang::Ko);
        check("/", "fr, ko-KR;q=0.8, en;q=0.5", Lang::Ko);
        check("/", "en-US,en;q=0.9,ko;q=0.8", Lang::En);
        check("/?lang=xx", "", Lang::En);
    }

    #[test]
    fn strangers_and_doubles_are_seen() {
        let pairs = Pairs::of("site=a&from=&site=b&x");
        assert_eq!((pairs.value("site"), pairs.value("from"), pairs.has("from")), (Some("a"), None, true));
        assert_eq!((pairs.stranger(&["site", "from"]), pairs.doubled()), (Some("x"), Some("site")));
        assert_eq!(Pairs::of(&"a=1&".repeat(1_000)).0.len(), MOST_PAIRS);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(value in "\\PC{1,40}") {
            let pairs = Pairs::of(&written([("only", value.clone()), ("site", String::from("shop"))]));
            prop_assert_eq!(pairs.value("only"), Some(value.as_str()));
            prop_assert_eq!(pairs.value("site"), Some("shop"));
        }
    }
}
