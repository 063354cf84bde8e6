//! The notice of a change of the policy, in the site's own page: what changes and when, where the versions can be compared, and a
//! button that closes it without a script.
//!
//! Refuses to stand in the way: it is a region, not a modal, lies over the page and moves nothing. Invariant: it states facts
//! and asks for nothing.

use askama::Template;
use policies::Policy;
use policies::policy::texts::Texts;

use super::banner::{Style, Styling};
use super::said::{Said, Sentence};
use super::{Scene, words};
use crate::assets;

/// What is told, and how.
#[derive(Clone, Copy, Debug)]
pub struct NoticePage<'a> {
    /// The version that is new.
    pub version: &'a Policy,
    /// The one before it.
    pub before: &'a Policy,
    /// Whether the new one is in force already.
    pub in_force: bool,
    /// For every visitor alike (the cacheable mode): hidden until the small script has asked who this is.
    pub asleep: bool,
    /// Whether the page may send forms.
    pub forms: bool,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticeTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    style: Style,
    page: NoticePage<'a>,
    sentence: Sentence,
    reason: Option<Sentence>,
    compare: String,
}

/// The notice's markup, to stand in `<body>` behind the banner or the link to the settings.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn notice(scene: Scene<'_>, styling: Styling, page: NoticePage<'_>) -> askama::Result<String> {
    let texts = scene.texts();
    let words = if page.in_force { &texts.notice.since } else { &texts.notice.coming };
    let (date, before) = (words::date(page.version.effective, texts), words::date(page.before.effective, texts));
    let places = [("{service}", scene.service()), ("{date}", Said::own(&date)), ("{before}", Said::own(&before))];
    let reason = page.version.reason.as_ref();
    let reason =
        reason.map(|reason| Sentence::new(&texts.notice.reason, &[("{reason}", Said::new(reason, scene.lang))]));
    NoticeTemplate {
        texts,
        reason,
        style: Style::new(styling, assets::NOTICE_SHEET_TEXT, &assets::NOTICE_SHEET),
        sentence: Sentence::new(words, &places),
        compare: scene.comparison(page.before.effective, page.version.effective),
        page,
        scene,
    }
    .render()
}
