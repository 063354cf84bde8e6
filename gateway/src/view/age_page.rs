//! The question about age, asked of who accepts something optional where the site asks it.
//!
//! Refuses to keep the answer: it is a field of the same form, and no more. Invariant: both answers are the same element
//! with the same attributes.

use askama::Template;
use policies::policy::texts::Texts;

use super::Scene;
use crate::assets::{self, Asset};

#[derive(Template)]
#[template(path = "age.html")]
struct AgeTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    sheet: &'static Asset,
    fields: &'a [(&'static str, String)],
}

/// The page that asks, with what was chosen in `fields`: names and values of a form.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn age_page(scene: Scene<'_>, fields: &[(&'static str, String)]) -> askama::Result<String> {
    AgeTemplate { texts: scene.texts(), sheet: &assets::PAGE_SHEET, fields, scene }.render()
}
