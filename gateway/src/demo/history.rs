//! Six weeks of counts that never happened, so that the demo's statistics have something to show.
//!
//! Refuses to pass for anything else: a note on their first day says so in every chart, and the guide says it too. They end where the demo begins;
//! what visitors of the demo do is counted behind them. Invariant: parts of each dimension add up to their whole.

use std::collections::BTreeMap;

use policies::time::DAY;
use policies::{Date, Timestamp};

use super::service::Service;
use crate::config::{Config, SiteConfig};
use crate::stats::measure::{Counts, Measure, PurposeMeasure};
use crate::stats::question::Dimension;
use crate::store::{ALL_SITES, Batch, Cell, Error, FigureRow, Limits, Note, Place, RunRow, Store};

/// Days of it.
const DAYS: i64 = 42;

/// Days before today of which each hour is counted; of earlier ones everything stands at noon.
const BY_HOUR: i64 = 2;

/// Days before today in which nobody counted for some hours, and on which a campaign began.
const GAP: i64 = 19;
const CAMPAIGN: i64 = 12;

/// Rows of one batch.
const BATCH: usize = 2_000;

/// Shares of visits by value, in thousandths, and by how many thousandths agreement differs from the site's.
type Shares = &'static [Share<'static>];

/// One value with its share and its tilt.
type Share<'s> = (&'s str, u64, i64);

const DEVICES: Shares = &[("phone", 560, -60), ("desktop", 360, 80), ("tablet", 60, 10), ("other", 20, 0)];
const LANGUAGES: Shares = &[("ko", 820, 10), ("en", 130, -40), ("ja", 35, -20), ("zh-Hans", 15, 0)];
const GROUPS: Shares = &[("/", 380, 0), ("/product", 310, 30), ("/support", 210, -20), ("other", 100, 0)];

/// Stores it all where nothing was counted before.
pub(super) async fn begin(place: &Place, config: &Config, now: Timestamp) -> Result<(), Error> {
    let store = Store::open(place, &Limits::default())?;
    if store.archive().began().await?.is_none() {
        let (figures, notes) = made_up(config, now);
        for rows in figures.chunks(BATCH) {
            store.add(Batch { figures: rows.to_vec(), ..Batch::default() }).await?;
        }
        store.add(Batch { runs: runs(now), ..Batch::default() }).await?;
        for note in notes {
            store.note(note).await?;
        }
    }
    store.close().await;
    Ok(())
}

/// Somebody counted all the time but for some hours of one night.
fn runs(now: Timestamp) -> Vec<RunRow> {
    let ago = |days: i64, hours: i64| Timestamp(now.0 - days * DAY - hours * 3_600);
    vec![
        RunRow { id: [1; 16], began: ago(DAYS, 0), until: ago(GAP, 4) },
        RunRow { id: [2; 16], began: ago(GAP, 0), until: now },
    ]
}

/// Every row, and the notes that go with them.
fn made_up(config: &Config, now: Timestamp) -> (Vec<FigureRow>, Vec<Note>) {
    let (mut rows, mut notes) = (BTreeMap::<Cell, Counts>::new(), Vec::new());
    for site in config.sites.iter().filter(|site| site.name != Service::Guide.key()) {
        let today = site.life.day(now).day_number();
        for day in today - DAYS..today {
            let age = today - day;
            let hours: Vec<i64> = if age <= BY_HOUR { (0..24).collect() } else { vec![12] };
            let (of_day, busy) = (visits(site, day, age), BUSY.iter().sum::<u64>());
            for hour in &hours {
                let share = BUSY.get(usize::try_from(*hour).unwrap_or_default()).copied().unwrap_or_default();
                let visits = if hours.len() == 1 { of_day } else { of_day * share / busy };
                add(&mut rows, site, day * 24 + hour, visits, age);
            }
        }
        let said =
            |age: i64, words: &str| Note::new(site.name.clone(), Date::of_day_number(today - age), words.to_owned());
        notes.push(said(DAYS, "데모가 지어낸 수치의 시작 · made-up figures of the demo begin"));
        if site.name == Service::RemoteMeeting.key() {
            notes.push(said(CAMPAIGN, "캠페인 시작(지어냄) · a campaign began (made up)"));
        }
    }
    (rows.into_iter().map(|(cell, counts)| FigureRow { cell, counts }).collect(), notes)
}

/// How much of a day's traffic falls into each hour.
const BUSY: [u64; 24] = [4, 2, 1, 1, 1, 2, 5, 12, 28, 44, 52, 50, 40, 48, 54, 55, 50, 44, 34, 26, 22, 18, 12, 7];

/// How many enter on a day: fewer on weekends, more after the campaign, and never twice the same.
fn visits(site: &SiteConfig, day: i64, age: i64) -> u64 {
    let usual = 900 + 350 * (site.name.len() as u64 % 5);
    let weekday = (day + 3).rem_euclid(7);
    let of_week = if weekday >= 5 { 38 } else { 100 };
    let campaign = if site.name == Service::RemoteMeeting.key() && age <= CAMPAIGN { 160 } else { 100 };
    let chance = 88 + chance(&site.name, day) % 25;
    usual * of_week * campaign * chance / 1_000_000
}

/// A number that looks like chance and is the same each time.
fn chance(name: &str, day: i64) -> u64 {
    let seed = name.bytes().fold(day.unsigned_abs(), |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

/// The counts of one hour, by each dimension and together.
fn add(rows: &mut BTreeMap<Cell, Counts>, site: &SiteConfig, hour: i64, visits: u64, age: i64) {
    let version = site.policy.version.to_string();
    let gpc = 50 + (DAYS - age).unsigned_abs();
    let by_signal = [("none", 1_000 - gpc, 0), ("gpc", gpc, -250)];
    let regime = [(site.regime.name(), 1_000, 0)];
    let policy = [(version.as_str(), 1_000, 0)];
    let region = [("-", 1_000, 0)];
    let dimensions: [(Dimension, &[Share<'_>]); 7] = [
        (Dimension::Policy, &policy),
        (Dimension::Language, LANGUAGES),
        (Dimension::Region, &region),
        (Dimension::Device, DEVICES),
        (Dimension::Regime, &regime),
        (Dimension::PageGroup, GROUPS),
        (Dimension::Signal, &by_signal),
    ];
    let mood = chance(&site.name, hour.div_euclid(24)) % 60;
    let campaign = if age <= CAMPAIGN { 40 } else { 0 };
    let whole = counts(site, visits, (350 + mood - campaign, 590 + mood), gpc);
    for (dimension, shares) in dimensions {
        for (value, part) in shares.iter().zip(parts(&whole, shares)) {
            for of in [site.name.as_str(), ALL_SITES].into_iter().filter(|of| *of != ALL_SITES || dimension.is_common())
            {
                let value = value.0.to_owned();
                let cell = Cell { site: of.to_owned(), dimension: dimension.name().to_owned(), at: hour, value };
                rows.entry(cell).or_default().join(&part);
            }
        }
    }
    for of in [site.name.as_str(), ALL_SITES] {
        let cell = Cell { site: of.to_owned(), at: hour, ..Cell::default() };
        rows.entry(cell).or_default().join(&whole);
    }
}

/// What so many visits leave behind; of them so many agree and answer, and send a signal, in thousandths.
fn counts(site: &SiteConfig, visits: u64, (agree, answer): (u64, u64), gpc: u64) -> Counts {
    let mut counts = Counts::default();
    let of = |whole: u64, share: u64| whole * share / 1_000;
    let (pages, owed) = (of(visits, 3_400), of(visits, 520));
    let (owed_pages, answers) = (of(owed, 1_700), of(owed, answer));
    let (agreed, changes) = (of(answers, agree), of(visits, 14));
    let all = of(agreed, 780);
    let refused = of(answers - agreed, 930);
    let asked = (answers - agreed - refused) / 2;
    let mut add = |measure: Measure, count: u64| counts.add(measure, count);
    add(Measure::Pages, pages);
    add(Measure::Decided, pages);
    add(Measure::Visits, visits);
    add(Measure::Owed, owed_pages);
    add(Measure::VisitsOwed, owed);
    add(Measure::Rendered, of(owed_pages, 930));
    add(Measure::Gpc, of(pages, gpc));
    add(Measure::VisitsGpc, of(visits, gpc));
    add(Measure::Ahead, of(pages, 18));
    add(Measure::Bots, of(pages, 210));
    add(Measure::Answers, answers);
    add(Measure::First, of(answers, 940));
    add(Measure::Renewed, answers - of(answers, 940));
    add(Measure::Plain, of(answers, 22));
    add(Measure::Agreed, agreed);
    add(Measure::AcceptAll, all);
    add(Measure::RefuseAll, refused);
    add(Measure::AskEachTime, asked);
    add(Measure::Custom, answers - all - refused - asked);
    add(Measure::Changes, changes);
    add(Measure::TakenBack, of(changes, 610));
    add(Measure::Withdrawn, of(changes, 280));
    add(Measure::Single, of(changes, 350));
    let waits = [90, 250, 270, 210, 90, 60, 30];
    Measure::WAITS.into_iter().zip(waits).for_each(|((measure, _), share)| add(measure, of(answers, share)));
    for (place, purpose) in site.policy.purposes.iter().filter(|purpose| purpose.is_optional()).enumerate() {
        let share = 1_000_u64.saturating_sub(90 * place as u64);
        let granted = of(agreed, share);
        let mut add = |measure, count| counts.add_of_purpose(&purpose.id, measure, count);
        add(PurposeMeasure::Seen, of(of(pages, 410), share));
        add(PurposeMeasure::Granted, granted);
        add(PurposeMeasure::Refused, (answers - asked).saturating_sub(granted));
        add(PurposeMeasure::Gained, of(changes, 300));
        add(PurposeMeasure::Lost, of(changes, 500));
    }
    counts
}

/// The parts of a whole by their shares, what is granted tilted as they say.
fn parts(whole: &Counts, shares: &[Share<'_>]) -> Vec<Counts> {
    let plain: Vec<u64> = shares.iter().map(|(_, share, _)| *share).collect();
    let tilted: Vec<u64> =
        shares.iter().map(|(_, share, tilt)| share * 400_u64.saturating_add_signed(*tilt) / 400).collect();
    let part = |place: usize| {
        let mut part = Counts::default();
        for measure in Measure::ALL {
            let grants = matches!(measure, Measure::Agreed | Measure::AcceptAll);
            part.add(measure, cut(whole.of(measure), if grants { &tilted } else { &plain }, place));
        }
        for (purpose, _) in whole.purposes() {
            for measure in PurposeMeasure::ALL {
                let grants = matches!(measure, PurposeMeasure::Granted | PurposeMeasure::Seen);
                let weights = if grants { &tilted } else { &plain };
                part.add_of_purpose(purpose, measure, cut(whole.of_purpose(purpose, measure), weights, place));
            }
        }
        part
    };
    (0..shares.len()).map(part).collect()
}

/// One of the parts into which weights cut a count; all of them together are the count.
fn cut(count: u64, weights: &[u64], place: usize) -> u64 {
    let all = weights.iter().sum::<u64>().max(1);
    let up_to = |places: usize| count * weights.iter().take(places).sum::<u64>() / all;
    up_to(place + 1) - up_to(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_to_their_whole() {
        let check = |count: u64, shares: Shares| {
            let mut whole = Counts::default();
            Measure::ALL.into_iter().for_each(|measure| whole.add(measure, count));
            whole.add_of_purpose("analytics", PurposeMeasure::Granted, count);
            let mut sum = Counts::default();
            parts(&whole, shares).iter().for_each(|part| sum.join(part));
            for measure in Measure::ALL {
                assert_eq!(sum.of(measure), count);
            }
            assert_eq!(sum.of_purpose("analytics", PurposeMeasure::Granted), count);
        };
        for count in [0, 1, 7, 1_234] {
            [DEVICES, LANGUAGES, GROUPS].into_iter().for_each(|shares| check(count, shares));
        }
    }
}
