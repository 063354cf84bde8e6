//! The guard's tags: its rules, then itself with the decision that it makes true, then what stands beside it.
//!
//! Refuses long words: browsers look for a page's charset in its first 1024 bytes. Invariant: the decision stands in the
//! page before any of the page's scripts, or nowhere, and then the guard is closed until it has asked.

use std::fmt::Write as _;

use crate::assets;

/// What the tags name. Everything is made of harmless letters.
#[derive(Clone, Copy, Debug)]
pub struct GuardTags<'t> {
    /// The site's reserved path.
    pub prefix: &'t str,
    /// The file of the site's rules.
    pub rules: &'t str,
    /// What the guard is told of the decision; nothing where one page serves all.
    pub told: &'t [(&'t str, String)],
    /// The file of what the site has switched on, and whether it runs at once; else it runs before the first held tag wakes.
    pub extras: Option<(&'t str, bool)>,
    /// What lets scripts run under the page's own security policy.
    pub nonce: Option<&'t str>,
}

/// What stands first in `<head>`.
#[must_use]
pub fn guard(tags: GuardTags<'_>) -> String {
    let GuardTags { prefix, rules, told, extras, nonce } = tags;
    let nonce = nonce.map(|nonce| format!(" nonce=\"{nonce}\"")).unwrap_or_default();
    let script = |name: &str, more: &str| format!("<script src=\"{prefix}{name}\"{more}{nonce}></script>");
    let mut decision = String::new();
    for (name, value) in told {
        write!(decision, " data-{name}=\"{value}\"").ok();
    }
    let (first, beside) = match extras {
        Some((name, true)) => (String::new(), script(name, "")),
        Some((name, false)) => (format!(" data-consent-first=\"{prefix}{name}\""), String::new()),
        None => (String::new(), String::new()),
    };
    script(rules, &first) + &script(assets::GUARD.name, &decision) + &beside
}

#[cfg(test)]
mod tests {
    use super::{GuardTags, guard};

    #[test]
    fn what_stands_beside_the_guard_runs_at_once_or_is_named_for_the_first_waking() {
        let tags = GuardTags {
            prefix: "/.consent/",
            rules: "r.js",
            told: &[("granted", "a b".to_owned())],
            extras: None,
            nonce: None,
        };
        let own = crate::assets::GUARD.name;
        let check = |tags: GuardTags<'_>, expect: String| assert_eq!(guard(tags), expect);
        let last = format!("<script src=\"/.consent/{own}\" data-granted=\"a b\"></script>");
        check(tags, format!("<script src=\"/.consent/r.js\"></script>{last}"));
        check(
            GuardTags { extras: Some(("e.js", false)), ..tags },
            format!("<script src=\"/.consent/r.js\" data-consent-first=\"/.consent/e.js\"></script>{last}"),
        );
        check(
            GuardTags { extras: Some(("e.js", true)), nonce: Some("n"), ..tags },
            format!(
                "<script src=\"/.consent/r.js\" nonce=\"n\"></script><script src=\"/.consent/{own}\" data-granted=\"a b\" nonce=\"n\"></script>\
                 <script src=\"/.consent/e.js\" nonce=\"n\"></script>"
            ),
        );
    }
}
