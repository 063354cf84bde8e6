//! What changes from one version of a policy to the next, side by side, as a page that stands by itself.
//!
//! Refuses scripts and files of its own: it can be mailed, printed and kept. Invariant: every change is a row.

use askama::Template;
use policies::policy::diff::{Change, Weight, words};
use policies::{Lang, Policy, Text};

#[derive(Template)]
#[template(path = "policy_diff.html")]
struct Page<'a> {
    lang: Lang,
    old: &'a Policy,
    new: &'a Policy,
    changes: &'a [Change],
}

/// The page.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub(super) fn comparison(old: &Policy, new: &Policy, changes: &[Change], lang: Lang) -> askama::Result<String> {
    // The weightiest first, otherwise in their order.
    let mut rows = changes.to_vec();
    rows.sort_by_key(|change| std::cmp::Reverse(change.weight));
    Page { lang, old, new, changes: &rows }.render()
}

impl Page<'_> {
    fn word(&self, key: &str) -> String {
        words::said(&format!("page.{key}")).in_lang(self.lang).to_owned()
    }

    fn said<'t>(&self, text: &'t Text) -> &'t str {
        text.in_lang(self.lang)
    }

    /// What stands on one side; None where nothing does.
    fn side<'t>(&self, text: &'t Option<Text>) -> Option<&'t str> {
        text.as_ref().map(|text| text.in_lang(self.lang)).filter(|said| !said.is_empty())
    }

    fn caption(&self) -> String {
        let days = [self.old, self.new].map(|policy| words::plain(&policy.effective.to_string()));
        let [from, to] = &days;
        words::filled("page.caption", &[("from", from), ("to", to)]).in_lang(self.lang).to_owned()
    }

    fn count(&self, weight: Weight, key: &str) -> String {
        let count = self.changes.iter().filter(|change| change.weight == weight).count();
        words::filled(&format!("page.{key}"), &[("n", &words::plain(&count.to_string()))]).in_lang(self.lang).to_owned()
    }

    fn counts(&self) -> [String; 2] {
        [self.count(Weight::Material, "count_material"), self.count(Weight::Ordinary, "count_ordinary")]
    }

    fn weight(&self, change: &Change) -> String {
        self.word(if change.weight == Weight::Material { "material" } else { "ordinary" })
    }
}
