//! The page on what is kept of a visitor: their records, what ends them, a suspension of all processing, and requests.
//!
//! Refuses to need a script, and to promise more than is done: what stays after an erasure is named before it. Invariant: withdrawing and
//! erasing stand side by side.

use askama::Template;
use policies::policy::history::History;
use policies::policy::texts::Texts;
use policies::rights::{DAYS, LONGEST_ABOUT, LONGEST_LINE};

use super::my_records::{self, Choices, Ending, RecordRow};
use super::my_requests::{self, Draft, Found, KindRow, Problem};
use super::said::{Said, Sentence};
use super::{Scene, words};
use crate::assets::{self, Asset};

/// What the page is made from.
#[derive(Clone, Debug)]
pub struct MePage<'a> {
    /// Who speaks, and where.
    pub scene: Scene<'a>,
    /// Every version of the policy: a record names purposes of its own.
    pub history: &'a History,
    /// The random number in the visitor's cookie.
    pub number: Option<[u8; 16]>,
    /// The records under it; None where they can't be read.
    pub choices: Option<Choices>,
    /// What an erasure would do.
    pub ending: Ending,
    /// What has just been done.
    pub told: Option<Told>,
    /// Whether the visitor has had all processing suspended.
    pub suspended: bool,
    /// Whether a request that waits has.
    pub pending: bool,
    /// The reference that a request sent from this page gets.
    pub fresh: String,
    /// What the form for a request holds.
    pub draft: Draft,
    /// The reference of the request that was just received.
    pub taken: Option<String>,
    /// Why a request was not received.
    pub problem: Option<Problem>,
    /// The request that was looked up.
    pub found: Option<Found>,
}

/// What has just been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// So many records were destroyed.
    Erased(usize),
    /// Consent was withdrawn, and the records stay because a law asks for it.
    KeptByLaw,
    /// Nothing was erased.
    NotErased,
    /// A suspension ended.
    Resumed,
    /// A suspension goes on.
    NotResumed,
}

#[derive(Template)]
#[template(path = "me.html")]
struct MeTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    sheet: &'static Asset,
    about: Sentence,
    told: Option<String>,
    pending: bool,
    suspended: bool,
    number: Option<String>,
    records: Option<Vec<RecordRow>>,
    newest: Option<String>,
    apart: Option<Sentence>,
    erase_about: Sentence,
    stays: Vec<Sentence>,
    asks_about: Sentence,
    taken: Option<String>,
    problem: Option<String>,
    fresh: String,
    kinds: Vec<KindRow<'a>>,
    draft: Draft,
    longest: usize,
    longest_line: usize,
    words_about: String,
    kept: Option<Sentence>,
    agent: Sentence,
    found: Option<Found>,
}

/// The page of a site.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn me_page(page: MePage<'_>) -> askama::Result<String> {
    let MePage { scene, history, choices, ending, .. } = page;
    let texts = scene.texts();
    let (words, asks) = (&texts.me, &texts.requests);
    let address = Said::own(&scene.policy.contact.address);
    let days = DAYS.to_string();
    MeTemplate {
        texts,
        sheet: &assets::PAGE_SHEET,
        about: Sentence::new(&words.about, &[("{service}", scene.service())]),
        told: page.told.map(|told| said(told, &ending, texts)),
        pending: page.pending,
        suspended: page.suspended,
        number: page.number.map(|number| number.iter().map(|byte| format!("{byte:02x}")).collect()),
        newest: choices.as_ref().and_then(|choices| choices.newest(texts)),
        apart: choices.as_ref().and_then(|choices| my_records::apart(&scene, choices)),
        records: choices.as_ref().map(|choices| my_records::rows(&scene, history, choices)),
        erase_about: my_records::erase_about(&scene, &ending),
        stays: my_records::stays(&scene, &ending),
        asks_about: Sentence::new(&asks.about, &[("{operator}", scene.operator()), ("{days}", Said::own(&days))]),
        taken: page.taken,
        problem: page.problem.map(|problem| my_requests::problem(&scene, problem)),
        fresh: page.fresh,
        kinds: my_requests::kinds(texts, page.draft.kind),
        draft: page.draft,
        longest: LONGEST_ABOUT,
        longest_line: LONGEST_LINE,
        words_about: asks.words_about.replace("{n}", &LONGEST_ABOUT.to_string()),
        kept: my_requests::kept(&scene),
        agent: Sentence::new(&asks.agent, &[("{role}", scene.contact_role()), ("{address}", address)]),
        found: page.found,
        scene,
    }
    .render()
}

fn said(told: Told, ending: &Ending, texts: &Texts) -> String {
    let words = &texts.me;
    match told {
        Told::Erased(0) => words.erased_none.clone(),
        Told::Erased(count) => {
            let until = words::date(ending.restorable_until, texts);
            words.erased.replace("{n}", &count.to_string()).replace("{date}", &until)
        }
        Told::KeptByLaw => words.erased_law.clone(),
        Told::NotErased => words.not_erased.clone(),
        Told::Resumed => words.resumed.clone(),
        Told::NotResumed => words.not_resumed.clone(),
    }
}
