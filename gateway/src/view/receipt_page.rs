//! The receipt as people read it, and the page that checks one.
//!
//! Refuses a script: the whole receipt stands in the page, and is taken along by a plain link. Invariant: both pages say the same of
//! a receipt, from the same facts.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use policies::Timestamp;
use policies::policy::texts::{ReceiptTexts, Texts};

use super::Scene;
use super::said::Sentence;
use super::words::moment;
use crate::assets::{self, Asset};
use crate::ledger::facts::{Facts, Stated};
use crate::ledger::letters::of_moment;

/// A place in the log: which entry, of how many, as of when.
pub type Placed = (u64, u64, Timestamp);

/// A receipt that was made out just now.
#[derive(Clone, Copy, Debug)]
pub struct Issued<'a> {
    /// What it says.
    pub facts: &'a Facts,
    /// The record's number.
    pub number: &'a str,
    /// Where it stands in the log. None: nowhere yet.
    pub placed: Option<Placed>,
    /// When to ask again where it has no place.
    pub ask_again: Timestamp,
    /// The receipt itself.
    pub signed: &'a [u8],
    /// The same in the older form.
    pub older: Option<&'a [u8]>,
    /// Whether nothing remains by which it could be found again.
    pub once: bool,
    /// Whether nothing was granted.
    pub nothing_granted: bool,
}

/// What the page of a receipt is made from.
#[derive(Clone, Debug)]
pub struct ReceiptPage<'a> {
    /// Who speaks, and where.
    pub scene: Scene<'a>,
    /// The receipt, if there is one.
    pub issued: Option<Issued<'a>>,
    /// Whether the browser names a record, so that one that is not found is gone.
    pub had_number: bool,
}

/// What came of a check.
#[derive(Clone, Copy, Debug)]
pub enum Verdict<'a> {
    /// Nothing was handed in yet.
    Unasked,
    /// It is a receipt, and unchanged.
    Good {
        /// What it says.
        facts: &'a Facts,
        /// The record's number.
        number: &'a str,
        /// Where it stands in the log.
        placed: Option<Placed>,
        /// When it was made out.
        issued: Timestamp,
    },
    /// It is none; why.
    Bad(fn(&ReceiptTexts) -> &String),
}

/// What the page that checks receipts is made from.
#[derive(Clone, Copy, Debug)]
pub struct CheckPage<'a> {
    /// Who speaks, and where.
    pub scene: Scene<'a>,
    /// What came of it.
    pub verdict: Verdict<'a>,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    sheet: &'static Asset,
    about: Sentence,
    missing: &'a str,
    rows: Option<Rows<'a>>,
    text: String,
    once: bool,
    signed: String,
    older: Option<String>,
    number: &'a str,
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckTemplate<'a> {
    scene: Scene<'a>,
    texts: &'a Texts,
    sheet: &'static Asset,
    rows: Option<Rows<'a>>,
    bad: Option<&'a str>,
}

/// A receipt's facts, row by row.
struct Rows<'a> {
    facts: &'a Facts,
    number: &'a str,
    issued: Option<String>,
    given: Vec<&'a Stated>,
    refused: Vec<&'a Stated>,
    log: String,
    /// Some where the facts are in another language than the page.
    lang: Option<&'a str>,
}

impl<'a> Rows<'a> {
    fn of(scene: &Scene<'a>, facts: &'a Facts, number: &'a str, log: String) -> Self {
        let stated = |given: bool| facts.purposes.iter().filter(|stated| stated.given == given).collect();
        let lang = (facts.language != scene.tag()).then_some(facts.language.as_str());
        Self { facts, number, issued: None, given: stated(true), refused: stated(false), log, lang }
    }

    /// When the choice was made.
    fn made(&self) -> String {
        shown(&self.facts.made)
    }

    /// Until when it holds.
    fn valid_until(&self) -> Option<String> {
        self.facts.valid_until.as_deref().map(shown)
    }

    /// What was allowed and what refused, each under its name.
    fn sides<'s>(&'s self, words: &'s ReceiptTexts) -> [(&'s str, &'s [&'a Stated]); 2] {
        [(&words.given, &self.given), (&words.refused, &self.refused)]
    }
}

/// A moment of a receipt as pages tell moments.
fn shown(written: &str) -> String {
    of_moment(written).map_or_else(|| written.to_owned(), moment)
}

fn placed(words: &ReceiptTexts, (place, size, made): Placed) -> String {
    let filled = words.placed.replace("{place}", &place.saturating_add(1).to_string());
    filled.replace("{size}", &size.to_string()).replace("{date}", &moment(made))
}

/// The page of a receipt.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn receipt_page(page: &ReceiptPage<'_>) -> askama::Result<String> {
    let ReceiptPage { scene, issued, had_number } = page;
    let texts = scene.texts();
    let words = &texts.receipt;
    let rows = issued.as_ref().map(|issued| {
        let pending = || words.pending.replace("{date}", &moment(issued.ask_again));
        let log = issued.placed.map_or_else(pending, |at| placed(words, at));
        Rows::of(scene, issued.facts, issued.number, log)
    });
    let once = issued.is_some_and(|issued| issued.once);
    ReceiptTemplate {
        texts,
        sheet: &assets::PAGE_SHEET,
        about: Sentence::new(&words.about, &[("{service}", scene.service())]),
        missing: if *had_number { &words.gone } else { &words.none },
        rows,
        text: issued.map(|issued| String::from_utf8_lossy(issued.signed).into_owned()).unwrap_or_default(),
        once,
        signed: issued.map(|issued| taken(scene, issued.signed, once, "jsonld")).unwrap_or_default(),
        older: issued.and_then(|issued| Some(taken(scene, issued.older?, once, "kantara"))),
        number: issued.map(|issued| issued.number).unwrap_or_default(),
        scene: *scene,
    }
    .render()
}

/// Where a form of the receipt is taken from: what can't be found again stands in the link itself.
fn taken(scene: &Scene<'_>, bytes: &[u8], once: bool, form: &str) -> String {
    if once {
        format!("data:application/json;base64,{}", STANDARD.encode(bytes))
    } else {
        format!("{}&form={form}", scene.receipt())
    }
}

/// The page that checks receipts.
///
/// # Errors
/// None in practice: writing into a string does not fail.
pub fn check_page(page: CheckPage<'_>) -> askama::Result<String> {
    let CheckPage { scene, verdict } = page;
    let texts = scene.texts();
    let words = &texts.receipt;
    let (rows, bad) = match verdict {
        Verdict::Unasked => (None, None),
        Verdict::Bad(why) => (None, Some(why(words).as_str())),
        Verdict::Good { facts, number, placed: at, issued } => {
            let log = at.map_or_else(|| words.no_proof.clone(), |at| placed(words, at));
            (Some(Rows { issued: Some(moment(issued)), ..Rows::of(&scene, facts, number, log) }), None)
        }
    };
    CheckTemplate { texts, sheet: &assets::PAGE_SHEET, rows, bad, scene }.render()
}

#[cfg(test)]
mod tests {
    use policies::Lang;

    use super::*;
    use crate::config::HostMode;
    use crate::view::said::Said;
    use crate::view::tests::scene;

    fn facts() -> Facts {
        let stated =
            |id: &str, given| Stated { given, id: id.to_owned(), name: format!("<{id}>"), ..Stated::default() };
        Facts {
            operator: "Shop <Ltd>".to_owned(),
            language: "en".to_owned(),
            purposes: vec![stated("analytics", true), stated("marketing", false)],
            withdraw_at: "https://shop.example/.consent/settings?lang=en".to_owned(),
            ..Facts::default()
        }
    }

    fn shown(site: &crate::site::Site, lang: Lang) -> Scene<'_> {
        Scene { back: "/a?b=\"c", form_seal: "seal", ..scene(&site.config.policy, lang) }
    }

    #[test]
    fn a_receipt_is_read_in_the_page_and_taken_along_by_a_link() {
        let site = crate::site::sample("http://127.0.0.1:1", HostMode::Visitor);
        let facts = facts();
        for (lang, once) in Lang::ALL.into_iter().flat_map(|lang| [(lang, false), (lang, true)]) {
            let issued = Issued {
                facts: &facts,
                number: "0102",
                placed: (!once).then_some((4, 9, Timestamp(0))),
                ask_again: Timestamp(60),
                signed: b"{\"a\": \"<b>\"}",
                older: None,
                once,
                nothing_granted: once,
            };
            let page = ReceiptPage { scene: shown(&site, lang), issued: Some(issued), had_number: !once };
            let page = receipt_page(&page).unwrap();
            assert!(!page.contains("<b>\"}") && !page.contains("<Ltd>") && !page.contains("<analytics>"), "{page}");
            assert!(page.contains("0102") && page.contains("Shop "), "{page}");
            assert_eq!(page.contains("data:application/json;base64,"), once, "{page}");
            assert_eq!(page.contains("form=jsonld"), !once, "{page}");
            assert_eq!(page.contains("1970-01-01 00:01 UTC"), once, "{page}");
            assert!(!page.contains("<script") && !page.contains('{') || page.contains("{&#34;a&#34;"), "{page}");
        }
        let none = ReceiptPage { scene: shown(&site, Lang::En), issued: None, had_number: false };
        assert!(receipt_page(&none).unwrap().contains(&Texts::bundled(Lang::En).receipt.none));
    }

    #[test]
    fn a_check_tells_what_came_of_it() {
        let site = crate::site::sample("http://127.0.0.1:1", HostMode::Visitor);
        let facts = facts();
        for lang in Lang::ALL {
            let words = &Texts::bundled(lang).receipt;
            let page = |verdict| check_page(CheckPage { scene: shown(&site, lang), verdict }).unwrap();
            let escaped = |text: &str| Said::own(text).to_string();
            let asked = page(Verdict::Unasked);
            assert!(asked.contains("multipart/form-data") && !asked.contains("consent-verdict"), "{asked}");
            assert!(page(Verdict::Bad(|words| &words.bad_key)).contains(&escaped(&words.bad_key)));
            let good = Verdict::Good { facts: &facts, number: "0102", placed: None, issued: Timestamp(0) };
            let good = page(good);
            assert!(good.contains(&escaped(&words.good)) && good.contains(&escaped(&words.no_proof)), "{good}");
        }
    }
}
