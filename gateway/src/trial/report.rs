//! What was seen, in words: each name and host once, what policy and catalogue say of it, and what the gateway would do.
//!
//! Refuses values and queries, which it never had. Invariant: what no rule speaks of is said to be so, never guessed.

use std::fmt::Write as _;

use policies::policy::Policy;
use policies::purpose::PurposeIndex;
use policies::rules::catalog::Catalog;
use policies::rules::tracker::TrackerUse;
use policies::rules::{Lifetime, RuleSource};

use super::found::{Found, Kept, lifetime};

/// How the pages were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Browser,
    Http,
}

/// The whole report, without policy lines.
pub(crate) fn text(found: &Found, by: By, pages: usize, policy: &Policy, catalog: &Catalog) -> String {
    let words = Words { policy, catalog };
    let mut text = format!("\n{} {} looked at before any answer, ", pages, if pages == 1 { "page" } else { "pages" });
    text.push_str(match by {
        By::Browser => "with a browser.\n",
        By::Http => "by HTTP alone: what scripts set or call is not seen. Install Chromium for that.\n",
    });
    let (own, others): (Vec<_>, Vec<_>) = found.cookies.iter().partition(|((whose, _), _)| whose.is_empty());
    let rows = own.iter().map(|((_, name), cookie)| [name.clone(), words.lasts(cookie), words.of_cookie(cookie)]);
    section(&mut text, "Cookies of the site", rows);
    let rows = others
        .iter()
        .map(|((host, name), cookie)| [format!("{name} of {host}"), words.lasts(cookie), words.of_host(host, "/")]);
    section(&mut text, "Cookies of others, which only their calls can keep away", rows);
    let rows = found
        .keys
        .iter()
        .map(|(area, name)| [name.clone(), format!("{} storage", area.word()), words.of_key(*area, name)]);
    section(&mut text, "Keys in the browser's storage", rows);
    let rows = found.hosts.iter().map(|(host, path)| [host.clone(), String::new(), words.of_host(host, path)]);
    section(&mut text, "Other hosts that were called", rows);
    if found.left_out > 0 {
        writeln!(text, "\n{} more found no room in this list.", found.left_out).ok();
    }
    text
}

fn section(text: &mut String, title: &str, rows: impl Iterator<Item = [String; 3]>) {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let (first, second) = (width(0).unwrap_or_default().min(48), width(1).unwrap_or_default());
    writeln!(text, "\n{title}").ok();
    for [name, about, says] in &rows {
        let line = format!("  {name:first$}  {about:second$}  {says}");
        writeln!(text, "{}", line.trim_end()).ok();
    }
}

struct Words<'a> {
    policy: &'a Policy,
    catalog: &'a Catalog,
}

impl Words<'_> {
    fn lasts(&self, cookie: &Kept) -> String {
        match lifetime(cookie.life) {
            Lifetime::Session => "until the browser closes".to_owned(),
            Lifetime::Period(period) => period.to_string(),
        }
    }

    fn of_cookie(&self, cookie: &Kept) -> String {
        let name = cookie.name.as_bytes();
        if let Some(rule) = self.policy.cookies.find(name) {
            return self.of_purpose(rule.purpose, &rule.recipient, &rule.source);
        }
        let hint =
            self.catalog.label(name).map(|label| format!(", perhaps {} ({})", label.platform, label.category.name()));
        format!("nobody says what for{}", hint.unwrap_or_default())
    }

    fn of_key(&self, area: policies::rules::StorageArea, name: &str) -> String {
        let mut rules = self.policy.storage.iter();
        let rule = rules.find(|rule| rule.area == area && rule.pattern.matches(name.as_bytes()));
        rule.map_or_else(
            || "nobody says what for".to_owned(),
            |rule| self.of_purpose(rule.purpose, &rule.recipient, &rule.source),
        )
    }

    fn of_host(&self, host: &str, path: &str) -> String {
        match self.policy.trackers.find(host, path).map(|rule| (rule.usage, rule)) {
            Some((TrackerUse::Purpose(purpose), rule)) => self.of_purpose(purpose, &rule.recipient, &rule.source),
            Some((TrackerUse::NeverHold, _)) => "never held: payment, login or a check against robots".to_owned(),
            None => "nobody says what for".to_owned(),
        }
    }

    fn of_purpose(&self, index: PurposeIndex, recipient: &str, source: &RuleSource) -> String {
        let Some(purpose) = self.policy.purpose(index) else { return String::new() };
        let who = self.policy.recipients.get(recipient).map(|known| known.company.en.as_str());
        let who = who.or_else(|| self.catalog.service(recipient).map(|known| known.recipient.company.en.as_str()));
        let does = if purpose.is_optional() { "waits for a yes" } else { "always allowed" };
        let declared = if source.is_declared() { "" } else { ", not in the policy yet" };
        format!("{}, {}; {does}{declared}", purpose.id, who.unwrap_or(recipient))
    }
}
