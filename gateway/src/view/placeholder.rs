//! What stands in a held frame's place: whose content it is, who would receive what, and two equal buttons.
//!
//! Refuses to carry the held address: the page's own tag keeps it, so nothing of it is sent here. Invariant: without
//! script there is a way to allow it too, the link to the settings.

use askama::Template;
use policies::consent::ItemKey;
use policies::policy::texts::Texts;
use policies::purpose::PurposeIndex;
use policies::rules::{Recipient, TrackerRule};

use super::said::{Said, Sentence};
use super::{Scene, words};
use crate::assets::{self, Asset};

/// What a placeholder is made from.
#[derive(Clone, Copy, Debug)]
pub struct Placeholder<'a> {
    /// Who speaks, and where.
    pub scene: Scene<'a>,
    /// The rule that holds the frame.
    pub rule: &'a TrackerRule,
    /// The purpose it waits for.
    pub purpose: PurposeIndex,
    /// Who would receive something.
    pub recipient: &'a Recipient,
    /// It is allowed by now: the page is older than the choice.
    pub allowed: bool,
    /// The sheet of the owner's colours.
    pub look: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "placeholder.html")]
struct PlaceholderTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    sheet: &'static str,
    look: &'a str,
    script: &'static Asset,
    heading: String,
    company: Said<'a>,
    country: &'a str,
    link: Option<String>,
    what: Said<'a>,
    purpose: Said<'a>,
    always_about: Sentence,
    item: String,
    allowed: bool,
}

/// Where the placeholder of a rule lies, for a page in this language.
#[must_use]
pub fn placeholder_address(prefix: &str, rule: &TrackerRule, lang: Option<&str>) -> String {
    let of = words::query_value(&format!("{}{}", rule.host, rule.path));
    let lang = lang.and_then(policies::Lang::of_tag).map(|lang| format!("&lang={}", lang.tag())).unwrap_or_default();
    format!("{prefix}{}?of={of}{lang}", policies::banner::PATH_PLACEHOLDER)
}

/// The placeholder's page.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn placeholder(page: Placeholder<'_>) -> askama::Result<String> {
    let Placeholder { scene, rule, purpose, recipient, allowed, look } = page;
    let texts = scene.texts();
    let company = Said::new(&recipient.company, scene.lang);
    let named = scene.policy.purpose(purpose);
    PlaceholderTemplate {
        texts,
        sheet: assets::PLACEHOLDER_SHEET_TEXT,
        look: look.unwrap_or_default(),
        script: &assets::PLACEHOLDER,
        heading: texts.placeholder.heading.replace("{host}", &rule.host),
        company,
        country: words::country(&recipient.country, texts),
        link: words::contact_link(&recipient.privacy),
        what: Said::new(&rule.what, scene.lang),
        purpose: named.map_or(Said::own(""), |purpose| Said::new(&purpose.name, scene.lang)),
        always_about: Sentence::new(&texts.placeholder.always_about, &[("{company}", company)]),
        item: format!("{}:{}", ItemKey::of_service(purpose, &rule.recipient), policies::banner::VALUE_YES),
        allowed,
        scene,
    }
    .render()
}
