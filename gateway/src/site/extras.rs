//! The script that stands beside the guard in a site's pages: `window.consent`, the word to Google's tags, reports of
//! unknown names, each where the site has it switched on.
//!
//! Refuses words about one visitor: the file is the same for all, and learns from the guard what holds. Invariant: it runs
//! before any tag that it speaks to.

use policies::PurposeSet;
use policies::purpose::Category;

use crate::assets::{EXTRAS, Made};
use crate::config::{ConsentMode, SiteConfig};

/// Google's signals, each with the kind of purpose that it follows.
/// <https://developers.google.com/tag-platform/security/concepts/consent-mode>
const SIGNALS: [(&str, Category); 7] = [
    ("ad_storage", Category::Marketing),
    ("ad_user_data", Category::Marketing),
    ("ad_personalization", Category::Marketing),
    ("analytics_storage", Category::Analytics),
    ("functionality_storage", Category::Preferences),
    ("personalization_storage", Category::Preferences),
    ("security_storage", Category::Necessary),
];

/// What a site has switched on.
#[derive(Clone, Debug)]
pub struct Extras {
    /// The script.
    pub file: Made,
    /// Whether every page runs it at once; otherwise it is there when something is granted.
    always: bool,
}

impl Extras {
    /// The script of a site; None where nothing is switched on.
    #[must_use]
    pub fn of(config: &SiteConfig) -> Option<Self> {
        let switches = &config.switches;
        let tells_google = switches.consent_mode != ConsentMode::Off && !config.policy.optional().is_empty();
        let always = switches.page_api || switches.report_unknown || switches.consent_mode == ConsentMode::Advanced;
        (tells_google || always).then(|| Self { file: Made::script(text(config, tells_google)), always })
    }

    /// Whether the page of a visitor with these grants runs it at once.
    #[must_use]
    pub fn runs_at_once(&self, optional_grants: PurposeSet) -> bool {
        self.always || !optional_grants.is_empty()
    }
}

fn text(config: &SiteConfig, tells_google: bool) -> String {
    let policy = &config.policy;
    let ids = |set: PurposeSet| policy.ids(set);
    // A signal for which the policy has no purpose stays denied: nobody was asked.
    let signals: serde_json::Map<String, serde_json::Value> = SIGNALS
        .iter()
        .map(|(signal, kind)| ((*signal).to_owned(), ids(policy.of_categories(|category| category == *kind)).into()))
        .collect();
    let site = serde_json::json!({
        "purposes": ids(policy.all()),
        "always": ids(policy.always()),
        "signals": signals,
        "consentMode": tells_google,
        "pageApi": config.switches.page_api,
        "reports": config.switches.report_unknown,
    });
    format!("(()=>{{const site={site};\n{EXTRAS}}})();\n")
}

#[cfg(test)]
mod tests {
    use policies::PurposeSet;

    use super::Extras;
    use crate::config::{self, SiteConfig};

    fn site(switches: &str) -> SiteConfig {
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"a\"\norigin = \"http://127.0.0.1:1\"\n{switches}\n"
        );
        config::compile(&text, std::path::Path::new("gateway.toml"), policies::Timestamp(0)).unwrap().sites.remove(0)
    }

    #[test]
    fn a_page_runs_what_its_site_switched_on() {
        let check = |switches: &str, without_grant: Option<bool>| {
            let extras = Extras::of(&site(switches));
            assert_eq!(
                extras.as_ref().map(|extras| extras.runs_at_once(PurposeSet::EMPTY)),
                without_grant,
                "{switches}"
            );
        };
        check("", Some(false));
        check("consent_mode = \"advanced\"", Some(true));
        check("consent_mode = \"off\"", None);
        check("consent_mode = \"off\"\npage_api = true", Some(true));
        check("report_unknown = true", Some(true));
        let config = site("");
        assert!(Extras::of(&config).unwrap().runs_at_once(config.policy.optional()));
    }

    #[test]
    fn it_weighs_little_and_names_purposes_for_each_signal() {
        let extras = Extras::of(&site("page_api = true\nreport_unknown = true")).unwrap();
        assert!(extras.file.gzip.len() <= 1_600, "{}", extras.file.gzip.len());
        let text = String::from_utf8(extras.file.raw.to_vec()).unwrap();
        for row in [
            "\"ad_user_data\":[\"marketing\"]",
            "\"analytics_storage\":[\"analytics\"]",
            "\"security_storage\":[\"necessary\"]",
        ] {
            assert!(text.contains(row), "{row} in {text}");
        }
    }
}
