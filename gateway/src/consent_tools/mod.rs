//! What is known of six other consent tools: where their scripts lie, how they mark tags that they put to sleep, what their
//! usual categories mean, and how their cookies tell an answer.
//!
//! Refuses to decide: what a category means on one site, and whether anything is done about a tool, is the site's word.
//! Invariant: everything here is bounded and reads strangers' bytes without a panic.

mod answers;
mod marks;

pub use answers::{Answer, answers};
pub use marks::{Mark, marked};

use policies::Category;

/// One tool.
#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name, as owners know it.
    pub name: &'static str,
    /// Hosts with the beginnings of paths: its makers' own, and shared ones that carry published packages.
    pub places: &'static [(&'static str, &'static str)],
    /// Ends of paths, where sites keep it themselves.
    files: &'static [&'static str],
    /// A folder that is its own wherever it lies.
    folder: Option<&'static str>,
    /// What an inline script calls to set it up.
    setup: &'static [&'static str],
    /// Categories of its own, in lower case, that mean something else than the word does elsewhere, or say nothing by themselves.
    categories: &'static [(&'static str, Category)],
}

const NOTHING: Tool = Tool { name: "", places: &[], files: &[], folder: None, setup: &[], categories: &[] };

/// Documented at my.onetrust.com; groups C0001 to C0005 are its defaults, 1 to 4 those of its older scripts.
pub const ONE_TRUST: Tool = Tool {
    name: "OneTrust",
    places: &[
        ("cdn.cookielaw.org", ""),
        ("cookie-cdn.cookiepro.com", ""),
        ("cdn-apac.onetrust.com", ""),
        ("cdn-ukwest.onetrust.com", ""),
        ("geolocation.onetrust.com", ""),
        ("optanon.blob.core.windows.net", ""),
    ],
    files: &["/otSDKStub.js", "/OtAutoBlock.js", "/otBannerSdk.js"],
    categories: &[
        ("c0001", Category::Necessary),
        ("c0002", Category::Analytics),
        ("c0003", Category::Preferences),
        ("c0004", Category::Marketing),
        ("c0005", Category::Marketing),
        ("1", Category::Necessary),
        ("2", Category::Analytics),
        ("3", Category::Preferences),
        ("4", Category::Marketing),
    ],
    ..NOTHING
};

/// Documented at support.cookiebot.com.
pub const COOKIEBOT: Tool = Tool {
    name: "Cookiebot",
    places: &[
        ("consent.cookiebot.com", ""),
        ("consent.cookiebot.eu", ""),
        ("consentcdn.cookiebot.com", ""),
        ("consentcdn.cookiebot.eu", ""),
    ],
    ..NOTHING
};

/// Documented at usercentrics.com/docs; its marks name services, not categories.
pub const USERCENTRICS: Tool = Tool {
    name: "Usercentrics",
    places: &[
        ("app.usercentrics.eu", ""),
        ("web.cmp.usercentrics.eu", ""),
        ("privacy-proxy.usercentrics.eu", ""),
        ("unpkg.com", "/@usercentrics/"),
        ("cdn.jsdelivr.net", "/npm/@usercentrics/"),
    ],
    ..NOTHING
};

/// The package `klaro`; its marks name services, not categories.
pub const KLARO: Tool = Tool {
    name: "Klaro",
    places: &[
        ("cdn.kiprotect.com", "/klaro/"),
        ("cdn.jsdelivr.net", "/npm/klaro@"),
        ("cdn.jsdelivr.net", "/npm/klaro/"),
        ("unpkg.com", "/klaro@"),
        ("unpkg.com", "/klaro/"),
    ],
    files: &[
        "/klaro.js",
        "/klaro.min.js",
        "/klaro-no-css.js",
        "/klaro-no-translations.js",
        "/klaro-no-translations-no-css.js",
    ],
    setup: &["klaro.setup("],
    ..NOTHING
};

/// The package `vanilla-cookieconsent`.
pub const VANILLA: Tool = Tool {
    name: "vanilla-cookieconsent",
    places: &[
        ("cdn.jsdelivr.net", "/gh/orestbida/cookieconsent@"),
        ("cdn.jsdelivr.net", "/gh/orestbida/cookieconsent/"),
        ("cdn.jsdelivr.net", "/npm/vanilla-cookieconsent@"),
        ("cdn.jsdelivr.net", "/npm/vanilla-cookieconsent/"),
        ("unpkg.com", "/vanilla-cookieconsent@"),
        ("unpkg.com", "/vanilla-cookieconsent/"),
    ],
    files: &["/cookieconsent.umd.js", "/cookieconsent.esm.js"],
    setup: &["CookieConsent.run(", "initCookieConsent("],
    ..NOTHING
};

/// The WordPress plugin, which lies in a folder of the site; `functional` is what it never holds.
pub const COMPLIANZ: Tool = Tool {
    name: "Complianz",
    folder: Some("/plugins/complianz-"),
    categories: &[("functional", Category::Necessary), ("statistics-anonymous", Category::Analytics)],
    ..NOTHING
};

/// All.
pub const ALL: [&Tool; 6] = [&ONE_TRUST, &COOKIEBOT, &USERCENTRICS, &KLARO, &VANILLA, &COMPLIANZ];

/// What words for categories usually mean.
const USUAL: [(&str, Category); 14] = [
    ("necessary", Category::Necessary),
    ("essential", Category::Necessary),
    ("strictly-necessary", Category::Necessary),
    ("preferences", Category::Preferences),
    ("functional", Category::Preferences),
    ("functionality", Category::Preferences),
    ("analytics", Category::Analytics),
    ("statistics", Category::Analytics),
    ("performance", Category::Analytics),
    ("marketing", Category::Marketing),
    ("advertisement", Category::Marketing),
    ("advertising", Category::Marketing),
    ("targeting", Category::Marketing),
    ("ads", Category::Marketing),
];

impl Tool {
    /// What a category of this tool usually means; None for what only the site's owner can know.
    #[must_use]
    pub fn usual_meaning(&self, category: &str) -> Option<Category> {
        let word = category.trim().to_ascii_lowercase();
        let known = self.categories.iter().chain(&USUAL);
        known.copied().find(|(name, _)| *name == word).map(|(_, meaning)| meaning)
    }

    fn is_at(&self, host: &str, path: &str) -> bool {
        let on_host = |name: &str| host == name || host.strip_suffix(name).is_some_and(|sub| sub.ends_with('.'));
        self.places.iter().any(|(name, beginning)| on_host(name) && path.starts_with(beginning))
            || self.files.iter().any(|file| path.ends_with(file))
            || self.folder.is_some_and(|folder| path.contains(folder))
    }
}

/// The tool whose script, or a part of it, lies at an address.
///
/// `host` is ASCII in lower case without port; `path` starts with a slash.
#[must_use]
pub fn at(host: &str, path: &str) -> Option<&'static Tool> {
    ALL.into_iter().find(|tool| tool.is_at(host, path))
}

/// The tool that an inline script sets up.
#[must_use]
pub fn set_up_by(script: &str) -> Option<&'static Tool> {
    ALL.into_iter().find(|tool| tool.setup.iter().any(|call| script.contains(call)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_known_by_their_addresses() {
        let check = |host: &str, path: &str, expect: Option<&str>| {
            assert_eq!(at(host, path).map(|tool| tool.name), expect, "{host}{path}");
        };
        check("cdn.cookielaw.org", "/scripttemplates/otSDKStub.js", Some("OneTrust"));
        check("consent.cookiebot.com", "/uc.js", Some("Cookiebot"));
        check("web.cmp.usercentrics.eu", "/ui/loader.js", Some("Usercentrics"));
        check("cdn.kiprotect.com", "/klaro/v0.7/klaro.js", Some("Klaro"));
        check("unpkg.com", "/klaro@0.7.22/dist/cm.js", Some("Klaro"));
        check("shop.example", "/assets/klaro.js", Some("Klaro"));
        check("shop.example", "/assets/myklaro.js", None);
        check(
            "cdn.jsdelivr.net",
            "/gh/orestbida/cookieconsent@3.1.0/dist/cookieconsent.css",
            Some("vanilla-cookieconsent"),
        );
        check("cdn.jsdelivr.net", "/npm/klaro-like", None);
        check("cdn.jsdelivr.net.example", "/npm/klaro/x.js", None);
        check("shop.example", "/js/cookieconsent.umd.js", Some("vanilla-cookieconsent"));
        check("shop.example", "/wp-content/plugins/complianz-gdpr/cookiebanner/js/complianz.min.js", Some("Complianz"));
        check("privacyportal.onetrust.com", "/form", None);
        check("shop.example", "/", None);
    }

    #[test]
    fn inline_scripts_are_known_by_what_they_call() {
        assert_eq!(set_up_by("CookieConsent.run({})").map(|tool| tool.name), Some("vanilla-cookieconsent"));
        assert_eq!(set_up_by("window.klaro.setup(config)").map(|tool| tool.name), Some("Klaro"));
        assert_eq!(set_up_by("window.klaroConfig = {}"), None);
    }

    #[test]
    fn words_mean_what_they_usually_mean_for_this_tool() {
        assert_eq!(ONE_TRUST.usual_meaning("C0003"), Some(Category::Preferences));
        assert_eq!(ONE_TRUST.usual_meaning("STACK42"), None);
        assert_eq!(COMPLIANZ.usual_meaning("functional"), Some(Category::Necessary));
        assert_eq!(VANILLA.usual_meaning("functional"), Some(Category::Preferences));
        assert_eq!(COOKIEBOT.usual_meaning(" Statistics"), Some(Category::Analytics));
        assert_eq!(KLARO.usual_meaning("google-analytics"), None);
    }
}
