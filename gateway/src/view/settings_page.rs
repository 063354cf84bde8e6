//! The settings page: what this visitor chose, what came with the request, and a plain form to choose again.
//!
//! Refuses to need a script, and to show a cookie's value. Invariant: the boxes show what holds now, so that saving
//! without a change changes nothing.

use askama::Template;
use policies::consent::Exceptions;
use policies::policy::texts::{SettingsTexts, Texts};
use policies::purpose::{Category, PurposeSet};
use policies::{Act, Decision, Mode, Regime, Signals, Token};

use super::Scene;
use super::browsers::{BrowserRow, Guessed};
use super::listing::{self, PurposeRow};
use super::said::{Said, Sentence};
use super::single::{self, Service};
use super::waiting::WaitingRow;
use crate::assets::{self, Asset};

/// What the page is made from.
#[derive(Clone, Debug)]
pub struct SettingsPage<'a> {
    /// Who speaks, and where.
    pub scene: Scene<'a>,
    /// What holds for this visitor.
    pub decision: &'a Decision,
    /// The visitor's earlier choice, if the sealed cookie opened.
    pub token: Option<&'a Token>,
    /// What the browser says.
    pub signals: Signals,
    /// The names of the cookies that came with the request, as they came.
    pub cookie_names: &'a [&'a [u8]],
    /// Cookies that wait for an answer.
    pub waiting: Vec<WaitingRow>,
    /// An answer came too late for what waited.
    pub lost: bool,
    /// Whether a guardian's consent is spoken of.
    pub guardian: bool,
    /// Whether all processing is suspended, so that what is chosen waits.
    pub suspended: bool,
    /// The name of the cookie that remembers the choice.
    pub own_cookie: &'a str,
    /// The name of the cookie that remembers which notice was dismissed.
    pub notice_cookie: &'a str,
    /// The choice has just been taken.
    pub saved: bool,
    /// What the browser says of itself.
    pub guessed: Guessed,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    sheet: &'static Asset,
    heading: Sentence,
    regime: &'a str,
    current: Current<'a>,
    saved: bool,
    gpc: bool,
    gpc_sentence: Option<Sentence>,
    granted: PurposeSet,
    exceptions: Exceptions,
    session: bool,
    shared: bool,
    purposes: Vec<PurposeRow<'a>>,
    waiting: Vec<WaitingRow>,
    lost: bool,
    guardian: bool,
    suspended: bool,
    has_receipt: bool,
    cookies: Vec<SeenCookie<'a>>,
    browsers: Vec<BrowserRow<'a>>,
}

impl SettingsTemplate<'_> {
    fn is_granted(&self, row: &PurposeRow<'_>) -> bool {
        self.granted.contains(row.index)
    }

    fn singles(&self, row: &PurposeRow<'_>) -> Vec<Service> {
        if row.purpose.is_optional() { single::services(&self.scene, row.index, &self.exceptions) } else { Vec::new() }
    }
}

/// The visitor's earlier choice in words.
struct Current<'a> {
    sentence: String,
    act: Option<&'a str>,
    unrecorded: bool,
    /// What is told of a policy that changed since.
    changed: Option<&'a str>,
}

struct SeenCookie<'a> {
    name: String,
    purpose: Said<'a>,
    company: Said<'a>,
    known: bool,
    /// Refused by the visitor, and sent all the same.
    came_back: bool,
    /// The one that remembers the choice: it is changed above.
    own: bool,
}

/// The settings page of a site.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn settings_page(page: &SettingsPage<'_>) -> askama::Result<String> {
    let SettingsPage { scene, decision, .. } = *page;
    let texts = scene.texts();
    let words = &texts.settings;
    let spoken_of = scene.policy.of_categories(Category::refused_by_gpc);
    SettingsTemplate {
        texts,
        sheet: &assets::PAGE_SHEET,
        heading: Sentence::new(&words.asked_by, &[("{service}", scene.service()), ("{operator}", scene.operator())]),
        regime: match decision.regime {
            Regime::OptIn => &words.opt_in,
            Regime::OptOut => &words.opt_out,
            Regime::Notice => &words.notice,
        },
        current: current(page),
        saved: page.saved,
        gpc: page.signals.gpc && !spoken_of.is_empty(),
        gpc_sentence: gpc_sentence(&scene, spoken_of.without(decision.granted)),
        granted: decision.granted,
        exceptions: decision.exceptions,
        session: decision.mode == Mode::Session,
        shared: page.token.is_some_and(|token| token.shared),
        purposes: listing::purposes(&scene),
        lost: page.lost,
        guardian: page.guardian,
        suspended: page.suspended,
        has_receipt: page.token.is_some_and(|token| token.ids.is_some() && token.unrecorded.is_none()),
        waiting: page.waiting.clone(),
        browsers: page.guessed.rows(scene.lang, &texts.browsers),
        cookies: page.cookie_names.iter().map(|name| seen(page, name)).collect(),
        scene,
    }
    .render()
}

fn current<'a>(page: &SettingsPage<'a>) -> Current<'a> {
    let words = &page.scene.texts().settings;
    let Some(token) = page.token else {
        return Current { sentence: words.none.clone(), act: None, unrecorded: false, changed: None };
    };
    Current {
        sentence: words.made.replace("{date}", &token.made.date().to_string()),
        act: Some(act_name(token.act, words)),
        unrecorded: token.unrecorded.is_some(),
        changed: (token.policy != page.scene.policy.version).then(|| changed(page, token)),
    }
}

/// What an act is called.
pub(super) fn act_name(act: Act, words: &SettingsTexts) -> &str {
    match act {
        Act::AcceptAll => &words.act_accept_all,
        Act::RefuseAll => &words.act_refuse_all,
        Act::Custom => &words.act_custom,
        Act::Withdraw => &words.act_withdraw,
        Act::AskEachTime => &words.act_ask_each_time,
        Act::Single => &words.act_single,
        Act::Guardian => &words.act_guardian,
        Act::Imported => &words.act_imported,
    }
}

/// What is said of a choice of another version: a refusal holds, what an earlier version's answer covered does too.
fn changed<'a>(page: &SettingsPage<'a>, token: &Token) -> &'a str {
    let words = &page.scene.texts().settings;
    match page.scene.policy.carried(token) {
        _ if token.is_pure_refusal() => &words.changed_refused,
        Some(_) if page.decision.prompt => &words.changed_in_part,
        Some(_) => &words.changed_holds,
        None => &words.changed,
    }
}

/// None where a later choice of the visitor's own has outweighed the signal for all that it speaks of.
fn gpc_sentence(scene: &Scene<'_>, refused: PurposeSet) -> Option<Sentence> {
    let names = refused.iter().filter_map(|index| scene.policy.purpose(index));
    let names: Vec<Said<'_>> = names.map(|purpose| Said::new(&purpose.name, scene.lang)).collect();
    (!names.is_empty()).then(|| Sentence::listing(&scene.texts().settings.gpc, "{purposes}", &names))
}

fn seen<'a>(page: &SettingsPage<'a>, name: &[u8]) -> SeenCookie<'a> {
    let scene = &page.scene;
    let words = &scene.texts().settings;
    let is_notice = name == page.notice_cookie.as_bytes();
    let own = is_notice || name == page.own_cookie.as_bytes();
    let rule = scene.policy.cookies.find(name).filter(|_| !own);
    let purpose = rule.and_then(|rule| scene.policy.purpose(rule.purpose));
    let purpose = purpose.map(|purpose| Said::new(&purpose.name, scene.lang));
    let purpose =
        purpose.or(own.then_some(Said::own(if is_notice { &words.cookies_notice } else { &words.cookies_own })));
    SeenCookie {
        name: String::from_utf8_lossy(name).into_owned(),
        purpose: purpose.unwrap_or(Said::own(&words.unknown)),
        company: rule.map_or(Said::own(""), |rule| listing::company(scene, &rule.recipient)),
        known: purpose.is_some(),
        came_back: rule.is_some_and(|rule| page.decision.was_refused(rule)),
        own,
    }
}
