//! What was seen of a site before anybody answered: names that were kept, and hosts that were called.
//!
//! Refuses values, queries, and more than a bound of each. Invariant: the site's own hosts are never listed as others'.

use std::collections::{BTreeMap, BTreeSet};

use policies::draft::{Called, Entry, KeptIn, List, pattern};
use policies::rules::{Lifetime, StorageArea};
use policies::time::{DAY, Period};
use url::{Host, Url};

use crate::inventory;

/// How much of each kind is listed.
const MOST: usize = 1_000;

/// A cookie that the browser has kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) name: String,
    /// Whose, with or without the dot that stands before a domain.
    pub(crate) host: String,
    /// Seconds from now; None is until the browser closes.
    pub(crate) life: Option<i64>,
}

/// Everything that was seen.
#[derive(Debug)]
pub(crate) struct Found {
    /// The site's own host as its owner knows it, without `www.`.
    site: String,
    /// By host, which is empty for the site's own, and name.
    pub(crate) cookies: BTreeMap<(String, String), Kept>,
    pub(crate) keys: BTreeSet<(StorageArea, String)>,
    /// The first path by host.
    pub(crate) hosts: BTreeMap<String, String>,
    /// How much found no room.
    pub(crate) left_out: usize,
}

impl Found {
    /// Nothing yet, of a site at this host.
    pub(crate) fn of(host: &str) -> Self {
        Self { site: bare(host), cookies: BTreeMap::new(), keys: BTreeSet::new(), hosts: BTreeMap::new(), left_out: 0 }
    }

    /// Whether a host is the site's: its own name, one below it, or the loopback address that stands for it.
    pub(crate) fn is_own(&self, host: &str) -> bool {
        is_below(host, &self.site) || matches!(Host::parse(host), Ok(Host::Ipv4(address)) if address.is_loopback())
    }

    /// Notes an address that was asked for.
    pub(crate) fn called(&mut self, address: &str) {
        let Ok(address) = Url::parse(address) else { return };
        let Some(host) = address.host_str().filter(|_| matches!(address.scheme(), "http" | "https" | "ws" | "wss"))
        else {
            return;
        };
        self.called_at(host, address.path());
    }

    /// Notes a place that was asked for.
    pub(crate) fn called_at(&mut self, host: &str, path: &str) {
        if self.is_own(host) || self.hosts.contains_key(host) {
            return;
        }
        if self.has_room(self.hosts.len()) {
            self.hosts.insert(host.to_owned(), path.to_owned());
        }
    }

    /// Notes a cookie.
    pub(crate) fn kept(&mut self, cookie: Kept) {
        let host = cookie.host.trim_start_matches('.');
        let whose = if self.is_own(host) { String::new() } else { host.to_owned() };
        let place = (whose, inventory::key(None, cookie.name.as_bytes()));
        if self.cookies.contains_key(&place) || self.has_room(self.cookies.len()) {
            self.cookies.insert(place, cookie);
        }
    }

    /// Notes a key of the page's own storage.
    pub(crate) fn key(&mut self, area: StorageArea, name: &str) {
        if self.has_room(self.keys.len()) {
            self.keys.insert((area, inventory::key(None, name.as_bytes())));
        }
    }

    fn has_room(&mut self, taken: usize) -> bool {
        self.left_out += usize::from(taken >= MOST);
        taken < MOST
    }

    /// The list that policy lines are drafted of: the site's own cookies and keys, and all hosts.
    pub(crate) fn list(&self) -> List {
        let mut list = List::default();
        let own = self.cookies.iter().filter(|((whose, _), _)| whose.is_empty());
        for ((_, name), cookie) in own {
            list.entries.extend(entry(KeptIn::Cookie, name, Some(lifetime(cookie.life))));
        }
        for (area, name) in &self.keys {
            list.entries.extend(entry(KeptIn::Storage(*area), name, None));
        }
        let called = self.hosts.iter().map(|(host, path)| Called { host: host.clone(), path: path.clone() });
        list.called.extend(called);
        list
    }
}

/// Whether a host is a site's own name or one below it; `www.` makes no difference.
pub(crate) fn is_below(host: &str, site: &str) -> bool {
    let (host, site) = (bare(host), bare(site));
    host == site || host.strip_suffix(&site).is_some_and(|before| before.ends_with('.'))
}

fn bare(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    host.strip_prefix("www.").map_or(host.clone(), str::to_owned)
}

/// A name of which no line can be made is none that a policy could speak of.
fn entry(kept_in: KeptIn, name: &str, lifetime: Option<Lifetime>) -> Option<Entry> {
    let pattern = pattern(name)?;
    Some(Entry { kept_in, pattern, category: None, company: None, what: None, lifetime })
}

/// A life in whole days, the last one begun.
pub(crate) fn lifetime(life: Option<i64>) -> Lifetime {
    let Some(seconds) = life else { return Lifetime::Session };
    let days = seconds.max(1).saturating_add(DAY - 1) / DAY;
    let days = u16::try_from(days).unwrap_or(u16::MAX);
    let whole_years = days % 365 == 0;
    let (years, days) = if whole_years { (days / 365, 0) } else { (0, days) };
    Lifetime::Period(Period { years, months: 0, days })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_hosts_are_listed_and_without_their_queries() {
        let check = |address: &str, expect: &[(&str, &str)]| {
            let mut found = Found::of("www.shop.example");
            found.called(address);
            let hosts = found.hosts.iter().map(|(host, path)| (host.as_str(), path.as_str()));
            assert_eq!(hosts.collect::<Vec<_>>(), expect, "{address}");
        };
        check("https://cdn.other.example/a.js?visitor=7", &[("cdn.other.example", "/a.js")]);
        check("wss://live.other.example/", &[("live.other.example", "/")]);
        check("https://img.shop.example/a.png", &[]);
        check("https://SHOP.example/", &[]);
        check("http://127.0.0.1:9000/", &[]);
        check("https://myshop.example/", &[("myshop.example", "/")]);
        check("data:text/plain,x", &[]);
        check("not an address", &[]);
    }

    #[test]
    fn lives_are_whole_days() {
        let check = |life: Option<i64>, expect: &str| {
            let told = match lifetime(life) {
                Lifetime::Session => "session".to_owned(),
                Lifetime::Period(period) => period.to_string(),
            };
            assert_eq!(told, expect, "{life:?}");
        };
        check(None, "session");
        check(Some(1), "P1D");
        check(Some(DAY + 1), "P2D");
        check(Some(730 * DAY - 5), "P2Y");
        check(Some(i64::MAX), "P65535D");
    }

    #[test]
    fn names_with_numbers_in_them_are_one_family() {
        let mut found = Found::of("shop.example");
        for name in ["cart_81f2a9", "cart_07bc11"] {
            found.kept(Kept { name: name.to_owned(), host: ".shop.example".to_owned(), life: None });
        }
        found.kept(Kept { name: "id".to_owned(), host: "ads.example".to_owned(), life: Some(9) });
        let list = found.list();
        assert_eq!(list.entries.iter().map(|entry| entry.pattern.to_string()).collect::<Vec<_>>(), ["cart_*"]);
        assert_eq!(found.cookies.len(), 2, "others' are listed, though no policy can speak of them");
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let mut found = Found::of("shop.example");
        (0..MOST + 3).for_each(|at| found.called(&format!("https://h{at}.other.example/")));
        assert_eq!((found.hosts.len(), found.left_out), (MOST, 3));
    }
}
