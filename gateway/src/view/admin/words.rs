//! What the pages for owners and analysts say, in Korean and English, as data.
//!
//! Refuses to be without a word: a test looks up every key that templates and code name. Invariant: a word that isn't in the
//! file is said by its key.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use policies::reader::read_words;
use policies::{Lang, Text};

const SOURCE: &str = include_str!("../../../texts/admin.toml");

static WORDS: LazyLock<BTreeMap<String, Text>> = LazyLock::new(|| read_words(SOURCE).value.unwrap_or_default());

/// The words in a reader's language.
#[derive(Clone, Copy, Debug)]
pub struct Words(pub Lang);

impl Words {
    /// The word of a key such as `nav.statistics`.
    #[must_use]
    pub fn of(self, key: &str) -> String {
        WORDS.get(key).map_or_else(|| key.to_owned(), |text| text.in_lang(self.0).to_owned())
    }

    /// A word with something put into its places, such as `{days}`.
    #[must_use]
    pub fn filled(self, key: &str, places: &[(&str, &str)]) -> String {
        let said = self.of(key);
        places.iter().fold(said, |said, (place, with)| said.replace(&format!("{{{place}}}"), with))
    }

    /// Whether there is a word of this key.
    #[must_use]
    pub fn has(self, key: &str) -> bool {
        WORDS.contains_key(key)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Every text between two quotes that has the shape of a key of a section of the file.
    fn keys_in(text: &str, sections: &BTreeSet<&str>, found: &mut BTreeSet<String>) {
        let is_word =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        for quoted in text.split('"') {
            let Some((section, name)) = quoted.split_once('.') else { continue };
            if sections.contains(section) && is_word(name) {
                found.insert(quoted.to_owned());
            }
        }
    }

    fn keys_below(folder: &Path, sections: &BTreeSet<&str>, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                keys_below(&path, sections, found);
            } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "html") {
                for line in std::fs::read_to_string(&path).unwrap().lines() {
                    keys_in(line, sections, found);
                }
            }
        }
    }

    #[test]
    fn the_file_is_without_fault_and_every_word_is_in_both_languages() {
        assert!(read_words(SOURCE).whole().is_ok());
        assert!(WORDS.len() > 100, "{}", WORDS.len());
        for (key, text) in WORDS.iter() {
            let [ko, en] = [Lang::Ko, Lang::En].map(|lang| text.in_lang(lang));
            assert!(!ko.trim().is_empty() && !en.trim().is_empty(), "{key}");
            let places = |said: &str| {
                let mut places: Vec<_> =
                    said.split('{').skip(1).filter_map(|rest| rest.split('}').next().map(str::to_owned)).collect();
                places.sort();
                places.dedup();
                places
            };
            assert_eq!(places(ko), places(en), "{key} fills the same places in both languages");
        }
    }

    #[test]
    fn every_key_that_is_named_has_a_word_and_every_word_is_named() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sections: BTreeSet<&str> =
            WORDS.keys().filter_map(|key| key.split_once('.').map(|(section, _)| section)).collect();
        let mut named = BTreeSet::new();
        for folder in ["src/admin", "src/view/admin", "templates/admin"] {
            keys_below(&root.join(folder), &sections, &mut named);
        }
        let missing: Vec<_> = named.iter().filter(|key| !WORDS.contains_key(*key)).collect();
        assert!(missing.is_empty(), "no words for {missing:?}");
        // Sections whose keys are put together from what is counted.
        let of_data = ["dimension.", "value.", "month.", "resolution."];
        let idle: Vec<_> = WORDS
            .keys()
            .filter(|key| !named.contains(*key) && !of_data.iter().any(|section| key.starts_with(section)))
            .collect();
        assert!(idle.is_empty(), "nobody says {idle:?}");
    }
}
