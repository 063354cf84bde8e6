//! The policy page: the whole cookie section, purposes, cookies and who receives them, retention, notices, dates.
//!
//! Refuses to leave out what the policy marks as assumed or excepted: both stand beside what they concern. Invariant:
//! what the gateway enforces by declaration, this page names.

use askama::Template;
use policies::policy::texts::Texts;
use policies::policy::{RefusalMode, Retention, RetentionBasis, Right};
use policies::{Policy, Regime};

use super::browsers::{BrowserRow, Guessed};
use super::listing::{self, Item, PurposeRow, RecipientRow};
use super::said::Said;
use super::{Scene, words};
use crate::assets::{self, Asset};

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    sheet: &'static Asset,
    title: Said<'a>,
    paragraphs: Vec<Said<'a>>,
    refusal: Vec<&'a str>,
    browsers: Vec<BrowserRow<'a>>,
    regime: &'a str,
    contact_link: Option<String>,
    purposes: Vec<PurposeRow<'a>>,
    recipients: Vec<RecipientRow<'a>>,
    retention: Vec<RetentionRow<'a>>,
    notices: Vec<String>,
    rights: Vec<&'a str>,
}

struct RetentionRow<'a> {
    record: Said<'a>,
    period: String,
    basis: &'a str,
    law: Option<Said<'a>>,
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
}

/// The policy page of a site, for whom it asks in this way.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn policy_page(scene: Scene<'_>, regime: Regime, guessed: Guessed) -> askama::Result<String> {
    let policy = scene.policy;
    let texts = scene.texts();
    PolicyTemplate {
        texts,
        sheet: &assets::PAGE_SHEET,
        title: Said::new(&policy.section.title, scene.lang),
        paragraphs: policy.section.paragraphs.iter().map(|text| Said::new(text, scene.lang)).collect(),
        refusal: policy.section.refusal_modes.iter().map(|mode| refusal(*mode, texts)).collect(),
        browsers: guessed.rows(scene.lang, &texts.browsers),
        regime: match regime {
            Regime::OptIn => &texts.policy.opt_in,
            Regime::OptOut => &texts.policy.opt_out,
            Regime::Notice => &texts.policy.notice_only,
        },
        contact_link: words::contact_link(&policy.contact.address),
        purposes: listing::purposes(&scene),
        recipients: listing::recipients(&scene),
        retention: policy.retention.iter().map(|row| retention(&scene, row)).collect(),
        notices: notices(policy, texts),
        rights: policy.rights.iter().map(|right| right_name(*right, texts)).collect(),
        scene,
    }
    .render()
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
