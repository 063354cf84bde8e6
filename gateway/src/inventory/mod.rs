//! What a site's traffic was seen to set: names, places and attributes. Expiry asks where a cookie stands, the
//! owner reads what nobody declared.
//!
//! It refuses values, and names that visitors make up beyond their share of the room. Invariant: memory is bounded
//! per site, and what found no room is counted.

mod name;
mod rows;
mod shadow;

pub use name::key;
pub use rows::{Place, Sighting};
pub use shadow::{Shadow, ShadowRow, Stripped};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use policies::Timestamp;

use crate::store::{Batch, SeenRow, Unsaved};
use rows::SiteRows;

/// How many rows a site may have, unless its configuration says otherwise.
pub const ROWS_PER_SITE: usize = 2_000;

/// All sites' rows, shared by all connections.
pub struct Inventory {
    rows_per_site: usize,
    sites: RwLock<HashMap<String, Arc<Mutex<SiteRows>>>>,
}

impl Inventory {
    /// An inventory that knows what was stored. Rows past the bound are left out.
    #[must_use]
    pub fn new(rows_per_site: usize, stored: Vec<SeenRow>) -> Self {
        let inventory = Self { rows_per_site, sites: RwLock::new(HashMap::new()) };
        for row in stored {
            let site = inventory.site(&row.site);
            lock(&site).load(row);
        }
        inventory
    }

    /// Notes a `Set-Cookie` line, deletions aside: those set nothing.
    pub fn saw_set_cookie(&self, site: &str, seen: &Sighting<'_>, now: Timestamp) {
        lock(&self.site(site)).saw_set_cookie(site, seen, now);
    }

    /// Notes a name in a visitor's `Cookie` header. Nothing is added where a `Set-Cookie` line showed the name.
    pub fn saw_request_name(
        &self,
        site: &str,
        rule: Option<(&policies::rules::CookieRule, &str)>,
        name: &[u8],
        now: Timestamp,
    ) {
        lock(&self.site(site)).saw_request_name(site, rule, name, now);
    }

    /// Where cookies of this key (see [`key`]) were set; empty where none was seen in a `Set-Cookie` line.
    #[must_use]
    pub fn places(&self, site: &str, key: &str) -> Vec<Place> {
        lock(&self.site(site)).places(key)
    }

    /// All rows of a site, by key. A name that a response sets is not listed a second time for requests.
    #[must_use]
    pub fn rows(&self, site: &str) -> Vec<SeenRow> {
        lock(&self.site(site)).rows()
    }

    /// How many sightings of a site found no room.
    #[must_use]
    pub fn dropped(&self, site: &str) -> u64 {
        lock(&self.site(site)).dropped()
    }

    fn site(&self, name: &str) -> Arc<Mutex<SiteRows>> {
        let known = self.sites.read().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone);
        known.unwrap_or_else(|| {
            let mut sites = self.sites.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(
                sites.entry(name.to_owned()).or_insert_with(|| Arc::new(Mutex::new(SiteRows::new(self.rows_per_site)))),
            )
        })
    }

    fn all(&self) -> Vec<Arc<Mutex<SiteRows>>> {
        self.sites.read().unwrap_or_else(PoisonError::into_inner).values().map(Arc::clone).collect()
    }
}

impl Unsaved for Inventory {
    fn take(&self, most: usize, last: bool) -> Batch {
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
