//! The words around changes, as data: what things are called, what they can be, and why a change weighs what it weighs.
//!
//! Refuses to be without a word: its tests look every one up. Invariant: a word that isn't in the file is said by its key.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::policy::FileWord;
use crate::policy::texts::Texts;
use crate::reader::read_words;
use crate::text::{Lang, Text};
use crate::time::Period;

static WORDS: LazyLock<BTreeMap<String, Text>> =
    LazyLock::new(|| read_words(include_str!("../../../changes/words.toml")).value.unwrap_or_default());

/// The word of a key of the file, such as `page.before`.
#[must_use]
pub fn said(key: &str) -> Text {
    WORDS.get(key).cloned().unwrap_or_else(|| Text::new(key.to_owned(), key.to_owned()))
}

/// A word with something put into its places, such as `{date}`.
#[must_use]
pub fn filled(key: &str, places: &[(&str, &Text)]) -> Text {
    let word = said(key);
    by_language(|lang| {
        places.iter().fold(word.in_lang(lang).to_owned(), |said, (place, with)| {
            said.replace(&format!("{{{place}}}"), with.in_lang(lang))
        })
    })
}

/// A text that is made for each language.
pub fn by_language(make: impl Fn(Lang) -> String) -> Text {
    let others = Lang::ALL.into_iter().filter(|lang| !Lang::NEEDED.contains(lang));
    Text { ko: make(Lang::Ko), en: make(Lang::En), others: others.map(|lang| (lang, make(lang))).collect() }
}

/// Something that is written alike in every language: a name, an address, a day.
#[must_use]
pub fn plain(said: &str) -> Text {
    Text::new(said.to_owned(), said.to_owned())
}

/// One of a kind's words, as people say it.
pub(super) fn value<W: FileWord + PartialEq>(kind: &str, value: W) -> Text {
    let word = W::WORDS.iter().find(|(_, one)| *one == value).map_or("", |(word, _)| word);
    said(&format!("value.{kind}_{word}"))
}

/// A period; none is until the browser closes.
pub(super) fn period(period: Option<Period>) -> Text {
    by_language(|lang| in_words(period, &Texts::bundled(lang).period))
}

fn in_words(period: Option<Period>, words: &crate::policy::texts::PeriodTexts) -> String {
    let Some(period) = period else { return words.session.clone() };
    let parts = [
        (period.years, &words.one_year, &words.years),
        (period.months, &words.one_month, &words.months),
        (period.days, &words.one_day, &words.days),
    ];
    let said = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| if count == 1 { one.clone() } else { many.replace("{n}", &count.to_string()) });
    said.collect::<Vec<_>>().join(" ")
}

/// A country by its code.
pub(super) fn country(code: &str) -> Text {
    by_language(|lang| {
        let name = Texts::bundled(lang).country.by_key(&code.to_ascii_lowercase());
        name.map_or_else(|| code.to_owned(), |name| format!("{name} ({code})"))
    })
}

/// Texts with something between them; what is empty is left out.
pub(super) fn joined(parts: &[&Text], between: &str) -> Text {
    by_language(|lang| {
        let said = parts.iter().map(|part| part.in_lang(lang)).filter(|part| !part.is_empty());
        said.collect::<Vec<_>>().join(between)
    })
}

#[cfg(test)]
pub(super) fn known(key: &str) -> bool {
    WORDS.contains_key(key)
}
