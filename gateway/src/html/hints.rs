//! Preload hints in the `Link` header: those that lead to a refused tracker are dropped.
//!
//! Refuses hints that aren't fetched (`next`, `canonical`): they stay. Invariant: kept hints keep their bytes.

use super::gate::{Context, relation_loads};
use super::{Charset, TagJudge, candidates};
use crate::wire::{Filtered, link};

/// A `Link` header value without the hints of trackers that `judge` holds.
#[must_use]
pub fn gate_link_header(value: &[u8], judge: &dyn TagJudge) -> Filtered {
    let context = Context { judge, charset: Charset::Unknown, base: None };
    link::filter(value, |hint| {
        if !relation_loads(&String::from_utf8_lossy(hint.relations)) {
            return true;
        }
        let images = String::from_utf8_lossy(hint.image_candidates.unwrap_or_default());
        let refused = context.hold(&String::from_utf8_lossy(hint.target)).is_some()
            || candidates::of_srcset(&images).into_iter().any(|url| context.hold(url).is_some());
        !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::tests::Hosts;

    #[test]
    fn drops_hints_of_refused_trackers_only() {
        let value = b"<https://t.example/a.js>; rel=preload; as=script, </own.css>; rel=preload, <//T.EXAMPLE>; rel=\"preconnect\", \
            <https://t.example/2>; rel=next, </x>; rel=preload; imagesrcset=\"https://t.example/i 2x\"";
        let expect = b"</own.css>; rel=preload, <https://t.example/2>; rel=next";
        assert_eq!(gate_link_header(value, &Hosts), Filtered::Changed(expect.to_vec()));
        assert_eq!(gate_link_header(b"<https://t.example>; rel=preconnect", &Hosts), Filtered::Empty);
        assert_eq!(gate_link_header(b"</own.css>; rel=preload", &Hosts), Filtered::Unchanged);
    }
}
