//! What each figure means, in Korean and English: data with a version, told with every answer.
//!
//! It refuses a figure without a meaning: a test compares the data with what is counted. Invariant: the version in the data is [`DEFINITIONS`].

use std::sync::LazyLock;

use policies::Text;
use serde::Deserialize;

/// The version of the definitions that is counted by.
pub const DEFINITIONS: u32 = 1;

const DATA: &str = include_str!("definitions.toml");

/// Read once. That it can be read is tested.
static BUNDLED: LazyLock<Definitions> =
    LazyLock::new(|| Definitions::of_file(toml::from_str(DATA).unwrap_or_default()));

/// The definitions that are counted by.
#[must_use]
pub fn definitions() -> &'static Definitions {
    &BUNDLED
}

/// All definitions of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definitions {
    /// Which.
    pub version: u32,
    /// What holds for all figures.
    pub notes: Vec<Text>,
    /// Figures of everything in the order of [`super::measure::Measure::ALL`], then those of purposes, then rates.
    pub rows: Vec<Definition>,
}

/// One figure or rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name in answers and exports.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// A few words for axes and headings.
    pub label: Text,
    /// Sentences.
    pub meaning: Text,
}

/// What a definition is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A figure; counted are `pages`, `visits`, `answers` or `choices`.
    Figure(String),
    /// A figure of each purpose, likewise.
    OfPurpose(String),
    /// A rate, made of these figures.
    Rate(String),
}

impl Definitions {
    /// The definition of a figure, of a purpose's figure, or of a rate.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&Definition> {
        self.rows.iter().find(|definition| definition.name == name)
    }

    fn of_file(file: DefinitionsFile) -> Self {
        let rows = |written: Vec<DefinitionFile>, kind: fn(String) -> Kind| {
            written.into_iter().map(move |DefinitionFile { name, unit, of, en, ko }| Definition {
                name,
                kind: kind(unit.or(of).unwrap_or_default()),
                label: Text::new(ko.label, en.label),
                meaning: Text::new(ko.meaning, en.meaning),
            })
        };
        let figures = rows(file.figures, Kind::Figure).chain(rows(file.purpose_figures, Kind::OfPurpose));
        Self {
            version: file.version,
            notes: file.notes.into_iter().map(|NoteFile { en, ko }| Text::new(ko, en)).collect(),
            rows: figures.chain(rows(file.rates, Kind::Rate)).collect(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefinitionsFile {
    version: u32,
    notes: Vec<NoteFile>,
    figures: Vec<DefinitionFile>,
    purpose_figures: Vec<DefinitionFile>,
    rates: Vec<DefinitionFile>,
}

#[derive(Deserialize)]
struct NoteFile {
    en: String,
    ko: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DefinitionFile {
    name: String,
    unit: Option<String>,
    of: Option<String>,
    en: WordsFile,
    ko: WordsFile,
}

#[derive(Deserialize)]
struct WordsFile {
    label: String,
    meaning: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Measure, PurposeMeasure};

    #[test]
    fn every_figure_has_a_meaning_and_every_meaning_a_figure() {
        toml::from_str::<DefinitionsFile>(DATA).map(drop).expect("the data can be read");
        let Definitions { version, notes, rows } = definitions();
        assert_eq!((*version, notes.is_empty()), (DEFINITIONS, false));
        let names = |of: fn(&Kind) -> bool| rows.iter().filter(move |row| of(&row.kind)).map(|row| row.name.as_str());
        assert!(names(|kind| matches!(kind, Kind::Figure(_))).eq(Measure::ALL.map(Measure::name)));
        assert!(names(|kind| matches!(kind, Kind::OfPurpose(_))).eq(PurposeMeasure::ALL.map(PurposeMeasure::name)));
        for Definition { name, kind, label, meaning } in rows {
            match kind {
                Kind::Figure(unit) | Kind::OfPurpose(unit) => {
                    assert!(["pages", "visits", "answers", "choices"].contains(&unit.as_str()), "{name}: {unit}");
                }
                Kind::Rate(of) => {
                    let mut made_of = of.split([' ', '/', '+', '(', ')']).filter(|name| !name.is_empty());
                    assert!(made_of.all(|name| definitions().of(name).is_some()), "{name}: {of}");
                }
            }
            let texts = [&label.en, &label.ko];
            assert!(texts.iter().all(|text| !text.is_empty() && !text.ends_with('.')), "{name}");
            assert!(meaning.en.ends_with('.') && meaning.ko.ends_with('.'), "{name}");
        }
    }
}
