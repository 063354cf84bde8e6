//! Writes the lines: services that the catalogue knows by one line each, other cookies one by one, and at the end, as comments, what only
//! the owner can answer.
//!
//! Refuses to say again what the policy says. Invariant: every text goes in as one TOML string, so a list can't bring keys of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Called, Entry, KeptIn, List};
use crate::policy::Policy;
use crate::purpose::Category;
use crate::rules::catalog::Catalog;
use crate::rules::{Lifetime, NamePattern, RuleSource};
use crate::text::Text;

/// What sites call themselves in lists.
const OWN: [&str; 8] = ["first party", "first-party", "1st party", "this site", "own", "self", "자사", "당사"];

/// Lines for the end of a policy file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The lines; empty where there is nothing to add.
    pub text: String,
    /// How many entries became lines.
    pub written: usize,
    /// How many the policy declares already.
    pub known: usize,
    /// How many stand as comments, with a question.
    pub open: usize,
}

/// Drafts what a policy lacks of a list.
#[must_use]
pub fn draft(list: &List, policy: &Policy, catalog: &Catalog) -> Draft {
    let mut lines = Lines { policy, catalog, draft: Draft::default(), recipients: Vec::new() };
    let mut services: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut own = String::new();
    let mut open = String::new();
    for entry in &list.entries {
        if lines.knows(entry) {
            lines.draft.known += 1;
        } else if let Some(service) = lines.service_of(entry) {
            services.entry(service).or_default().insert(entry.pattern.to_string());
            lines.draft.written += 1;
        } else {
            match lines.purpose_of(entry) {
                Ok((purpose, guess)) => {
                    own.push_str(&lines.entry(entry, &purpose, guess));
                    lines.draft.written += 1;
                }
                Err(question) => {
                    let block = lines.entry(entry, "", None);
                    let commented = block.trim_end().lines().map(|line| format!("# {line}\n").replace("#  ", "# "));
                    writeln!(open, "\n# {question}").ok();
                    open.extend(commented);
                    lines.draft.open += 1;
                }
            }
        }
    }
    for called in &list.called {
        match lines.says_of(called) {
            Said::Declared => lines.draft.known += 1,
            Said::Catalogued(service) => {
                services.entry(service).or_default().insert(called.host.clone());
                lines.draft.written += 1;
            }
            Said::Nothing => {
                open.push_str(&asked(&called.host));
                lines.draft.open += 1;
            }
        }
    }
    for (service, names) in services {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        write!(lines.draft.text, "# The catalogue knows {names}.\n[[services]]\ncatalog = \"{service}\"\n\n").ok();
    }
    for (key, company) in &lines.recipients {
        lines.draft.text.push_str(&recipient_table(key, company, &policy.contact.address));
    }
    lines.draft.text.push_str(&own);
    if !open.is_empty() {
        lines.draft.text.push_str("# --- To answer: write what is missing, and take the marks away ---\n");
        lines.draft.text.push_str(&open);
    }
    lines.draft
}

struct Lines<'a> {
    policy: &'a Policy,
    catalog: &'a Catalog,
    draft: Draft,
    /// Recipients that the policy lacks, with their keys.
    recipients: Vec<(String, Text)>,
}

/// What policy and catalogue say of a place.
enum Said<'a> {
    Declared,
    Catalogued(&'a str),
    Nothing,
}

/// A host that nobody knows, with what is to be said of it.
fn asked(host: &str) -> String {
    format!(
        "\n# Who is it, and what for?\n# [[trackers]]\n# host = {}\n# purpose = \"\"\n# recipient = \"\"\n# what = {{ ko = \"\", en = \"\" }}\n",
        quoted(host)
    )
}

impl<'a> Lines<'a> {
    fn says_of(&self, called: &Called) -> Said<'a> {
        match self.policy.trackers.find(&called.host, &called.path).map(|rule| &rule.source) {
            Some(RuleSource::Catalog(service)) if self.catalog.service(service).is_some() => Said::Catalogued(service),
            Some(_) => Said::Declared,
            None => Said::Nothing,
        }
    }

    fn knows(&self, entry: &Entry) -> bool {
        match entry.kept_in {
            KeptIn::Cookie => self.policy.cookies.declared().any(|rule| rule.pattern.covers(&entry.pattern)),
            KeptIn::Storage(area) => {
                let mut declared = self.policy.storage.declared();
                declared.any(|rule| rule.area == area && rule.pattern.covers(&entry.pattern))
            }
        }
    }

    /// The catalogued service whose reviewed rows mean this name.
    fn service_of(&self, entry: &Entry) -> Option<&'a str> {
        let has_purpose = |category: Category| self.purpose_id(category).is_some();
        let known = self.catalog.services().filter(|service| has_purpose(service.category));
        let row =
            known.flat_map(|service| &service.cookies).filter(|row| row.reviewed && row.pattern.covers(&entry.pattern));
        let service = row.max_by_key(|row| row.pattern.len()).map(|row| row.service.as_str());
        service.filter(|_| entry.kept_in == KeptIn::Cookie)
    }

    fn purpose_id(&self, category: Category) -> Option<&'a str> {
        let purpose = self.policy.purposes.iter().find(|purpose| purpose.category == category);
        purpose.map(|purpose| purpose.id.as_str())
    }

    /// The purpose, and what to say where it is guessed; else the question.
    fn purpose_of(&self, entry: &Entry) -> Result<(String, Option<String>), String> {
        let label = self.catalog.label(text_of(&entry.pattern).as_bytes());
        let guess = label.map(|label| (label.category, format!("guess: known from {}", label.platform)));
        let (category, guess) = match entry.category {
            Some(category) => (category, None),
            None => {
                guess.map(|(category, guess)| (category, Some(guess))).ok_or("What is it for? The list doesn't say.")?
            }
        };
        if category == Category::Necessary
            && let Some(row) = self.catalog.reviewed_overlap(&entry.pattern)
        {
            return Err(format!(
                "The list calls it necessary, but {} is known for {}. What is it for?",
                row.pattern,
                row.category.name()
            ));
        }
        let purpose = self
            .purpose_id(category)
            .ok_or_else(|| format!("It is for {}, but the policy has no purpose of that category.", category.name()))?;
        Ok((purpose.to_owned(), guess))
    }

    fn entry(&mut self, entry: &Entry, purpose: &str, guess: Option<String>) -> String {
        let mut lines = match entry.kept_in {
            KeptIn::Cookie => "[[cookies]]\n".to_owned(),
            KeptIn::Storage(area) => format!("[[storage]]\narea = \"{}\"\n", area.word()),
        };
        let kind = match entry.pattern {
            NamePattern::Exact(_) => "name",
            NamePattern::Prefix(_) => "prefix",
            NamePattern::Suffix(_) => "suffix",
        };
        // A commented entry brings no table of its own: nobody may need it.
        let recipient =
            if purpose.is_empty() { "operator".to_owned() } else { self.recipient(entry.company.as_deref()) };
        let (lifetime, unsure) = match entry.lifetime {
            Some(Lifetime::Session) => ("session".to_owned(), ""),
            Some(Lifetime::Period(period)) => (period.to_string(), ""),
            None if matches!(entry.kept_in, KeptIn::Storage(_)) => ("P400D".to_owned(), "  # guess: not said how long"),
            None => ("session".to_owned(), "  # guess: not said how long"),
        };
        write!(
            lines,
            "{kind} = {}\npurpose = {}{}\nrecipient = {}\nwhat = {}\nlifetime = \"{lifetime}\"{unsure}\n\n",
            quoted(text_of(&entry.pattern)),
            quoted(purpose),
            guess.map(|guess| format!("  # {guess}")).unwrap_or_default(),
            quoted(&recipient),
            what(entry.what.as_deref()),
        )
        .ok();
        lines
    }

    /// The key of a recipient, with a table for one that the policy lacks.
    fn recipient(&mut self, company: Option<&str>) -> String {
        let is =
            |text: &Text, company: &str| [&text.ko, &text.en].iter().any(|name| name.eq_ignore_ascii_case(company));
        let own = company.is_none_or(|company| {
            OWN.contains(&company.to_lowercase().as_str())
                || is(&self.policy.operator, company)
                || is(&self.policy.service, company)
        });
        let named = company.filter(|_| !own);
        let name =
            named.map_or_else(|| self.policy.operator.clone(), |name| Text::new(name.to_owned(), name.to_owned()));
        let known = self.policy.recipients.iter().map(|(key, known)| (key, &known.company));
        let mut known = known.chain(self.recipients.iter().map(|(key, company)| (key, company)));
        if let Some((key, _)) = known.find(|(_, company)| **company == name || is(company, &name.en)) {
            return key.clone();
        }
        let key = self.free_key(&named.map_or_else(|| "operator".to_owned(), key));
        self.recipients.push((key.clone(), name));
        key
    }

    /// The key, with a number behind it where another company has it.
    fn free_key(&self, wanted: &str) -> String {
        let taken = |key: &String| {
            self.policy.recipients.contains_key(key) || self.recipients.iter().any(|(known, _)| known == key)
        };
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        std::iter::once(wanted.to_owned()).chain(numbered).find(|key| !taken(key)).unwrap_or_default()
    }
}

fn recipient_table(key: &str, company: &Text, address: &str) -> String {
    let Text { ko, en, .. } = company;
    let company = format!("company = {{ ko = {}, en = {} }}", quoted(ko), quoted(en));
    let country = "country = \"ZZ\"  # guess: which country? ISO 3166, such as \"KR\"";
    let privacy = format!("privacy = {}  # guess: its privacy address or page", quoted(address));
    format!("[recipients.{key}]\n{company}\n{country}\n{privacy}\n\n")
}

fn text_of(pattern: &NamePattern) -> &str {
    match pattern {
        NamePattern::Exact(text) | NamePattern::Prefix(text) | NamePattern::Suffix(text) => text,
    }
}

/// What a cookie holds, in both languages; a list has one.
fn what(said: Option<&str>) -> String {
    let (ko, en, guess) = match said {
        Some(said) if said.chars().any(is_korean) => (said, said, "  # guess: put it into English too"),
        Some(said) => (said, said, "  # guess: put it into Korean too"),
        None => ("사이트가 정한 값", "A value that the site chose", "  # guess: say what it holds"),
    };
    format!("{{ ko = {}, en = {} }}{guess}", quoted(ko), quoted(en))
}

pub(super) fn is_korean(letter: char) -> bool {
    ('\u{ac00}'..='\u{d7a3}').contains(&letter)
}

/// A key of the file, of a company's name.
fn key(company: &str) -> String {
    let parts = company.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let key = parts.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    let short: String = key.chars().take(40).collect();
    if short.is_empty() {
        // A name without Latin letters: its code points tell it from others.
        return company
            .chars()
            .take(8)
            .fold("company".to_owned(), |key, letter| format!("{key}-{:x}", u32::from(letter)));
    }
    short
}

/// One TOML string, whatever is in it.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => write!(quoted, "\\u{:04X}", u32::from(letter)).unwrap_or_default(),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
