//! The date in `Expires`, read as a browser reads it (RFC 6265bis 5.1.1), not as HTTP dates are written.
//!
//! Refuses nothing that a browser would take: weekday names, zones and order don't matter. Invariant: the answer
//! depends on the text alone.

use super::split_once;

/// Seconds since 1970 of a cookie date, or `None` where a browser would ignore the attribute.
#[must_use]
pub fn unix_seconds(text: &[u8]) -> Option<i64> {
    let mut found = Found::default();
    for token in text.split(|&b| is_delimiter(b)).filter(|t| !t.is_empty()) {
        found.take(token);
    }
    found.seconds()
}

#[derive(Default)]
struct Found {
    time: Option<(i8, i8, i8)>,
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
}

impl Found {
    /// A token fills the first of time, day, month and year that it fits and that is still open.
    fn take(&mut self, token: &[u8]) {
        if self.time.is_none()
            && let Some(time) = time(token)
        {
            self.time = Some(time);
        } else if self.day.is_none()
            && let Some(day) = leading_number(token, 1, 2)
        {
            self.day = i8::try_from(day).ok();
        } else if self.month.is_none()
            && let Some(month) = month(token)
        {
            self.month = Some(month);
        } else if self.year.is_none()
            && let Some(year) = leading_number(token, 2, 4)
        {
            self.year = Some(year);
        }
    }

    fn seconds(self) -> Option<i64> {
        let year = match self.year? {
            short @ 70..=99 => short + 1900,
            short @ 0..=69 => short + 2000,
            full => full,
        };
        let (hour, minute, second) = self.time?;
        if year < 1601 {
            return None;
        }
        let date = jiff::civil::Date::new(year, self.month?, self.day?).ok()?;
        let time = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
        // A timestamp would end a day before 9999 does, and sites do write that day.
        Some(date.to_datetime(time).duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0)).as_secs())
    }
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

/// `hh:mm:ss`, each of one or two digits; what follows the seconds counts only if it starts with a digit.
fn time(token: &[u8]) -> Option<(i8, i8, i8)> {
    let (hour, rest) = split_once(token, b':')?;
    let (minute, second) = split_once(rest, b':')?;
    let whole = |part: &[u8]| part.iter().all(u8::is_ascii_digit).then(|| leading_number(part, 1, 2)).flatten();
    let parts = (whole(hour)?, whole(minute)?, leading_number(second, 1, 2)?);
    Some((i8::try_from(parts.0).ok()?, i8::try_from(parts.1).ok()?, i8::try_from(parts.2).ok()?))
}

fn month(token: &[u8]) -> Option<i8> {
    const NAMES: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let start = token.get(..3)?;
    let index = NAMES.iter().position(|name| name.eq_ignore_ascii_case(start))?;
    i8::try_from(index + 1).ok()
}

/// The number that starts the token, where it has `least` to `most` digits and no further digit follows.
fn leading_number(token: &[u8], least: usize, most: usize) -> Option<i16> {
    let digits = token.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits < least || digits > most {
        return None;
    }
    Some(token.iter().take(digits).fold(0_i16, |sum, b| sum * 10 + i16::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expect: Option<i64>) {
        assert_eq!(unix_seconds(text.as_bytes()), expect, "{text}");
    }

    #[test]
    fn reads_what_browsers_read() {
        check("Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
        check("Thu, 01-Jan-1970 00:00:01 GMT", Some(1));
        check("Wed, 21 Oct 2015 07:28:00 GMT", Some(1_445_412_480));
        check("Wednesday, 21-Oct-15 07:28:00 UTC", Some(1_445_412_480));
        check("oct 21 2015 7:28:0", Some(1_445_412_480));
        check("21 octobre 2015 07:28:00GMT", Some(1_445_412_480));
        check("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799));
        check("Sat, 01 Jan 69 00:00:00", Some(3_124_224_000));
        check("Thu, 01 Jan 98 00:00:00", Some(883_612_800));
        check("Mon, 01 Jan 1601 00:00:00 GMT", Some(-11_644_473_600));
    }

    #[test]
    fn refuses_what_browsers_refuse() {
        for text in [
            "",
            "0",
            "-1",
            "Thu, 32 Jan 1970 00:00:00",
            "Thu, 01 Jan 1600 00:00:00",
            "Thu, 01 Jan 1970 24:00:00",
            "Thu, 01 Jan 1970",
            "Thu, 30 Feb 2020 00:00:00",
            "Thu, 01 Foo 1970 00:00:00",
            "1970-01-01T00:00:00Z",
        ] {
            check(text, None);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_http_dates(seconds in 0_u64..4_102_444_800) {
            let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            prop_assert_eq!(unix_seconds(httpdate::fmt_http_date(at).as_bytes()), i64::try_from(seconds).ok());
        }

        #[test]
        fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..64)) {
            // Any answer will do, as long as there is one.
            unix_seconds(&text).unwrap_or_default();
        }
    }
}
