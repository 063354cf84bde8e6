//! Phrases of a vocabulary, found in text as people write it: blanks, capitals, the many middle dots and wide letters make no difference.
//!
//! Refuses patterns beyond a gap (`..`). Invariant: what is found lies within the text, at letters' boundaries.

use std::ops::Range;

/// How many letters a gap may be at the most.
const WIDEST_GAP: usize = 24;

/// One phrase: its parts stand in this order, with little between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    parts: Vec<Vec<char>>,
    /// Whether a foreign word must end where it does; short ones always must.
    whole: bool,
}

impl Phrase {
    /// Reads a phrase of a vocabulary file; `..` is a gap, and `!` behind it keeps `opera` out of `operating`.
    pub(super) fn read(text: &str) -> Self {
        let whole = text.ends_with('!');
        let text = text.trim_end_matches('!');
        let part = |part: &str| part.chars().filter(|letter| !letter.is_whitespace()).map(fold).collect::<Vec<_>>();
        Self { parts: text.split("..").map(part).filter(|part| !part.is_empty()).collect(), whole }
    }

    /// Where it stands first.
    pub(super) fn find(&self, text: &str) -> Option<Range<usize>> {
        self.find_with(text, char::is_whitespace)
    }

    /// Where it stands first in a heading: what parts words there makes no difference either.
    pub(super) fn find_in_heading(&self, text: &str) -> Option<Range<usize>> {
        self.find_with(text, |letter| letter.is_whitespace() || is_separator(letter))
    }

    fn find_with(&self, text: &str, skipped: fn(char) -> bool) -> Option<Range<usize>> {
        let first = self.parts.first()?;
        let mut from = 0;
        loop {
            let start = find_part(text, first, from, usize::MAX, skipped)?;
            let mut end = start.end;
            let all = self
                .parts
                .iter()
                .skip(1)
                .all(|part| find_part(text, part, end, WIDEST_GAP, skipped).map(|found| end = found.end).is_some());
            let ends_word = !self.whole || !text.get(end..)?.starts_with(|next: char| next.is_ascii_alphanumeric());
            if all && ends_word {
                return Some(start.start..end);
            }
            from = start.start + text.get(start.start..)?.chars().next().map_or(1, char::len_utf8);
        }
    }

    /// Its letters, where it has no gap.
    pub(super) fn only_part(&self) -> Option<Vec<char>> {
        self.parts.first().filter(|_| self.parts.len() == 1).cloned()
    }

    /// How many letters it has: of two that are found the longer says more.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }
}

fn find_part(text: &str, part: &[char], from: usize, within: usize, skipped: fn(char) -> bool) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let mut before = text.get(..from)?.chars().next_back();
    let first = *part.first()?;
    for (at, letter) in rest.char_indices().take(within.saturating_add(1)) {
        let begins_word =
            !first.is_ascii_alphanumeric() || !before.is_some_and(|letter| letter.is_ascii_alphanumeric());
        if fold(letter) == first
            && begins_word
            && let Some(length) = matched(rest.get(at..)?, part, skipped)
        {
            return Some(from + at..from + at + length);
        }
        before = Some(letter);
    }
    None
}

/// How many bytes at the beginning of the text are the part. A short foreign word must end there.
fn matched(text: &str, part: &[char], skipped: fn(char) -> bool) -> Option<usize> {
    let mut wanted = part.iter().peekable();
    let mut letters = text.char_indices().peekable();
    while let Some(letter) = wanted.peek() {
        let (_, found) = letters.next()?;
        if fold(found) == **letter {
            wanted.next();
        } else if !skipped(found) {
            return None;
        }
    }
    let (end, after) = letters.peek().map_or((text.len(), ' '), |(at, letter)| (*at, *letter));
    let whole = part.len() > 3 || !part.iter().all(char::is_ascii_alphanumeric) || !after.is_ascii_alphanumeric();
    whole.then_some(end)
}

/// One form of letters that mean the same.
pub(super) const fn fold(letter: char) -> char {
    match letter {
        '∙' | 'ㆍ' | '‧' | '․' | '⋅' | '・' | '･' | '●' | '•' => '·',
        '‘' | '’' => '\'',
        '“' | '”' => '"',
        '\u{ff01}'..='\u{ff5e}' => match char::from_u32(letter as u32 - 0xfee0) {
            Some(narrow) => narrow.to_ascii_lowercase(),
            None => letter,
        },
        letter => letter.to_ascii_lowercase(),
    }
}

/// What parts words of a heading: `설치·운영`, `설치/운영`, `설치, 운영`.
pub(super) const fn is_separator(letter: char) -> bool {
    matches!(fold(letter), '·' | '/' | ',' | '.' | '-' | '\'' | '"')
}

/// Whether one of the phrases stands in the text.
pub(super) fn any(phrases: &[Phrase], text: &str) -> bool {
    phrases.iter().any(|phrase| phrase.find(text).is_some())
}

/// Where the first of the phrases stands.
pub(super) fn first(phrases: &[Phrase], text: &str) -> Option<Range<usize>> {
    phrases.iter().filter_map(|phrase| phrase.find(text)).min_by_key(|found| found.start)
}

/// How many letters there are to be read.
pub(super) fn letters(text: &str) -> usize {
    text.chars().filter(|letter| !letter.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_however_they_are_written() {
        let check = |phrase: &str, text: &str, expect: Option<&str>| {
            let found = Phrase::read(phrase).find(text).and_then(|found| text.get(found));
            assert_eq!(found, expect, "{phrase} in {text}");
        };
        check("자동수집장치", "개인정보 자동 수집 장치의", Some("자동 수집 장치"));
        check("모든쿠키..허용", "모든 쿠키의 저장을 허용하거나", Some("모든 쿠키의 저장을 허용"));
        check("허용..거부", "거부하거나 허용", None);
        check("ie", "a movie", None);
        check("ie", "IE의 경우", Some("IE"));
        check("opera!", "operating", None);
        check("opera!", "Opera에서", Some("Opera"));
        check("설치·운영", "설치ㆍ운영", Some("설치ㆍ운영"));
        check("cookie", "Cookies", Some("Cookie"));
    }
}
