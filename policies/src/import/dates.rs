//! The days of announcement and of effect, in the many ways in which days are written.
//!
//! Refuses placeholders (`20XX. X. X`) and the days of earlier versions. Invariant: a day that is found exists in the calendar.

use std::ops::Range;

use super::Found;
use super::document::{Block, Document};
use super::outline::Part;
use super::vocabulary;
use super::words::{self, Phrase};
use crate::time::Date;

/// The letters between a word and its day at the most.
const NEAR: usize = 24;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// When it was announced, and when it takes effect.
pub(super) fn read(document: &Document, part: &Part) -> (Option<Found<Date>>, Option<Found<Date>>) {
    let blocks = document.blocks.get(part.whole.clone()).unwrap_or_default();
    let announced = labelled(blocks, vocabulary::of("announced"));
    let effective = labelled(blocks, vocabulary::of("effective")).or_else(|| followed(blocks));
    (announced, effective)
}

/// The latest day behind a word, or on the line after it.
fn labelled(blocks: &[Block], words: &[Phrase]) -> Option<Found<Date>> {
    let mut found: Vec<Found<Date>> = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        for phrase in words {
            let Some(label) = phrase.find(&block.text) else { continue };
            let before = block.text.get(..label.start).unwrap_or_default();
            let after = block.text.get(label.end..).unwrap_or_default();
            let near: String = after.chars().take(NEAR + 20).collect();
            let value = all(&near).into_iter().find(|(range, _)| near.get(..range.start).is_some_and(is_near));
            if is_earlier(before) {
                continue;
            }
            if let Some((_, value)) = value {
                found.push(Found { value, line: block.line, sure: true });
                break;
            }
            let next = blocks.get(at + 1).filter(|_| words::letters(after) <= 2 && words::letters(&block.text) <= 20);
            let day = next.and_then(|next| {
                let begins = all(&next.text).into_iter().find(|(range, _)| range.start <= 6)?;
                Some(Found { value: begins.1, line: next.line, sure: true })
            });
            if day.is_some() {
                found.extend(day);
                break;
            }
        }
    }
    found.into_iter().max_by_key(|found| found.value)
}

/// Whether what stands between a word and a day lets them belong together.
fn is_near(between: &str) -> bool {
    words::letters(between) <= NEAR && !between.contains(['.', '다']) || words::letters(between) <= 6
}

fn is_earlier(before: &str) -> bool {
    words::letters(before) <= 40 && words::any(vocabulary::phrases("titles", "earlier"), before)
}

/// `2021. 3. 2부터 시행합니다`, and `2021. 3. 2. ~ 2022. 1. 1. 적용` is an earlier version's.
fn followed(blocks: &[Block]) -> Option<Found<Date>> {
    let mut found: Vec<Found<Date>> = Vec::new();
    for block in blocks {
        for (range, value) in all(&block.text) {
            let before = block.text.get(..range.start).unwrap_or_default();
            let after: String = block.text.get(range.end..).unwrap_or_default().chars().take(NEAR).collect();
            let said = words::first(vocabulary::of("effective_after"), &after);
            let ranged = before.trim_end().ends_with(['~', '-', '–']) || after.trim_start().starts_with(['~', '–']);
            let of_policy = words::letters(&block.text) <= 120;
            if said.is_some_and(|said| after.get(..said.start).is_some_and(is_near))
                && !ranged
                && of_policy
                && !is_earlier(before)
            {
                found.push(Found { value, line: block.line, sure: true });
            }
        }
    }
    found.into_iter().max_by_key(|found| found.value)
}

/// Every day that a text names, with its place.
pub(super) fn all(text: &str) -> Vec<(Range<usize>, Date)> {
    let mut found: Vec<(Range<usize>, Date)> = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(letter) = rest.chars().next() else { break };
        let within_word = text
            .get(..at)
            .and_then(|before| before.chars().next_back())
            .is_some_and(|before| before.is_ascii_alphanumeric() && letter.is_ascii_alphanumeric());
        let read = if within_word { None } else { numeric(rest).or_else(|| english(rest)) };
        match read {
            Some((length, date)) => {
                found.push((at..at + length, date));
                at += length;
            }
            None => at += letter.len_utf8(),
        }
    }
    found
}

/// `2021년 3월 2일`, `2021. 3. 2.`, `2021-03-02`, `2021/3/2`, `20210302`.
fn numeric(text: &str) -> Option<(usize, Date)> {
    let (year, rest) = digits(text, 8)?;
    if year.len() == 8 {
        let date = Date::parse(&format!("{}-{}-{}", year.get(..4)?, year.get(4..6)?, year.get(6..)?))?;
        return (1990..2100).contains(&date.year).then_some((8, date));
    }
    let year = match year.len() {
        4 => year.parse::<i32>().ok()?,
        2 if text.starts_with(['\'', '’']) => 2000 + year.parse::<i32>().ok()?,
        _ => return None,
    };
    let rest = parted(rest, '년')?;
    let (month, rest) = digits(rest, 2)?;
    let rest = parted(rest, '월')?;
    let (day, rest) = digits(rest, 2)?;
    let rest = rest.trim_start().strip_prefix('일').unwrap_or(rest);
    let (month, day) = (month.parse::<u8>().ok()?, day.parse::<u8>().ok()?);
    let date = Date::parse(&format!("{year:04}-{month:02}-{day:02}"))?;
    (1990..2100).contains(&date.year).then(|| (text.len() - rest.len(), date))
}

fn digits(text: &str, most: usize) -> Option<(&str, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    (end > 0 && end <= most).then(|| text.split_at_checked(end)).flatten()
}

/// What stands between the parts of a day.
fn parted(text: &str, word: char) -> Option<&str> {
    let text = text.trim_start();
    let rest = text.strip_prefix(word).or_else(|| text.strip_prefix(['.', '-', '/', '–', '．']))?;
    Some(rest.trim_start())
}

/// `March 2, 2021`, `2 March 2021`.
fn english(text: &str) -> Option<(usize, Date)> {
    let (first, rest) = word(text)?;
    let (second, rest) = word(rest)?;
    let (third, rest) = word(rest)?;
    let month_of = |word: &str| {
        let short = word.get(..3)?.to_ascii_lowercase();
        MONTHS.iter().position(|month| *month == short).filter(|_| word.chars().all(char::is_alphabetic))
    };
    let (month, day) = match month_of(first) {
        Some(month) => (month, second),
        None => (month_of(second)?, first),
    };
    let day: u8 = day.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()).parse().ok()?;
    let year: i32 = third.parse().ok().filter(|year| (1990..2100).contains(year))?;
    let date = Date::parse(&format!("{year:04}-{:02}-{day:02}", month + 1))?;
    Some((text.len() - rest.len(), date))
}

fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches([' ', ',', '.']);
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at_checked(end)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_every_way_of_writing() {
        let check = |text: &str, expect: Option<&str>| {
            let found = all(text).first().map(|(_, date)| date.to_string());
            assert_eq!(found.as_deref(), expect, "{text}");
        };
        check("2021년 3월 2일", Some("2021-03-02"));
        check("2021년3월02일부터", Some("2021-03-02"));
        check("2021. 3. 2부터", Some("2021-03-02"));
        check("2021.03.02.", Some("2021-03-02"));
        check("2021-03-02", Some("2021-03-02"));
        check("2021/3/2", Some("2021-03-02"));
        check("20210302", Some("2021-03-02"));
        check("on March 2, 2021", Some("2021-03-02"));
        check("2nd March 2021", Some("2021-03-02"));
        check("20XX. X. X", None);
        check("2021년 13월 2일", None);
        check("2021. 3.", None);
        check("02-1234-5678", None);
    }
}
