//! Takes over, as a page is gone to, what its visitor answered to the consent tool that the site had before: the token and the
//! record are made as for any choice.
//!
//! Refuses to wait for the store, and to grant before the record is stored: until then the page is as if the answer held no
//! grant. Invariant: one answer makes one record, however often and on whichever node it comes by.

use policies::consent::{Circumstances, Exceptions, GrantIds, Surface, Unrecorded};
use policies::{Act, Mode, Record, Signals, Token};

use super::circumstances;
use crate::books::Books;
use crate::runtime::Runtime;
use crate::seal::random;
use crate::site::Site;
use crate::stats::{Place, Scene};
use crate::store::Late;
use crate::visitor::{Imported, Visitor};
use policies::Timestamp;

/// Gives the visitor the token of what they answered elsewhere, where nothing is left to ask. A refusal holds at once; its
/// record is owed like that of any refusal that the store could not take.
pub fn adopt(site: &Site, visitor: &mut Visitor, runtime: &Runtime, books: &Books, now: Timestamp) {
    let Some(imported) = visitor.imported.as_ref() else { return };
    if visitor.token.is_some() || !visitor.navigation.to_page || !imported.is_whole(&site.config.policy) {
        return;
    }
    let token = if imported.granted.is_empty() {
        random().ok().map(|salt| {
            let unrecorded = Some(Unrecorded { salt: u16::from_be_bytes(salt) });
            Token { unrecorded, ..token(site, visitor, imported, now) }
        })
    } else {
        granted(site, visitor, imported, runtime, books, now)
    };
    if let Some(token) = token {
        let scene = Scene { site, traits: visitor.traits(site), place: Place::Nowhere, now };
        if !visitor.is_suspended() {
            books.tally.imported(&scene);
        }
        visitor.token = Some(token);
        visitor.adopted = true;
    }
}

/// The token of a grant, once its record is stored.
fn granted(
    site: &Site,
    visitor: &Visitor,
    imported: &Imported,
    runtime: &Runtime,
    books: &Books,
    now: Timestamp,
) -> Option<Token> {
    let (tool, id) = imported.source.as_ref()?;
    let token = token(site, visitor, imported, now);
    let (visitor_id, record) = runtime.seal.imported_ids(&site.config.name, &token, tool, id);
    let token = Token { ids: Some(GrantIds { visitor: visitor_id, record }), ..token };
    let record = Record::of_token(record, &site.config.name, &site.config.policy, &token);
    let circumstances = Circumstances { surface: Some(Surface::Imported), ..circumstances::around(&token, visitor) };
    let record = Record { late: true, circumstances, ..record };
    (books.store.note_late(record) == Late::Stored).then_some(token)
}

fn token(site: &Site, visitor: &Visitor, imported: &Imported, now: Timestamp) -> Token {
    Token {
        policy: site.config.policy.version,
        granted: imported.granted,
        exceptions: Exceptions::NONE,
        act: Act::Imported,
        mode: Mode::AsSet,
        regime: visitor.terms.regime,
        lang: None,
        // Nobody knows what the browser signalled then: a signal of today outweighs it.
        signals: Signals { gpc: false },
        made: imported.made.unwrap_or(now),
        shared: false,
        sweep: imported.granted.is_empty().then_some(0),
        unrecorded: None,
        ids: None,
        guardian: None,
        suspended: false,
    }
}
