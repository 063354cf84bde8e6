//! What a visitor's choice still asks for when its cookie comes by: a record that could not be stored yet, and deletions
//! that one answer had no room for. Neither is waited for; the next page brings the cookie up to date.

use http::HeaderValue;
use policies::consent::Circumstances;
use policies::{Decision, Policy, Record, Token};

use super::{circumstances, cookie};
use crate::books::Books;
use crate::expiry::{Swept, sweep};
use crate::runtime::Runtime;
use crate::site::{Site, Treatment};
use crate::store::Late;
use crate::visitor::Visitor;

/// What goes out with a page because of an earlier choice.
#[derive(Debug, Default)]
pub struct Arrears {
    /// The consent cookie, where it changed.
    pub cookie: Option<HeaderValue>,
    /// Deletions.
    pub deletions: Vec<HeaderValue>,
}

/// Notes the owed record of a marked token; with a page, goes on with the deletions and brings the cookie up to date.
pub fn settle(
    site: &Site,
    visitor: &Visitor,
    decision: &Decision,
    treatment: Treatment,
    runtime: &Runtime,
    books: &Books,
) -> Arrears {
    let due = |token: &Token| token.unrecorded.is_some() || token.sweep.is_some() || visitor.adopted;
    let Some(token) = visitor.token.filter(due) else {
        return Arrears::default();
    };
    // Under a policy that is not known any more there is nothing left to name.
    let Some(version) = site.config.life.history.of_version(token.policy) else { return Arrears::default() };
    let stored =
        token.unrecorded.is_none() || note(site, &version.policy, &token, visitor, runtime, books) == Late::Stored;
    if !visitor.navigation.to_page {
        return Arrears::default();
    }
    // The other half is for what comes with this very request.
    let most = runtime.limits.expiries.div_ceil(2);
    let swept = match token.sweep {
        Some(from) if treatment == Treatment::Enforce => sweep(site, visitor, decision, &books.inventory, from, most),
        next => Swept { next, lines: Vec::new() },
    };
    let unrecorded = if stored { None } else { token.unrecorded };
    let now = Token { unrecorded, sweep: swept.next, ..token };
    let changed = now != token || visitor.adopted;
    let cookie = changed.then(|| cookie::line(site, visitor.scheme, &runtime.seal, &now)).flatten();
    Arrears { cookie, deletions: swept.lines }
}

/// Notes the owed record of a marked token, which was made under `policy`.
pub(super) fn note(
    site: &Site,
    policy: &Policy,
    token: &Token,
    visitor: &Visitor,
    runtime: &Runtime,
    books: &Books,
) -> Late {
    let config = &site.config;
    // How far the deletions are, that a guardian is asked, and a suspension, is no part of what was chosen: the record's id
    // must stay the same.
    let token = Token { sweep: None, guardian: None, suspended: false, ..*token };
    let id = runtime.seal.late_record_id(&config.name, &token);
    let record = Record::of_token(id, &config.name, policy, &token);
    let surface = record.circumstances.surface;
    let circumstances = Circumstances { surface, ..circumstances::around(&token, visitor) };
    books.store.note_late(Record { circumstances, ..record })
}
