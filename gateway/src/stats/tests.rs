//! From an event to an answer, through a real store.

use std::sync::Arc;

use policies::consent::{Answers, Choice, Terms};
use policies::{Act, Date, Decision, Policy, Regime, Timestamp, Token, decide};
use tempfile::TempDir;

use super::ask::{Counted, Frame, ask, counted, values};
use super::figures::{Shown, State};
use super::measure::{Measure, PurposeMeasure};
use super::question::{Cut, Dimension, Question, Refused, Resolution};
use super::*;
use crate::config::HostMode;
use crate::site::Site;
use crate::store::{Batch, Limits, RunRow, Store, Unsaved};

/// 2024-02-29T12:00:00Z: in Seoul nine in the evening.
const NOON: Timestamp = Timestamp(1_709_208_000);
const LEAP_DAY: Date = Date { year: 2024, month: 2, day: 29 };

fn site() -> Site {
    crate::site::sample("http://127.0.0.1:1", HostMode::Visitor)
}

fn opened() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&crate::store::Place::sample(folder.path()), &Limits::default()).unwrap();
    (folder, store)
}

fn traits(device: Device, crowd: Crowd) -> Traits {
    let seen_as = SeenAs { device, crowd };
    Traits { lang: Some(policies::Lang::Ko), region: Region::NotAsked, seen_as, regime: Regime::OptIn, gpc: false }
}

const PHONE: SeenAs = SeenAs { device: Device::Phone, crowd: Crowd::People };

fn scene<'s>(site: &'s Site, place: Place<'s>) -> Scene<'s> {
    Scene { site, traits: traits(PHONE.device, PHONE.crowd), place, now: NOON }
}

fn terms() -> Terms {
    crate::config::Regions::everywhere(Regime::OptIn).terms(None)
}

fn owing(policy: &Policy) -> Decision {
    decide(policy, terms(), None, policies::Signals { gpc: false }, NOON)
}

fn token(policy: &Policy, act: Act, purposes: &[&str]) -> Token {
    let answers = Answers { purposes: purposes.to_vec(), ..Answers::default() };
    let choice = Choice::new(policy, act, &answers, None).unwrap();
    Token {
        policy: policy.version,
        granted: choice.granted,
        exceptions: choice.exceptions,
        act,
        mode: choice.mode,
        regime: Regime::OptIn,
        lang: None,
        signals: policies::Signals { gpc: false },
        made: NOON,
        shared: false,
        sweep: None,
        unrecorded: None,
        ids: None,
        guardian: None,
        suspended: false,
    }
}

/// What was counted, over the leap day in Seoul.
async fn told(tally: &Arc<Tally>, cut: Cut) -> (Counted, Vec<Counted>) {
    let (_folder, store) = opened();
    flush_once(&[Arc::clone(tally) as Arc<dyn Unsaved>], &store, true).await.unwrap();
    let question =
        Question { site: Some(site().config.name), from: LEAP_DAY, to: LEAP_DAY, resolution: Resolution::Hour, cut };
    let (whole, parts, _) = counted(store.archive(), &question).await.unwrap();
    (whole, parts)
}

fn tally() -> Arc<Tally> {
    Arc::new(Tally::new(|| NOON))
}

#[tokio::test]
async fn a_page_is_counted_for_what_it_was() {
    let (site, tally) = (site(), tally());
    let decision = owing(&site.config.policy);
    let page = |entering, decided| Page { entering, decided };
    let people = scene(&site, Place::Page("/shop/cart?id=1"));
    tally.page(&people, page(true, Some(&decision)));
    tally.page(&people, page(false, Some(&decision)));
    tally.page(&people, page(true, None));
    tally.rendered(&people);
    let gpc = Scene { traits: Traits { gpc: true, ..people.traits }, ..people };
    tally.page(&gpc, page(true, Some(&decision)));
    let of = |crowd| Scene { traits: traits(Device::Desktop, crowd), ..people };
    tally.page(&of(Crowd::Ahead), page(false, Some(&decision)));
    tally.page(&of(Crowd::Programs), page(true, Some(&decision)));
    tally.rendered(&of(Crowd::Programs));
    let (whole, parts) = told(&tally, Cut::By(Dimension::Signal)).await;
    let counts = |of: &Counted| {
        [
            Measure::Pages,
            Measure::Decided,
            Measure::Visits,
            Measure::Owed,
            Measure::VisitsOwed,
            Measure::Rendered,
            Measure::Gpc,
            Measure::VisitsGpc,
            Measure::Ahead,
            Measure::Bots,
        ]
        .map(|measure| of.total.of(measure))
    };
    assert_eq!(counts(&whole), [4, 3, 3, 3, 2, 1, 1, 1, 1, 1]);
    assert_eq!(parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>(), ["none", "gpc"]);
    assert_eq!(whole.steps.iter().position(|step| !step.is_empty()), Some(21), "by the site's own clock");
}

#[tokio::test]
async fn an_answer_and_a_change_are_told_apart() {
    let (site, tally) = (site(), tally());
    let policy = &site.config.policy;
    let (form, owed) = (scene(&site, Place::Of("/")), owing(policy));
    let held = |token: &Token| decide(policy, terms(), Some(token), policies::Signals { gpc: false }, NOON);
    let (all, none) = (token(policy, Act::AcceptAll, &[]), token(policy, Act::RefuseAll, &[]));
    let some = token(policy, Act::Custom, &["analytics"]);
    let chosen = |token, before, known, plain, waited| Chosen { token, before, known, plain, waited };
    tally.choice(&form, chosen(&all, &owed, false, false, Some(1)));
    tally.choice(&form, chosen(&none, &owed, false, true, None));
    tally.choice(&form, chosen(&some, &owed, true, false, Some(10)));
    let (taken_back, held_all, held_some) = (token(policy, Act::Withdraw, &[]), held(&all), held(&some));
    tally.choice(&form, chosen(&taken_back, &held_all, true, false, Some(9_999)));
    tally.choice(&form, chosen(&all, &held_some, true, false, None));
    let whole = told(&tally, Cut::Whole).await.0.total;
    let counts = |measures: &[Measure]| measures.iter().map(|measure| whole.of(*measure)).collect::<Vec<_>>();
    use Measure::{
        AcceptAll, Agreed, Answers, Changes, Custom, First, Plain, RefuseAll, Renewed, TakenBack, Withdrawn,
    };
    assert_eq!(counts(&[Answers, First, Renewed, Plain, Agreed]), [3, 2, 1, 1, 2]);
    assert_eq!(counts(&[AcceptAll, RefuseAll, Custom, Changes, TakenBack, Withdrawn]), [1, 1, 1, 2, 1, 1]);
    assert_eq!(counts(&Measure::WAITS.map(|(measure, _)| measure)), [1, 0, 0, 1, 0, 0, 0]);
    let analytics = PurposeMeasure::ALL.map(|measure| whole.of_purpose("analytics", measure));
    assert_eq!(analytics, [0, 2, 1, 0, 1], "seen, granted, refused, gained, lost");
    assert_eq!(whole.of_purpose("marketing", PurposeMeasure::Gained), 1);
}

#[tokio::test]
async fn all_workers_are_added_up_and_each_dimension_is_whole() {
    let (site, tally) = (site(), tally());
    let other = tally.for_another();
    let page = Page { entering: true, decided: None };
    for (place, times) in
        [(Place::Page("/a/1"), 3), (Place::Page("/b"), 2), (Place::Of("/never-seen"), 1), (Place::Nowhere, 1)]
    {
        for _ in 0..times {
            tally.page(&scene(&site, place), page);
            other.page(&scene(&site, place), page);
        }
    }
    let (_folder, store) = opened();
    flush_once(&[Arc::clone(&tally) as Arc<dyn Unsaved>], &store, true).await.unwrap();
    for dimension in Dimension::ALL {
        let cut = Cut::By(dimension);
        let question = Question {
            site: Some(site.config.name.clone()),
            from: LEAP_DAY,
            to: LEAP_DAY,
            resolution: Resolution::Day,
            cut,
        };
        let (whole, parts, _) = counted(store.archive(), &question).await.unwrap();
        let pages = |of: &Counted| of.total.of(Measure::Pages);
        assert_eq!((pages(&whole), parts.iter().map(pages).sum::<u64>()), (14, 14), "{dimension}");
        if dimension == Dimension::PageGroup {
            let groups: Vec<_> = parts.iter().map(|part| (part.value.as_str(), pages(part))).collect();
            assert_eq!(groups, [("/a", 6), ("/b", 4), ("other", 4)]);
        }
    }
}

#[test]
fn what_could_not_be_stored_comes_again_and_is_bounded() {
    let (site, tally) = (site(), tally());
    let paths: Vec<String> = (0..90).map(|number| format!("/p{number}x/y")).collect();
    for path in &paths {
        tally.page(&scene(&site, Place::Page(path)), Page { entering: false, decided: None });
    }
    let groups = |batch: &Batch| {
        let of_groups = batch.figures.iter().filter(|row| row.cell.dimension == "page_group");
        let counts: Vec<_> = of_groups.map(|row| (row.cell.value.clone(), row.counts.of(Measure::Pages))).collect();
        (counts.len(), counts.iter().find(|(value, _)| value == OTHER).map(|(_, count)| *count))
    };
    let some = tally.take(5, false);
    assert_eq!((some.figures.len(), some.runs.len()), (5, 0), "that the time is counted is told behind its counts");
    tally.put_back(some);
    let all = tally.take(usize::MAX, false);
    assert_eq!(groups(&all), (41, Some(50)), "forty groups, and the rest together");
    let run = RunRow { id: all.runs[0].id, began: NOON, until: NOON };
    assert_eq!(all.runs, [run]);
    tally.put_back(all.clone());
    assert_eq!(tally.take(usize::MAX, true), all);
    assert_eq!(tally.take(usize::MAX, true), Batch::default());
}

#[tokio::test]
async fn an_answer_says_what_may_be_told() {
    let (site, tally) = (site(), tally());
    for number in 0..23 {
        let device = if number < 3 { Device::Tablet } else { Device::Phone };
        let scene = Scene { traits: traits(device, Crowd::People), ..scene(&site, Place::Page("/")) };
        tally.page(&scene, Page { entering: number == 0, decided: Some(&owing(&site.config.policy)) });
    }
    let (_folder, store) = opened();
    flush(vec![Arc::clone(&tally) as Arc<dyn Unsaved>], store.clone(), std::future::ready(())).await;
    let zone = site.config.life.zone().clone();
    let frame = Frame { zone, now: NOON.plus_seconds(30), threshold: disclosure::Threshold::default() };
    let question = Question {
        site: Some(site.config.name.clone()),
        from: Date { day: 28, ..LEAP_DAY },
        to: Date::of_day_number(LEAP_DAY.day_number() + 1),
        resolution: Resolution::Day,
        cut: Cut::By(Dimension::Device),
    };
    let answer = ask(store.archive(), &question, &frame).await.unwrap();
    assert_eq!(
        answer.buckets.iter().map(|step| step.state).collect::<Vec<_>>(),
        [State::Before, State::Running, State::ToCome]
    );
    assert_eq!(answer.whole.total.of(Measure::Pages), Shown::Count(25));
    assert_eq!(answer.whole.total.of(Measure::Visits), Shown::Count(1), "a small whole is no secret");
    let parts: Vec<_> = answer.parts.iter().map(|part| (part.value.as_str(), part.total.of(Measure::Pages))).collect();
    assert_eq!(parts, [("phone", Shown::Count(20)), ("tablet", Shown::Below(5))]);
    assert_eq!(answer.parts[0].total.of(Measure::Visits), Shown::Below(5), "whose visit it was is one");
    assert_eq!((answer.gaps.len(), answer.policies.len(), answer.definitions), (0, 1, DEFINITIONS));
    let all = values(store.archive(), None, LEAP_DAY, LEAP_DAY).await.unwrap();
    let devices = all.iter().find(|values| values.dimension == Dimension::Device).unwrap();
    assert_eq!(devices.values, ["phone", "tablet"]);
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!((&json["totals"]["pages"], &json["parts"][1]["totals"]["pages"]), (&25.into(), &"<5".into()));
}

#[tokio::test]
async fn questions_without_an_answer_say_what_is_allowed() {
    let (_folder, store) = opened();
    let question = |from: &str, to: &str, resolution, cut| {
        let day = |text| Date::parse(text).unwrap();
        Question { site: None, from: day(from), to: day(to), resolution, cut }
    };
    let check = async |question: Question, expect: Refused| match counted(store.archive(), &question).await {
        Err(ask::AskError::Refused(refused)) => assert_eq!(refused, expect),
        other => panic!("{other:?}"),
    };
    let day = |text| Date::parse(text).unwrap();
    let backwards = Refused::Backwards { from: day("2024-03-02"), to: day("2024-03-01") };
    check(question("2024-03-02", "2024-03-01", Resolution::Day, Cut::Whole), backwards).await;
    let too_long = Refused::TooLong { days: 60, resolution: Resolution::Hour, most: 33 };
    check(question("2024-01-01", "2024-02-29", Resolution::Hour, Cut::Whole), too_long).await;
    let own = Refused::NotCommon(Dimension::PageGroup);
    check(question("2024-01-01", "2024-01-01", Resolution::Day, Cut::By(Dimension::PageGroup)), own).await;
}
