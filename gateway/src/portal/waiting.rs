//! Cookies that wait for this visitor's answer: told to the page and the settings page, each in an envelope, and let go
//! when the answer comes.
//!
//! Refuses an envelope that is too old: what the site meant then may no longer be true. Invariant: a line that is let go is
//! the line that came, with all its attributes.

use http::{HeaderValue, Request, Response};
use policies::banner::{FIELD_LANG, FIELD_NAME};
use policies::policy::texts::AskTexts;
use policies::{Decision, Lang, Token};
use serde::Serialize;

use super::form::Form;
use super::{Guest, answer};
use crate::body::Body;
use crate::held::HeldLine;
use crate::site::Judgement;
use crate::view::{Scene, WaitingRow, waiting_row};
use crate::wire::cookie_line;
use crate::wire::set_cookie::SetCookie;

/// Seconds for which an envelope can be answered: a page that was left open over lunch.
const ANSWERABLE: i64 = 3_600;
/// Names of cookies that wait in the page itself that are told about at once.
const MOST_NAMES: usize = 50;

/// All that the prompt needs.
#[derive(Serialize)]
struct Told<'a> {
    policy: String,
    lang: &'static str,
    seal: String,
    words: Words<'a>,
    items: Vec<WaitingRow>,
}

#[derive(Serialize)]
struct Words<'a> {
    title: &'a str,
    about: &'a str,
    allow: &'a str,
    refuse: &'a str,
    allow_all: &'a str,
    refuse_all: &'a str,
    lost: &'a str,
    what: &'a str,
    whose: &'a str,
    lifetime: &'a str,
    failed: &'a str,
}

/// What waits, as JSON. Fields of the query: `lang`, and `name` for each cookie that waits in the page itself.
pub(super) fn tell(request: &Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let (mut asked, mut names) = (None, Vec::new());
    for (field, value) in form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        match field.as_ref() {
            FIELD_LANG => asked = Lang::of_tag(&value),
            FIELD_NAME if names.len() < MOST_NAMES => names.push(value.into_owned()),
            _ => {}
        }
    }
    let seal = guest.form_seal();
    let scene = guest.scene(guest.lang(asked), "/", &seal);
    let mut items = rows(&scene, guest);
    let decision = guest.decision();
    for name in names {
        let in_page = |rule| waiting_row(&scene, rule, name.as_bytes(), None, String::new());
        match guest.site.judge(&decision, name.as_bytes()) {
            Judgement::Unanswered(rule) => items.push(in_page(rule)),
            Judgement::Granted(_) | Judgement::Refused(_) | Judgement::Unknown => {}
        }
    }
    let texts = guest.texts(Some(scene.lang));
    let AskTexts { title, about, allow, refuse, allow_all, refuse_all, lost, what, whose, lifetime, .. } = &texts.ask;
    let failed = &texts.banner.failed;
    let words = Words { title, about, allow, refuse, allow_all, refuse_all, lost, what, whose, lifetime, failed };
    let told = Told { policy: scene.edition(), lang: scene.lang.tag(), seal: seal.clone(), words, items };
    answer::json(serde_json::to_string(&told).unwrap_or_default())
}

/// What waits on this node for this visitor, in the order in which it came.
pub(super) fn rows(scene: &Scene<'_>, guest: Guest<'_>) -> Vec<WaitingRow> {
    let Some(visitor) = visitor(guest) else { return Vec::new() };
    let (site, decision) = (guest.site, guest.decision());
    let row = |held: HeldLine| {
        let cookie = SetCookie::parse(&held.line);
        let Judgement::Unanswered(rule) = site.judge(&decision, cookie.judged_name()) else { return None };
        let life = cookie.max_age.or_else(|| Some(cookie.expires?.saturating_sub(guest.now.0)));
        let envelope = guest.runtime.seal.enclose(&site.config.name, &visitor, &held.bytes())?;
        Some(waiting_row(scene, rule, cookie.judged_name(), Some(life.unwrap_or_default().max(0)), envelope))
    };
    guest.books.held.of(&site.config.name, visitor, guest.now).into_iter().filter_map(row).collect()
}

/// What an answer lets go.
#[derive(Debug, Default)]
pub(super) struct Released {
    /// The lines for the answer.
    pub(super) lines: Vec<HeaderValue>,
    /// Some of what was allowed is not waiting any more.
    pub(super) lost: bool,
}

/// Lets go what the new decision allows, of what waits here and of what was posted; forgets what it refuses.
pub(super) fn release(form: &Form, decision: &Decision, token: &Token, guest: Guest<'_>) -> Released {
    let Some(visitor) = visitor(guest).or(token.ids.map(|ids| ids.visitor)) else {
        return Released { lost: !form.held.is_empty(), ..Released::default() };
    };
    let name = &guest.site.config.name;
    let judged = |held: &HeldLine| guest.site.judge(decision, SetCookie::parse(&held.line).judged_name());
    let answered = |held: &HeldLine| !matches!(judged(held), Judgement::Unanswered(_));
    let mut lines = guest.books.held.take(name, visitor, answered);
    let mut lost = false;
    for envelope in &form.held {
        let opened = guest.runtime.seal.disclose(name, &visitor, envelope);
        let held = opened.and_then(|bytes| HeldLine::of_bytes(&bytes));
        match held.filter(|held| guest.now < held.at.plus_seconds(ANSWERABLE)) {
            // What waits here may be newer than what the page carries.
            Some(held) if lines.iter().any(|known| known.is_same_cookie(&held)) => {}
            Some(held) if answered(&held) => lines.push(held),
            Some(_) => {}
            None => lost = true,
        }
    }
    let lines = lines.iter().filter(|held| guest.site.may_be_set(judged(held))).filter_map(|held| {
        let line = HeaderValue::from_bytes(&cookie_line::with_path(&held.line, &held.folder)).ok()?;
        Some(crate::expiry::kept(&line, guest.site, judged(held), decision, guest.now).unwrap_or(line))
    });
    Released { lines: lines.collect(), lost }
}

/// Whose lines wait: only who wants to be asked has any.
fn visitor(guest: Guest<'_>) -> Option<[u8; 16]> {
    guest.visitor.token.and_then(|token| token.ids).map(|ids| ids.visitor)
}
