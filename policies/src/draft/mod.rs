//! Lines of a policy, drafted from what an owner has already: the list of cookies that another consent tool or a browser exported, what was
//! seen on the wire, or the policy that is published already.
//!
//! It refuses to decide in the owner's place: what the list doesn't say is a guess marked as one, or a question. Invariants: nothing of a
//! list is lost (what makes no line is told), and the lines compile behind the policy that they were drafted for.

mod lines;
mod list;
mod published;
mod revision;
mod values;

pub use lines::{Draft, draft};
pub use list::read_list;
pub use published::draft_published;
pub use revision::{Beginning, next_version};
pub use values::pattern;

use crate::policy::Fault;
use crate::purpose::Category;
use crate::rules::{Lifetime, NamePattern, StorageArea};

/// The most that is read of one list.
pub const MOST_ENTRIES: usize = 5_000;

/// Where something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeptIn {
    /// A cookie.
    Cookie,
    /// A key of the browser's storage, or a database.
    Storage(StorageArea),
}

/// One cookie or key, as far as somebody has said what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is kept.
    pub kept_in: KeptIn,
    /// Which names.
    pub pattern: NamePattern,
    /// What it is for.
    pub category: Option<Category>,
    /// Who receives it; None is the site itself, or unsaid.
    pub company: Option<String>,
    /// What it holds, in the list's language.
    pub what: Option<String>,
    /// How long it lasts.
    pub lifetime: Option<Lifetime>,
}

/// A place on another host that a page was seen to call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Called {
    /// In lower case, without port.
    pub host: String,
    /// With its slash, without query.
    pub path: String,
}

/// What a list gave, or what was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// In the list's order, each name once.
    pub entries: Vec<Entry>,
    /// Each host once, where a page was looked at.
    pub called: Vec<Called>,
    /// Rows of which nothing could be made.
    pub unread: Vec<Fault>,
}

impl List {
    /// Adds an entry. A name that is there already keeps what reaches further: the more intrusive kind, the longer life.
    pub fn add(&mut self, entry: Entry) {
        let same = |known: &&mut Entry| known.kept_in == entry.kept_in && known.pattern == entry.pattern;
        let Some(known) = self.entries.iter_mut().find(same) else {
            self.entries.push(entry);
            return;
        };
        known.category = known.category.max(entry.category);
        known.lifetime = longer(known.lifetime, entry.lifetime);
        known.company = known.company.take().or(entry.company);
        known.what = known.what.take().or(entry.what);
    }
}

fn longer(one: Option<Lifetime>, other: Option<Lifetime>) -> Option<Lifetime> {
    let seconds = |lifetime: &Lifetime| match lifetime {
        Lifetime::Session => 0,
        Lifetime::Period(period) => period.about_seconds(),
    };
    one.into_iter().chain(other).max_by_key(seconds)
}
