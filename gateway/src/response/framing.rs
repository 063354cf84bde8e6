//! Whether a page's own content security policies let it frame a page of its own origin (CSP Level 3, `frame-src`).
//!
//! Refuses to mend them. Invariant: where a list can't be read, nothing of ours is put into a frame.

use http::HeaderMap;
use http::header::CONTENT_SECURITY_POLICY;

/// What decides about frames, the most exact first.
const DIRECTIVES: [&str; 3] = ["frame-src", "child-src", "default-src"];

/// Whether all policies of an answer allow it.
pub(super) fn may_frame_own(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_SECURITY_POLICY)
        .iter()
        .all(|line| line.to_str().is_ok_and(|line| line.split(',').all(allows)))
}

fn allows(policy: &str) -> bool {
    let directives: Vec<Vec<String>> = policy
        .split(';')
        .map(|directive| directive.split_ascii_whitespace().map(str::to_ascii_lowercase).collect())
        .collect();
    let sources = DIRECTIVES
        .iter()
        .find_map(|name| directives.iter().find(|directive| directive.first().is_some_and(|own| own == name)));
    sources.is_none_or(|sources| {
        sources.iter().skip(1).any(|source| matches!(source.as_str(), "'self'" | "*" | "https:" | "http:"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_directive_decides() {
        let check = |policies: &[&'static str], expect: bool| {
            let lines = policies.iter().map(|line| (CONTENT_SECURITY_POLICY, http::HeaderValue::from_static(line)));
            assert_eq!(may_frame_own(&lines.collect()), expect, "{policies:?}");
        };
        check(&[], true);
        check(&["script-src 'none'"], true);
        check(&["default-src 'none'"], false);
        check(&["default-src 'none'; Frame-Src 'SELF' https://t.example"], true);
        check(&["frame-src https://t.example; default-src *"], false);
        check(&["child-src *; default-src 'none'"], true);
        check(&["frame-src 'self'", "frame-src https://t.example"], false);
        check(&["frame-src 'self', frame-src 'none'"], false);
    }
}
