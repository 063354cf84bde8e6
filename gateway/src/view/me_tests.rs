//! What the page on a visitor's records promises, and the letters of officers.

use policies::policy::history::History;
use policies::policy::texts::Texts;
use policies::rights::{Actor, Deed, Entered, Reply, Request, RequestKind, Step};
use policies::rules::catalog::Catalog;
use policies::time::DAY;
use policies::{Act, Date, Lang, Mode, Record, Regime, Signals, Timestamp};

use super::tests::{HOSTILE, scene};
use super::{Choices, Draft, Ending, Found, MePage, Problem, Told, letter, me_page};

const STARTER: &str = include_str!("../../../policies/documents/starter/opt-in.toml");

fn history(source: &str) -> History {
    let files = vec![("only".to_owned(), source.to_owned())];
    History::compile(files, &Catalog::bundled().unwrap()).unwrap()
}

fn request(last: Option<Deed>) -> Request {
    let step = |deed, days| Step {
        request: [1; 16],
        site: "shop".to_owned(),
        at: Timestamp(days * DAY),
        by: Actor::Visitor,
        deed,
    };
    let entered = Deed::Entered(Entered {
        kind: RequestKind::Deletion,
        about: "<script>about".to_owned(),
        reply: Reply::Page,
        lang: Lang::En,
        visitor: Some([7; 16]),
        authority: None,
    });
    let steps: Vec<Step> =
        [Some(step(entered, 20_000)), last.map(|deed| step(deed, 20_003))].into_iter().flatten().collect();
    Request::of_steps(&steps, Timestamp::date).unwrap()
}

fn refusal() -> Deed {
    Deed::Refused { ground: "<img src=x>\nsecond line".to_owned(), appeal: vec!["<b>Officer</b>, a@b".to_owned()] }
}

fn shown(history: &History, lang: Lang, number: bool, told: Option<Told>) -> String {
    let policy = &history.in_force(Date { year: 2030, month: 1, day: 1 }).policy;
    let token = super::tests::token(policy, policy.optional(), Act::AcceptAll);
    let mut record = Record::of_token([3; 16], "shop", policy, &token);
    record.allowed_singly = vec!["<u>single".to_owned()];
    let day = |number| Date::of_day_number(number);
    let scene = scene(policy, lang);
    me_page(MePage {
        scene,
        history,
        number: number.then_some([7; 16]),
        choices: Some(Choices { records: vec![record], more: true, apart: 2 }),
        ending: Ending { today: day(20_000), restorable_until: day(20_008), last: Some(day(19_999)), told_on: true },
        told,
        suspended: told.is_some(),
        pending: true,
        fresh: "fresh".to_owned(),
        draft: Draft {
            kind: Some(RequestKind::Complaint),
            about: "</textarea><i>".to_owned(),
            reply: "\"><i>".to_owned(),
        },
        taken: Some("REFERENCE".to_owned()),
        problem: Some(Problem::Full),
        found: Some(Found::of(&request(Some(refusal())), &scene, Timestamp::date)),
    })
    .unwrap()
}

#[test]
fn every_place_is_filled_in_every_language_and_nothing_that_people_write_is_markup() {
    let all = [Told::Erased(0), Told::Erased(3), Told::KeptByLaw, Told::NotErased, Told::Resumed, Told::NotResumed];
    for source in [STARTER, HOSTILE] {
        let history = history(source);
        for lang in Lang::ALL {
            for told in std::iter::once(None).chain(all.map(Some)) {
                let page = shown(&history, lang, true, told);
                assert!(!page.contains(['{', '}']), "{lang:?} {told:?}: {page}");
                for made in ["<script", "<img", "<i>", "<u>", "<b>Officer", "<svg"] {
                    assert!(!page.contains(made), "{made}: {page}");
                }
                let (withdraw, erase) =
                    (page.find("id=\"consent-withdraw\"").unwrap(), page.find("id=\"consent-erase\"").unwrap());
                let between = page.get(withdraw..erase).unwrap();
                assert_eq!(
                    (between.matches("<button").count(), between.matches("</div>").count()),
                    (1, 0),
                    "side by side"
                );
            }
            let without = shown(&history, lang, false, None);
            assert!(without.contains("consent-no-number") && !without.contains("consent-erase"), "{without}");
        }
    }
}

#[test]
fn what_is_erased_and_what_stays_has_its_ground_and_its_day() {
    let page = shown(&history(STARTER), Lang::En, true, None);
    for part in [
        "can be restored until 12 October 2024",
        "That you had records erased, until 4 October 2027: records of requests",
        "counts of visits and choices: 2 years (Internal policy)",
        "Protection of Communications Secrets Act",
        "The newest 1 are shown.",
        "Preferences, Analytics, Marketing, &#60;u&#62;single",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let row = "basis = \"internal_policy\"\nclasses = [\"consent\", \"withdrawn\"]";
    let law =
        "basis = \"law\"\nlaw = { ko = \"보관법\", en = \"Keeping Act\" }\nclasses = [\"consent\", \"withdrawn\"]";
    let page = shown(&history(&STARTER.replacen(row, law, 1)), Lang::En, true, None);
    assert!(page.contains("not erased: a law asks that they be kept (Keeping Act, 3 years). The last of them is destroyed after 3 October 2027."), "{page}");
    assert!(!page.contains("can be restored until") && page.contains("withdrawn: 3 years (Keeping Act)"), "{page}");
}

#[test]
fn a_letter_says_what_became_of_a_request_in_the_language_of_whoever_asked() {
    let history = history(STARTER);
    let policy = &history.in_force(Date { year: 2030, month: 1, day: 1 }).policy;
    let until = Date::of_day_number(20_030);
    let deeds = [
        Deed::Answered { words: "All is gone.".to_owned() },
        Deed::Delayed { ground: "The archive is searched.".to_owned(), until },
        refusal(),
    ];
    for lang in Lang::ALL {
        for deed in &deeds {
            let letter = letter(&request(Some(deed.clone())), policy, Texts::bundled(lang), lang);
            assert!(!letter.contains(['{', '}']) && letter.ends_with("privacy@our-site.example"), "{letter}");
            assert!(letter.split("\n\n").count() >= 3, "{letter}");
        }
    }
    let check = |deed: &Deed, parts: &[&str]| {
        let letter = letter(&request(Some(deed.clone())), policy, Texts::bundled(Lang::En), Lang::En);
        for part in parts {
            assert!(letter.contains(part), "{part}: {letter}");
        }
    };
    check(&deeds[0], &["of 4 October 2024 (To have it deleted) has been answered.", "All is gone."]);
    check(&deeds[1], &["answered by 3 November 2024", "Reason: The archive is searched."]);
    check(&deeds[2], &["is not granted", "Reason: <img src=x>\nsecond line", "You can object", "<b>Officer</b>, a@b"]);
}

#[test]
fn a_record_of_an_unknown_version_is_shown_by_its_own_words() {
    let history = history(STARTER);
    let policy = &history.in_force(Date { year: 2030, month: 1, day: 1 }).policy;
    let record = Record {
        policy: policies::PolicyVersion([9; 8]),
        granted: vec!["newsletters".to_owned()],
        refused: Vec::new(),
        regime: Regime::OptIn,
        signals: Signals::default(),
        mode: Mode::AsSet,
        ..Record::of_token([3; 16], "shop", policy, &super::tests::token(policy, policy.optional(), Act::Custom))
    };
    let choices = Choices { records: vec![record], more: false, apart: 0 };
    let rows = super::my_records::rows(&scene(policy, Lang::En), &history, &choices);
    let row = rows.first().unwrap();
    assert_eq!(
        (row.granted.as_str(), row.refused.as_str(), row.version.as_str()),
        ("newsletters", "nothing", "0909090909090909")
    );
    assert_eq!(row.when, "2027-01-03 18:13 UTC");
}
