//! Counting in memory: a table for each worker, which no other worker waits for; on their way to the store counts are parted by one
//! dimension at a time.
//!
//! It refuses to keep which traits came together any longer than until the next flush. Invariant: what was counted is stored once, or waits;
//! that a time was counted is stored behind the counts of that time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use policies::consent::Act;
use policies::{Decision, Policy, PurposeSet, Timestamp, Token};

use super::OTHER;
use super::question::Dimension;
use super::table::{Counters, Groups, Scene, Table, Taken};
use super::traits::Crowd;
use crate::store::{ALL_SITES, Batch, Cell, Counts, FigureRow, Measure, PurposeMeasure, RunRow, Unsaved};

/// How long nothing but the time may wait to be stored: an idle gateway writes once in so many seconds.
const IDLE: i64 = 60;

/// A page as it was shown.
#[derive(Clone, Copy, Debug)]
pub struct Page<'d> {
    /// Whether its visitor entered the site by it.
    pub entering: bool,
    /// What was decided about it; None where nothing was acted on (shadow, bypass): then nobody was asked, and what purposes could see
    /// isn't known.
    pub decided: Option<&'d Decision>,
}

/// A choice as it was made.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'c> {
    /// What was chosen.
    pub token: &'c Token,
    /// What held until then.
    pub before: &'c Decision,
    /// Whether there was an earlier choice.
    pub known: bool,
    /// Whether the plain form posted it, without script.
    pub plain: bool,
    /// Seconds from the banner to the press, as the banner's script said.
    pub waited: Option<u32>,
}

/// One worker's way to the counts of all.
pub struct Tally {
    own: Arc<Mutex<Table>>,
    shelf: Arc<Shelf>,
}

struct Shelf {
    clock: fn() -> Timestamp,
    run: [u8; 16],
    began: Timestamp,
    tables: Mutex<Vec<Arc<Mutex<Table>>>>,
    groups: Groups,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    rows: BTreeMap<Cell, Counts>,
    /// Up to when all is counted that was taken out.
    until: Option<Timestamp>,
    /// Up to when that was handed out.
    told: Option<Timestamp>,
}

impl Tally {
    /// Nothing counted yet. `clock`: the time.
    #[must_use]
    pub fn new(clock: fn() -> Timestamp) -> Self {
        let mut run = [0; 16];
        // Without chance nothing works: the seal said so long before.
        aws_lc_rs::rand::fill(&mut run).ok();
        let own = Arc::new(Mutex::new(Table::default()));
        let shelf = Shelf {
            clock,
            run,
            began: clock(),
            tables: Mutex::new(vec![Arc::clone(&own)]),
            groups: Groups::default(),
            waiting: Mutex::default(),
        };
        Self { own, shelf: Arc::new(shelf) }
    }

    /// Another worker's way.
    #[must_use]
    pub fn for_another(&self) -> Self {
        let own = Arc::new(Mutex::new(Table::default()));
        lock(&self.shelf.tables).push(Arc::clone(&own));
        Self { own, shelf: Arc::clone(&self.shelf) }
    }

    /// A page was shown.
    pub fn page(&self, scene: &Scene<'_>, page: Page<'_>) {
        self.count(scene, |counters| match scene.traits.seen_as.crowd {
            Crowd::Programs => counters.count(Measure::Bots),
            Crowd::Ahead => counters.count(Measure::Ahead),
            Crowd::People => count_page(counters, scene, page),
        });
    }

    /// A banner's script showed it.
    pub fn rendered(&self, scene: &Scene<'_>) {
        if scene.traits.seen_as.crowd == Crowd::People {
            self.count(scene, |counters| counters.count(Measure::Rendered));
        }
    }

    /// An answer to another consent tool was taken over.
    pub fn imported(&self, scene: &Scene<'_>) {
        self.count(scene, |counters| counters.count(Measure::Imported));
    }

    /// A choice was made.
    pub fn choice(&self, scene: &Scene<'_>, chosen: Chosen<'_>) {
        if scene.traits.seen_as.crowd != Crowd::Programs {
            self.count(scene, |counters| count_choice(counters, &scene.site.config.policy, chosen));
        }
    }

    fn count(&self, scene: &Scene<'_>, write: impl FnOnce(&mut Counters)) {
        lock(&self.own).count(scene, &self.shelf.groups, write);
    }
}

fn count_page(counters: &mut Counters, scene: &Scene<'_>, page: Page<'_>) {
    let mut both = |of_pages, of_visits| {
        counters.count(of_pages);
        if page.entering {
            counters.count(of_visits);
        }
    };
    both(Measure::Pages, Measure::Visits);
    if scene.traits.gpc {
        both(Measure::Gpc, Measure::VisitsGpc);
    }
    let Some(decision) = page.decided else { return };
    if decision.prompt {
        both(Measure::Owed, Measure::VisitsOwed);
    }
    counters.count(Measure::Decided);
    let optional = scene.site.config.policy.optional();
    for purpose in decision.granted.intersection(optional).iter() {
        counters.count_of(purpose, PurposeMeasure::Seen);
    }
}

fn count_choice(counters: &mut Counters, policy: &Policy, chosen: Chosen<'_>) {
    let Chosen { token, before, known, plain, waited } = chosen;
    match token.act {
        // A part of a choice.
        Act::Single => return counters.count(Measure::Single),
        Act::Withdraw => counters.count(Measure::Withdrawn),
        Act::Guardian => counters.count(Measure::Guardian),
        Act::AcceptAll | Act::RefuseAll | Act::Custom | Act::AskEachTime | Act::Imported => {}
    }
    let optional = policy.optional();
    let granted = token.granted.intersection(optional);
    if before.prompt {
        count_answer(counters, token.act, (granted, optional));
        counters.count(if known { Measure::Renewed } else { Measure::First });
        if plain {
            counters.count(Measure::Plain);
        }
        let within = |limit: Option<u32>| waited.is_some_and(|waited| limit.is_none_or(|limit| waited < limit));
        if let Some((measure, _)) = Measure::WAITS.into_iter().find(|(_, limit)| within(*limit)) {
            counters.count(measure);
        }
    } else {
        counters.count(Measure::Changes);
        let held = before.granted.intersection(optional);
        let (gained, lost) = (granted.without(held), held.without(granted));
        gained.iter().for_each(|purpose| counters.count_of(purpose, PurposeMeasure::Gained));
        lost.iter().for_each(|purpose| counters.count_of(purpose, PurposeMeasure::Lost));
        if !lost.is_empty() {
            counters.count(Measure::TakenBack);
        }
    }
}

fn count_answer(counters: &mut Counters, act: Act, (granted, optional): (PurposeSet, PurposeSet)) {
    counters.count(Measure::Answers);
    match act {
        Act::AcceptAll => counters.count(Measure::AcceptAll),
        Act::RefuseAll => counters.count(Measure::RefuseAll),
        Act::Custom => counters.count(Measure::Custom),
        // Who wants to be asked has not spoken about each purpose.
        Act::AskEachTime => return counters.count(Measure::AskEachTime),
        Act::Withdraw | Act::Single | Act::Guardian | Act::Imported => {}
    }
    if !granted.is_empty() {
        counters.count(Measure::Agreed);
    }
    granted.iter().for_each(|purpose| counters.count_of(purpose, PurposeMeasure::Granted));
    optional.without(granted).iter().for_each(|purpose| counters.count_of(purpose, PurposeMeasure::Refused));
}

impl Shelf {
    /// Takes what all workers counted, parted by one dimension at a time.
    fn gather(&self, waiting: &mut Waiting) {
        let until = (self.clock)();
        for table in lock(&self.tables).iter() {
            let taken = lock(table).take(until);
            taken.iter().for_each(|taken| part(&mut waiting.rows, taken));
        }
        waiting.until = Some(until);
    }
}

/// The cells that counts belong to: of the site and of all sites, whole and by each dimension.
fn part(rows: &mut BTreeMap<Cell, Counts>, taken: &Taken) {
    let mut add = |site: &str, dimension: &str, value: String| {
        let cell = Cell { site: site.to_owned(), dimension: dimension.to_owned(), at: taken.hour, value };
        rows.entry(cell).or_default().join(&taken.counts);
    };
    for site in [&taken.site, ALL_SITES] {
        add(site, "", String::new());
        for dimension in Dimension::ALL {
            if site != ALL_SITES || dimension.is_common() {
                add(site, dimension.name(), value(dimension, taken));
            }
        }
    }
}

fn value(dimension: Dimension, taken: &Taken) -> String {
    let traits = &taken.traits;
    match dimension {
        Dimension::Policy => taken.policy.to_string(),
        Dimension::Language => traits.lang.map_or(OTHER, policies::Lang::tag).to_owned(),
        Dimension::Region => traits.region.name(),
        Dimension::Device => traits.seen_as.device.name().to_owned(),
        Dimension::Regime => traits.regime.name().to_owned(),
        Dimension::PageGroup => taken.group.to_string(),
        Dimension::Signal => if traits.gpc { "gpc" } else { "none" }.to_owned(),
    }
}

impl Unsaved for Tally {
    fn take(&self, most: usize, last: bool) -> Batch {
        let mut waiting = lock(&self.shelf.waiting);
        if waiting.rows.is_empty() {
            self.shelf.gather(&mut waiting);
        }
        let was_idle = waiting.rows.is_empty();
        let mut figures = Vec::new();
        while figures.len() < most {
            let Some((cell, counts)) = waiting.rows.pop_first() else { break };
            figures.push(FigureRow { cell, counts });
        }
        let Waiting { until, told, .. } = *waiting;
        let is_due = until > told
            && match (told, until) {
                (Some(told), Some(until)) => !was_idle || last || until.0 - told.0 >= IDLE,
                _ => true,
            };
        let mut runs = Vec::new();
        // Behind the last of what was counted by then.
        if let Some(until) = until.filter(|_| waiting.rows.is_empty() && is_due) {
            waiting.told = Some(until);
            runs.push(RunRow { id: self.shelf.run, began: self.shelf.began, until });
        }
        Batch { figures, runs, ..Batch::default() }
    }

    fn put_back(&self, batch: Batch) {
        let mut waiting = lock(&self.shelf.waiting);
        for FigureRow { cell, counts } in batch.figures {
            waiting.rows.entry(cell).or_default().join(&counts);
        }
        if !batch.runs.is_empty() {
            waiting.told = None;
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
