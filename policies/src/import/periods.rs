//! Periods in words: `5년`, `6개월간`, `30 days`.
//!
//! Refuses dates, ages and bounds (`1년 이상`, `5일 이내`). Invariant: a period that is found lies within the text.

use std::ops::Range;

/// The units, the longer of two that begin alike first.
const UNITS: [(&str, char); 20] = [
    ("개월", 'M'),
    ("달", 'M'),
    ("년", 'Y'),
    ("주일", 'W'),
    ("주", 'W'),
    ("일", 'D'),
    ("years", 'Y'),
    ("year", 'Y'),
    ("months", 'M'),
    ("month", 'M'),
    ("weeks", 'W'),
    ("week", 'W'),
    ("days", 'D'),
    ("day", 'D'),
    ("Years", 'Y'),
    ("Year", 'Y'),
    ("Months", 'M'),
    ("Month", 'M'),
    ("Days", 'D'),
    ("Day", 'D'),
];

/// Numbers in words.
const WORDS: [(&str, u16); 24] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("ten", 10),
    ("twelve", 12),
    ("thirty", 30),
    ("일", 1),
    ("이", 2),
    ("삼", 3),
    ("사", 4),
    ("오", 5),
    ("육", 6),
    ("칠", 7),
    ("십", 10),
    ("삼십", 30),
    ("한", 1),
    ("세", 3),
    ("두", 2),
    ("열", 10),
    ("여섯", 6),
];

/// What makes a period a bound, or something that somebody did.
const BOUNDS: [&str; 19] = [
    "이상",
    "이내",
    "마다",
    "미만",
    "보다",
    "이전",
    "전",
    "동안 이용",
    "간 이용하",
    "간 로그인",
    "동안 로그인",
    "이후",
    "넘",
    "내에",
    "내 ",
    "차",
    "간 접속",
    "생",
    "동안 서비스",
];

/// One period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) place: Range<usize>,
    /// As ISO 8601 has it.
    pub(super) iso: String,
    pub(super) count: u16,
    pub(super) unit: char,
}

/// Every period that a text names, bounds too.
pub(super) fn all(text: &str) -> Vec<Period> {
    let mut found: Vec<Period> = Vec::new();
    let mut at = 0;
    let mut before = ' ';
    while let Some(rest) = text.get(at..) {
        let Some(letter) = rest.chars().next() else { break };
        // The day of a date stands behind its month.
        let dated =
            text.get(..at).is_some_and(|said| said.trim_end().ends_with('월') && !said.trim_end().ends_with("개월"));
        let read = if dated || before.is_ascii_alphanumeric() || before == '.' && letter.is_ascii_digit() {
            None
        } else {
            one(rest, before)
        };
        match read {
            Some((length, count, unit)) => {
                found.push(Period { place: at..at + length, iso: format!("P{count}{unit}"), count, unit });
                at += length;
                before = ' ';
            }
            None => {
                at += letter.len_utf8();
                before = letter;
            }
        }
    }
    found
}

/// The periods for which something is kept.
pub(super) fn kept(text: &str) -> Vec<Period> {
    let bounded = |period: &Period| {
        let after = text.get(period.place.end..).unwrap_or_default().trim_start().trim_start_matches(")").trim_start();
        BOUNDS.iter().any(|bound| after.starts_with(bound))
    };
    all(text).into_iter().filter(|period| !bounded(period)).collect()
}

fn one(text: &str, before: char) -> Option<(usize, u16, char)> {
    let (count, rest) = number(text, before)?;
    let rest = rest.trim_start().trim_start_matches('-').trim_start_matches(['(', ')', '「']);
    let (unit, letter) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit))?;
    let after = rest.strip_prefix(unit)?;
    let date = match letter {
        // A year of the calendar, or the days before a month's name.
        'Y' => count > 100 || after.trim_start().starts_with(|next: char| next.is_ascii_digit()),
        'D' => after.starts_with("반") || after.starts_with("자"),
        'W' => *unit == "주" && after.starts_with(|next: char| next.is_alphabetic() && !"간동이".contains(next)),
        _ => false,
    };
    (!date && count > 0).then(|| (text.len() - after.len(), count, *letter))
}

fn number(text: &str, before: char) -> Option<(u16, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    if end > 0 {
        let (digits, rest) = text.split_at_checked(end)?;
        return Some((digits.parse().ok()?, rest));
    }
    if before.is_alphabetic() {
        return None;
    }
    let mut words = WORDS.iter().filter_map(|(word, count)| Some((*count, text.strip_prefix(word)?)));
    words.find(|(_, rest)| UNITS.iter().any(|(unit, _)| rest.trim_start().starts_with(unit)) || rest.starts_with(" ("))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_in_words_and_signs() {
        let check = |text: &str, expect: &[&str]| {
            let found: Vec<String> = kept(text).into_iter().map(|period| period.iso).collect();
            assert_eq!(found, expect, "{text}");
        };
        check("5년간 보관", &["P5Y"]);
        check("6 개월", &["P6M"]);
        check("탈퇴 후 30일까지", &["P30D"]);
        check("2주간", &["P2W"]);
        check("1년 (소비자보호법), 5년", &["P1Y", "P5Y"]);
        check("for five years", &["P5Y"]);
        check("3 months", &["P3M"]);
        check("2019년 8월 26일", &[]);
        check("1년 이상 이용하지 않은", &[]);
        check("5일 이내에 파기", &[]);
        check("만 14세", &[]);
        check("주식회사 5주식", &[]);
    }
}
