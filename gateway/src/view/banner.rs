//! The banner: a plain form with the cookie section of the policy, which the banner's code takes over where it runs.
//!
//! Refuses to tick anything that the visitor did not allow before. Invariant: accept and refuse are the same element with the same
//! attributes, side by side; the button that a key press in the form stands for is the one that saves the ticks.

use askama::Template;
use policies::policy::texts::Texts;
use policies::{Lang, Mode};

use super::listing::{self, PurposeRow, RecipientRow};
use super::said::Said;
use super::{Kept, OptOut, Scene};
use crate::assets::{self, Asset, Made};
use crate::config::SiteConfig;

/// What form and sheet together may weigh in a first view, in bytes, compressed by gzip.
pub const FORM_BUDGET: usize = 4_000;

/// How the sheet gets into the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Styling {
    /// In the page itself: saves a round trip.
    Inline,
    /// As a link: for pages whose security policy forbids inline styles.
    Linked,
}

/// Who the page is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// For this visitor, who is asked.
    Shown,
    /// For this visitor, who is asked, and whose browser asks for less data: the form alone.
    Plain,
    /// For every visitor alike (the cacheable mode): hidden until the small script has asked who this is.
    Asleep,
}

#[derive(Template)]
#[template(path = "banner.html")]
struct BannerTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    style: Style,
    asleep: bool,
    plain: bool,
    title: Said<'a>,
    paragraphs: Vec<Said<'a>>,
    purposes: Vec<PurposeRow<'a>>,
    recipients: Vec<RecipientRow<'a>>,
    glue: &'static Asset,
    wasm: &'static Asset,
    loader: &'static Asset,
    kept: &'a Kept,
}

impl BannerTemplate<'_> {
    fn is_kept(&self, row: &PurposeRow<'_>) -> bool {
        self.kept.granted.contains(row.index)
    }
}

#[derive(Template)]
#[template(path = "settings_link.html")]
struct SettingsLinkTemplate<'a> {
    scene: Scene<'a>,
    style: Style,
    ask: Option<&'static Asset>,
}

#[derive(Template)]
#[template(path = "plain_link.html")]
struct PlainLinkTemplate<'a> {
    scene: Scene<'a>,
}

/// Where a sheet comes from; at most one of both is some.
pub(super) struct Style {
    pub(super) inline: Option<&'static str>,
    pub(super) link: Option<&'static Asset>,
}

impl Style {
    pub(super) fn new(styling: Styling, text: &'static str, asset: &'static Asset) -> Self {
        match styling {
            Styling::Inline => Self { inline: Some(text), link: None },
            Styling::Linked => Self { inline: None, link: Some(asset) },
        }
    }
}

/// The banner's markup, to stand first in `<body>`, with the scripts that take it over. `kept` is what a visitor holds who is asked anew. The settings link stands before
/// it, hidden, and holds the sheet: both outlive the banner, which leaves the page once it is answered.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn banner(scene: Scene<'_>, styling: Styling, placement: Placement, kept: &Kept) -> askama::Result<String> {
    let asleep = placement == Placement::Asleep;
    let style = if asleep {
        // The small script fetches the sheet when it shows the form.
        Style { inline: None, link: None }
    } else {
        Style::new(styling, assets::BANNER_SHEET_TEXT, &assets::BANNER_SHEET)
    };
    BannerTemplate {
        texts: scene.texts(),
        style,
        asleep,
        plain: placement == Placement::Plain,
        title: Said::new(&scene.policy.section.title, scene.lang),
        paragraphs: scene.policy.section.paragraphs.iter().map(|text| Said::new(text, scene.lang)).collect(),
        purposes: listing::purposes(&scene),
        recipients: listing::recipients(&scene),
        glue: &assets::GLUE,
        wasm: &assets::WASM,
        loader: &assets::LOADER,
        kept,
        scene,
    }
    .render()
}

/// What form and sheet of a site weigh in a language, in bytes, compressed by gzip.
#[must_use]
pub fn form_weight(config: &SiteConfig, lang: Lang) -> usize {
    let look = config.look.sheet().map(Made::sheet);
    let scene = Scene {
        policy: &config.policy,
        wording: &config.wording,
        lang,
        languages: config.languages.offered(),
        prefix: &config.prefix,
        back: "/",
        form_seal: "",
        nonce: None,
        look: look.as_ref(),
        opt_out: OptOut::Elsewhere,
    };
    let html = banner(scene, Styling::Inline, Placement::Shown, &Kept::default()).unwrap_or_default();
    assets::gzip(html.as_bytes()).len()
}

/// The link to the settings, to stand first in `<body>` for a visitor who needs no banner; with the prompt where each
/// cookie is confirmed.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn settings_link(scene: Scene<'_>, styling: Styling, mode: Mode) -> askama::Result<String> {
    let style = Style::new(styling, assets::LINK_SHEET_TEXT, &assets::LINK_SHEET);
    let ask = (mode == Mode::Ask).then_some(&assets::ASK);
    SettingsLinkTemplate { style, ask, scene }.render()
}

/// The link to the settings for a page that may have neither scripts nor styles of ours.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn plain_link(scene: Scene<'_>) -> askama::Result<String> {
    PlainLinkTemplate { scene }.render()
}
