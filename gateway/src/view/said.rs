//! What a policy says, in the visitor's language or marked with the one that it is written in.
//!
//! Refuses markup: whatever a policy wrote is escaped here, and only here may a template leave it as it is. Invariant: a
//! screen reader never takes English for the language of the page around it.

use std::fmt;

use askama::filters::{Html, HtmlSafe, escape};
use policies::{Lang, Text};

/// A text for one reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said<'a> {
    /// The text as it was written.
    pub(crate) text: &'a str,
    /// Its language, where that isn't the reader's.
    pub(crate) lang: Option<Lang>,
}

impl<'a> Said<'a> {
    /// A policy's text for who reads this language.
    pub(crate) fn new(text: &'a Text, reader: Lang) -> Self {
        let (lang, text) = text.said_in(reader);
        Self { text, lang: (lang != reader).then_some(lang) }
    }

    /// What is no policy's, or no language's.
    pub(crate) const fn own(text: &'a str) -> Self {
        Self { text, lang: None }
    }

    /// What its language is called in markup; empty where it is the reader's.
    pub(crate) fn tag(&self) -> &'static str {
        self.lang.map(Lang::tag).unwrap_or_default()
    }
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(text) = escape(self.text, Html);
        match self.lang {
            Some(lang) => write!(f, "<span lang=\"{}\">{text}</span>", lang.tag()),
            None => write!(f, "{text}"),
        }
    }
}

impl HtmlSafe for Said<'_> {}

/// A sentence of ours with what a policy says in its places.
#[derive(Clone, Debug)]
pub(crate) struct Sentence(String);

impl Sentence {
    /// The sentence; each place is a word in braces.
    pub(crate) fn new(words: &str, places: &[(&str, Said<'_>)]) -> Self {
        let mut rest = words;
        let mut written = String::new();
        while let Some((before, said, after)) = next_place(rest, places) {
            written.push_str(&Said::own(before).to_string());
            written.push_str(&said.to_string());
            rest = after;
        }
        written.push_str(&Said::own(rest).to_string());
        Self(written)
    }

    /// Several texts in a row, in place of one.
    pub(crate) fn listing(words: &str, place: &str, items: &[Said<'_>]) -> Self {
        let (before, after) = words.split_once(place).unwrap_or((words, ""));
        let items: Vec<String> = items.iter().map(ToString::to_string).collect();
        Self(format!("{}{}{}", Said::own(before), items.join(", "), Said::own(after)))
    }
}

/// What stands before the first place, what goes there, and what follows.
fn next_place<'w, 's>(words: &'w str, places: &[(&str, Said<'s>)]) -> Option<(&'w str, Said<'s>, &'w str)> {
    let found = places.iter().filter_map(|(place, said)| {
        let (before, after) = words.split_once(*place)?;
        Some((before, *said, after))
    });
    found.min_by_key(|(before, ..)| before.len())
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Sentence {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_another_language_says_so_and_nothing_is_markup() {
        let text = Text::new(String::from("가 & 나"), String::from("<b>shop"));
        let check = |lang, expect: &str| assert_eq!(Said::new(&text, lang).to_string(), expect);
        check(Lang::Ko, "가 &#38; 나");
        check(Lang::En, "&#60;b&#62;shop");
        check(Lang::De, "<span lang=\"en\">&#60;b&#62;shop</span>");
    }

    #[test]
    fn a_sentence_is_filled_once_and_place_by_place() {
        let text = Text::new(String::from("가"), String::from("{b}<"));
        let (de, en) = (Said::new(&text, Lang::De), Said::new(&text, Lang::En));
        let filled = Sentence::new("{b} & {a}!", &[("{a}", de), ("{b}", en)]).to_string();
        assert_eq!(filled, "{b}&#60; &#38; <span lang=\"en\">{b}&#60;</span>!");
        assert_eq!(Sentence::new("none", &[("{a}", de)]).to_string(), "none");
        let listed = Sentence::listing("these: {x}.", "{x}", &[Said::own("a"), en]).to_string();
        assert_eq!(listed, "these: a, {b}&#60;.");
    }
}
