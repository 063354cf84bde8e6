//! The guard's tags: its rules, then itself with the decision that it makes true.
//!
//! Refuses long words: browsers look for a page's charset in its first 1024 bytes. Invariant: the decision stands in the
//! page before any of the page's scripts, or nowhere, and then the guard is closed until it has asked.

use std::fmt::Write as _;

use crate::assets;

/// What stands first in `<head>`. `told` is what the guard is told of the decision, nothing where one page serves all; its
/// values, `rules` and `nonce` are made of harmless letters.
#[must_use]
pub fn guard(prefix: &str, rules: &str, told: &[(&str, String)], nonce: Option<&str>) -> String {
    let nonce = nonce.map(|nonce| format!(" nonce=\"{nonce}\"")).unwrap_or_default();
    let mut tags =
        format!("<script src=\"{prefix}{rules}\"{nonce}></script><script src=\"{prefix}{}\"", assets::GUARD.name);
    for (name, value) in told {
        write!(tags, " data-{name}=\"{value}\"").ok();
    }
    tags.push_str(&nonce);
    tags.push_str("></script>");
    tags
}
