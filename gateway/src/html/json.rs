//! Import maps and speculation rules: JSON whose addresses a browser loads by itself.
//!
//! Refuses to touch JSON that names no refused tracker, and JSON that browsers can't read either. Invariant: what is
//! written is JSON in ASCII that ends no script.

use serde_json::{Map, Value};

/// What a refused module is mapped to: a module that does nothing, so that others still run.
const EMPTY_MODULE: &str = "data:text/javascript,";

/// An import map in which refused modules are empty; `None` where none is refused.
pub(super) fn import_map(text: &str, mut refused: impl FnMut(&str) -> bool) -> Option<String> {
    let mut map: Value = serde_json::from_str(text).ok()?;
    let mut changed = false;
    let mut empty = |modules: &mut Map<String, Value>| {
        for address in modules.values_mut() {
            if address.as_str().is_some_and(&mut refused) {
                *address = EMPTY_MODULE.into();
                changed = true;
            }
        }
    };
    if let Some(imports) = map.get_mut("imports").and_then(Value::as_object_mut) {
        empty(imports);
    }
    let scopes = map.get_mut("scopes").and_then(Value::as_object_mut);
    scopes.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut).for_each(empty);
    changed.then(|| written(&map))
}

/// Speculation rules without refused addresses, and without rules that seek such in the page's links.
pub(super) fn speculation_rules(text: &str, mut refused: impl FnMut(&str) -> bool) -> Option<String> {
    let mut rules: Value = serde_json::from_str(text).ok()?;
    let mut changed = false;
    for list in rules.as_object_mut()?.values_mut().filter_map(Value::as_array_mut) {
        let before = list.len();
        list.retain(|rule| !rule.get("where").is_some_and(|place| any_text(place, &mut refused)));
        changed |= list.len() < before;
        for urls in list.iter_mut().filter_map(|rule| rule.get_mut("urls")).filter_map(Value::as_array_mut) {
            let before = urls.len();
            urls.retain(|url| !url.as_str().is_some_and(&mut refused));
            changed |= urls.len() < before;
        }
    }
    changed.then(|| written(&rules))
}

/// Whether any text in a value is refused. serde_json bounds how deep values nest.
fn any_text(value: &Value, refused: &mut impl FnMut(&str) -> bool) -> bool {
    match value {
        Value::String(text) => refused(text),
        Value::Array(values) => values.iter().any(|value| any_text(value, refused)),
        Value::Object(values) => values.values().any(|value| any_text(value, refused)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn written(value: &Value) -> String {
    let mut out = String::new();
    for character in value.to_string().chars() {
        match character {
            plain if plain.is_ascii() && !matches!(plain, '<' | '>' | '&') => out.push(plain),
            // Only strings hold such characters, and there they may be escaped.
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(url: &str) -> bool {
        url.contains("t.example")
    }

    #[test]
    fn refused_modules_are_empty() {
        let map = r#"{"imports":{"a":"https://t.example/a.js","b":"/b.js"},"scopes":{"/x/":{"c":"//t.example/c"}}}"#;
        let expect =
            r#"{"imports":{"a":"data:text/javascript,","b":"/b.js"},"scopes":{"/x/":{"c":"data:text/javascript,"}}}"#;
        assert_eq!(import_map(map, refused).as_deref(), Some(expect));
        assert_eq!(import_map(r#"{"imports":{"a":"/a.js"}}"#, refused), None);
        assert_eq!(import_map("{", refused), None);
        assert_eq!(import_map("[\"https://t.example\"]", refused), None);
    }

    #[test]
    fn refused_addresses_are_not_fetched_ahead() {
        let rules = r#"{"prefetch":[{"urls":["https://t.example/a","/b"]},{"where":{"href_matches":"//t.example/*"}},{"where":{"href_matches":"/*"}}]}"#;
        let expect = r#"{"prefetch":[{"urls":["/b"]},{"where":{"href_matches":"/*"}}]}"#;
        assert_eq!(speculation_rules(rules, refused).as_deref(), Some(expect));
        let only = |rules: &str| speculation_rules(&format!("{{\"prefetch\":[{rules}]}}"), refused);
        assert_eq!(only(r#"{"urls":["//t.example/a","/b"]}"#).as_deref(), Some(r#"{"prefetch":[{"urls":["/b"]}]}"#));
        assert_eq!(only(r#"{"where":{"href_matches":"//t.example/*"}}"#).as_deref(), Some(r#"{"prefetch":[]}"#));
        assert_eq!(speculation_rules(r#"{"prerender":[{"urls":["/b"]}]}"#, refused), None);
    }

    #[test]
    fn what_is_written_ends_no_script() {
        let map = "{\"imports\":{\"</script>쿠🍪\":\"//t.example\"}}";
        let expect = r#"{"imports":{"\u003c/script\u003e\ucfe0\ud83c\udf6a":"data:text/javascript,"}}"#;
        assert_eq!(import_map(map, refused).as_deref(), Some(expect));
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            import_map(&text, |_| true);
            speculation_rules(&text, |_| true);
        }
    }
}
