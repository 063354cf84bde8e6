//! Forms and query strings, decoded: `application/x-www-form-urlencoded`, as browsers send it. Bounded: what is
//! beyond [`MOST_PAIRS`] is not read. Bytes that are no UTF-8 become the replacement sign, so nothing fails.

/// How many pairs of one form are read.
const MOST_PAIRS: usize = 64;

/// The pairs of a form or query, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Decodes a form's body or a URL's query.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        let pairs = encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).take(MOST_PAIRS);
        Self(pairs.map(parse_pair).collect())
    }

    /// The first value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a name without spaces around it, cut to so many characters; empty if absent.
    pub(crate) fn line(&self, name: &str, most: usize) -> String {
        self.get(name).unwrap_or_default().trim().chars().filter(|sign| !sign.is_control()).take(most).collect()
    }
}

fn parse_pair(pair: &[u8]) -> (String, String) {
    let mut halves = pair.splitn(2, |byte| *byte == b'=');
    let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    (decode(name, true), decode(value, true))
}

/// Undoes percent signs, and plus signs where they mean spaces.
pub(crate) fn decode(encoded: &[u8], plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, further @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, further),
                _ => (b'%', after),
            },
            (b'+', _) if plus_is_space => (b' ', after),
            (byte, _) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Writes a text so that it fits into a cookie's value or a URL's query.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_form_is_read_as_browsers_send_it() {
        let check = |form: &str, name: &str, expect: Option<&str>| {
            assert_eq!(Pairs::parse(form.as_bytes()).get(name), expect, "{form}");
        };
        check("id=care01&remember=on", "id", Some("care01"));
        check("id=care01&remember=on", "remember", Some("on"));
        check("a=1&a=2", "a", Some("1"));
        check("q=%EC%89%BC+%2B", "q", Some("쉼 +"));
        check("bare&x=", "bare", Some(""));
        check("&&x=1=2", "x", Some("1=2"));
        check("x=%4", "x", Some("%4"));
        check("x=%zz", "x", Some("%zz"));
        check("x=%FF", "x", Some("\u{fffd}"));
        check("", "x", None);
    }

    #[test]
    fn what_is_beyond_the_bound_is_not_read() {
        let long = (0..200).map(|number| format!("k{number}=v")).collect::<Vec<_>>().join("&");
        assert_eq!(Pairs::parse(long.as_bytes()).get("k63"), Some("v"));
        assert_eq!(Pairs::parse(long.as_bytes()).get("k64"), None);
    }

    #[test]
    fn a_line_is_trimmed_and_cut() {
        let pairs = Pairs::parse(b"name=++a%0Db%20c++");
        assert_eq!(pairs.line("name", 3), "ab ");
        assert_eq!(pairs.line("other", 3), "");
    }

    proptest! {
        #[test]
        fn what_is_encoded_comes_back(text in "\\PC{0,40}") {
            prop_assert_eq!(decode(encode(&text).as_bytes(), true), text);
        }

        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            Pairs::parse(&bytes);
        }
    }
}
