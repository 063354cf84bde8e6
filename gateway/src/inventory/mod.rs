//! What a site's traffic was seen to set: names, places and attributes. Expiry asks where a cookie stands, the
//! owner reads what nobody declared.
//!
//! It refuses values, names that visitors make up beyond their share of the room, and names that nobody declares until
//! several networks showed them. Invariant: memory is bounded per site, and what found no room is counted.

pub mod drift;
mod loaders;
mod memo;
mod name;
mod other_tools;
mod rows;
mod shadow;
mod strangers;

pub use loaders::Loaders;
pub use name::key;
pub use other_tools::OtherTools;
pub use rows::Place;
pub use shadow::{Shadow, ShadowRow, Stripped};

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use policies::Timestamp;
use policies::rules::CookieRule;
use policies::time::DAY;

use crate::config::Prefix;
use crate::site::{Judgement, Site, Treatment};
use crate::store::{self, Batch, SameSite, SeenIn, SeenRow, Store, Unsaved};
use crate::wire::set_cookie::{self, SetCookie};
use memo::{Memo, Place as Counted, Said};
use rows::{Line, SiteRows};
use strangers::Standing;

/// How many rows a site may have.
pub const ROWS_PER_SITE: usize = 2_000;

/// How many rows are read at start.
const ROWS_LOADED: usize = 200_000;

/// One `Set-Cookie` line of an answer; deletions are none, since they set nothing.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    /// Whose answer.
    pub site: &'a Site,
    /// What the site says of the name.
    pub judgement: Judgement<'a>,
    /// The line, as the visitor's browser would read it.
    pub cookie: &'a SetCookie<'a>,
    /// The path of the request: without `Path` a browser takes its folder.
    pub target: &'a str,
    /// How far the site acts on the request.
    pub treatment: Treatment,
    /// The network of whoever asked, if known.
    pub from: Option<Prefix>,
    /// When.
    pub now: Timestamp,
}

/// One worker's way to all sites' rows.
pub struct Inventory {
    common: Arc<Common>,
    /// What this worker saw before.
    own: Arc<Mutex<Memo>>,
}

/// All sites' rows, and what shadow mode would have taken away.
struct Common {
    rows_per_site: usize,
    sites: RwLock<HashMap<String, Arc<Mutex<SiteRows>>>>,
    shadow: Shadow,
    loaders: Loaders,
    other_tools: OtherTools,
    /// Whether names that nobody declares are said in the log at once, and kept nowhere.
    says_at_once: AtomicBool,
    /// How many rows were listed since the start.
    listed: AtomicU64,
    /// Of all workers.
    memos: Mutex<Vec<Arc<Mutex<Memo>>>>,
}

impl Inventory {
    /// An inventory that knows what was stored. Rows past the bound are left out.
    #[must_use]
    pub fn new(rows_per_site: usize, stored: Vec<SeenRow>) -> Self {
        let common = Common {
            rows_per_site,
            sites: RwLock::new(HashMap::new()),
            shadow: Shadow::new(),
            loaders: Loaders::default(),
            other_tools: OtherTools::default(),
            says_at_once: AtomicBool::new(false),
            listed: AtomicU64::new(0),
            memos: Mutex::default(),
        };
        let inventory = Self::of(Arc::new(common));
        for row in stored {
            let site = inventory.site(&row.site);
            lock(&site).load(row);
        }
        inventory
    }

    /// Another worker's way to the same rows.
    #[must_use]
    pub fn for_another(&self) -> Self {
        Self::of(Arc::clone(&self.common))
    }

    fn of(common: Arc<Common>) -> Self {
        let own = Arc::default();
        lock(&common.memos).push(Arc::clone(&own));
        Self { common, own }
    }

    /// An inventory that knows what the store knows.
    ///
    /// # Errors
    /// See [`store::Error`].
    pub async fn load(store: &Store) -> Result<Self, store::Error> {
        Ok(Self::new(ROWS_PER_SITE, store.archive().seen(None, ROWS_LOADED).await?))
    }

    /// Says names that nobody declares in the log at once, and keeps them nowhere: for somebody who tries a site out
    /// alone, of whom no five networks will ever be seen.
    #[must_use]
    pub fn saying_at_once(self, says_at_once: bool) -> Self {
        self.common.says_at_once.store(says_at_once, Ordering::Relaxed);
        self
    }

    /// Notes a `Set-Cookie` line, passed or not; in shadow mode also that it would not have passed.
    pub fn saw(&self, seen: Sighting<'_>) {
        let Sighting { site, judgement, cookie, target, treatment, from, now } = seen;
        let rule = match judgement {
            Judgement::Granted(rule) | Judgement::Refused(rule) | Judgement::Unanswered(rule) => Some(rule),
            Judgement::Unknown => None,
        };
        let line = Line {
            name: cookie.judged_name(),
            rule: with_purpose(site, rule),
            domain: cookie.domain,
            path: cookie.path.unwrap_or_else(|| set_cookie::default_path(target)),
            partitioned: cookie.partitioned,
            secure: cookie.secure,
            http_only: cookie.http_only,
            same_site: same_site(cookie.same_site),
            lifetime: cookie.max_age.or_else(|| Some(cookie.expires?.saturating_sub(now.0))).unwrap_or_default(),
        };
        self.note(site, SeenIn::Response, &line, false, from, now);
        if treatment == Treatment::Shadow && !site.may_be_set(judgement) {
            self.would_strip(site, Stripped::SetCookie, rule, cookie.judged_name());
        }
    }

    /// Notes a name of a visitor's `Cookie` header that was refused or that nobody speaks of. Nothing is added where
    /// a `Set-Cookie` line showed the name, but that it `returned`: came although its visitor had refused it.
    pub fn saw_in_request(
        &self,
        site: &Site,
        name: &[u8],
        treatment: Treatment,
        returned: bool,
        from: Option<Prefix>,
        now: Timestamp,
    ) {
        let rule = site.config.policy.cookies.find(name);
        self.note(site, SeenIn::Request, &Line::of_request(name, with_purpose(site, rule)), returned, from, now);
        let refused = rule.is_some() || !site.reaches_origin(Judgement::Unknown);
        if treatment == Treatment::Shadow && refused {
            self.would_strip(site, Stripped::RequestCookie, rule, name);
        }
    }

    /// Notes a name that nobody speaks of, as a page's guard reports it.
    pub fn reported(&self, site: &Site, name: &[u8], from: Option<Prefix>, now: Timestamp) {
        self.note(site, SeenIn::Request, &Line::of_request(name, None), false, from, now);
    }

    /// Notes a sighting: in this worker's memory if it is known there, else in the rows.
    fn note(
        &self,
        site: &Site,
        seen_in: SeenIn,
        line: &Line<'_>,
        returned: bool,
        from: Option<Prefix>,
        now: Timestamp,
    ) {
        let at_once = self.common.says_at_once.load(Ordering::Relaxed);
        let known_again = !(returned || at_once && line.rule.is_none());
        let name_of_site = site.config.name.as_str();
        let said = Said {
            policy: site.config.policy.version,
            secure: line.secure,
            http_only: line.http_only,
            same_site: line.same_site,
            lifetime: line.lifetime,
        };
        let mut own = lock(&self.own);
        let number = own.number((name_of_site, seen_in, line.name, line.domain, line.path, line.partitioned));
        if known_again && own.again(number, said, now) {
            return;
        }
        if line.rule.is_none() {
            let (day, listed) = (now.0.div_euclid(DAY), self.common.listed.load(Ordering::Relaxed));
            let network = own.number((number, from.map(|from| (from.address, from.bits))));
            if known_again && own.is_stranger(network, day, listed) {
                return;
            }
            // Nobody holds both at once: what is remembered is added to the rows with the memory in hand.
            drop(own);
            match self.standing(site, seen_in, line.name, from, now, at_once) {
                Some(Standing::Common) if !at_once => {}
                Some(Standing::Strange { .. }) => return lock(&self.own).learn_stranger(network, day, listed),
                _ => return,
            }
        } else {
            drop(own);
        }
        let rows = self.site(name_of_site);
        let spot = self.listing(|| lock(&rows).saw_line(name_of_site, seen_in, line, returned, now));
        if let (Some(spot), true) = (spot, known_again) {
            let place = spot.map(|(key, spot)| Counted { rows, key, spot });
            lock(&self.own).learn(number, said, place, now);
        }
    }

    /// Counts a row that was listed.
    fn listing<T>(&self, note: impl FnOnce() -> (bool, T)) -> T {
        let (new, noted) = note();
        if new {
            self.common.listed.fetch_add(1, Ordering::Relaxed);
        }
        noted
    }

    /// How a name stands that nobody speaks of; None where nobody knows from where it came.
    fn standing(
        &self,
        site: &Site,
        seen_in: SeenIn,
        name: &[u8],
        from: Option<Prefix>,
        now: Timestamp,
        at_once: bool,
    ) -> Option<Standing> {
        let (key, name_of_site) = (key(None, name), &site.config.name);
        let standing = lock(&self.site(name_of_site)).standing(seen_in, &key, from?, now, at_once);
        if at_once && standing == (Standing::Strange { first: true }) {
            tracing::info!(site = name_of_site, name = key, seen_in = seen_in.name(), "a cookie that nobody declares");
        }
        Some(standing)
    }

    /// Adds to the rows what the workers counted.
    fn settle(&self) {
        for memo in &*lock(&self.common.memos) {
            lock(memo).settle();
        }
    }

    /// Notes that shadow mode let a tag go that waits otherwise.
    pub fn would_hold(&self, site: &Site, host: &str, purpose: &str) {
        self.common.shadow.would_strip(&site.config.name, Stripped::Tag, purpose, host);
    }

    /// Notes that shadow mode let a tracker's request to the site's own host go that is stopped otherwise.
    pub fn would_stop(&self, site: &Site, service: &str, purpose: &str) {
        self.common.shadow.would_strip(&site.config.name, Stripped::Request, purpose, service);
    }

    /// Where trackers' scripts were found on the sites' own hosts.
    #[must_use]
    pub fn loaders(&self) -> &Loaders {
        &self.common.loaders
    }

    /// Other consent tools in the sites' pages.
    #[must_use]
    pub fn other_tools(&self) -> &OtherTools {
        &self.common.other_tools
    }

    /// What shadow mode would have taken away.
    #[must_use]
    pub fn shadow(&self) -> &Shadow {
        &self.common.shadow
    }

    /// Where cookies of this name, or of its family, were set; empty where no `Set-Cookie` line showed one.
    #[must_use]
    pub fn places(&self, site: &Site, name: &[u8]) -> Vec<Place> {
        self.places_of(&site.config.name, &key(site.config.policy.cookies.find(name), name))
    }

    fn would_strip(&self, site: &Site, what: Stripped, rule: Option<&CookieRule>, name: &[u8]) {
        let purpose = with_purpose(site, rule).map_or("", |(_, purpose)| purpose);
        self.common.shadow.would_strip(&site.config.name, what, purpose, &key(rule, name));
    }

    fn places_of(&self, site: &str, key: &str) -> Vec<Place> {
        lock(&self.site(site)).places(key)
    }

    /// All rows of a site, by key. A name that a response sets is not listed a second time for requests.
    #[must_use]
    pub fn rows(&self, site: &str) -> Vec<SeenRow> {
        self.settle();
        lock(&self.site(site)).rows()
    }

    /// How many sightings of a site found no room.
    #[must_use]
    pub fn dropped(&self, site: &str) -> u64 {
        lock(&self.site(site)).dropped()
    }

    fn site(&self, name: &str) -> Arc<Mutex<SiteRows>> {
        let known = self.common.sites.read().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone);
        known.unwrap_or_else(|| {
            let mut sites = self.common.sites.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(
                sites
                    .entry(name.to_owned())
                    .or_insert_with(|| Arc::new(Mutex::new(SiteRows::new(self.common.rows_per_site)))),
            )
        })
    }

    fn all(&self) -> Vec<Arc<Mutex<SiteRows>>> {
        self.common.sites.read().unwrap_or_else(PoisonError::into_inner).values().map(Arc::clone).collect()
    }
}

impl Unsaved for Inventory {
    fn take(&self, most: usize, last: bool) -> Batch {
        self.settle();
        let mut seen = Vec::new();
        for site in self.all() {
            let room = most.saturating_sub(seen.len());
            seen.extend(lock(&site).take(room, last));
        }
        Batch { seen, ..Batch::default() }
    }

    fn put_back(&self, batch: Batch) {
        for row in batch.seen {
            let site = self.site(&row.site);
            lock(&site).put_back(&row);
        }
    }
}

fn with_purpose<'a>(site: &'a Site, rule: Option<&'a CookieRule>) -> Option<(&'a CookieRule, &'a str)> {
    rule.map(|rule| (rule, site.config.policy.purpose(rule.purpose).map_or("", |purpose| purpose.id.as_str())))
}

const fn same_site(word: Option<set_cookie::SameSite>) -> SameSite {
    match word {
        None => SameSite::Unset,
        Some(set_cookie::SameSite::None) => SameSite::None,
        Some(set_cookie::SameSite::Lax) => SameSite::Lax,
        Some(set_cookie::SameSite::Strict) => SameSite::Strict,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
