//! Two versions of the policy side by side: what matters to visitors' rights first, then what doesn't.
//!
//! Refuses to weigh: how much a change matters comes with it. Invariant: every change stands on the page once, under its weight.

use askama::Template;
use policies::Policy;
use policies::policy::texts::Texts;

use super::Scene;
use super::said::Said;
use super::versions::{self, Dated, Standing};
use crate::assets::{self, Asset};

/// One difference in meaning, in the reader's language or marked with the one that it is written in.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What is different.
    pub what: String,
    /// What it was; None where there was nothing.
    pub before: Option<String>,
    /// What it is; None where there is nothing any more.
    pub after: Option<String>,
    /// Whether it matters to visitors' rights.
    pub is_material: bool,
    /// Why it weighs so.
    pub why: String,
}

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct ComparisonPage<'a> {
    /// Who speaks; its policy is the version in force.
    pub scene: Scene<'a>,
    /// The older version.
    pub old: &'a Policy,
    /// The newer one.
    pub new: &'a Policy,
    /// Every version that is told of.
    pub versions: &'a [Dated<'a>],
    /// How they differ.
    pub differences: &'a [Difference],
}

#[derive(Template)]
#[template(path = "comparison.html")]
struct ComparisonTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    sheet: &'static Asset,
    old: &'a Policy,
    new: &'a Policy,
    title: String,
    about: String,
    /// Said where the newer one doesn't hold yet.
    warning: Option<String>,
    reason: Option<Said<'a>>,
    groups: Vec<Group<'a>>,
}

struct Group<'a> {
    id: &'static str,
    name: &'a str,
    rows: Vec<&'a Difference>,
}

impl ComparisonTemplate<'_> {
    fn address(&self, scene: &Scene<'_>) -> String {
        scene.comparison(self.old.effective, self.new.effective)
    }
}

/// The page that compares two versions.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn comparison_page(page: ComparisonPage<'_>) -> askama::Result<String> {
    let ComparisonPage { scene, old, new, versions, differences } = page;
    let texts = scene.texts();
    let words = &texts.versions;
    let of = |id, name, is_material| Group {
        id,
        name,
        rows: differences.iter().filter(|difference| difference.is_material == is_material).collect(),
    };
    let groups = [of("material", &words.material, true), of("ordinary", &words.ordinary, false)];
    let is_announced =
        versions.iter().any(|version| version.policy.version == new.version && version.standing == Standing::Announced);
    let warning = is_announced.then(|| words.not_yet.replace("{date}", &new.effective.to_string()));
    ComparisonTemplate {
        texts,
        sheet: &assets::PAGE_SHEET,
        title: versions::between(&words.compared, old.effective, new.effective),
        about: versions::between(&words.compared_about, old.effective, new.effective),
        warning,
        reason: new.reason.as_ref().map(|reason| Said::new(reason, scene.lang)),
        groups: groups.into_iter().filter(|group| !group.rows.is_empty()).collect(),
        old,
        new,
        scene,
    }
    .render()
}
