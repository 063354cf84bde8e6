//! The beginning of a new version: the last one's file, word for word, with new days and room for the reason.
//!
//! Refuses to touch anything else: comments and order stay. Invariant: what it writes is the same policy on other days.

use toml::de::DeTable;

use super::lines::{is_korean, quoted};
use crate::time::Date;

/// What a new version begins with.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// When it is told.
    pub announced: Date,
    /// From when it holds.
    pub effective: Date,
    /// Why it is written, in Korean and English where they are known.
    pub reason: (Option<String>, Option<String>),
}

/// The text of a new version's file, made of the last one's; None where that says no day of effect.
#[must_use]
pub fn next_version(source: &str, beginning: &Beginning) -> Option<String> {
    let (tree, _) = DeTable::parse_recoverable(source);
    let root = tree.get_ref();
    let span = |key: &str| Some(root.get(key)?.span());
    let effective = span("effective")?;
    let mut edits = vec![(effective.clone(), format!("\"{}\"", beginning.effective))];
    let mut above = String::new();
    match span("announced") {
        Some(announced) => edits.push((announced, format!("\"{}\"", beginning.announced))),
        None => above.push_str(&format!("announced = \"{}\"\n", beginning.announced)),
    }
    match (span("reason"), reason(beginning)) {
        (Some(old), Some(new)) => edits.push((old, new)),
        // The last version's reason is not this one's.
        (Some(old), None) => {
            edits.push((old, "{ ko = \"개정 사유를 적으세요\", en = \"Write the reason here\" }".to_owned()))
        }
        (None, Some(new)) => above.push_str(&format!("reason = {new}\n")),
        (None, None) => {
            above.push_str("# reason = { ko = \"…\", en = \"…\" }  # why this version is written: fill it in\n")
        }
    }
    let line = source.get(..effective.start)?.rfind('\n').map_or(0, |end| end + 1);
    edits.push((line..line, above));
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut written = String::with_capacity(source.len() + 128);
    let mut from = 0;
    for (span, with) in edits {
        written.push_str(source.get(from..span.start)?);
        written.push_str(&with);
        from = span.end;
    }
    written.push_str(source.get(from..)?);
    Some(written)
}

/// A reason in one language stands in both, so that the file compiles.
fn reason(beginning: &Beginning) -> Option<String> {
    let (ko, en) = match &beginning.reason {
        (None, None) => return None,
        (Some(one), None) | (None, Some(one)) => (one, one),
        (Some(ko), Some(en)) => (ko, en),
    };
    let hint = if ko != en {
        ""
    } else if ko.chars().any(is_korean) {
        "  # put it into English too"
    } else {
        "  # put it into Korean too"
    };
    Some(format!("{{ ko = {}, en = {} }}{hint}", quoted(ko), quoted(en)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::compile;
    use crate::policy::diff::diff;
    use crate::policy::tests::SAMPLE;
    use crate::rules::catalog::Catalog;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn beginning(ko: Option<&str>, en: Option<&str>) -> Beginning {
        let reason = (ko.map(str::to_owned), en.map(str::to_owned));
        Beginning { announced: day("2026-05-01"), effective: day("2026-06-01"), reason }
    }

    #[test]
    fn a_new_version_is_the_last_one_on_other_days() {
        let catalog = Catalog::bundled().unwrap();
        let check = |source: &str, ko: Option<&str>, en: Option<&str>, expect: Option<(&str, &str)>| {
            let written = next_version(source, &beginning(ko, en)).unwrap();
            let (old, new) = (compile(source, &catalog).unwrap(), compile(&written, &catalog).unwrap());
            assert_eq!((new.announced, new.effective), (Some(day("2026-05-01")), day("2026-06-01")));
            let reason = new.reason.as_ref().map(|reason| (reason.ko.as_str(), reason.en.as_str()));
            assert_eq!(reason, expect);
            assert_eq!(diff(&old, &new), []);
            assert!(written.matches('#').count() >= source.matches('#').count(), "comments stay");
        };
        check(SAMPLE, None, None, None);
        check(SAMPLE, Some("말을 다듬음"), Some("Better words"), Some(("말을 다듬음", "Better words")));
        check(SAMPLE, Some("말을 \"다듬음\""), None, Some(("말을 \"다듬음\"", "말을 \"다듬음\"")));
        let told = SAMPLE.replacen(
            "effective",
            "announced = 2025-12-01 # then\nreason = { ko = \"처음\", en = \"First\" }\neffective",
            1,
        );
        check(&told, None, None, Some(("개정 사유를 적으세요", "Write the reason here")));
        check(&told, None, Some("Anew"), Some(("Anew", "Anew")));
        check(include_str!("../../documents/starter/opt-in.toml"), None, Some("Anew"), Some(("Anew", "Anew")));
        assert_eq!(next_version("format = 1\n", &beginning(None, None)), None);
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "(effective|announced|reason|=|\"|2026-01-01|\\[a\\]|\n|é|.){0,30}") {
            let written = next_version(&text, &beginning(Some("가"), None));
            prop_assert!(written.is_none_or(|written| written.contains("2026-05-01") && written.contains("2026-06-01")));
        }
    }
}
