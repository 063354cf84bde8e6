//! How numbers are written in documents: bytes as hexadecimal digits, moments as RFC 3339 in UTC.
//!
//! It refuses capital digits, fractions of seconds and offsets: a document has one spelling. Invariant: what is written reads as
//! itself.

use policies::time::DAY;
use policies::{Date, Timestamp};

/// The last second of the year 9999: the last that RFC 3339 can write.
const LAST: i64 = 253_402_300_799;

/// Two small digits for each byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads what [`hex`] writes of so many bytes.
#[must_use]
pub fn of_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let mut bytes = [0; N];
    (pairs.len() == N).then_some(())?;
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

/// `2026-01-31T09:05:00Z`; moments before 1970 and after 9999 are written as the nearest that can be.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    let at = Timestamp(at.0.clamp(0, LAST));
    let second = at.0.rem_euclid(DAY);
    format!("{}T{:02}:{:02}:{:02}Z", at.date(), second / 3_600, second / 60 % 60, second % 60)
}

/// Reads what [`moment`] writes.
#[must_use]
pub fn of_moment(text: &str) -> Option<Timestamp> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut parts = time.splitn(3, ':').map(|part| {
        let fits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| part.parse::<i64>().ok()).flatten()
    });
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let fits = hour < 24 && minute < 60 && second < 60;
    let at = Date::parse(day)?.start().plus_seconds(hour * 3_600 + minute * 60 + second);
    (fits && at.0 >= 0).then_some(at)
}

/// `PT34560000S`: a period that no calendar changes.
#[must_use]
pub fn seconds(count: i64) -> String {
    format!("PT{}S", count.max(0))
}

/// Reads what [`seconds`] writes.
#[must_use]
pub fn of_seconds(text: &str) -> Option<i64> {
    let digits = text.strip_prefix("PT")?.strip_suffix('S')?;
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn another_spelling_is_not_read() {
        assert_eq!(of_hex::<2>("00ff"), Some([0, 255]));
        for other in ["00FF", "0ff", "00ff0", "00ff00", "", "+0ff", "é0f"] {
            assert_eq!(of_hex::<2>(other), None, "{other}");
        }
        assert_eq!(of_moment("1970-01-01T00:00:00Z"), Some(Timestamp(0)));
        for other in [
            "1969-12-31T23:59:59Z",
            "2026-02-30T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01 00:00:00Z",
            "2026-01-01T0:00:00Z",
            "2026-01-01T00:00Z",
            "",
        ] {
            assert_eq!(of_moment(other), None, "{other}");
        }
        for other in ["PTS", "PT-1S", "PT+1S", "P1D", "PT1M", "PT99999999999999999999S"] {
            assert_eq!(of_seconds(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_as_itself(bytes: [u8; 16], at in 0..=LAST, count in 0..i64::MAX) {
            prop_assert_eq!(of_hex(&hex(&bytes)), Some(bytes));
            prop_assert_eq!(of_moment(&moment(Timestamp(at))), Some(Timestamp(at)));
            prop_assert_eq!(of_seconds(&seconds(count)), Some(count));
        }

        #[test]
        fn nothing_that_is_read_panics(text in ".{0,40}") {
            prop_assert_eq!(of_hex::<16>(&text).map(|bytes| hex(&bytes)).is_none_or(|again| again == text), true);
            prop_assert_eq!(of_moment(&text).map(moment).is_none_or(|again| again == text), true);
            of_seconds(&text).map(seconds);
        }
    }
}
