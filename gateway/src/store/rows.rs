//! What goes into the store and comes out of it, as plain rows: the rooms above give them meaning.
//!
//! It refuses values of cookies and addresses of visitors: there is no field for them.

use policies::Timestamp;

use super::figures::{FigureRow, RunRow};
use crate::ledger::{Entry, EntryClass};

/// Which entries somebody wants to see; what is None doesn't matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Of which site.
    pub site: Option<String>,
    /// Of which class.
    pub class: Option<EntryClass>,
    /// Whose.
    pub subject: Option<[u8; 16]>,
    /// Made then or later.
    pub from: Option<Timestamp>,
    /// Made before then.
    pub until: Option<Timestamp>,
    /// Stored after the entry with this number: to page on.
    pub after: Option<i64>,
}

/// An entry with the number by which a reader pages on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// In the order of storing.
    pub seq: i64,
    /// None where its key was destroyed.
    pub entry: Option<Entry>,
}

/// What one gateway runs, for the others of a store to compare: ids, never a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The site's name in the configuration; empty for what all share.
    pub site: String,
    /// What it is of, such as `policy`.
    pub what: String,
    /// Which.
    pub id: String,
}

/// Whose something is that one gateway does for all, once a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Of whoever asked.
    Ours,
    /// Another is at it.
    Others,
    /// It is done for that day.
    Done,
}

/// What was shown to visitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentKind {
    /// The source of a policy file.
    Policy,
    /// The banner's HTML in one language.
    Banner,
    /// A form as it is rendered for everybody alike: the banner, or the settings page.
    Form,
    /// The sheets of a form.
    Style,
    /// A site's configuration, its secrets aside.
    Configuration,
    /// The words that an owner wrote in place of the built-in ones.
    Words,
}

impl ContentKind {
    /// Kinds that go when no record names them any more. Configurations are named by entries that stay.
    pub const NAMED_BY_RECORDS: [Self; 5] = [Self::Policy, Self::Banner, Self::Form, Self::Style, Self::Words];

    /// The word it is stored under.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Banner => "banner",
            Self::Form => "form",
            Self::Style => "style",
            Self::Configuration => "configuration",
            Self::Words => "words",
        }
    }
}

/// Where a cookie was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SeenIn {
    /// In a `Set-Cookie` line: domain, path and attributes are known.
    Response,
    /// In a visitor's `Cookie` header: set by a script, or before the gateway was there.
    Request,
}

impl SeenIn {
    /// The word it is stored under.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Request => "request",
        }
    }
}

/// `SameSite` as the line said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// Nothing, or a word that browsers don't know.
    Unset,
    /// `None`.
    None,
    /// `Lax`.
    Lax,
    /// `Strict`.
    Strict,
}

impl SameSite {
    /// All.
    pub const ALL: [Self; 4] = [Self::Unset, Self::None, Self::Lax, Self::Strict];

    /// The word it is stored under.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unset => "",
            Self::None => "None",
            Self::Lax => "Lax",
            Self::Strict => "Strict",
        }
    }
}

/// One cookie at one place, as a site's traffic showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRow {
    /// The site's name in the configuration.
    pub site: String,
    /// A rule's pattern, or an unknown name with its numbers folded.
    pub key: String,
    /// As set, lower case, without the leading dot; None for the host alone.
    pub domain: Option<String>,
    /// As set or as browsers take it.
    pub path: String,
    /// Whether it is kept apart by top-level site.
    pub partitioned: bool,
    /// Where it was seen.
    pub seen_in: SeenIn,
    /// `Secure`, when last seen.
    pub secure: bool,
    /// `HttpOnly`, when last seen.
    pub http_only: bool,
    /// `SameSite`, when last seen.
    pub same_site: SameSite,
    /// Declared lifetime in seconds, 0 until the browser closes; None where nobody declares the cookie.
    pub declared: Option<i64>,
    /// The longest lifetime seen, in seconds, 0 until the browser closes.
    pub lifetime: i64,
    /// The purpose of its rule; None for an unknown name.
    pub purpose: Option<String>,
    /// When first.
    pub first_seen: Timestamp,
    /// When last.
    pub last_seen: Timestamp,
    /// How often: read, the whole count; written, what is added to it.
    pub count: u64,
    /// How often it came although its visitor had refused it more than a minute before; counted as `count` is.
    pub returned: u64,
}

/// Counts that wait in memory, to be stored together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Counts to add.
    pub figures: Vec<FigureRow>,
    /// Up to when somebody counted.
    pub runs: Vec<RunRow>,
    /// Sightings to merge.
    pub seen: Vec<SeenRow>,
}

impl Batch {
    /// Whether there is nothing to store.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.figures.is_empty() && self.runs.is_empty() && self.seen.is_empty()
    }
}

/// Something that counts in memory and is stored now and then.
pub trait Unsaved: Send + Sync {
    /// Takes at most `most` rows out, so that each is stored once. The `last` time nothing is left for later.
    fn take(&self, most: usize, last: bool) -> Batch;
    /// Takes back what could not be stored.
    fn put_back(&self, batch: Batch);
}
