//! Replays the seed corpora of the fuzz targets, and whatever fuzzing once broke and was kept there.
//!
//! Refuses an empty corpus: a target without seeds tests nothing. Invariant: every folder of `tests/fuzz/corpus` is
//! replayed by a function of its name.

use std::path::{Path, PathBuf};

use gateway_tests::fuzz;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 21] = [
    ("cookie_header", fuzz::cookie_header),
    ("set_cookie", fuzz::set_cookie),
    ("token", fuzz::token),
    ("policy_file", fuzz::policy_file),
    ("policy_import", fuzz::policy_import),
    ("policy_change", fuzz::policy_change),
    ("html", fuzz::html),
    ("forwarded", fuzz::forwarded),
    ("proxy_protocol", fuzz::proxy_protocol),
    ("entity_tags", fuzz::entity_tags),
    ("path", fuzz::path),
    ("addresses", fuzz::addresses),
    ("address", fuzz::address),
    ("charset", fuzz::charset),
    ("csp", fuzz::csp),
    ("dictionary_field", fuzz::dictionary_field),
    ("links", fuzz::links),
    ("own_address", fuzz::own_address),
    ("record", fuzz::records::record),
    ("step", fuzz::records::step),
    ("receipt", fuzz::records::receipt),
];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn replay(folder: &Path, target: Target) {
    let seeds = files(folder);
    assert!(!seeds.is_empty(), "{} has no seeds", folder.display());
    for seed in seeds {
        let data = std::fs::read(&seed).unwrap();
        let outcome = std::panic::catch_unwind(|| target(&data));
        assert!(outcome.is_ok(), "{} breaks its target", seed.display());
    }
}

#[test]
fn every_corpus_has_a_target_and_every_target_a_corpus() {
    let mut named: Vec<_> = TARGETS.iter().map(|(name, _)| corpus().join(name)).collect();
    named.sort();
    assert_eq!(files(&corpus()), named);
}

#[test]
fn seeds_keep_every_promise() {
    for (name, target) in TARGETS {
        replay(&corpus().join(name), target);
    }
}

#[test]
fn html_fixtures_keep_every_promise() {
    replay(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/html"), fuzz::html);
}
