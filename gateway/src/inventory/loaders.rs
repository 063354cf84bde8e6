//! Paths of the sites' own where a tracker's script was found, so that the pages' tags for them are held.
//!
//! Refuses to keep more than a site could mean: past the bound, and for longer paths, a script is still found each time
//! it is loaded. Invariant: memory only, bounded by site, and a path whose script is another one now is forgotten.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Paths of one site.
const PATHS_PER_SITE: usize = 64;

/// Bytes of a path.
const LONGEST_PATH: usize = 256;

/// By site and path the service whose script stands there.
#[derive(Default)]
pub struct Loaders {
    sites: RwLock<HashMap<String, BTreeMap<String, String>>>,
    /// Whether any site has one: most never do, and are asked with every address of a page.
    any: AtomicBool,
}

impl Loaders {
    /// Notes a service's script; says whether that is new.
    pub fn learn(&self, site: &str, path: &str, service: &str) -> bool {
        if path.len() > LONGEST_PATH || self.at(site, path).is_some_and(|known| known == service) {
            return false;
        }
        let mut sites = self.writing();
        let paths = sites.entry(site.to_owned()).or_default();
        let new = paths.contains_key(path) || paths.len() < PATHS_PER_SITE;
        if new {
            paths.insert(path.to_owned(), service.to_owned());
            self.any.store(true, Ordering::Relaxed);
        }
        new
    }

    /// Forgets a path.
    pub fn forget(&self, site: &str, path: &str) {
        if let Some(paths) = self.writing().get_mut(site) {
            paths.remove(path);
        }
    }

    /// The service whose script stands at a path of a site.
    #[must_use]
    pub fn at(&self, site: &str, path: &str) -> Option<String> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        self.reading().get(site)?.get(path).cloned()
    }

    /// A number that is another one for other paths of a site; 0 for none.
    #[must_use]
    pub fn edition(&self, site: &str) -> u64 {
        if !self.any.load(Ordering::Relaxed) {
            return 0;
        }
        self.reading().get(site).filter(|paths| !paths.is_empty()).map_or(0, |paths| {
            let mut hasher = DefaultHasher::new();
            paths.hash(&mut hasher);
            hasher.finish()
        })
    }

    fn reading(&self) -> RwLockReadGuard<'_, HashMap<String, BTreeMap<String, String>>> {
        self.sites.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> RwLockWriteGuard<'_, HashMap<String, BTreeMap<String, String>>> {
        self.sites.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_learned_once_and_forgotten() {
        let loaders = Loaders::default();
        assert_eq!((loaders.at("shop", "/m/"), loaders.edition("shop")), (None, 0));
        assert!(loaders.learn("shop", "/m/", "meta"));
        assert!(!loaders.learn("shop", "/m/", "meta"));
        let edition = loaders.edition("shop");
        assert_ne!(edition, 0);
        assert!(loaders.learn("shop", "/m/", "matomo"), "another one now");
        assert_ne!(loaders.edition("shop"), edition);
        assert_eq!(loaders.at("shop", "/m/").as_deref(), Some("matomo"));
        assert_eq!(loaders.at("blog", "/m/"), None);
        loaders.forget("shop", "/m/");
        assert_eq!((loaders.at("shop", "/m/"), loaders.edition("shop")), (None, 0));
    }

    #[test]
    fn a_site_has_so_many_and_no_more() {
        let loaders = Loaders::default();
        assert!(!loaders.learn("shop", &"/long".repeat(LONGEST_PATH), "meta"));
        let learned = (0..PATHS_PER_SITE * 2).filter(|number| loaders.learn("shop", &format!("/{number}"), "meta"));
        assert_eq!(learned.count(), PATHS_PER_SITE);
        assert!(loaders.learn("shop", "/0", "matomo"), "what is there may change");
    }
}
