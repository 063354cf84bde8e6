//! A site's rules as the guard in its pages reads them, and what it is told of one decision.
//!
//! Refuses words: rows are numbers, and texts stand only on the gateway's own pages. Invariant: the guard, trying rows in the
//! order written here, finds the rule that the gateway itself finds.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use aws_lc_rs::digest;
use policies::consent::ItemKey;
use policies::purpose::PurposeIndex;
use policies::rules::tracker::TrackerUse;
use policies::rules::{CookieRule, Lifetime, NamePattern, StorageArea, StorageRule, TrackerRule};
use policies::{Decision, Mode, Policy, PurposeSet};

use crate::assets::Made;
use crate::config::{ConsentMode, SiteConfig, Unknown};
use crate::consent_tools;

/// Stands for a purpose that nobody can grant: what waits for it never wakes. No policy's purpose is called so.
pub const NEVER: &str = "-";

/// The rules of one site.
#[derive(Clone, Debug)]
pub struct GuardRules {
    /// The script that hands them to the guard.
    pub file: Made,
    /// Which rules these are: numbers mean something only beside it.
    pub edition: String,
    /// What can be answered singly, by number, with its purpose.
    items: HashMap<ItemKey, (usize, PurposeIndex)>,
}

impl GuardRules {
    /// The rules of a site; the same configuration and policy give the same bytes.
    #[must_use]
    pub fn new(config: &SiteConfig) -> Self {
        let items = config.policy.items().into_iter().zip(1..).map(|(item, number)| (item.key, (number, item.purpose)));
        let items = items.collect();
        let text = Written { config, items: &items }.text();
        let digest = digest::digest(&digest::SHA256, text.as_bytes());
        let edition: String = digest.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let file = Made::script(format!("window.consentRules={{edition:\"{edition}\",{text}}};\n"));
        Self { file, edition, items }
    }

    /// What the guard is told of a decision: names and values, those left out that say nothing.
    #[must_use]
    pub fn told(&self, policy: &Policy, decision: &Decision) -> Vec<(&'static str, String)> {
        let ids = |set: PurposeSet| policy.ids(set).join(" ");
        let asking = if decision.mode == Mode::Ask {
            policy.optional().without(decision.granted).without(decision.overruled)
        } else {
            PurposeSet::EMPTY
        };
        let mode = if decision.mode == Mode::AsSet { "" } else { decision.mode.name() };
        let owed = if decision.prompt { "yes" } else { "" };
        let all = [
            ("granted", ids(decision.granted)),
            ("denied", ids(decision.refused_by_visitor)),
            ("ask", ids(asking)),
            ("single", self.single_answers(decision)),
            ("mode", mode.to_owned()),
            ("owed", owed.to_owned()),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The numbers of what was answered singly, with a minus for no. A yes against a signal counts for nothing.
    fn single_answers(&self, decision: &Decision) -> String {
        let answers = decision.exceptions.iter().filter_map(|(key, allowed)| {
            let (number, purpose) = self.items.get(&key)?;
            let counts = !allowed || !decision.overruled.contains(*purpose);
            counts.then(|| format!("{}{number}", if allowed { "" } else { "-" }))
        });
        answers.collect::<Vec<_>>().join(" ")
    }
}

/// How long a site keeps a cookie at most, in seconds; None where it doesn't cut lives, or its policy says nothing.
#[must_use]
pub fn declared_life(config: &SiteConfig, rule: &CookieRule) -> Option<i64> {
    let told = config.switches.cap_lifetimes && rule.source.is_declared();
    told.then(|| match rule.lifetime {
        Lifetime::Session => 0,
        Lifetime::Period(period) => period.most_seconds(),
    })
}

/// The rules as text.
struct Written<'w> {
    config: &'w SiteConfig,
    items: &'w HashMap<ItemKey, (usize, PurposeIndex)>,
}

impl Written<'_> {
    fn text(&self) -> String {
        let policy = &self.config.policy;
        let mut purposes: Vec<String> = policy.purposes.iter().map(|purpose| quoted(&purpose.id)).collect();
        if self.config.other_tool.replace {
            purposes.push(quoted(NEVER));
        }
        let unknown = match self.config.unknown {
            Unknown::Observe => 2,
            Unknown::Quarantine => 1,
            Unknown::Deny => 0,
        };
        let exact = policy.cookies.exact().map(|(name, rule)| (name, self.cookie_row(rule)));
        let families = policy.cookies.families().map(|rule| (&rule.pattern, self.cookie_row(rule)));
        format!(
            "purposes:[{}],always:{},unknown:{unknown},cookies:{},hosts:{},keys:{{{}}}",
            purposes.join(","),
            policy.always().bits(),
            table(exact, families),
            self.hosts(),
            self.keys(),
        )
    }

    /// Place of the purpose, number of the service, number of the cookie, longest life in seconds, whether it goes until it is
    /// refused: the visitor's own act sets it.
    fn cookie_row(&self, rule: &CookieRule) -> String {
        let service = self.number(ItemKey::of_service(rule.purpose, &rule.recipient));
        let cookie = self.number(ItemKey::of_cookie(&rule.pattern));
        let life = declared_life(self.config, rule).map(|life| life.to_string());
        let on_request = rule.on_request.then(|| "1".to_owned());
        row(&[Some(rule.purpose.place().to_string()), service, cookie, life, on_request])
    }

    fn keys(&self) -> String {
        let areas = StorageArea::ALL.map(|area| {
            let rows = || self.config.policy.storage.of(area).map(|rule| (&rule.pattern, self.key_row(rule)));
            let exact = rows().filter_map(|(pattern, row)| match pattern {
                NamePattern::Exact(name) => Some((name.as_str(), row)),
                NamePattern::Prefix(_) | NamePattern::Suffix(_) => None,
            });
            format!("{}:{}", area.word(), table(exact, rows()))
        });
        areas.join(",")
    }

    fn key_row(&self, rule: &StorageRule) -> String {
        let service = self.number(ItemKey::of_service(rule.purpose, &rule.recipient));
        row(&[Some(rule.purpose.place().to_string()), service])
    }

    fn hosts(&self) -> String {
        let mut written = String::from("{__proto__:null");
        let mut by_host = self.other_tools();
        for (host, rules) in self.config.policy.trackers.by_host() {
            by_host.entry(host).or_default().extend(rules.map(|rule| self.tracker_row(rule)));
        }
        for (host, rows) in by_host {
            write!(written, ",{}:[{}]", key(host), rows.join(",")).ok();
        }
        written.push('}');
        written
    }

    /// Where another consent tool's scripts lie, if the gateway takes its place: they wait for what stands behind the last purpose.
    fn other_tools(&self) -> BTreeMap<&str, Vec<String>> {
        let mut by_host: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        if !self.config.other_tool.replace {
            return by_host;
        }
        let never = self.config.policy.purposes.len();
        for (host, path) in consent_tools::ALL.iter().flat_map(|tool| tool.places) {
            by_host.entry(host).or_default().push(format!("[{},[{never}]]", quoted(path)));
        }
        by_host
    }

    /// The first purpose of every policy is the necessary one, which is never held either.
    fn tracker_row(&self, rule: &TrackerRule) -> String {
        let (place, service) = match rule.usage {
            TrackerUse::Purpose(purpose) => (purpose.place(), ItemKey::of_service(purpose, &rule.recipient)),
            TrackerUse::NeverHold => return format!("[{},[0]]", quoted(&rule.path)),
        };
        let advanced = self.config.switches.consent_mode == ConsentMode::Advanced;
        let until_refused =
            (advanced && self.config.policy.trackers.goes_by_consent_mode(&rule.recipient)).then(|| "1".to_owned());
        format!(
            "[{},{}]",
            quoted(&rule.path),
            row(&[Some(place.to_string()), self.number(service), None, None, until_refused])
        )
    }

    fn number(&self, key: ItemKey) -> Option<String> {
        self.items.get(&key).map(|(number, _)| number.to_string())
    }
}

/// Whole names, then families in the order in which they are tried.
fn table<'t>(
    exact: impl Iterator<Item = (&'t str, String)>,
    families: impl Iterator<Item = (&'t NamePattern, String)>,
) -> String {
    let exact: String = exact.map(|(name, row)| format!(",{}:{row}", key(name))).collect();
    let families: Vec<String> = families
        .filter_map(|(pattern, row)| match pattern {
            NamePattern::Exact(_) => None,
            NamePattern::Prefix(text) => Some(format!("[0,{},{row}]", quoted(text))),
            NamePattern::Suffix(text) => Some(format!("[1,{},{row}]", quoted(text))),
        })
        .collect();
    format!("[{{__proto__:null{exact}}},[{}]]", families.join(","))
}

/// What is nothing at the end is left out.
fn row(fields: &[Option<String>]) -> String {
    let length = fields.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    let written: Vec<&str> = fields.iter().take(length).map(|field| field.as_deref().unwrap_or("null")).collect();
    format!("[{}]", written.join(","))
}

/// A key of an object: this one word would make its value the object's maker.
fn key(name: &str) -> String {
    if name == "__proto__" { "[\"__proto__\"]".to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
#[path = "guard_rules_tests.rs"]
mod tests;
