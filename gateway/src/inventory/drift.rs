//! What a site's traffic showed, held against what its policy declares.
//!
//! Refuses to call unused what was watched for less than thirty days. Invariants: what a declared pattern covers is declared, and the lines to
//! add compile behind the policy.

use std::collections::BTreeMap;

use policies::draft::{Entry, KeptIn, List, draft, pattern};
use policies::rules::catalog::Catalog;
use policies::rules::{CookieRule, Lifetime, NamePattern, RuleSource};
use policies::time::DAY;
use policies::{Date, Period, Policy, Timestamp};

use crate::store::{SeenIn, SeenRow};

/// For so many days something must not be seen to be called unused.
const UNUSED: i64 = 30;

/// Where policy and traffic have grown apart.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The first day that was watched.
    pub since: Option<Date>,
    /// For how many whole days.
    pub days: i64,
    /// Seen in the last thirty days, and not declared.
    pub undeclared: Vec<Undeclared>,
    /// Policy lines that declare it.
    pub lines: String,
    /// What lives longer than is declared.
    pub longer: Vec<Longer>,
    /// Declared, and not seen for thirty days.
    pub unseen: Vec<Unseen>,
}

impl Drift {
    /// Whether it was watched for long enough to say what is unused.
    #[must_use]
    pub const fn is_sure(&self) -> bool {
        self.since.is_some() && self.days >= UNUSED
    }
}

/// A name that isn't declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undeclared {
    /// A rule's pattern, or the name with its numbers folded.
    pub name: String,
    /// To which purpose the catalogue holds it.
    pub purpose: Option<String>,
    /// When first.
    pub first_seen: Date,
    /// When last.
    pub last_seen: Date,
}

/// A cookie that is set for longer than is declared; lives in seconds, 0 until the browser closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Longer {
    /// The declared pattern.
    pub name: String,
    /// The longest life seen.
    pub seen: i64,
    /// The declared one.
    pub declared: i64,
}

/// A declared cookie or service of which nothing was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The declared pattern, or the service.
    pub name: String,
    /// When last.
    pub last_seen: Option<Date>,
    /// First and last line of its table in the policy's file.
    pub lines: Option<(usize, usize)>,
}

/// Holds rows against a policy, whose file has this text; `since` is when watching began.
#[must_use]
pub fn drift(
    policy: &Policy,
    source: &str,
    catalog: &Catalog,
    rows: &[SeenRow],
    since: Option<Timestamp>,
    now: Timestamp,
) -> Drift {
    let days = since.map_or(0, |since| (now.0 - since.0).max(0) / DAY);
    let recent: Vec<&SeenRow> = rows.iter().filter(|row| now.0 - row.last_seen.0 < UNUSED * DAY).collect();
    let (undeclared, list) = undeclared(policy, &recent);
    let mut drift = Drift {
        since: since.map(Timestamp::date),
        days,
        undeclared,
        lines: draft(&list, policy, catalog).text,
        longer: longer(policy, &recent),
        unseen: Vec::new(),
    };
    if drift.is_sure() {
        drift.unseen = unseen(policy, source, rows, now);
    }
    drift
}

fn undeclared(policy: &Policy, recent: &[&SeenRow]) -> (Vec<Undeclared>, List) {
    let mut found: BTreeMap<&str, Undeclared> = BTreeMap::new();
    let mut list = List::default();
    for row in recent.iter().filter(|row| !policy.cookies.declared().any(|rule| covers(rule, &row.key))) {
        let (first, last) = (row.first_seen.date(), row.last_seen.date());
        let one = found.entry(&row.key).or_insert_with(|| Undeclared {
            name: row.key.clone(),
            purpose: row.purpose.clone(),
            first_seen: first,
            last_seen: last,
        });
        one.first_seen = one.first_seen.min(first);
        one.last_seen = one.last_seen.max(last);
        if let Some(pattern) = pattern(&row.key) {
            let lifetime = (row.seen_in == SeenIn::Response).then(|| lifetime(row.lifetime));
            let kept_in = KeptIn::Cookie;
            list.add(Entry { kept_in, pattern, category: None, company: None, what: None, lifetime });
        }
    }
    (found.into_values().collect(), list)
}

fn covers(rule: &CookieRule, key: &str) -> bool {
    rule.pattern.to_string() == key || pattern(key).is_some_and(|seen| rule.pattern.covers(&seen))
}

/// A life in whole days, the last one begun.
fn lifetime(seconds: i64) -> Lifetime {
    if seconds <= 0 {
        return Lifetime::Session;
    }
    let days = u16::try_from(seconds.saturating_add(DAY - 1) / DAY).unwrap_or(u16::MAX);
    Lifetime::Period(Period { years: 0, months: 0, days })
}

fn longer(policy: &Policy, recent: &[&SeenRow]) -> Vec<Longer> {
    let mut found: BTreeMap<String, Longer> = BTreeMap::new();
    for row in recent.iter().filter(|row| row.seen_in == SeenIn::Response) {
        let Some(rule) = policy.cookies.declared().find(|rule| covers(rule, &row.key)) else { continue };
        let (declared, most) = match rule.lifetime {
            Lifetime::Session => (0, 0),
            Lifetime::Period(period) => (period.about_seconds(), period.most_seconds()),
        };
        if row.lifetime > most {
            let name = rule.pattern.to_string();
            let one = found.entry(name.clone()).or_insert(Longer { name, seen: row.lifetime, declared });
            one.seen = one.seen.max(row.lifetime);
        }
    }
    found.into_values().collect()
}

fn unseen(policy: &Policy, source: &str, rows: &[SeenRow], now: Timestamp) -> Vec<Unseen> {
    let last_seen = |rule: &CookieRule| rows.iter().filter(|row| covers(rule, &row.key)).map(|row| row.last_seen).max();
    let mut services: BTreeMap<&str, Option<Timestamp>> = BTreeMap::new();
    let mut found = Vec::new();
    let is_unused = |last: Option<Timestamp>| last.is_none_or(|last| now.0 - last.0 >= UNUSED * DAY);
    for rule in policy.cookies.declared() {
        let last = last_seen(rule);
        match &rule.source {
            // A service is in use if any of its cookies is.
            RuleSource::Service(service) => {
                let of_all = services.entry(service).or_default();
                *of_all = (*of_all).max(last);
            }
            RuleSource::Policy | RuleSource::Catalog(_) if is_unused(last) => found.push(Unseen {
                name: rule.pattern.to_string(),
                last_seen: last.map(Timestamp::date),
                lines: lines_of_cookie(source, &rule.pattern),
            }),
            RuleSource::Policy | RuleSource::Catalog(_) => {}
        }
    }
    let services = services.into_iter().filter(|(_, last)| is_unused(*last));
    found.extend(services.map(|(service, last)| Unseen {
        name: format!("service {service}"),
        last_seen: last.map(Timestamp::date),
        lines: lines_of(source, "[[services]]", "catalog", service),
    }));
    found
}

fn lines_of_cookie(source: &str, pattern: &NamePattern) -> Option<(usize, usize)> {
    let (key, value) = match pattern {
        NamePattern::Exact(name) => ("name", name),
        NamePattern::Prefix(name) => ("prefix", name),
        NamePattern::Suffix(name) => ("suffix", name),
    };
    lines_of(source, "[[cookies]]", key, value)
}

/// First and last line of the table in a file that says this.
fn lines_of(source: &str, head: &str, key: &str, value: &str) -> Option<(usize, usize)> {
    let mut begun = None;
    let mut says_so = false;
    let mut last = 0;
    for (number, line) in source.lines().map(str::trim).enumerate().chain([(usize::MAX, "[")]) {
        if line.starts_with('[') {
            if let (Some(first), true) = (begun, says_so) {
                return Some((first, last));
            }
            begun = (line == head).then_some(number.saturating_add(1));
            says_so = false;
        }
        if !line.is_empty() && !line.starts_with('#') {
            last = number.saturating_add(1);
        }
        let written = line.split_once('=').filter(|(name, _)| name.trim() == key);
        says_so |= written.is_some_and(|(_, rest)| rest.split('"').nth(1) == Some(value));
    }
    None
}

#[cfg(test)]
mod tests {
    use policies::policy::compile;

    use super::*;
    use crate::store::SameSite;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    const SOURCE: &str = include_str!("../../../policies/documents/qsolution/2015-02-15.toml");

    fn row(key: &str, seen_in: SeenIn, lifetime: i64, days_ago: i64) -> SeenRow {
        SeenRow {
            site: "shop".to_owned(),
            key: key.to_owned(),
            domain: None,
            path: "/".to_owned(),
            partitioned: false,
            seen_in,
            secure: true,
            http_only: true,
            same_site: SameSite::Lax,
            declared: None,
            lifetime,
            purpose: None,
            first_seen: NOW.plus_seconds(-90 * DAY),
            last_seen: NOW.plus_seconds(-days_ago * DAY),
            count: 1,
            returned: 0,
        }
    }

    fn of(rows: &[SeenRow], watched: i64) -> Drift {
        let catalog = Catalog::bundled().unwrap();
        let policy = compile(SOURCE, &catalog).unwrap();
        drift(&policy, SOURCE, &catalog, rows, Some(NOW.plus_seconds(-watched * DAY)), NOW)
    }

    #[test]
    fn what_was_seen_and_is_not_declared_comes_with_lines_that_compile() {
        let rows = [
            row("cart_#", SeenIn::Response, 7 * DAY, 1),
            row("theme", SeenIn::Request, 0, 2),
            row("QSSESSION", SeenIn::Response, 0, 0),
            row("gone", SeenIn::Response, 0, 31),
        ];
        let found = of(&rows, 3);
        let names: Vec<&str> = found.undeclared.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["cart_#", "theme"]);
        assert!(found.lines.contains("cart_") && found.lines.contains("P7D"), "{}", found.lines);
        compile(&format!("{SOURCE}\n{}", found.lines), &Catalog::bundled().unwrap()).unwrap();
        assert!(!found.is_sure() && found.unseen.is_empty(), "three days are too few to accuse");
    }

    #[test]
    fn what_is_declared_and_was_not_seen_is_told_with_its_lines_after_thirty_days() {
        let rows = [
            row("QSSESSION", SeenIn::Response, 0, 0),
            row("qs_start", SeenIn::Request, 0, 29),
            row("qs_font", SeenIn::Response, 0, 40),
        ];
        let found = of(&rows, 30);
        assert!(found.is_sure());
        let told: Vec<_> = found.unseen.iter().map(|one| (one.name.as_str(), one.last_seen)).collect();
        let forty_days_ago = NOW.plus_seconds(-40 * DAY).date();
        assert_eq!(told, [("qs_font", Some(forty_days_ago)), ("qs_form", None)]);
        for one in found.unseen {
            let (first, last) = one.lines.unwrap();
            let block: Vec<&str> = SOURCE.lines().skip(first - 1).take(last - first + 1).collect();
            assert_eq!(block.first(), Some(&"[[cookies]]"), "{block:?}");
            assert!(block.iter().any(|line| line.contains(&one.name)), "{block:?}");
            assert_eq!(block.iter().filter(|line| line.starts_with('[')).count(), 1, "{block:?}");
        }
    }

    #[test]
    fn a_life_that_is_longer_than_declared_is_told() {
        let rows = [row("qs_form", SeenIn::Response, 400 * DAY, 0), row("qs_font", SeenIn::Response, 365 * DAY, 0)];
        let found = of(&rows, 1).longer;
        assert_eq!(found, [Longer { name: "qs_form".to_owned(), seen: 400 * DAY, declared: 90 * DAY }]);
    }

    #[test]
    fn a_service_is_in_use_if_any_of_its_cookies_is() {
        let catalog = Catalog::bundled().unwrap();
        let source = include_str!("../../../policies/documents/remotemeeting/2017-04-03.toml");
        let policy = compile(source, &catalog).unwrap();
        let rows = [row("_ga", SeenIn::Response, DAY, 0)];
        let found = drift(&policy, source, &catalog, &rows, Some(NOW.plus_seconds(-60 * DAY)), NOW);
        let names: Vec<&str> = found.unseen.iter().map(|one| one.name.as_str()).collect();
        assert!(names.contains(&"service meta") && !names.contains(&"service google-analytics"), "{names:?}");
        let meta = found.unseen.iter().find(|one| one.name == "service meta").unwrap();
        let (first, _) = meta.lines.unwrap();
        assert_eq!(source.lines().nth(first), Some("catalog = \"meta\""));
    }
}
