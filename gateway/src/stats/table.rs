//! One worker's counts since the last flush: a number for each measure, under each combination of traits that was met.
//!
//! It refuses to grow with what strangers make up: past [`MOST`] combinations, and past the groups of pages that a site may have, the rest is
//! counted under *other*. Invariant: what is met again costs one look-up and asks for no memory; nothing that was counted is lost.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;
use foldhash::quality::FixedState;
use jiff::tz::TimeZone;
use policies::purpose::PurposeIndex;
use policies::{PolicyVersion, Timestamp};

use super::OTHER;
use super::traits::{Device, Region, SeenAs, Traits};
use crate::config::MOST_PAGE_GROUPS;
use crate::site::Site;
use crate::store::{Counts, Measure, PurposeMeasure};
use crate::wire::folded::fold;

/// Combinations that one worker tells apart between two flushes.
const MOST: usize = 4_096;

/// Seconds of the finest time that is counted under: all clocks of the world differ from each other by a multiple of it.
const QUARTER: i64 = 900;

/// The longest name of a group, in bytes.
const LONGEST_GROUP: usize = 64;

/// Where on the site something was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'p> {
    /// A page that is there, by its path; a query is ignored.
    Page(&'p str),
    /// What is said to belong to a page, by its path: it makes no group known.
    Of(&'p str),
    /// Nowhere that would be told.
    Nowhere,
}

/// What something is counted under.
#[derive(Clone, Copy)]
pub struct Scene<'s> {
    /// Whose site, under which policy.
    pub site: &'s Site,
    /// Of whom.
    pub traits: Traits,
    /// Where.
    pub place: Place<'s>,
    /// When.
    pub now: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    site: u64,
    policy: PolicyVersion,
    quarter: i64,
    group: u64,
    traits: Traits,
}

/// The group of what is in none.
const NO_GROUP: u64 = 0;

/// The counts of one combination.
pub(super) struct Counters {
    measures: [u64; Measure::ALL.len()],
    purposes: Box<[[u64; PurposeMeasure::ALL.len()]]>,
    /// Ids of the policy's purposes, in its order.
    ids: Arc<[String]>,
}

impl Counters {
    pub(super) fn count(&mut self, measure: Measure) {
        if let Some(count) = self.measures.get_mut(measure as usize) {
            *count += 1;
        }
    }

    pub(super) fn count_of(&mut self, purpose: PurposeIndex, measure: PurposeMeasure) {
        let counts = self.purposes.get_mut(purpose.place());
        if let Some(count) = counts.and_then(|counts| counts.get_mut(measure as usize)) {
            *count += 1;
        }
    }

    fn is_empty(&self) -> bool {
        self.measures.iter().chain(self.purposes.iter().flatten()).all(|count| *count == 0)
    }

    /// Takes the counts out and goes on at nothing.
    fn take(&mut self) -> Counts {
        let mut counts = Counts::default();
        for (measure, count) in Measure::ALL.into_iter().zip(&mut self.measures) {
            counts.add(measure, std::mem::take(count));
        }
        for (id, of) in self.ids.iter().zip(&mut self.purposes) {
            for (measure, count) in PurposeMeasure::ALL.into_iter().zip(of) {
                if *count > 0 {
                    counts.add_of_purpose(id, measure, std::mem::take(count));
                }
            }
        }
        counts
    }
}

/// Counts as they leave a worker.
pub(super) struct Taken {
    pub(super) site: Arc<str>,
    pub(super) policy: PolicyVersion,
    /// Since 1970, by the site's own clock.
    pub(super) hour: i64,
    pub(super) group: Arc<str>,
    pub(super) traits: Traits,
    pub(super) counts: Counts,
}

/// The groups of pages that are known, of all workers.
#[derive(Debug, Default)]
pub(super) struct Groups(Mutex<HashMap<u64, HashMap<u64, Arc<str>>>>);

impl Groups {
    /// A group's name: as it is known, or as it becomes known where there is room. Err: there is none left.
    fn name(&self, site: u64, group: u64, make: Option<impl FnOnce() -> String>) -> Result<Option<Arc<str>>, ()> {
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sites.entry(site).or_default();
        match (known.get(&group), make) {
            (Some(name), _) => Ok(Some(Arc::clone(name))),
            (None, None) => Ok(None),
            (None, Some(_)) if known.len() >= MOST_PAGE_GROUPS => Err(()),
            (None, Some(make)) => Ok(Some(Arc::clone(known.entry(group).or_insert_with(|| Arc::from(make()))))),
        }
    }

    fn of(&self, site: u64) -> impl Iterator<Item = (u64, Arc<str>)> {
        let sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sites.get(&site).cloned().unwrap_or_default().into_iter()
    }
}

struct Face {
    name: Arc<str>,
    zone: TimeZone,
}

/// One worker's counts.
#[derive(Default)]
pub(super) struct Table {
    counters: HashMap<Key, Counters, RandomState>,
    sites: HashMap<u64, Face>,
    purposes: HashMap<PolicyVersion, Arc<[String]>>,
    groups: HashMap<(u64, u64), Arc<str>>,
    /// Sites that have no room for another group.
    full: HashSet<u64>,
}

impl Table {
    /// Counts something under its combination.
    pub(super) fn count(&mut self, scene: &Scene<'_>, groups: &Groups, write: impl FnOnce(&mut Counters)) {
        let Scene { site, traits, place, now } = *scene;
        let policy = site.config.policy.version;
        let traits = Traits { region: whole(traits.region), ..traits };
        let key =
            Key { site: site.number, policy, quarter: now.0.div_euclid(QUARTER), group: number(site, place), traits };
        if let Some(counters) = self.counters.get_mut(&key) {
            return write(counters);
        }
        let key = self.admitted(key, scene, groups);
        let ids = Arc::clone(
            self.purposes
                .entry(policy)
                .or_insert_with(|| site.config.policy.indexed().map(|(_, purpose)| purpose.id.to_string()).collect()),
        );
        self.sites.insert(site.number, Face { name: Arc::clone(&site.label), zone: site.config.life.zone().clone() });
        let fresh = || Counters {
            measures: Default::default(),
            purposes: vec![Default::default(); ids.len()].into_boxed_slice(),
            ids: Arc::clone(&ids),
        };
        write(self.counters.entry(key).or_insert_with(fresh));
    }

    /// The combination that a new one is counted under.
    fn admitted(&mut self, key: Key, scene: &Scene<'_>, groups: &Groups) -> Key {
        let key = if self.knows_group(&key, scene, groups) { key } else { Key { group: NO_GROUP, ..key } };
        if self.counters.len() < MOST {
            return key;
        }
        // However long a store is away: by site, policy, regime, signal, crowd and day.
        let seen_as = SeenAs { device: Device::Other, ..key.traits.seen_as };
        let traits = Traits { lang: None, region: Region::Other, seen_as, ..key.traits };
        let quarter = key.quarter - key.quarter.rem_euclid(96);
        let quarter = if self.counters.len() < MOST * 2 { key.quarter } else { quarter };
        Key { group: NO_GROUP, quarter, traits, ..key }
    }

    fn knows_group(&mut self, key: &Key, scene: &Scene<'_>, groups: &Groups) -> bool {
        let Key { site, group, .. } = *key;
        if group == NO_GROUP || self.groups.contains_key(&(site, group)) {
            return true;
        }
        let make = match scene.place {
            Place::Page(_) if self.full.contains(&site) => return false,
            Place::Page(path) => Some(|| name(scene.site, path)),
            Place::Of(_) | Place::Nowhere => None,
        };
        match groups.name(site, group, make) {
            Ok(Some(name)) => {
                self.groups.insert((site, group), name);
                true
            }
            Ok(None) => false,
            Err(()) => {
                // They will never be others: from here on nobody else has to be asked.
                self.full.insert(site);
                self.groups.extend(groups.of(site).map(|(group, name)| ((site, group), name)));
                false
            }
        }
    }

    /// Takes all counts out; combinations of this quarter stay known.
    pub(super) fn take(&mut self, now: Timestamp) -> Vec<Taken> {
        let quarter = now.0.div_euclid(QUARTER);
        let mut taken = Vec::new();
        let Self { counters, sites, groups, .. } = self;
        counters.retain(|key, counters| {
            let was_met = !counters.is_empty();
            if let Some(face) = sites.get(&key.site).filter(|_| was_met) {
                let group = groups.get(&(key.site, key.group)).map_or_else(|| Arc::from(OTHER), Arc::clone);
                let (hour, counts) = (local_hour(&face.zone, key.quarter), counters.take());
                let (site, policy, traits) = (Arc::clone(&face.name), key.policy, key.traits);
                taken.push(Taken { site, policy, hour, group, traits, counts });
            }
            was_met && key.quarter == quarter
        });
        taken
    }
}

/// A country's parts are not told apart.
const fn whole(region: Region) -> Region {
    match region {
        Region::In(country) => Region::In(country.whole()),
        other => other,
    }
}

/// The hour since 1970 that a clock of the zone shows. An hour that comes twice is one.
fn local_hour(zone: &TimeZone, quarter: i64) -> i64 {
    let seconds = quarter * QUARTER;
    let offset = jiff::Timestamp::from_second(seconds).map_or(0, |moment| zone.to_offset(moment).seconds());
    (seconds + i64::from(offset)).div_euclid(3_600)
}

/// A group's number: of a prefix its place, else a hash of the folded name.
fn number(site: &Site, place: Place<'_>) -> u64 {
    let (Place::Page(path) | Place::Of(path)) = place else { return NO_GROUP };
    let path = without_query(path);
    let groups = &site.config.page_groups;
    if !groups.is_empty() {
        return groups.find(path).map_or(NO_GROUP, |(number, _)| number as u64 + 1);
    }
    let mut hasher = FixedState::default().build_hasher();
    fold(segment(path).as_bytes(), |piece| {
        hasher.write(piece.as_bytes());
        true
    });
    hasher.finish().max(1)
}

fn name(site: &Site, path: &str) -> String {
    let path = without_query(path);
    if let Some((_, prefix)) = site.config.page_groups.find(path) {
        return prefix.to_owned();
    }
    let mut name = String::new();
    fold(segment(path).as_bytes(), |piece| {
        let fits = name.len() + piece.len() <= LONGEST_GROUP;
        if fits {
            name.push_str(piece);
        }
        fits
    });
    name
}

fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}

/// The first segment with its slash.
fn segment(path: &str) -> &str {
    let end = path.bytes().skip(1).position(|byte| byte == b'/').map_or(path.len(), |at| at + 1);
    path.split_at_checked(end).map_or(path, |(segment, _)| segment)
}
