//! A small page for what can't be done: one sentence, in two languages.
//!
//! Refuses details: what went wrong inside is for the log. Invariant: it needs no policy, since it also stands where no
//! site was found.

use askama::Template;
use policies::Lang;
use policies::policy::texts::ErrorTexts;
use policies::policy::wording::Wording;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorTemplate<'a> {
    lang: Lang,
    other: Lang,
    status: u16,
    sentence: &'a str,
    other_sentence: &'a str,
}

/// The page for a status, in a site's words. `pick` names the sentence, such as `|error| &error.origin_down`.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn error_page(
    wording: &Wording,
    lang: Lang,
    status: u16,
    pick: impl Fn(&ErrorTexts) -> &String,
) -> askama::Result<String> {
    let sentence = |lang| pick(&wording.in_lang(lang).error).as_str();
    let other = lang.other();
    ErrorTemplate { lang, other, status, sentence: sentence(lang), other_sentence: sentence(other) }.render()
}
