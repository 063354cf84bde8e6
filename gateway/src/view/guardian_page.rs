//! The page on a guardian's consent: the code that a visitor hands to them, and the button that looks for their answer.
//!
//! Refuses to ask who anybody is. Invariant: without a script it does all that it does.

use askama::Template;
use policies::Date;
use policies::policy::texts::Texts;

use super::Scene;
use super::said::{Said, Sentence};
use crate::assets::{self, Asset};

/// What the page is made from.
#[derive(Clone, Debug)]
pub struct GuardianPage<'a> {
    /// Who speaks, and where.
    pub scene: Scene<'a>,
    /// The code that this browser was given, and the last day on which it is good.
    pub code: Option<(String, Date)>,
    /// This browser was given a code that is good no more.
    pub expired: bool,
    /// It was looked for an answer, and there was none.
    pub none_yet: bool,
}

#[derive(Template)]
#[template(path = "guardian.html")]
struct GuardianTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    sheet: &'static Asset,
    about: Sentence,
    code: Option<Code>,
    expired: bool,
    none_yet: bool,
}

struct Code {
    written: String,
    use_it: Sentence,
    until: String,
}

/// The page of a site.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn guardian_page(page: GuardianPage<'_>) -> askama::Result<String> {
    let GuardianPage { scene, code, expired, none_yet } = page;
    let words = &scene.texts().guardian;
    let filled = |text: &str| {
        let address = Said::own(&scene.policy.contact.address);
        let places = [("{operator}", scene.operator()), ("{role}", scene.contact_role()), ("{address}", address)];
        Sentence::new(text, &places)
    };
    let code = code.map(|(written, last)| Code {
        written,
        use_it: filled(&words.use_it),
        until: words.until.replace("{date}", &last.to_string()),
    });
    let (texts, about) = (scene.texts(), filled(&words.about));
    GuardianTemplate { texts, sheet: &assets::PAGE_SHEET, about, code, expired, none_yet, scene }.render()
}

#[cfg(test)]
mod tests {
    use policies::Lang;

    use super::*;
    use crate::config::HostMode;
    use crate::view::tests::scene;

    #[test]
    fn a_code_is_shown_with_what_to_do_and_without_one_there_is_a_button() {
        let site = crate::site::sample("http://127.0.0.1:1", HostMode::Visitor);
        let page = |lang, code: Option<(String, Date)>, expired, none_yet| {
            let scene = Scene { back: "/a?b=\"c", form_seal: "seal", ..scene(&site.config.policy, lang) };
            guardian_page(GuardianPage { scene, code, expired, none_yet }).unwrap()
        };
        let day = Date { year: 2026, month: 11, day: 30 };
        let escaped = |words: &str| Said::own(words).to_string();
        for lang in Lang::ALL {
            let words = &Texts::bundled(lang).guardian;
            let code = Some((String::from("0123-4567-89AB-CDEF"), day));
            let shown = page(lang, code.clone(), false, false);
            for part in ["0123-4567-89AB-CDEF", "2026-11-30", "consent-guardian-check", "name=\"seal\" value=\"seal\""]
            {
                assert!(shown.contains(part), "{part}: {shown}");
            }
            assert!(shown.contains(&*site.config.policy.contact.address) && !shown.contains("b=\"c"), "{shown}");
            assert!(!shown.contains("consent-guardian-give") && !shown.contains(&escaped(&words.none_yet)));
            assert!(!shown.contains('{'), "every place is filled: {shown}");
            assert!(page(lang, code, false, true).contains(&escaped(&words.none_yet)));
            let without = page(lang, None, false, false);
            assert!(without.contains("consent-guardian-give") && !without.contains("consent-reference"), "{without}");
            assert!(without.contains(&escaped(&words.give_about)) && !without.contains(&escaped(&words.expired)));
            assert!(page(lang, None, true, false).contains(&escaped(&words.expired)));
        }
    }
}
