//! Texts that lack a language which the policy is written in, and sentences that have had their day.
//!
//! Refuses to rewrite anybody's sentence: what is old is told with its source. Invariant: a sentence is told once for each thing that is
//! old about it.

use std::sync::LazyLock;

use super::Look;
use crate::policy::Policy;
use crate::reader::{Table, read_file};
use crate::text::{Lang, Text};

/// Sentences to look for.
struct Lint {
    words: Vec<String>,
    message: String,
    /// Only beside a purpose of analytics or marketing.
    beside_tracking: bool,
}

static LINTS: LazyLock<Vec<Lint>> = LazyLock::new(|| {
    let read = |root: &mut Table<'_, '_>| Some(root.tables("lints").into_iter().filter_map(read_lint).collect());
    read_file(include_str!("../../../vocabulary/lints.toml"), read).value.unwrap_or_default()
});

fn read_lint(mut table: Table<'_, '_>) -> Option<Lint> {
    let words: Vec<String> = table.strings("words").iter().map(|word| squeezed(word)).collect();
    let (message, source) = (table.string("message"), table.string("source"));
    let message = table.needed("message", message)?;
    let message = source.map_or_else(|| message.clone(), |source| format!("{message} ({source})"));
    let beside_tracking = table.boolean("beside_tracking").unwrap_or(false);
    table.finish();
    Some(Lint { words, message, beside_tracking })
}

pub(super) fn look(look: &mut Look<'_>) {
    languages(look);
    let tracks = look.policy.purposes.iter().any(|purpose| purpose.category.refused_by_gpc());
    for (key, text) in sentences(look.policy) {
        let said: Vec<String> = Lang::ALL.iter().map(|lang| squeezed(text.in_lang(*lang))).collect();
        for lint in LINTS.iter().filter(|lint| tracks || !lint.beside_tracking) {
            if lint.words.iter().any(|word| said.iter().any(|said| said.contains(word))) {
                look.advice(&key, lint.message.clone());
            }
        }
    }
}

/// Without white space and in lower case: people space Korean as they please.
fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// A language that the cookie section is written in is one that the policy speaks: then its purposes speak it too.
fn languages(look: &mut Look<'_>) {
    let section = &look.policy.section;
    let texts = std::iter::once(&section.title).chain(&section.paragraphs);
    let mut spoken: Vec<Lang> = texts.flat_map(|text| text.others.keys().copied()).collect();
    spoken.sort_unstable();
    spoken.dedup();
    let purposes = look.policy.purposes.iter().enumerate();
    let texts = purposes.flat_map(|(place, purpose)| {
        let texts = [
            ("name", Some(&purpose.name)),
            ("about", Some(&purpose.about)),
            ("consequence", purpose.consequence.as_ref()),
        ];
        texts.map(|(field, text)| (format!("purposes[{place}].{field}"), text))
    });
    for (key, text) in texts {
        let lacks = |lang: &&Lang| text.is_some_and(|text| !text.others.contains_key(*lang));
        for lang in spoken.iter().filter(lacks) {
            let tag = lang.tag();
            look.fault(
                &key,
                format!("has no text in \"{tag}\", which the cookie section is written in: add {tag} = \"…\""),
            );
        }
    }
}

/// Every sentence that the owner wrote, with its key.
fn sentences(policy: &Policy) -> Vec<(String, &Text)> {
    let mut all = vec![("section.title".to_owned(), &policy.section.title)];
    let at = |list: &str, place: usize, field: &str| format!("{list}[{place}].{field}");
    let paragraphs = policy.section.paragraphs.iter().enumerate();
    all.extend(paragraphs.map(|(place, text)| (format!("section.paragraphs[{place}]"), text)));
    for (place, purpose) in policy.purposes.iter().enumerate() {
        all.push((at("purposes", place, "about"), &purpose.about));
        all.extend(purpose.consequence.as_ref().map(|text| (at("purposes", place, "consequence"), text)));
    }
    for (place, row) in policy.retention.iter().enumerate() {
        all.push((at("retention", place, "record"), &row.record));
        all.extend(row.law.as_ref().map(|text| (at("retention", place, "law"), text)));
    }
    let handling = &policy.handling;
    let told = [
        ("collection", &handling.collection),
        ("destruction", &handling.destruction),
        ("exercise", &handling.exercise),
        ("safety", &handling.safety),
    ];
    all.extend(told.into_iter().filter_map(|(field, text)| Some((format!("handling.{field}"), text.as_ref()?))));
    all.push(("contact.role".to_owned(), &policy.contact.role));
    all
}
