//! Preload hints in the `Link` header: those that lead to a refused tracker are dropped.
//!
//! Refuses hints that aren't fetched (`next`, `canonical`): they stay. Invariant: kept hints keep their bytes.

use super::gate::relation_loads;
use super::refusal::{Context, Purposes};
use super::{Base, TagJudge};
use crate::wire::{Filtered, link};

/// A `Link` header value without the hints of trackers that `judge` holds; targets are relative to the answer's own
/// address, whatever `<base>` its page may have.
#[must_use]
pub fn gate_link_header(value: &[u8], judge: &dyn TagJudge, address: &Base) -> Filtered {
    let context = Context { judge, base: address, lang: None };
    link::filter(value, |hint| {
        // In quotes a backslash stands for nothing.
        if !relation_loads(&String::from_utf8_lossy(hint.relations).replace('\\', "")) {
            return true;
        }
        let mut purposes = Purposes::default();
        context.refuses(&String::from_utf8_lossy(hint.target), &mut purposes);
        let images = String::from_utf8_lossy(hint.image_candidates.unwrap_or_default());
        context.refuses_value("imagesrcset", &images, &mut purposes);
        purposes.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::tests::Hosts;

    fn check(value: &str, expect: &Filtered) {
        let page = Base::of_page("https://shop.example/a/");
        assert_eq!(gate_link_header(value.as_bytes(), &Hosts, &page), *expect, "{value}");
    }

    #[test]
    fn drops_hints_of_refused_trackers_only() {
        let value = "<https://t.example/a.js>; rel=preload; as=script, </own.css>; rel=preload, <//T.EXAMPLE>; rel=\"preconnect\", \
            <https://t.example/2>; rel=next, </x>; rel=preload; imagesrcset=\"https://t.example/i 2x\"";
        check(value, &Filtered::Changed(b"</own.css>; rel=preload, <https://t.example/2>; rel=next".to_vec()));
        check("</own.css>; rel=preload", &Filtered::Unchanged);
    }

    #[test]
    fn every_relation_that_makes_a_browser_ask() {
        for relation in
            ["preload", "modulepreload", "preconnect", "dns-prefetch", "prefetch", "prerender", "stylesheet", "icon"]
        {
            check(&format!("<https://t.example/>; rel={relation}"), &Filtered::Empty);
            check(
                &format!("<https://t.example/>; crossorigin; REL=\"next {}\"", relation.to_uppercase()),
                &Filtered::Empty,
            );
        }
        check("<https://t.example/>; rel=canonical", &Filtered::Unchanged);
    }

    #[test]
    fn spellings_of_a_target() {
        for target in
            ["\\\\t.example", "HTTPS://%74.example./a,b;c", " //t.example ", "https://t。example/", "https:t.example/x"]
        {
            check(&format!("<{target}>; rel=preload"), &Filtered::Empty);
        }
        check("<t.example/x>; rel=preload", &Filtered::Unchanged);
        check(
            "<//t.example/a>;rel=preload;title=\"a, b; c\\\"\",</b>;rel=preload",
            &Filtered::Changed(b"</b>;rel=preload".to_vec()),
        );
    }
}
