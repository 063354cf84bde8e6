//! The pages that people answer on here: settings, and the question about age; whole without a script.

use http::{Request, Response, StatusCode};
use policies::Lang;
use policies::policy::texts::ErrorTexts;

use super::form::Form;
use super::{Guest, answer, form};
use crate::body::Body;
use crate::site::Site;
use crate::view::{self, Guessed, Scene, SettingsPage};
use crate::wire::cookie_header::all_pairs;

/// Seconds for which the settings page says that a choice was saved.
const JUST_SAVED: i64 = 10;

/// Field of the settings page's query.
pub(super) const LOST: &str = "lost";

/// Field of the query of the page on a guardian's consent.
pub(super) const NONE_YET: &str = "none_yet";

/// What a page here is asked with.
pub(super) struct Asked {
    lang: Option<Lang>,
    back: String,
    form_seal: String,
    /// An answer came too late for what waited.
    lost: bool,
    /// No guardian had agreed yet.
    pub(super) none_yet: bool,
}

impl Asked {
    pub(super) fn read(request: &Request<Body>, guest: &Guest<'_>) -> Self {
        let mut asked = Self::of(None, guest);
        for (name, value) in form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "lang" => asked.lang = Lang::of_tag(&value),
                LOST => asked.lost = true,
                NONE_YET => asked.none_yet = true,
                "back" => asked.back = form::local_path(&value).to_owned(),
                _ => {}
            }
        }
        asked
    }

    /// The same, as a form said it.
    pub(super) const fn posted(lang: Option<Lang>, back: String, form_seal: String) -> Self {
        Self { lang, back, form_seal, lost: false, none_yet: false }
    }

    /// What a page is asked with that stands in the place of another.
    pub(super) fn of(lang: Option<Lang>, guest: &Guest<'_>) -> Self {
        Self { lang, back: "/".to_owned(), form_seal: guest.form_seal(), lost: false, none_yet: false }
    }

    /// The language that is asked for.
    pub(super) const fn lang(&self) -> Option<Lang> {
        self.lang
    }

    pub(super) fn scene<'a>(&'a self, guest: &Guest<'a>) -> Scene<'a> {
        guest.scene(guest.lang(self.lang), &self.back, &self.form_seal)
    }
}

/// Where a page here goes on after a form.
pub(super) fn address(path: &str, form: &Form, guest: Guest<'_>) -> String {
    let fields = [("lang", guest.lang(form.lang).tag()), ("back", &form.back)];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("{}{path}?{query}", guest.site.config.prefix)
}

/// The settings page: a plain form with what holds now.
pub(super) fn settings(request: &Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let asked = Asked::read(request, &guest);
    let cookie_names: Vec<&[u8]> = all_pairs(request.headers()).map(|pair| pair.name).collect();
    let page = SettingsPage {
        scene: asked.scene(&guest),
        waiting: super::waiting::rows(&asked.scene(&guest), guest),
        lost: asked.lost,
        suspended: guest.visitor.is_suspended(),
        guardian: guest.site.config.switches.ask_age && super::choice::granting(guest).is_none(),
        decision: &guest.visitor.chosen(guest.site, guest.now),
        token: guest.visitor.token.as_ref(),
        signals: guest.visitor.signals,
        cookie_names: &cookie_names,
        own_cookie: Site::cookie_name(guest.visitor.scheme),
        notice_cookie: Site::notice_cookie_name(guest.visitor.scheme),
        saved: guest.visitor.token.is_some_and(|token| guest.now < token.made.plus_seconds(JUST_SAVED)),
        guessed: guessed(request),
    };
    answer::page(StatusCode::OK, view::settings_page(&page).unwrap_or_default())
}

/// Whose browser asks, as it says itself.
pub(super) fn guessed(request: &Request<Body>) -> Guessed {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Guessed::of(header("user-agent"), header("sec-ch-ua"))
}

/// The question about age, with the choice that it belongs to.
pub(super) fn age(form: &Form, guest: Guest<'_>) -> Response<Body> {
    let (back, form_seal) = (form.back.clone(), guest.form_seal());
    let asked = Asked::posted(form.lang, back, form_seal);
    let page = view::age_page(asked.scene(&guest), &form.fields(&asked.form_seal));
    answer::page(StatusCode::OK, page.unwrap_or_default())
}

/// A page with one sentence, for what could not be done.
pub(super) fn sentence(status: StatusCode, pick: impl Fn(&ErrorTexts) -> &String, guest: Guest<'_>) -> Response<Body> {
    answer::page(
        status,
        view::error_page(&guest.site.config.wording, guest.lang(None), status.as_u16(), pick).unwrap_or_default(),
    )
}
