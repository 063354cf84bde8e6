//! A privacy policy as people publish it (plain text, Markdown, a page saved from a browser), read into facts: who, when, which sections, what of
//! cookies, what is kept and how long.
//!
//! It refuses to understand: small recognisers look for known words in an outline of headings, so that the same page always gives the same facts.
//! Invariants: nothing that is found stands outside the page, every fact has its line, and what isn't sure says so.

mod cookie;
mod dates;
mod document;
mod encoding;
mod heading;
mod html;
mod html_table;
mod json;
mod markdown;
mod marker;
mod names;
mod notice;
mod officer;
mod outline;
mod parties;
mod periods;
mod plain;
mod processors;
mod retention;
mod retention_table;
mod rights;
mod sentences;
mod vocabulary;
mod words;

use crate::policy::Fault;
use crate::time::Date;
use document::Document;
use outline::Part;

/// The longest page that is read, in bytes.
pub const LONGEST: usize = 8 << 20;

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line is a line.
    Plain,
    /// CommonMark with tables.
    Markdown,
    /// A page.
    Html,
}

/// A fact, where it stands, and whether it is said or only likely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// The fact.
    pub value: T,
    /// The line of the file, from 1.
    pub line: usize,
    /// False for a guess.
    pub sure: bool,
}

/// One section's heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionTitle {
    /// As a count, whatever its letters: `9` for `제9조` and `Ⅸ`. None for a heading without one.
    pub number: Option<String>,
    /// Without its number.
    pub title: String,
}

/// Another policy on the same page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierPolicy {
    /// What it is called, if it is.
    pub title: Option<String>,
    /// Its sections.
    pub sections: Vec<Found<SectionTitle>>,
}

/// The section about cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieText {
    /// Its heading without number.
    pub title: String,
    /// What stands below it, a block a line.
    pub text: String,
}

/// On what ground something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptBy {
    /// A law asks for it.
    Law,
    /// The site's own rule.
    InternalPolicy,
    /// Those whose data it is agreed.
    Consent,
}

/// What is kept, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it is.
    pub record: String,
    /// An ISO 8601 period as the page has it: `P5Y`, `P6M`, `P4W`.
    pub period: String,
    /// Why.
    pub basis: KeptBy,
    /// Which law, as it is written.
    pub law: Option<String>,
}

/// All that is read of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// What the site is called.
    pub service: Option<Found<String>>,
    /// Who runs it.
    pub operator: Option<Found<String>>,
    /// When the text was announced.
    pub announced: Option<Found<Date>>,
    /// When it takes effect.
    pub effective: Option<Found<Date>>,
    /// Its headings.
    pub sections: Vec<Found<SectionTitle>>,
    /// Other policies on the page.
    pub earlier_policies: Vec<EarlierPolicy>,
    /// What it says of cookies, word for word.
    pub cookie_section: Option<Found<CookieText>>,
    /// Whether cookies are used, where it says so.
    pub uses_cookies: Option<bool>,
    /// What for, by the names of `vocabulary/cookies.toml`.
    pub cookie_purposes: Vec<Found<String>>,
    /// Which ways to refuse are told.
    pub refusal_modes: Vec<Found<String>>,
    /// For which browsers it is explained.
    pub browsers: Vec<Found<String>>,
    /// The sentence that says what follows from refusing.
    pub refusal_consequence: Option<Found<String>>,
    /// What is kept.
    pub retention: Vec<Found<Kept>>,
    /// How many days ahead a change is told.
    pub notice_ordinary: Option<Found<u16>>,
    /// How many days ahead a change that matters to people's rights is told.
    pub notice_material: Option<Found<u16>>,
    /// What people may ask for.
    pub rights: Vec<Found<String>>,
    /// What the officer is in the company; never a name.
    pub officer_role: Option<Found<String>>,
    /// To whom work is entrusted.
    pub processors: Vec<Found<String>>,
    /// Whether it is in Korean.
    pub korean: bool,
}

/// Reads a page. Without a format its bytes are looked at.
///
/// # Errors
/// Where it can't be read as text, or is too long.
pub fn import(bytes: &[u8], format: Option<Format>) -> Result<Imported, Fault> {
    if bytes.len() > LONGEST {
        return Err(Fault::new("", 0, format!("is longer than {} MiB", LONGEST >> 20)));
    }
    let text = encoding::decoded(bytes)?;
    let mut document = match format.unwrap_or_else(|| looks_like(&text)) {
        Format::Plain => plain::read(&text),
        Format::Markdown => markdown::read(&text),
        Format::Html => html::read(&text),
    };
    document.join_lone_markers();
    Ok(read(&document))
}

fn looks_like(text: &str) -> Format {
    let lower = text.to_ascii_lowercase();
    let page = ["<html", "<!doctype", "<body", "</p>", "</div>", "</table>", "</li>", "<br>", "<br/>", "<br />"];
    if page.iter().any(|tag| lower.contains(tag)) {
        return Format::Html;
    }
    let marks = |line: &str| {
        let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
        (1..=6).contains(&hashes) && line.as_bytes().get(hashes) == Some(&b' ')
            || line.starts_with("|-")
            || line.starts_with("| -")
            || line.starts_with("**")
    };
    if text.lines().any(marks) { Format::Markdown } else { Format::Plain }
}

fn read(document: &Document) -> Imported {
    let parts = outline::parts(document);
    let whole = Part { whole: 0..document.blocks.len(), opening: 0..document.blocks.len().min(30), ..Part::default() };
    let primary = primary(document, &parts);
    let part = primary.and_then(|at| parts.get(at)).unwrap_or(&whole);
    let cookies = cookie::read(document, part);
    let (announced, effective) = dates::read(document, part);
    let (service, operator) = parties::read(document, part);
    let (notice_ordinary, notice_material) = notice::read(document, part);
    let others = parts.iter().enumerate().filter(|(at, _)| Some(*at) != primary);
    Imported {
        service,
        operator,
        announced,
        effective,
        sections: titles(document, part),
        earlier_policies: others.map(|(_, other)| earlier(document, other)).collect(),
        cookie_section: cookies.section,
        uses_cookies: cookies.used,
        cookie_purposes: cookies.purposes,
        refusal_modes: cookies.modes,
        browsers: cookies.browsers,
        refusal_consequence: cookies.consequence,
        retention: retention::read(document, part),
        notice_ordinary,
        notice_material,
        rights: rights::read(document, part),
        officer_role: officer::read(document, part),
        processors: processors::read(document, part),
        korean: document.blocks.iter().any(|block| block.text.chars().any(|letter| ('가'..='힣').contains(&letter))),
    }
}

/// The policy that counts: of several the one that takes effect last, else the last that isn't called an earlier one.
fn primary(document: &Document, parts: &[Part]) -> Option<usize> {
    let best = parts.iter().map(|part| part.score).max()?;
    let current = |part: &Part| {
        let title = document.blocks.get(part.opening.clone()).unwrap_or_default();
        let marks = vocabulary::phrases("titles", "earlier");
        let told = title.iter().take(2).any(|block| {
            words::letters(&block.text) <= 40 && marks.iter().any(|mark| mark.find(&block.text).is_some())
        });
        part.score * 2 >= best && !told
    };
    let ranked = parts.iter().enumerate().filter(|(_, part)| current(part));
    let dated =
        ranked.map(|(at, part)| (dates::read(document, part).1.map(|found| found.value), at)).collect::<Vec<_>>();
    let all_dated = dated.len() > 1 && dated.iter().all(|(date, _)| date.is_some());
    let latest = if all_dated { dated.iter().max() } else { dated.last() };
    latest.map(|(_, at)| *at).or_else(|| parts.iter().position(|part| part.score == best))
}

fn titles(document: &Document, part: &Part) -> Vec<Found<SectionTitle>> {
    let found = part.sections.iter().map(|section| Found {
        value: SectionTitle { number: section.number.clone(), title: section.title.clone() },
        line: document.blocks.get(section.heading).map_or(1, |block| block.line),
        sure: true,
    });
    found.collect()
}

fn earlier(document: &Document, part: &Part) -> EarlierPolicy {
    let opening = document.blocks.get(part.opening.clone()).unwrap_or_default();
    let title = opening.iter().find(|block| heading::is_policy_title(&block.text)).map(|block| block.text.clone());
    EarlierPolicy { title, sections: titles(document, part) }
}

#[cfg(test)]
mod tests;
