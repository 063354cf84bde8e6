//! The words by which things are known, from `policies/vocabulary`: what is said in how many ways is data, where it counts is code.
//!
//! Refuses nothing at run time: a test reads the files. Invariant: a list that is asked for is there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::words::Phrase;

const FILES: [&str; 3] = [
    include_str!("../../vocabulary/headings.toml"),
    include_str!("../../vocabulary/cookies.toml"),
    include_str!("../../vocabulary/facts.toml"),
];

/// What one word of ours is called in policies.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) phrases: Vec<Phrase>,
}

static LISTS: LazyLock<BTreeMap<String, Vec<Known>>> = LazyLock::new(|| {
    let mut lists: BTreeMap<String, Vec<Known>> = BTreeMap::new();
    for (name, list) in FILES.into_iter().flat_map(read) {
        lists.entry(name).or_default().extend(list);
    }
    lists
});

fn read(file: &str) -> Vec<(String, Vec<Known>)> {
    let table: toml::Table = file.parse().unwrap_or_default();
    let lists = table.into_iter().filter_map(|(name, list)| {
        let list = list.as_table()?.iter().map(|(id, phrases)| {
            let phrases = phrases.as_array().into_iter().flatten().filter_map(toml::Value::as_str);
            Known { id: id.clone(), phrases: phrases.map(Phrase::read).collect() }
        });
        Some((name, list.collect()))
    });
    lists.collect()
}

/// All of a list.
pub(super) fn list(name: &str) -> &'static [Known] {
    LISTS.get(name).map_or(&[], Vec::as_slice)
}

/// The phrases of one entry.
pub(super) fn phrases(name: &str, id: &str) -> &'static [Phrase] {
    list(name).iter().find(|known| known.id == id).map_or(&[], |known| &known.phrases)
}

/// Phrases on their own.
pub(super) fn of(id: &str) -> &'static [Phrase] {
    phrases("phrases", id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_no_list_is_empty() {
        for file in FILES {
            assert!(file.parse::<toml::Table>().is_ok(), "{:?}", file.parse::<toml::Table>().err());
        }
        for (name, list) in LISTS.iter() {
            for known in list {
                assert!(!known.phrases.is_empty(), "{name}.{}", known.id);
                assert!(known.phrases.iter().all(|phrase| phrase.len() > 0), "{name}.{}", known.id);
            }
        }
    }
}
