//! Refusals that took effect while the store could not write: their cookie is marked, and whenever it comes by the
//! record is noted, without waiting. Once it is stored, the next page unmarks the cookie.

use http::HeaderValue;
use policies::{Record, Token};

use super::cookie;
use crate::books::Books;
use crate::runtime::Runtime;
use crate::site::Site;
use crate::store::Late;
use crate::visitor::Visitor;

/// Notes the owed record of a marked token; Some is the unmarked cookie to send with this answer.
pub fn settle(site: &Site, visitor: &Visitor, runtime: &Runtime, books: &Books) -> Option<HeaderValue> {
    let token = visitor.token.filter(|token| token.unrecorded.is_some())?;
    let config = &site.config;
    // Under another policy the ids of its purposes are not known any more, so there is nothing left to name.
    if token.policy != config.policy.version {
        return None;
    }
    let id = runtime.seal.late_record_id(&config.name, &token);
    let noted = books.store.note_late(Record::of_token(id, &config.name, &config.policy, &token));
    let unmarked = Token { unrecorded: None, ..token };
    (noted == Late::Stored && visitor.navigation.to_page)
        .then(|| cookie::line(site, visitor.scheme, &runtime.seal, &unmarked))
        .flatten()
}
