//! A small page for what can't be done: one sentence, in two languages.
//!
//! Refuses details: what went wrong inside is for the log. Invariant: it needs no policy, since it also stands where no
//! site was found.

use askama::Template;
use policies::Lang;
use policies::policy::texts::{ErrorTexts, Texts};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorTemplate {
    lang: Lang,
    other: Lang,
    status: u16,
    sentence: &'static str,
    other_sentence: &'static str,
}

/// The page for a status. `pick` names the sentence, such as `|error| &error.origin_down`.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn error_page(
    lang: Lang,
    status: u16,
    pick: impl Fn(&'static ErrorTexts) -> &'static String,
) -> askama::Result<String> {
    let sentence = |lang| pick(&Texts::bundled(lang).error).as_str();
    let other = lang.other();
    ErrorTemplate { lang, other, status, sentence: sentence(lang), other_sentence: sentence(other) }.render()
}
