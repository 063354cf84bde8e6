//! One site's rows. Names that responses set have the whole room; names that only visitors sent have a quarter of
//! it, so that nobody can fill the inventory with names of his own.
//!
//! Refuses places longer than browsers take. Invariant: `added` is what the store doesn't know of yet.

use std::collections::BTreeMap;

use policies::Timestamp;
use policies::rules::{CookieRule, Lifetime};

use super::name::key;
use super::strangers::{Standing, Strangers};
use crate::config::Prefix;
use crate::store::{SameSite, SeenIn, SeenRow};

/// The longest path and the longest domain that are listed, in bytes; browsers ignore longer attributes.
const LONGEST_PLACE: usize = 1024;

/// A row that changed nothing but its time and count is stored again after so many seconds.
const STALE: i64 = 60;

/// One `Set-Cookie` line, as a browser reads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// The name that rules judge.
    pub(super) name: &'a [u8],
    /// Its rule, with the id of the rule's purpose; None for an unknown name.
    pub(super) rule: Option<(&'a CookieRule, &'a str)>,
    /// `Domain` without its leading dot; None for the host alone.
    pub(super) domain: Option<&'a [u8]>,
    /// `Path`, or the folder of the request that browsers use without it.
    pub(super) path: &'a [u8],
    /// `Partitioned` is there.
    pub(super) partitioned: bool,
    /// `Secure` is there.
    pub(super) secure: bool,
    /// `HttpOnly` is there.
    pub(super) http_only: bool,
    /// `SameSite`.
    pub(super) same_site: SameSite,
    /// How long it will live, in seconds; 0 until the browser closes.
    pub(super) lifetime: i64,
}

impl<'a> Line<'a> {
    /// A name in a request, of which nothing else is known.
    pub(super) const fn of_request(name: &'a [u8], rule: Option<(&'a CookieRule, &'a str)>) -> Self {
        Self {
            name,
            rule,
            domain: None,
            path: &[],
            partitioned: false,
            secure: false,
            http_only: false,
            same_site: SameSite::Unset,
            lifetime: 0,
        }
    }
}

/// Where a cookie stands in browsers: what a deletion must repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Lower case, without the leading dot; None for the host alone.
    pub domain: Option<String>,
    /// The path.
    pub path: String,
    /// Whether it is kept apart by top-level site.
    pub partitioned: bool,
    /// `Secure`, when last seen; browsers let nothing without it overwrite what has it.
    pub secure: bool,
}

/// Where and how a cookie was seen: one row of its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    seen_in: SeenIn,
    domain: Option<String>,
    path: String,
    partitioned: bool,
}

#[derive(Debug)]
struct Entry {
    row: SeenRow,
    /// Sightings since the last time it was taken.
    added: u64,
    /// `last_seen` at that time.
    taken: Timestamp,
    /// How often it came back, since then.
    added_returns: u64,
    changed: bool,
}

#[derive(Debug)]
pub(super) struct SiteRows {
    by_key: BTreeMap<String, BTreeMap<Spot, Entry>>,
    responses: usize,
    requests: usize,
    most: usize,
    dropped: u64,
    set_by_strangers: Strangers,
    sent_by_strangers: Strangers,
}

impl SiteRows {
    pub(super) fn new(most: usize) -> Self {
        let (set, sent) = (Strangers::new(most), Strangers::new(most / 4));
        Self {
            by_key: BTreeMap::new(),
            responses: 0,
            requests: 0,
            most,
            dropped: 0,
            set_by_strangers: set,
            sent_by_strangers: sent,
        }
    }

    /// How a name that nobody speaks of stands; one that is listed is common, unless `anew`.
    pub(super) fn standing(
        &mut self,
        seen_in: SeenIn,
        key: &str,
        from: Prefix,
        now: Timestamp,
        anew: bool,
    ) -> Standing {
        if !anew && self.by_key.contains_key(key) {
            return Standing::Common;
        }
        let standing = match seen_in {
            SeenIn::Response => self.set_by_strangers.saw(key, from, now),
            SeenIn::Request => self.sent_by_strangers.saw(key, from, now),
        };
        if standing == Standing::NoRoom {
            self.dropped = self.dropped.saturating_add(1);
        }
        standing
    }

    pub(super) fn load(&mut self, row: SeenRow) {
        if self.has_room(row.seen_in) {
            let entry = Entry { added: 0, added_returns: 0, taken: row.last_seen, changed: false, row };
            self.insert(entry);
        }
    }

    /// Notes a sighting. Says whether a row is new, and if the same again will count the same: in which row, if in any.
    pub(super) fn saw_line(
        &mut self,
        site: &str,
        seen_in: SeenIn,
        line: &Line<'_>,
        returned: bool,
        now: Timestamp,
    ) -> (bool, Option<Option<(String, Spot)>>) {
        let before = self.responses + self.requests;
        let counted = match seen_in {
            SeenIn::Response => self.saw_set_cookie(site, line, now).map(Some),
            SeenIn::Request => self.saw_request_name(site, line, returned, now),
        };
        (self.responses + self.requests > before, counted)
    }

    fn saw_set_cookie(&mut self, site: &str, seen: &Line<'_>, now: Timestamp) -> Option<(String, Spot)> {
        let too_long =
            seen.path.len() > LONGEST_PLACE || seen.domain.is_some_and(|domain| domain.len() > LONGEST_PLACE);
        let domain = seen.domain.map(|domain| String::from_utf8_lossy(domain).to_ascii_lowercase());
        // A path that isn't text can't be written into a deletion by its lossy form, so it is no place to know.
        let (Ok(path), false) = (std::str::from_utf8(seen.path), too_long) else {
            self.dropped = self.dropped.saturating_add(1);
            return None;
        };
        let row = SeenRow { domain, path: path.to_owned(), ..row(site, SeenIn::Response, seen, now) };
        self.saw(row, now)
    }

    /// Nothing is added where a `Set-Cookie` line showed the name, but that it came back.
    fn saw_request_name(
        &mut self,
        site: &str,
        seen: &Line<'_>,
        returned: bool,
        now: Timestamp,
    ) -> Option<Option<(String, Spot)>> {
        let key = key(seen.rule.map(|(rule, _)| rule), seen.name);
        if let Some(known) = self.by_key.get_mut(&key) {
            let sent = known.iter_mut().find(|(spot, _)| spot.seen_in == SeenIn::Request);
            let counted = sent.map(|(spot, entry)| {
                entry.again(1, now);
                (key, spot.clone())
            });
            if let (true, Some(entry)) = (returned, known.values_mut().next()) {
                entry.returned(now);
            }
            return Some(counted);
        }
        let row = SeenRow { returned: u64::from(returned), ..row(site, SeenIn::Request, seen, now) };
        self.saw(row, now).map(Some)
    }

    fn saw(&mut self, seen: SeenRow, now: Timestamp) -> Option<(String, Spot)> {
        let (key, spot) = (seen.key.clone(), Spot::of(&seen));
        if let Some(entry) = self.by_key.get_mut(&key).and_then(|spots| spots.get_mut(&spot)) {
            entry.merge(seen);
            entry.again(1, now);
        } else if self.has_room(seen.seen_in) {
            self.insert(Entry { added: 1, added_returns: seen.returned, taken: now, changed: true, row: seen });
        } else {
            self.dropped = self.dropped.saturating_add(1);
            return None;
        }
        Some((key, spot))
    }

    /// Adds sightings of a row, the last of them at `last`.
    pub(super) fn again(&mut self, key: &str, spot: &Spot, count: u64, last: Timestamp) {
        if let Some(entry) = self.by_key.get_mut(key).and_then(|spots| spots.get_mut(spot)) {
            entry.again(count, last);
        }
    }

    pub(super) fn places(&self, key: &str) -> Vec<Place> {
        let spots = self.by_key.get(key).into_iter().flatten();
        spots
            .filter(|(spot, _)| spot.seen_in == SeenIn::Response)
            .map(|(spot, entry)| Place {
                domain: spot.domain.clone(),
                path: spot.path.clone(),
                partitioned: spot.partitioned,
                secure: entry.row.secure,
            })
            .collect()
    }

    pub(super) fn rows(&self) -> Vec<SeenRow> {
        let of_key = |spots: &BTreeMap<Spot, Entry>| {
            let set = spots.keys().any(|spot| spot.seen_in == SeenIn::Response);
            spots
                .values()
                .filter(|entry| !set || entry.row.seen_in == SeenIn::Response)
                .map(|entry| entry.row.clone())
                .collect::<Vec<_>>()
        };
        self.by_key.values().flat_map(of_key).collect()
    }

    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn take(&mut self, most: usize, last: bool) -> Vec<SeenRow> {
        let due = |entry: &&mut Entry| {
            entry.changed
                || (entry.added + entry.added_returns > 0 && (last || entry.row.last_seen.0 - entry.taken.0 >= STALE))
        };
        self.by_key.values_mut().flat_map(BTreeMap::values_mut).filter(due).take(most).map(Entry::take).collect()
    }

    pub(super) fn put_back(&mut self, row: &SeenRow) {
        if let Some(entry) = self.by_key.get_mut(&row.key).and_then(|spots| spots.get_mut(&Spot::of(row))) {
            entry.added = entry.added.saturating_add(row.count);
            entry.added_returns = entry.added_returns.saturating_add(row.returned);
            entry.changed = true;
        }
    }

    const fn has_room(&self, seen_in: SeenIn) -> bool {
        match seen_in {
            SeenIn::Response => self.responses < self.most,
            SeenIn::Request => self.requests < self.most / 4,
        }
    }

    fn insert(&mut self, entry: Entry) {
        match entry.row.seen_in {
            SeenIn::Response => self.responses += 1,
            SeenIn::Request => self.requests += 1,
        }
        self.by_key.entry(entry.row.key.clone()).or_default().insert(Spot::of(&entry.row), entry);
    }
}

impl Spot {
    fn of(row: &SeenRow) -> Self {
        Self { seen_in: row.seen_in, domain: row.domain.clone(), path: row.path.clone(), partitioned: row.partitioned }
    }
}

impl Entry {
    fn again(&mut self, count: u64, last: Timestamp) {
        self.added = self.added.saturating_add(count);
        self.row.count = self.row.count.saturating_add(count);
        self.row.last_seen = self.row.last_seen.max(last);
    }

    fn returned(&mut self, now: Timestamp) {
        self.changed |= self.row.returned == 0;
        self.added_returns = self.added_returns.saturating_add(1);
        self.row.returned = self.row.returned.saturating_add(1);
        self.row.last_seen = self.row.last_seen.max(now);
    }

    /// What the site does now, except that a lifetime is the longest seen.
    fn merge(&mut self, seen: SeenRow) {
        let merged = SeenRow {
            lifetime: seen.lifetime.max(self.row.lifetime),
            first_seen: self.row.first_seen,
            last_seen: self.row.last_seen,
            count: self.row.count,
            returned: self.row.returned,
            ..seen
        };
        self.changed |= merged != self.row;
        self.row = merged;
    }

    fn take(&mut self) -> SeenRow {
        let row = SeenRow { count: self.added, returned: self.added_returns, ..self.row.clone() };
        self.added = 0;
        self.added_returns = 0;
        self.taken = self.row.last_seen;
        self.changed = false;
        row
    }
}

/// A row as one sighting would write it, but for its place.
fn row(site: &str, seen_in: SeenIn, seen: &Line<'_>, now: Timestamp) -> SeenRow {
    SeenRow {
        site: site.to_owned(),
        key: key(seen.rule.map(|(rule, _)| rule), seen.name),
        domain: None,
        path: String::new(),
        partitioned: seen.partitioned,
        seen_in,
        secure: seen.secure,
        http_only: seen.http_only,
        same_site: seen.same_site,
        declared: seen.rule.map(|(rule, _)| declared_seconds(rule)),
        lifetime: seen.lifetime.max(0),
        purpose: seen.rule.map(|(_, purpose)| purpose.to_owned()),
        first_seen: now,
        last_seen: now,
        count: 1,
        returned: 0,
    }
}

fn declared_seconds(rule: &CookieRule) -> i64 {
    match rule.lifetime {
        Lifetime::Session => 0,
        Lifetime::Period(period) => period.about_seconds(),
    }
}
