//! Says periods, countries and addresses as people read them.
//!
//! Refuses to guess: a country without a name here keeps its code. Invariant: what stands in an address is escaped for
//! it here, and for HTML by the templates.

use std::fmt::Write as _;

use policies::policy::texts::Texts;
use policies::rules::Lifetime;
use policies::time::{DAY, Date};
use policies::{Period, Timestamp};

/// A period in words: `3개월`, `1 year 6 months`.
pub(crate) fn period(period: Period, texts: &Texts) -> String {
    let words = &texts.period;
    let parts = [
        (period.years, &words.one_year, &words.years),
        (period.months, &words.one_month, &words.months),
        (period.days, &words.one_day, &words.days),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, one, many)| if count == 1 { one.clone() } else { many.replace("{n}", &count.to_string()) })
        .collect();
    said.join(" ")
}

/// A moment to the minute, in UTC: the same on every page.
pub(crate) fn moment(at: Timestamp) -> String {
    let minutes = at.0.rem_euclid(DAY) / 60;
    format!("{} {:02}:{:02} UTC", at.date(), minutes / 60, minutes % 60)
}

/// A day in words: `2026년 3월 1일`, `1 March 2026`.
pub(crate) fn date(date: Date, texts: &Texts) -> String {
    let words = &texts.date;
    let whole = if date.day == 1 { &words.first } else { &words.whole };
    let month = match date.month {
        1 => &words.january,
        2 => &words.february,
        3 => &words.march,
        4 => &words.april,
        5 => &words.may,
        6 => &words.june,
        7 => &words.july,
        8 => &words.august,
        9 => &words.september,
        10 => &words.october,
        11 => &words.november,
        _ => &words.december,
    };
    let [year, day] = [date.year.to_string(), date.day.to_string()];
    whole.replace("{year}", &year).replace("{month}", month).replace("{day}", &day)
}

/// How long a cookie lasts, in words.
pub(crate) fn lifetime(lifetime: Lifetime, texts: &Texts) -> String {
    match lifetime {
        Lifetime::Session => texts.period.session.clone(),
        Lifetime::Period(length) => period(length, texts),
    }
}

/// A country by its ISO 3166 code.
pub(crate) fn country<'a>(code: &'a str, texts: &'a Texts) -> &'a str {
    texts.country.by_key(&code.to_ascii_lowercase()).unwrap_or(code)
}

/// Where a link to a privacy contact leads: a page, or a letter. None for what is neither, so that no other scheme gets
/// into a link.
pub(crate) fn contact_link(contact: &str) -> Option<String> {
    if contact.starts_with("https://") || contact.starts_with("http://") {
        Some(contact.to_owned())
    } else if contact.contains('@') && !contact.contains([':', '/', '?', '&', ' ']) {
        Some(format!("mailto:{contact}"))
    } else {
        None
    }
}

/// A value as it stands in a query.
pub(crate) fn query_value(value: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                written.push(char::from(byte))
            }
            // Writing into a string doesn't fail.
            _ => write!(written, "%{byte:02X}").unwrap_or_default(),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use policies::Lang;

    #[test]
    fn periods_are_said_in_both_languages() {
        let check = |written: &str, ko: &str, en: &str| {
            let read = Period::parse(written).unwrap();
            assert_eq!(period(read, Texts::bundled(Lang::Ko)), ko);
            assert_eq!(period(read, Texts::bundled(Lang::En)), en);
        };
        check("P3M", "3개월", "3 months");
        check("P1Y", "1년", "1 year");
        check("P1Y6M", "1년 6개월", "1 year 6 months");
        check("P1D", "1일", "1 day");
        check("P30D", "30일", "30 days");
        assert_eq!(lifetime(Lifetime::Session, Texts::bundled(Lang::En)), "until the browser closes");
    }

    #[test]
    fn days_are_said_as_people_say_them() {
        let check = |written: &str, expect: [&str; 6]| {
            let day = Date::parse(written).unwrap();
            assert_eq!(Lang::ALL.map(|lang| date(day, Texts::bundled(lang))), expect);
        };
        check(
            "2026-03-01",
            ["2026년 3월 1일", "1 March 2026", "2026年3月1日", "2026年3月1日", "1. März 2026", "1er mars 2026"],
        );
        check(
            "2024-12-31",
            [
                "2024년 12월 31일",
                "31 December 2024",
                "2024年12月31日",
                "2024年12月31日",
                "31. Dezember 2024",
                "31 décembre 2024",
            ],
        );
    }

    #[test]
    fn only_pages_and_letters_are_linked() {
        assert_eq!(contact_link("privacy@a.example").as_deref(), Some("mailto:privacy@a.example"));
        assert_eq!(contact_link("https://a.example/p").as_deref(), Some("https://a.example/p"));
        assert_eq!(contact_link("javascript:alert(1)@a"), None);
        assert_eq!(contact_link("a@b?bcc=c@d"), None);
    }

    #[test]
    fn a_query_value_stays_one_value() {
        assert_eq!(query_value("/a?b=c&d=가#"), "/a%3Fb%3Dc%26d%3D%EA%B0%80%23");
    }

    #[test]
    fn an_unnamed_country_keeps_its_code() {
        assert_eq!(country("KR", Texts::bundled(Lang::Ko)), "대한민국");
        assert_eq!(country("AQ", Texts::bundled(Lang::Ko)), "AQ");
    }
}
