//! What the views promise, over the policies that come with the project and over one written to break them.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use policies::consent::{Exceptions, ItemKey, Terms};
use policies::policy::compile;
use policies::policy::wording::Wording;
use policies::rules::catalog::Catalog;
use policies::{Act, Lang, Mode, Policy, PurposeSet, Regime, Signals, Timestamp, Token, decide};

use super::{
    FORM_BUDGET, Guessed, Kept, OptOut, Placement, PolicyPage, Scene, SettingsPage, Styling, error_page, policy_page,
    settings_link, settings_page,
};

pub(super) const HOSTILE: &str = r#"
format = 1
service = { ko = "<b>가게", en = "</title><script>alert(1)</script>" }
operator = { ko = "\"><img src=x>", en = "\"><img src=x>" }
effective = "2026-01-01"
regime = "opt-in"
[contact]
role = { ko = "<i>", en = "<i>" }
address = "javascript:alert(1)//a@b"
[section]
title = { ko = "</h2><script>", en = "</h2><script>" }
paragraphs = [{ ko = "<style>*{}</style>", en = "</consent-banner><script>" }]
refusal_modes = ["allow_all", "refuse_all"]
[[purposes]]
id = "necessary"
category = "necessary"
name = { ko = "<s>", en = "<s>" }
about = { ko = "'\"&lt;", en = "'\"&lt;" }
[[purposes]]
id = "statistics"
category = "analytics"
name = { ko = "<u>", en = "<u>" }
about = { ko = "<a href=x>", en = "<a href=x>" }
consequence = { ko = "<a href=x>", en = "<a href=x>" }
[recipients.operator]
company = { ko = "<svg onload=x>", en = "<svg onload=x>" }
country = "KR"
privacy = "https://a.example/\"onclick=\"x@b"
[[cookies]]
name = "session"
purpose = "necessary"
recipient = "operator"
what = { ko = "<script>", en = "<script>" }
lifetime = "session"
"#;

pub(super) fn scene(policy: &Policy, lang: Lang) -> Scene<'_> {
    Scene {
        policy,
        wording: Wording::built_in(),
        lang,
        languages: &Lang::ALL,
        prefix: "/.consent/",
        back: "/a?b=1&c=\"<x>",
        form_seal: "q3-Zk_0a",
        nonce: None,
        look: None,
        opt_out: OptOut::Elsewhere,
    }
}

/// For who holds nothing from before.
fn banner(scene: Scene<'_>, styling: Styling, placement: Placement) -> askama::Result<String> {
    super::banner(scene, styling, placement, &Kept::default())
}

/// The policy page of a version that is the only one.
fn alone(policy: &Policy, lang: Lang) -> String {
    let (scene, guessed) = (scene(policy, lang), Guessed::of("", ""));
    policy_page(PolicyPage { scene, regime: policy.regime, guessed, versions: &[], recovery_days: 9, body: None })
        .unwrap()
}

fn read(source: &str) -> Policy {
    compile(source, &Catalog::bundled().unwrap()).unwrap()
}

/// Every policy document of the project with its name.
fn documents() -> Vec<(String, Policy)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/documents");
    let catalog = Catalog::bundled().unwrap();
    let mut found = Vec::new();
    for service in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(service.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let source = std::fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), compile(&source, &catalog).unwrap()));
        }
    }
    assert!(found.len() >= 8, "{} documents", found.len());
    found
}

fn gzip(text: &str) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap().len()
}

fn settings(policy: &Policy, lang: Lang, token: Option<&Token>, gpc: bool) -> String {
    let signals = Signals { gpc };
    let decision = decide(policy, Terms::of(policy.regime), token, signals, Timestamp(1_800_000_000));
    settings_page(&SettingsPage {
        scene: scene(policy, lang),
        decision: &decision,
        token,
        signals,
        cookie_names: &[b"session", b"consent", b"<who>\xff"],
        waiting: Vec::new(),
        lost: false,
        guardian: false,
        suspended: false,
        own_cookie: "consent",
        notice_cookie: "consent-notice",
        guessed: Guessed::of("", ""),
        saved: false,
    })
    .unwrap()
}

pub(super) fn token(policy: &Policy, granted: PurposeSet, act: Act) -> Token {
    Token {
        policy: policy.version,
        granted,
        exceptions: Exceptions::NONE,
        shared: false,
        sweep: None,
        act,
        mode: Mode::AsSet,
        regime: Regime::OptIn,
        lang: None,
        signals: Signals::default(),
        made: Timestamp(1_799_000_000),
        unrecorded: None,
        ids: None,
        guardian: None,
        suspended: false,
    }
}

#[test]
fn form_and_sheet_stay_within_their_budget() {
    let mut over = Vec::new();
    for (name, policy) in documents() {
        for lang in Lang::ALL {
            let size = gzip(&banner(scene(&policy, lang), Styling::Inline, Placement::Shown).unwrap());
            if size > FORM_BUDGET {
                over.push((name.clone(), lang, size));
            }
        }
    }
    assert!(over.is_empty(), "{over:?}");
}

#[test]
fn accept_and_refuse_differ_in_name_and_word_alone() {
    for (_, policy) in documents() {
        for lang in Lang::ALL {
            let texts = policies::policy::texts::Texts::bundled(lang);
            for page in [
                banner(scene(&policy, lang), Styling::Inline, Placement::Shown).unwrap(),
                settings(&policy, lang, None, false),
            ] {
                let accept = element(&page, "consent-accept");
                let expected = accept
                    .replace("consent-accept", "consent-refuse")
                    .replace("accept_all", "refuse_all")
                    .replace(&texts.banner.accept, &texts.banner.refuse);
                assert_eq!(element(&page, "consent-refuse"), expected);
                assert!(page.contains(&format!("{accept}\n{expected}")), "they stand side by side");
            }
        }
    }
}

fn element<'a>(page: &'a str, id: &str) -> &'a str {
    let start = page.find(&format!("<button id=\"{id}\"")).unwrap();
    let (_, rest) = page.split_at(start);
    rest.split_inclusive("</button>").next().unwrap()
}

#[test]
fn nothing_is_ticked_for_the_visitor_and_the_first_button_saves_the_ticks() {
    for (name, policy) in documents() {
        let page = banner(scene(&policy, Lang::Ko), Styling::Inline, Placement::Shown).unwrap();
        let (_, form) = page.split_once("<form").unwrap();
        assert!(!form.contains(" checked"), "{name}");
        assert!(form.find("consent-save") < form.find("consent-accept"), "{name}");
        assert_eq!(form.matches("name=\"purpose\"").count(), policy.optional().iter().count(), "{name}");
    }
}

#[test]
fn hostile_words_stay_words() {
    let policy = read(HOSTILE);
    for lang in Lang::ALL {
        let own_scripts = |page: &str| {
            page.matches("<script").count()
                - page.matches("<script type=\"module\" async=\"\" src=\"/.consent/").count()
        };
        let pages = [
            banner(scene(&policy, lang), Styling::Linked, Placement::Shown).unwrap(),
            settings(&policy, lang, None, true),
            alone(&policy, lang),
            settings_link(scene(&policy, lang), Styling::Linked, Mode::AsSet).unwrap(),
        ];
        for page in pages {
            assert_eq!(own_scripts(&page), 0, "{page}");
            for made in
                ["<img", "<svg", "<i>", "<u>", "<s>", "<style", "<who>", "<x>", "href=\"javascript", "\"onclick"]
            {
                assert!(!page.contains(made), "{made}: {page}");
            }
            assert!(page.matches("<h2 id=\"consent-title\"").count() <= 1);
        }
    }
}

#[test]
fn what_goes_into_pages_is_well_formed_xml() {
    let policies = documents().into_iter().map(|(_, policy)| policy).chain([read(HOSTILE)]);
    for policy in policies {
        for (lang, styling) in [(Lang::Ko, Styling::Inline), (Lang::En, Styling::Linked)] {
            for markup in [
                banner(scene(&policy, lang), styling, Placement::Shown).unwrap(),
                banner(scene(&policy, lang), styling, Placement::Asleep).unwrap(),
                settings_link(scene(&policy, lang), styling, Mode::Ask).unwrap(),
            ] {
                let page = format!("<body xmlns=\"http://www.w3.org/1999/xhtml\">{markup}</body>");
                let read = roxmltree::Document::parse(&page);
                assert!(read.is_ok(), "{}: {markup}", read.unwrap_err());
            }
        }
    }
}

#[test]
fn the_sheet_stands_inside_or_is_linked() {
    let (_, policy) = documents().swap_remove(0);
    let inline = banner(scene(&policy, Lang::En), Styling::Inline, Placement::Shown).unwrap();
    assert!(inline.contains("<style>") && !inline.contains("stylesheet"));
    let linked = banner(scene(&policy, Lang::En), Styling::Linked, Placement::Shown).unwrap();
    assert!(!linked.contains("<style>") && linked.contains("rel=\"stylesheet\""));
    let asleep = banner(scene(&policy, Lang::En), Styling::Linked, Placement::Asleep).unwrap();
    assert!(!asleep.contains("stylesheet") && !asleep.contains(".wasm") && asleep.contains(" hidden=\"\">"));
    assert!(asleep.contains("<noscript><a "));
}

fn ticked_purposes(page: &str) -> usize {
    let boxes = page.split("name=\"purpose\"").skip(1);
    boxes.filter(|rest| rest.split('>').next().is_some_and(|tag| tag.ends_with(" checked"))).count()
}

#[test]
fn settings_show_single_answers_and_how_cookies_are_kept() {
    let (_, policy) = documents().into_iter().find(|(name, _)| name.contains("opt-in")).unwrap();
    let rule = policy.cookies.find(b"_ga").unwrap();
    let key = ItemKey::of_cookie(&rule.pattern);
    let exceptions = Exceptions::NONE.with(key, false).unwrap();
    let token =
        Token { exceptions, mode: Mode::Session, shared: true, ..token(&policy, policy.optional(), Act::Custom) };
    let page = settings(&policy, Lang::En, Some(&token), false);
    assert!(page.contains(&format!("value=\"{key}:no\" selected")), "the answer is shown");
    assert_eq!(page.matches(" selected").count(), 1);
    assert!(page.contains("value=\"session\" checked") && page.contains("name=\"shared\" value=\"yes\" checked"));
    let plain = settings(&policy, Lang::En, None, false);
    assert!(
        plain.contains("Google LLC (google-ads)") && plain.contains("Google LLC (google-tag-manager)"),
        "told apart"
    );
    assert!(plain.contains("value=\"as_set\" checked") && !plain.contains(" selected"));
}

#[test]
fn settings_show_what_holds() {
    let (_, policy) = documents().into_iter().find(|(_, policy)| policy.optional().iter().count() > 2).unwrap();
    let one: PurposeSet = policy.optional().iter().take(1).collect();
    let chosen = settings(&policy, Lang::En, Some(&token(&policy, one, Act::Custom)), false);
    assert_eq!(ticked_purposes(&chosen), 1);
    assert!(chosen.contains("Chosen on 2027-01-03") && chosen.contains("value=\"withdraw\""));
    let first = settings(&policy, Lang::En, None, false);
    assert!(ticked_purposes(&first) == 0 && !first.contains("value=\"withdraw\""));
    assert!(first.contains("remembers this setting") && first.contains("not named in the policy"));
}

#[test]
fn the_signal_is_told_with_its_rule() {
    for (name, policy) in documents() {
        let speaks = policy.purposes.iter().any(|purpose| purpose.category.refused_by_gpc());
        assert_eq!(settings(&policy, Lang::Ko, None, true).contains("consent-gpc"), speaks, "{name}");
        assert!(!settings(&policy, Lang::Ko, None, false).contains("consent-gpc"), "{name}");
    }
}

#[test]
fn the_policy_page_tells_everything_that_is_declared() {
    for (name, policy) in documents() {
        for lang in Lang::ALL {
            let page = alone(&policy, lang);
            for rule in policy.cookies.declared() {
                assert!(page.contains(&rule.pattern.to_string()), "{name}: {}", rule.pattern);
            }
            for tracker in policy.trackers.declared() {
                let held = matches!(tracker.usage, policies::rules::tracker::TrackerUse::Purpose(_));
                assert!(!held || page.contains(&tracker.host), "{name}: {}", tracker.host);
            }
            assert_eq!(page.matches("<section class=\"card\"").count(), policy.purposes.len());
            assert!(page.contains(&policy.effective.to_string()) && page.contains(&policy.contact.address));
        }
    }
}

#[test]
fn an_error_is_said_in_two_languages() {
    let page = error_page(Wording::built_in(), Lang::Ko, 502, |error| &error.origin_down).unwrap();
    assert!(page.contains("<html lang=\"ko\"") && page.contains("<p lang=\"en\">The site does not answer."));
    let page = error_page(Wording::built_in(), Lang::De, 502, |error| &error.origin_down).unwrap();
    assert!(page.contains("Die Website antwortet nicht.") && page.contains("<p lang=\"en\">The site does not answer."));
}

#[test]
fn what_a_policy_does_not_say_in_a_language_is_marked_as_english_and_our_own_words_are_not() {
    let starter = include_str!("../../../policies/documents/starter/opt-in.toml");
    let policy = read(&starter.replacen("title = { ko =", "title = { de = \"Cookies hier\", ko =", 1));
    let texts = policies::policy::texts::Texts::bundled(Lang::De);
    for page in [
        banner(scene(&policy, Lang::De), Styling::Inline, Placement::Shown).unwrap(),
        settings(&policy, Lang::De, None, true),
        alone(&policy, Lang::De),
    ] {
        let name = |index: usize| &policy.purposes[index].name.en;
        assert!(page.contains(&format!("<span lang=\"en\">{}</span>", name(1))), "{page}");
        assert!(
            page.contains(&texts.banner.always)
                && !page.contains(&format!("<span lang=\"en\">{}", texts.banner.always))
        );
    }
    let page = banner(scene(&policy, Lang::De), Styling::Inline, Placement::Shown).unwrap();
    assert!(page.contains("<h2 id=\"consent-title\">Cookies hier</h2>"), "{page}");
    for lang in Lang::NEEDED {
        let page = settings(&policy, lang, None, true);
        assert!(!page.contains("<span lang"), "{page}");
    }
}

#[test]
fn every_page_offers_every_language_and_marks_its_own() {
    let (_, policy) = documents().swap_remove(0);
    for lang in Lang::ALL {
        for page in [settings(&policy, lang, None, false), alone(&policy, lang)] {
            for other in Lang::ALL {
                let name = &policies::policy::texts::Texts::bundled(other).banner.this_language;
                let current = if other == lang { " aria-current=\"true\"" } else { "" };
                let tag = other.tag();
                assert!(page.contains(&format!("hreflang=\"{tag}\" lang=\"{tag}\"{current}>{name}</a>")), "{page}");
            }
        }
    }
}
