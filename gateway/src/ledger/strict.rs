//! JSON that can be read in one way only: what is signed must say the same to everybody who reads it.
//!
//! It refuses a key that stands twice and numbers that aren't whole. Invariant: what is read has one canonical spelling
//! (RFC 8785), whatever blanks and order it came in.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads a text.
///
/// # Errors
/// It is no JSON of this kind.
pub(super) fn read(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice::<Strict>(text).map(|Strict(value)| value)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Strict)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts, whole numbers, lists, and objects whose keys stand once")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((key, Strict(value))) = pairs.next_entry::<String, Strict>()? {
            if all.insert(key, value).is_some() {
                return Err(Error::custom("a key stands twice"));
            }
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::document::canonical;

    #[test]
    fn what_could_be_read_in_two_ways_is_not_read() {
        let check = |text: &str, expect: Option<&str>| {
            let again = read(text.as_bytes()).ok().map(|value| canonical(&value));
            assert_eq!(again.as_deref(), expect.map(str::as_bytes), "{text}");
        };
        check(r#" { "b" : 1, "a":[true , "x\u0041"] } "#, Some(r#"{"a":[true,"xA"],"b":1}"#));
        check(r#"{"a":1,"a":1}"#, None);
        check(r#"{"a":{"b":1,"\u0062":2}}"#, None);
        check(r#"{"a":1.0}"#, None);
        check(r#"{"a":1e3}"#, None);
        check(r#"{"a":null}"#, None);
        check(r#"{"a":1} x"#, None);
        check(&"[".repeat(1_000), None);
    }
}
