//! What people write into lists of cookies: kinds of purpose, lifetimes and names with a part that changes, in the words of the tools that
//! export them. Refuses to guess: what isn't known is None.

use crate::purpose::Category;
use crate::rules::{Lifetime, NamePattern};
use crate::time::Period;

/// The longest that browsers keep a cookie, for one that "stays".
const LONGEST: Period = Period { years: 0, months: 0, days: 400 };

/// The longest name that browsers keep.
const LONGEST_NAME: usize = 4_096;

/// Words that name a kind of purpose, and the numbers that one tool gives them.
const KINDS: [(Category, &[&str]); 4] = [
    (
        Category::Marketing,
        &["marketing", "advert", "targeting", "ads", "social", "retarget", "c0004", "c0005", "광고", "마케팅", "맞춤"],
    ),
    (Category::Analytics, &["analytic", "statistic", "performance", "measurement", "c0002", "통계", "분석", "성능"]),
    (
        Category::Preferences,
        &["functional", "preference", "personali", "c0003", "기능", "환경", "선호", "설정", "편의"],
    ),
    (
        Category::Necessary,
        &["necessary", "essential", "required", "security", "mandatory", "c0001", "필수", "필요", "보안"],
    ),
];

/// The units of lifetimes in days; those shorter than a day are a day.
#[derive(Clone, Copy)]
enum Unit {
    Years,
    Months,
    Weeks,
    Days,
    Less,
}

const UNITS: [(&str, Unit); 18] = [
    ("year", Unit::Years),
    ("yr", Unit::Years),
    ("년", Unit::Years),
    ("month", Unit::Months),
    ("mth", Unit::Months),
    ("mo", Unit::Months),
    ("개월", Unit::Months),
    ("week", Unit::Weeks),
    ("wk", Unit::Weeks),
    ("주", Unit::Weeks),
    ("day", Unit::Days),
    ("일", Unit::Days),
    ("hour", Unit::Less),
    ("min", Unit::Less),
    ("sec", Unit::Less),
    ("시간", Unit::Less),
    ("분", Unit::Less),
    ("초", Unit::Less),
];

/// Reads a kind of purpose; of several that are named the most intrusive counts. "Unclassified" is none.
pub(super) fn category(text: &str) -> Option<Category> {
    let text = text.to_lowercase();
    let unsaid = ["unclassified", "uncategori", "unknown", "미분류", "non-essential", "nonessential", "not necessary"];
    if unsaid.iter().any(|word| text.contains(word)) {
        return None;
    }
    let names = |words: &[&str]| {
        words.iter().any(|word| match *word {
            // Too short to be looked for inside other words.
            "ads" => text.split(|letter: char| !letter.is_alphanumeric()).any(|part| part == "ads"),
            word => text.contains(word),
        })
    };
    KINDS.iter().find(|(_, words)| names(words)).map(|(category, _)| *category)
}

/// Reads a lifetime: `Session`, `2 years`, `1 year 1 month`, `24 hours`, `13개월`, `P90D`, or a bare count of days. Less than a day is a day.
pub(super) fn lifetime(text: &str) -> Option<Lifetime> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return None;
    }
    if text.contains("session") || text.contains("세션") || text.contains("브라우저") {
        return Some(Lifetime::Session);
    }
    if ["persist", "permanent", "never", "영구"].iter().any(|word| text.contains(word)) {
        return Some(Lifetime::Period(LONGEST));
    }
    Period::parse(&text.to_uppercase()).or_else(|| in_words(&text)).map(Lifetime::Period)
}

fn in_words(text: &str) -> Option<Period> {
    let mut period = Period { years: 0, months: 0, days: 0 };
    let mut briefly = false;
    let mut rest = text;
    while !rest.is_empty() {
        let (count, after) = count(rest)?;
        let unit_end = after.find(|letter: char| letter.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(unit_end)?;
        match unit_of(unit) {
            Some(Unit::Years) => period.years = period.years.checked_add(count)?,
            Some(Unit::Months) => period.months = period.months.checked_add(count)?,
            Some(Unit::Weeks) => period.days = period.days.checked_add(count.checked_mul(7)?)?,
            Some(Unit::Days) => period.days = period.days.checked_add(count)?,
            Some(Unit::Less) => briefly = true,
            // A bare number counts days.
            None if unit.trim().is_empty() && next.is_empty() => period.days = period.days.checked_add(count)?,
            None => return None,
        }
        rest = next;
    }
    if (period.years, period.months, period.days) == (0, 0, 0) {
        // What lasts a few seconds is gone within the shortest period that a policy can name.
        return briefly.then_some(Period { years: 0, months: 0, days: 1 });
    }
    Some(period)
}

/// A count and what stands behind it; "a" and "an" are one.
fn count(text: &str) -> Option<(u16, &str)> {
    let text = text.trim_start_matches([' ', ',', '~', '(', ')']);
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    if end > 0 {
        let (digits, rest) = text.split_at_checked(end)?;
        return Some((digits.parse().ok()?, rest));
    }
    let ones = ["a few ", "an ", "a ", "one "];
    ones.iter().find_map(|word| Some((1, text.strip_prefix(word)?)))
}

/// The unit that a word begins with, the longest word first: `month` is not `mo` and `min` not `m`.
fn unit_of(word: &str) -> Option<Unit> {
    let word = word.trim().trim_start_matches('-');
    if let Some((_, unit)) = UNITS.iter().find(|(unit, _)| word.starts_with(unit)) {
        return Some(*unit);
    }
    match word.trim_end_matches([',', '.', ' ']) {
        "y" => Some(Unit::Years),
        "m" => Some(Unit::Months),
        "w" => Some(Unit::Weeks),
        "d" => Some(Unit::Days),
        "h" | "s" => Some(Unit::Less),
        _ => None,
    }
}

/// Reads a name; the part that changes is written `*`, `#`, `<id>`, `{id}`, `[id]` or `XXX`.
///
/// None for what no cookie can be called, and for a part that is too short to mean something.
#[must_use]
pub fn pattern(text: &str) -> Option<NamePattern> {
    let text = text.trim();
    let possible = |name: &str| {
        !name.is_empty()
            && !name.contains(|letter: char| "=;,\"".contains(letter) || letter.is_whitespace() || letter.is_control())
    };
    if text.len() > LONGEST_NAME {
        return None;
    }
    if let Some(ending) = text.strip_prefix(['*', '#']) {
        return (ending.len() >= NamePattern::SHORTEST_PART && possible(ending) && !ending.contains(['*', '#']))
            .then(|| NamePattern::Suffix(ending.to_owned()));
    }
    let changing =
        text.find(['*', '#', '<', '{', '[']).into_iter().chain(text.find("XX")).chain(text.find("xxx")).min();
    let Some(beginning) = changing.and_then(|at| text.get(..at)) else {
        return possible(text).then(|| NamePattern::Exact(text.to_owned()));
    };
    (beginning.len() >= NamePattern::SHORTEST_PART && possible(beginning))
        .then(|| NamePattern::Prefix(beginning.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_are_read_in_the_words_of_many_tools() {
        let check = |text: &str, expect: Option<Category>| assert_eq!(category(text), expect, "{text}");
        check("Strictly Necessary Cookies", Some(Category::Necessary));
        check("필수", Some(Category::Necessary));
        check("Functional", Some(Category::Preferences));
        check("Performance", Some(Category::Analytics));
        check("C0002", Some(Category::Analytics));
        check("Statistics", Some(Category::Analytics));
        check("Targeting", Some(Category::Marketing));
        check("Functional and advertising", Some(Category::Marketing));
        check("맞춤형 광고", Some(Category::Marketing));
        check("Downloads", None);
        check("Unclassified", None);
        check("Non-essential", None);
        check("", None);
    }

    #[test]
    fn lifetimes_are_read_in_the_words_of_many_tools() {
        let check = |text: &str, expect: Option<&str>| {
            let read = lifetime(text).map(|lifetime| match lifetime {
                Lifetime::Session => "session".to_owned(),
                Lifetime::Period(period) => period.to_string(),
            });
            assert_eq!(read.as_deref(), expect, "{text}");
        };
        check("Session", Some("session"));
        check("세션 종료 시", Some("session"));
        check("2 years", Some("P2Y"));
        check("1 year 1 month 4 days", Some("P1Y1M4D"));
        check("13 months", Some("P13M"));
        check("6mo", Some("P6M"));
        check("30일", Some("P30D"));
        check("13개월", Some("P13M"));
        check("2 weeks", Some("P14D"));
        check("24 hours", Some("P1D"));
        check("30 Minutes", Some("P1D"));
        check("a few seconds", Some("P1D"));
        check("a year", Some("P1Y"));
        check("365", Some("P365D"));
        check("P90D", Some("P90D"));
        check("Persistent", Some("P400D"));
        check("1 year, 24 days", Some("P1Y24D"));
        check("soon", None);
        check("1.5 years", None);
        check("99999 days", None);
        check("0", None);
        check("", None);
    }

    #[test]
    fn names_with_a_part_that_changes_are_families() {
        let exact = |name: &str| Some(NamePattern::Exact(name.to_owned()));
        let prefix = |name: &str| Some(NamePattern::Prefix(name.to_owned()));
        let check = |text: &str, expect: Option<NamePattern>| assert_eq!(pattern(text), expect, "{text}");
        check(" _ga ", exact("_ga"));
        check("_ga_*", prefix("_ga_"));
        check("_ga_<container-id>", prefix("_ga_"));
        check("_pk_id#", prefix("_pk_id"));
        check("_gat_UA-XXXXX-Y", prefix("_gat_UA-"));
        check("*_session", Some(NamePattern::Suffix("_session".to_owned())));
        check("*", None);
        check("_*", None);
        check("", None);
        check("two words", None);
        check("a=b", None);
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_breaks_the_reading(text in "\\PC{0,40}") {
            let _ = (category(&text), lifetime(&text));
            if let Some(NamePattern::Exact(name)) = pattern(&text) {
                prop_assert_eq!(name.as_str(), text.trim());
            }
        }

        #[test]
        fn a_period_is_read_as_it_is_written(years in 0u16..9, months in 0u16..24, days in 1u16..90) {
            let period = Period { years, months, days };
            let words = format!("{years} years {months} months {days} days");
            prop_assert_eq!(lifetime(&words), Some(Lifetime::Period(period)));
            prop_assert_eq!(lifetime(&period.to_string()), Some(Lifetime::Period(period)));
        }
    }
}
