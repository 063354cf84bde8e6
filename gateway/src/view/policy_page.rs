//! The policy page: one version of the policy with its cookies, who receives them, retention, rights and whom to turn to; and every other
//! version. Where the owner has a page of their own, that stands in the place of the text.
//!
//! Refuses to leave out what the policy marks as assumed or excepted: both stand beside what they concern. Invariants: what the gateway
//! enforces by declaration, this page names; a version that isn't in force says so first.

use askama::Template;
use policies::body::Body;
use policies::policy::texts::Texts;
use policies::policy::{Redress, RefusalMode, Retention, RetentionBasis, Right};
use policies::{Policy, Regime};

use super::browsers::{BrowserRow, Guessed};
use super::listing::{self, Item, PurposeRow};
use super::parties::{Parties, PartyRow};
use super::said::Said;
use super::versions::{self, Dated, Standing, VersionRow};
use super::{Scene, words};
use crate::assets::{self, Asset};

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct PolicyPage<'a> {
    /// Who speaks; its policy is the version that is shown.
    pub scene: Scene<'a>,
    /// How it asks who reads it.
    pub regime: Regime,
    /// Whose browser's way to refuse comes first.
    pub guessed: Guessed,
    /// Every version that is told of, the newest first; empty where the shown one is the only one.
    pub versions: &'a [Dated<'a>],
    /// How many days a destroyed record could be brought back from a backup of its key.
    pub recovery_days: u32,
    /// The owner's own page.
    pub body: Option<&'a Body>,
}

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    sheet: &'static Asset,
    body: Option<&'a Body>,
    warning: Option<String>,
    coming: Option<Coming>,
    versions: Vec<VersionRow<'a>>,
    title: Said<'a>,
    reason: Option<Said<'a>>,
    paragraphs: Vec<Said<'a>>,
    refusal: Vec<&'a str>,
    browsers: Vec<BrowserRow<'a>>,
    regime: &'a str,
    contact_link: Option<String>,
    purposes: Vec<PurposeRow<'a>>,
    parties: Parties<'a>,
    handling: Vec<(&'a str, Said<'a>)>,
    retention: Vec<RetentionRow<'a>>,
    copies: Option<String>,
    notices: Vec<String>,
    rights: Vec<&'a str>,
    exercise: Option<Said<'a>>,
    redress: Vec<RedressRow<'a>>,
}

/// The version that is announced.
struct Coming {
    sentence: String,
    page: String,
    changes: String,
}

struct RetentionRow<'a> {
    record: Said<'a>,
    period: String,
    basis: &'a str,
    law: Option<Said<'a>>,
}

struct RedressRow<'a> {
    name: Said<'a>,
    address: &'a str,
    link: Option<String>,
    phone: Option<&'a str>,
}

impl<'a> PolicyTemplate<'a> {
    /// Whether the published text lacks what stands under this key of the policy file.
    fn is_assumed(&self, key: &str) -> bool {
        self.scene.policy.assumed.iter().any(|assumed| assumed == key)
    }

    /// Names that are known for analytics or advertising but are necessary here, with the written reason.
    fn exceptions(&self) -> impl Iterator<Item = (&Item<'a>, Said<'a>)> {
        let items = self.purposes.iter().flat_map(|row| &row.cookies);
        items.filter_map(|item| Some((item, item.despite_catalog?)))
    }

    /// The same page in another language.
    fn address(&self, scene: &Scene<'_>) -> String {
        if self.warning.is_some() { scene.version_page(&scene.policy.effective) } else { scene.policy_page() }
    }

    /// The groups of recipients, each with its heading and what it means.
    fn groups(&self) -> [(&'static str, &'a str, &'a str, &[PartyRow<'a>]); 2] {
        let words = &self.texts.parties;
        [
            ("provided", &words.provided, &words.provided_about, &self.parties.provided),
            ("entrusted", &words.entrusted, &words.entrusted_about, &self.parties.entrusted),
        ]
    }
}

/// The policy page of a site.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn policy_page(page: PolicyPage<'_>) -> askama::Result<String> {
    let PolicyPage { scene, regime, guessed, versions, recovery_days, body } = page;
    let policy = scene.policy;
    let texts = scene.texts();
    let said = |text| Said::new(text, scene.lang);
    PolicyTemplate {
        texts,
        sheet: &assets::PAGE_SHEET,
        body,
        warning: versions::warning(&scene, versions),
        coming: coming(&scene, versions),
        versions: versions::rows(&scene, versions),
        title: said(&policy.section.title),
        reason: policy.reason.as_ref().map(said),
        paragraphs: policy.section.paragraphs.iter().map(said).collect(),
        refusal: policy.section.refusal_modes.iter().map(|mode| refusal(*mode, texts)).collect(),
        browsers: guessed.rows(scene.lang, &texts.browsers),
        regime: match regime {
            Regime::OptIn => &texts.policy.opt_in,
            Regime::OptOut => &texts.policy.opt_out,
            Regime::Notice => &texts.policy.notice_only,
        },
        contact_link: words::contact_link(&policy.contact.address),
        purposes: listing::purposes(&scene),
        parties: Parties::of(&scene),
        handling: handling(&scene),
        retention: policy.retention.iter().map(|row| retention(&scene, row)).collect(),
        copies: policy
            .retention
            .iter()
            .any(|row| !row.classes.is_empty())
            .then(|| texts.policy.copies.replace("{n}", &recovery_days.to_string())),
        notices: notices(policy, texts),
        rights: policy.rights.iter().map(|right| right_name(*right, texts)).collect(),
        exercise: policy.handling.exercise.as_ref().map(said),
        redress: policy.redress.iter().map(|body| redress(&scene, body)).collect(),
        scene,
    }
    .render()
}

/// What the page in force says of the one to come.
fn coming(scene: &Scene<'_>, versions: &[Dated<'_>]) -> Option<Coming> {
    let next = versions.iter().find(|version| version.standing == Standing::Announced)?.policy;
    (versions.iter().find(|version| version.standing == Standing::InForce)?.policy.version == scene.policy.version)
        .then(|| Coming {
            sentence: scene.texts().versions.coming.replace("{date}", &next.effective.to_string()),
            page: scene.version_page(&next.effective),
            changes: scene.comparison(scene.policy.effective, next.effective),
        })
}

fn handling<'a>(scene: &Scene<'a>) -> Vec<(&'a str, Said<'a>)> {
    let (words, handling) = (&scene.texts().parties, &scene.policy.handling);
    let rows = [
        (&words.collection, &handling.collection),
        (&words.destruction, &handling.destruction),
        (&words.safety, &handling.safety),
    ];
    rows.into_iter().filter_map(|(name, text)| Some((name.as_str(), Said::new(text.as_ref()?, scene.lang)))).collect()
}

fn redress<'a>(scene: &Scene<'a>, body: &'a Redress) -> RedressRow<'a> {
    RedressRow {
        name: Said::new(&body.name, scene.lang),
        address: &body.address,
        link: words::contact_link(&body.address),
        phone: body.phone.as_deref(),
    }
}

fn refusal(mode: RefusalMode, texts: &Texts) -> &str {
    match mode {
        RefusalMode::AllowAll => &texts.policy.allow_all,
        RefusalMode::AskEachTime => &texts.policy.ask_each_time,
        RefusalMode::RefuseAll => &texts.policy.refuse_all,
        RefusalMode::SessionOnly => &texts.policy.session_only,
    }
}

fn right_name(right: Right, texts: &Texts) -> &str {
    match right {
        Right::Access => &texts.policy.access,
        Right::Correction => &texts.policy.correction,
        Right::Deletion => &texts.policy.deletion,
        Right::Suspension => &texts.policy.suspension,
        Right::Withdrawal => &texts.policy.withdrawal,
    }
}

fn retention<'a>(scene: &Scene<'a>, row: &'a Retention) -> RetentionRow<'a> {
    let texts = scene.texts();
    RetentionRow {
        record: Said::new(&row.record, scene.lang),
        period: words::period(row.period, texts),
        basis: match row.basis {
            RetentionBasis::Law => &texts.policy.law,
            RetentionBasis::InternalPolicy => &texts.policy.internal_policy,
            RetentionBasis::Consent => &texts.policy.consent,
        },
        law: row.law.as_ref().map(|law| Said::new(law, scene.lang)),
    }
}

fn notices(policy: &Policy, texts: &Texts) -> Vec<String> {
    let notice = policy.notice;
    let kinds = [(notice.ordinary_days, &texts.policy.ordinary), (notice.material_days, &texts.policy.material)];
    kinds.into_iter().filter_map(|(days, words)| Some(words.replace("{days}", &days?.to_string()))).collect()
}
