//! What one site says to its visitors: the words that come with this version, and the owner's own in place of some, language by
//! language. Sentences that the law or the record needs can be written anew, and never be left out.
//!
//! Refuses what would tilt an answer: two answers that stand side by side differ, and neither is so much longer that its button
//! weighs more. Invariant: every language is whole, each word fills the places that the built-in one fills, and nothing in it
//! is a letter that nobody can see.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::compile::short_hash;
use super::texts::Texts;
use crate::reader::{At, Table};
use crate::text::Lang;

/// Answers that stand side by side: the table, and both keys.
const ANSWERS: [(&str, &str, &str); 7] = [
    ("banner", "accept", "refuse"),
    ("settings", "allow", "refuse"),
    ("ask", "allow", "refuse"),
    ("ask", "allow_all", "refuse_all"),
    ("placeholder", "once", "always"),
    ("age", "yes", "no"),
    ("me", "withdraw", "erase"),
];
/// Letters of an answer: what two buttons side by side hold on a phone in two lines.
const LONGEST_ANSWER: usize = 40;
/// Letters that any other word may have, however short the built-in one is.
const SHORTEST_BOUND: usize = 60;
/// How many times the longest built-in word a word may be.
const LONGEST_TIMES: usize = 3;
/// Letters by which one of two answers may always be longer, since "No" and "Yes" or 예 and 아니요 are.
const FREE_LETTERS: usize = 4;

/// Which words of the owner's were shown: the first eight bytes of the SHA-256 of [`Wording::source`].
pub type WordsVersion = [u8; 8];

/// The words of one site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    own: BTreeMap<Lang, Texts>,
    source: String,
    version: Option<WordsVersion>,
}

/// The words of a site whose owner wrote none, and of no site.
static BUILT_IN: Wording = Wording { own: BTreeMap::new(), source: String::new(), version: None };

impl Wording {
    /// The words that come with this version alone.
    #[must_use]
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a table with a table for each language, such as `[words.en.banner]`.
    #[must_use]
    pub fn read(mut table: Table<'_, '_>) -> Self {
        let mut wording = Self::default();
        for (tag, language) in table.all_tables() {
            match Lang::ALL.into_iter().find(|lang| lang.tag() == tag) {
                Some(lang) => {
                    let texts = read_language(lang, language);
                    wording.own.insert(lang, texts);
                }
                None => {
                    let known = Lang::ALL.map(Lang::tag).join(", ");
                    table.report(language.at().fault(format!("is no language that is spoken here: {known}")));
                }
            }
        }
        wording.own.retain(|lang, texts| texts != Texts::bundled(*lang));
        wording.source = wording.own.iter().map(|(lang, texts)| lines(*lang, texts)).collect();
        wording.version = (!wording.source.is_empty()).then(|| short_hash(&wording.source));
        check_names(&wording, &table);
        table.finish();
        wording
    }

    /// Every word in a language.
    #[must_use]
    pub fn in_lang(&self, lang: Lang) -> &Texts {
        self.own.get(&lang).unwrap_or_else(|| Texts::bundled(lang))
    }

    /// The owner's words alone, as the evidence of what was shown: one line each, `language.table.key = "word"`, in a fixed order.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Names the owner's words; None where there are none.
    #[must_use]
    pub const fn version(&self) -> Option<WordsVersion> {
        self.version
    }
}

/// What of a language is the owner's, a line for each word.
fn lines(lang: Lang, texts: &Texts) -> String {
    let mut lines = String::new();
    for (table, words) in texts.clone().tables_mut() {
        for (key, word) in words {
            if Texts::bundled(lang).word(table, key) != Some(word.as_str()) {
                writeln!(lines, "{}.{table}.{key} = {word:?}", lang.tag()).ok();
            }
        }
    }
    lines
}

/// Languages are chosen by the names that they call themselves.
fn check_names(wording: &Wording, table: &Table<'_, '_>) {
    let name = |lang: Lang| wording.in_lang(lang).banner.this_language.as_str();
    for (place, lang) in Lang::ALL.into_iter().enumerate() {
        let earlier = Lang::ALL.into_iter().take(place);
        if let Some(other) = earlier.into_iter().find(|other| name(*other) == name(lang)) {
            let at = table.at();
            let message = format!("{} and {} would both be called \"{}\"", other.tag(), lang.tag(), name(lang));
            table.report(at.fault_at(&format!("{}.banner.this_language", lang.tag()), message));
        }
    }
}

fn read_language(lang: Lang, mut table: Table<'_, '_>) -> Texts {
    let mut texts = Texts::bundled(lang).clone();
    let mut written: Vec<(&str, &str, At)> = Vec::new();
    for (name, words) in texts.tables_mut() {
        let Some(mut own) = table.table(name) else { continue };
        for (key, word) in words {
            let Some(said) = own.string(key) else { continue };
            let said = said.trim();
            match fault_of(name, key, said, word) {
                Some(message) => own.fault(key, message),
                None => {
                    said.clone_into(word);
                    written.push((name, key, own.at_key(key)));
                }
            }
        }
        own.finish();
    }
    for (name, one, other) in ANSWERS {
        let at = written.iter().find(|(table, key, _)| *table == name && (*key == one || *key == other));
        let said = texts.word(name, one).zip(texts.word(name, other));
        if let (Some((_, _, at)), Some(said)) = (at, said)
            && let Some(message) = fault_between((one, said.0), (other, said.1))
        {
            table.report(at.fault(message));
        }
    }
    table.finish();
    texts
}

/// What is wrong with a word by itself.
fn fault_of(table: &str, key: &str, said: &str, built_in: &str) -> Option<String> {
    if let Some(letter) = said.chars().find(|letter| is_unseen(*letter)) {
        return Some(format!(
            "holds {}, which nobody can see: write it in one line of plain letters",
            letter.escape_unicode()
        ));
    }
    if !said.chars().any(char::is_alphanumeric) {
        return Some("has no letter: write a word".to_owned());
    }
    let (needed, filled) = (places(built_in), places(said));
    if needed != filled {
        return Some(match needed.as_slice() {
            [] => "has braces: nothing is filled in here".to_owned(),
            needed => format!("must have each of {} once, and no other braces: they are filled in", needed.join(", ")),
        });
    }
    let most = most_letters(table, key);
    let letters = said.chars().count();
    (letters > most).then(|| format!("has {letters} letters: at most {most} fit where it stands"))
}

/// What is wrong with two answers beside each other.
fn fault_between(one: (&str, &str), other: (&str, &str)) -> Option<String> {
    let plain = |word: &str| word.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase();
    if plain(one.1) == plain(other.1) {
        return Some(format!("{} and {} say the same: nobody could tell one answer from the other", one.0, other.0));
    }
    let (one, other) = ((one.0, one.1.chars().count()), (other.0, other.1.chars().count()));
    let (short, long) = if one.1 <= other.1 { (one, other) } else { (other, one) };
    (long.1 > (short.1 * 2).max(short.1 + FREE_LETTERS)).then(|| {
        format!(
            "{} has {} letters and {} has {}: both stand on buttons of one width, and the longer may have twice as many letters or \
             {FREE_LETTERS} more, so that neither answer takes more room than the other",
            long.0, long.1, short.0, short.1
        )
    })
}

/// How many letters a word may have: in proportion to the longest built-in one, in whatever language.
fn most_letters(table: &str, key: &str) -> usize {
    if ANSWERS.iter().any(|(name, one, other)| *name == table && (*one == key || *other == key)) {
        return LONGEST_ANSWER;
    }
    let letters = |lang| Texts::bundled(lang).word(table, key).map_or(0, |word| word.chars().count());
    let longest = Lang::ALL.into_iter().map(letters).max().unwrap_or_default();
    SHORTEST_BOUND.max(longest * LONGEST_TIMES)
}

/// What stands in braces, sorted; a brace without its partner is a place of its own.
fn places(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['{', '}']) {
        let (_, from) = rest.split_at(start);
        let length = from.find('}').map_or(from.len(), |end| end + 1);
        let (place, after) = from.split_at(length);
        found.push(place);
        rest = after;
    }
    found.sort_unstable();
    found
}

/// Letters without a shape, and those that turn the direction of others.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reader::read_file;

    fn read(text: &str) -> Result<Wording, Vec<String>> {
        let whole = read_file(text, |root| root.table("words").map(Wording::read)).whole();
        whole.map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_written_takes_the_place_and_everything_else_stays() {
        let own =
            read("[words.en.banner]\nsettings = \"Cookies here\"\n[words.ko.ask]\ntitle = \"'이 쿠키'를 둘까요?\"\n")
                .unwrap();
        assert_eq!(own.in_lang(Lang::En).banner.settings, "Cookies here");
        assert_eq!(own.in_lang(Lang::Ko).ask.title, "'이 쿠키'를 둘까요?");
        let mut without = own.in_lang(Lang::En).clone();
        without.banner.settings.clone_from(&Texts::bundled(Lang::En).banner.settings);
        assert_eq!(&without, Texts::bundled(Lang::En));
        assert_eq!(own.in_lang(Lang::De), Texts::bundled(Lang::De));
        assert_eq!(own.source(), "ko.ask.title = \"'이 쿠키'를 둘까요?\"\nen.banner.settings = \"Cookies here\"\n");
        assert!(own.version().is_some() && Wording::built_in().version().is_none());
    }

    #[test]
    fn words_are_named_by_what_they_say_and_not_by_where_they_stand() {
        let one = read("[words.en.banner]\naccept = \"Allow\"\n[words.de.ask]\nlost = \"Weg.\"\n").unwrap();
        let other =
            read("# later\n[words.de.ask]\nlost = \"Weg.\"\n[words.en]\nbanner = { accept = \" Allow \" }\n").unwrap();
        assert_eq!((one.source(), one.version()), (other.source(), other.version()));
        let same = read("[words.en.banner]\naccept = \"Accept all\"\n").unwrap();
        assert_eq!(&same, Wording::built_in(), "the built-in word is nobody's own");
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_line() {
        let check = |text: &str, expect: &[&str]| {
            let faults = read(text).expect_err(text);
            assert_eq!(faults.len(), expect.len(), "{faults:?}");
            for (fault, words) in faults.iter().zip(expect) {
                assert!(fault.contains(words), "{fault} | {words}");
            }
        };
        check(
            "[words.en.banner]\naccpet = \"x\"\nrefuse = \"\"\nreviewed = true\n[words.nl.banner]\naccept = \"Ja\"\n",
            &[
                "line 2: words.en.banner.accpet: is not a key",
                "line 3: words.en.banner.refuse: is empty",
                "reviewed",
                "words.nl: is no language",
            ],
        );
        check(
            "[words.en]\nreviewed = true\nbaner = {}\n",
            &["words.en.reviewed: is not a key", "words.en.baner: is not a key"],
        );
        check("[words.en.settings]\ngpc = \"Refused.\"\n", &["must have each of {purposes} once"]);
        check("[words.en.settings]\ngpc = \"{purposes} {purposes}\"\n", &["must have each of {purposes} once"]);
        check("[words.en.banner]\npolicy = \"All of {it}\"\nagain = \"a } b\"\n", &["has braces", "has braces"]);
        check("[words.en.banner]\nsave = \"…\"\n", &["has no letter"]);
        check("[words.en.banner]\nrefuse = \"\u{3164}\"\n", &["holds \\u{3164}, which nobody can see"]);
        check("[words.en.banner]\nsave = \"a\\nb\"\n", &["holds \\u{a}"]);
        check(&format!("[words.en.banner]\npolicy = \"{}\"\n", "a".repeat(61)), &["has 61 letters: at most 60"]);
        check("[words.de.banner]\nthis_language = \"English\"\n", &["en and de would both be called \"English\""]);
    }

    #[test]
    fn answers_differ_and_weigh_alike() {
        let check = |accept: &str, refuse: &str, expect: Option<&str>| {
            let told = read(&format!("[words.en.banner]\naccept = {accept:?}\nrefuse = {refuse:?}\n"));
            match (expect, told) {
                (None, told) => drop(told.expect("no fault")),
                (Some(words), told) => {
                    let faults = told.expect_err(refuse);
                    assert!(faults.len() == 1 && faults[0].contains(words), "{faults:?}");
                    assert!(faults[0].starts_with("line 2: words.en.banner."), "{faults:?}");
                }
            }
        };
        check("Yes", "No", None);
        check("OK", "Refuse", None);
        check("예", "아니요", None);
        check("Allow all", "Only what is needed", Some("has 19 letters"));
        check("Allow", "Do without", None);
        check("Allow", "Do without…", Some("refuse has 11 letters and accept has 5"));
        check("Accept everything", "No", Some("accept has 17 letters and refuse has 2"));
        check("Continue", "continue!", Some("say the same"));
        let long = read(&format!("[words.en.banner]\nrefuse = \"{}\"\n", "no ".repeat(14))).expect_err("too long");
        assert!(long[0].contains("has 41 letters: at most 40 fit"), "{long:?}");
        // One of the two alone is held against the built-in other.
        assert!(read("[words.en.banner]\nrefuse = \"Accept all\"\n").is_err());
        assert!(read("[words.en.age]\nyes = \"No, under 14\"\n").is_err());
    }

    #[test]
    fn the_built_in_words_would_be_the_owner_s_to_write() {
        for lang in Lang::ALL {
            let mut texts = Texts::bundled(lang).clone();
            for (table, words) in texts.tables_mut() {
                for (key, word) in words {
                    assert_eq!(fault_of(table, key, word, word), None, "{lang:?} {table}.{key}");
                }
            }
            for (table, one, other) in ANSWERS {
                let said = |key| Texts::bundled(lang).word(table, key).expect("a word");
                assert_eq!(fault_between((one, said(one)), (other, said(other))), None, "{lang:?} {table}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_a_language_stays_whole(said in "\\PC{0,50}", key in 0_usize..19) {
            let mut texts = Texts::bundled(Lang::En).clone();
            let tables = texts.tables_mut();
            let key = tables[0].1[key].0;
            let quoted = toml::Value::String(said).to_string();
            if let Ok(wording) = read(&format!("[words.en.banner]\n{key} = {quoted}\n")) {
                let banner = &wording.in_lang(Lang::En).banner;
                prop_assert!(banner.by_key(key).is_some_and(|word| word.chars().any(char::is_alphanumeric)));
                prop_assert_ne!(&banner.accept, &banner.refuse);
                let braces = banner.by_key(key).unwrap_or_default().contains(['{', '}', '\n']);
                prop_assert!(!braces);
            }
        }
    }
}
