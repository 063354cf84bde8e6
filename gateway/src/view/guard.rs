//! The guard's tags: its rules, then itself with the decision that it makes true, then what stands beside it.
//!
//! Refuses long words: browsers look for a page's charset in its first 1024 bytes. Invariant: the decision stands in the
//! page before any of the page's scripts, or nowhere, and then the guard is closed until it has asked.

use std::fmt::Write as _;

use crate::assets::{self, Made};

/// What the tags name. Everything is made of harmless letters.
#[derive(Clone, Copy, Debug)]
pub struct GuardTags<'t> {
    /// The site's reserved path.
    pub prefix: &'t str,
    /// The file of the site's rules.
    pub rules: &'t Made,
    /// What the guard is told of the decision; nothing where one page serves all.
    pub told: &'t [(&'t str, String)],
    /// The file of what the site has switched on, and whether it runs at once; else it runs before the first held tag wakes.
    pub extras: Option<(&'t Made, bool)>,
    /// What lets scripts run under the page's own security policy.
    pub nonce: Option<&'t str>,
    /// Whether the tags say what their files are, for policies that know them by that.
    pub integrity: bool,
}

/// What stands first in `<head>`.
#[must_use]
pub fn guard(tags: GuardTags<'_>) -> String {
    let GuardTags { prefix, rules, told, extras, nonce, .. } = tags;
    let nonce = nonce.map(|nonce| format!(" nonce=\"{nonce}\"")).unwrap_or_default();
    let script = |name: &str, digest: &str, more: &str| {
        let integrity = if tags.integrity { format!(" integrity=\"{digest}\"") } else { String::new() };
        format!("<script src=\"{prefix}{name}\"{more}{integrity}{nonce}></script>")
    };
    let mut decision = String::new();
    for (name, value) in told {
        write!(decision, " data-{name}=\"{value}\"").ok();
    }
    let (first, beside) = match extras {
        Some((file, true)) => (String::new(), script(&file.name, &file.integrity, "")),
        Some((file, false)) => (format!(" data-consent-first=\"{}\"", file.name), String::new()),
        None => (String::new(), String::new()),
    };
    let own = &assets::GUARD;
    script(&rules.name, &rules.integrity, &first) + &script(own.name, own.integrity, &decision) + &beside
}

#[cfg(test)]
mod tests {
    use super::{GuardTags, guard};
    use crate::assets::{GUARD, Made};

    #[test]
    fn what_stands_beside_the_guard_runs_at_once_or_is_named_for_the_first_waking() {
        let (rules, extras) = (Made::script("rules".to_owned()), Made::script("extras".to_owned()));
        let told = [("granted", "a b".to_owned())];
        let tags = GuardTags { prefix: "/c/", rules: &rules, told: &told, extras: None, nonce: None, integrity: false };
        let check = |tags: GuardTags<'_>, expect: String| {
            let (rules, extras) = (&*rules.name, &*extras.name);
            let expect = expect.replace("RULES", rules).replace("EXTRAS", extras).replace("GUARD", GUARD.name);
            assert_eq!(guard(tags), expect);
        };
        let last = "<script src=\"/c/GUARD\" data-granted=\"a b\"></script>";
        check(tags, format!("<script src=\"/c/RULES\"></script>{last}"));
        check(
            GuardTags { extras: Some((&extras, false)), ..tags },
            format!("<script src=\"/c/RULES\" data-consent-first=\"EXTRAS\"></script>{last}"),
        );
        let (one, two, three) = (&rules.integrity, GUARD.integrity, &extras.integrity);
        check(
            GuardTags { extras: Some((&extras, true)), nonce: Some("n"), integrity: true, ..tags },
            format!(
                "<script src=\"/c/RULES\" integrity=\"{one}\" nonce=\"n\"></script>\
                 <script src=\"/c/GUARD\" data-granted=\"a b\" integrity=\"{two}\" nonce=\"n\"></script>\
                 <script src=\"/c/EXTRAS\" integrity=\"{three}\" nonce=\"n\"></script>"
            ),
        );
    }
}
